"""Drives a log, its witnesses and its auditors as real processes. DAYLIGHT_BIN is the folder of the programs."""
import concurrent.futures
import json
import pathlib
import shutil
import signal
import subprocess
import unittest

from json_schema import Schema
from log_harness import (AUDIT, NODE, ORIGIN, Place, Server, request, run, size_of, wait_for)


SCHEMA = Schema(json.loads((pathlib.Path(__file__).resolve().parents[2] / "api/audit-report.schema.json").read_text()))


class LogCase(unittest.TestCase):
    def place(self, *arguments, **more):
        place = Place(*arguments, **more)
        self.addCleanup(place.close)
        place.init()
        return place

    def add(self, log, entry):
        status, _, body = request(log.ports["submit"], "POST", "/add", entry)
        self.assertEqual(status, 200, body)
        return int(body)

    def checkpoint(self, log):
        status, headers, body = request(log.ports["listen"], "GET", "/checkpoint")
        return (headers, body) if status == 200 else (headers, None)

    def wait_published(self, log, size):
        return wait_for(lambda: (text := self.checkpoint(log)[1]) and size_of(text) >= size and text)

    def audit(self, *words, code=0):
        done = run(AUDIT, *words, check=False)
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode() + done.stderr.decode()


class LogTest(LogCase):
    def test_a_log_with_three_witnesses(self):
        place = self.place(3)
        place.start_witnesses()
        log = place.start_log()
        for i in range(300):
            self.assertEqual(self.add(log, f"entry {i}"), i)
        self.assertEqual(self.add(log, "entry 7"), 7)
        text = self.wait_published(log, 300)
        self.assertEqual(size_of(text), 300)
        self.assertEqual(text.count("\u2014 ".encode()), 4)
        # HTTP as tlog-tiles wants it; nothing else is served.
        headers, _ = self.checkpoint(log)
        self.assertEqual(headers["Content-Type"], "text/plain; charset=utf-8")
        status, headers, tile = request(log.ports["listen"], "GET", "/tile/0/000")
        self.assertEqual((status, len(tile)), (200, 8192))
        self.assertEqual(headers["Content-Type"], "application/octet-stream")
        self.assertIn("immutable", headers["Cache-Control"])
        status, headers, body = request(log.ports["listen"], "HEAD", "/tile/0/000")
        self.assertEqual((status, headers["Content-Length"], body), (200, "8192", b""))
        for path in ("/", "/tile/0/001.p/300", "/../private/tree", "/private/tree", "/tile/0/..%2f000", "/metrics",
                     "/.tmp", "//checkpoint"):
            self.assertEqual(request(log.ports["listen"], "GET", path)[0], 404, path)
        self.assertEqual(request(log.ports["listen"], "POST", "/add", "x")[0], 405)
        self.assertEqual(request(log.ports["submit"], "GET", "/add")[0], 405)
        self.assertEqual(request(log.ports["submit"], "POST", "/add", b"x" * 65536)[0], 413)
        metrics = request(log.ports["submit"], "GET", "/metrics")[2].decode()
        self.assertIn("daylight_log_entries_total 300\n", metrics)
        self.assertIn("daylight_log_duplicates_total 1\n", metrics)
        # Audits, from the network and from the disk.
        url = f"http://127.0.0.1:{log.ports['listen']}/"
        for where in (url, place.log):
            self.assertIn("ok:", self.audit("fsck", "--policy", place.policy, where))
        proof, entry = place.root / "p.tlog-proof", place.root / "entry"
        entry.write_text("entry 123")
        self.audit("prove", "--policy", place.policy, "--index", "123", "--out", proof, url)
        self.assertIn("entry 123", self.audit("verify", "--policy", place.policy, "--proof", proof, "--entry", entry))
        entry.write_text("entry 124")
        self.audit("verify", "--policy", place.policy, "--proof", proof, "--entry", entry, code=1)
        self.audit("verify", "--policy", place.policy, "--proof", proof, code=2)
        self.audit("prove", "--policy", place.policy, "--index", "300", url, code=2)
        code, err = log.stop()
        self.assertEqual((code, err), (0, ""))

    def test_nothing_is_published_without_the_quorum(self):
        place = self.place(3, quorum=2)
        witnesses = place.start_witnesses()
        log = place.start_log("--witness-timeout-ms", "500")
        self.add(log, "one")
        before = self.wait_published(log, 1)
        ports = [witness.ports["listen"] for witness in witnesses]
        witnesses[0].stop(signal.SIGKILL)
        self.add(log, "two")
        self.assertEqual(size_of(self.wait_published(log, 2)), 2)
        witnesses[1].stop(signal.SIGKILL)
        before = self.checkpoint(log)[1]
        self.assertEqual(self.add(log, "three"), 2)  # still taken, still durable
        wait_for(lambda: b"publication_failures_total 0\n" not in request(log.ports["submit"], "GET", "/metrics")[2])
        self.assertEqual(self.checkpoint(log)[1], before)
        place.start_witness(1, listen=f"127.0.0.1:{ports[1]}")
        self.assertEqual(size_of(self.wait_published(log, 3)), 3)
        _, err = log.stop()
        self.assertIn("not published", err)

    def test_a_fork_is_caught_and_kept(self):
        """Without witnesses a fork can be published; a monitor that saw the other side catches it."""
        place = self.place(0)
        entry = place.root / "entry"

        def grow(folder, texts):
            for text in texts:
                entry.write_text(text)
                run(NODE, "append", "--dir", folder, "--key", place.key, "--no-witnesses", entry)

        grow(place.log, ["a", "b"])
        fork = place.root / "fork"
        shutil.copytree(place.log, fork)
        grow(place.log, ["c", "d"])
        state = place.root / "state"
        monitor = ["monitor", "--policy", place.policy, "--state", state, "--once", "--json"]
        report = json.loads(self.audit(*monitor, place.log).splitlines()[0])
        self.assertEqual((report["result"], report["size"], report["new_entries"]), ("ok", 4, 4))
        self.assertEqual(json.loads(self.audit(*monitor, fork, code=1))["anomalies"][0]["kind"], "older")
        grow(fork, ["x", "y", "z"])
        for _ in range(2):  # evidence is the same each time
            report = json.loads(self.audit(*monitor, fork, code=1))
            self.assertEqual([a["kind"] for a in report["anomalies"]], ["fork"])
        evidence = state / report["anomalies"][0]["evidence"]
        self.assertEqual(evidence.read_text().count(f"{ORIGIN}\n"), 2)
        self.assertEqual(len(list(state.glob("fork-*"))), 1)
        # The honest side is still followed.
        grow(place.log, ["e"])
        report = json.loads(self.audit(*monitor, place.log))
        self.assertEqual((report["size"], report["new_entries"]), (5, 1))
        # A mirror of the honest side does not follow the fork either.
        copy = place.root / "copy"
        self.audit("mirror", "--policy", place.policy, place.log, copy)
        grow(fork, ["more"])
        self.assertIn("another log", self.audit("mirror", "--policy", place.policy, fork, copy, code=1))
        self.assertIn("ok:", self.audit("fsck", "--policy", place.policy, copy))

    def test_a_mirror_keeps_up_and_is_whole(self):
        place = self.place(1)
        place.start_witnesses()
        log = place.start_log()
        url = f"http://127.0.0.1:{log.ports['listen']}"
        copy = place.root / "copy"
        size = 0
        for step in (1, 255, 300):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda i: self.add(log, f"entry {i}"), range(size, size + step)))
            size += step
            self.wait_published(log, size)
            self.assertIn(f"{step} new", self.audit("mirror", "--policy", place.policy, url, copy))
            self.assertIn("ok:", self.audit("fsck", "--policy", place.policy, copy))
        self.assertIn("0 new", self.audit("mirror", "--policy", place.policy, url, copy))
        # The monitor also asks the witness, over the network.
        done = self.audit("monitor", "--policy", place.policy, "--state", place.root / "state", "--once", url)
        self.assertIn(f"ok: {size} entries", done)

    def test_json_is_as_the_schema_says(self):
        place = self.place(1)
        place.start_witnesses()
        entry, proof = place.root / "entry", place.root / "proof"
        entry.write_text("x")
        run(NODE, "append", "--dir", place.log, "--key", place.key, "--policy", place.policy, entry)
        self.audit("prove", "--policy", place.policy, "--index", "0", "--out", proof, place.log)
        verify = ["verify", "--json", "--policy", place.policy, "--proof", proof]
        outputs = [
            ("ok", self.audit(*verify, "--entry", entry)),
            ("ok", self.audit("fsck", "--json", "--policy", place.policy, place.log)),
            ("ok", self.audit("mirror", "--json", "--policy", place.policy, place.log, place.root / "copy")),
            ("ok", self.audit("monitor", "--json", "--once", "--policy", place.policy, "--state", place.root / "state",
                              place.log)),
            ("error", self.audit(*verify, "--leaf-hash", "0" * 64, code=1)),
        ]
        (place.log / "public/tile/0/000.p/1").write_bytes(b"x")
        outputs.append(("damaged", self.audit("fsck", "--json", "--policy", place.policy, place.log, code=1)))
        for result, text in outputs:
            report = json.loads(text.splitlines()[0])
            self.assertEqual(SCHEMA.errors(report), [], report)
            self.assertEqual(report["result"], result)

    def test_a_monitor_follows_and_counts(self):
        place = self.place(1)
        place.start_witnesses()
        log = place.start_log()
        self.add(log, "one")
        self.wait_published(log, 1)
        url = f"http://127.0.0.1:{log.ports['listen']}"
        process = subprocess.Popen([AUDIT, "monitor", "--policy", place.policy, "--state", place.root / "state", "--interval",
                                    "1", "--metrics", "127.0.0.1:0", "--json", url], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        port = int(process.stderr.readline().split("metrics=")[1])

        def metrics():
            status, headers, body = request(port, "GET", "/metrics")
            self.assertEqual(status, 200)
            self.assertIn("openmetrics", headers["Content-Type"])
            return body.decode()

        wait_for(lambda: "daylight_monitor_size 1\n" in metrics())
        self.add(log, "two")
        wait_for(lambda: "daylight_monitor_size 2\n" in metrics())
        self.assertIn('anomalies_total{kind="unreachable"} 0', metrics())
        self.assertTrue(metrics().endswith("# EOF\n"))
        log.stop()
        wait_for(lambda: 'anomalies_total{kind="unreachable"} 0' not in metrics())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        reports = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((reports[0]["result"], reports[-1]["result"]), ("ok", "anomaly"), err)
        self.assertEqual(sum(report["new_entries"] for report in reports), 2)
        for report in reports:
            self.assertEqual(SCHEMA.errors(report), [])

    def test_fsck_finds_any_damage(self):
        place = self.place(0)
        log = place.start_log()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.add(log, f"entry {i}"), range(300)))
        self.wait_published(log, 300)
        log.stop()
        public = place.log / "public"
        wrong = 0
        for path in sorted(public.rglob("*")):
            if not path.is_file() or ".tmp" in path.parts:
                continue
            partial = path.parent.name.endswith(".p")
            if partial and path.name != str(300 % 256) and not path.parent.parent.match("tile/1"):
                continue  # of a tree that is not the published one
            good = path.read_bytes()
            for at in (0, len(good) // 2, len(good) - 1):
                path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
                self.audit("fsck", "--policy", place.policy, place.log, code=1)
                wrong += 1
            path.write_bytes(good)
        self.assertGreaterEqual(wrong, 6 * 3)
        self.assertIn("ok:", self.audit("fsck", "--policy", place.policy, place.log))

    def test_several_processes_on_one_folder(self):
        place = self.place(0)
        first, second = place.start_log(), place.start_log()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            texts = [f"entry {i % 150}" for i in range(300)]
            indices = list(pool.map(lambda item: self.add((first, second)[item[0] % 2], item[1]), enumerate(texts)))
        self.assertEqual(sorted(set(indices)), list(range(150)))
        for text in set(texts):
            self.assertEqual(len({i for i, t in zip(indices, texts) if t == text}), 1, text)
        self.wait_published(first, 150)
        first.stop()
        second.stop()
        self.assertIn("150 entries", self.audit("fsck", "--policy", place.policy, place.log))

    def test_roles_come_from_one_configuration_file(self):
        place = self.place(0)
        config = place.root / "node.toml"
        config.write_text(f'[log]\ndir = "{place.log}"\nkey = "{place.key}"\nno-witnesses = true\n'
                          'submit = "127.0.0.1:0"\nlisten = "127.0.0.1:0"\n')
        log = Server(NODE, "--config", config)
        place.servers.append(log)
        self.assertEqual(self.add(log, "x"), 0)
        self.assertEqual(size_of(self.wait_published(log, 1)), 1)
        # Wrong use is said, and ends with 2.
        for words in (["log", "--dir", place.log, "--key", place.key], ["nothing"], []):
            self.assertEqual(run(NODE, *words, check=False).returncode, 2, words)

    def test_a_witness_refuses_what_it_must(self):
        place = self.place(2, quorum=1)
        witness = place.start_witness(0)
        port = witness.ports["listen"]
        self.assertEqual(request(port, "POST", "/add-checkpoint", "rubbish")[0], 400)
        self.assertEqual(request(port, "GET", "/add-checkpoint")[0], 405)
        self.assertEqual(request(port, "GET", "/" + "0" * 64 + "/checkpoint")[0], 404)
        unknown = "old 0\n\nother.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 a AAAAAAAA\n"
        self.assertEqual(request(port, "POST", "/add-checkpoint", unknown.encode())[0], 404)
        self.assertEqual(request(port, "POST", "/add-checkpoint",
                                 unknown.replace("other.example", ORIGIN).encode())[0], 403)
        # A second process on its folder does not start; a damaged memory is not "nothing seen yet".
        again = run(AUDIT, "witness", "--key", place.witness_keys[0], "--dir", place.root / "w0", "--logs",
                    place.logs_file, "--listen", "127.0.0.1:0", check=False)
        self.assertEqual(again.returncode, 1)
        place.write_policy([port])
        entry = place.root / "entry"
        entry.write_text("x")
        append = [NODE, "append", "--dir", place.log, "--key", place.key, "--policy", place.policy, entry]
        run(*append)
        memory = next((place.root / "w0").glob("*/checkpoint"))
        good = memory.read_bytes()
        memory.write_bytes(good[:50] + b"!" + good[51:])
        self.assertEqual(run(*append, check=False).returncode, 1)
        memory.write_bytes(good)
        run(*append)


if __name__ == "__main__":
    unittest.main()
