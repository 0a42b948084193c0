#!/usr/bin/env python3
"""Drives `daylight scan` over documents: the EICAR test text hidden in each way that tools/make_documents knows.

The documents are made anew and nothing of them is kept. If clamscan is installed, the test prints how many of
them it finds; nothing depends on it. DAYLIGHT_BIN is the folder of the programs.
"""
import email.message
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
# In two halves, so that this file is not a test file for other scanners.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CLEAN = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$NOTHING-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

# Where each is found.
FOUND_AT = {
    "ole2/stream.doc": "Stream",
    "ole2/stream4.doc": "Stream",
    "ole2/package.doc": "ObjectPool/_1/[1]Ole10Native//a.com",
    "ole2/native.doc": "MBD01/[1]oLe10NATIVE//(native data)",
    "ole2/object.ppt": "PowerPoint Document//object 1//[1]Ole10Native//a.com",
    "ole2/picture.ppt": "Pictures//picture 1",
    "ole2/message.msg": "__attach_version1.0_#00000000/a.com",
    "ole2/unlisted.doc": "(unlisted)/Hidden",
    "ole2/trailing.doc": "(trailing data)",
    "ole2/source.doc": "Macros/VBA/(macro) Module1.bas",
    "ole2/nolist.doc": "Macros/VBA/Module1//(macro) source.bas",
    "ole2/stomped.doc": "Macros/VBA/(macro) Module1 p-code.txt",
    "ole2/macrosheet.xls": "Workbook//(macro) sheets.txt",
    "ole2/agile.docx": "EncryptedPackage//(decrypted)",
    "ole2/agile_sha1.docx": "EncryptedPackage//(decrypted)",
    "ole2/standard.xlsx": "EncryptedPackage//(decrypted)",
    "ole2/capi.ppt": "PowerPoint Document//(decrypted)//object 1//[1]Ole10Native//a.com",
    **{f"ole2/{lock}.xls": "Workbook//(decrypted)//(macro) sheets.txt"
       for lock in ("xor", "rc4", "capi40", "capi128")},
    **{f"ole2/{lock}.doc": "Data//(decrypted)" for lock in ("xor", "rc4", "capi40", "capi128")},
    "rtf/plain.rtf": "object 1//a.com",
    "rtf/spaced.rtf": "object 1//a.com",
    "rtf/groups.rtf": "object 1//a.com",
    "rtf/inner.rtf": "object 1//a.com",
    "rtf/quoted.rtf": "object 1//a.com",
    "rtf/raw.rtf": "object 1//a.com",
    "rtf/nested.rtf": "object 2//a.com",
    "rtf/compound.rtf": "object 1//(native data)//[1]Ole10Native//a.com",
    "rtf/picture.rtf": "picture 1",
    "rtf/text.rtf": "(trailing data)",
    "onenote/disk.one": "file 1",
    "onenote/blob.one": "file 1",
    "onenote/group.one": "file 1",
    "tnef/title.dat": "A.COM",
    "tnef/properties.dat": "a.com",
    "tnef/message.dat": "attachment 1//A.COM",
    "tnef/kinds.dat": "body.txt",
    "tnef/cut.dat": "A.C",
    "officexml/word2003.xml": "a.com",
    "officexml/flatopc.xml": "/word/a.com",
    "officexml/editdata.mso": "(content)",
    "officexml/mso.xml": "editdata.mso//(content)",
    "officexml/hwpml.hml": "file 1",
    "officexml/form.xdp": "(base64 1)//object 4 0",
    "officexml/page.mht": "2:part-2.bin//(content)",
    "hwp3/body.hwp": "(body)",
    "hwp3/object.hwp": "object 1//Contents",
    "hwp3/plain.hwp": "object 1//Contents",
    "cryptff/file.bin": "(content)",
    "swf/plain.swf": "binary 1",
    "swf/zlib.swf": "(decompressed)//binary 1",
    "cms/definite.p7m": "(signed content)",
    "cms/pieces.p7m": "(signed content)",
    "cms/compressed.p7m": "(content)",
}
# The text stands in them, but is not the whole object.
INSIDE = {"ole2/nolist.doc", "ole2/stomped.doc", "ole2/macrosheet.xls",
          *(f"ole2/{lock}.xls" for lock in ("xor", "rc4", "capi40", "capi128"))}
ENCRYPTED = {"hwp3/locked.hwp": "(body)", "ole2/encrypted.docx": "EncryptedPackage", "ole2/locked.docx": "EncryptedPackage", "officexml/manifest.xml": "(encrypted entries)",
             "cms/encrypted.p7m": "(content)"}
DAMAGED = {"tnef/kinds.dat", "tnef/cut.dat"}
FOLDERS = {name.split("/")[0] for name in FOUND_AT}

RULE = r"""
rule Text { strings: $a = "$EICAR-STANDARD" condition: $a }
"""


class DocumentsTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-documents-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def make(self, payload):
        (self.root / "payload").write_bytes(payload)
        documents = self.root / "documents"
        subprocess.run([str(BIN / "make_documents"), str(documents), str(self.root / "payload")], check=True)
        return documents

    def scan(self, documents, rules):
        """Report lines by name ("ole2/stream.doc")."""
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--json", "--no-cache", "-t", "1", "--no-progress", "--rules",
             str(rules), *(str(documents / name) for name in sorted(FOLDERS))],
            cwd=ROOT, env=self.environment, capture_output=True, timeout=120)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return {str(Path(line["path"]).relative_to(documents)): line for line in lines[:-1]}

    def test_finds_the_text_in_every_document(self):
        documents = self.make(EICAR)
        rule = self.root / "text.yar"
        rule.write_text(RULE)
        for rules, left_out in ((ROOT / "rules/eicar.yar", INSIDE), (rule, set())):
            lines = self.scan(documents, rules)
            self.assertEqual(set(lines), set(FOUND_AT) | set(ENCRYPTED))
            for name, path in FOUND_AT.items():
                if name not in left_out:
                    self.assertIn(path, [f["inner_path"] for f in lines[name]["findings"]], name)
        if shutil.which("clamscan"):
            self.print_clamscan(documents)

    def print_clamscan(self, documents):
        database = self.root / "eicar.ndb"
        database.write_text("Text:0:*:" + EICAR.hex() + "\n")
        done = subprocess.run(["clamscan", "--no-summary", "-i", "-r", f"--database={database}", str(documents)],
                              capture_output=True, text=True, timeout=300)
        found = done.stdout.count(" FOUND")
        print(f"clamscan finds {found} of {len(FOUND_AT)} (and what is not inside a document)", flush=True)

    def test_finds_nothing_in_clean_documents(self):
        documents = self.make(CLEAN)
        for name, line in self.scan(documents, ROOT / "rules").items():
            self.assertEqual(line["findings"], [], name)
            if name not in ENCRYPTED and name not in DAMAGED:
                self.assertEqual(line["completeness"], "complete", (name, line["gaps"]))

    def test_shortcuts_show_what_they_start_and_carry(self):
        shortcuts = self.root / "documents" / "rtf"
        for name in FOLDERS:
            (self.root / "documents" / name).mkdir(parents=True, exist_ok=True)
        head = bytes.fromhex("4c0000000114020000000000c000000000000046") + (0xA0).to_bytes(4, "little")
        head = head.ljust(76, b"\0")
        arguments = EICAR.decode()
        line = len(arguments).to_bytes(2, "little") + arguments.encode("utf-16-le")
        (shortcuts / "a.lnk").write_bytes(head + line + b"\0" * 4 + EICAR)
        lines = self.scan(self.root / "documents", ROOT / "rules/eicar.yar")
        self.assertEqual([f["inner_path"] for f in lines["rtf/a.lnk"]["findings"]],
                         ["(command line)", "(appended data)"])

    def test_macros_and_documents_in_zips_are_found(self):
        made = self.make(EICAR)
        book = made / "rtf" / "book.xlsm"
        with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(made / "ole2/source.doc", "xl/vbaProject.bin")
            archive.write(made / "ole2/package.doc", "xl/embeddings/oleObject1.bin")
        lines = self.scan(made, ROOT / "rules/eicar.yar")
        self.assertEqual(sorted(f["inner_path"] for f in lines["rtf/book.xlsm"]["findings"]),
                         ["xl/embeddings/oleObject1.bin//ObjectPool/_1/[1]Ole10Native//a.com",
                          "xl/vbaProject.bin//Macros/VBA/(macro) Module1.bas"])

    def test_encrypted_documents_are_partial(self):
        lines = self.scan(self.make(CLEAN), ROOT / "rules")
        for name, path in ENCRYPTED.items():
            self.assertEqual(lines[name]["completeness"], "partial", name)
            gaps = {gap["inner_path"]: gap["reason"] for gap in lines[name]["gaps"]}
            self.assertTrue(gaps[path].startswith("encrypted"), (name, gaps))

    def test_documents_open_with_the_password_that_their_mail_tells(self):
        made = self.make(EICAR)
        document = (made / "ole2/locked.docx").read_bytes()
        for name in FOLDERS - {"rtf"}:
            shutil.rmtree(made / name)
            (made / name).mkdir()
        for name, text in (("told", "Password: nobodyknows"), ("untold", "Nothing is told")):
            message = email.message.EmailMessage()
            message["Subject"] = "Invoice"
            message.set_content(f"See attached.\n{text}\n")
            message.add_attachment(document, maintype="application", subtype="octet-stream", filename="a.docx")
            (made / "rtf" / f"{name}.eml").write_bytes(message.as_bytes())
        lines = self.scan(made, ROOT / "rules/eicar.yar")
        self.assertEqual([f["inner_path"] for f in lines["rtf/told.eml"]["findings"]],
                         ["2:a.docx//EncryptedPackage//(decrypted)"])
        self.assertEqual(lines["rtf/told.eml"]["completeness"], "complete")
        self.assertEqual(lines["rtf/untold.eml"]["findings"], [])
        self.assertEqual(lines["rtf/untold.eml"]["completeness"], "partial")

    def test_opendocument_opens_with_the_password_that_its_mail_tells(self):
        # Written by LibreOffice: tests/fixtures/documents/make_locked.py.
        document = (ROOT / "tests/fixtures/documents/locked.odt").read_bytes()
        made = self.make(CLEAN)
        for name, text in (("told", "Passwort: Brown7"), ("untold", "Nothing is told")):
            message = email.message.EmailMessage()
            message["Subject"] = "Invoice"
            message.set_content(f"See attached.\n{text}\n")
            message.add_attachment(document, maintype="application", subtype="octet-stream", filename="a.odt")
            (made / "rtf" / f"{name}.eml").write_bytes(message.as_bytes())
        rules = self.root / "fox.yar"
        rules.write_text('rule fox { strings: $a = "The quick brown fox" condition: $a }\n')
        lines = self.scan(made, rules)
        self.assertEqual([f["inner_path"] for f in lines["rtf/told.eml"]["findings"]], ["2:a.odt//content.xml//(decrypted)"])
        self.assertEqual((lines["rtf/told.eml"]["completeness"], lines["rtf/told.eml"]["gaps"]), ("complete", []))
        self.assertEqual(lines["rtf/untold.eml"]["findings"], [])
        [gap] = lines["rtf/untold.eml"]["gaps"]
        self.assertEqual(gap["inner_path"], "2:a.odt//(encrypted entries)")
        self.assertTrue(gap["reason"].startswith("encrypted"), gap)

    def test_rules_see_links_of_documents_as_those_of_mails(self):
        made = self.make(CLEAN)
        relationship = ('<?xml version="1.0"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" '
                        'Target="%s" TargetMode="External"/></Relationships>')
        for name, kind, target in (("link.docx", "hyperlink", "http://evil.example/?a&amp;b"),
                                   ("other.docx", "hyperlink", "http://good.example/?a&amp;b"),
                                   ("template.docx", "attachedTemplate", "http://evil.example/&#116;.dotm")):
            with zipfile.ZipFile(made / "rtf" / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("word/document.xml", "<w:document/>")
                archive.writestr("word/_rels/document.xml.rels", relationship % (kind, target))
        (made / "rtf/link.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<</Type /Annot /Subtype /Link /A <</S /URI /URI "
                                            b"(http://\\145vil.example/?a&b)>>>>\nendobj\n%%EOF\n")
        rules = self.root / "links.yar"
        rules.write_text('rule link { strings: $a = "a http://evil.example/?a&b\\n" condition: $a }\n'
                         'rule template { strings: $a = "attachedTemplate http://evil.example/t.dotm" condition: $a }\n')
        lines = self.scan(made, rules)
        found = {name: [(f["rule"], f["inner_path"]) for f in lines[f"rtf/{name}"]["findings"]]
                 for name in ("link.docx", "other.docx", "template.docx", "link.pdf")}
        self.assertEqual(found, {"link.docx": [("link", "word/_rels/document.xml.rels//(links)")], "other.docx": [],
                                 "template.docx": [("template", "word/_rels/document.xml.rels//(links)")],
                                 "link.pdf": [("link", "(links)")]})

    def test_hostile_documents_end_quickly(self):
        hostile = self.root / "documents" / "rtf"
        hostile.mkdir(parents=True)
        (hostile / "deep.rtf").write_bytes(b"{\\rtf1{\\objdata " + b"{" * 10_000_000 + b"41")
        (hostile / "many.rtf").write_bytes(b"{\\rtf1" + b"{\\objdata 41" * 1_000_000)
        for name in FOLDERS - {"rtf"}:
            (self.root / "documents" / name).mkdir()
        (self.root / "documents/onenote/many.one").write_bytes(
            bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") +
            (bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + b"\xff" * 8) * 400_000)
        start = time.monotonic()
        lines = self.scan(self.root / "documents", ROOT / "rules/eicar.yar")
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(lines["onenote/many.one"]["completeness"], "partial")
        self.assertEqual(lines["rtf/many.rtf"]["completeness"], "partial")


if __name__ == "__main__":
    unittest.main()
