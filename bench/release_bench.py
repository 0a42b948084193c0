#!/usr/bin/env python3
"""Measures releases as analysts and endpoints see them: real processes, a log with three witnesses on this machine.

usage: DAYLIGHT_BIN=build/release/bin bench/release_bench.py [--rules N] [--entries N] [--rounds N]

Prints: the time from `daylight-release publish` until an endpoint has verified, tried and activated the release; the size
of a delta for one day's change of N rules; what a machine that was away for a year of 50 releases a day downloads and how
long it takes; and what checking an update costs.
"""
import argparse
import functools
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/functional"))
from log_harness import BIN, Place, run  # noqa: E402

RULES_A_FILE = 50
CONNECTIONS = 8


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def rule(number, version=0):
    """A rule as large as many are, with bytes that do not compress."""
    digest = hashlib.sha256(f"{number} {version}".encode()).hexdigest()
    code = " ".join(digest[at:at + 2] for at in range(0, 48, 2))
    return (f"rule family_{number}\n{{\n  meta:\n    author = \"somebody\"\n    version = {version}\n    hash = \"{digest}\"\n"
            f"  strings:\n    $text = \"marker {digest[:20]}\" ascii wide\n    $code = {{ {code} [2-4] c3 90 }}\n"
            "  condition:\n    any of them\n}\n\n")


class Team:
    """Analysts with their workspace, and the network around them."""

    def __init__(self, place):
        self.place, self.work, self.rules = place, place.root / "team", place.root / "rules"
        place.init()
        place.start_witnesses()
        self.node = place.start_log(interval_ms=50)
        self.release("init", "--demo", "--no-passphrase", "--policy", place.policy, "--log",
                     f"http://127.0.0.1:{self.node.ports['listen']}/", "--submit",
                     f"http://127.0.0.1:{self.node.ports['submit']}/")
        self.updates = self.work / "updates"
        handler = functools.partial(QuietHandler, directory=self.updates)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.mirror = f"http://127.0.0.1:{self.server.server_port}/"

    def release(self, *words):
        done = run(BIN / "daylight-release", "--workspace", self.work, *words, "--json", timeout=600)
        return json.loads(done.stdout)

    def write_rules(self, versions):
        """`versions` has the version of each rule, by its number."""
        self.rules.mkdir(exist_ok=True)
        numbers = sorted(versions)
        for first in range(0, len(numbers), RULES_A_FILE):
            text = "".join(rule(number, versions[number]) for number in numbers[first:first + RULES_A_FILE])
            (self.rules / f"part{first // RULES_A_FILE:04}.yar").write_text(text)

    def prepare(self):
        name = self.release("propose", self.rules, "--author", "alice", "--reason", "a day's work", "--emergency")["id"]
        self.release("test", name, "--no-known-good")
        self.release("review", name, "--analyst", "bob", "--accept", "--reason", "read it")
        keys = [word for path in sorted((self.work / "keys").glob("r*.pem")) if path.name.startswith(("rules", "removals"))
                for word in ("--key", path)]
        self.release("sign", name, *keys)
        return name

    def publish(self, name):
        """Returns when it began, when it began to add to the log, and when the files for endpoints were there."""
        start, posting = time.monotonic(), None
        process = subprocess.Popen([BIN / "daylight-release", "--workspace", self.work, "publish", name],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            posting = posting or ("to the log" in line and time.monotonic())
        if process.wait() != 0:
            raise SystemExit(f"publish {name} failed")
        return start, posting, time.monotonic()


class Endpoint:
    def __init__(self, team, name):
        self.environment = {**os.environ, "DAYLIGHT_STATE": str(team.place.root / name),
                            "XDG_CACHE_HOME": str(team.place.root / "cache")}
        self.run("trust", team.updates / "root.json", "--policy", team.updates / "policy", "--mirror", team.mirror)

    def run(self, *words):
        """Returns the wall time, the processor time of it and its workers, and what it said."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([BIN / "daylight", *map(str, words)], capture_output=True, text=True, env=self.environment,
                              timeout=600)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise SystemExit(f"daylight {words}: {done.stdout}{done.stderr}")
        return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def fill(port, count, size):
    """Adds `count` entries of `size` bytes that stand for a year's decisions and releases."""
    def add(worker):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(worker, count, CONNECTIONS):
            connection.request("POST", "/add", f"entry {number} ".encode().ljust(size, b"."))
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"the log answered {response.status}")

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(add, range(CONNECTIONS)))


def seconds(times):
    return f"median {statistics.median(times):.2f} s, worst {max(times):.2f} s"


def show(what, measured):
    print(f"{what:<86} {measured}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=2 * 50 * 365, help="a decision and a release, 50 times a day")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    place = Place(3)
    print(f"load average of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    try:
        team = Team(place)
        versions = {number: 0 for number in range(options.rules)}
        team.write_rules(versions)
        team.publish(team.prepare())
        endpoint, away = Endpoint(team, "endpoint"), Endpoint(team, "away")
        for machine in (endpoint, away):
            machine.run("update")
        compared, published, arrived, deltas = [], [], [], []
        for day in range(1, options.rounds + 1):
            # One day: 30 rules are new, 20 are changed, somewhere among the others.
            for i in range(20):
                versions[(day * 7 + i * 499) % options.rules] = day
            versions.update({options.rules + day * 100 + i: 0 for i in range(30)})
            team.write_rules(versions)
            name = team.prepare()
            began, posting, done = team.publish(name)
            _, _, said = endpoint.run("update")
            if f"Release {day + 1} is active now" not in said:
                raise SystemExit(said)
            arrived.append(time.monotonic() - posting)
            compared.append(posting - began)
            published.append(done - posting)
            newest = max((team.work / "payloads").glob("*-*"), key=lambda path: path.stat().st_mtime_ns).name.split("-")[0]
            sizes = [path.stat().st_size for path in (team.work / "payloads").glob(f"{newest}-*")
                     if not path.name.endswith("whole")]
            deltas.append(min(sizes))
            whole = (team.work / f"payloads/{newest}-whole").stat().st_size
        show("publish: before the log is asked", seconds(compared))
        show("publish: from adding to the log, with 3 witnesses, to the files for endpoints", seconds(published))
        show("from adding to the log until an endpoint has it over HTTP, verified, tried and active", seconds(arrived))
        show("delta of one day: 30 rules new, 20 changed", f"{max(deltas) / 1000:.1f} kB (whole: {whole / 1000:.0f} kB)")
        sizes = [path.stat().st_size for name in ("decision", "release")
                 for path in (team.work / "proposals").glob(f"*/{name}.dsse")]
        show("an entry, mean of decisions and releases", f"{statistics.mean(sizes):.0f} bytes")
        fill(team.node.ports["submit"], options.entries, int(statistics.mean(sizes)))
        versions.update({10 * options.rules + i: 0 for i in range(30)})
        team.write_rules(versions)
        _, posting, done = team.publish(team.prepare())
        show(f"the same behind a year ({options.entries:,} more entries), to the files for endpoints", seconds([done - posting]))
        for name in ("latest.upd", "catchup.upd", "full.upd"):
            show(f"{name} then", f"{(team.updates / name).stat().st_size / 1000:.0f} kB")
        wall, cpu, _ = away.run("update", team.updates / "catchup.upd")
        show("a machine that was away for that year: daylight update catchup.upd",
             f"{wall:.2f} s, {cpu:.2f} s of processor time with compiling and trial")
        walls, cpus = zip(*[endpoint.run("update", team.updates / "catchup.upd")[:2] for _ in range(options.rounds + 1)][1:])
        show("the same file again (checked whole, nothing to activate)",
             f"{statistics.median(walls) * 1000:.0f} ms, {statistics.median(cpus) * 1000:.0f} ms of processor time")
        bench = BIN / "daylight_update_bench"
        if bench.exists():
            text = run(bench, "--benchmark_format=json").stdout
            for item in json.loads(text)["benchmarks"]:
                show(f"checking alone: {item['name']}", f"{item['real_time']:.1f} ms, {item['cpu_time']:.1f} ms of processor time, "
                     f"{item['file_bytes'] / 1000:.1f} kB")
    finally:
        place.close()


if __name__ == "__main__":
    main()
