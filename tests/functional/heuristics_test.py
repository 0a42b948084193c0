#!/usr/bin/env python3
"""Heuristic alerts beside clamscan's: the quick part of tools/compare_heuristics.py, and what only we have.

DAYLIGHT_BIN is the folder of the programs.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tools"))
import compare_heuristics as made  # noqa: E402


class HeuristicsTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = Path(self.temporary.name)
        self.database = self.root / "db"
        self.database.mkdir()
        (self.database / "test.ndb").write_text("Test.Words:0:*:" + b"make a text".hex() + "\n")
        (self.database / "test.ndu").write_text("PUA.Tool.Words-1:0:*:" + b"few more of".hex() + "\n")

    def scan(self, data, *options):
        path = self.root / "suspect"
        path.write_bytes(data)
        run = subprocess.run([BIN / "daylight", "scan", "--json", "--no-cache", "--db", self.database, *options, path],
                             stdout=subprocess.PIPE, text=True, timeout=60)
        line = json.loads(run.stdout.splitlines()[0])
        return run.returncode, [(found["source"], found["rule"]) for found in line.get("findings", [])]

    def test_like_clamscan(self):
        run = subprocess.run([sys.executable, ROOT / "tools/compare_heuristics.py", "--quick", "--bin", BIN],
                             stdout=subprocess.PIPE, text=True, timeout=300)
        if run.returncode == 77:
            self.skipTest("no clamscan")
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_order(self):
        text = made.text(*[made.luhn("401288888888188")] * 3)
        words = ("signature", "Test.Words")
        cards = ("heuristic", "Heuristics.Structured.CreditCardNumber")
        self.assertEqual(self.scan(text), (1, [words]))
        self.assertEqual(self.scan(text, "--detect-structured"), (1, [words, cards]))
        self.assertEqual(self.scan(text, "--detect-structured", "--heuristic-scan-precedence"), (1, [cards, words]))

    def test_unwanted(self):
        text = made.text("nothing else")
        words, tool = ("signature", "Test.Words"), ("signature", "PUA.Tool.Words-1")
        self.assertEqual(self.scan(text)[1], [words])
        for options, wanted in ((["--detect-pua"], {words, tool}),
                                (["--detect-pua", "--include-pua=Tool"], {words, tool}),
                                (["--detect-pua", "--include-pua=Packed"], {words}),
                                (["--detect-pua", "--exclude-pua=Tool"], {words}),
                                (["--detect-pua", "--exclude-pua=Packed"], {words, tool})):
            with self.subTest(options):
                self.assertEqual(set(self.scan(text, *options)[1]), wanted)
        run = subprocess.run([BIN / "daylight", "scan", "--include-pua=A", "--exclude-pua=B", self.root],
                             stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(run.returncode, 2)

    def test_limits_of_whole_files(self):
        code, found = self.scan(bytes(5000), "--alert-exceeds-max", "--max-filesize", "1K")
        self.assertEqual((code, found), (1, [("heuristic", "Heuristics.Limits.Exceeded.MaxFileSize")]))


if __name__ == "__main__":
    unittest.main()
