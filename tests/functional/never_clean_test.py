#!/usr/bin/env python3
"""Nothing that was not looked at is ever called clean: not in lines, not in JSON, not in the summary.

Each case is a file of which something stays unseen. It must be reported as PARTIAL, NOT SCANNED or NOT READABLE,
with the reason; --verbose must not call it clean; a second scan, which may know files from the cache, must say
the same; the exit status is 0 for what a file hides by itself and 2 for what failed. With --strict it is 2.
DAYLIGHT_BIN is the folder of the programs.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import struct
import subprocess
import tempfile
import unittest
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
HARMLESS = bytes(i * i % 251 for i in range(40_000))


def zip_of(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def zip_with(flags, method):
    """One entry whose headers have these flags and this method. Its sum is not that of its bytes: a reader that
    finds the sum right rightly takes the bytes as they lie."""
    data = HARMLESS[:400]
    sums = struct.pack("<III", zlib.crc32(b"something else"), len(data), len(data))
    local = struct.pack("<IHHHHH", 0x04034B50, 20, flags, method, 0, 0) + sums + struct.pack("<HH", 5, 0) + b"a.txt"
    entry = (struct.pack("<IHHHHHH", 0x02014B50, 20, 20, flags, method, 0, 0) + sums +
             struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"a.txt")
    body = local + data
    return body + entry + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry) + 5, len(body), 0)


def nested(levels):
    data = b"harmless"
    for level in range(levels):
        data = zip_of([(f"{level}.zip", data)])
    return data


class NeverCleanTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.root = Path(self.temporary.name)
        (self.root / "cache").mkdir()
        self.database = self.root / "none.hdb"
        self.database.write_text("00000000000000000000000000000001:1:Nothing\n")
        self.addCleanup(self.temporary.cleanup)

    def scan(self, path, *options):
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.root / "cache")}
        run = subprocess.run([BIN / "daylight", "scan", "--db", self.database, *options, path], env=environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return run.returncode, run.stdout

    def write(self, data):
        path = self.root / "suspect"
        path.write_bytes(data)
        return path

    def check(self, path, reason, *options, code=0, completeness="partial"):
        word = {"partial": "PARTIAL", "not_scanned": "NOT SCANNED"}[completeness]
        for attempt in ("fresh", "again"):
            with self.subTest(attempt):
                got, text = self.scan(path, "--verbose", *options)
                self.assertEqual(got, code, text)
                self.assertIn(word, text)
                self.assertIn(reason, text)
                self.assertNotIn("clean", text.partition(str(path))[0])
                got, text = self.scan(path, "--json", *options)
                self.assertEqual(got, code, text)
                line, summary = map(json.loads, text.splitlines())
                self.assertEqual((line["verdict"], line["completeness"]), ("nothing_found", completeness))
                self.assertNotIn("known_clean", line)
                self.assertTrue(any(reason in gap["reason"] for gap in line["gaps"]), line["gaps"])
                self.assertEqual(summary["files_partial"] + summary["files_not_scanned"], 1)
                self.assertEqual(summary["files_known_clean"], 0)
        self.assertEqual(self.scan(path, "--strict", *options)[0], 2)

    def test_the_check_can_fail(self):
        code, text = self.scan(self.write(HARMLESS), "--verbose", "--strict")
        self.assertEqual(code, 0)
        self.assertIn("clean", text)
        self.assertNotIn("PARTIAL", text)

    def test_encrypted_zip(self):
        self.check(self.write(zip_with(1, 0)), "encrypted")

    def test_unknown_zip_method(self):
        self.check(self.write(zip_with(0, 77)), "unsupported")

    def test_truncated_streams(self):
        for pack in (gzip.compress, bz2.compress, lzma.compress):
            with self.subTest(pack.__module__):
                packed = pack(HARMLESS)
                self.check(self.write(packed[:len(packed) * 2 // 3]), "damaged")

    def test_truncated_zip(self):
        packed = zip_of([("a.txt", HARMLESS), ("b.txt", HARMLESS)])
        self.check(self.write(packed[:len(packed) // 2]), "damaged")

    def test_too_deep(self):
        self.check(self.write(nested(30)), "limit depth_max")

    def test_too_many_files(self):
        files = [(f"{i}.txt", b"harmless %d" % i) for i in range(50)]
        self.check(self.write(zip_of(files)), "limit files_max", "--max-files", "10")

    def test_too_much_content(self):
        self.check(self.write(zip_of([("a", HARMLESS)])), "limit", "--max-scansize", "10K")

    def test_too_large(self):
        self.check(self.write(HARMLESS), "larger than --max-filesize", "--max-filesize", "1K",
                   completeness="not_scanned")

    def test_too_slow(self):
        files = [(f"{i}", HARMLESS * 50) for i in range(100)]
        self.check(self.write(zip_of(files)), "timeout", "--timeout", "0.001", code=2)

    def test_unreadable(self):
        path = self.root / "nothing"
        code, text = self.scan(path, "--verbose")
        self.assertEqual(code, 2)
        self.assertIn("NOT READABLE", text)
        code, text = self.scan(path, "--json")
        self.assertEqual(code, 2)
        line = json.loads(text.splitlines()[0])
        self.assertEqual((line["verdict"], line["completeness"]), ("nothing_found", "not_scanned"))

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_forbidden(self):
        path = self.write(HARMLESS)
        path.chmod(0)
        code, text = self.scan(path, "--verbose")
        self.assertEqual(code, 2)
        self.assertIn("NOT READABLE", text)

    def test_fifo(self):
        path = self.root / "fifo"
        os.mkfifo(path)
        code, text = self.scan(path, "--verbose")
        self.assertNotEqual(code, 1)
        self.assertNotIn("clean ", text)
        self.assertTrue("NOT" in text or "0 files" in text, text)


if __name__ == "__main__":
    unittest.main()
