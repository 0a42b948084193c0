#!/usr/bin/env python3
"""Drives `daylight scan --db` and `daylight import` over ClamAV's lists beside signatures: icons, file types, passwords.

tools/compare_clamav.py compares them with clamscan. DAYLIGHT_BIN is the folder of the programs.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import compare_clamav  # noqa: E402

BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
TOKEN = compare_clamav.TOKENS[0]
# Of an icon of 32 x 32 pixels (8x, 8y, 128), as clamscan 1.4.6 prints it.
GRADIENT = ("20c8a0017c3a16009d3000f2270d0d4cb15105310d15db1617d40017d40817800000800800800008e20b12e10c07dc04045116005e000b690e00"
            "26261755")


def icon(size, colour):
    return compare_clamav.icon_pe(compare_clamav.icon_bitmap(size, size, 24, colour))


class ListsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-lists-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "db").mkdir()

    def names(self, databases, content):
        for name, text in databases.items():
            (self.root / "db" / name).write_text(text, encoding="ascii")
        (self.root / "file").write_bytes(content)
        done = subprocess.run([BIN / "daylight", "scan", "--json", "--no-progress", "--no-cache", "-t", "1", "--db", self.root / "db",
                               self.root / "file"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return {finding["name"] for finding in json.loads(done.stdout.decode().splitlines()[0])["findings"]}

    def test_icons(self):
        ask = f"T.Icon;Engine:81-255,Target:1,IconGroup1:one;0;{TOKEN.hex()}\n"
        known = {"a.ldb": ask, "a.idb": f"N:one:two:{GRADIENT}\n"}
        self.assertEqual(self.names(known, icon(32, lambda x, y: (8 * x, 8 * y, 128))), {"T.Icon.UNOFFICIAL"})
        self.assertEqual(self.names(known, icon(64, lambda x, y: (4 * x, 4 * y, 128))), {"T.Icon.UNOFFICIAL"})
        self.assertEqual(self.names(known, icon(32, lambda x, y: (255, 32, 16) if x // 4 % 2 == y // 8 % 2 else (16, 16, 16))), set())
        self.assertEqual(self.names(known, compare_clamav.pe((TOKEN + b"\xcc" * 504,))), set())
        other = {"a.ldb": ask.replace(":one", ":two")}
        self.assertEqual(self.names(other, icon(32, lambda x, y: (8 * x, 8 * y, 128))), set())

    def test_file_types(self):
        ask = {"a.ldb": f"T.Graphics;Engine:81-255,Target:5;0;{TOKEN.hex()}\n"}
        content = b"QWER" + compare_clamav.data(TOKEN)
        self.assertEqual(self.names(ask, content), set())
        ask["a.ftm"] = "0:0:51574552:text:CL_TYPE_ANY:CL_TYPE_GIF\n"
        self.assertEqual(self.names(ask, content), {"T.Graphics.UNOFFICIAL"})

    def test_passwords(self):
        ask = {"a.ldb": f"T.In;Engine:81-255,Target:0;0;{TOKEN.hex()}\n"}
        archive = compare_clamav.encrypted_zip(b"sesame", compare_clamav.data(TOKEN))
        self.assertEqual(self.names(ask, archive), set())
        ask["a.pwdb"] = "P;Target:0;0;sesame\n"
        self.assertEqual(self.names(ask, archive), {"T.In.UNOFFICIAL"})

    def test_passwords_for_7z(self):
        ask = {"a.ldb": f"T.In;Engine:81-255,Target:0;0;{b'a needle in the nest'.hex()}\n"}
        for name in ("encrypted.7z", "hidden.7z"):
            archive = (ROOT / "tests/fixtures/packages" / name).read_bytes()
            for password, found in (("other", set()), ("secret", {"T.In.UNOFFICIAL"})):
                ask["a.pwdb"] = f"P;Engine:81-255;0;{password}\n"
                self.assertEqual(self.names(ask, archive), found)

    def test_passwords_for_rar(self):
        ask = {"a.ldb": f"T.In;Engine:81-255,Target:0;0;{b'a needle in the nest'.hex()}\n"}
        for name in ("rar29_unknown.rar", "rar50_unknown.rar", "rar50_hidden_unknown.rar"):
            archive = (ROOT / "tests/fixtures/packages" / name).read_bytes()
            for container, found in (("ZIP", set()), ("RAR", {"T.In.UNOFFICIAL"}), ("ANY", {"T.In.UNOFFICIAL"})):
                with self.subTest(name + container):
                    ask["a.pwdb"] = f"P;Engine:81-255,Container:CL_TYPE_{container};0;correct horse\n"
                    self.assertEqual(self.names(ask, archive), found)

    def test_import_says_what_is_used(self):
        for name, text in {"a.idb": f"N:one:two:{GRADIENT}\nbad\n", "a.ftm": "0:0:51:t:CL_TYPE_ANY:CL_TYPE_GIF\n", "a.pwdb": "P;Target:0;0;x\n",
                           "a.crb": f"N;1;{'a' * 40};;ab;;1;0;0;;\n", "a.cbc": "ClamBC\n", "a.cfg": "PE:0x1:1:255\n", "a.info": "x\n",
                           "a.cdb": "N:*:*:x:*:*:*:*:*:*\n", "a.ign2": "Name\n", "a.ign": "a:1:Name\n"}.items():
            (self.root / "db" / name).write_text(text, encoding="ascii")
        done = subprocess.run([BIN / "daylight", "import", "--json", self.root / "db"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        files = {Path(entry["name"]).name: entry for entry in json.loads(done.stdout)["files"]}
        used = {name: entry["used"] for name, entry in files.items()}
        self.assertEqual(used, {"a.idb": True, "a.ftm": True, "a.pwdb": True, "a.crb": True, "a.cbc": False, "a.cfg": False, "a.info": False,
                                "a.cdb": True, "a.ign2": True, "a.ign": True})
        self.assertEqual(files["a.idb"]["not_used"], 1)


if __name__ == "__main__":
    unittest.main()
