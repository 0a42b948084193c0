#!/usr/bin/env python3
"""Compares which files inside files Daylight and clamscan open: a matrix of generated files.

  tools/compare_carving.py [--bin DIR] [--only TEXT] [--keep DIR] [--all]

Each cell is a file of one kind (a program, a picture, a text, an archive, ...) with a file of another kind in the middle of it
or behind it. The inner file is packed, or is known by what only its own kind has, so that a signature matches only if it
was opened. Cells that clamscan finds and Daylight does not are listed one by one, but for those of EXPECTED, which has the
reason; of the reverse the numbers are given, and with --all each cell. Needs clamscan; genisoimage for discs in files.

Exit status: 0 if all that clamscan finds is found, or is expected not to be; 1 if not; 77 without clamscan.
"""
import argparse
import base64
import bz2
import collections
import gzip
import io
import json
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from compare_heuristics import COMMENT, JFIF, SCAN, TABLE, elf, gif, jpeg, pe, png, segment
from container_cases import pdf
from make_overlay_corpus import dex, macho

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "tests/fixtures/packages"

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 20
PAGE = b"<HTML><BODY><P>A PAGE THAT IS CARVED</P></BODY></HTML>"
PROGRAM = b"\x6a\x2a\x58\xc3carved program"
SIGNATURES = {
    "Carved.Text": (0, "*", b"lazy dog.\nThe quick brown fox"),
    "Carved.Page": (3, "*", b"a page that is carved"),
    "Carved.Program": (1, "EP+0", PROGRAM),
}

# Outer and inner kind, "*" for any: why clamscan finds it and Daylight does not.
EXPECTED = {("html-middle", "html"): "what stands in a comment is no part of the page"}


def junk(size, seed):
    """Bytes that are of no kind, and in which nothing stands by accident."""
    source = random.Random(seed)
    return bytes([0x9B]) + bytes(source.choice(b"\x81\x93\xa7\xb9\x02\x05\x1c\x9d") for _ in range(size - 1))


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), TEXT, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def stored_zip(data, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("a.bin"), data)
        archive.comment = comment
    return out.getvalue()


def program():
    whole = bytearray(pe(entry=0x1000, sections=1))
    whole[0x400:0x400 + len(PROGRAM)] = PROGRAM
    whole[0x88:0x8C] = b"date"  # the same headers as the outer program's would be its own
    return bytes(whole)


def flate_pdf():
    packed = zlib.compress(TEXT)
    return pdf(b"/Length %d /Filter /FlateDecode>>\nstream\n%s\nendstream\nendobj\n5 0 obj\n<</Length 5" % (len(packed), packed))


def swf():
    body = bytes([0x08, 0x00, 0x00, 0x0C, 0x01, 0x00, 0x7F, 0x0D]) + struct.pack("<I", len(TEXT)) + TEXT + bytes(2)
    return b"CWS\x06" + struct.pack("<I", 8 + len(body)) + zlib.compress(body)


def mail():
    return (b"From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/mixed; boundary="XX"\n\n--XX\nContent-Type: application/octet-stream\n'
            b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(TEXT) + b"--XX--\n")


def disc(folder):
    (folder / "disc").mkdir()
    (folder / "disc/a.gz").write_bytes(gzip.compress(TEXT))
    subprocess.run(["genisoimage", "-quiet", "-o", folder / "disc.iso", folder / "disc"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (folder / "disc.iso").read_bytes()


def fixture(name, begin=0):
    return (PACKAGES / name).read_bytes()[begin:]


def inner_kinds(folder):
    whole = zipped("a.txt", "b.txt")
    installer = 1024  # bytes of the program in front of the fixtures' data
    kinds = {
        "zip": whole, "zip-cut": whole[:whole.index(b"PK\1\2")], "zip-lost": whole[:-30], "rar4": fixture("rar29.rar"),
        "7z": fixture("lzma2.7z"), "cab": fixture("mszip.cab"), "cab-lzx": fixture("lzx.cab"), "arj": fixture("m1.arj"),
        "pe": program(), "nsis": fixture("nsis_zlib.exe", installer), "nsis-lzma": fixture("nsis_lzma_solid.exe", installer),
        "autoit5": fixture("autoit5.exe", installer), "autoit6": fixture("autoit6.exe", installer),
        "ishield": fixture("is_stream.exe", installer), "html": PAGE, "pdf": flate_pdf(), "mail": mail(), "swf": swf(),
        "xdp": b'<?xml version="1.0"?><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><pdf><document><chunk>' +
               base64.b64encode(flate_pdf()) + b"</chunk></document></pdf></xdp:xdp>",
        "gzip": gzip.compress(TEXT), "xz": lzma.compress(TEXT), "bzip2": bz2.compress(TEXT), "lha": fixture("lh5.lzh"),
    }
    if shutil.which("genisoimage"):
        kinds["iso"] = disc(folder)
    return kinds


def pe_with(section):
    """A program whose only section holds this."""
    whole = bytearray(pe(sections=1, entry=0x1000)[:0x400])
    size = len(section)
    at = whole.index(b".text0")
    whole[at + 8:at + 20] = struct.pack("<III", size, 0x1000, size)
    return bytes(whole) + section


def elf_with(content):
    head = bytearray(elf(shnum=0))
    size = len(head) + len(content)
    struct.pack_into("<QQ", head, 64 + 32, size, size)
    return bytes(head) + content


def macho_with(content):
    head = bytearray(macho(b""))
    struct.pack_into("<Q", head, 32 + 48, 8 + len(content))
    return bytes(head) + content


def dex_with(content):
    head = bytearray(dex(b""))
    struct.pack_into("<I", head, 32, len(head) + len(content))
    return bytes(head) + content


def riff(data):
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body) + 4) + body


def png_with(data):
    chunk = struct.pack(">I", len(data)) + b"prVt" + data + struct.pack(">I", zlib.crc32(b"prVt" + data))
    whole = png()
    return whole[:33] + chunk + whole[33:]


def tar_of(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.bin")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def compound(stream):
    """An OLE2 file of one stream, in sectors of 512 bytes one behind the other."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    tables = -(-(sectors + 2 + sectors // 100) // 128)
    chain = [0xFFFFFFFD] * tables + [0xFFFFFFFE] + [tables + 2 + i for i in range(sectors - 1)] + [0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512 * tables, b"\xff")
    def entry(name, kind, child, start, size):
        wide = name.encode("utf-16-le")
        return (wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36) +
                struct.pack("<IQ", start, size))
    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Data", 2, 0xFFFFFFFF, tables + 1, len(stream)) + bytes(256)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return head + struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables)) + table + folder + stream


def gzip_extra(data):
    plain = gzip.compress(b"harmless")
    field = data[:60000]
    return plain[:3] + b"\4" + plain[4:10] + struct.pack("<H", len(field)) + field + plain[10:]


def outer_kinds():
    """Kind and what makes a file of it, around some bytes."""
    words = b"Some words that make a text of it, and a few more of them.\n" * 20
    page = b"<html><head><title>A page</title></head>\n<body><p>Words.</p>\n"
    rtf = b"{\\rtf1\\ansi Words of a document.\\par\n"
    picture = jpeg(JFIF, TABLE, SCAN)
    bitmap = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4)
    ole = compound(b"harmless")
    class_file = b"\xca\xfe\xba\xbe\0\0\0\x34\0\1" + bytes(60)
    link = struct.pack("<I", 0x4C) + bytes.fromhex("0114020000000000c000000000000046") + bytes(56)
    database = b"SQLite format 3\0" + bytes(4080)
    plain_zip = stored_zip(b"harmless")
    yield "pe-middle", lambda d: pe_with(bytes(512) + d + bytes(512 + -len(d) % 512))
    yield "pe-behind", lambda d: pe_with(b"\xc3" * 512) + bytes(32) + d
    yield "dos-behind", lambda d: b"MZ" + bytes(600) + d
    yield "elf-middle", lambda d: elf_with(bytes(256) + d + bytes(256))
    yield "elf-behind", lambda d: elf() + bytes(32) + d
    yield "macho-middle", lambda d: macho_with(bytes(256) + d + bytes(256))
    yield "macho-behind", lambda d: macho(b"") + bytes(32) + d
    yield "dex-middle", lambda d: dex_with(bytes(256) + d + bytes(256))
    yield "dex-behind", lambda d: dex(b"") + bytes(32) + d
    yield "class-behind", lambda d: class_file + d
    yield "wasm-behind", lambda d: b"\0asm\1\0\0\0" + bytes(64) + d
    yield "junk-middle", lambda d: junk(3000, 1) + d + junk(3000, 2)
    yield "junk-behind", lambda d: junk(9000, 3) + d
    yield "zeros-behind", lambda d: bytes(2000) + d
    yield "text-middle", lambda d: words + d + b"\n" + words
    yield "text-behind", lambda d: words * 5 + d
    yield "html-middle", lambda d: page + b"<!-- " + d + b" -->\n</body></html>\n"
    yield "html-behind", lambda d: page + b"</body></html>\n" + d
    yield "xml-behind", lambda d: b'<?xml version="1.0"?>\n<a>words</a>\n' + d
    yield "shell-behind", lambda d: b"#!/bin/sh\necho words\nexit 0\n" + d
    yield "php-behind", lambda d: b"<?php echo 1; ?>\n" + d
    yield "python-behind", lambda d: b"#!/usr/bin/python3\nprint(1)\n" + d
    yield "jpeg-behind", lambda d: picture + d
    yield "jpeg-comment", lambda d: jpeg(JFIF, *[segment(0xFE, d)] if len(d) < 65000 else [COMMENT], TABLE, SCAN)
    yield "png-behind", lambda d: png() + d
    yield "png-chunk", png_with
    yield "gif-behind", lambda d: gif() + d
    yield "gif-comment", lambda d: gif(trailer=False) + b"\x21\xfe\xff" + d + b"\0\x3b"
    yield "bmp-behind", lambda d: bitmap + d
    yield "tiff-behind", lambda d: b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 4, 1, 8, 0) + d
    yield "ico-behind", lambda d: b"\0\0\1\0\1\0\1\1\0\0\1\0\x18\0\x30\0\0\0\x16\0\0\0" + bytes(48) + d
    yield "riff-data", riff
    yield "mp3-tag", lambda d: b"ID3\3\0\0\0\0\x7f\x7fPRIV" + struct.pack(">IH", len(d), 0) + d + b"\xff\xfb\x90\0" * 100
    yield "ogg-behind", lambda d: b"OggS\0\2" + bytes(60) + d
    yield "pdf-behind", lambda d: pdf(b"/Length 5") + d
    yield "pdf-front", lambda d: d[:900] + pdf(b"/Length 5") if len(d) <= 900 else pdf(b"/Length 5")
    yield "pdf-stream", lambda d: pdf(b"/Length %d>>\nstream\n%s\nendstream\nendobj\n9 0 obj\n<</Length 5" % (len(d) + 40, bytes(40) + d))
    yield "ps-behind", lambda d: b"%!PS-Adobe-3.0\n/x 1 def\n%%EOF\n" + d
    yield "rtf-behind", lambda d: rtf + b"}" + d
    yield "rtf-middle", lambda d: rtf + d + b"\\par Words.}"
    yield "ole2-behind", lambda d: ole + d
    yield "ole2-stream", lambda d: compound(bytes(100) + d)
    yield "zip-behind", lambda d: plain_zip + d
    yield "zip-front", lambda d: d + plain_zip
    yield "zip-comment", lambda d: stored_zip(b"harmless", comment=d) if len(d) < 65000 else plain_zip
    yield "zip-stored", lambda d: stored_zip(junk(300, 5) + d)
    yield "tar-behind", lambda d: tar_of(b"harmless") + d
    yield "tar-member", lambda d: tar_of(junk(300, 4) + d)
    yield "gzip-behind", lambda d: gzip.compress(b"harmless") + d
    yield "gzip-extra", gzip_extra
    yield "gzip-content", lambda d: gzip.compress(junk(300, 6) + d)
    yield "bzip2-behind", lambda d: bz2.compress(b"harmless") + d
    yield "xz-behind", lambda d: lzma.compress(b"harmless") + d
    for name, file in (("7z", "copy.7z"), ("cab", "stored.cab"), ("rar", "stored4.rar"), ("rar5", "stored5.rar"),
                       ("lha", "stored.lzh"), ("arj", "m0.arj"), ("cpio", "newc.cpio"), ("ar", "objects.a")):
        data = fixture(file).replace(b"lazy dog", b"idle dog")
        yield f"{name}-behind", lambda d, data=data: data + d
    yield "swf-behind", lambda d: b"FWS\6" + struct.pack("<I", 28) + bytes.fromhex("08000000000c0100") + bytes(12) + d
    yield "class-middle", lambda d: class_file + d + bytes(64)
    yield "lnk-behind", lambda d: link + d
    yield "sqlite-middle", lambda d: database + d + bytes(4096)
    yield "mail-front", lambda d: b"From: a@example.org\nTo: b@example.org\nSubject: x\n\n" + words + d
    yield "mbr-gap", lambda d: (bytes(446) + struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 0x83, 0, 0, 0, 8, 1) + bytes(48) + b"\x55\xaa" +
                                bytes(4096)) + d
    yield "uuencoded-behind", lambda d: b"begin 644 a.txt\n#86)C\n`\nend\n" + d


def by_clamscan(paths, database):
    found = collections.defaultdict(set)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("".join(f"{path}\n" for path in paths))
        names.flush()
        run = subprocess.run(["clamscan", "-d", database, "--no-summary", "--heuristic-alerts=no", "-f", names.name],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=570)
    for line in run.stdout.splitlines():
        path, _, name = line.rpartition(": ")
        if name.endswith(" FOUND"):
            found[os.path.basename(path)].add(name[:-6])
    return found


def by_daylight(program_path, folder, database):
    run = subprocess.run([program_path, "scan", "--json", "--no-cache", "--db", database, folder], stdout=subprocess.PIPE,
                         text=True, timeout=570)
    found, partial = {}, {}
    for line in map(json.loads, run.stdout.splitlines()):
        if line["type"] == "file":
            name = os.path.basename(line["path"])
            found[name] = [(f["name"], f.get("inner_path", "")) for f in line.get("findings", [])]
            partial[name] = line.get("completeness") == "partial"
    return found, partial


def reason_of(outer, inner):
    for key in ((outer, inner), (outer, "*"), ("*", inner)):
        if key in EXPECTED:
            return EXPECTED[key]
    return None


def report(theirs, ours, cells, show_all):
    missed, expected, more = [], [], []
    for outer, inner in cells:
        name = f"{outer}.{inner}"
        if theirs.get(name) and not ours.get(name):
            (expected if reason_of(outer, inner) else missed).append((outer, inner))
        elif ours.get(name) and not theirs.get(name):
            more.append((outer, inner))
    for title, group in (("missed", missed), *([("more", more)] if show_all else [])):
        rows = collections.defaultdict(list)
        for outer, inner in group:
            rows[outer].append(inner)
        for outer, inners in rows.items():
            print(f"{title} {outer}: {' '.join(inners)}")
    twice = [name for name, findings in ours.items() if len(findings) > 1]
    if show_all and twice:
        print("found more than once:", " ".join(sorted(twice)))
    print(f"{len(cells)} cells: clamscan finds {sum(bool(f) for f in theirs.values())}, daylight "
          f"{sum(bool(f) for f in ours.values())}; {len(more)} by daylight alone, {len(missed)} by clamscan alone and "
          f"{len(expected)} more as expected")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin")))
    parser.add_argument("--only", default="", help="cells with this in their names")
    parser.add_argument("--all", action="store_true", help="list what Daylight alone finds, too")
    parser.add_argument("--keep", type=Path, help="leave the files in this folder")
    arguments = parser.parse_args()
    if not shutil.which("clamscan"):
        print("no clamscan to compare with")
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary) / "cells"
        folder.mkdir(parents=True, exist_ok=True)
        database = Path(temporary) / "database"
        database.mkdir()
        (database / "carving.ndb").write_text("".join(f"{name}:{target}:{place}:{text.hex()}\n"
                                                      for name, (target, place, text) in SIGNATURES.items()))
        inners = inner_kinds(Path(temporary))
        cells = [(outer, inner) for outer, _ in outer_kinds() for inner in inners if arguments.only in f"{outer}.{inner}"]
        makers = dict(outer_kinds())
        for outer, inner in cells:
            (folder / f"{outer}.{inner}").write_bytes(makers[outer](inners[inner]))
        theirs = by_clamscan([folder / f"{outer}.{inner}" for outer, inner in cells], database)
        ours, _ = by_daylight(arguments.bin / "daylight", folder, database)
        return report(theirs, ours, cells, arguments.all)


if __name__ == "__main__":
    sys.exit(main())
