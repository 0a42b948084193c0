#!/usr/bin/env python3
"""Drives `daylight import` and `daylight scan --db DIR` over ClamAV database folders made here.

Nothing of ClamAV is needed; its sigtool, if installed, makes one container for comparison. DAYLIGHT_BIN is the
folder of the programs.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(ROOT / "tools"))
import make_cvd_corpus  # noqa: E402
from json_schema import Schema  # noqa: E402

BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
IMPORT = Schema(json.loads((ROOT / "api/import-report.schema.json").read_text()))
MARKER = b"daylight test marker: harmless\n"


def hash_line(name, data=MARKER):
    return f"{hashlib.md5(data).hexdigest()}:{len(data)}:{name}\n".encode()


class DatabaseCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-import-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.db = self.root / "db"
        self.db.mkdir()
        self.target = self.root / "marker.txt"
        self.target.write_bytes(MARKER)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def run_daylight(self, *words):
        return subprocess.run([str(BIN / "daylight"), *map(str, words)], cwd=ROOT, env=self.environment,
                              capture_output=True, timeout=120)

    def report(self, *words):
        done = self.run_daylight("import", "--json", *words)
        report = json.loads(done.stdout)
        self.assertEqual(IMPORT.errors(report), [])
        return done, report

    def names(self, *words):
        done = self.run_daylight("scan", "--json", "--no-progress", "-t", "1", "--db", *words, self.target)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return done, [finding["name"] for line in lines[:-1] for finding in line["findings"]]


class ImportTest(DatabaseCase):
    def test_counts_by_type_and_says_why(self):
        (self.db / "a.hdb").write_bytes(hash_line("Good") + b"bad line\n" + hash_line("Left.Out") +
                                        hash_line("Later").rstrip() + b":999\n")
        (self.db / "a.ign2").write_bytes(b"Left.Out\n")
        (self.db / "a.cbc").write_bytes(b"program\n")
        (self.db / "a.cfg").write_bytes(b"switch\n")
        (self.db / "notes.txt").write_bytes(b"nothing of ClamAV\n")
        done, report = self.report(self.db)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(report["usable"])
        self.assertEqual(report["signatures"], 1)
        types = {entry["type"]: entry for entry in report["types"]}
        self.assertEqual(set(types), {"hdb", "ign2", "cbc", "cfg"})
        self.assertEqual([types["hdb"][key] for key in ("used", "not_used", "ignored")], [1, 2, 1])
        self.assertEqual({entry["reason"]: entry["lines"] for entry in types["hdb"]["reasons"]},
                         {"not three to five fields between colons": 1,
                          "needs a higher functionality level": 1})
        self.assertEqual(types["cbc"]["why_not_used"], "bytecode programs are not run")
        files = {Path(entry["name"]).name: entry for entry in report["files"]}
        self.assertEqual(files["a.hdb"]["lines"][0], "2: not three to five fields between colons")
        human = self.run_daylight("import", self.db)
        self.assertIn(b"a.hdb:2: not three to five fields", human.stdout)
        self.assertIn(b"1 signatures and 0 rules are used", human.stdout)

    def test_exit_codes_and_output(self):
        (self.db / "a.hdb").write_bytes(hash_line("Good"))
        self.assertEqual(self.run_daylight("import", self.db).returncode, 0)
        self.assertEqual(self.run_daylight("import").returncode, 2)
        self.assertEqual(self.run_daylight("import", self.root / "missing").returncode, 2)
        self.assertEqual(self.run_daylight("import", "--help").returncode, 0)
        out = self.root / "report.json"
        self.assertEqual(self.run_daylight("import", "--json", "--output", out, self.db).returncode, 0)
        self.assertEqual(json.loads(out.read_text())["signatures"], 1)

    def test_rules_in_the_folder(self):
        (self.db / "a.yar").write_bytes(b'rule Marker { strings: $a = "test marker" condition: $a }\n')
        (self.db / "b.yar").write_bytes(b"rule Broken { condition: $a }\n")
        done, report = self.report(self.db)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(report["rules"], 1)
        done, names = self.names(self.db)
        self.assertEqual((done.returncode, names), (1, ["YARA.Marker.UNOFFICIAL"]))
        self.assertIn(b"b.yar: the file is not used: line 1", done.stderr)
        (self.db / "l.ign2").write_bytes(b"Marker\n")
        self.assertEqual(self.names(self.db)[1], [])


def body_line(name, target, text):
    return f"{name}:{target}:*:{text.hex()}\n".encode()


class NormalisedTest(DatabaseCase):
    """What signatures for pages (target 3) and texts (target 7) see."""

    PAGE = (b"<HTML><a  HREF = 'HTTP://Test.EXAMPLE/x'>Some <b>Words</b>\n Here</a>"
            b"<SCRIPT>var A=\"test\"+\"marker\"; x</SCRIPT></HTML>")

    def setUp(self):
        super().setUp()
        (self.db / "t.ndb").write_bytes(
            body_line("Markup", 3, b'href="http://test.example') + body_line("NoTags", 3, b"some words here") +
            body_line("Script", 3, b'="testmarker"') + body_line("Text", 7, b"one two three") +
            body_line("Any", 0, b"harmless Marker"))
        self.files = self.root / "files"
        self.files.mkdir()

    def found(self, name, data):
        path = self.files / name
        path.write_bytes(data)
        done = self.run_daylight("scan", "--json", "--no-progress", "--no-cache", "-t", "1", "--db", self.db, path)
        line = json.loads(done.stdout.decode().splitlines()[0])
        self.assertEqual(line["gaps"], [])
        return {(finding["rule"], finding["inner_path"]) for finding in line["findings"]}

    def test_pages(self):
        wanted = {("Markup", "(html, normalised)"), ("NoTags", "(html, without tags)"), ("Script", "(script 1)")}
        self.assertEqual(self.found("a.html", self.PAGE), wanted)
        self.assertEqual(self.found("b", self.PAGE.lower().replace(b"test.example", b"other.example")),
                         wanted - {("Markup", "(html, normalised)")})

    def test_texts(self):
        copy = {("Text", "(text, normalised)")}
        self.assertEqual(self.found("a.txt", b"x ONE  two\n\n\tThree"), copy)
        self.assertEqual(self.found("b.txt", "\ufeffONE two  three".encode("utf-16-le")), copy)
        self.assertEqual(self.found("c.txt", b"one two three"), {("Text", "")})  # said once
        self.assertEqual(self.found("d.txt", b"one two four"), set())

    def test_what_is_encoded_in_them(self):
        self.assertEqual(self.found("a.html", b'<img src="data:text/plain;base64,aGFybWxlc3MgTWFya2Vy">'),
                         {("Any", "(data 1)")})
        self.assertEqual(self.found("b.vbe", b"#@~^DgAAAA==\\ko$K6,JC\x7fV^GJqAQAAA==^#~@"), set())
        (self.db / "u.ndb").write_bytes(body_line("Encoded", 0, b'MsgBox "Hello"'))
        self.assertEqual(self.found("b.vbe", b"#@~^DgAAAA==\\ko$K6,JC\x7fV^GJqAQAAA==^#~@"),
                         {("Encoded", "(encoded script 1)")})


class AlertsTest(DatabaseCase):
    """Container metadata, and alerts without a signature."""

    def setUp(self):
        super().setUp()
        (self.db / "t.hdb").write_bytes(hash_line("Unrelated", b"unrelated"))
        self.archive = self.root / "a.zip"
        with zipfile.ZipFile(self.archive, "w") as made:
            made.writestr("docs/a.txt", "first")
            made.writestr("b.exe", "second one")

    def alerts(self, path, *options):
        done = self.run_daylight("scan", "--json", "--no-progress", "--no-cache", "-t", "1", "--db", self.db, *options,
                                 path)
        line = json.loads(done.stdout.decode().splitlines()[0])
        return {(finding["rule"], finding["inner_path"]) for finding in line["findings"]}

    def test_container_metadata(self):
        (self.db / "t.cdb").write_text("Name:CL_TYPE_ZIP:*:\\.exe$:*:*:*:*:*:*\nSize:*:*:*:*:5:0:1:*:*\n"
                                       "Tar:CL_TYPE_POSIX_TAR:*:*:*:*:*:*:*:*\nbad\n")
        (self.db / "t.zmd").write_text("Old:0:^b:10:*:*:*:2:*\n")
        self.assertEqual(self.alerts(self.archive), {("Name", "b.exe"), ("Size", "docs/a.txt"), ("Old", "b.exe")})
        done, report = self.report(self.db)
        types = {entry["type"]: entry for entry in report["types"]}
        self.assertEqual([types["cdb"][key] for key in ("used", "not_used")], [3, 1])
        (self.db / "t.ign2").write_text("Name\n")
        self.assertEqual(self.alerts(self.archive), {("Size", "docs/a.txt"), ("Old", "b.exe")})

    def test_encrypted_archives(self):
        data = bytearray(self.archive.read_bytes())
        for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # says that the first entry is encrypted
            data[data.index(signature) + flags] |= 1
        encrypted = self.root / "e.zip"
        encrypted.write_bytes(data)
        wanted = {("Heuristics.Encrypted.Zip", "docs/a.txt")}
        self.assertEqual(self.alerts(encrypted), set())
        self.assertEqual(self.alerts(encrypted, "--alert-encrypted"), wanted)
        self.assertEqual(self.alerts(encrypted, "--alert-encrypted-archive"), wanted)
        self.assertEqual(self.alerts(encrypted, "--alert-encrypted-doc"), set())

    def test_exceeded_limits(self):
        self.assertEqual(self.alerts(self.archive, "--max-files", "1"), set())
        self.assertEqual({name for name, _ in self.alerts(self.archive, "--max-files", "1", "--alert-exceeds-max")},
                         {"Heuristics.Limits.Exceeded.MaxFiles"})

    def test_structured_data(self):
        path = self.root / "numbers.txt"
        path.write_text("4111-1111-1111-1111, 5555555555554444, 378282246310005; 123-45-6789\n")
        self.assertEqual(self.alerts(path), set())
        self.assertEqual(self.alerts(path, "--detect-structured"),
                         {("Heuristics.Structured.CreditCardNumber", "")})
        self.assertEqual(self.alerts(path, "--detect-structured", "--structured-cc-count", "4",
                                     "--structured-ssn-count", "1"), {("Heuristics.Structured.SSN", "")})

    def test_broken_programs(self):
        path = self.root / "broken"
        path.write_bytes((BIN / "daylight").read_bytes()[:100])  # its header, not its tables
        self.assertEqual(self.alerts(path, "--alert-broken"), {("Heuristics.Broken.Executable", "")})
        self.assertEqual(self.alerts(BIN / "daylight", "--alert-broken", "--max-filesize", "2G"), set())

    def test_unwanted_programs(self):
        (self.db / "p.hdu").write_bytes(hash_line("PUA.Test"))
        self.assertEqual(self.alerts(self.target), set())
        self.assertEqual(self.alerts(self.target, "--detect-pua"), {("PUA.Test", "")})


class ContainerTest(DatabaseCase):
    FILES = {"COPYING": b"free", "t.hdb": hash_line("In.Container") + hash_line("Other", b"other"),
             "t.ign2": b"Loose\n"}

    def test_unsigned_container(self):
        (self.db / "t.cud").write_bytes(make_cvd_corpus.cvd(self.FILES))
        (self.db / "l.hdb").write_bytes(hash_line("Loose"))
        done, report = self.report(self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(report["signatures"], 2)
        done, names = self.names(self.db)
        self.assertEqual((done.returncode, names), (1, ["In.Container.UNOFFICIAL"]))

    def test_tampered_container_is_refused(self):
        sound = make_cvd_corpus.cvd(self.FILES, compress=False)
        for name, data, reason in [
                ("t.cud", sound.replace(b"In.Container", b"In_Container"), "t.hdb is not what the .info says"),
                ("t.cld", sound, "the .info has no signature"),
                ("t.cvd", sound, "the signature in its header is wrong"),
                ("t.cud", b"nothing", "shorter than its header")]:
            with self.subTest(name=name, reason=reason):
                path = self.db / name
                path.write_bytes(data)
                done, report = self.report(self.db)
                self.assertEqual(done.returncode, 2)
                self.assertFalse(report["usable"])
                self.assertEqual(report["error"], f"{path}: {reason}")
                done, names = self.names(self.db)
                self.assertEqual((done.returncode, names), (2, []))
                self.assertIn(reason.encode(), done.stderr)
                path.unlink()

    def test_signature_beside(self):
        openssl = shutil.which("openssl")
        if openssl is None:
            self.skipTest("no openssl")
        container = self.db / "t.cvd"
        container.write_bytes(make_cvd_corpus.cvd(self.FILES))
        certs = self.root / "certs"
        certs.mkdir()
        subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.root / "key",
                        "-out", certs / "a.crt", "-subj", "/CN=Tester", "-days", "2"], check=True,
                       capture_output=True)
        subprocess.run([openssl, "smime", "-sign", "-binary", "-in", container, "-signer", certs / "a.crt",
                        "-inkey", self.root / "key", "-outform", "PEM", "-out", self.root / "sig"], check=True,
                       capture_output=True)
        import base64
        text = base64.b64encode((self.root / "sig").read_bytes()).decode()
        (self.db / "t-7.cvd.sign").write_text(f"#clamsign-1.0\n200:400:pkcs7-pem:00:{text}\n")
        done, report = self.report(self.db, "--cvd-certs", certs)
        self.assertEqual(done.returncode, 0, report.get("error"))
        self.assertIn("signed by Tester", report["files"][0]["note"])
        self.assertEqual(self.names(self.db, "--cvd-certs", certs)[1], ["In.Container"])
        done, report = self.report(self.db)  # without certificates the file beside says nothing
        self.assertEqual(report["error"], f"{container}: the signature in its header is wrong")

    def test_container_of_sigtool(self):
        sigtool = shutil.which("sigtool")
        if sigtool is None:
            self.skipTest("no sigtool")
        work = self.root / "work"
        work.mkdir()
        (work / "t.hdb").write_bytes(self.FILES["t.hdb"])
        (work / "COPYING").write_bytes(b"free")
        made = subprocess.run([sigtool, "--build=t.cud", "--unsigned", "--cvd-version=3"], cwd=work,
                              env=dict(self.environment, SIGNDUSER="tester"), capture_output=True, timeout=60)
        if not (work / "t.cud").exists():
            self.skipTest("sigtool made nothing: " + made.stderr.decode(errors="replace"))
        done, names = self.names(work / "t.cud")
        self.assertEqual((done.returncode, names), (1, ["In.Container.UNOFFICIAL"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
