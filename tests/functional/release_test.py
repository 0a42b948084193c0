#!/usr/bin/env python3
"""daylight-release from end to end: real processes, a real log (daylight-node) with two witnesses (daylight-audit).

Every .upd file is followed by libs/update before it is put in place; what is checked here is what comes out, and that
what must not work does not: a minority of keys, a removal without the higher threshold, damage, interruption.
"""
import base64
import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402

RELEASE = str(log_harness.BIN / "daylight-release")
RULE_A = 'rule rule_a { strings: $a = "a-marker-of-rule-a" condition: $a }\n'
RULE_B = 'rule rule_b { strings: $a = "a-marker-of-rule-b" condition: $a }\n'


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        self.place = log_harness.Place(witnesses=2)
        self.addCleanup(self.place.close)
        self.place.init()
        self.place.start_witnesses()
        self.node = self.place.start_log()
        self.root = self.place.root
        self.work = self.root / "team"
        self.rules = self.root / "rules"
        self.fixtures = self.root / "fixtures"
        self.good = self.root / "good"
        for folder in (self.rules, self.fixtures / "match", self.fixtures / "clean", self.good):
            folder.mkdir(parents=True)
        (self.good / "text").write_text("nothing to see here\n" * 1000)
        (self.fixtures / "match" / "rule_a").write_text("... a-marker-of-rule-a ...")
        (self.fixtures / "clean" / "x").write_text("a-marker of no rule")
        (self.rules / "a.yar").write_text(RULE_A)

    def run_release(self, *words, code=0, env=None, workspace=True):
        where = ["--workspace", self.work] if workspace else []
        done = subprocess.run([RELEASE, *map(str, where), *map(str, words)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, code, f"{words}: {done.stderr}{done.stdout}")
        return done.stdout if code == 0 else done.stderr + done.stdout

    def json(self, *words, **more):
        return json.loads(self.run_release(*words, "--json", **more))

    def init(self, *more):
        ports = self.node.ports
        self.run_release("init", "--log", f"http://127.0.0.1:{ports['listen']}/", "--submit",
                         f"http://127.0.0.1:{ports['submit']}/", "--policy", self.place.policy, "--role", "root=2/3",
                         "--role", "targets=2/3", "--role", "rules=2/4", "--role", "halt=1/2", "--role", "engine=1/1",
                         "--no-passphrase", *more)

    def add_rule_b(self):
        (self.rules / "b.yar").write_text(RULE_B)
        (self.fixtures / "match" / "rule_b").write_text("... a-marker-of-rule-b ...")

    def propose(self, *more):
        return self.json("propose", self.rules, "--author", "alice", "--reason", "new rules", *more)["id"]

    def prepare(self, *more):
        """Proposes, tests and reviews; returns the proposal."""
        name = self.propose(*more)
        self.run_release("test", name, "--fixtures", self.fixtures, "--known-good", self.good)
        self.run_release("review", name, "--analyst", "bob", "--accept", "--reason", "read it")
        return name

    def sign(self, name, *numbers):
        keys = [word for number in numbers for word in ("--key", self.work / f"keys/rules-{number}.pem")]
        return self.json("sign", name, *keys)

    def release(self, *more, numbers=(1, 2)):
        name = self.prepare(*more)
        self.sign(name, *numbers)
        self.json("publish", name)
        return name

    def log(self):
        """The entries but for the metadata."""
        return [entry for entry in self.json("log")["entries"] if entry["kind"] != "metadata"]

    def metadata(self):
        return [entry["words"] for entry in self.json("log")["entries"] if entry["kind"] == "metadata"]

    def kinds(self):
        return [entry["kind"].split("/")[-2] if "/" in entry["kind"] else entry["kind"] for entry in self.log()]


class Life(ReleaseTest):
    def test_from_rules_to_updates_and_back(self):
        self.init()
        first = self.release()
        self.assertEqual(self.kinds(), ["decision", "bundle"])
        self.assertEqual(self.metadata(), ["1.root.json", "1.targets.json"])
        entry = self.log()[1]
        self.assertEqual(entry["signers"], ["rules-1", "rules-2"])
        self.assertEqual(entry["refused"], "")
        for name in ("latest.upd", "full.upd", "catchup.upd", "root.json", "policy"):
            self.assertTrue((self.work / "updates" / name).exists(), name)
        bundle = (self.work / "bundles" / entry["sha256"]).read_bytes()
        self.assertEqual(hashlib.sha256(bundle).hexdigest(), entry["sha256"])
        self.assertTrue(bundle.startswith(b"daylight-bundle/v1\nengine 1\n"))
        # Publishing again changes nothing.
        self.json("publish", first)
        self.assertEqual(self.kinds(), ["decision", "bundle"])
        # A second release adds; a delta leads to it.
        self.add_rule_b()
        self.release()
        second = self.log()[3]["sha256"]
        self.assertEqual(len(list((self.work / "payloads").iterdir())), 3)
        # The halt takes the endpoint back to the first, and the same bundle cannot be released again.
        halted = self.json("halt", second[:10], "--reason", "false alarms", "--key", self.work / "keys/halt-1.pem")
        self.assertEqual(halted["index"], 6)
        self.assertEqual(self.json("status")["released"], entry["sha256"])
        message = self.run_release("propose", self.rules, "--author", "alice", "--reason", "again", code=2)
        self.assertIn("halted or recalled", message)
        self.json("halt", second[:10], "--reason", "false alarms", "--key", self.work / "keys/halt-1.pem")
        self.assertEqual(self.kinds()[4:], ["halt"])
        recalled = self.json("recall", entry["sha256"], "--reason", "wrong", "--key", self.work / "keys/halt-2.pem")
        self.assertEqual(recalled["index"], 7)
        self.assertEqual(self.json("status")["released"], "")

    def test_endpoints_accept_what_comes_out(self):
        self.init()
        handler = functools.partial(QuietHandler, directory=self.work / "updates")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        sample = self.root / "sample"
        sample.write_text("a-marker-of-rule-b")

        def endpoint(name, *words, code=0):
            done = subprocess.run([log_harness.BIN / "daylight", *map(str, words)], capture_output=True, text=True,
                                  timeout=120, env={**os.environ, "DAYLIGHT_STATE": str(self.root / name),
                                                    "XDG_CACHE_HOME": str(self.root / "cache")})
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout + done.stderr

        trust = ("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        self.release("--emergency")
        endpoint("a", *trust, "--mirror", f"http://127.0.0.1:{server.server_port}/")
        self.assertIn("Release 1 is active now", endpoint("a", "update"))
        endpoint("a", "scan", "--no-progress", sample)
        self.add_rule_b()
        self.release("--emergency")
        self.assertIn("Release 2 is active now", endpoint("a", "update"))
        endpoint("a", "scan", "--no-progress", sample, code=1)
        status, _, _ = log_harness.request(self.node.ports["submit"], "POST", "/add", b"hello from a stranger")
        self.assertEqual(status, 200)
        second = self.json("status")["released"]
        self.json("halt", second, "--reason", "too slow", "--key", self.work / "keys/halt-1.pem")
        self.assertIn("Release 1 is active now", endpoint("a", "update"))
        endpoint("b", *trust)
        self.assertIn("Release 1 is active now", endpoint("b", "update", self.work / "updates/full.upd"))
        endpoint("b", "verify")

    def test_a_release_of_the_program_and_a_word_to_people(self):
        self.init()
        self.release()
        programs = self.root / "bin"
        programs.mkdir()
        for name in ("daylight", "daylight-worker"):
            shutil.copy(log_harness.BIN / name, programs / name)
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.root / "state")}

        def endpoint(*words):
            done = subprocess.run([programs / "daylight", *map(str, words)], capture_output=True, text=True, timeout=120,
                                  env=environment)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout

        endpoint("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        self.run_release("engine", programs / "daylight", programs / "daylight-worker", "--version", "0.1", "--key",
                         self.work / "keys/engine-1.pem")
        words = "the log moves house on Sunday"
        half = self.json("say", words, "--key", self.work / "keys/targets-1.pem")
        self.assertEqual(half, {"signatures": 1, "needed": 2})
        self.json("say", words, "--key", self.work / "keys/targets-2.pem")
        self.assertEqual(self.kinds(), ["decision", "bundle", "engine", "text"])
        self.assertIn(words, endpoint("update", self.work / "updates/full.upd"))
        self.assertIn("program: Daylight 0.1, 2 files as released", endpoint("verify"))
        (self.root / "other").write_text("another program")
        shutil.copy(self.root / "other", self.root / "daylight")
        self.run_release("engine", self.root / "daylight", "--version", "0.2", "--key", self.work / "keys/engine-1.pem")
        self.assertIn("newest release of Daylight is 0.2; daylight here is another",
                      endpoint("update", self.work / "updates/full.upd"))
        self.assertIn("note     the log's newest release", endpoint("verify"))

    def test_a_minority_of_keys_cannot_publish(self):
        self.init()
        name = self.prepare()
        self.assertEqual(self.sign(name, 1), {"needed": 2, "signatures": 1})
        self.assertEqual(self.sign(name, 1), {"needed": 2, "signatures": 1})
        self.assertIn("1 of the 2 signatures", self.run_release("publish", name, code=2))
        message = self.run_release("sign", name, "--key", self.work / "keys/halt-1.pem", code=2)
        self.assertIn("not a signature of a key of this role", message)
        self.assertEqual(self.kinds(), [])
        self.sign(name, 4)
        self.run_release("publish", name)
        self.assertEqual(self.kinds(), ["decision", "bundle"])

    def test_taking_detections_away_needs_more(self):
        self.init()
        self.add_rule_b()
        self.release()
        (self.rules / "b.yar").unlink()
        name = self.prepare()
        stored = self.work / "proposals" / name / "test.json"
        report = json.loads(stored.read_text())
        self.assertEqual(report["blindness"]["removed"], ["rule_b"])
        # It does not help to change the stored report: who signs compares anew.
        kept = stored.read_text()
        report["blindness"]["removed"] = []
        stored.write_text(json.dumps(report))
        message = self.run_release("sign", name, "--key", self.work / "keys/rules-1.pem", code=2)
        self.assertIn("its test report does not say what it takes away", message)
        stored.write_text(kept)
        # Nor to change the workspace's rules, whose hash is signed.
        rules = self.work / "rules.json"
        kept = rules.read_text()
        rules.write_text(kept.replace('"reviews": 1', '"reviews": 0'))
        self.assertIn("not what the role targets signed", self.run_release("sign", name, code=2))
        rules.write_text(kept)
        self.assertEqual(self.sign(name, 1, 2), {"needed": 3, "signatures": 2})
        message = self.run_release("publish", name, code=2)
        self.assertIn("2 of the 3 signatures", message)
        self.sign(name, 3)
        self.run_release("publish", name)
        self.assertEqual(self.kinds(), ["decision", "bundle"] * 2)

    def test_unreviewed_and_failed_proposals_are_not_signed(self):
        self.init()
        key = ("--key", self.work / "keys/rules-1.pem")
        name = self.propose()
        self.assertIn("not tested", self.run_release("sign", name, *key, code=2))
        (self.fixtures / "match" / "rule_a").write_text("nothing")
        message = self.run_release("test", name, "--fixtures", self.fixtures, "--no-known-good", code=1)
        self.assertIn("is not found by the rule rule_a", message)
        self.assertIn("test failed", self.run_release("sign", name, *key, code=2))
        (self.fixtures / "match" / "rule_a").write_text("a-marker-of-rule-a")
        self.run_release("test", name, "--fixtures", self.fixtures, "--no-known-good")
        self.assertIn("0 of the 1 reviews", self.run_release("sign", name, *key, code=2))
        self.run_release("review", name, "--analyst", "alice", "--accept", "--reason", "mine")
        self.assertIn("0 of the 1 reviews", self.run_release("sign", name, *key, code=2))
        self.run_release("review", name, "--analyst", "bob", "--reject", "--reason", "no")
        self.assertIn("bob rejected it", self.run_release("sign", name, *key, code=2))
        self.json("sign", name, *key, "--despite", "an outbreak")
        decision = json.loads((self.work / "proposals" / name / "decision.dsse").read_text())
        predicate = json.loads(base64.b64decode(decision["payload"]))["predicate"]
        self.assertEqual(predicate["overriddenBecause"], "an outbreak")
        self.assertIn("bob rejected it", predicate["overridden"])
        message = self.run_release("review", name, "--analyst", "bob", "--accept", "--reason", "well", code=2)
        self.assertIn("has signatures", message)

    def test_false_alarms_and_broken_rules_fail(self):
        self.init()
        (self.rules / "a.yar").write_text('rule rule_a { strings: $a = "nothing to see" condition: $a }')
        name = self.propose()
        message = self.run_release("test", name, "--known-good", self.good, code=1)
        self.assertIn("false alarm: rule_a in 1 known-good files", message)
        (self.rules / "a.yar").write_text("rule broken {")
        name = self.propose()
        self.assertIn("do not compile", self.run_release("test", name, "--no-known-good", code=1))


class Keys(ReleaseTest):
    def test_offline_signatures(self):
        self.init()
        name = self.prepare()
        away = self.root / "away"
        away.mkdir()
        for number in (1, 2):
            shutil.move(self.work / f"keys/rules-{number}.pem", away / f"{number}.pem")
        self.run_release("sign", name, "--export", away / "request")
        for number in (1, 2):
            shown = self.run_release("sign", "--request", away / "request", "--key", away / f"{number}.pem", "--answer",
                                     away / f"answer{number}", workspace=False)
            self.assertIn("release: https://daylight.example/update/bundle/v1", shown)
        swapped = json.loads((away / "answer1").read_text())
        swapped["signatures"][0]["sig"] = swapped["signatures"][1]["sig"]
        (away / "swapped").write_text(json.dumps(swapped))
        self.assertIn("not a signature", self.run_release("sign", name, "--import", away / "swapped", code=2))
        swapped["ticket"] = "1-00000000"
        (away / "swapped").write_text(json.dumps(swapped))
        self.assertIn("has signatures for 1-00000000", self.run_release("sign", name, "--import", away / "swapped", code=2))
        for number in (1, 2):
            self.run_release("sign", name, "--import", away / f"answer{number}")
        self.run_release("publish", name)
        self.assertEqual(self.kinds(), ["decision", "bundle"])

    def test_encrypted_keys(self):
        passphrase = self.root / "passphrase"
        passphrase.write_text("correct horse\n")
        ports = self.node.ports
        self.run_release("init", "--log", f"http://127.0.0.1:{ports['listen']}/", "--policy", self.place.policy, "--demo",
                         "--passphrase-file", passphrase)
        pem = self.work / "keys/rules-1.pem"
        self.assertIn("ENCRYPTED", pem.read_text())
        self.assertEqual(pem.stat().st_mode & 0o777, 0o600)
        self.assertIn("never overwrites", self.run_release("init", "--log", "http://x/", "--policy", self.place.policy,
                                                          "--passphrase-file", passphrase, code=2))
        refresh = ("rotate", "--refresh", "--key", self.work / "keys/online-1.pem")
        message = self.run_release(*refresh, "--passphrase-file", self.place.policy, code=2)
        self.assertIn("or a wrong passphrase", message)
        self.assertTrue(self.json(*refresh, env={"DAYLIGHT_RELEASE_PASSPHRASE": "correct horse"})["done"])
        os.chmod(pem, 0o644)
        self.assertIn("chmod 600", self.run_release("rotate", "--refresh", "--key", pem, code=2))

    def test_keys_made_elsewhere(self):
        for name in ("r1", "r2", "r3"):
            self.run_release("keygen", "--out", self.root / name, "--no-passphrase", workspace=False)
        self.assertIn("exists already", self.run_release("keygen", "--out", self.root / "r1", "--no-passphrase", code=2))
        self.init(*[word for name in ("r1", "r2", "r3") for word in ("--public", f"rules={self.root}/{name}.pub")])
        self.assertFalse((self.work / "keys/rules-1.pem").exists())
        self.assertIn("not signed yet", self.run_release("status", code=2))
        self.run_release("sign", "change", "--export", self.root / "request")
        self.run_release("sign", "--request", self.root / "request", "--key", self.root / "r1", "--key", self.root / "r2",
                         "--key", self.root / "r3", "--answer", self.root / "answer", workspace=False)
        self.assertTrue(self.json("sign", "change", "--import", self.root / "answer")["done"])
        name = self.prepare()
        self.json("sign", name, "--key", self.root / "r1", "--key", self.root / "r3")
        self.run_release("publish", name)

    def test_rotation(self):
        self.init()
        self.release()
        keys = self.work / "keys"
        started = self.json("rotate", "--role", "rules", "--new-key", "rules-5", "--no-passphrase", "--remove-key",
                            keys / "rules-1.pub", "--reason", "lost laptop", "--key", keys / "targets-1.pem")
        self.assertFalse(started["done"])
        self.assertIn("being signed already", self.run_release("rotate", "--refresh", code=2))
        self.assertTrue(self.json("sign", "change", "--key", keys / "targets-2.pem", "--key",
                                  keys / "online-1.pem")["done"])
        # The old release has lost a signer: endpoints that start anew would refuse it, so it must be released again.
        self.assertIn("release once more", self.run_release("publish", "--updates", code=2))
        name = self.prepare("--again")
        message = self.run_release("sign", name, "--key", keys / "rules-1.pem", code=2)
        self.assertIn("not a signature of a key of this role", message)
        self.sign(name, 2, 5)
        self.run_release("publish", name)
        # A new root needs the old root's keys as well.
        self.run_release("rotate", "--role", "root", "--new-key", "root-4", "--no-passphrase", "--remove-key",
                         keys / "root-1.pub", "--reason", "yearly", "--key", keys / "root-2.pem", "--key",
                         keys / "root-3.pem", "--key", keys / "online-1.pem")
        self.assertTrue((self.work / "tuf/2.root.json").exists())
        self.run_release("publish", "--updates")
        self.assertEqual(self.metadata()[2:], ["2.targets.json", "2.root.json"])
        self.assertEqual(self.json("log")["entries"][-1]["signers"], ["root-2", "root-3"])

    def test_a_new_policy_reaches_endpoints(self):
        """The quorum grows from one witness to both: endpoints learn of it from the signed metadata in the log."""
        self.place.quorum = 1
        self.place.write_policy([server.ports["listen"] for server in self.place.servers[:2]])
        self.init()
        self.release("--emergency")
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.root / "state")}

        def endpoint(*words):
            done = subprocess.run([log_harness.BIN / "daylight", *map(str, words)], capture_output=True, text=True,
                                  timeout=120, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout

        endpoint("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        endpoint("update", self.work / "updates/full.upd")
        self.place.quorum = 2
        self.place.write_policy([server.ports["listen"] for server in self.place.servers[:2]])
        self.run_release("rotate", "--policy", self.place.policy, "--reason", "two witnesses", "--key",
                         self.work / "keys/targets-1.pem", "--key", self.work / "keys/targets-2.pem", "--key",
                         self.work / "keys/online-1.pem")
        self.assertEqual((self.work / "updates/policy").read_text(), self.place.policy.read_text())
        self.run_release("publish", "--updates")
        endpoint("update", self.work / "updates/full.upd")
        state = json.loads(next((self.root / "state").glob("follower.json")).read_text())
        self.assertEqual(state["policy"], self.place.policy.read_text())
        endpoint("verify")


class Robustness(ReleaseTest):
    def test_same_bytes_everywhere(self):
        now = str(int(time.time()) + 10)
        self.init()
        (self.rules / "sub").mkdir()
        for number in range(20):
            (self.rules / "sub" / f"r{number}.yar").write_text(RULE_A.replace("rule_a", f"r{number}"))
        (self.rules / "README.md").write_text("not a rule")
        one = self.json("propose", self.rules, "--author", "a", "--reason", "r", "--time", now)
        copy = self.root / "another place" / "x"
        copy.mkdir(parents=True)
        for path in sorted(self.rules.rglob("*.yar"), reverse=True):
            target = copy / path.relative_to(self.rules)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, (1, 1))
            os.chmod(target, 0o600)
        first = {path.name: path.read_bytes() for path in (self.work / "proposals" / one["id"]).iterdir()}
        shutil.rmtree(self.work / "proposals" / one["id"])
        command = [RELEASE, "-w", self.work, "--json", "propose", copy, "--author", "a", "--reason", "r", "--time",
                   now]
        if os.geteuid() == 0 and shutil.which("setpriv"):
            subprocess.run(["chown", "-R", "nobody", self.root], check=True)
            os.chmod(self.root, 0o755)
            command = ["setpriv", "--reuid", "nobody", "--clear-groups", *command]
        done = subprocess.run(["taskset", "-c", "0", *map(str, command)], capture_output=True, text=True, cwd="/",
                              preexec_fn=lambda: os.umask(0o077),
                              env={"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "HOME": "/nonexistent"})
        self.assertEqual(done.returncode, 0, done.stderr)
        two = json.loads(done.stdout)
        self.assertEqual({**one, "leftOut": []}, {**two, "leftOut": []})
        self.assertEqual(one["leftOut"], ["README.md"])
        second = {path.name: path.read_bytes() for path in (self.work / "proposals" / two["id"]).iterdir()}
        self.assertEqual(first, second)

    def test_damage_has_clear_errors(self):
        self.init()
        name = self.release()
        cases = {
            "release.json": "release.json is damaged",
            "rules.json": "not what the role targets signed",
            "tuf/timestamp.json": "the metadata in tuf/ is damaged",
            "log/state.json": "delete the folder log/",
            f"proposals/{name}/release.dsse": "is damaged",
            f"proposals/{name}/bundle": "is damaged",
            f"proposals/{name}/proposal.json": "is damaged",
            f"proposals/{name}/test.json": "is damaged",
        }
        for file, wanted in cases.items():
            path = self.work / file
            kept = path.read_bytes()
            for damage in (b"", kept[: len(kept) // 2], b"\0" * 100):
                path.write_bytes(damage)
                message = self.run_release("status", code=2)
                self.assertIn(wanted, message, file)
            path.write_bytes(kept)
        self.run_release("status")
        # What a killed process left unfinished is nobody's.
        left = self.work / "log/reports/000000000000.unfinished-aB3dE6"
        left.write_text("{")
        self.assertEqual(self.kinds().count("bundle"), 1)
        self.assertFalse(left.exists())
        # The copy of the log comes back by itself.
        shutil.rmtree(self.work / "log")
        self.assertEqual(self.kinds(), ["decision", "bundle"])
        self.assertIn("no workspace", self.run_release("-w", self.root, "status", workspace=False, code=2))
        self.assertIn("there is no proposal 9-12345678; there are: 1-",
                      self.run_release("publish", "9-12345678", code=2))

    def test_help_names_every_command(self):
        text = self.run_release("--help", workspace=False)
        for command in ("init", "propose", "test", "review", "sign", "publish", "halt", "recall", "rotate", "log"):
            self.assertIn(f"\n  {command} ", text)
            self.assertIn("Usage", self.run_release(command, "--help", workspace=False))


if __name__ == "__main__":
    unittest.main()
