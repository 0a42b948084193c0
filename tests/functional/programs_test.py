#!/usr/bin/env python3
"""Programs that carry files: what is found in each fixture, with its path, and what is not.

DAYLIGHT_BIN is the folder of the programs.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tools"))
import make_overlay_corpus as make  # noqa: E402

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


NEEDLE = b"a needle in the nest\n"
SCRIPT = b"#!/bin/sh\necho " + NEEDLE
PACKED = gzip.compress(NEEDLE)
X86_64, ARM64 = 0x01000007, 0x0100000C
CUT = {"(x86_64)": "damaged: it is cut off"}
NO_TABLE = {"": "damaged: the table of slices does not lie in the file"}

# What stands behind programs: the file, where the needle is found, and the gaps.
OVERLAYS = {
    "elf": (make.elf(SCRIPT), {"", "(overlay)"}, {}),
    "elf_gzip": (make.elf(PACKED), {"(overlay)//(content)"}, {}),
    "elf_elf": (make.elf(make.elf(PACKED)), {"(overlay)//(overlay)//(content)"}, {}),
    "elf_nothing": (make.elf(b"nothing that is known"), set(), {}),
    "elf_plain": (make.elf(b""), set(), {}),
    "macho": (make.macho(PACKED), {"(overlay)//(content)"}, {}),
    "macho_plain": (make.macho(b""), set(), {}),
    "dex": (make.dex(PACKED), {"(overlay)//(content)"}, {}),
    "dex_plain": (make.dex(b""), set(), {}),
    "universal64": (make.universal([(ARM64, 0, make.macho(PACKED))], bits=64), {"(arm64)//(overlay)//(content)"}, {}),
    "universal_behind": (make.universal([(X86_64, 3, make.macho(b""))]) + PACKED, {"(overlay)//(content)"}, {}),
    "universal_cut": (make.universal([(X86_64, 3, PACKED + bytes(64))])[:-8], {"(x86_64)//(content)"}, CUT),
    "universal_lies": (make.universal([(X86_64, 3, b"")], lie=30), set(), NO_TABLE),
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

    def test_what_stands_behind_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, (content, _, _) in OVERLAYS.items():
                (Path(folder) / name).write_bytes(content)
            done = subprocess.run([BIN / "daylight", "scan", "--no-cache", "-t", "1", "--no-progress", "--json", "--rules", RULES, folder],
                                  stdout=subprocess.PIPE, timeout=60)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(lines[-1]["workers_lost"], 0)
        files = {Path(line["path"]).name: line for line in lines[:-1]}
        self.assertEqual(set(files), set(OVERLAYS))
        for name, (_, expected, gaps) in OVERLAYS.items():
            with self.subTest(name):
                line = files[name]
                self.assertEqual({f["inner_path"] for f in line["findings"]}, expected)
                told = {gap["inner_path"]: gap["reason"] for gap in line["gaps"]}
                self.assertEqual({path: told.get(path) for path in gaps}, gaps)
                self.assertEqual(line["completeness"], "partial" if gaps else "complete")


if __name__ == "__main__":
    unittest.main()
