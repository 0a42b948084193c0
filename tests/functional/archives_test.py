#!/usr/bin/env python3
"""Drives `daylight scan` over archives: what is found where, what is a gap and why, and the exit code.

The fixtures come from tests/fixtures/archives/make_archives.py; bombs are made here, for they are large.
Every line of JSON is checked against api/scan-report.schema.json, and some whole outputs against
tests/golden (`DAYLIGHT_UPDATE_GOLDEN=1` writes them anew: read the difference before you commit it).
DAYLIGHT_BIN is the folder of the programs.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
from json_schema import Schema  # noqa: E402

BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
GOLDEN = ROOT / "tests/golden"
RULES = "tests/golden/archives.yar"
FIXTURES = "tests/fixtures/archives"  # relative to ROOT, so that reports are the same everywhere
SCHEMA = Schema(json.loads((ROOT / "api/scan-report.schema.json").read_text()))
MIB = 1 << 20

LONG_NAME = "/".join(["directory" * 8] * 4) + "/file.txt"
LAYERS = "//".join(["all.zip"] + [f"{layer}.zip" for layer in range(99, 84, -1)])
NEST = {("needle", "inner.zip//deep/b.txt"), ("fox", "inner.zip//a.txt"), ("needle", "plain.txt")}
STREAMS = ("bz2", "xz", "lzma", "lz", "zst", "lz4")
DAMAGED_END = "damaged: the stream ends too early"
DAMAGED_SUM = "damaged: wrong checksum"
NO_DIRECTORY = "damaged: no central directory"


def below(path, found):
    return {("needle", path)} | {(rule, f"{path}//{inner}") for rule, inner in found}


def nested(ending):
    # LZ4 stores short words as they are: a rule sees them in the packed file as well.
    raw = {("needle", "")} if ending == "lz4" else set()
    return {f"nest.tar.{ending}": (below("nest.tar", NEST) | raw, {})}


def fox(*paths):
    return {("fox", path) for path in paths}


# Each fixture: what is found, by rule and inner path, and every gap.
EXPECTED = {
    # gzip
    "plain.gz": (fox("plain"), {}),
    "header.gz": (fox("report.txt"), {}),
    "padded.gz": (fox("padded"), {}),
    "trailing.gz": (fox("trailing"), {}),
    "two_members.gz": (set(), {}),
    "bad_sum.gz": (fox("bad_sum"), {"bad_sum": {DAMAGED_SUM}}),
    "truncated.gz": (set(), {"truncated": {DAMAGED_END}}),
    # bzip2, xz, lzma-alone, lzip, zstd, LZ4, compress
    **{f"plain.{ending}": (fox("plain"), {}) for ending in (*STREAMS, "Z")},
    **{f"two_streams.{ending}": ({("needle", "two_streams")}, {}) for ending in STREAMS},
    # Found in the file as it lies, and in what follows the stream.
    **{f"trailing.{ending}": ({("needle", ""), ("needle", "(trailing data)")}, {}) for ending in STREAMS},
    **{f"truncated.{ending}": ({("needle", "truncated")}, {"truncated": {DAMAGED_END}})
       for ending in ("xz", "lzma", "lz")},
    # These have one block, and it is not whole.
    **{f"truncated.{ending}": (set(), {"truncated": {DAMAGED_END}}) for ending in ("zst", "lz4", "bz2")},
    "padded.xz": ({("needle", "padded")}, {}),
    "skippable.zst": (fox("skippable"), {}),
    "cleared.Z": (set(), {}),
    "wide.Z": (set(), {}),
    "bad_sum.bz2": (fox("bad_sum"), {"bad_sum": {"damaged: invalid bzip2 data"}}),
    "damaged.xz": (set(), {"damaged": {"damaged: invalid LZMA data"}}),
    "bad_code.Z": (fox("bad_code"), {"bad_code": {"damaged: invalid code"}}),
    "window.lzma": (set(), {"window": {"limit window_bytes_max"}}),
    "window.zst": (set(), {"window": {"limit window_bytes_max"}}),
    "plain.br": (fox("plain"), {}),
    "truncated.br": (set(), {"truncated": {DAMAGED_END}}),
    "trailing.br": ({("needle", ""), ("needle", "(trailing data)")}, {}),
    "other.br": ({("needle", "")}, {}),
    # tar
    "ustar.tar": (fox("dir/a.txt"), {}),
    "v7.tar": (fox("dir/a.txt"), {}),
    "bad_sum.tar": (fox("dir/a.txt"), {}),
    "gnu_long.tar": (fox(LONG_NAME), {}),
    "pax_long.tar": (fox(LONG_NAME + "\u00e9"), {}),
    "tar_after_tar.tar": (fox("dir/a.txt", "later.txt"), {}),
    "damaged.tar": (fox("dir/a.txt"), {"": {"damaged: no header where one should be"}}),
    "truncated.tar": (fox("dir/a.txt"), {"dir/a.txt": {"damaged: the data ends too early"}}),
    "sparse_gnu.tar": (set(), {}),
    "sparse_00.tar": (set(), {}),
    "sparse_01.tar": (set(), {}),
    "sparse_10.tar": (set(), {}),
    # zip
    "plain.zip": (fox("dir/a.txt"), {}),
    "stored.zip": (fox("a.txt"), {}),
    "empty.zip": (set(), {}),
    "zip64.zip": (fox("a.txt"), {}),
    "descriptor.zip": (fox("a.txt", "b.txt"), {}),
    "descriptor_stored.zip": (fox("a.txt", "b.txt"), {}),
    "prefixed.zip": (fox("second.txt"), {}),
    "trailing.zip": (fox("first.txt"), {}),
    "zip_after_zip.zip": (fox("first.txt", "second.txt"), {}),
    "unlisted.zip": (fox("unlisted.txt", "unlisted_stored.txt"), {}),
    "false_flags.zip": (fox("a.txt", "b.txt"), {}),
    "no_directory.zip": (fox("first.txt"), {"": {NO_DIRECTORY}}),
    "truncated.zip": (set(), {"": {NO_DIRECTORY}, "a.txt": {DAMAGED_END}}),
    "encrypted.zip": (fox("open.txt"), {"secret.txt": {"encrypted"}}),
    "wavpack.zip": (set(), {"a.txt": {"unsupported: method 97 (WavPack)"}}),
    **{f"{method}.zip": (fox("a.txt"), {}) for method in ("bzip2", "lzma", "lzma_unmarked", "xz", "zstd")},
    "xz_cut.zip": (set(), {"a.txt": {DAMAGED_END}}),
    "false_methods.zip": (fox("a.txt"), {"b.txt": {"damaged: no header"}}),
    "liar.zip": (fox("conflict.txt", "crc.txt", "gone.txt"),
                 {"conflict.txt": {DAMAGED_SUM}, "crc.txt": {DAMAGED_SUM}, "small.txt": {DAMAGED_END},
                  "gone.txt": {"damaged: no local header"}}),
    "overlap.zip": (fox(*(chr(48 + i) for i in range(50))), {}),
    # nests
    "nest.zip": (below("archive.tar", NEST) | fox("readme.txt"), {}),
    "nest.tar.gz": (below("nest.tar", NEST), {}),
    **nested("bz2"), **nested("xz"), **nested("lzma"), **nested("lz"), **nested("zst"), **nested("lz4"), **nested("Z"),
    **nested("br"),
    "hundred_layers.zip": (set(), {LAYERS: {"limit depth_max"}}),
}
GOLDENS = ["encrypted.zip", "hundred_layers.zip", "liar.zip", "nest.tar.gz", "truncated.gz", "two_members.gz",
           "unlisted.zip"]


def exit_code(found, gaps, strict=False):
    return 1 if found else 2 if gaps and strict else 0


def found_in(line):
    return {(finding["rule"], finding["inner_path"]) for finding in line["findings"]}


def gaps_of(line):
    gaps = {}
    for gap in line["gaps"]:
        gaps.setdefault(gap["inner_path"], set()).add(gap["reason"])
    return gaps


def zip_of(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


class ArchiveCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-archives-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def scan(self, *options):
        """Exit code and standard output of a scan with the rules of this test."""
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--no-cache", "-t", "1", "--no-progress", "--rules", RULES,
             *map(str, options)], cwd=ROOT, env=self.environment, capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode()

    def scan_json(self, *options):
        """Exit code and checked objects; the last one is the summary."""
        code, text = self.scan("--json", *options)
        lines = [json.loads(line) for line in text.splitlines()]
        for line in lines:
            self.assertEqual(SCHEMA.errors(line), [])
        self.assertEqual([line["type"] for line in lines[-1:]], ["summary"])
        return code, lines

    def scan_one(self, *options):
        code, lines = self.scan_json(*options)
        self.assertEqual(len(lines), 2)
        return code, lines[0]


class FixtureTest(ArchiveCase):
    def test_each_fixture_is_expected(self):
        names = {p.name for p in (ROOT / FIXTURES).iterdir() if p.is_file() and p.suffix != ".py"}
        self.assertEqual(names, set(EXPECTED))

    def test_folder(self):
        code, lines = self.scan_json("--exclude", "*.py", "--exclude", "__pycache__", FIXTURES)
        self.assertEqual(code, 1)
        files = {Path(line["path"]).name: line for line in lines[:-1]}
        self.assertEqual(set(files), set(EXPECTED))
        for name, (found, gaps) in EXPECTED.items():
            with self.subTest(name):
                line = files[name]
                self.assertEqual(line["path"], f"{FIXTURES}/{name}")
                self.assertEqual(found_in(line), found)
                self.assertEqual(gaps_of(line), gaps)
                self.assertEqual(line["verdict"], "found" if found else "nothing_found")
                self.assertEqual(line["completeness"], "partial" if gaps else "complete")
        summary = lines[-1]
        self.assertEqual(summary["files"], len(EXPECTED))
        self.assertEqual(summary["files_found"], sum(bool(found) for found, _ in EXPECTED.values()))
        self.assertEqual(summary["files_partial"], sum(bool(gaps) for _, gaps in EXPECTED.values()))
        self.assertEqual(summary["findings"], sum(len(line["findings"]) for line in lines[:-1]))
        self.assertEqual(summary["objects_scanned"], sum(line["objects_scanned"] for line in lines[:-1]))
        self.assertEqual((summary["files_not_scanned"], summary["workers_lost"]), (0, 0))

    def test_exit_codes_and_text(self):
        for name in ("plain.zip", "two_members.gz", "truncated.gz", "encrypted.zip", "wavpack.zip", "empty.zip",
                     "hundred_layers.zip", "nest.zip"):
            found, gaps = EXPECTED[name]
            path = f"{FIXTURES}/{name}"
            with self.subTest(name):
                code, text = self.scan("-v", path)
                self.assertEqual(code, exit_code(found, gaps))
                self.assertEqual(self.scan("--strict", path)[0], exit_code(found, gaps, strict=True))
                lines = set(text.splitlines())
                self.assertLessEqual({f"FOUND  {path}//{inner}" for _, inner in found}, lines)
                self.assertLessEqual({f"PARTIAL  {path}//{inner}: {reason}"
                                      for inner, reasons in gaps.items() for reason in reasons}, lines)
                self.assertEqual(f"clean  {path}" in lines, not found and not gaps)
                self.assertEqual("Not completed" in text, bool(gaps))

    def test_infected_hides_no_gap_from_the_exit_code(self):
        code, text = self.scan("--strict", "--infected", "--quiet", f"{FIXTURES}/truncated.gz")
        self.assertEqual(code, 2)
        self.assertNotIn("FOUND", text)

    def test_golden(self):
        for name in GOLDENS:
            with self.subTest(name):
                _, lines = self.scan_json(f"{FIXTURES}/{name}")
                lines[-1]["elapsed_seconds"] = 0  # the only field that varies
                golden = GOLDEN / f"{name}.json"
                if os.environ.get("DAYLIGHT_UPDATE_GOLDEN"):
                    golden.write_text(json.dumps(lines, indent=1, ensure_ascii=True) + "\n")
                self.assertEqual(lines, json.loads(golden.read_text()))


class LimitTest(ArchiveCase):
    def write(self, name, data):
        path = self.root / name
        path.write_bytes(data)
        return path

    def expect(self, result, code, found, gaps, completeness="partial"):
        self.assertEqual(result[0], code)
        self.assertEqual(found_in(result[1]), found)
        self.assertEqual(gaps_of(result[1]), gaps)
        self.assertEqual(result[1]["completeness"], completeness)

    def test_ratio(self):
        bomb = self.write("bomb.gz", gzip.compress(bytes(64 * MIB), 9, mtime=0))
        result = self.scan_one(bomb)
        self.expect(result, 0, set(), {"bomb": {"limit ratio_max"}})
        self.assertLess(result[1]["bytes_scanned"], 16 * MIB)

    def test_bombs_of_every_compressor(self):
        zeros = bytes(64 * MIB)
        for ending, bomb in {"bz2": bz2.compress(zeros), "xz": lzma.compress(zeros, preset=1),
                             "lzma": lzma.compress(zeros, format=lzma.FORMAT_ALONE, preset=1)}.items():
            with self.subTest(ending):
                result = self.scan_one(self.write(f"bomb.{ending}", bomb))
                self.expect(result, 0, set(), {"bomb": {"limit ratio_max"}})
                self.assertLess(result[1]["bytes_scanned"], 16 * MIB)

    def test_what_stands_beside_a_bomb_is_scanned(self):
        bomb = self.write("bomb.zip", zip_of([("zeros", bytes(32 * MIB)), ("after.txt", b"a needle")]))
        self.expect(self.scan_one(bomb), 1, {("needle", "after.txt")}, {"zeros": {"limit ratio_max"}})

    def test_nested_bombs_share_one_budget(self):
        inner = gzip.compress(bytes(8 * MIB), 9, mtime=0)
        bomb = self.write("bombs.zip", zip_of([(f"{i}.gz", inner) for i in range(6)]))
        code, line = self.scan_one("--max-scansize", "20M", bomb)
        self.assertEqual(code, 0)
        self.assertLess(line["bytes_scanned"], 21 * MIB)
        self.assertIn("limit bytes_out_max", {reason for reasons in gaps_of(line).values() for reason in reasons})

    def test_max_files(self):
        code, line = self.scan_one("--max-files", "10", f"{FIXTURES}/overlap.zip")
        self.assertEqual((code, line["objects_scanned"]), (1, 11))
        self.assertEqual(gaps_of(line), {"": {"limit files_max"}})

    def test_max_objectsize(self):
        big = self.write("big.gz", gzip.compress(b"needle" + random.Random(1).randbytes(3 * MIB), 1, mtime=0))
        found = {("needle", ""), ("needle", "big")}  # noise is stored as it is: the packed file shows the word too
        self.expect(self.scan_one("--max-objectsize", "1M", big), 1, found, {"big": {"limit file_bytes_max"}})
        self.expect(self.scan_one(big), 1, found, {}, "complete")

    def test_max_depth(self):
        result = self.scan_one("--max-depth", "1", f"{FIXTURES}/nest.tar.gz")
        self.expect(result, 1, {("needle", "nest.tar")}, {"nest.tar": {"limit depth_max"}})

    def test_a_hundred_layers_are_opened_on_request(self):
        core = "//".join(["all.zip"] + [f"{layer}.zip" for layer in range(99, -1, -1)] + ["core.txt"])
        code, line = self.scan_one("--max-depth", "200", f"{FIXTURES}/hundred_layers.zip")
        self.assertEqual((code, gaps_of(line)), (1, {}))
        self.assertIn(("needle", core), found_in(line))

    def test_max_filesize(self):
        result = self.scan_one("--max-filesize", "100", f"{FIXTURES}/nest.tar.gz")
        self.expect(result, 0, set(), {"": {"larger than --max-filesize"}}, "not_scanned")
        code, text = self.scan("--strict", "--max-filesize", "100", f"{FIXTURES}/nest.tar.gz")
        self.assertEqual(code, 2)
        self.assertIn("larger than --max-filesize", text)

    def test_a_name_with_odd_bytes(self):
        path = self.root / os.fsdecode(b"odd\xff.gz")
        path.write_bytes((ROOT / FIXTURES / "plain.gz").read_bytes())
        _, line = self.scan_one(self.root)
        self.assertEqual(bytes.fromhex(line["path_hex"]), os.fsencode(path))


class SchemaTest(unittest.TestCase):
    """The checker itself: it must be able to fail."""

    def test_refuses(self):
        good = {"type": "file", "path": "x", "verdict": "found", "completeness": "complete"}
        self.assertEqual(SCHEMA.errors(good), [])
        for change in ({"verdict": "clean"}, {"path": 1}, {"objects_scanned": -1}, {"objects_scanned": True},
                       {"path_hex": "xy"}, {"unknown": 1}, {"gaps": [{"inner_path": ""}]}, {"type": "summary"}):
            with self.subTest(change):
                self.assertNotEqual(SCHEMA.errors({**good, **change}), [])


if __name__ == "__main__":
    unittest.main()
