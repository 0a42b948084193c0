#!/usr/bin/env python3
"""Programs that carry files: what is found in each fixture, with its path, and what is not.

DAYLIGHT_BIN is the folder of the programs.
"""
import json
import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
RULES = ROOT / "tests/golden/archives.yar"
FIXTURES = ROOT / "tests/fixtures/programs"

# Each fixture: what is found, by rule and inner path.
EXPECTED = {
    "fat.macho": {("needle", ""), ("needle", "(arm64)"), ("needle", "(arm64)//(overlay)//(content)")},
    "overlay.elf": {("needle", "(overlay)//(content)")},
    "plain.elf": set(),
    "resources.exe": {("needle", ""), ("needle", "needle.txt"), ("needle", "set.resources/long"),
                      ("fox", "set.resources/bytes"), ("fox", "set.resources/stream")},
}


class ProgramsTest(unittest.TestCase):
    def test_fixtures(self):
        for name, expected in EXPECTED.items():
            with self.subTest(name):
                done = subprocess.run([BIN / "daylight", "scan", "--no-cache", "-t", "1", "--json", "--rules", RULES, FIXTURES / name],
                                      stdout=subprocess.PIPE, timeout=60)
                line = json.loads(done.stdout.splitlines()[0])
                self.assertEqual({(f["rule"], f["inner_path"]) for f in line["findings"]}, expected)
                self.assertEqual((line["completeness"], line["gaps"]), ("complete", []))

    def test_slices_that_lie_are_said(self):
        data = bytearray((FIXTURES / "fat.macho").read_bytes())
        data[8 + 20 + 8:8 + 20 + 12] = b"\xff\xff\xff\xf0"  # where the second slice begins
        done = subprocess.run([BIN / "daylight", "scan", "--no-cache", "-t", "1", "--json", "--stdin", "--rules", RULES], input=bytes(data),
                              stdout=subprocess.PIPE, timeout=60)
        line = json.loads(done.stdout.splitlines()[0])
        self.assertEqual(line["gaps"], [{"inner_path": "(arm64)", "reason": "damaged: it does not lie in the file"}])


if __name__ == "__main__":
    unittest.main()
