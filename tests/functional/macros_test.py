#!/usr/bin/env python3
"""Drives `daylight scan` over workbooks with Excel 4 macros: a marker in pieces that the formulas put together.

The workbooks come from tests/fixtures/macros/make_macros.py. If clamscan is installed, the test prints what it finds
of them; nothing depends on it. DAYLIGHT_BIN is the folder of the programs.
"""
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/macros"))
import make_macros as made  # noqa: E402
from scan_case import ScanCase, found_in, gaps_of  # noqa: E402

MARKER = "marker of macros"
BINARY_SHEET = "xl/macrosheets/sheet1.bin//(macro) sheet.txt"
XML_SHEET = "xl/macrosheets/sheet1.xml//(macro) sheet.txt"


class MacrosTest(ScanCase):
    RULE = f'rule Marker {{ strings: $a = "{MARKER}" condition: $a }}\n'

    def cells(self, function=made.EXEC):
        return [made.text_formula(0, "", made.joined("mar", "ker of ", "macros") + made.call(function, 1)),
                made.bool_formula(0, b"\x41" + made.HALT.to_bytes(2, "little"))]

    def test_pieces_are_found_together(self):
        made.write_xlsb(self.files / "a.xlsb", self.cells(), [])
        made.write_xlsm(self.files / "a.xlsm", ['EXEC("mar"&"ker of " & CHAR(109)&"acros")', "HALT()"], ["1+2"])
        code, files = self.scan("--alert-macros", self.files)
        self.assertEqual(code, 1)
        for name, path in (("a.xlsb", BINARY_SHEET), ("a.xlsm", XML_SHEET)):
            self.assertEqual(gaps_of(files[name]), {})
            names = {(f["name"], f["inner_path"]) for f in files[name]["findings"]}
            self.assertIn(("Marker", path), names)
            self.assertIn(("Heuristics.OLE2.ContainsMacros.XLM", path), names)
            self.assertEqual({path for found, path in names if found == "Marker"}, {path})
        if shutil.which("clamscan"):
            database = self.root / "marker.ndb"
            database.write_text(f"Marker:0:*:{MARKER.encode().hex()}\n")
            done = subprocess.run(["clamscan", "--no-summary", "-i", "--alert-macros=yes", "-d", database, "-r", self.files],
                                  capture_output=True, text=True, timeout=300)
            print(f"clamscan finds {done.stdout.count('FOUND')} of 2", file=sys.stderr)

    def test_sheets_without_macros_are_none(self):
        made.write_xlsb(self.files / "a.xlsb", self.cells(made.SUM)[:1], [], first="Total")
        made.write_xlsm(self.files / "a.xlsm", [], ['"mar"&"ker of macros"'])
        code, files = self.scan("--alert-macros", self.files)
        self.assertEqual(code, 0)
        for line in files.values():
            self.assertEqual((found_in(line), gaps_of(line)), (set(), {}))

    def test_a_macro_sheet_by_another_name_is_found(self):
        made.write_xlsb(self.files / "a.xlsb", [], self.cells())
        made.write_package(self.files / "a.xlsm", "xml", {}, {
            "xl/styles.xml": made.xml_sheet("macrosheet", ['CALL("mar"&"ker of macros")'])})
        code, files = self.scan(self.files)
        self.assertEqual(code, 1)
        self.assertEqual(found_in(files["a.xlsb"]), {"xl/worksheets/sheet1.bin//(macro) sheet.txt"})
        self.assertEqual(found_in(files["a.xlsm"]), {"xl/styles.xml//(macro) sheet.txt"})

    def test_sheets_in_utf16_are_read(self):
        sheet = made.xml_sheet("xm:macrosheet", ['CALL("mar"&"ker of macros")'])
        for name, data in (("a.xlsm", sheet.encode("utf-16")), ("b.xlsm", b"\xfe\xff" + sheet.encode("utf-16-be"))):
            made.write_package(self.files / name, "xml", {}, {"xl/a.xml": data})
        _, files = self.scan(self.files)
        for line in files.values():
            self.assertEqual((found_in(line), gaps_of(line)), ({"xl/a.xml//(utf-8)//(macro) sheet.txt"}, {}))

    def test_names_that_run_by_themselves_are_told(self):
        self.rules.write_text('rule Runs { strings: $a = "Auto_Open: =" condition: $a }\n')
        made.write_xlsb(self.files / "a.xlsb", [], [])
        made.write_xlsb(self.files / "b.xlsb", [], [], first="Total")
        _, files = self.scan(self.files)
        self.assertEqual(found_in(files["a.xlsb"]), {"xl/workbook.bin//(macro) sheet.txt"})
        self.assertEqual(found_in(files["b.xlsb"]), set())

    def test_large_sheets_cost_little(self):
        """Megabytes of formulas, of quotes that never end and of cells that are never closed."""
        many = made.bool_formula(0, made.joined(*["x"] * 1500) + made.call(made.EXEC, 1))
        made.write_xlsb(self.files / "a.xlsb", [many * 1000], [])
        made.write_package(self.files / "b.xlsm", "xml", {}, {
            "xl/a.xml": "<macrosheet>" + "<c>" * 2_000_000, "xl/b.xml": "<macrosheet><c><f>" + '"' * 5_000_000,
            "xl/c.xml": "<macrosheet>" + ("<c><f>" + '"' * 60_000 + '"' + "</f></c>") * 100})
        start = time.monotonic()
        _, files = self.scan(self.files)
        self.assertLess(time.monotonic() - start, 20)
        for line in files.values():
            self.assertEqual(line["completeness"], "complete")


if __name__ == "__main__":
    unittest.main()
