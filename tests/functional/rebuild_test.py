#!/usr/bin/env python3
"""Third parties: who makes a bundle again from its sources and says so in the log, and a monitor that judges every entry."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import json_schema  # noqa: E402
import log_harness  # noqa: E402
import release_test  # noqa: E402

SCHEMA = json_schema.Schema(json.loads(
    (pathlib.Path(__file__).resolve().parents[2] / "api/audit-report.schema.json").read_text()))


class Rebuild(release_test.ReleaseTest):
    def audit(self, *words, code=0):
        done = subprocess.run([log_harness.AUDIT, *map(str, words), "--json"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        report = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(SCHEMA.errors(report), [], report)
        return report

    def monitor(self, *more, code=0):
        report = self.audit("monitor", "--once", "--no-witnesses", "--policy", self.place.policy, "--state",
                            self.root / "monitor", "--root", self.work / "updates/root.json", "--bundles",
                            self.work / "updates", *more, f"http://127.0.0.1:{self.node.ports['listen']}/", code=code)
        return {anomaly["kind"]: anomaly["what"] for anomaly in report["anomalies"]}

    def rebuild(self, sources, sha256, *more, code=0):
        return self.audit("rebuild", "--sources", sources, "--sha256", sha256, *more, code=code)

    def verdicts(self, count):
        """The verdicts in the log, when there are that many: the log publishes what it has a moment later."""
        def there():
            found = [entry for entry in self.log() if entry["kind"] == "rebuild"]
            return found if len(found) == count else None
        found = log_harness.wait_for(there)
        self.json("publish", "--updates")
        return found

    def verdict_flags(self):
        return ("--key", self.work / "keys/rebuild-1.pem", "--submit", f"http://127.0.0.1:{self.node.ports['submit']}/")

    def test_a_third_partys_verdict_is_in_the_log(self):
        self.init()
        self.release("--emergency")
        sha256 = self.json("status")["released"]
        sources = self.root / "their own copy"
        shutil.copytree(self.rules, sources)
        self.assertEqual(self.rebuild(sources, sha256)["result"], "same")
        self.assertEqual(self.rebuild(sources, sha256, *self.verdict_flags()),
                         {"result": "same", "released": sha256, "made": sha256, "files": 1, "posted": True})
        self.rebuild(sources, sha256, *self.verdict_flags())  # said once is said
        self.assertEqual([(entry["sha256"], entry["signers"], entry["refused"]) for entry in self.verdicts(1)],
                         [(sha256, ["rebuild-1"], "")])
        # An endpoint shows it.
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.root / "state")}
        for words in (("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy"),
                      ("update", self.work / "updates/full.upd"), ("explain", "1")):
            done = subprocess.run([log_harness.BIN / "daylight", *map(str, words)], capture_output=True, text=True,
                                  timeout=120, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a third party made the same bytes from its sources", done.stdout)
        # Other sources give other bytes, and that can be said as well.
        (sources / "a.yar").write_text(release_test.RULE_A + "// touched\n")
        self.assertEqual(self.rebuild(sources, sha256, *self.verdict_flags(), code=1)["result"], "different")
        self.verdicts(2)

    def test_a_monitor_judges_and_says_so(self):
        self.init()
        self.release()
        self.assertEqual(self.monitor(*self.verdict_flags()), {})
        self.add_rule_b()
        self.release()
        self.assertEqual(self.monitor(*self.verdict_flags()), {})
        self.verdicts(2)
        # A mirror that swaps one file.
        (self.rules / "c.yar").write_text(release_test.RULE_B.replace("rule_b", "rule_c"))
        (self.fixtures / "match" / "rule_c").write_text("... a-marker-of-rule-b ...")
        self.release()
        bundle = self.work / "updates/bundles" / (self.json("status")["released"] + ".bundle")
        kept = bundle.read_bytes()
        bundle.write_bytes(kept.replace(b"a-marker-of-rule-b", b"a-marker-of-rule-X"))
        self.assertIn("another file under its name", self.monitor(code=1)["bundle"])
        bundle.write_bytes(kept)
        self.assertEqual(self.monitor(), {})
        self.assertEqual(self.monitor(), {})

    def test_an_endpoint_is_checked_offline(self):
        self.init()
        self.release("--emergency")
        state = self.root / "state"
        environment = {**os.environ, "DAYLIGHT_STATE": str(state)}

        def endpoint(*words):
            subprocess.run([log_harness.BIN / "daylight", *map(str, words)], check=True, timeout=120, env=environment,
                           stdout=subprocess.DEVNULL)

        def verify(code=0):
            return self.audit("verify", "--policy", self.place.policy, "--endpoint", state, code=code)

        endpoint("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        self.assertIn("no released rules are active", verify(code=1)["problems"])
        endpoint("update", self.work / "updates/full.upd")
        self.add_rule_b()
        self.release("--emergency")
        endpoint("update", self.work / "updates/latest.upd")
        report = verify()
        self.assertEqual(len(report["good"]), 2)  # the active release and the one before
        self.assertIn("2 cosignatures, 2 signatures", report["good"][0])
        rules = next(path for path in state.glob("slots/*/rules/a.yar"))
        kept = rules.read_text()
        rules.write_text(kept + "// changed\n")
        self.assertIn("a.yar was changed", verify(code=1)["problems"][0])
        rules.write_text(kept)
        for proof in state.glob("proofs/*.tlog-proof"):
            proof.write_text(proof.read_text().replace("index 3", "index 2").replace("index 5", "index 4"))
        self.assertEqual(len(verify(code=1)["problems"]), 2)
        for entry in state.glob("proofs/*.entry"):
            entry.unlink()
        self.assertIn("not shown to be in the log", verify(code=1)["problems"][0])
        state.joinpath("follower.json").unlink()
        self.assertEqual(verify(code=1)["kind"], "not_found")

    def test_wrong_use_says_what_is_missing(self):
        self.init()
        for words in (("--key", self.work / "keys/rebuild-1.pem"),):
            report = self.audit("rebuild", "--sources", self.rules, "--sha256", "0" * 64, *words, code=2)
            self.assertIn("--submit", report["what"])
        self.assertIn("64 hexadecimal", self.rebuild(self.rules, "xyz", code=2)["what"])


if __name__ == "__main__":
    unittest.main()
