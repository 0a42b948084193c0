#!/usr/bin/env python3
"""Drives `daylight scan` over PDF files: a marker in every filter, structure and encryption, and files without it.

The files come from tests/fixtures/pdf/make_pdf.py; nothing of them is kept. If clamscan is installed, the test
prints how many of them it finds; nothing depends on it. DAYLIGHT_BIN is the folder of the programs.
"""
import shutil
import subprocess
import sys
import time
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/pdf"))
import make_pdf  # noqa: E402
from scan_case import ScanCase, found_in, gaps_of  # noqa: E402

# With brackets and a backslash, which strings must escape.
MARKER = b"Daylight's marker (one) [4\\P] of the PDF tests; it is thirty-two characters and more."
CLEAN = MARKER.replace(b"marker", b"nobody")
MIB = 1 << 20


class PdfCase(ScanCase):
    RULE = "rule Marker { strings: $marker = {%s} condition: $marker at 0 }\n" % MARKER.hex()
    ONE = "one.pdf"


class FormsTest(PdfCase):
    def scan_cases(self, payload):
        cases = make_pdf.cases(payload)
        for name, (file, _, _) in cases.items():
            self.write(f"{name}.pdf", file)
        # Some hide names on purpose, which is an alert of its own.
        code, files = self.scan(self.files, "--heuristic-alerts=no")
        self.assertEqual(set(files), {f"{name}.pdf" for name in cases})
        return code, files, cases

    def test_found_in_every_form(self):
        code, files, cases = self.scan_cases(MARKER)
        self.assertEqual(code, 1)
        for name, (_, paths, gaps) in cases.items():
            with self.subTest(name):
                self.assertEqual(found_in(files[f"{name}.pdf"]), paths)
                self.assertEqual(gaps_of(files[f"{name}.pdf"]), gaps)

    def test_nothing_is_found_in_clean_ones(self):
        _, files, cases = self.scan_cases(CLEAN)
        for name, (_, _, gaps) in cases.items():
            with self.subTest(name):
                self.assertEqual(found_in(files[f"{name}.pdf"]), set())
                self.assertEqual(gaps_of(files[f"{name}.pdf"]), gaps)

    def test_beside_clamscan(self):
        clamscan = shutil.which("clamscan")
        if clamscan is None:
            return
        _, _, cases = self.scan_cases(MARKER)
        database = self.root / "marker.ndb"
        database.write_text(f"Marker:0:0:{MARKER.hex()}\n")
        done = subprocess.run([clamscan, "--no-summary", "-d", str(database), "-r", str(self.files)],
                              capture_output=True, timeout=120, check=False)
        found = {Path(line.split(":")[0]).stem for line in done.stdout.decode().splitlines() if "FOUND" in line}
        missed = sorted(name for name, (_, paths, _) in cases.items() if paths and name not in found)
        print(f"clamscan finds {len(found)} of {len(cases)}; it misses: {' '.join(missed)}", file=sys.stderr)

    def test_actions_are_told(self):
        file, text = make_pdf.actions()
        self.rules.write_text("rule Actions { strings: $all = {%s} condition: $all at 0 and filesize == %d }\n" %
                              (text.encode().hex(), len(text)))
        _, line = self.scan_one(file)
        self.assertEqual((found_in(line), line["completeness"]), ({"(actions)"}, "complete"))


class LimitTest(PdfCase):
    """Files that are made to cost time: each ends soon, or in a limit that the report names."""

    def expect_quick(self, file, gaps, *options):
        start = time.monotonic()
        code, line = self.scan_one(file, *options)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual({reason for reasons in gaps_of(line).values() for reason in reasons}, gaps)
        self.assertEqual(line["completeness"], "partial" if gaps else "complete")
        return code, line

    def test_objects(self):
        objects = b"".join(b"%d 0 obj << /Type /X /Next %d 0 R >> endobj\n" % (i, i + 1) for i in range(3, 100_003))
        file = make_pdf.with_stream(MARKER, more={2: b"<< >>"})
        code, line = self.expect_quick(make_pdf.HEAD + objects + file, set())
        self.assertEqual((code, found_in(line)), (1, {"object 4 0"}))

    def test_streams(self):
        one = make_pdf.stream(zlib.compress(b"text"), b" /Filter /FlateDecode")
        objects = b"".join(b"%d 0 obj " % i + one + b" endobj\n" for i in range(100_000))
        self.expect_quick(make_pdf.HEAD + objects, {"limit files_max"}, "--max-files", "10000")

    def test_more_objects_than_are_kept(self):
        self.expect_quick(make_pdf.HEAD + b"1 0 obj 1\n" * 1_100_000, {"limit pdf_objects_max"})

    def test_tokens(self):
        self.expect_quick(make_pdf.HEAD + b"1 0 obj\n" + b"[" * 5 * MIB, {"limit pdf_tokens_max"})

    def test_strings_in_strings(self):
        self.expect_quick(make_pdf.HEAD + b"1 0 obj (" * 300_000, {"limit pdf_work_max"})

    def test_same_keys(self):
        self.expect_quick(make_pdf.HEAD + b"1 0 obj << " + b"/S /URI " * 400_000 + b">> endobj",
                          {"limit pdf_work_max"})

    def test_references_in_circles(self):
        objects = b"".join(b"%d 0 obj %d 0 R endobj\n" % (i, i % 50 + 1) for i in range(1, 51))
        streams = b"".join(b"%d 0 obj " % i + make_pdf.stream(b"x", b" /Filter 1 0 R") + b"endobj\n"
                           for i in range(60, 2000))
        self.expect_quick(make_pdf.HEAD + objects + streams, set())

    def test_streams_without_end(self):
        objects = b"".join(b"%d 0 obj << >> stream\n" % i for i in range(100_000))
        self.expect_quick(make_pdf.HEAD + objects, {"limit bytes_out_max"}, "--max-scansize", "20M")

    def test_bombs(self):
        bomb = bytes(20 * MIB)
        for _ in range(2):
            bomb = zlib.compress(bomb, 9)
        file = make_pdf.with_stream(bomb, b" /Filter [/Fl /Fl]")
        self.expect_quick(file, {"limit ratio_max"})
        many = make_pdf.HEAD + b"".join(
            b"%d 0 obj " % i + make_pdf.stream(zlib.compress(bytes(9 * MIB), 9), b" /Filter /Fl") + b" endobj\n"
            for i in range(100))
        self.expect_quick(many, {"limit bytes_out_max"}, "--max-scansize", "200M")

    def test_nested_files(self):
        file = make_pdf.with_stream(b"end")
        for _ in range(30):
            file = make_pdf.with_stream(zlib.compress(file), b" /Filter /FlateDecode")
        self.expect_quick(file, {"limit depth_max"})


if __name__ == "__main__":
    unittest.main()
