#!/usr/bin/env python3
"""Drives `daylight scan` over images of disks: what is found where, what is a gap and why.

The fixtures come from tests/fixtures/images/make_images.py. DAYLIGHT_BIN is the folder of the programs.
"""
import gzip
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
FIXTURES = ROOT / "tests/fixtures/images"
RULES = ROOT / "tests/golden/archives.yar"


def two(prefix=""):
    return {("fox", prefix + "dir/a.txt"), ("needle", prefix + "b.txt")}


def disc(name):
    """An image that stores its files as they are, and is packed itself."""
    return two(f"{name}//") | {("needle", name)}


def hfs(prefix=""):
    return two(prefix) | {("fox", prefix + "c.txt")}


def disk(name, *partitions):
    found = {("needle", name)}
    for partition in partitions:
        found |= disc(f"{name}//{partition}")
    return found


DISK = "whole disk (Apple_HFS : 0)"


def dmg(*more):
    """The disk stores its files as they are; what the image's first block is, a stream or a volume,
    is read as such, too."""
    found = hfs(f"{DISK}//") | {("needle", DISK)}
    return found | set(more), {}


STREAM = hfs("(content)//") | {("needle", "(content)")}
NO_FRAGMENT = "damaged: no such fragment"

# Each fixture: what is found, by rule and inner path, every gap, and how many objects were scanned.
EXPECTED = {
    **{f"{method}.squashfs": (two(), {}, 3) for method in ("lzma", "xz", "zstd")},
    **{f"{method}.squashfs": (two() | {("needle", "")}, {}, 3) for method in ("gzip", "lz4", "lzo")},
    "truncated.squashfs": (set(), {"b.txt": NO_FRAGMENT, "dir/a.txt": NO_FRAGMENT}, 1),
    # ISO 9660, Joliet and UDF on one disc: each file once.
    "bridge.iso.gz": (disc("bridge.iso"), {}, 4),
    "plain.udf.gz": (disc("plain.udf"), {}, 4),
    "plain.hfs": (hfs() | {("needle", "")}, {}, 4),
    "zlib.dmg": (*dmg(), 5),
    "lzfse.dmg": (*dmg(("needle", "")), 5),
    "raw.dmg": (*dmg(("needle", ""), *hfs()), 8),
    "bzip2.dmg": (*dmg(*STREAM), 10),
    "xz.dmg": (*dmg(*STREAM), 10),
    **{f"fat{bits}.img.gz": (disc(f"fat{bits}.img"), {}, 4) for bits in (12, 16)},
    "mbr.img.gz": (disk("mbr.img", "partition 1", "partition 5"), {}, 8),
    "dynamic.vhd.gz": (disk("dynamic.vhd", "disk//partition 1", "disk//partition 5") | {("needle", "dynamic.vhd//disk")},
                       {}, 9),
    "gpt.img.gz": (disk("gpt.img", "data"), {}, 5),
    "apple.img": (hfs("2 (Apple_HFS)//") | {("needle", ""), ("needle", "2 (Apple_HFS)")}, {}, 5),
    "stored.wim": (two() | {("needle", "")}, {}, 3),
    "xpress.wim": (two() | {("needle", "")}, {}, 3),
    "lzx.wim": (two() | {("needle", "")}, {}, 3),
    "lzms.wim": (two() | {("needle", "")}, {}, 3),
    "solid.wim": (two(), {}, 3),
    "numbers.wim": (set(), {}, 3),
    "encrypted.dmg": (set(), {"": "encrypted"}, 1),
}


def scan(*paths):
    done = subprocess.run([str(BIN / "daylight"), "scan", "--no-cache", "-t", "1", "--no-progress", "--json", "--rules",
                           str(RULES), "--exclude", "*.py", "--exclude", "__pycache__", *map(str, paths)],
                          capture_output=True, timeout=300)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert lines[-1]["workers_lost"] == 0
    return {Path(line["path"]).name: line for line in lines[:-1]}


class DisguiseTest(unittest.TestCase):
    """Where a format leaves its first bytes free, they may say anything."""

    def test_starts_of_other_files(self):
        inner = {"bridge.iso.gz": "b.txt", "plain.udf.gz": "b.txt", "plain.hfs": "b.txt",
                 "mbr.img.gz": "partition 1//b.txt"}
        with tempfile.TemporaryDirectory() as folder:
            for name in inner:
                data = (FIXTURES / name).read_bytes()
                data = gzip.decompress(data) if name.endswith(".gz") else data
                for number, start in enumerate((b"MZ", b"PK\3\4", b"%PDF-1.4\n", b"\x1f\x8b\x08")):
                    (Path(folder) / f"{number} {name}").write_bytes(start + data[len(start):])
            files = scan(folder)
        self.assertEqual(len(files), 4 * len(inner))
        for name, line in files.items():
            with self.subTest(name):
                self.assertIn(inner[name[2:]], {finding["inner_path"] for finding in line["findings"]})


class FixtureTest(unittest.TestCase):
    maxDiff = None

    def test_each_fixture_is_expected(self):
        names = {p.name for p in FIXTURES.iterdir() if p.is_file() and p.suffix != ".py"}
        self.assertEqual(names, set(EXPECTED))

    def test_folder(self):
        files = scan(FIXTURES)
        self.assertEqual(set(files), set(EXPECTED))
        for name, (found, gaps, objects) in EXPECTED.items():
            with self.subTest(name):
                line = files[name]
                self.assertEqual({(f["rule"], f["inner_path"]) for f in line["findings"]}, found)
                self.assertEqual({gap["inner_path"]: gap["reason"] for gap in line["gaps"]}, gaps)
                self.assertEqual(line["completeness"], "partial" if gaps else "complete")
                self.assertEqual(line["objects_scanned"], objects)


if __name__ == "__main__":
    unittest.main()
