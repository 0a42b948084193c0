#!/usr/bin/env python3
"""Drives `daylight scan` over scripts: a marker in every disguise, and scripts without it.

The scripts come from tests/fixtures/script/make_script.py; nothing of them is kept. If clamscan is installed, the test
prints how many of them it finds; nothing depends on it. DAYLIGHT_BIN is the folder of the programs.
"""
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/script"))
import make_script  # noqa: E402
from scan_case import ScanCase, found_in, gaps_of  # noqa: E402

MARKER = "This is the marker of the tests of scripts and it is plain words"
CLEAN = MARKER.replace("marker", "nobody")
MIB = 1 << 20


class ScriptCase(ScanCase):
    RULE = "rule Marker { strings: $marker = {%s} condition: $marker }\n" % MARKER.encode().hex()
    ONE = "one.txt"


class FormsTest(ScriptCase):
    def scan_cases(self, payload):
        cases = make_script.cases(payload)
        for name, (text, _) in cases.items():
            self.write(name, text)
        code, files = self.scan(self.files)
        self.assertEqual(set(files), set(cases))
        return code, files, cases

    def test_found_in_every_disguise(self):
        code, files, cases = self.scan_cases(MARKER)
        self.assertEqual(code, 1)
        for name, (_, path) in cases.items():
            with self.subTest(name):
                self.assertIn(path, found_in(files[name]))
                self.assertNotIn("", found_in(files[name]))
                self.assertEqual(gaps_of(files[name]), {})

    def test_nothing_is_found_in_clean_ones(self):
        _, files, _ = self.scan_cases(CLEAN)
        for name, line in files.items():
            with self.subTest(name):
                self.assertEqual((found_in(line), gaps_of(line)), (set(), {}))

    def test_beside_clamscan(self):
        clamscan = shutil.which("clamscan")
        if clamscan is None:
            return
        _, _, cases = self.scan_cases(MARKER)
        database = self.root / "marker.ndb"
        database.write_text(f"Marker:0:*:{MARKER.encode().hex()}\nMarker7:7:*:{MARKER.lower().encode().hex()}\n")
        done = subprocess.run([clamscan, "--no-summary", "-d", str(database), "-r", str(self.files)],
                              capture_output=True, timeout=120, check=False)
        found = {Path(line.split(":")[0]).name for line in done.stdout.decode().splitlines() if "FOUND" in line}
        print(f"clamscan finds {len(found)} of {len(cases)}: {' '.join(sorted(found))}", file=sys.stderr)


class LimitTest(ScriptCase):
    """Megabytes that are made to cost time: each ends soon."""

    def expect_quick(self, text):
        start = time.monotonic()
        _, line = self.scan_one(text.encode())
        self.assertLess(time.monotonic() - start, 10)
        return line

    def test_megabytes_of_the_same(self):
        for unit in ("a=a+'b'+\"c\";", "x=unescape('%41'+'%42')+String.fromCharCode(65,66);\n", "'a'+", "unescape('%41",
                     "(", "['a'+'b',", "[[\"\\x41\"],1],", "'%u0041'.split('').reverse()", "x^y`z", "\\x41", "/*'+'",
                     "'{0}{0}{0}'-f '{0}'-f ", "%a:~1,2%set a=b\n", "set a=xxxxxxxxxxxxxxxxxxxxx\n%a%%a%\\x\n"):
            with self.subTest(unit):
                self.expect_quick(unit * (29_000_000 // len(unit)))

    def test_nested_decoders_end_in_a_limit(self):
        line = self.expect_quick("unescape(" * 3000 + "'" + "\\x41" * 100_000 + "'" + ")" * 3000)
        self.assertEqual(gaps_of(line), {"": {"limit script_work_max"}})


if __name__ == "__main__":
    unittest.main()
