#!/usr/bin/env python3
"""Compares heuristic alerts of Daylight with those of clamscan on generated files.

  tools/compare_heuristics.py [--bin DIR] [--quick] [--keep DIR]

Each group is a set of options that both scanners have, and files made for it: hits, near misses, and cuts of
programs and pictures at many lengths. Both scan the group's folder with a database that finds nothing; the
alerts of each file are compared by name, wherever in the file they stand. Differences that are meant are in
EXPECTED with the reason, and in docs/clamav-compatibility.md. --quick takes every eighth cut. Needs clamscan;
7z for encrypted 7z archives, qpdf for encrypted PDF files, if they are there.

Exit status: 0 if all differences are expected, 1 if not, 77 without clamscan.
"""
import argparse
import collections
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import container_cases
from phishing_cases import cases as phishing_mails, lists as phishing_lists

ROOT = Path(__file__).resolve().parents[1]

EMPTY = {"none.hdb": "00000000000000000000000000000001:1:Nothing\n"}

# Group and file: why the alerts differ.
EXPECTED = {
    ("broken", "elf-nosections"): "packers and strippers leave an odd size of no entries",
}
PRECISE = "the name says more: clamscan's tests for it see the dot before the host, and never hold"
FOUND_MORE = {
    "noscheme": "with hashes loaded, clamscan looks at no address without a scheme",
    "comment": "clamscan drops what is shown behind a comment",
    "entity": "clamscan compares what is shown undecoded",
    "base": "clamscan follows no <base>",
    "https": "clamscan looks for https one byte too far",
    "fragment": "clamscan hashes what is behind #",
    "part": "clamscan looks at no attachments",
    "long": "clamscan looks at no part of more than 100 KB",
}
EXPECTED_FILES = {
    "real-ip": PRECISE, "bare-ip": PRECISE, "real-ip-port": PRECISE, "bare-ip-port": PRECISE, "real-user": PRECISE,
    "bare-user": PRECISE, "real-noscheme": FOUND_MORE["noscheme"], "bare-noscheme": FOUND_MORE["noscheme"],
    "tls-noscheme": FOUND_MORE["noscheme"], "unlisted-noscheme": FOUND_MORE["noscheme"],
    **{f"page-{page}-{encoding}": FOUND_MORE[reason] for encoding in ("7bit", "base64", "quoted-printable")
       for page, reason in (("commented-in", "comment"), ("entity-shown", "entity"), ("base", "base"))},
    "hash-dotdot": "clamscan ends: it writes behind a buffer", "hashtext-dotdot": "clamscan ends: it writes behind a buffer",
    "hashtext-https": FOUND_MORE["https"], "hash-fragment": FOUND_MORE["fragment"],
    "hashtext-fragment": FOUND_MORE["fragment"], "kind-attached": FOUND_MORE["part"], "kind-inline": FOUND_MORE["part"],
    "kind-long": FOUND_MORE["long"],
    **{f"mail-{file}": "clamscan has names for limits of mails, and stops reading there, but answers OK" for file in
       ("fields1030", "fields1100", "bytes400", "arguments260", "arguments400", "parts1030")},
    "cards-letters": "a number that touches letters is none",
    "ssn-letters": "a number that touches letters is none",
    "cards-one5": "Diners Club, 14 digits",
}


def luhn(body):
    total = 0
    for i, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if i % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def text(*lines):
    return ("Some words that make a text of it, and a few more of them.\n" + "\n".join(lines) + "\n").encode()


def pe(machine=0x14C, alignment=0x1000, file_alignment=0x200, entry=0x1000, sections=2, subsystem=3, hole=0,
       wide=False, lfanew=0x80, first=0x1000):
    directories = 16
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, 0x200, 0x200, 0, entry, 0x1000)
    optional += struct.pack("<Q", 0x140000000) if wide else struct.pack("<II", 0x2000, 0x400000)
    optional += struct.pack("<IIHHHHHHIIIIHH", alignment, file_alignment, 6, 0, 0, 0, 6, 0, 0,
                            0x1000 * (sections + 1), 0x400, 0, subsystem, 0)
    optional += struct.pack("<QQQQ" if wide else "<IIII", 0x100000, 0x1000, 0x100000, 0x1000)
    optional += struct.pack("<II", 0, directories) + bytes(8 * directories)
    head = b"MZ" + bytes(58) + struct.pack("<I", lfanew)
    head = head.ljust(lfanew, b"\0") + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664 if wide else machine, sections, 0, 0, 0, len(optional), 0x102) + optional
    for i in range(sections):
        rva = first + 0x1000 * i + (hole if i else 0)
        head += struct.pack("<8sIIIIIIHHI", b".text%d" % i, 0x200, rva, 0x200, 0x400 + 0x200 * i, 0, 0, 0, 0, 0x60000020)
    return head.ljust(0x400, b"\0") + b"\xC3" * 0x200 * sections


def elf(wide=True, big=False, entry=None, phnum=1, shnum=1, phentsize=None, shentsize=None):
    order = ">" if big else "<"
    address = 0x400000
    entry = address + 0x200 if entry is None else entry
    header_size, ph_size, sh_size = (64, 56, 64) if wide else (52, 32, 40)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
    sections_at = header_size + ph_size * max(phnum, 0)
    head = ident + struct.pack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), 2, 62 if wide else 3, 1, entry,
                               header_size, sections_at, 0, header_size, phentsize or ph_size, phnum,
                               shentsize or sh_size, shnum, 0)
    if wide:
        segment = struct.pack(order + "IIQQQQQQ", 1, 5, 0, address, address, 0x300, 0x300, 0x1000)
    else:
        segment = struct.pack(order + "IIIIIIII", 1, 0, address, address, 0x300, 0x300, 5, 0x1000)
    body = head + segment * min(phnum, 200) + bytes(sh_size * min(shnum, 3000))
    return body.ljust(0x300, b"\x90")


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(3 * 8) for _ in range(8))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) +
            chunk(b"tEXt", b"Comment\0harmless") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def gif(image=True, trailer=True, extension=True):
    data = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes(6)
    if extension:
        data += b"\x21\xFE\x05hello\x00" + b"\x21\xF9\x04\x00\x00\x00\x00\x00"
    if image:
        data += b"\x2C" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x03\x84\x51\x05\x00"
    return data + (b"\x3B" if trailer else b"")


def segment(marker, data):
    return b"\xFF" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
EXIF = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
SPIFF = segment(0xE8, b"SPIFF\0" + bytes(24))
COMMENT = segment(0xFE, b"harmless")
TABLE = segment(0xDB, bytes([0]) + bytes(64))
SCAN = segment(0xDA, b"\1\1\0\0\x3F\0") + b"\x12\x34\x56" * 10 + b"\xFF\xD9"


def jpeg(*segments):
    return b"\xFF\xD8" + b"".join(segments)


def tiff(order="<", entries=((256, 4, 1, 8), (257, 4, 1, 8), (270, 2, 16, 8)), following=0, first=24, count=None):
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", first) + b"harmless text!!\0"
    data += struct.pack(order + "H", len(entries) if count is None else count)
    for entry in entries:
        data += struct.pack(order + "HHII", *entry)
    return data + struct.pack(order + "I", following)


def zip_of(*files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def encrypted_zip(data):
    """The flag in both headers, and twelve bytes more: what it says is not decrypted by anyone here."""
    packed = bytes(range(12)) + data
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 1, 0, 0, 0, zlib.crc32(data), len(packed), len(data), 5, 0)
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 1, 0, 0, 0, zlib.crc32(data), len(packed), len(data),
                        5, 0, 0, 0, 0, 0, 0)
    body = local + b"a.txt" + packed
    return body + entry + b"a.txt" + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry) + 5, len(body), 0)


def cuts(data, quick):
    step = 8 if quick else 1
    return range(8, len(data), step) if len(data) < 600 else range(8, len(data), 16 * step)


def structured_files():
    cards = [luhn("401288888888188"), luhn("555555555555444"), luhn("37828224631000"), luhn("601111111111111"),
             luhn("3566002020360505"[:15]), luhn("3056930902590"), luhn("222300004841001")]
    spaced = [" ".join(card[i:i + 4] for i in range(0, len(card), 4)) for card in cards]
    dashed = ["-".join(card[i:i + 4] for i in range(0, len(card), 4)) for card in cards]
    wrong = [card[:-1] + str((int(card[-1]) + 1) % 10) for card in cards]
    files = {"cards-plain": text(*cards), "cards-spaced": text(*spaced), "cards-dashed": text(*dashed),
             "cards-wrong": text(*wrong), "cards-two": text(*cards[:2]), "cards-three": text(*cards[:3]),
             "cards-letters": text(*["x" + card + "y" for card in cards]),
             "cards-longer": text(*["9" + card for card in cards]), "cards-noissuer": text(*[luhn("1" * 15)] * 4)}
    for i, card in enumerate(cards):
        files[f"cards-one{i}"] = text(*[card] * 3)
    ssns = ["123-45-6789", "234-56-7890", "345-67-8901", "456-78-9012"]
    bad = ["000-12-3456", "666-12-3456", "123-00-4567", "123-45-0000", "900-12-3456", "987-65-4320"]
    files |= {"ssn-normal": text(*ssns), "ssn-stripped": text(*[ssn.replace("-", "") for ssn in ssns]),
              "ssn-bad": text(*bad), "ssn-two": text(*ssns[:2]), "ssn-three": text(*ssns[:3]),
              "ssn-touching": text(*["1" + ssn + "2" for ssn in ssns]), "ssn-letters": text(*["a" + s + "b" for s in ssns]),
              "ssn-high": text("772-12-3456", "773-12-3456", "740-12-3456", "733-12-3456"),
              "ssn-spaces": text(*[ssn.replace("-", " ") for ssn in ssns])}
    return files


def broken_files(quick):
    files = {}
    for name, data in (("pe32", pe()), ("pe64", pe(wide=True)), ("elf64", elf()), ("elf32", elf(wide=False)),
                       ("elfbig", elf(big=True))):
        files[f"{name}-whole"] = data
        for size in cuts(data, quick):
            files[f"{name}-cut{size:05}"] = data[:size]
    files |= {"pe-alignment": pe(alignment=0x800), "pe-falignment": pe(file_alignment=0x100),
              "pe-native": pe(file_alignment=0x100, subsystem=1), "pe-entry": pe(entry=0x9000),
              "pe-entry0": pe(entry=0), "pe-nosections": pe(sections=0), "pe-97": pe(sections=97),
              "pe-hole": pe(hole=0x1000), "pe-first": pe(first=0x2000, entry=0x2000), "pe-noheader": pe(lfanew=0),
              "pe-far": b"MZ" + bytes(58) + struct.pack("<I", 0x7FFFFFF) + bytes(500),
              "pe-dos": b"MZ" + bytes(58) + bytes(4) + bytes(500),
              "elf-entry": elf(entry=0x900000), "elf-entry0": elf(entry=0), "elf-phnum": elf(phnum=129),
              "elf-shnum": elf(shnum=2049), "elf-phentsize": elf(phentsize=40), "elf-shentsize": elf(shentsize=40),
              "elf-nosections": elf(shnum=0, shentsize=1), "elf-nosegments": elf(phnum=0)}
    return files


def media_files(quick):
    whole = {"png": png(), "gif": gif(), "gifempty": gif(image=False), "tiff": tiff(), "tiffbig": tiff(">"),
             "jpegjfif": jpeg(JFIF, TABLE, SCAN), "jpegexif": jpeg(EXIF, JFIF, TABLE, SCAN)}
    files = {}
    for name, data in whole.items():
        files[f"{name}-whole"] = data
        files[f"{name}-tail"] = data + b"more bytes"
        for size in cuts(data, quick):
            files[f"{name}-cut{size:05}"] = data[:size]
    broken_length = png().replace(b"\0\0\0\x10tEXt", b"\x80\0\0\x10tEXt")
    files |= {"png-length": broken_length, "gif-label": gif(image=False, trailer=False) + b"\x99\x01\x02",
              "gif-labelafter": gif(trailer=False) + b"\x99\x01\x02", "gif-notrailer": gif(trailer=False),
              "jpeg-dup": jpeg(JFIF, JFIF, SCAN), "jpeg-comment": jpeg(COMMENT, JFIF, SCAN),
              "jpeg-late": jpeg(TABLE, JFIF, SCAN), "jpeg-exifdup": jpeg(EXIF, EXIF, SCAN),
              "jpeg-exiflate": jpeg(TABLE, TABLE, TABLE, EXIF, SCAN), "jpeg-spiff": jpeg(SPIFF, SCAN),
              "jpeg-spiffdup": jpeg(SPIFF, SPIFF, SCAN), "jpeg-spifflate": jpeg(TABLE, SPIFF, SCAN),
              "jpeg-short": jpeg(segment(0xE0, b"JFIF\0\1"), SCAN), "jpeg-exifshort": jpeg(segment(0xE1, b"Exif\0\0"), SCAN),
              "jpeg-size": jpeg(JFIF, b"\xFF\xDB\0\1", SCAN), "jpeg-spurious": jpeg(JFIF, b"\x12\x34", SCAN),
              "jpeg-fill": jpeg(JFIF, b"\xFF\xFF\xFF" + TABLE, SCAN), "jpeg-end": jpeg(JFIF, b"\xFF\xD9"),
              "jpeg-dtt": jpeg(JFIF, segment(0xF2, bytes(8)), SCAN), "jpeg-ls": jpeg(JFIF, segment(0xF7, bytes(8)), SCAN),
              "tiff-zero": tiff(first=0), "tiff-outside": tiff(entries=((270, 2, 5000, 8),)),
              "tiff-order": tiff(following=8), "tiff-self": tiff(following=24), "tiff-next": tiff(following=5000),
              "tiff-count": tiff(count=900), "tiff-byte": tiff(entries=((270, 1, 300, 8),)),
              "tiff-double": tiff(entries=((270, 12, 20, 8),)), "tiff-type": tiff(entries=((270, 99, 300, 8),))}
    return files


def encrypted_files(folder):
    files = {"zip-encrypted": encrypted_zip(b"x" * 40), "zip-plain": zip_of(("a.txt", b"x" * 40)),
             "zip-nested": zip_of(("inner.zip", encrypted_zip(b"x" * 40)))}
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/fixtures/packages"))
    import make_eggs
    files["egg-plain"] = make_eggs.egg(*make_eggs.two("deflate"))
    for kind in ("old", 128, 256):
        files[f"egg-{kind}"] = make_eggs.encrypted_egg("secret9", kind, 7)  # as clamscan wants the size
    plain = folder / "plain.txt"
    plain.write_bytes(b"harmless " * 20)
    if shutil.which("7z"):
        for name, options in (("7z-data", ["-psecret1"]), ("7z-header", ["-psecret1", "-mhe=on"]), ("7z-plain", [])):
            out = folder / f"{name}.7z"
            subprocess.run(["7z", "a", *options, out, plain], check=True, stdout=subprocess.DEVNULL)
            files[name] = out.read_bytes()
        for name, method in (("zip-aes", "AES256"), ("zip-crypto", "ZipCrypto")):
            out = folder / f"{name}.zip"
            subprocess.run(["7z", "a", "-tzip", "-psecret1", f"-mem={method}", out, plain], check=True,
                           stdout=subprocess.DEVNULL)
            files[name] = out.read_bytes()
    return files


def limit_files():
    nested = zip_of(("core.txt", b"harmless"))
    for level in range(8):
        nested = zip_of((f"{level}.zip", nested))
    return {"depth-nine": nested, "files-many": zip_of(*[(f"{i}.txt", b"harmless %d" % i) for i in range(80)]),
            "plain-zip": zip_of(("a.txt", b"harmless"))}


def groups(folder, quick):
    """Name, options of clamscan, options of daylight, files, and lists beside the empty database."""
    structured = structured_files()
    both = ["--detect-structured"]
    yield "structured", [*both, "--detect-structured=yes"], both, structured
    yield ("ssn-stripped", [*both, "--structured-ssn-format=1"], [*both, "--structured-ssn-format", "1"], structured)
    yield "ssn-both", [*both, "--structured-ssn-format=2"], [*both, "--structured-ssn-format=2"], structured
    counts = ["--structured-cc-count=2", "--structured-ssn-count=4"]
    yield "counts", [*both, *counts], [*both, *counts], structured
    yield "credit", [*both, "--structured-cc-mode=1"], [*both, "--structured-cc-mode=1"], structured
    yield "broken", ["--alert-broken"], ["--alert-broken"], broken_files(quick)
    yield "media", ["--alert-broken-media"], ["--alert-broken-media"], media_files(quick)
    encrypted = encrypted_files(folder)
    for option in ("--alert-encrypted", "--alert-encrypted-archive", "--alert-encrypted-doc"):
        yield option[8:], [option], [option], encrypted
    limits = limit_files()
    yield "off", [], [], {**limits, **encrypted}
    yield ("depth", ["--alert-exceeds-max", "--max-recursion=5"], ["--alert-exceeds-max", "--max-depth=4"],
           {"depth-nine": limits["depth-nine"], "plain-zip": limits["plain-zip"]})
    yield ("files", ["--alert-exceeds-max", "--max-files=20"], ["--alert-exceeds-max", "--max-files=20"],
           {"files-many": limits["files-many"], "plain-zip": limits["plain-zip"]})
    mails = phishing_mails()
    for name, options in (("phish", []), ("phish-ssl", ["--alert-phishing-ssl"]), ("phish-cloak", ["--alert-phishing-cloak"])):
        yield name, options, options, mails, phishing_lists()
    yield "phish-off", ["--phishing-scan-urls=no"], ["--phishing-scan-urls=no"], mails, phishing_lists()
    both = ["--alert-phishing-ssl", "--alert-phishing-cloak"]
    yield "phish-nolists", both, both, mails
    containers = dict([*container_cases.zips(), *container_cases.pdfs()])
    yield "containers", [], [], containers
    yield "containers-off", ["--heuristic-alerts=no"], ["--heuristic-alerts=no"], containers
    yield ("disks", ["--alert-partition-intersection"], ["--alert-partition-intersection"], dict(container_cases.disks()))
    yield "mails", ["--alert-exceeds-max"], ["--alert-exceeds-max"], dict(container_cases.mails())
    yield ("filesize", ["--alert-exceeds-max", "--max-filesize=1000"], ["--alert-exceeds-max", "--max-filesize=1000"],
           {"size-large": bytes(2000), "size-small": text("small")})


def by_clamscan(paths, options, database):
    """The alerts of each file; of one on which clamscan itself ends, that it does."""
    alerts = collections.defaultdict(set)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("".join(f"{path}\n" for path in paths))
        names.flush()
        run = subprocess.run(["clamscan", "-d", database, "--no-summary", "--allmatch", "-f", names.name, *options],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=570)
    if run.returncode < 0 and len(paths) > 1:
        half = len(paths) // 2
        return by_clamscan(paths[:half], options, database) | by_clamscan(paths[half:], options, database)
    if run.returncode < 0:
        alerts[paths[0].name] = {"(clamscan ended)"}
        return alerts
    for line in run.stdout.splitlines():
        path, _, found = line.rpartition(": ")
        if found.endswith(" FOUND"):
            alerts[os.path.basename(path)].add(found[:-6])
    return alerts


def by_daylight(program, folder, options, database):
    run = subprocess.run([program, "scan", "--json", "--no-cache", "--db", database, *options, folder],
                         stdout=subprocess.PIPE, text=True, timeout=570)
    alerts = collections.defaultdict(set)
    for line in map(json.loads, run.stdout.splitlines()):
        if line["type"] == "file":
            alerts[os.path.basename(line["path"])] = {f["name"] for f in line.get("findings", [])}
    return alerts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin")))
    parser.add_argument("--only", help="groups whose names begin so")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path, help="leave the files of each group in this folder")
    arguments = parser.parse_args()
    if not shutil.which("clamscan"):
        print("no clamscan to compare with")
        return 77
    bad = cases = expected = 0
    with tempfile.TemporaryDirectory() as temporary:
        root = arguments.keep or Path(temporary)
        work = Path(temporary) / "work"
        work.mkdir()
        for name, theirs, ours, files, *lists in groups(work, arguments.quick):
            if arguments.only and not name.startswith(arguments.only):
                continue
            database = Path(temporary) / f"{name}-database"
            database.mkdir()
            for file, text in {**EMPTY, **(lists[0] if lists else {})}.items():
                (database / file).write_text(text)
            folder = root / name
            folder.mkdir(parents=True, exist_ok=True)
            for file, data in files.items():
                (folder / file).write_bytes(data)
            wanted = collections.defaultdict(set, by_clamscan([folder / file for file in files], theirs, database))
            got = by_daylight(arguments.bin / "daylight", folder, ours, database)
            cases += len(files)
            for file in files:
                if wanted[file] == got[file]:
                    continue
                reason = EXPECTED.get((name, file)) or EXPECTED_FILES.get(file)
                if not reason and file.startswith(("pe32-cut", "pe64-cut")):
                    reason = "cut in the data directories" if 248 <= int(file[8:]) < 400 else None
                if reason:
                    expected += 1
                else:
                    bad += 1
                    print(f"{name}/{file}: clamscan {sorted(wanted[file])}, daylight {sorted(got[file])}")
    print(f"{cases} cases, {expected} expected differences, {bad} others")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
