#!/usr/bin/env python3
"""Measures a log as its users see it: real processes, HTTP, three witnesses on this machine.

usage: DAYLIGHT_BIN=build/release/bin bench/log_bench.py [--entries N] [--clients N] [--rounds N]

Prints: durable entries a second through POST /add (every tenth a duplicate) with the server's peak memory, and the time
from POST /add until the published checkpoint, cosigned by all three witnesses, has the entry.
"""
import argparse
import http.client
import multiprocessing
import os
import pathlib
import re
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/functional"))
from log_harness import Place, request, size_of  # noqa: E402


def load(port, first, count, connections, done):
    """Keeps `connections` keep-alive connections busy with pipelined adds of 200-byte entries."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for s in sockets:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answered, sent, refused = 0, 0, 0
    while sent < count:
        turn = []
        for s in sockets:
            number = first + (sent if sent % 10 else sent // 2)
            entry = f"entry {number}".ljust(200, ".").encode()
            s.sendall(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n" + entry)
            sent += 1
            turn.append(s)
        for s in turn:
            data = b""
            while b"\r\n\r\n" not in data or len(data) < data.index(b"\r\n\r\n") + 4 + int(
                    re.search(rb"Content-Length: (\d+)", data).group(1)):
                piece = s.recv(4096)
                if not piece:
                    raise SystemExit("the server closed a connection")
                data += piece
            answered += data.startswith(b"HTTP/1.1 200")
            refused += data.startswith(b"HTTP/1.1 503")
    done.put((answered, refused))


def peak_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--connections", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    place = Place(3)
    try:
        place.init()
        place.start_witnesses()
        log = place.start_log(interval_ms=200)
        done = multiprocessing.Queue()
        each = options.entries // options.clients
        clients = [multiprocessing.Process(target=load, args=(log.ports["submit"], i * each, each, options.connections, done))
                   for i in range(options.clients)]
        start = time.monotonic()
        for client in clients:
            client.start()
        results = [done.get() for _ in clients]
        seconds = time.monotonic() - start
        for client in clients:
            client.join()
        answered = sum(a for a, _ in results)
        cpu = cpu_seconds(log.process.pid)
        print(f"server's processor time: {cpu / answered * 1e6:.0f} us an entry = {answered / cpu:,.0f}/s a core")
        print(f"POST /add: {answered} answered in {seconds:.1f} s = {answered / seconds:,.0f}/s, {sum(r for _, r in results)} "
              f"pushed back, server's peak {peak_mb(log.process.pid):.0f} MB, "
              f"witness's peak {peak_mb(place.servers[0].process.pid):.0f} MB")
        log.stop()
        log = place.start_log(interval_ms=1)
        times = []
        reader = http.client.HTTPConnection("127.0.0.1", log.ports["listen"])
        for i in range(options.rounds):
            start = time.monotonic()
            index = int(request(log.ports["submit"], "POST", "/add", f"latency {i}")[2])
            while True:
                reader.request("GET", "/checkpoint")
                body = reader.getresponse().read()
                if body.startswith(b"test") and size_of(body) > index:
                    break
                time.sleep(0.001)
            times.append((time.monotonic() - start) * 1000)
            time.sleep(0.05)
        times.sort()
        print(f"add to published with 3 witnesses: median {statistics.median(times):.0f} ms, "
              f"p99 {times[int(len(times) * 0.99) - 1]:.0f} ms, max {times[-1]:.0f} ms over {len(times)}")
    finally:
        place.close()


if __name__ == "__main__":
    main()
