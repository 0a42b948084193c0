"""kill -9 at every system call of the log's writer and of the witness, one run for each call.

Whatever is left behind: what was acknowledged is there, what is published verifies, nothing half-written is believed,
and the next run goes on as if nothing had happened. DAYLIGHT_KILL_STRIDE=5 tries
every fifth call only.
"""
import base64
import concurrent.futures
import hashlib
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from log_harness import AUDIT, BIN, NODE, Place, Server, request, run, size_of

KILL_AT = str(BIN / "kill_at")
STRIDE = int(os.environ.get("DAYLIGHT_KILL_STRIDE", "1"))
WORKERS = 4
# The leak checker of sanitizer builds cannot work under ptrace.
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def for_each_call(count, check):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(check, range(1, count + 1, STRIDE)))


class KillTest(unittest.TestCase):
    def files(self, place, texts):
        folder = place.root / "entries"
        folder.mkdir(exist_ok=True)
        for text in texts:
            (folder / text).write_text(text)
        return [folder / text for text in texts]

    def append(self, place, folder, files, kill_at=None, report=None):
        trace = [KILL_AT, str(kill_at), str(report)] if kill_at is not None else []
        done = run(*trace, NODE, "append", "--dir", folder, "--key", place.key, "--policy", place.policy, *files, check=False)
        acknowledged = dict(reversed(line.split(" ", 1)) for line in done.stdout.decode().splitlines())
        return done.returncode, {pathlib.Path(path).name: int(index) for path, index in acknowledged.items()}

    def check_writer(self, witnesses):
        """Kills an append that fills a tile, so that full tiles, partial ones and their clean-up all happen."""
        place = Place(witnesses)
        self.addCleanup(place.close)
        place.init()
        if witnesses:
            place.start_witnesses()
        base = place.root / "base"
        old = [f"old {i}" for i in range(254)]
        self.assertEqual(self.append(place, place.log, self.files(place, old))[0], 0)
        shutil.copytree(place.log, base)
        state = place.root / "state"
        run(AUDIT, "monitor", "--policy", place.policy, "--state", state, "--once", "--no-witnesses", base)
        new = ["new a", "old 17", "new b", "new c", "new a"]
        files = self.files(place, new)
        expected = {"new a": 254, "old 17": 17, "new b": 255, "new c": 256}
        counting = place.root / "counting"
        shutil.copytree(base, counting)
        report = place.root / "report"
        self.assertEqual(self.append(place, counting, files, 0, report), (0, expected))
        count = int(report.read_text().split()[1])
        self.assertGreater(count, 200)

        def check(call):
            folder = place.root / f"run{call}"
            shutil.copytree(base, folder)
            mine = place.root / f"report{call}"
            code, acknowledged = self.append(place, folder, files, call, mine)
            # The number of calls differs a little from run to run; the last few may not be reached.
            self.assertIn(code, (137, 0), call)
            for name, index in acknowledged.items():
                self.assertEqual(index, expected[name], call)
            # What is published is right, and extends what was published before.
            self.assertEqual(run(AUDIT, "fsck", "--policy", place.policy, folder, check=False).returncode, 0, call)
            own_state = place.root / f"state{call}"
            shutil.copytree(state, own_state)
            done = run(AUDIT, "monitor", "--policy", place.policy, "--state", own_state, "--once", "--no-witnesses", folder,
                       check=False)
            self.assertEqual(done.returncode, 0, (call, done.stdout))
            # The next run finds what was acknowledged, and finishes what was not.
            self.assertEqual(self.append(place, folder, files), (0, expected), call)
            published = (folder / "public/checkpoint").read_bytes()
            self.assertEqual(size_of(published), 257, call)
            done = run(AUDIT, "fsck", "--policy", place.policy, folder, check=False)
            self.assertEqual(done.returncode, 0, (call, done.stdout))
            for path in (folder, own_state):
                shutil.rmtree(path)
            return code == 137, bool(acknowledged)

        results = for_each_call(count, check)
        self.assertGreater(sum(killed for killed, _ in results), len(results) * 0.9)
        # Both sides of the moment of acknowledgement were seen.
        self.assertTrue(any(acknowledged for _, acknowledged in results))
        self.assertTrue(any(not acknowledged for _, acknowledged in results))
        print(f"writer with {witnesses} witnesses: {len(results)} of {count} calls, all recovered")

    def test_the_writer_without_witnesses(self):
        self.check_writer(0)

    def test_the_writer_with_a_witness(self):
        # The witness is one for all runs, which see different logs: a policy without it, but asked all the same, would not
        # test anything; so each run has the same entries, and the witness sees the same log again and again.
        self.check_writer(1)

    def test_the_server_under_load(self):
        """SIGKILL while many add over HTTP: every answered index still holds its entry after a restart."""
        place = Place(0)
        self.addCleanup(place.close)
        place.init()
        answered = {}
        for turn in range(6):
            server = place.start_log()
            port = server.ports["submit"]

            def add(worker):
                mine, number = {}, 0
                try:
                    while True:
                        text = f"turn {turn} worker {worker} entry {number}"
                        status, _, body = request(port, "POST", "/add", text)
                        if status == 200:
                            mine[text] = int(body)
                        number += 1
                except (OSError, http.client.HTTPException):
                    return mine

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                futures = [pool.submit(add, worker) for worker in range(8)]
                time.sleep(0.3 + 0.17 * turn)
                server.stop(signal.SIGKILL)
                for future in futures:
                    answered.update(future.result())
        self.assertGreater(len(answered), 100)
        self.assertEqual(len(set(answered.values())), len(answered))
        server = place.start_log()
        for text, index in answered.items():
            self.assertEqual(int(request(server.ports["submit"], "POST", "/add", text)[2]), index)
        self.assertEqual(server.stop()[0], 0)
        self.assertEqual(run(AUDIT, "fsck", "--policy", place.policy, place.log, check=False).returncode, 0)
        print(f"server: {len(answered)} answered before six kills, all there")

    def test_the_witness(self):
        place = Place(1)
        self.addCleanup(place.close)
        place.init()
        place.policy.write_text(f"log {place.vkey}\nquorum none\n")

        def grow(folder, texts):
            self.assertEqual(self.append(place, folder, self.files(place, texts))[0], 0)
            return (folder / "public/checkpoint").read_text()

        one = grow(place.log, ["a"])
        fork = place.root / "fork"
        shutil.copytree(place.log, fork)
        three, other = grow(place.log, ["b", "c"]), grow(fork, ["x", "y"])

        def ask(old, hashes, note):
            return (f"old {old}\n" + "".join(base64.b64encode(h).decode() + "\n" for h in hashes) + "\n" + note).encode()

        honest, forked = ask(1, [leaf(b"b"), leaf(b"c")], three), ask(1, [leaf(b"x"), leaf(b"y")], other)
        base = place.root / "base"

        def words(folder):
            return [AUDIT, "witness", "--key", place.witness_keys[0], "--dir", folder, "--logs", place.logs_file, "--listen",
                    "127.0.0.1:0"]

        server = Server(*words(base))
        self.assertEqual(request(server.ports["listen"], "POST", "/add-checkpoint", ask(0, [], one))[0], 200)
        server.stop()

        def attempt(folder, call, report):
            """Runs the witness until its call, asking once; returns whether it cosigned."""
            process = subprocess.Popen([str(w) for w in (KILL_AT, call, report, *words(folder))], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            cosigned = False
            try:
                line = process.stdout.readline().decode()
                if line:
                    status, _, body = request(int(line.split("=")[1]), "POST", "/add-checkpoint", honest, timeout=60)
                    self.assertEqual(status, 200, body)
                    cosigned = True
            except (OSError, ValueError, EOFError, http.client.HTTPException):
                pass
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            return cosigned

        counting = place.root / "counting"
        shutil.copytree(base, counting)
        report = place.root / "report"
        self.assertTrue(attempt(counting, 0, report))
        count = int(report.read_text().split()[1])

        def check(call):
            folder = place.root / f"w{call}"
            shutil.copytree(base, folder)
            cosigned = attempt(folder, call, place.root / f"report{call}")
            server = Server(*words(folder))
            try:
                port = server.ports["listen"]
                path = "/" + hashlib.sha256(three.split("\n")[0].encode()).hexdigest() + "/checkpoint"
                status, _, memory = request(port, "GET", path)
                self.assertEqual(status, 200, call)
                size = size_of(memory)
                self.assertIn(size, (3,) if cosigned else (1, 3), call)
                # What was cosigned is never contradicted.
                if size == 3:
                    status, headers, body = request(port, "POST", "/add-checkpoint", forked)
                    self.assertEqual((status, body, headers["Content-Type"]), (409, b"3\n", "text/x.tlog.size"), call)
                    self.assertEqual(request(port, "POST", "/add-checkpoint", ask(3, [], other))[0], 422, call)
                    self.assertEqual(request(port, "POST", "/add-checkpoint", ask(3, [], three))[0], 200, call)
                else:
                    self.assertEqual(request(port, "POST", "/add-checkpoint", honest)[0], 200, call)
            finally:
                server.stop(signal.SIGKILL)
            shutil.rmtree(folder)
            return cosigned

        results = for_each_call(count, check)
        self.assertTrue(any(results) and not all(results))
        print(f"witness: {len(results)} calls, {sum(results)} had cosigned before")


if __name__ == "__main__":
    unittest.main()
