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
        self.json("publish", "--updates")
        verdicts = [entry for entry in self.log() if entry["kind"] == "rebuild"]
        self.assertEqual([(entry["sha256"], entry["signers"], entry["refused"]) for entry in verdicts],
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
        self.json("publish", "--updates")
        self.assertEqual(len([entry for entry in self.log() if entry["kind"] == "rebuild"]), 2)

    def test_a_monitor_judges_and_says_so(self):
        self.init()
        self.release()
        self.assertEqual(self.monitor(*self.verdict_flags()), {})
        self.add_rule_b()
        self.release()
        self.assertEqual(self.monitor(*self.verdict_flags()), {})
        self.json("publish", "--updates")
        self.assertEqual(self.kinds().count("rebuild"), 2)
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

    def test_wrong_use_says_what_is_missing(self):
        self.init()
        for words in (("--key", self.work / "keys/rebuild-1.pem"),):
            report = self.audit("rebuild", "--sources", self.rules, "--sha256", "0" * 64, *words, code=2)
            self.assertIn("--submit", report["what"])
        self.assertIn("64 hexadecimal", self.rebuild(self.rules, "xyz", code=2)["what"])


if __name__ == "__main__":
    unittest.main()
