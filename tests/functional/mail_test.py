#!/usr/bin/env python3
"""Drives `daylight scan` over mails: the EICAR test text in every encoding and nesting, and clean ones.

The mails come from tests/fixtures/mail/make_mail.py; nothing of them is kept. If clamscan is installed, the
test prints how many of them it finds; nothing depends on it. DAYLIGHT_BIN is the folder of the programs.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(ROOT / "tests/fixtures/mail"))
import make_mail  # noqa: E402
from json_schema import Schema  # noqa: E402

BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
SCHEMA = Schema(json.loads((ROOT / "api/scan-report.schema.json").read_text()))
# In two halves, so that this file is not a test file for other scanners.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CLEAN = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$NOTHING-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MIB = 1 << 20


class MailCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-mail-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.mails = self.root / "mails"
        self.mails.mkdir()
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def write(self, name, data):
        path = self.mails / name
        path.write_bytes(data)
        return path

    def scan(self, *options):
        """Exit code and checked lines of JSON, by file name."""
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--json", "--no-cache", "-t", "1", "--no-progress",
             "--rules", "rules/eicar.yar", *map(str, options)],
            cwd=ROOT, env=self.environment, capture_output=True, timeout=120)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        for line in lines:
            self.assertEqual(SCHEMA.errors(line), [])
        return done.returncode, {Path(line["path"]).name: line for line in lines[:-1]}

    def scan_one(self, data, *options):
        code, files = self.scan(*options, self.write("one.eml", data))
        return code, files["one.eml"]


def found_in(line):
    """Where something was found, but for base64 in what some mailer would read as a text."""
    paths = {finding["inner_path"] for finding in line["findings"]}
    return {path for path in paths if not path.split("//")[-1].startswith("(base64 ")}


def gaps_of(line):
    gaps = {}
    for gap in line["gaps"]:
        gaps.setdefault(gap["inner_path"], set()).add(gap["reason"])
    return gaps


class FormsTest(MailCase):
    def scan_cases(self, payload):
        cases = make_mail.cases(payload)
        for name, (mail, _, _) in cases.items():
            self.write(f"{name}.eml", mail)
        code, files = self.scan(self.mails)
        self.assertEqual(set(files), {f"{name}.eml" for name in cases})
        return code, files, cases

    def test_found_in_every_form(self):
        code, files, cases = self.scan_cases(EICAR)
        self.assertEqual(code, 1)
        for name, (_, paths, gaps) in cases.items():
            with self.subTest(name):
                self.assertEqual(found_in(files[f"{name}.eml"]), paths)
                self.assertEqual(gaps_of(files[f"{name}.eml"]), gaps)

    def test_nothing_is_found_in_clean_ones(self):
        _, files, cases = self.scan_cases(CLEAN)
        for name, (_, _, gaps) in cases.items():
            with self.subTest(name):
                self.assertEqual(found_in(files[f"{name}.eml"]), set())
                self.assertEqual(gaps_of(files[f"{name}.eml"]), gaps)

    def test_encoded_files_outside_of_mails(self):
        for encode in (make_mail.uu, make_mail.yenc, make_mail.binhex):
            code, line = self.scan_one(encode(EICAR))
            self.assertEqual((code, found_in(line), line["completeness"]), (1, {"1:a.com"}, "complete"))

    def test_beside_clamscan(self):
        clamscan = shutil.which("clamscan")
        if clamscan is None:
            return
        _, _, cases = self.scan_cases(EICAR)
        database = self.root / "eicar.ndb"
        database.write_text(f"Eicar:0:0:{EICAR.hex()}\n")
        done = subprocess.run([clamscan, "--no-summary", "-d", str(database), "-r", str(self.mails)],
                              capture_output=True, timeout=120, check=False)
        found = {Path(line.split(":")[0]).stem for line in done.stdout.decode().splitlines() if "FOUND" in line}
        missed = sorted(set(cases) - found)
        print(f"clamscan finds {len(found)} of {len(cases)}; it misses: {' '.join(missed)}", file=sys.stderr)


class LimitTest(MailCase):
    """Mails that are made to cost time: each ends soon, or in a limit that the report names."""

    def expect_quick(self, mail, gaps, *options):
        start = time.monotonic()
        code, line = self.scan_one(mail, *options)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual({reason for reasons in gaps_of(line).values() for reason in reasons}, gaps)
        self.assertEqual(line["completeness"], "partial" if gaps else "complete")
        return code, line

    def test_boundaries_only(self):
        self.expect_quick(make_mail.multipart([b""] * 1000000, b"b"), {"limit mime_parts_max"})

    def test_parts(self):
        self.expect_quick(make_mail.multipart([b"\nx"] * 200000, b"b"), {"limit mime_parts_max"})

    def test_nested_without_end(self):
        levels = [b"Content-Type: multipart/mixed; boundary=b%d.\n\n--b%d.\n" % (i, i) for i in range(350000)]
        self.expect_quick(make_mail.MIME + b"".join(levels), {"limit mime_work_max"})
        self.expect_quick(make_mail.MIME + b"".join(levels[:100]), {"limit mime_depth_max"})
        # Each boundary is the beginning of others.
        prefixes = b"".join(levels).replace(b".\n", b"\n")
        self.expect_quick(make_mail.MIME + prefixes, {"limit mime_parts_max"})

    def test_many_boundaries(self):
        named = b"".join(b"; boundary=b%d" % i for i in range(100))
        mail = make_mail.MIME + b"Content-Type: multipart/mixed" + named + b"\n\n" + b"--b1\n--b2\n" * 1000000
        _, line = self.expect_quick(mail, {"limit boundaries_max"})
        self.assertLess(line["bytes_scanned"], 500 * MIB)

    def test_long_header(self):
        mail = make_mail.MIME + b"X-Long: x\n" * 20000 + b"\n" + EICAR
        code, line = self.expect_quick(mail, {"limit header_lines_max"})
        self.assertEqual((code, found_in(line)), (1, {"1:part-1.txt"}))
        mail = make_mail.MIME + b"X-Long: " + b"x" * 2 * MIB + b"\nContent-Type: text/plain\n\n" + EICAR
        code, line = self.expect_quick(mail, {"limit header_bytes_max"})
        self.assertEqual((code, found_in(line)), (1, {"1:part-1.txt"}))

    def test_messages_in_messages(self):
        mail = make_mail.MIME + b"\nx\n"
        for _ in range(30):
            mail = make_mail.MIME + b"Content-Type: message/rfc822\n\n" + mail
        self.expect_quick(mail, {"limit depth_max"})

    def test_budget_holds(self):
        mail = make_mail.attached(None, payload=bytes(8 * MIB))
        self.expect_quick(mail, {"limit bytes_out_max"}, "--max-scansize", "4M")

    def test_large_attachment(self):
        payload = EICAR + bytes(60)
        mail = make_mail.multipart([make_mail.part(make_mail.b64(bytes(15 * MIB))),
                                    make_mail.part(make_mail.b64(payload))])
        code, line = self.expect_quick(mail, set())
        self.assertEqual((code, found_in(line)), (1, {"2:a.com"}))


if __name__ == "__main__":
    unittest.main()
