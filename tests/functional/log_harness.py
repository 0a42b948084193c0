"""What the functional tests of the log share: keys, folders, and programs that run as real processes."""
import http.client
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin"))
NODE = str(BIN / "daylight-node")
AUDIT = str(BIN / "daylight-audit")
ORIGIN = "test.example/log"


def run(*words, check=True, timeout=120, **more):
    done = subprocess.run([str(w) for w in words], capture_output=True, timeout=timeout, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr.decode()}{done.stdout.decode()}")
    return done


class Server:
    """A program that prints one line with name=port words when it serves."""

    def __init__(self, *words, env=None):
        self.process = subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        line = self.process.stdout.readline().decode()
        if not line:
            raise AssertionError(f"{words} did not start: {self.process.stderr.read().decode()}")
        self.ports = {name: int(port) for name, port in re.findall(r"(\w+)=(\d+)", line)}

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err.decode()


def request(port, method, path, body=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def size_of(checkpoint):
    return int(checkpoint.split(b"\n")[1])


class Place:
    """A folder with a log's key, witnesses' keys and a policy."""

    def __init__(self, witnesses=0, quorum=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="daylight-log-test."))
        self.key = self.root / "log.key"
        self.vkey = run(NODE, "keygen", ORIGIN, "--out", self.key).stdout.decode().strip()
        self.log = self.root / "log"
        self.witness_keys, self.witness_vkeys, self.servers = [], [], []
        for i in range(witnesses):
            key = self.root / f"w{i}.key"
            self.witness_vkeys.append(run(AUDIT, "keygen", f"w{i}.example", "--out", key).stdout.decode().strip())
            self.witness_keys.append(key)
        self.logs_file = self.root / "logs"
        self.logs_file.write_text(f"log {self.vkey}\nquorum none\n")
        self.policy = self.root / "policy"
        self.quorum = quorum if quorum is not None else witnesses
        self.write_policy([])

    def write_policy(self, ports):
        text = f"log {self.vkey}\n"
        for i, vkey in enumerate(self.witness_vkeys):
            url = f"http://127.0.0.1:{ports[i]}/" if i < len(ports) else ""
            text += f"witness w{i} {vkey} {url}\n"
        if self.witness_vkeys:
            text += f"group all-of {self.quorum} {' '.join(f'w{i}' for i in range(len(self.witness_vkeys)))}\nquorum all-of\n"
        else:
            text += "quorum none\n"
        self.policy.write_text(text)

    def init(self):
        run(NODE, "init", "--dir", self.log, "--key", self.key)

    def start_witness(self, number, listen="127.0.0.1:0"):
        server = Server(AUDIT, "witness", "--key", self.witness_keys[number], "--dir", self.root / f"w{number}",
                        "--logs", self.logs_file, "--listen", listen)
        self.servers.append(server)
        return server

    def start_witnesses(self):
        servers = [self.start_witness(i) for i in range(len(self.witness_keys))]
        self.write_policy([server.ports["listen"] for server in servers])
        return servers

    def start_log(self, *more, folder=None, interval_ms=20):
        server = Server(NODE, "log", "--dir", folder or self.log, "--key", self.key, "--policy", self.policy, "--listen",
                        "127.0.0.1:0", "--submit", "127.0.0.1:0", "--interval-ms", interval_ms, *more)
        self.servers.append(server)
        return server

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.stop(signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)
