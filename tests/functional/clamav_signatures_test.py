#!/usr/bin/env python3
"""Drives `daylight scan --db` over ClamAV's body and logical signatures; compares with clamscan if it is installed.

DAYLIGHT_BIN is the folder of the programs.
"""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
from json_schema import Schema  # noqa: E402

BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
SCHEMA = Schema(json.loads((ROOT / "api/scan-report.schema.json").read_text()))
MARKER = b"Harmless-Marker-Of-A-Test"
JUNK = bytes(range(256))


class ClamavSignaturesCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-clamav-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "db").mkdir()
        (self.root / "in").mkdir()

    def scan(self, databases, files):
        """{file: report}, standard error and exit code."""
        for name, text in databases.items():
            (self.root / "db" / name).write_text(text, encoding="ascii")
        for name, content in files.items():
            (self.root / "in" / name).write_bytes(content)
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--json", "--no-cache", "-t", "1", "--no-progress", "--db",
             str(self.root / "db"), str(self.root / "in")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        reports = {}
        for line in done.stdout.splitlines():
            report = json.loads(line)
            self.assertEqual(SCHEMA.errors(report), [])
            if report["type"] == "file":
                reports[Path(report["path"]).name] = report
        return reports, done.stderr.decode(), done.returncode

    def test_bodies_are_found_and_named(self):
        reports, errors, code = self.scan(
            {"a.ndb": f"Test.Marker-1:0:*:{MARKER.hex()}\nbad line\n",
             "b.ldb": f"Test.Logic-1;Engine:51-255,Target:0,Container:CL_TYPE_GZ;0;{MARKER.hex()}\n"},
            {"plain": JUNK + MARKER + JUNK, "packed.gz": gzip.compress(JUNK + MARKER, mtime=0), "clean": JUNK * 9})
        self.assertEqual(code, 1)
        self.assertIn("a.ndb", errors)
        finding = reports["plain"]["findings"][0]
        self.assertEqual(finding["name"], "Test.Marker-1.UNOFFICIAL")
        self.assertEqual(finding["rule"], "Test.Marker-1")
        self.assertEqual(finding["source"], "signature")
        self.assertTrue(finding["provenance"].endswith("a.ndb:1"))
        names = sorted(finding["rule"] for finding in reports["packed.gz"]["findings"] if finding["inner_path"])
        self.assertEqual(names, ["Test.Logic-1", "Test.Marker-1"])
        self.assertEqual(reports["clean"]["findings"], [])

    def test_names_to_ignore_count_for_bodies(self):
        reports, _, code = self.scan(
            {"a.ndb": f"Test.A:0:*:{MARKER.hex()}\nTest.B:0:*:{MARKER.hex()}\n", "local.ign2": "Test.A\n"},
            {"plain": JUNK + MARKER})
        self.assertEqual(code, 1)
        self.assertEqual([finding["name"] for finding in reports["plain"]["findings"]], ["Test.B.UNOFFICIAL"])

    @unittest.skipUnless(shutil.which("clamscan"), "clamscan is not installed")
    def test_agrees_with_clamscan(self):
        done = subprocess.run(
            [sys.executable, str(ROOT / "tools/compare_clamav.py"), "--bin", str(BIN), "--quick", "--rounds", "80"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
