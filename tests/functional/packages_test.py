#!/usr/bin/env python3
"""Drives `daylight scan` over archives, packages and images: what is found where, what is a gap and why.

The fixtures come from the scripts in tests/fixtures/packages. If Debian's clamav-testfiles are installed, each of those
that this test lists must be found by the hash of the one program in all of them. DAYLIGHT_BIN is the folder of
the programs.
"""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
FIXTURES = ROOT / "tests/fixtures/packages"
RULES = ROOT / "tests/golden/archives.yar"
TESTFILES = Path("/usr/share/clamav-testfiles")
CLAM = "aa15bcf478d165efd2065190eb473bcb:544:ClamAV-Test-File"

END = "damaged: the data ends too early"
TABLE = "damaged: the table of contents is not of the size that the header says"


def two(prefix="", first="dir/a.txt", second="b.txt"):
    return {("fox", prefix + first), ("needle", prefix + second)}


def stored(*files):
    """Archives that do not compress: the word is found in the archive as it lies too."""
    return two(*files) | {("needle", "")}


def deb(ending):
    prefix = f"data.tar.{ending}//data.tar"
    return two(prefix + "//", "./dir/a.txt", "./b.txt") | {("needle", prefix)}


def rpm(ending):
    prefix = f"payload.cpio.{ending}//payload.cpio"
    return two(prefix + "//", "./dir/a.txt", "./b.txt") | {("needle", prefix)}


def image(name, *files):
    return two(f"{name}//", *files) | {("needle", name)}


# Each fixture: what is found, by rule and inner path, and every gap.
EXPECTED = {
    **{f"{method}.7z": (two(), {}) for method in ("lzma", "lzma2", "ppmd", "bzip2", "deflate")},
    "copy.7z": (stored(), {}),
    "encrypted.7z": (set(), {"b.txt": "encrypted", "dir/a.txt": "encrypted"}),
    "hidden.7z": (set(), {"": "encrypted"}),
    **{f"infected_{method}.7z": (two(), {}) for method in ("lzma2", "lzma", "ppmd", "bzip2", "deflate", "hidden", "bcj2", "copy")},
    "truncated.7z": (set(), {"": "damaged: Malformed 7-Zip archive"}),
    **{f"{method}.cab": (two("", "dir\\a.txt"), {}) for method in ("mszip", "quantum")},
    "lzx.cab": (stored("", "dir\\a.txt"), {}),
    "help.chm": (two("", "/dir/a.txt", "/b.txt"), {}),
    "stored.cab": (stored("", "dir\\a.txt"), {}),
    "truncated.cab": ({("needle", "")}, {"dir\\a.txt": END, "b.txt": END}),
    **{f"{form}.cpio": (stored(), {}) for form in ("newc", "crc", "odc", "bin")},
    **{f"{name}.deb": (deb(ending), {}) for name, ending in (("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"))},
    "objects.a": (stored("", "a.txt"), {}),
    **{f"{name}.rpm": (rpm(ending), {}) for name, ending in (("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"),
                                                             ("lzma", "lzma"), ("zstd", "zst"))},
    "joliet.iso.gz": (image("joliet.iso"), {}),
    "plain.iso.gz": (image("plain.iso", "DIR/A.TXT", "B.TXT"), {}),
    "plain.xar": (two(), {}),
    "codings.xar": ({("needle", "")} | {("fox", f"{coding}.txt") for coding in ("x-gzip", "x-lzma", "octet-stream")}
                    | {("needle", f"{coding}.txt") for coding in ("x-bzip2", "x-xz")}, {}),
    "attributes.xar": (two("(file)/", "a&b.txt", "a&b.txt/(attribute com.example.note)"), {}),
    "names.xar": (two("", "dir/(file)", "b\u00e4r.txt") | {("needle", "(subdocument)"), ("needle", "(table of contents)")}, {}),
    "links.xar": ({("needle", "a.txt"), ("needle", "c.txt")}, {}),
    "mangled.xar": (stored("", "a.txt", "a.txt") | {("needle", f"a.txt/{name}") for name in ("none", "open", "other", "swapped", "unknown", "wrong")},
                    {"a.txt/other": "unsupported: encoding application/x-snappy", "a.txt/wrong": "damaged: invalid block type"}),
    "lies.xar": ({("needle", "")} | {("needle", f"{name}.txt") for name in ("length", "long", "no_length", "size", "twice")},
                 {"size.txt": "damaged: not of the size that the archive says", "offset.txt": END, "long.txt": END,
                  "no_offset.txt": "damaged: data without an offset", "no_length.txt": "damaged: data without a length",
                  "twice.txt": "damaged: invalid stored block lengths"}),
    "table_packed.xar": (two("", "a.txt"), {"": TABLE}),
    "table_size.xar": (two("", "a.txt"), {"": TABLE}),
    "damaged.xar": (two("", "a.txt"), {"": TABLE, "a.txt": "damaged: invalid distance too far back"}),
    **{f"m{method}.arj": (stored(), {}) for method in range(5)},
    "encrypted.arj": (set(), {"b.txt": "encrypted", "dir/a.txt": "encrypted"}),
    # zip: methods that nobody writes any more, and passwords that everybody knows
    **{f"{method}.zip": (two(), {}) for method in ("shrink", "reduce1", "reduce2", "reduce3", "reduce4", "implode2",
                                                   "implode3", "old_cipher", "aes128", "aes256", "aes_stored")},
    "deflate64.zip": (stored(), {}),
    "ppmd.zip": (stored(), {}),
    "aes_unknown.zip": (set(), {"b.txt": "encrypted", "dir/a.txt": "encrypted"}),
    "volume.zip": ({("needle", ""), ("needle", "b.txt")}, {"": "unsupported: one volume of a split archive"}),
    # EGG and ALZ
    **{f"{method}.egg": (two(), {}) for method in ("deflate", "bzip2", "lzma", "solid", "solid_each", "encrypted_old",
                                                   "encrypted_aes128", "encrypted_aes256", "encrypted_counted")},
    "stored.egg": (stored(), {}),
    "blocks.egg": (two(), {}),
    "comment.egg": (two() | {("needle", ""), ("needle", "(comment)")}, {}),
    "azo.egg": ({("needle", "")}, {name: "unsupported: AZO compression" for name in ("dir/a.txt", "b.txt")}),
    "volume.egg": ({("fox", "dir/a.txt")}, {"b.txt": "unsupported: goes on in another volume",
                                           "": "unsupported: one volume of a split archive"}),
    **{f"encrypted_{name}": (set(), {"dir/a.txt": "encrypted", "b.txt": "encrypted"}) for name in ("lea.egg", "unknown.egg", "unknown.alz")},
    **{f"{method}.alz": (two(), {}) for method in ("bzip2", "deflate", "encrypted")},
    "stored.alz": (stored(), {}),
    # installers: the data behind a program
    **{f"nsis_{method}_solid.exe": (two("(overlay)//", "1", "2"), {}) for method in ("zlib", "bzip2", "lzma")},
    **{f"nsis_{method}.exe": (two("(overlay)//", "1", "2") | {("needle", ""), ("needle", "(overlay)")}, {})
       for method in ("zlib", "bzip2", "lzma")},
    "autoit5.exe": (two("(overlay)//", "script.au3"), {}),
    "autoit6.exe": (two("(overlay)//", "script.au3"), {}),
    "is_cabinet.exe": (two("(overlay)//data1.hdr/", "a.txt") | {
        ("needle", path) for path in ("", "(overlay)", "(overlay)//Disk1\\plain.txt")}, {}),
    "is_cabinet5.exe": (two("(overlay)//data1.hdr/", "a.txt"), {}),
    **{name: (two("(overlay)//data1.hdr/", "a.txt") | {("fox", "(overlay)//data1.hdr/c.txt")}, {})
       for name in ("is_split.exe", "is_split5.exe")},
    "is_stream.exe": (two("(overlay at 18)//", "a.txt"), {}),
    "sfx_7z.exe": (two("(overlay)//"), {}),
    "sfx_cab.exe": (two("(overlay)//", "dir\\a.txt"), {}),
    "sfx_arj.exe": (two("(overlay)//") | {("needle", ""), ("needle", "(overlay)")}, {}),
    "sfx_rar.exe": (two("(overlay)//") | {("needle", ""), ("needle", "(overlay)")}, {}),
    "plain.sis": (stored("", "a.txt"), {}),
    **{f"{name}.sis": (two("", "a.txt"), {}) for name in ("symbian9", "symbian9_nested")},
    "symbian9_stored.sis": (stored("", "a.txt"), {}),
    "symbian9_damaged.sis": (two("", "a.txt", "(file 2)"), {"": "damaged: a field is longer than what holds it"}),
    "symbian9_lost.sis": (two("", "a.txt", "(file 2)"), {}),
    "stored4.rar": (stored(), {}),
    "encrypted4.rar": (set(), {"secret.txt": "encrypted"}),
    "rar20.rar": (two(), {}),
    "rar29.rar": (two(), {}),
    "rar20_solid.rar": (two() | {("fox", "again.txt")}, {}),
    "rar29_solid.rar": (two() | {("fox", "again.txt")}, {}),
    "rar20_sound.rar": ({("needle", "b.txt")}, {}),
    "rar29_filters.rar": ({("fox", "dir/a.txt"), ("fox", "twice.txt"), ("needle", "twice.txt")}, {}),
    "rar29_program.rar": ({("needle", "b.txt")}, {"b.txt": "unsupported: a filter that is a program of its own"}),
    "rar29_damaged.rar": ({("needle", "b.txt")}, {"": "damaged: no header where one should be"}),
    "rar29_parts.rar": ({("fox", "dir/a.txt")}, {"dir/a.txt": "unsupported: goes on in another volume",
                                                 "b.txt": "unsupported: begins in another volume",
                                                 "c.txt": "unsupported: begins in another volume"}),
    "rar29_lost.rar": (set(), {"dir/a.txt": "encrypted",
                               "b.txt": "unsupported: a file before it in the solid archive is missing"}),
    "rar29_truncated.rar": (set(), {"dir/a.txt": "damaged: the data ends too early"}),
    "rar15.rar": (set(), {"b.txt": "unsupported: the compression of RAR version 15"}),
    "stored5.rar": (stored(), {}),
    **{f"{name}.rar": (two(), {}) for name in ("rar50", "rar70", "rar50_encrypted", "rar50_hidden", "rar29_encrypted", "rar29_hidden")},
    "rar50_solid.rar": (two() | {("fox", "again.txt")}, {}),
    "rar50_filters.rar": ({("fox", "dir/a.txt"), ("fox", "twice.txt"), ("needle", "twice.txt")}, {}),
    "rar50_unknown.rar": (set(), {"dir/a.txt": "encrypted", "b.txt": "encrypted"}),
    "rar29_unknown.rar": (set(), {"b.txt": "encrypted"}),
    "rar50_hidden_unknown.rar": (set(), {"": "encrypted"}),
    "rar50_parts.rar": ({("fox", "dir/a.txt")}, {"dir/a.txt": "unsupported: goes on in another volume",
                                                 "b.txt": "unsupported: begins in another volume",
                                                 "c.txt": "unsupported: begins in another volume"}),
    "rar50_lost.rar": (set(), {"dir/a.txt": "encrypted",
                               "b.txt": "unsupported: a file before it in the solid archive is missing"}),
    "rar50_comment.rar": ({("fox", "dir/a.txt"), ("needle", "(CMT)"), ("needle", "")}, {}),
    "rar50_damaged.rar": ({("needle", "b.txt")}, {"": "damaged: no header where one should be"}),
    "rar50_truncated.rar": (set(), {"dir/a.txt": "damaged: the data ends too early",
                                    "": "damaged: the archive ends without its end mark"}),
    "encrypted5.rar": (set(), {"secret.txt": "encrypted"}),
    "stored.lzh": (stored(), {}),
    **{f"{method}.lzh": (two(), {}) for method in ("lh4", "lh5", "lh6", "lh7", "lhx")},
    **{f"{name}.lzh": (two(), {}) for name in ("lh1", "lzs", "level1", "level2", "level3")},
    "lz5.lzh": (stored(), {}),
    "pm2.lzh": ({("needle", "b.txt")}, {"dir/a.txt": "unsupported: method -pm2-"}),
    "a.tx_": ({("fox", "a.txt")}, {}),
    "stored.kwj": ({("fox", "(content)")}, {}),
    "masked.kwj": ({("needle", "(content)")}, {}),
    "johnson.kwj": ({("fox", "a")}, {}),
    "johnson_needle.kwj": (two("", "(content)", "(content)"), {}),
    "johnson_unary.kwj": ({("needle", "(content)")}, {}),
    "mszip.kwj": ({("fox", "a")}, {}),
    "mszip_blocks.kwj": (two("", "(content)", "(content)"), {}),
}

# Debian's test files of ClamAV, and where the program is in each.
CLAM_FILES = {
    "clam.7z": "clam.exe",
    "clam.arj": "clam.exe",
    "clam.d64.zip": "clam.exe",
    "clam.impl.zip": "CLAM.EXE",
    "clam.bin-be.cpio": "clam.exe",
    "clam.bin-le.cpio": "clam.exe",
    "clam.newc.cpio": "clam.exe",
    "clam.odc.cpio": "clam.exe",
    "clam.bz2.zip": "clam.exe",
    "clam.cab": "clam.exe",
    "clam.chm": "/clam.exe.txt",
    "clam.exe.szdd": "(content)",
    "clam.sis": "clam.exe",
    "clam-nsis.exe": "(overlay)//1",
    "clam.ea05.exe": "(overlay)//clam.exe",
    "clam.ea06.exe": "(overlay)//clam.exe",
    "clam_IScab_ext.exe": "(overlay)//Disk1\\clam.exe",
    "clam_IScab_int.exe": "(overlay)//data1.hdr/clam.exe",
    "clam_ISmsi_ext.exe": "(overlay at 105)//clam.exe409.bmp",
    "clam_ISmsi_int.exe": "(overlay at 105)//clam.msi//Data1.cab//clam.exe",
    "clam_cache_emax.tgz": "clam_cache_emax.tar//" + "".join(
        f"clam0{i}.tgz//clam0{i}.tar//" for i in range(2, 9)) + "clam.exe",
}


class PackagesCase(unittest.TestCase):
    maxDiff = None

    def scan(self, *options):
        done = subprocess.run([str(BIN / "daylight"), "scan", "--no-cache", "-t", "1", "--no-progress", "--json",
                               *map(str, options)], capture_output=True, timeout=300)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual(lines[-1]["workers_lost"], 0)
        return {Path(line["path"]).name: line for line in lines[:-1]}


class FixtureTest(PackagesCase):
    def test_each_fixture_is_expected(self):
        names = {p.name for p in FIXTURES.iterdir() if p.is_file() and p.suffix != ".py"}
        self.assertEqual(names, set(EXPECTED))

    def test_folder(self):
        files = self.scan("--rules", RULES, "--exclude", "*.py", "--exclude", "__pycache__", FIXTURES)
        self.assertEqual(set(files), set(EXPECTED))
        for name, (found, gaps) in EXPECTED.items():
            with self.subTest(name):
                line = files[name]
                self.assertEqual({(f["rule"], f["inner_path"]) for f in line["findings"]}, found)
                self.assertEqual({gap["inner_path"]: gap["reason"] for gap in line["gaps"]}, gaps)
                self.assertEqual(line["completeness"], "partial" if gaps else "complete")


@unittest.skipUnless(TESTFILES.is_dir(), "clamav-testfiles are not installed")
class ClamFilesTest(PackagesCase):
    def test_the_program_is_found_in_each(self):
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "clam.hdb"
            database.write_text(CLAM + "\n")
            files = self.scan("--db", database, *(TESTFILES / name for name in CLAM_FILES))
        for name, inner_path in CLAM_FILES.items():
            with self.subTest(name):
                self.assertEqual([f["inner_path"] for f in files[name]["findings"]], [inner_path])


if __name__ == "__main__":
    unittest.main()
