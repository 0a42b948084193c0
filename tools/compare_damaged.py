#!/usr/bin/env python3
"""Compares what Daylight and clamscan find in damaged containers: a needle in mails, documents, archives and programs.

  tools/compare_damaged.py [--bin DIR] [--seed N] [--rounds N] [--only GLOB] [--keep DIR] [--misses]

The files are those of tests/fixtures and fuzz/corpus, what their generators and tools/make_documents (to be built) make
around a needle, and ClamAV's own test files if they are installed; of them, those in which clamscan finds the needle and in
which it does not stand in the clear. A round damages 400 of them, most by one of the ways in which files are damaged or
doctored: bits, bytes, cuts, insertions, lines, numbers, at any place or at words and marks that matter to their formats.
What clamscan alone finds is listed with what Daylight says of it, but for those of EXPECTED, which has the reason. --only
takes names as they are listed ("mail/*", "packages/*.cab"), --keep leaves the listed files in a folder, and --misses also
lists what neither finds and Daylight calls OK. Same seed, same files.

Exit status: 0 if all that clamscan finds is found, or is expected not to be; 1 if not; 77 without clamscan.
"""
import argparse
import base64
import collections
import fnmatch
import gzip
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from compare_carving import compound, flate_pdf, pe_with, stored_zip

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/fixtures" / folder) for folder in ("mail", "pdf", "script")]
import make_mail  # noqa: E402
import make_pdf  # noqa: E402
import make_script  # noqa: E402

NEEDLE = b"a needle in the nest"
# What the fixtures and the corpora are made around, too.
NEEDLES = [NEEDLE, b"needle in this text", b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"]
TEST_FILES = Path("/usr/share/clamav-testfiles")
FILES_A_ROUND = 400
FILE_BYTES_MAX = 300_000

# By names and by what Daylight says: what clamscan finds in such files, but not always Daylight, and why.
EXPECTED = [
    ("*pdf/predictor_*", "*", "clamscan does not undo predictors: rows of a damaged width, or what a wrong number spoils, it sees as they lie"),
    ("*pdf/filter_twice*", "*", "damage made one list of two entries: it is read as one"),
    ("*pdf/*crypt_*", "PARTIAL*", "the number that a stream's key is made of is lost, or the dictionary that says how it is encrypted"),
    ("*pdf/rc4_*", "PARTIAL*", "as above"),
    ("*pdf/aes_*", "PARTIAL*", "as above"),
    ("*pdf/damaged_encryption_*", "PARTIAL*", "as above"),
    ("*pdf/damaged_trailer*", "PARTIAL*", "as above"),
    ("*mail/base64_junk*", "*", "no line of it is base64 alone; where nothing else says that it is any, only clamscan tries"),
    ("*cryptff/file.bin", "*", "bytes that damage put into the text fall out when clamscan normalises it"),
]

# Marks and words near which damage matters, by what the file holds.
MARKS = [
    b"From ", b"From:", b"Content-", b"boundary", b"multipart", b"base64", b"quoted", b"\n\n", b"\r\n\r\n", b"\n--", b"begin ",
    b"\nend", b"=ybegin", b"=yend", b"(This file", b"\n:", b"message/", b"filename", b"%PDF", b" obj", b"endobj", b"stream",
    b"endstream", b"/Length", b"/Filter", b"/FlateDecode", b"/Decode", b"/Type", b"/ObjStm", b"/Encrypt", b"<<", b">>", b"xref",
    b"trailer", b"{\\rt", b"\\obj", b"\\bin", b"\\pict", b"\\*", b"}", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08", b"\xd0\xcf\x11\xe0",
    b"R\0o\0o\0t\0", b"\xfe\xff\xff\xff", b"\xfd\xff\xff\xff", b"W\0o\0r\0k", b"O\0l\0e\0", b"\x01\x16\x01\0", b"\x78\x9f\x3e\x22",
    b"<html", b"<script", b"data:", b";base64,", b"#@~^", b"<?xml", b"binData", b"</", b"FWS", b"CWS", b"\x30\x80", b"MSCF", b"7z\xbc\xaf",
    b"Rar!", b"-lh", b"\x60\xea", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"xar!", b"EGGA", b"ALZ\1", b"NullsoftInst", b"SZDD", b"koly",
    b"EA06", b"EA05", b"ITSF", b"LZXC", b"CD001", b"NSR0", b"MZ", b"PE\0\0", b".text", b"UPX", b"conectix", b"\xa3\x48\x4b\xbe",
]
NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF]
PREFIXES = [b"\r\n", b" ", b"\n\n", b"MZ" + bytes(100), b"\xef\xbb\xbf", b">From a\n", b"X-A: b\n", b"\0", b"\xff\xfe", b"--x\n"]


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def word_document(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'), ("word/document.xml", b"<w:document/>"),
                           ("word/embeddings/oleObject1.bin", compound(data)), ("word/vbaProject.bin", compound(data * 3))):
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def rtf_object(data):
    native = struct.pack("<IH", len(data) + 40, 2) + b"a.bin\0a.bin\0" + struct.pack("<HHI", 0, 3, 6) + b"a.bin\0"
    native += struct.pack("<I", len(data)) + data
    whole = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + bytes(8) + struct.pack("<I", len(native)) + native
    return b"{\\rtf1\\ansi{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + whole.hex().encode() + b"}}}"


def quoted(data):
    text = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in data)
    return b"".join(text[i:i + 72].encode() + b"=\n" for i in range(0, len(text), 72))


def attached(data, encoding=b"base64", encode=base64.encodebytes, kind=b"application/octet-stream; name=a.bin"):
    return (b"Received: by example.org\nFrom: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/mixed; boundary="=_one"\n\nText.\n\n--=_one\nContent-Type: text/plain\n\nSee there.\n--=_one\n'
            b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding +
            b"\nContent-Disposition: attachment; filename=a.bin\n\n" + encode(data) + b"\n--=_one--\n")


def alone(data, encoding=b"base64", encode=base64.encodebytes):
    return (b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: " + encoding +
            b"\n\n" + encode(data))


def made():
    """Documents and archives around the needle, and each in what carries such files: pairs of a name and its bytes."""
    text = b"Words before it, " + NEEDLE + b", and words behind it.\n"
    flate = zlib.compress(text)
    inner = {
        "text": text, "zip": zipped("a.txt", text), "docx": word_document(text), "gz": gzip.compress(text), "ole2": compound(text),
        "pdf": make_pdf.HEAD + make_pdf.stream(flate, b" /Filter /FlateDecode"), "pe": pe_with(text + bytes(512)),
        "html": b"<html><body><p>" + text + b"</p></body></html>", "rtf": rtf_object(zipped("a.txt", text)),
    }
    outer = {
        "base64.eml": attached, "alone.eml": alone,
        "qp.eml": lambda d: attached(d, b"quoted-printable", quoted),
        "uu.eml": lambda d: attached(d, b"x-uuencode", make_mail.uu), "alone-uu.eml": lambda d: alone(d, b"x-uuencode", make_mail.uu),
        "text-uu.eml": lambda d: make_mail.HEAD + b"\nWords.\n\n" + make_mail.uu(d),
        "message.eml": lambda d: attached(attached(d), b"7bit", bytes, b"message/rfc822"),
        "mbox": lambda d: b"From a@example.org Thu Jul 31 13:51:21 2008\n" + make_mail.HEAD + b"\nText.\n\n"
                          b"From b@example.org Thu Jul 31 13:51:22 2008\n" + attached(d),
        "binhex.hqx": make_mail.binhex, "uu": make_mail.uu, "zip": lambda d: zipped("a.bin", d), "stored.zip": stored_zip,
        "html": lambda d: b"<html><body><a href=\"data:application/octet-stream;base64," + base64.b64encode(d) + b"\">x</a></body></html>",
        "rtf": rtf_object, "doc": compound, "pdf": lambda d: flate_pdf_of(d),
    }
    yield from ((f"made/{name}", data) for name, data in inner.items())
    for name, wrap in outer.items():
        yield from ((f"made/{kind}.{name}", wrap(data)) for kind, data in inner.items())


def flate_pdf_of(data):
    packed = zlib.compress(data)
    return make_pdf.HEAD + make_pdf.stream(packed, b" /Type /EmbeddedFile /Filter /FlateDecode")


def generated(folder, programs):
    """What the generators make around the needle."""
    for name, case in make_mail.cases(NEEDLE).items():
        yield f"mail/{name}.eml", case[0]
    for name, case in make_pdf.cases(NEEDLE).items():
        yield f"pdf/{name}.pdf", case[0]
    for name, case in make_script.cases(NEEDLE.decode()).items():
        yield f"script/{name}", case[0]
    for kind, payload in (("text", NEEDLE), ("zip", zipped("a.txt", NEEDLE))):
        (folder / "payload").write_bytes(payload)
        documents = folder / kind
        subprocess.run([programs / "make_documents", documents, folder / "payload"], check=True, stdout=subprocess.DEVNULL)
        for path in sorted(documents.rglob("*")):
            if path.is_file():
                yield f"documents/{kind}-{path.relative_to(documents)}", path.read_bytes()
    yield from made()


def stored_files():
    for root, title in ((ROOT / "tests/fixtures", ""), (ROOT / "fuzz/corpus", "corpus/"), (TEST_FILES, "clamav/")):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".yar") and path.stat().st_size < FILE_BYTES_MAX:
                yield title + str(path.relative_to(root)), path.read_bytes()


class Scanners:
    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder
        self.database = folder / "database"
        self.database.mkdir()
        self.needles = list(NEEDLES)
        if (TEST_FILES / "clam.exe").exists():
            self.needles.append((TEST_FILES / "clam.exe").read_bytes()[0x200:0x228])
        lines = (f"Needle{number}:0:*:{needle.hex()}\n" for number, needle in enumerate(self.needles))
        (self.database / "needles.ndb").write_text("".join(lines))

    def in_the_clear(self, data):
        return any(needle in data for needle in self.needles)

    def by_clamscan(self, paths):
        (self.folder / "list").write_text("".join(f"{path}\n" for path in paths))
        run = subprocess.run(["clamscan", "-d", self.database, "--no-summary", "--max-scantime=30000", "-f", self.folder / "list"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
        return {os.path.basename(line.split(": ")[0]) for line in run.stdout.splitlines()
                if line.endswith(" FOUND") and ": Needle" in line}

    def by_daylight(self, folder):
        """The names of those in which it is found, and the gaps of those that are partial."""
        run = subprocess.run([self.programs / "daylight", "scan", "--json", "--no-cache", "--db", self.database, folder],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found, partial, seen = set(), {}, set()
        for line in map(json.loads, run.stdout.splitlines()):
            if line["type"] == "file":
                name = os.path.basename(line["path"])
                seen.add(name)
                if line.get("findings"):
                    found.add(name)
                if line.get("completeness") == "partial":
                    partial[name] = "; ".join(sorted({gap["reason"] for gap in line["gaps"]}))
        return found, partial, seen


def base_files(scanners, folder, only):
    """The files to damage, by name: those in which clamscan finds the needle, and in which it cannot be seen."""
    files = {}
    for name, data in (*stored_files(), *generated(folder, scanners.programs)):
        if any(fnmatch.fnmatch(name, pattern) for pattern in only) and not scanners.in_the_clear(data):
            files[name] = bytes(data)
    whole = folder / "whole"
    whole.mkdir()
    names = {}
    for number, (name, data) in enumerate(files.items()):
        names[f"{number:05}"] = name
        (whole / f"{number:05}").write_bytes(data)
    theirs = scanners.by_clamscan([whole / number for number in names])
    ours, _, _ = scanners.by_daylight(whole)
    for number in sorted(theirs - ours):
        print(f"whole {names[number]}: not found even without damage")
    return {names[number]: files[names[number]] for number in sorted(theirs)}, len(theirs - ours)


class Damage:
    """Damages bytes with numbers from one source, and tells what was done."""

    def __init__(self, source, others):
        self.source = source
        self.others = others

    def place(self, data):
        """Anywhere, or near a mark that is there."""
        source = self.source
        if source.random() < 0.5:
            marks = [mark for mark in MARKS if mark in data]
            if marks:
                mark = source.choice(marks)
                at, found = -1, []
                while len(found) < 100 and (at := data.find(mark, at + 1)) >= 0:
                    found.append(at)
                return min(max(source.choice(found) + source.randrange(-8, len(mark) + 40), 0), len(data) - 1)
        return source.randrange(len(data))

    def lines(self, data):
        """One of the lines is lost, doubled, moved, joined, or changed."""
        source = self.source
        lines = bytes(data).split(b"\n")
        at = source.randrange(len(lines))
        kind = source.choice(["lose", "double", "swap", "join", "blank", "case", "indent", "cut", "cr", "spaces", "junk", "quote"])
        if kind == "lose":
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "swap":
            other = source.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "join" and at + 1 < len(lines):
            lines[at:at + 2] = [lines[at] + lines[at + 1]]
        elif kind == "blank":
            lines.insert(at, source.choice([b"", b" ", b"\r", b"\t"]))
        elif kind == "case":
            lines[at] = lines[at].swapcase()
        elif kind == "indent":
            lines[at] = source.choice([b" ", b"\t", b"> ", b"-", b"."]) + lines[at]
        elif kind == "cut":
            lines[at] = lines[at][:source.randrange(len(lines[at]) + 1)]
        elif kind == "cr":
            lines = [line + b"\r" for line in lines]
        elif kind == "spaces":
            lines[at] += source.choice([b" ", b"\t", b"   \r", b";", b"="])
        elif kind == "junk":
            lines.insert(at, source.choice([source.randbytes(20), b"some words: and more", b"--", b"begin 644 x", b"end", b"From x"]))
        elif kind == "quote":
            lines = [b">" + line for line in lines]
        data[:] = b"\n".join(lines)
        return f"line {at} {kind}"

    def once(self, data):
        source = self.source
        kind = source.choice(["flip", "flip", "flip", "head", "cut", "zero", "insert", "front", "behind", "double", "join", "lose",
                              "swap", "ones", "number", "number", "digit", "line", "line", "line"])
        at = self.place(data)
        if kind == "flip":
            data[at] ^= 1 << source.randrange(8)
        elif kind == "head":
            at = source.randrange(min(len(data), 64))
            data[at] = source.randrange(256)
        elif kind == "cut":
            del data[max(at, len(data) // 4):]
        elif kind == "zero":
            size = len(data[at:at + source.choice([1, 2, 4, 16])])
            data[at:at + size] = bytes(size)
        elif kind == "ones":
            size = len(data[at:at + source.choice([1, 2, 4])])
            data[at:at + size] = b"\xff" * size
        elif kind == "insert":
            data[at:at] = source.randbytes(source.choice([1, 2, 4, 7]))
        elif kind == "front":
            data[0:0] = source.choice([*PREFIXES, source.randbytes(source.randrange(1, 700)), b"text here\n" * source.randrange(1, 40)])
        elif kind == "behind":
            data += source.choice([source.randbytes(source.randrange(1, 700)), bytes(source.randrange(1, 5000)), b"\r\n"])
        elif kind == "double":
            data[at:at] = data[at:at + source.randrange(1, 200)]
        elif kind == "join":
            data += source.choice(self.others)
        elif kind == "lose":
            del data[at:at + source.choice([1, 1, 2, 4, 30])]
        elif kind == "swap":
            other = source.randrange(len(data))
            data[at], data[other] = data[other], data[at]
        elif kind == "number":
            order, form = source.choice("<>"), source.choice("BHI")
            size = struct.calcsize(form)
            if at + size <= len(data):
                data[at:at + size] = struct.pack(order + form, source.choice(NUMBERS) & (256 ** size - 1))
        elif kind == "digit":
            digits = [i for i in range(at, min(at + 200, len(data))) if chr(data[i]).isdigit()]
            if digits:
                at = source.choice(digits)
                data[at] = source.choice(b"0123456789")
        elif kind == "line":
            return self.lines(data)
        return f"{kind} {at}"

    def __call__(self, data):
        data, done = bytearray(data), []
        for _ in range(self.source.choice([1, 1, 1, 1, 2, 3])):
            if len(data) >= 8:
                done.append(self.once(data))
        return bytes(data), ", ".join(done)


def is_expected(name, verdict):
    return any(fnmatch.fnmatchcase(name, names) and fnmatch.fnmatchcase(verdict, said) for names, said, _ in EXPECTED)


class Comparison:
    def __init__(self, scanners, files, arguments):
        self.scanners, self.files, self.arguments = scanners, files, arguments
        self.count = collections.Counter()
        self.missed_by_group = collections.Counter()

    def round(self, number, folder):
        source = random.Random(f"{self.arguments.seed}-{number}")
        names = sorted(self.files)
        damage = Damage(source, [self.files[name] for name in names])
        cases = {}
        for case in range(FILES_A_ROUND):
            name = source.choice(names)
            data, done = damage(self.files[name])
            file = f"{self.arguments.seed}-{number}-{case:03}-{name.replace('/', '-')}"
            cases[file] = (name, done)
            (folder / file).write_bytes(data)
        theirs = self.scanners.by_clamscan([folder / file for file in cases])
        ours, partial, seen = self.scanners.by_daylight(folder)
        for file in sorted(set(cases) - seen):
            self.tell("no report", folder / file, *cases[file], partial)
        self.count.update(files=len(cases), theirs=len(theirs), ours=len(ours), more=len(ours - theirs), missed=len(set(cases) - seen))
        for file in sorted(theirs - ours):
            if is_expected(cases[file][0], self.verdict(file, partial)):
                self.count["expected"] += 1
            else:
                self.count["missed"] += 1
                self.missed_by_group[cases[file][0].rpartition("/")[0]] += 1
                self.tell("missed", folder / file, *cases[file], partial)
        self.count["partial"] += len(set(partial) - ours - theirs)
        for file in sorted(set(cases) - ours - theirs - set(partial)):
            self.count["silent"] += 1
            if self.arguments.misses:
                self.tell("both miss", folder / file, *cases[file], partial)

    @staticmethod
    def verdict(file, partial):
        return f"PARTIAL ({partial[file]})" if file in partial else "OK"

    def tell(self, what, path, name, done, partial):
        print(f"{what} {path.name}: {name} [{done}] {self.verdict(path.name, partial)}", flush=True)
        if self.arguments.keep:
            self.arguments.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, self.arguments.keep)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help=f"of {FILES_A_ROUND} files each")
    parser.add_argument("--only", action="append", metavar="GLOB", help="files with such names; may be given more than once")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the listed files there")
    parser.add_argument("--misses", action="store_true", help="list what neither finds and Daylight calls OK")
    arguments = parser.parse_args()
    if not shutil.which("clamscan"):
        print("no clamscan to compare with")
        return 77
    with tempfile.TemporaryDirectory(prefix="compare-damaged.") as temporary:
        scanners = Scanners(arguments.bin, Path(temporary))
        files, missed_whole = base_files(scanners, Path(temporary), arguments.only or ["*"])
        groups = collections.Counter(name.rpartition("/")[0] for name in files)
        print(f"{len(files)} files: " + ", ".join(f"{count} {group}" for group, count in sorted(groups.items())), flush=True)
        if not files:
            return 1
        comparison = Comparison(scanners, files, arguments)
        for number in range(arguments.rounds):
            folder = Path(temporary) / "round"
            folder.mkdir()
            comparison.round(number, folder)
            shutil.rmtree(folder)
    count = comparison.count
    for group, missed in comparison.missed_by_group.most_common():
        print(f"{missed} missed of {group}")
    print(f"{count['files']} damaged files: clamscan finds {count['theirs']}, daylight {count['ours']}; {count['more']} by daylight alone, "
          f"{count['missed']} by clamscan alone and {count['expected']} more as expected; of those that neither finds, daylight calls "
          f"{count['partial']} PARTIAL and {count['silent']} OK")
    return 1 if count["missed"] or missed_whole else 0


if __name__ == "__main__":
    sys.exit(main())
