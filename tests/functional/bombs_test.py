#!/usr/bin/env python3
"""Archives made to hurt: each must end within ten seconds and the worker's memory, lose no worker, write no file, and be
reported as partial with the name of the limit, or what else was not looked at.

Everything is made here, small on disk and large or endless when unpacked. DAYLIGHT_BIN is the folder of the programs.
"""
import binascii
import base64
import bz2
import gzip
import io
import json
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
RULES = ROOT / "tests/golden/archives.yar"
PACKAGES = ROOT / "tests/fixtures/packages"
MIB = 1 << 20
SECONDS_MAX = 10
MEMORY_MAX = "1G"
RATIO = "limit ratio_max"


def zeros_through(packer, size, flush=b""):
    piece = bytes(MIB)
    out = b"".join(packer.compress(piece) for _ in range(size // MIB))
    return out + packer.flush()


def raw_deflate_zeros(size):
    return zeros_through(zlib.compressobj(9, zlib.DEFLATED, -15), size)


def zip_of(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def zip_record(name, method, crc, packed, size, offset=None):
    fields = struct.pack("<HHHHIIIHH", 0, method, 0, 33, crc, packed, size, len(name), 0)
    if offset is None:
        return struct.pack("<4sH", b"PK\3\4", 20) + fields + name
    return struct.pack("<4sHH", b"PK\1\2", 20, 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name


def zip_end(count, size, offset):
    return struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, 0)


def overlapping_zip(count, size):
    """Every record of the directory leads to the same data."""
    packed = raw_deflate_zeros(size)
    crc = binascii.crc32(bytes(size))
    local = zip_record(b"0", 8, crc, len(packed), size) + packed
    directory = b"".join(zip_record(b"%d" % i, 8, crc, len(packed), size, 0) for i in range(count))
    return local + directory + zip_end(count, len(directory), len(local))


def nested_zips(width, depth, data):
    for _ in range(depth):
        data = zip_of([(f"{i}.zip", data) for i in range(width)])
    return data


def nsis_bomb(size):
    packed = raw_deflate_zeros(size)
    header = struct.pack("<II12sII", 0, 0xDEADBEEF, b"NullsoftInst", 1000, 28 + len(packed))
    return header + packed


def looping_iso():
    """A folder whose place is that of the root: it holds itself."""
    image = bytearray(gzip.decompress((PACKAGES / "plain.iso.gz").read_bytes()))
    root = 0x8000 + 156
    place = bytes(image[root + 2:root + 10])
    folder = image.find(b"\x03DIR") - 32
    assert folder > 0
    image[folder + 2:folder + 10] = place
    return bytes(image)


class BombsCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-bombs-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "work").mkdir()

    def scan(self, name, data, *options):
        path = self.root / name
        path.write_bytes(data)
        begin = time.monotonic()
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--no-cache", "-t", "1", "--no-progress", "--json", "--memory-limit", MEMORY_MAX,
             "--rules", str(RULES), *options, str(path)],
            cwd=self.root / "work", capture_output=True, timeout=120)
        seconds = time.monotonic() - begin
        line, summary = [json.loads(text) for text in done.stdout.decode().splitlines()]
        self.assertLess(seconds, SECONDS_MAX, name)
        self.assertEqual(summary["workers_lost"], 0, name)
        self.assertEqual(list((self.root / "work").iterdir()), [])
        line["reasons"] = {gap["reason"] for gap in line["gaps"]}
        line["found"] = {(finding["rule"], finding["inner_path"]) for finding in line["findings"]}
        return line

    def expect(self, name, data, reason, *options):
        """Partial, for this reason; nothing found that is not there."""
        line = self.scan(name, data, *options)
        self.assertEqual(line["completeness"], "partial", name)
        self.assertTrue(any(r.startswith(reason) for r in line["reasons"]), (name, line["reasons"]))
        return line


class ZerosTest(BombsCase):
    """A gigabyte of zeros in each compressor (less where making it takes long)."""

    def test_streams(self):
        for name, data in {
            "bomb.gz": zeros_through(zlib.compressobj(9, zlib.DEFLATED, 31), 1024 * MIB),
            "bomb.bz2": zeros_through(bz2.BZ2Compressor(), 256 * MIB),
            "bomb.xz": zeros_through(lzma.LZMACompressor(preset=0), 512 * MIB),
            "bomb.lzma": zeros_through(lzma.LZMACompressor(format=lzma.FORMAT_ALONE, preset=0), 256 * MIB),
        }.items():
            with self.subTest(name):
                self.expect(name, data, RATIO)

    def test_tools(self):
        for name, command in {
            "bomb.zst": ("zstd", "-q", "-c", "-1"),
            "bomb.7z": ("7z", "a", "-bd", "-mx1", "-sizeros", "OUT"),
            "deflate64.zip": ("7z", "a", "-bd", "-tzip", "-mm=Deflate64", "-mx1", "-sizeros", "OUT"),
            "bzip2.zip": ("7z", "a", "-bd", "-tzip", "-mm=BZip2", "-mx1", "-sizeros", "OUT"),
            "ppmd.zip": ("7z", "a", "-bd", "-tzip", "-mm=PPMd", "-sizeros", "OUT"),
            "ppmd.7z": ("7z", "a", "-bd", "-m0=PPMd", "-sizeros", "OUT"),
        }.items():
            if shutil.which(command[0]) is None:
                continue
            with self.subTest(name):
                out = self.root / ("made-" + name)
                done = subprocess.run([str(out) if word == "OUT" else word for word in command],
                                      input=bytes(256 * MIB), check=True, capture_output=True)
                data = out.read_bytes() if out.exists() else done.stdout
                self.expect(name, data, "limit ")

    def test_installers(self):
        self.expect("solid.exe", nsis_bomb(1024 * MIB), RATIO)

    def test_packages(self):
        payload = zeros_through(zlib.compressobj(9, zlib.DEFLATED, 31), 512 * MIB)
        rpm = (PACKAGES / "gzip.rpm").read_bytes()
        rpm = rpm[:rpm.index(b"\x1f\x8b\x08")] + payload
        self.expect("bomb.rpm", rpm, RATIO)
        member = b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"data.tar.gz/", 0, 0, 0, b"100644", len(payload)) + payload
        self.expect("bomb.deb", b"!<arch>\n" + member, RATIO)


class NestsTest(BombsCase):
    def test_zips_of_zips(self):
        # 10^6 times 10 MiB.
        self.expect("nested.zip", nested_zips(10, 6, zip_of([("zeros", bytes(10 * MIB))])), "limit bytes_out_max")

    def test_overlapping_entries(self):
        self.expect("overlap.zip", overlapping_zip(20_000, 4 * MIB), "limit bytes_out_max")

    def test_many_entries(self):
        self.expect("many.zip", zip_of([(str(i), b"") for i in range(60_000)], zipfile.ZIP_STORED), "limit files_max",
                    "--max-files", "10000")

    def test_a_hundred_layers(self):
        for ending in ("zip", "tar.gz", "ar", "cpio"):
            data = b"a needle at the core"
            for layer in range(100):
                name = f"{layer}.{ending}"
                if ending == "zip":
                    data = zip_of([(name, data)])
                elif ending == "ar":
                    data = b"!<arch>\n%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"x/", 0, 0, 0, b"644", len(data)) + data
                elif ending == "cpio":
                    data = b"070707" + b"0" * 12 + b"100644" + b"0" * 35 + b"%06o%011o" % (2, len(data)) + b"x\0" + data
                else:
                    out = io.BytesIO()
                    with tarfile.open(fileobj=out, mode="w:gz") as archive:
                        info = tarfile.TarInfo(name)
                        info.size = len(data)
                        archive.addfile(info, io.BytesIO(data))
                    data = out.getvalue()
            with self.subTest(ending):
                self.expect(f"layers.{ending}", data, "limit depth_max")

    def test_pages_in_pages(self):
        """Each level can be read as a link with data and as base64 in a text: it must not count twice."""
        data = b"a needle at the core"
        for _ in range(30):
            data = b'<iframe src="data:text/html;base64,' + base64.b64encode(data) + b'"></iframe>'
        line = self.expect("pages.html", data, "limit depth_max")
        self.assertLess(line["objects_scanned"], 40)

    def test_headers_without_an_entry(self):
        """A tar of nothing but an extended header: what is behind the entries must not be the whole file again."""
        record = b"12 path=abc\n"
        header = b"x".ljust(100, b"\0") + b"0000644\0" * 3 + b"%011o\0" % len(record) + b"0" * 11 + b"\0"
        header = (header.ljust(156, b"\0") + b"x").ljust(257, b"\0") + b"ustar\0" + b"00"
        header = bytearray(header.ljust(512, b"\0"))
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        line = self.scan("headers.tar", bytes(header) + record.ljust(512, b"\0"))
        self.assertEqual((line["objects_scanned"], line["reasons"] & {"limit depth_max"}), (1, set()))

    def test_an_image_that_holds_itself(self):
        self.assertIn(self.scan("loop.iso", looping_iso())["completeness"], ("partial", "complete"))

    def test_passwords_are_tried_a_bounded_number_of_times(self):
        aes = (PACKAGES / "aes_unknown.zip").read_bytes()
        line = self.scan("encrypted.zip", zip_of([(f"{i}.zip", aes) for i in range(2_000)], zipfile.ZIP_STORED))
        self.assertEqual(line["completeness"], "partial")
        self.assertIn("encrypted", line["reasons"])
        sys.path.insert(0, str(PACKAGES))
        import make_rar5s
        secrets = [make_rar5s.Secret(b"nobody knows", 0, bytes([i]) * 16) for i in range(200)]
        for rounds in (15, 24):
            for secret in secrets:
                secret.rounds = bytes([rounds])
            entries = [make_rar5s.entry(b"x", b"x" * 16, b"x" * 16, method=0, secret=secret) for secret in secrets]
            line = self.scan(f"rounds{rounds}.rar", make_rar5s.archive(*entries))
            self.assertEqual((line["completeness"], line["reasons"]), ("partial", {"encrypted"}))
        old = (PACKAGES / "rar29_unknown.rar").read_bytes()
        line = self.scan("old.zip", zip_of([(f"{i}.rar", old) for i in range(500)], zipfile.ZIP_STORED))
        self.assertIn("encrypted", line["reasons"])


class OldArchivesTest(BombsCase):
    """RAR, LHA, EGG and ALZ: matches without end, headers that lead nowhere, a salt for each file."""

    def test_zeros(self):
        sys.path.insert(0, str(PACKAGES))
        import make_eggs
        import make_lhas
        import make_rar5s

        class Zeros(make_rar5s.Rar5):
            def steps(self, data, filters):
                yield [("main", 0)]
                yield [("main", 262 + 43), (511, 9), ("place", 0)]
                for _ in range(300_000):
                    yield [("main", 257)]

        zeros = make_rar5s.entry(b"x", Zeros().pack(b""), b"", unknown_size=True)
        self.expect("zeros.rar", make_rar5s.archive(zeros), "limit ")
        bits = make_lhas.Bits()  # 65,535 times the one symbol that has no bits
        for value, count in ((65535, 16), (0, 5), (0, 5), (0, 9), (65, 9), (0, 4), (0, 4)):
            bits.put(value, count)
        entry = bytearray(make_lhas.entry(b"x", b"", b"-lh5-", bits.bytes() * 4))
        entry[11:15] = b"\xff" * 4
        entry[1] = sum(entry[2:2 + entry[0]]) & 0xFF
        self.expect("zeros.lzh", bytes(entry) * 5000, "")
        bare = make_eggs.bare_bzip2(bytes(20 * MIB))
        self.expect("zeros.alz", make_eggs.alz(make_eggs.alz_entry("x", b"x", 1, bare) * 200), "")
        packed = make_eggs.deflate(bytes(50 * MIB))
        blocks = make_eggs.block("deflate", b"", packed) * 100
        self.expect("zeros.egg", make_eggs.egg(make_eggs.head("x", 1 << 40), blocks), RATIO)
        self.expect("solid.egg", make_eggs.egg(make_eggs.head("x", 1 << 40) * 1000, blocks, prefix=make_eggs.field(make_eggs.SOLID, b"")), "")

    def test_headers(self):
        sys.path.insert(0, str(PACKAGES))
        import make_eggs
        import make_lhas
        import make_rar5s
        start = make_lhas.entry(b"x", b"", b"-lh0-")
        self.expect("nowhere.lzh", start + (b"xx-lh5-" + b"z" * 13 + b"\x02") * 300_000, "damaged")
        self.expect("nowhere.rar", make_rar5s.archive(end=False) + b"\0\0\0\0\xf0\x1f\x02" * 500_000, "damaged")
        self.expect("blocks.egg", make_eggs.egg(make_eggs.head("x", 1 << 40) + make_eggs.block("stored", b"") * 300_000), "damaged")
        salts = [make_eggs.head("x", 3, 0, make_eggs.field(make_eggs.CIPHER, b"\1" + struct.pack("<Q", i) + bytes(12))) +
                 make_eggs.block("stored", b"abc") for i in range(5_000)]
        self.expect("salts.egg", make_eggs.egg(*salts), "encrypted")


class XarTest(BombsCase):
    """Tables of contents that are all tags, and files that share their bytes."""

    def test_tables(self):
        sys.path.insert(0, str(PACKAGES))
        import make_xars
        heap = make_xars.Heap()
        data = heap.add(bytes(80 * MIB))
        self.expect("zeros.xar", make_xars.archive(make_xars.toc(make_xars.file("x", data) * 1000), heap.bytes), "limit ")
        small = "<data><length>1</length><offset>0</offset></data>"
        for name, table in (("many", small * 1_000_000), ("deep", "<file>" * 100_000 + small + "</file>" * 100_000 + "<data><length>1</length></data>"),
                            ("tags", "<" * 20_000_000), ("comments", "<!--" * 5_000_000), ("quotes", "<a b='" * 3_000_000),
                            ("names", "<file><data><length>1</length>" * 500_000), ("endless", "<subdoc>" * 1_000_000),
                            ("paths", ("<file><name>" + "&amp;" * 800 + "</name>") * 70 + small * 20_000),
                            ("style", "<data><length>1</length><encoding style='" + "x" * 9_000_000 + "'/>" + "<offset>0</offset>" * 20_000)):
            self.expect(f"{name}.xar", make_xars.archive(table.encode(), b"x"), "")


class LiesTest(BombsCase):
    """Headers that promise more than there is, or more than anybody has."""

    def expect_partial(self, name, data):
        line = self.scan(name, data)
        self.assertEqual(line["completeness"], "partial", (name, line))
        return line

    def test_sizes(self):
        data = b"a needle"
        liar = zip_record(b"a", 8, 0, 0xFFFFFFF0, 0xFFFFFFF0) + raw_deflate_zeros(MIB)[:200]
        self.expect_partial("size.zip", liar)
        self.expect_partial("size.ar", b"!<arch>\n%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"x/", 0, 0, 0, b"644", 9999999999) + data)
        head = b"070701" + b"00000001000081A4" + b"0" * 32 + b"FFFFFFFF" + b"0" * 32 + b"00000002" + b"0" * 8 + b"x\0"
        self.expect_partial("size.cpio", head + data)
        rpm = bytearray((PACKAGES / "gzip.rpm").read_bytes())
        rpm[96 + 8:96 + 16] = b"\xff" * 8
        self.expect_partial("counts.rpm", bytes(rpm))
        for name, change in (("lzma2.7z", (20, 28)), ("mszip.cab", (16, 20)), ("stored5.rar", (17, 24)),
                             ("m1.arj", (60, 64)), ("plain.xar", (8, 16)), ("stored4.rar", (27, 31))):
            whole = bytearray((PACKAGES / name).read_bytes())
            whole[change[0]:change[1]] = b"\xff" * (change[1] - change[0])
            with self.subTest(name):
                line = self.scan("liar-" + name, bytes(whole))
                self.assertTrue(line["completeness"] == "partial" or line["found"], name)

    def test_damaged_heads_without_end(self):
        """What is opened although its header is wrong, many times in junk: each would go on to the end of the file."""
        cab = (b"MSCF\0\0\0\0" + struct.pack("<IIIIBBHHHHH", 0xFFFFFFF0, 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)).ljust(60, b"\1")
        ole = bytearray(1536)
        ole[:8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
        struct.pack_into("<HHH", ole, 26, 3, 0xFFFE, 9)
        struct.pack_into("<II", ole, 44, 0x7FFFFFFF, 1)
        ole[1024 + 66] = 5
        arj = (PACKAGES / "m1.arj").read_bytes()
        main = bytearray(arj[:arj.index(b"\x60\xEA", 10)])
        main[20] ^= 1
        seven = b"7z\xBC\xAF\x27\x1C\0\4wron" + struct.pack("<QQI", 0, 5, 1) + b"\x01\x04\x06\0\0\0"
        zip_entry = b"PK\3\4" + bytes(14) + struct.pack("<IIHH", 50, 50, 1, 0) + b"a"
        for name, head in (("cab", cab), ("ole2", bytes(ole)), ("arj", bytes(main)), ("arj-files", bytes(main) + arj[len(main):]),
                           ("7z", seven), ("zip", zip_entry)):
            many = head * (40 * MIB // len(head))
            for kind, data in (("junk", b"\xffjunk" + many), ("stream", b"BZh91AY&SY" + many), ("self", many)):
                with self.subTest(f"{name}, {kind}"):
                    self.scan(f"{name}-{kind}", data)

    def test_every_header_byte(self):
        """No flip of a byte loses the worker."""
        for name in ("lzma2.7z", "mszip.cab", "m4.arj", "plain.xar", "nsis_lzma.exe", "is_cabinet.exe", "plain.sis"):
            whole = (PACKAGES / name).read_bytes()
            step = max(1, len(whole) // 60)
            folder = self.root / name
            folder.mkdir()
            for i in range(0, len(whole), step):
                (folder / str(i)).write_bytes(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1:])
            with self.subTest(name):
                done = subprocess.run([str(BIN / "daylight"), "scan", "--no-cache", "-t", "1", "--json", "--memory-limit",
                                       MEMORY_MAX, "--rules", str(RULES), str(folder)], capture_output=True, timeout=60)
                self.assertEqual(json.loads(done.stdout.decode().splitlines()[-1])["workers_lost"], 0)

    def test_names_that_climb(self):
        names = ["../../../etc/passwd", "/etc/passwd", "..\\..\\autoexec.bat", "a/../../b", "C:\\x", "\0", "x" * 5000]
        archive = zip_of([(name, b"a needle") for name in names if name != "\0"])
        line = self.scan("names.zip", archive)
        self.assertEqual(len(line["found"]), 6)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name in names[:5]:
                info = tarfile.TarInfo(name)
                info.size = 8
                tar.addfile(info, io.BytesIO(b"a needle"))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
        line = self.scan("names.tar", out.getvalue())
        self.assertEqual(len({path for _, path in line["found"]} - {""}), 5)


if __name__ == "__main__":
    unittest.main()
