#!/usr/bin/env python3
"""Compares Daylight with clamscan on generated databases of body signatures: same names on the same inputs.

  compare_clamav.py [--bin DIR] [--clamscan PROGRAM] [--seed N] [--rounds N] [--only WORD] [--quick] [-v]

Written cases try every form of the grammar (found and not found); random rounds combine them. Each case is a database
of one or a few files and some inputs; `clamscan -z` and `daylight scan --json` look at the same files and the sets of
names are compared. Differences that are meant are listed in INTENDED with their reason, and in
docs/clamav-compatibility.md. Exits with 1 if anything else differs. clamscan is only run, never linked or copied.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = bytes([0, 1, 2, 0xFF, 0xFE, 0x80, 0, 0x90])  # makes an input neither text nor anything else
JUNK = bytes(range(1, 32)) + bytes(range(128, 256))  # nor UTF-16, which clamscan sees in little

# Case name: why the programs differ.
INTENDED = {
    **{f"edge_not_left_{x}": "clamscan never finds a negated test at the left end" for x in "BLW"},
    "target_text_raw": "text is matched raw as well as normalised",
    "compare_10_>>8#hl4#=4096": "odd digits, least significant first, with rubbish behind them",
    "compare_binary_15_>>8#ib8#=0xffffffffffffffff": "clamscan cuts numbers over 2^63-1",
    "version_gap": "clamscan wants every part at a version string, and finds nothing",
    "pcre_compare": "a comparison from where a regex matched: clamscan compares before it runs expressions",
    **{f"macro_{x}": "clamscan sees a macro only from the second match on" for x in ("8-10", "10-13", "0-100", "13-13")},
    **{f"options_{x}": "clamscan takes the input for UTF-16 and looks at its text" for x in ("i", "if", "ii", "alt_case")},
    "handler": "clamscan's decoder of the handler's type does not look at what it cannot open",
    "idb_line_13": "an empty line is none: clamscan refuses the database",
    "crb_serial_stays": "clamscan forgets to ask for serials behind a line without one",
    "crb_ignored": "clamscan does not leave out rules by name",
    "ftm_line_18": "clamscan takes zeros and ones for text",
    "ftm_line_27": "nothing is left unscanned because of its first bytes",
    "ftm_line_28": "pages are scanned as they lie in the file, too",
    **{f"egg_{x}": "clamscan decodes no LZMA in EGG" for x in ("lzma", "blocks", "unended")},
    **{f"egg_{x}": "clamscan opens no solid EGG" for x in ("solid", "solid_each", "solid_stored")},
    **{f"egg_{x}": "clamscan reads no volume of an EGG, and nothing behind damage" for x in ("volume", "rubbish", "loose")},
    **{f"egg_encrypted_{x}": "clamscan tries no passwords on EGG" for x in ("old", "aes128")},
    "empty_line": "one bad line does not discard the rest",
}


LISTS = ("ftm_", "pwdb_", "crb_", "idb_")


def hexed(data):
    return data.hex() if isinstance(data, bytes) else data.encode("latin-1").hex()


def data(*pieces):
    """An input of random-looking filler that holds nothing, and the pieces in it."""
    return BINARY + b"".join(p if isinstance(p, bytes) else p.encode("latin-1") for p in pieces) + b"\x00\xf0" * 8 + JUNK


def pe(sections=((b"\xcc" * 512), (b"\x90" * 512)), entry=0x1000, overlay=b"", pe_magic=b"PE\0\0", resources=(0, 0)):
    """A small PE32 file: sections of the given bytes, each at its own page; raw data from 0x200 on."""
    count = len(sections)
    dos = b"MZ" + bytes(58) + struct.pack("<I", 0x40)
    header = pe_magic + struct.pack("<HHIIIHH", 0x14C, count, 0, 0, 0, 0xE0, 0x102)
    optional = struct.pack("<HBBIIIIII", 0x10B, 1, 0, 0x200, 0x200, 0, entry, 0x1000, 0x2000)
    optional += struct.pack("<IIIHHHHHHIIIIHHIIIIII", 0x400000, 0x1000, 0x200, 4, 0, 0, 0, 4, 0, 0,
                            0x1000 * (count + 1), 0x200, 0, 3, 0, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += bytes(2 * 8) + struct.pack("<II", *resources) + bytes(13 * 8)
    table, raw, place = b"", b"", 0x200
    for i, content in enumerate(sections):
        content = content + bytes(-len(content) % 512)
        table += struct.pack("<8sIIIIIIHHI", b".s%d" % i, len(content), 0x1000 * (i + 1), len(content), place, 0, 0, 0,
                             0, 0x60000020)
        raw += content
        place += len(content)
    head = dos + header + optional + table
    assert len(head) <= 0x200
    return head + bytes(0x200 - len(head)) + raw + overlay


def version_pe(strings, before=0):
    """A PE file whose second section is a version resource with these (key, value) strings."""
    def block(key, value, children=b"", text=False):
        head = key.encode("utf-16-le") + b"\0\0"
        head += bytes(-(6 + len(head)) % 4)
        body = head + value + bytes(-len(value) % 4) + children
        return struct.pack("<HHH", 6 + len(body), len(value) // (2 if text else 1), 1 if text else 0) + body

    def padded(one):
        return one + bytes(-len(one) % 4)
    texts = b"".join(padded(block(k, v.encode("utf-16-le") + b"\0\0", text=True)) for k, v in strings)
    info = padded(block("StringFileInfo", b"", block("040904b0", b"", texts, True), True))
    version = block("VS_VERSION_INFO", struct.pack("<IIIIIIIIIIIII", 0xFEEF04BD, 0x10000, *[0] * 11), info)
    rva = 0x2000 + before
    tree = b"".join(struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, name, target)
                    for name, target in ((16, 0x80000018), (1, 0x80000030), (0x409, 0x48)))
    tree += struct.pack("<IIII", rva + 0x58, len(version), 0, 0)
    section = b"\0" * before + tree + version
    return pe((b"\xcc" * 512, section), resources=(rva, len(tree) + len(version)))


def elf(content, entry_offset=0x10):
    """A 64-bit ELF program with one segment and one section over the content."""
    base, start = 0x400000, 0x200
    names = b"\0.text\0.shstrtab\0"
    sections = [struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                struct.pack("<IIQQQQIIQQ", 1, 1, 6, base + start, start, len(content), 0, 0, 16, 0),
                struct.pack("<IIQQQQIIQQ", 7, 3, 0, 0, start + len(content), len(names), 0, 0, 1, 0)]
    table = start + len(content) + len(names)
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + start + entry_offset, 64, table, 0, 64, 56, 1, 64, 3, 2)
    head += struct.pack("<IIQQQQQQ", 1, 5, start, base + start, base + start, len(content), len(content), 0x1000)
    return head + bytes(start - len(head)) + content + names + b"".join(sections)


def ndb(*lines):
    return {"a.ndb": "".join(f"{line}\n" for line in lines)}


def ldb(*lines, **more):
    out = {"a.ldb": "".join(f"{line}\n" for line in lines)}
    out.update({f"a.{ending}": text for ending, text in more.items()})
    return out


def simple(name, pattern, *inputs, target=0, offset="*"):
    return name, ndb(f"T.{name}:{target}:{offset}:{pattern}"), list(inputs)


def logic(name, expression, subs, *inputs, tdb="Engine:51-255,Target:0", **more):
    return name, ldb(";".join([f"T.{name}", tdb, expression, *subs]), **more), list(inputs)


def pattern_cases():
    word = "0a4b5c6d7e"
    body = bytes.fromhex(word)
    yield simple("plain", word, data(body), data(body[:4]), data("x", body, body))
    yield simple("short3", "a1b2c3", data(bytes.fromhex("a1b2c3")), data())
    yield simple("short2", "a1b2", data(bytes.fromhex("a1b2")))
    yield simple("upper", word.upper(), data(body))
    yield simple("any", "0a4b??6d7e", data(body), data(b"\x0a\x4b\xff\x6d\x7e"), data(b"\x0a\x4b\x6d\x7e"))
    yield simple("nibble_high", "0a4b5?6d7e", data(body), data(b"\x0a\x4b\x6c\x6d\x7e"))
    yield simple("nibble_low", "0a4b?c6d7e", data(body), data(b"\x0a\x4b\x6c\x6d\x7e"), data(b"\x0a\x4b\x6d\x6d\x7e"))
    yield simple("trailing_any", "0a4b5c??", data(body), BINARY + b"\x0a\x4b\x5c")
    yield simple("leading_any", "??0a4b5c", data(body), b"\x0a\x4b\x5c" + BINARY)
    gap = lambda n: data(b"\x0a\x4b\x5c", b"z" * n, b"\x6d\x7e\x8f")
    gaps = [gap(n) for n in (0, 1, 2, 3, 4, 5, 6, 7, 126, 127, 128, 129, 200, 1000)]
    for text in ("*", "{3}", "{0}", "{3-5}", "{-4}", "{5-}", "{127}", "{128}", "{129-200}", "{0-0}", "{0-2}", "{5-3}"):
        name = "gap_" + "".join(c if c.isalnum() else f"_{ord(c):x}" for c in text)
        yield simple(name, f"0a4b5c{text}6d7e8f", *gaps, data(b"\x6d\x7e\x8f\x0a\x4b\x5c"))
    yield simple("gap_short_right", "0a4b5c{3}6d", gap(3), gap(4))
    yield simple("gap_short_right_far", "0a4b5c*6d", gap(3))
    yield simple("gap_end", "0a4b5c*", data(body))
    yield simple("gap_begin", "*0a4b5c", data(body))
    yield simple("gap_twice", "0a4b**5c6d", data(body))
    yield simple("gap_overlap", "0a4b5c*4b5c6d", data(b"\x0a\x4b\x5c\x6d"), data(b"\x0a\x4b\x5c\x4b\x5c\x6d"))
    yield simple("three_parts", "0a4b5c{2-4}6d7e8f*1122", data(b"\x0a\x4b\x5czz\x6d\x7e\x8f\x11\x22"),
                 data(b"\x0a\x4b\x5cz\x6d\x7e\x8f\x11\x22"), data(b"\x11\x22\x0a\x4b\x5czz\x6d\x7e\x8f"))
    yield simple("two_fixed_needed", "0a??4b??5c", data(b"\x0a1\x4b2\x5c"))
    yield simple("two_fixed_behind", "0a??4b5c??6d", data(b"\x0a1\x4b\x5c2\x6d"), data(b"\x0a1\x4b\x5c\x6d"))
    yield simple("odd", "0a4b5", data(body))
    yield simple("not_hex", "0a4bxx5c", data(body))
    yield simple("empty", "", data(body))
    alternatives = [data(b"\x0a\x4b", x, b"\x6d\x7e") for x in (b"\x11", b"\x22", b"\x33", b"\x11\x22", b"\x33\x44",
                                                              b"\x11\x22\x33", b"", b"\x55\x66")]
    for name, text in (("alt_bytes", "(11|22)"), ("alt_equal", "(1122|3344)"), ("alt_unequal", "(11|3344|112233)"),
                       ("alt_nested", "((11|33)44|(1122|55)66)"), ("alt_wild", "(1?|??44)"), ("alt_not", "!(11|22)"),
                       ("alt_not_long", "!(1122|3344)"), ("alt_not_unequal", "!(11|3344)"), ("alt_one", "(11)"),
                       ("alt_gap", "(11{2}22|33)"), ("alt_empty", "(11|)"), ("alt_open", "(11|22"), ("alt_close", "11)")):
        yield simple(name, f"0a4b{text}6d7e", *alternatives)
    yield simple("alt_first", "(1122|33)0a4b5c6d", data(b"\x11\x22\x0a\x4b\x5c\x6d"), data(b"\x33\x0a\x4b\x5c\x6d"),
                 data(b"\x22\x0a\x4b\x5c\x6d"))
    yield simple("alt_last", "0a4b5c6d(1122|33)", data(b"\x0a\x4b\x5c\x6d\x11\x22"), data(b"\x0a\x4b\x5c\x6d\x33"),
                 data(b"\x0a\x4b\x5c\x6d\x11"))
    around = [b" ", b"-", b".", b"/", b"<", b"@", b"_", b"\r", b"\n", b"\"", b"'", b"=", b">", b"a", b"Z", b"5", b"\0",
              b"\r\n", b"\xff", b":"]
    edges = [BINARY + x + b"KLMNOP" + y + BINARY for x in around for y in (b"\0",)]
    edges += [BINARY + b"\0KLMNOP" + y + BINARY for y in around] + [b"KLMNOP" + BINARY * 2, BINARY * 2 + b"KLMNOP"]
    inner = [BINARY + b"KLM" + x + b"NOP" + BINARY for x in around]
    text = hexed("KLMNOP")
    for letter in "BLW":
        yield simple(f"edge_left_{letter}", f"({letter}){text}", *edges)
        yield simple(f"edge_right_{letter}", f"{text}({letter})", *edges)
        yield simple(f"edge_not_left_{letter}", f"!({letter}){text}", *edges)
        yield simple(f"edge_not_right_{letter}", f"{text}!({letter})", *edges)
        yield simple(f"edge_inside_{letter}", f"{hexed('KLM')}({letter}){hexed('NOP')}", *inner)
        yield simple(f"edge_not_inside_{letter}", f"{hexed('KLM')}!({letter}){hexed('NOP')}", *inner)
    far = [data(b"\xaa", b"z" * n, b"KLMNOP") for n in range(6)] + [data(b"KLMNOP", b"z" * n, b"\xaa") for n in range(6)]
    for name, pattern in (("far_left", f"aa[2-4]{text}"), ("far_right", f"{text}[2-4]aa"), ("far_zero", f"aa[0-1]{text}"),
                          ("far_one", f"aa[3]{text}"), ("far_too_far", f"aa[2-40]{text}"), ("far_two", f"aabb[2-4]{text}"),
                          ("far_both", f"aa[1-2]{text}[1-2]aa")):
        yield simple(name, pattern, *far, data(b"\xaazKLMNOPz\xaa"))
    yield simple("far_left_offset", f"aa[2-4]{text}", BINARY + b"\xaazzKLMNOP" + BINARY, offset="11")
    yield simple("far_left_offset_2", f"aa[2-4]{text}", BINARY + b"\xaazzKLMNOP" + BINARY, offset="8")


def offset_cases():
    word = b"\x0a\x4b\x5c\x6d\x7e"
    text = word.hex()
    at = lambda n, size=400: (BINARY * 100)[:n] + word + (BINARY * 100)[:size - n - len(word)]
    places = [at(n) for n in (0, 10, 11, 15, 16, 20, 21, 390, 395)]
    for name, offset in (("zero", "0"), ("ten", "10"), ("shift", "10,5"), ("eof", "EOF-10"), ("eof_shift", "EOF-10,5"),
                         ("eof_5", "EOF-5"), ("empty", ""), ("letters", "abc"), ("negative", "-5"), ("se_any", "SE0"),
                         ("ep_any", "EP+0"), ("shift_empty", "10,"), ("eof_empty", "EOF-"), ("vi_any", "VI"),
                         ("shift_letters", "10,x"), ("star_shift", "*,5"), ("eof_far", "EOF-4000")):
        yield simple(f"offset_{name}", text, *places, offset=offset)
    yield simple("offset_parts", "0a4b5c*6d7e", *places, at(10)[:13] + b"zzz" + at(10)[13:], offset="10")
    yield simple("offset_alt_first", "(11|2233)0a4b5c", BINARY + b"\x11\x0a\x4b\x5c" + BINARY,
                 BINARY + b"\x22\x33\x0a\x4b\x5c" + BINARY, offset="8")
    one = lambda n: b"\xcc" * n + word + b"\xcc" * (512 - n - len(word))
    none = b"\x90" * 512
    programs = [pe((one(n), none)) for n in (0, 16, 20, 507)] + [pe((none, one(n))) for n in (0, 16, 20, 507)]
    programs += [pe((none, none), overlay=b"\0" * n + word) for n in (0, 1, 10)]
    programs += [pe((one(0), none), entry=0x1000), pe((none, one(32)), entry=0x2010), pe((one(0), none), pe_magic=b"XX\0\0"),
                 data(word)]
    for name, offset in (("ep", "EP+0"), ("ep_plus", "EP+16"), ("ep_minus", "EP-16"), ("ep_shift", "EP+0,16"),
                         ("s0", "S0+0"), ("s0_16", "S0+16"), ("s1", "S1+0"), ("s1_shift", "S1+10,10"), ("s2", "S2+0"),
                         ("sl", "SL+0"), ("sl_16", "SL+16"), ("se0", "SE0"), ("se1", "SE1"), ("se2", "SE2"), ("se", "SE"),
                         ("pe_eof", "EOF-5"), ("pe_abs", "512"), ("pe_any", "*"), ("s_bad", "Sx+0"), ("s_bare", "S0"),
                         ("ep_bare", "EP"), ("ep_empty", "EP+"), ("se0_shift", "SE0,20")):
        yield simple(f"offset_{name}", text, *programs, target=1, offset=offset)
    versions = [version_pe([("CompanyName", "Nobody"), ("FileVersion", "1.2")]), version_pe([("FileVersion", "1.2")]),
                version_pe([("FileVersion", "CompanyName"), ("CompanyName", "Nobody")], 64), pe()]
    for name, key in (("key", "CompanyName"), ("value", "Nobody"), ("file", "FileVersion"), ("part", "anyName")):
        for offset in ("VI", "*"):
            yield simple(f"version_{name}_{offset}", hexed(key.encode("utf-16-le")), *versions, target=1, offset=offset)
    yield simple("version_gap", hexed("CompanyName".encode("utf-16-le")) + "{-20}" + hexed("Nobody".encode("utf-16-le")),
                 *versions, target=1, offset="VI")
    elves = [elf(one(n)) for n in (0, 16, 20, 507)]
    for name, offset in (("ep", "EP+0"), ("ep_4", "EP+4"), ("s0", "S0+0"), ("s1", "S1+0"), ("se0", "SE0"), ("se1", "SE1"),
                         ("sl", "SL+0"), ("s1_16", "S1+16"), ("any", "*"), ("eof", "EOF-100")):
        yield simple(f"offset_elf_{name}", text, *elves, target=6, offset=offset)


def target_cases():
    word = b"\x0a\x4b\x5c\x6d\x7e"
    inputs = {
        "bin": data(word), "pe": pe((word + b"\xcc" * 507, b"\x90" * 512)), "elf": elf(word + b"\xcc" * 507),
        "dos": b"MZ" + bytes(62) + word, "pdf": b"%PDF-1.4\n" + word + b"\n%%EOF\n",
        "gif": b"GIF89a" + bytes(20) + word, "swf": b"FWS\x05" + bytes(20) + word,
        "java": b"\xca\xfe\xba\xbe\x00\x00\x00\x32" + bytes(20) + word,
        "png": b"\x89PNG\r\n\x1a\n" + bytes(20) + word, "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(20) + word,
    }
    for target in [*range(15), 15, 20, 99, "*", "x", ""]:
        if target != 3:
            yield simple(f"target_{target}", word.hex(), *inputs.values(), target=target)
    text = b"just some plain words Marker-Word and more of them\n" * 3
    yield simple("target_text", hexed("marker-word"), text, data("marker-mord"), target=7)
    yield simple("target_text_raw", hexed("Marker-Word"), text, target=7)
    yield simple("target_text_any", hexed("Marker-Word"), text, data("Marker-Word"), target=0)
    mail = b"From: a@example.org\nTo: b@example.org\nSubject: Marker-Word\nMessage-ID: <1@x>\n\nMarker-Body\n"
    yield simple("target_mail", hexed("Marker-Word"), mail, text, target=4)


TOKENS = [b"AbCdEfG0", b"HiJkLmN1", b"OpQrStU2", b"VwXyZaB3", b"cDeFgHi4"]


def stream(*order):
    """An input with tokens in this order, apart from each other."""
    return BINARY + b"".join(TOKENS[i] + b"\x01\x02" for i in order) + BINARY


ORDERS = [(), (0,), (1,), (2,), (0, 1), (1, 0), (0, 0), (0, 0, 0), (0, 1, 2), (0, 0, 1), (1, 1, 0), (1, 1), (2, 2, 2),
          (0, 1, 1, 2), (0, 2), (1, 2), (1, 1, 1), (0, 0, 1, 1), (0, 0, 1, 1, 2, 2), (0, 0, 0, 0, 0, 1)]


def logic_cases():
    subs = [t.hex() for t in TOKENS]
    streams = [stream(*order) for order in ORDERS]
    for expression in ("0", "0&1", "0|1", "0&1&2", "0|1&2", "(0|1)&2", "(0|1&2)", "0&1|2", "(0&1|2)", "(0&1)|2", "0>1", "0>0",
                       "0=2", "0=0", "0<3", "0<2&1", "0=0&1", "1&0=0", "(0|1)>1", "(0|1)>1,2", "(0|1)=2", "(0|1)=2,2",
                       "(0|1)=0", "(0|1)=0&2", "(0|1)<2&2", "(0|1|2)>2,2", "(0&1)>2", "(0&1)=2", "(0&1)=3,2", "(0&1)<3",
                       "((0|1)>1|2)", "((0|1)>1&2)=3", "((0|1)&2)", "0>1&(1|2)", "(0>1|1>1)", "(0>1&1>1)>3", "(0|1)<3,2&2",
                       "0>1,1", "0=1,2", "(0)", "((0))", "((0)&1)", "(0)>1", "0&(1=0|2)", "((0|1)=0|2)", "(0=0|1)>1",
                       "(0<2|1)>1", "((0|1)=2|2)>2", "(0&1|2&3)", "(0|1&2|3)", "0&1|2&3", "(0&1&2|3)", "((0&1|2)&3)", "(0|1|2&3)>2"):
        ids = sorted({int(c) for c in re.sub(r"[=<>][0-9]+(,[0-9]+)?", "", expression) if c.isdigit()})
        if ids == list(range(len(ids))):
            yield logic("logic_" + expression, expression, subs[:len(ids)], *streams)
    for expression in ("0&", "&0", "0&&1", "(0", "0)", "0>x", "a", "", "0>>1", "0=1=2", "()", "0 & 1", "1", "(0|1)>", "0>1,"):
        count = 2 if "1" in expression and "&1" in expression or "|1" in expression else 1
        yield logic("bad_logic_" + expression, expression, subs[:count], *streams[:6])
    yield logic("too_many", "0", subs[:2], *streams[:6])
    yield logic("too_few", "0&1", subs[:1], *streams[:6])
    many = [(b"mark%04d" % i).hex() for i in range(70)]
    for count in (63, 64, 65):
        yield logic(f"subs_{count}", "|".join(str(i) for i in range(count)), many[:count],
                    data(b"mark%04d" % (count - 1)), data("mark0000"), data("mark"))
    yield logic("overlapping", "0=3", [hexed("aaaa")], *[data("a" * n) for n in range(3, 9)])
    yield logic("overlapping_2", "0>1", [hexed("abab")], data("ababab"), data("abababab"), data("abab"))
    yield logic("parts_count", "0>1", ["4142434445*5051525354"], data("ABCDEPQRST"), data("ABCDEPQRSTPQRST"),
                data("ABCDEABCDEPQRST"), data("ABCDEPQRSTABCDEPQRST"))
    yield logic("parts_count_bounded", "0>1", ["4142434445{-4}5051525354"], data("ABCDEPQRST"),
                data("ABCDEPQRSTPQRST"), data("ABCDEPQRSTABCDEPQRST"), data("ABCDEzABCDEzPQRST"))
    yield logic("offset_sub", "0&1", ["10:" + subs[0], subs[1]], *streams, BINARY + b"zz" + TOKENS[0] + TOKENS[1],
                BINARY + TOKENS[1] + b"zz" + TOKENS[0])
    yield logic("offset_eof", "0", ["EOF-8:" + subs[0]], BINARY * 4 + TOKENS[0], data(TOKENS[0]))
    yield logic("sub_short", "0", ["a1b2"], data(b"\xa1\xb2"), data())
    yield logic("sub_one", "0", ["a1"], data(b"\xa1"), data())
    yield logic("wild_sub", "0", [hexed("Ab") + "??" + hexed("dE")], *streams[:3])


def option_cases():
    word = hexed("KeyWord")
    wide = "".join(c + "\0" for c in "KeyWord")
    around = [data(JUNK * 4, x, w, y) for w in ("KeyWord", "KEYWORD", "keyword", wide, wide.upper())
              for x, y in (("\1", "\1"), ("a", "\1"), ("\1", "z"), ("a\0", "\1\1"), ("\1", "z\0"), (" ", " "), ("5", "\1"))]
    for options in ("i", "w", "a", "f", "iw", "wa", "iwa", "if", "wf", "iwf", "waf", "iwaf", "af", "x", "", "ii"):
        yield logic(f"options_{options}", "0", [f"{word}::{options}"], *around)
    yield logic("options_offset", "0", [f"8:{word}::i"], data("KEYWORD"), data("x", "KEYWORD"))
    yield logic("options_wild", "0", [f"4b6579??6f7264::i"], *around[:12])
    yield logic("options_wide_wild", "0", [f"4b6579??6f7264::w"], *around)
    yield logic("options_wide_gap", "0", [f"4b6579{{1}}6f7264::w"], *around)
    yield logic("options_wide_alt", "0", [f"4b6579(57|58)6f7264::w"], *around)
    yield logic("options_alt_case", "0", [f"4b6579(57|58)6f7264::i"], *around)
    yield logic("options_digit", "0", [hexed("ab1[{") + "::i"], data("AB1[{"), data("ab1{["), data("ab1[{"))
    yield "options_ndb", ndb(f"T.o:0:*:{word}::i"), around[:5]


def condition_cases():
    word = TOKENS[0].hex()
    body = TOKENS[0]
    files = [data(body), data(body, b"z" * 200), pe((body + b"\xcc" * 504, b"\x90" * 512)), pe((body + b"\xcc" * 504,)),
             pe((b"\xcc" * 512, b"\x90" * 512, body)), pe((body + b"\xcc" * 504, b"\x90"), entry=0x2000), elf(body + b"\xcc" * 504)]
    for i, tdb in enumerate((
            "Engine:51-255,Target:0", "Target:0", "Engine:51-255,Target:1", "Target:1,Engine:51-255", "Engine:51-255",
            "Engine:51-255,Target:0,FileSize:1-100", "Engine:51-255,Target:0,FileSize:100-300",
            "Target:0,FileSize:1-100", "Engine:1-255,Target:0,FileSize:1-100", "Engine:51-100,Target:0", "Engine:230-255,Target:0",
            "Engine:216-216,Target:0", "Engine:51-215,Target:0", "Engine:217-255,Target:0",
            "Engine:51-255,Target:1,NumberOfSections:1-2", "Engine:51-255,Target:1,NumberOfSections:3-9",
            "Engine:51-255,Target:6,NumberOfSections:1-2", "Engine:51-255,Target:6,NumberOfSections:3-3",
            "Engine:51-255,Target:1,EntryPoint:512-512", "Engine:51-255,Target:1,EntryPoint:1000-2000",
            "Engine:51-255,Target:1,EntryPoint:4096-4096", "Engine:51-255,Target:0,EntryPoint:0-9999999",
            "Engine:51-255,Target:0,Container:CL_TYPE_ZIP", "Engine:51-255,Target:0,Container:CL_TYPE_ANY",
            "Engine:51-255,Target:0,Container:CL_TYPE_NONSENSE", "Engine:51-255,Target:0,Nonsense:1-2",
            "Engine:51-255,Target:0,FileSize:abc", "Engine:51-255,Target:0,FileSize:10", "Engine:51-255,Target:x",
            "Engine:51-255,Target:77", "Engine:51,Target:0", "Engine:51-255;Target:0", "", "Target", "Engine:51-255,Target:0,",
            "Engine:51-255,Target:0,HandlerType:CL_TYPE_PDF", "Engine:51-255,Target:0,Target:1")):
        yield logic(f"tdb_{i}_{tdb}", "0", [word], *files, tdb=tdb)
    for level in ("0:216", "216:216", "217", "1:215", "x", "0:", ""):
        yield f"levels_{level}", ndb(f"T.l:0:*:{word}:{level}"), files[:2]
    yield "handler", ldb(f"T.h;Engine:51-255,Target:0,HandlerType:CL_TYPE_PDF;0;{word}",
                         f"T.p;Engine:51-255,Target:10;0;{TOKENS[1].hex()}"), [data(body, TOKENS[1]), data(TOKENS[1])]


def zipped(*members):
    import io
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def container_cases():
    import gzip
    inside = data(TOKENS[0], b"z" * 50)
    files = [inside, zipped(("a.bin", inside)), gzip.compress(inside, mtime=0), zipped(("b.zip", zipped(("a.bin", inside)))),
             gzip.compress(zipped(("a.bin", inside)), mtime=0), zipped(("a.gz", gzip.compress(inside, mtime=0)))]
    for i, tdb in enumerate(("Container:CL_TYPE_ZIP", "Container:CL_TYPE_GZ", "Container:CL_TYPE_ANY",
                             "Intermediates:CL_TYPE_ZIP", "Intermediates:CL_TYPE_GZ>CL_TYPE_ZIP",
                             "Intermediates:CL_TYPE_ZIP>CL_TYPE_GZ", "Intermediates:CL_TYPE_ZIP>CL_TYPE_ZIP",
                             "Container:CL_TYPE_ZIP,Intermediates:CL_TYPE_GZ")):
        yield logic(f"container_{i}_{tdb}", "0", [TOKENS[0].hex()], *files, tdb="Engine:81-255,Target:0," + tdb)


def mail(first, body):
    import base64
    return (f"{first}: x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .encode() + base64.b64encode(body) + b"\r\n")


def filetype_cases():
    """Magic that a database brings. clamscan then knows no other: inputs are such that this makes no difference."""
    word = TOKENS[0].hex()
    targets = "".join(f"T.t{t};Engine:81-255,Target:{t};0;{word}\n" for t in (0, 1, 2, 4, 5, 6, 10, 11, 12))
    body = data(TOKENS[0])
    inputs = [b"QWER" + body, b"xxQWER" + body, body, body[:40] + b"QWER" + body,
              b"QWER" + b"\x01" * 2000 + body, b"\x02" * 1100 + b"QWER" + body, body + b"QWER" + b"\x03" * 8, b"QWER",
              b"qwer" + body, b"QWxER" + body, b"QWER\x90\x91ABC" + body]
    standard = "0:0:7f454c46:ELF:CL_TYPE_ANY:CL_TYPE_ELF\n"
    types = ("MSEXE", "ELF", "MSOLE2", "GRAPHICS", "MAIL", "PDF", "SWF", "JAVA", "RTF", "TEXT_ASCII", "BINARY_DATA", "GIF", "MACHO")
    for mode, offset in (("0", "0"), ("1", "0"), ("0", "2"), ("1", "*"), ("1", "0,2"), ("1", "2,9")):
        for kind in types if offset == "0" else types[4:6]:
            yield (f"ftm_{mode}_{offset}_{kind}", {"a.ldb": targets, "a.ftm": f"{standard}{mode}:{offset}:51574552:q:CL_TYPE_ANY:CL_TYPE_{kind}\n"},
                   inputs + ([mail("QWER" if offset in "0*" else "xxQWER", body)] if kind == "MAIL" else []))
    for i, pattern in enumerate(("515?4552", "51??4552", "(51|71)574552", "5157*4552", "5157{0-3}4552", "5157{1}4552", "51574552{2-4}4142",
                                 "!(51|71)574552", "5157(45|78)", "5157455", "", "zz", "51574552{", "51574552(41|42", "5157(B)4552")):
        yield f"ftm_pattern_{i}_{pattern}", {"a.ldb": targets, "a.ftm": f"{standard}1:0:{pattern}:q:CL_TYPE_ANY:CL_TYPE_GIF\n"}, inputs
    for i, line in enumerate((
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:216", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:217", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:1:216",
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:1:215", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF::", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:x",
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF:1:255:9", "0:0:51574552:q:CL_TYPE_ANY", "0:0:51574552:q:CL_TYPE_NONE:CL_TYPE_GIF",
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_NONE", "2:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF", "x:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF",
            "0:*:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF", "0:EOF-4:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF", "0:0:5157455:q:CL_TYPE_ANY:CL_TYPE_GIF",
            "0:0:515745??:q:CL_TYPE_ANY:CL_TYPE_GIF", "4:0:51574552:q:CL_TYPE_PART_ANY:CL_TYPE_GIF", "1:0:51574552:q:CL_TYPE_TEXT_ASCII:CL_TYPE_PDF",
            "1:0:51574552:q:CL_TYPE_BINARY_DATA:CL_TYPE_GIF", "0:0:51574552::CL_TYPE_ANY:CL_TYPE_GIF", "#0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF",
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF\n0:0:5157:q:CL_TYPE_ANY:CL_TYPE_PDF", "0:0:5157:q:CL_TYPE_ANY:CL_TYPE_PDF\n0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF",
            "1:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF\n1:0:5157:q:CL_TYPE_ANY:CL_TYPE_PDF", "1:0:5157:q:CL_TYPE_ANY:CL_TYPE_MAIL\n1:0:51574552:q:CL_TYPE_ANY:CL_TYPE_PDF",
            "0:0:5157:q:CL_TYPE_ANY:CL_TYPE_PDF\n1:0:51574552:q:CL_TYPE_ANY:CL_TYPE_GIF", "0:0:5157:q:CL_TYPE_ANY:CL_TYPE_TEXT_ASCII\n1:0:51574552:q:CL_TYPE_TEXT_ASCII:CL_TYPE_GIF",
            "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_IGNORED", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_HTML")):
        yield f"ftm_line_{i}", {"a.ldb": targets, "a.ftm": f"{standard}{line}\n"}, inputs
    yield "handler_opens", {"a.ldb": f"T.in;Engine:81-255,Target:3;0;{hexed('<foo> abc <bar')}\n"
                                     f"T.h;Engine:81-255,Target:0,HandlerType:CL_TYPE_HTML;0;{hexed('QWER')}\n"}, [
        b"QWER <FOO>   &#97;bc <BAR>\n" * 3, b"REWQ <FOO>   &#97;bc <BAR>\n" * 3, b"QWER <foo> <BAR>\n" * 3]
    yield "ftm_empty", {"a.ldb": targets, "a.ftm": ""}, inputs[:2]


def encrypted_zip(password, content, container_version=20):
    """A stored entry under PKWARE's old cipher, with both check bytes that version 2.0 has."""
    import binascii
    raw = [(binascii.crc32(bytes([i ^ 0xFF]), 0) ^ 0xFF000000) & 0xFFFFFFFF for i in range(256)]
    step = lambda crc, byte: raw[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = step(keys[2], keys[1] >> 24)
    for byte in password:
        update(byte)
    crc = binascii.crc32(content)
    out = bytearray()
    for byte in bytes(range(10)) + struct.pack("<H", crc >> 16) + content:
        key = keys[2] | 2
        out.append(byte ^ (key * (key ^ 1) >> 8 & 0xFF))
        update(byte)
    head = struct.pack("<HHHHHIIIHH", container_version, 1, 0, 0, 0x21, crc, len(out), len(content), 5, 0)
    record = b"PK\x01\x02" + struct.pack("<H", container_version) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"a.bin"
    local = b"PK\x03\x04" + head + b"a.bin" + bytes(out)
    return local + record + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(record), len(local), 0)


def password_cases():
    word = TOKENS[0].hex()
    inside = {"a.ldb": f"T.in;Engine:81-255,Target:0;0;{word}\n"}
    inputs = [encrypted_zip(word, data(TOKENS[0])) for word in (b"sesame", b"a;b", b"other", b"\xff\x01", b"", b"sesame ")]
    inputs += [encrypted_zip(b"sesame", data(TOKENS[1])), zipped(("a", data(TOKENS[0])))]
    for i, lines in enumerate((
            "P;Target:0;0;sesame", "P;Engine:81-255,Container:CL_TYPE_ZIP;0;sesame", "P;Engine:81-255,Container:CL_TYPE_RAR;0;sesame",
            "P;Engine:81-255,Container:CL_TYPE_ANY;0;sesame", "P;Target:0;1;736573616d65", "P;Target:0;1;73657", "P;Target:0;1;FF01", "P;Target:0;0;a;b",
            "P;;0;sesame", "P;Engine:217-255;0;sesame", "P;Engine:81-216,Target:0;0;sesame", "P;Engine:81-215,Target:0;0;sesame", "P;Target:0;2;sesame",
            "P;Target:0;;sesame", "P;Target:0;x;sesame", "P;Target:0;0", "P;Target:0;0;", "P;Container:CL_TYPE_ZIP;0;sesame",
            "P;Engine:81-255,Container:CL_TYPE_7Z;0;sesame", "P;Engine:81-255,Target:1;0;sesame", "P;Target:0;0;other\nQ;Target:0;0;sesame",
            "P;Engine:81-255,Container:CL_TYPE_ZIP;0;other\nQ;Target:0;0;sesame", "#P;Target:0;0;other\nQ;Target:0;0;sesame", ";Target:0;0;sesame", "", "P;Target:99;0;sesame",
            "P;Engine:81-255,Nonsense:1;0;sesame\nQ;Target:0;0;other")):
        yield f"pwdb_{i}", {**inside, "a.pwdb": lines + "\n"}, inputs
    yield "pwdb_ignored", {**inside, "a.pwdb": "P;Target:0;0;sesame\nQ;Target:0;0;other\n", "a.ign2": "P\n"}, inputs


def egg_cases():
    """EGG archives: what clamscan opens in them, and what it does not."""
    sys.path.insert(0, str(ROOT / "tests/fixtures/packages"))
    import make_eggs as eggs
    needle, fox = hexed(eggs.NEEDLE.strip()), hexed(eggs.TEXT[:20])
    database = {"a.ndb": f"T.needle:0:*:{needle}\nT.fox:0:*:{fox}\n",
                "a.ldb": f"T.in;Engine:81-255,Container:CL_TYPE_EGG,Target:0;0;{needle}\n"}
    files = dict(eggs.eggs()) | {name: content for name, content in eggs.odd() if name.endswith(".egg")}
    opened = ("stored", "deflate", "bzip2", "azo", "comment", "fields", "method", "all")
    yield "egg_opened", database, [files[f"{name}.egg"] for name in opened] + [eggs.egg(eggs.head("x", 3) + eggs.block("deflate", b"abc"))]
    for i, line in enumerate(("*:b\\.txt:*:*:*:*:*", "*:*:*:900:*:*:*", "*:*:*:21:*:*:*", "*:*:21:*:*:*:*", "*:*:23:*:*:*:*", "*:*:10-60:*:*:*:*",
                              "*:*:*:*:1:*:*", "*:*:*:*:0:*:*", "*:*:*:*:*:1:*", "*:*:*:*:*:2:*", "*:*:*:*:*:3:*", "242:*:*:*:*:*:*",
                              f"*:*:*:*:*:*:{zlib.crc32(eggs.NEEDLE):x}")):
        yield f"egg_cdb_{i}", {"a.cdb": f"T.in:CL_TYPE_EGG:{line}:*\n"}, [files[f"{name}.egg"] for name in (
            "stored", "deflate", "bzip2", "comment", "encrypted_counted")]
    for name in ("blocks", "lzma", "solid", "solid_each", "solid_stored", "volume", "encrypted_old", "encrypted_aes128", "unended", "rubbish", "loose"):
        yield f"egg_{name}", database, [files[f"{name}.egg"]]


def document_cases():
    """Covers and documents with files in them, each with the files and without."""
    import base64
    import zlib

    def deflated(content):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(content) + packer.flush()

    def hwpml(attributes, content):
        return (b'\xef\xbb\xbf<?xml version="1.0"?>\n<HWPML Version="2.8"><TAIL><BINDATASTORAGE><BINDATA Id="1" ' + attributes +
                b">" + base64.encodebytes(content) + b"</BINDATA></BINDATASTORAGE></TAIL></HWPML>")

    def hwp3(body, packed):
        info = bytes(124) + bytes([packed]) + bytes(3)
        return b"HWP Document File V3.00 \x1a\1\2\3\4\5" + info + bytes(1008) + (deflated(body) if packed else body)

    def xdp(content):
        pdf = (b"%PDF-1.4\n1 0 obj\n<</Length " + str(len(zlib.compress(content))).encode() + b" /Filter /FlateDecode>>\nstream\n" +
               zlib.compress(content) + b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")
        return (b'<?xml version="1.0"?>\n<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><pdf><document><chunk>' +
                base64.encodebytes(pdf) + b"</chunk></document></pdf></xdp:xdp>")

    def cryptff(content):
        return bytes.fromhex("b6b9acaefeffffff") + bytes(8) + bytes(255 - byte for byte in content)

    for name, body in (("with", data(TOKENS[0]) * 20), ("without", data(TOKENS[1]) * 20)):
        picture = struct.pack("<II", 1, 32 + len(body)) + bytes(32) + body
        # No fonts, no styles, the empty paragraph that ends the list, one picture, the end of the blocks.
        pictured = bytes(14) + bytes(2) + bytes(43) + picture + bytes(8)
        yield (f"document_{name}", ndb(f"T.document:0:*:{TOKENS[0].hex()}"),
               [hwpml(b'Compress="true" Encoding="Base64"', deflated(body)), hwpml(b'Encoding="Base64"', body),
                hwpml(b'Compress="false" Encoding="Base64"', body), hwp3(pictured, True), hwp3(pictured, False), xdp(body), cryptff(body)])


class Signer:
    """Programs signed with certificates of our own, by openssl and osslsigncode; made once."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
        self.certificate("root", None, authority)
        self.certificate("middle", "root", authority)
        self.certificate("leaf", "root", "extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n")
        self.certificate("deep", "middle", "extendedKeyUsage=codeSigning\n")
        self.certificate("server", "root", "extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n")
        self.certificate("plain", "root", "subjectKeyIdentifier=hash\n")
        self.certificate("old", "root", "")

    def run(self, *command):
        return subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def certificate(self, name, parent, extensions):
        self.run("openssl", "genrsa", "-out", name + ".key", "2048")
        self.run("openssl", "req", "-new", "-key", name + ".key", "-subj", f"/C=DE/O=Test/CN={name}", "-out", name + ".csr")
        (self.folder / (name + ".ext")).write_text(extensions)
        by = ["-CA", parent + ".pem", "-CAkey", parent + ".key", "-CAcreateserial"] if parent else ["-signkey", name + ".key"]
        self.run("openssl", "x509", "-req", "-in", name + ".csr", "-out", name + ".pem", "-days", "3650", "-extfile",
                 name + ".ext", "-sha256", *by)

    def rule(self, name, certificate, trusted=1, serial=True, code=1, time=0, certificates=0, before="", tail=""):
        import hashlib
        der = self.run("openssl", "x509", "-in", certificate + ".pem", "-outform", "DER")

        def value(at):
            size, head = der[at + 1], 2
            if size & 0x80:
                head += size & 0x7F
                size = int.from_bytes(der[at + 2:at + head], "big")
            return at + head, at + head + size
        at = value(value(0)[0])[0]
        if der[at] == 0xA0:
            at = value(at)[1]
        fields = []
        for _ in range(5):
            fields.append(der[slice(*value(at))])
            at = value(at)[1]
        number, subject = (hashlib.sha1(fields[i]).hexdigest() for i in (0, 4))
        modulus = self.run("openssl", "x509", "-in", certificate + ".pem", "-noout", "-modulus").decode().strip().split("=")[1]
        return f"{name};{trusted};{subject};{number if serial else ''};{modulus};010001;{code};{time};{certificates};{before};x{tail}"

    def sign(self, content, *chain, digest="sha256"):
        (self.folder / "plain.exe").write_bytes(content)
        (self.folder / "chain.pem").write_text("".join((self.folder / (name + ".pem")).read_text() for name in chain))
        (self.folder / "signed.exe").unlink(missing_ok=True)
        self.run("osslsigncode", "sign", "-h", digest, "-certs", "chain.pem", "-key", chain[0] + ".key", "-in", "plain.exe",
                 "-out", "signed.exe")
        return (self.folder / "signed.exe").read_bytes()


def certificate_cases():
    if not shutil.which("osslsigncode") or not shutil.which("openssl"):
        print("certificates are left out: osslsigncode or openssl is not there", file=sys.stderr)
        return
    signer = Signer()
    word = TOKENS[0].hex()
    program = pe((TOKENS[0] + b"\xcc" * 504, b"\x90" * 512))
    signed = signer.sign(program, "leaf", "root")
    damaged = bytearray(signed)
    damaged[0x300] ^= 1
    inputs = [program, signed, bytes(damaged), signer.sign(program, "leaf"), signer.sign(program, "server", "root"),
              zipped(("a.exe", signed)), signed + b"more", signer.sign(program, "deep", "middle", "root"), signer.sign(program, "deep", "middle"),
              signer.sign(program, "deep"), signer.sign(program, "plain", "root"), signer.sign(program, "leaf", digest="sha1"),
              signer.sign(program, "leaf", digest="sha384"), signer.sign(program, "root"), signer.sign(program, "old", "root"), signer.sign(program, "plain")]
    bodies = f"T.any;Engine:81-255,Target:0;0;{word}\nT.pe;Engine:81-255,Target:1;0;{word}\n"
    rule = signer.rule
    lines = [rule("R.leaf", "leaf"), rule("R.leaf", "leaf", 0), rule("R.any", "leaf", 0, False), rule("R.root", "root", certificates=1),
             rule("R.any", "leaf", 1, False), rule("R.root", "root", code=0, certificates=1), rule("R.root", "root", certificates=0),
             rule("R.root", "root", 0), rule("R.no", "leaf", code=0), rule("R.time", "leaf", time=1, certificates=1), rule("R.deep", "deep"),
             rule("R.deep", "deep", certificates=1), rule("R.middle", "middle", certificates=1), rule("R.plain", "plain", time=1, certificates=1),
             rule("R.plain", "plain"), rule("R.old", "old"), rule("R.old", "old", 0), rule("R.root", "root", time=1, certificates=1), rule("R.server", "server", code=0), rule("R.server", "server"), rule("R.before", "leaf", before="2000000000"),
             rule("R.before", "leaf", before="1000"), rule("", "leaf", 0), rule("", "leaf"), rule("R.l", "leaf", 0, tail=";217"), rule("R.l", "leaf", 0, tail=";1;216"),
             rule("R.l", "leaf", 0, tail=";1;215"), rule("R.l", "leaf", 0, tail=";x"), rule("R.l", "leaf", 0, tail=";1;255;9"), rule("R.l", "leaf", 0, tail=";;"),
             rule("R.l", "leaf", 0).rsplit(";", 1)[0], rule("R.l", "leaf", 2), rule("R.l", "leaf", code=2), rule("R.l", "leaf", time="x"),
             rule("R.l", "leaf", certificates=""), rule("R.l", "leaf", "10"), rule("R.l", "leaf", 0).replace(";010001;", ";;"),
             rule("R.l", "leaf", 0).replace("R.l;0;", "R.l;0;00"), "# text\n\n" + rule("R.l", "leaf", 0) + "\n\n",
             rule("R.a", "leaf", 0) + "\n" + rule("R.b", "root", 0) + "\n" + rule("R.c", "leaf"),
             rule("R.a", "leaf") + "\n" + rule("R.b", "root", certificates=1)]
    lines.append(lines[0].replace(lines[0].split(";")[3], "00" * 20))
    lines.append(lines[3].replace(lines[3].split(";")[3], "00" * 20))
    lines.append(lines[1].replace(lines[1].split(";")[4], lines[1].split(";")[4].lower()))
    for i, line in enumerate(lines):
        yield f"crb_{i}_{line[:8]}", {"a.ldb": bodies, "a.crb": line + "\n"}, inputs
    yield "crb_serial_stays", {"a.ldb": bodies, "a.crb": rule("R.any", "server", 0, False) + "\n" + lines[1].replace(lines[1].split(";")[3], "00" * 20) + "\n"}, inputs
    yield "crb_ignored", {"a.ldb": bodies, "a.crb": lines[1] + "\n", "a.ign2": "R.leaf\n"}, inputs[:3]
    shutil.rmtree(signer.folder)


def icon_bitmap(width, height, depth, colour, hidden=lambda x, y: False, alpha=None, mask=True):
    """One icon as resources have it: header, palette, pixels from the bottom up, mask."""
    palette = [(16 * i % 256, 40 * i % 256, 255 - 3 * i % 256) for i in range(1 << depth)] if depth <= 8 else []
    out = struct.pack("<IiiHHIIIIII", 40, width, 2 * height, 1, depth, 0, 0, 0, 0, 0, 0)
    out += b"".join(bytes((b, g, r, 0)) for r, g, b in palette)
    for y in range(height - 1, -1, -1):
        if depth <= 8:
            row = "".join(format(sum(colour(x, y)) // 3 % (1 << depth), f"0{depth}b") for x in range(width))
            row = int(row.ljust((len(row) + 31) // 32 * 32, "0"), 2).to_bytes((len(row) + 31) // 32 * 4, "big")
        else:
            row = b""
            for x in range(width):
                r, g, b = colour(x, y)
                row += (bytes((b, g, r)) if depth == 24 else bytes((b, g, r, alpha(x, y) if alpha else 0)) if depth == 32
                        else struct.pack("<H", (r >> 3) << 10 | (g >> 3) << 5 | b >> 3))
            row += bytes(-len(row) % 4)
        out += row
    if mask:
        for y in range(height - 1, -1, -1):
            bits = "".join("1" if hidden(x, y) else "0" for x in range(width)).ljust((width + 31) // 32 * 32, "0")
            out += int(bits, 2).to_bytes(len(bits) // 8, "big")
    return out


def icon_pe(*icons, groups=1):
    """A PE file with these icons in its first group; further groups name the last icon only."""
    rva, blobs = 0x2000, list(icons)
    ids = [list(range(1, len(icons) + 1))] + [[len(icons)]] * (groups - 1)
    for names in ids:
        blobs.append(struct.pack("<HHH", 0, 1, len(names)) +
                     b"".join(struct.pack("<BBBBHHIH", 16, 16, 0, 0, 1, 32, len(icons[i - 1]), i) for i in names))
    leaves = [(3, i + 1, blob) for i, blob in enumerate(icons)] + [(14, i + 1, blob) for i, blob in enumerate(blobs[len(icons):])]

    def directory(entries):
        return struct.pack("<IIHHHH", 0, 0, 0, 0, 0, len(entries)) + b"".join(struct.pack("<II", *entry) for entry in entries)
    types = [[leaf for leaf in leaves if leaf[0] == kind] for kind in (3, 14)]
    at = 16 + 16
    tops, middles, leafs = [], [], []
    place = at + sum(16 + 8 * len(group) for group in types)
    data_place = place + 24 * len(leaves)
    content_place = data_place + 16 * len(leaves)
    number, content = 0, b""
    for kind, group in zip((3, 14), types):
        tops.append((kind, 0x80000000 | at))
        middles.append(directory([(name, 0x80000000 | (place + 24 * (number + i))) for i, (_, name, _) in enumerate(group)]))
        at += len(middles[-1])
        for _, _, blob in group:
            leafs.append((directory([(0x409, data_place + 16 * number)]), struct.pack("<IIII", rva + content_place + len(content), len(blob), 0, 0)))
            content += blob + bytes(-len(blob) % 4)
            number += 1
    section = directory(tops) + b"".join(middles) + b"".join(leaf[0] for leaf in leafs) + b"".join(leaf[1] for leaf in leafs) + content
    return pe((TOKENS[0] + b"\xcc" * 504, section), resources=(rva, len(section)))


def icon_metrics(clamscan, program):
    """What clamscan prints of the icons of a program: lines for an .idb."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "a.idb").write_text("N:G1:G2:10" + "0" * 122 + "\n")
        (folder / "a.ldb").write_text(f"T;Engine:81-255,Target:1,IconGroup1:G1;0;{TOKENS[0].hex()}\n")
        (folder / "x").write_bytes(program)
        done = subprocess.run([clamscan, "--debug", "-d", str(folder / "a.idb"), "-d", str(folder / "a.ldb"), str(folder / "x")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return re.findall(r"IDB SIGNATURE: ICON_NAME:GROUP1:GROUP2:([0-9a-f]+)", done.stdout.decode("latin-1"))


def icon_cases(clamscan="clamscan"):
    rng = random.Random(7)
    spots = [(rng.randrange(256), rng.randrange(256), rng.randrange(256), rng.randrange(256), rng.randrange(256), rng.randrange(8, 90)) for _ in range(9)]

    def painted(size, grey=False, shift=0):
        def colour(x, y):
            out = (230, 230, 235)
            for r, g, b, cx, cy, radius in spots:
                if (x * 256 // size - cx - shift) ** 2 + (y * 256 // size - cy) ** 2 < radius * radius:
                    out = ((r + g + b) // 3,) * 3 if grey else (r, g, b)
            return out
        return colour
    ring = lambda size: lambda x, y: (x - size / 2) ** 2 + (y - size / 2) ** 2 > (size / 2) ** 2
    fade = lambda size: lambda x, y: 255 - 255 * x // size
    pictures = [icon_bitmap(size, size, depth, painted(size, grey), ring(size) if depth % 16 else (lambda x, y: False), fade(size) if depth == 32 else None)
                for size in (16, 24, 32) for depth in (1, 4, 8, 16, 24, 32) for grey in (False, True) if depth in (24, 32) or not grey]
    pictures += [icon_bitmap(w, h, 24, painted(max(w, h))) for w, h in ((48, 48), (64, 64), (72, 72), (96, 96), (128, 128), (256, 256), (168, 168), (17, 17),
                                                                       (20, 20), (28, 28), (40, 40), (50, 50), (32, 30), (30, 32), (16, 20), (100, 80), (32, 20), (15, 15))]
    pictures += [icon_bitmap(32, 32, 32, painted(32)), icon_bitmap(32, 32, 32, painted(32), mask=False), icon_bitmap(32, 32, 24, painted(32), mask=False),
                 icon_bitmap(32, 32, 24, lambda x, y: (90, 90, 90)), icon_bitmap(16, 16, 24, lambda x, y: (255, 0, 0)),
                 icon_bitmap(24, 24, 32, painted(24), ring(24)), icon_bitmap(32, 32, 24, lambda x, y: (0, 0, 0))]
    programs = [icon_pe(picture) for picture in pictures]
    found = [icon_metrics(clamscan, program) for program in programs]
    shifted = [icon_pe(icon_bitmap(size, size, 24, painted(size, grey, shift))) for size in (16, 24, 32) for grey in (False, True) for shift in (10, 25, 40, 60, 90)]
    ask = lambda conditions: f"T.i;Engine:81-255,Target:1,{conditions};0;{TOKENS[0].hex()}\n"
    everything = programs + shifted + [pe((TOKENS[0] + b"\xcc" * 504,))]
    for i, metrics in enumerate(found):
        if metrics:
            yield f"icon_{i}", {"a.ldb": ask("IconGroup1:one"), "a.idb": f"N:one:two:{metrics[0]}\n"}, everything
    one, other = found[10][0], found[2][0]
    both = f"N:one:two:{one}\nM:three:four:{other}\n"
    some = programs[:14] + [icon_pe(pictures[2], pictures[10]), icon_pe(pictures[2], pictures[10], groups=2), icon_pe(pictures[10], pictures[2], groups=2)]
    for i, conditions in enumerate(("IconGroup1:one", "IconGroup1:three", "IconGroup1:none", "IconGroup2:two", "IconGroup2:one", "IconGroup1:*", "IconGroup2:*",
                                    "IconGroup1:one,IconGroup2:two", "IconGroup1:one,IconGroup2:four", "IconGroup1:*,IconGroup2:four", "IconGroup1:", "IconGroup1:ONE")):
        yield f"icon_group_{i}_{conditions}", {"a.ldb": ask(conditions), "a.idb": both}, some
    yield "icon_target_0", {"a.ldb": ask("IconGroup1:one").replace("Target:1", "Target:0"), "a.idb": both}, some
    yield "icon_level", {"a.ldb": ask("IconGroup1:one").replace("Engine:81", "Engine:1"), "a.idb": both}, some
    yield "icon_no_idb", {"a.ldb": ask("IconGroup1:one")}, some
    for i, line in enumerate((f"N:one:two:{one[:-1]}", f"N:one:two:{one}0", f"N:one:{one}", f"N:one:two:{one}:x", f"N:one:two:{one[:-1]}g", f"N:one:two:30{one[2:]}",
                              f"N:one:two:{one[:2]}fff{one[5:]}", f"N:one:two:{one[:5]}ff{one[7:]}", f"N:one:two:{one[:-8]}ffffffff", f"N:one:two:{one.upper()}", f":one:two:{one}",
                              f"N:::{one}", f"#N:one:two:{one}", f"N:one:two:{one}\n\nM:one:two:{other}")):
        yield f"idb_line_{i}", {"a.ldb": ask("IconGroup1:one"), "a.idb": line + "\n"}, some
    yield "idb_ignored", {"a.ldb": ask("IconGroup1:one"), "a.idb": both, "a.ign2": "N\n"}, some


def bmp(width, height, colour):
    rows = b"".join(b"".join(bytes(reversed(colour(x, y))) for x in range(width)).ljust((3 * width + 3) // 4 * 4, b"\0")
                    for y in range(height - 1, -1, -1))
    return (b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0) + rows)


def png(width, height, colour):
    import zlib

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def picture_cases():
    waves = [png(100, 60, lambda x, y: ((x * 7 + y * 3) % 256, x * y % 256, (x * x // 5 + y) % 256)),
             png(33, 97, lambda x, y: (255 if (x // 9 + y // 13) % 3 == 0 else 20, y * 2 % 256, (x + 2 * y) % 200))]
    files = [*waves, waves[0][:-30], zipped(("a.png", waves[0])), waves[0] + b"appended", b"no picture"]
    for i, (sub, target) in enumerate((("fuzzy_img#800317151f3f3f3e", 0), ("fuzzy_img#800317151f3f3f3e#0", 5),
                                       ("fuzzy_img#b1307131f1ed4eb1", 5), ("fuzzy_img#b1307131f1ed4eb0", 5))):
        yield logic(f"picture_{i}", "0", [sub], *files, tdb=f"Engine:150-255,Target:{target}")
    yield logic("picture_and_bytes", "0&1", ["fuzzy_img#800317151f3f3f3e", b"IHDR".hex()], *files,
                tdb="Engine:150-255,Target:0")


def special_cases():
    word = TOKENS[0].hex()
    numbers = ["10", "0x10", "16", "  10", "1a", "zz", "0010", "10 ", "ff", "010", "0x1A", "00010", "0x001"]
    texts = [data(TOKENS[0], n.ljust(8, "\1")) for n in numbers]
    binary = [data(TOKENS[0], b) for b in (b"\x10\0\0\0\0\0\0\0", b"\0\0\0\x10\0\0\0\0", b"\0\x10\0\0\0\0\0\0", b"\xff" * 8)]
    for i, compare in enumerate((">>8#h2#=16", ">>8#hb2#=16", ">>8#d2#=10", ">>8#ab2#=10", ">>8#ab4#=16", ">>8#hbe2#=16", ">>8#de2#=10",
                                 ">>8#hb4#=16", ">>8#d4#=10", ">>8#abe4#=16", ">>8#hl4#=4096", ">>8#dl4#=10", ">>8#hb2#>15,<17", ">>8#hb2#>16,<20",
                                 ">>8#hb2#=0x10", ">>0x8#hb2#=16", "#hb2#=16", "0#hb2#=16", "<<4#hb2#=16", "8#hb2#=16", ">>8#hb#=16",
                                 ">>8#2#=16", ">>8#hb2#", ">>8#hb2#16", ">>8#hb2#=16,=16,=16", ">>8#x2#=16", ">>8#hd2#=16", ">>8#db2#=10",
                                 ">>8#d2#>9", ">>8#d2#<11", ">>8#hb3#=26", ">>8#hb5#=16", ">>8#hbe5#=16", ">>8#abe5#=16", ">>8#ab5#=26",
                                 ">>8#ab5#=10", ">>8#d3#=10", ">>8#de3#=10", ">>8#ab3#=10", ">>8#hb2#<1", ">>8#hb19#=16", ">>8#d0#=1")):
        yield logic(f"compare_{i}_{compare}", "0&1", [word, f"0({compare})"], *texts)
    for i, compare in enumerate((">>8#i1#=16", ">>8#ib1#=16", ">>8#il1#=16", ">>8#il2#=16", ">>8#ib2#=16", ">>8#il4#=16", ">>8#ib4#=16", ">>8#il8#=16", ">>8#ib8#>255",
                                 ">>8#i2#=16", ">>8#ib3#=16", ">>8#i4#=16", ">>8#ibe4#=16", ">>8#ile4#=16", ">>8#ib8#<0", ">>8#ib8#=0xffffffffffffffff")):
        yield logic(f"compare_binary_{i}_{compare}", "0&1", [word, f"0({compare})"], *binary)
    yield logic("compare_last", "0&1", [word, "0(>>8#d2#=11)"], data(TOKENS[0], "10", TOKENS[0], "11"),
                data(TOKENS[0], "11", TOKENS[0], "10"))
    yield logic("compare_parts", "0&1", [hexed("AbCd") + "*" + hexed("EfGh"), "0(>>4#d2#=11)"], data("AbCd11EfGh12"),
                data("AbCd12EfGh11"), data("AbCd12zzEfGh1211"))
    yield logic("compare_self", "0", ["0(>>8#d2#=11)"], *texts[:2])
    yield logic("compare_later", "0&1", ["1(>>8#d2#=10)", word], *texts[:3])
    yield logic("compare_end", "0&1", [word, "0(>>8#d2#=10)"], BINARY + TOKENS[0] + b"1", BINARY + TOKENS[0] + b"10")
    regexes = [data(TOKENS[0], x) for x in ("foo123bar", "FOO123BAR", "foobar", "foo\nbar", "foo1bar foo2bar", "xfoo123bar")]
    regexes += [data("foo123bar"), b"foo123bar" + BINARY + TOKENS[0]]
    for i, regex in enumerate(("0/foo[0-9]+bar/", "0/foo[0-9]+bar/i", "0/foo.bar/", "0/foo.bar/s", "0/foo(/", "0/foo[0-9]*bar/U",
                               "16:0/foo[0-9]+bar/", "17:0/foo[0-9]+bar/", "10:0/foo[0-9]+bar/", "10:0/foo[0-9]+bar/r", "10,9:0/foo[0-9]+bar/", "10,5:0/foo[0-9]+bar/", "10,6:0/foo[0-9]+bar/", "16,0:0/foo/e",
                               "16,9:0/foo[0-9]+bar/e", "16,8:0/foo[0-9]+bar/e", "16,9:0/foo[0-9]+bar/re", "10,20:0/foo[0-9]+bar/e",
                               "10,20:0/foo[0-9]+bar/re", "/foo/", "0/foo/q", "0/foo", "0/^foo/m", "0/ f o o /x", "0/\\/foo/", "0//",
                               "0/foo[0-9]bar$/E", "EOF-9:0/foo[0-9]+bar/", "*:0/foo[0-9]+bar/", "0/foo/A", "0/\\x00\\x01/", "0/foo|AbC/")):
        yield logic(f"pcre_{i}_{regex}", "0&1", [word, regex], *regexes, tdb="Engine:81-255,Target:0")
    for expression in ("0&1>1", "0&1=1", "0&1=2", "0&1=0"):
        for flags in ("", "g"):
            yield logic(f"pcre_count_{expression}_{flags}", expression, [word, f"0/foo[0-9]bar/{flags}"], *regexes,
                        tdb="Engine:81-255,Target:0")
    yield logic("pcre_trigger_logic", "0&1&2", [word, TOKENS[1].hex(), "(0&1)/foo/"], data(TOKENS[0], TOKENS[1], "foo"),
                data(TOKENS[0], "foo"), tdb="Engine:81-255,Target:0")
    yield logic("pcre_trigger_count", "0&1", [word, "0>1/foo/"], data(TOKENS[0], TOKENS[0], "foo"), data(TOKENS[0], "foo"),
                tdb="Engine:81-255,Target:0")
    yield logic("pcre_alone", "1", [word, "0/foo/"], data(TOKENS[0], "foo"), data("foo"), tdb="Engine:81-255,Target:0")
    yield logic("pcre_compare", "0&1&2", [word, "0/foo/", "1(>>3#d2#=12)"], data(TOKENS[0], "foo12"), data(TOKENS[0], "foo13"),
                tdb="Engine:81-255,Target:0")
    macro = f"D.m:0:$12$:{hexed('macroA')}\nD.n:0:$12$:{hexed('macroB')}\n"
    inputs = [data(*[TOKENS[0] + b"z" * n + m for _ in range(times)]) for n in (0, 2, 5, 9) for times in (1, 2, 3)
              for m in (b"macroA", b"macroB", b"macroC")]
    for distance in ("8-10", "10-13", "0-100", "13-13"):
        yield logic(f"macro_{distance}", "0&1", [word, f"${{{distance}}}12$"], *inputs, ndb=macro)
    yield logic("macro_other_group", "0&1", [word, "${0-100}11$"], *inputs[:4], ndb=macro)
    yield "macro_ndb_alone", ndb(f"T.m:0:$12$:{word}"), [data(TOKENS[0])]
    yield "macro_group_32", ndb(f"T.m:0:$32$:{word}"), [data(TOKENS[0])]
    yield "db", {"a.db": f"T.db={word}\n"}, [data(TOKENS[0]), data()]
    yield "db_wild", {"a.db": "T.db=41624364*663047\n"}, [data(TOKENS[0]), data()]
    yield "db_bad", {"a.db": "T.db\n"}, [data(TOKENS[0])]
    yield "sdb", {"a.sdb": f"T.sdb:0:*:{word}\n"}, [data(TOKENS[0])]
    yield "ndu", {"a.ndu": f"T.ndu:0:*:{word}\n"}, [data(TOKENS[0])]
    yield "ldu", {"a.ldu": f"T.ldu;Engine:51-255,Target:0;0;{word}\n"}, [data(TOKENS[0])]
    yield "comment", ndb("#comment", f"T.c:0:*:{word}"), [data(TOKENS[0])]
    yield "empty_line", ndb("", f"T.c:0:*:{word}"), [data(TOKENS[0])]
    yield "crlf", {"a.ndb": f"T.c:0:*:{word}\r\n"}, [data(TOKENS[0])]
    yield "no_newline", {"a.ndb": f"T.c:0:*:{word}"}, [data(TOKENS[0])]
    yield "fields_few", ndb(f"T.c:0:{word}"), [data(TOKENS[0])]
    yield "fields_many", ndb(f"T.c:0:*:{word}:1:255:9"), [data(TOKENS[0])]
    yield "no_name", ndb(f":0:*:{word}"), [data(TOKENS[0])]
    yield "name_odd", ndb(f"T c/(x)-[1];y:0:*:{word}"), [data(TOKENS[0])]
    yield "duplicate", ndb(f"T.d:0:*:{word}", f"T.d:0:*:{word}", f"T.e:0:*:{word}"), [data(TOKENS[0])]
    yield "icon_group", ldb(f"T.i;Engine:51-255,Target:1,IconGroup1:x;0;{word}"), [data(TOKENS[0])]


def random_pattern(rng, word):
    """A pattern that matches `word`, with something in place of some of its bytes."""
    out, i = [], 0
    while i < len(word):
        left = len(word) - i
        kind = rng.choice("xxxxxxxxxahlns*g(u") if 3 <= i and left > 3 else "x"
        byte = f"{word[i]:02x}"
        if kind == "a":
            out.append("??")
        elif kind == "h":
            out.append("?" + byte[1])
        elif kind == "l":
            out.append(byte[0] + "?")
        elif kind == "(":
            out.append(f"({byte}|{rng.randrange(256):02x})" if rng.random() < 0.7 else f"!({rng.randrange(256):02x}|00)")
        elif kind == "u" and left > 5:
            out.append(f"({word[i:i + 2].hex()}|{byte})" if rng.random() < 0.5 else f"({rng.randrange(256):02x}|{word[i:i + 2].hex()})")
            i += 1
        elif kind in "*g" and left > 6 and out and len("".join(out[-3:])) == 6 and "?" not in "".join(out[-3:]):
            skipped = rng.randrange(0, 3)
            low, high = rng.randrange(0, skipped + 1), skipped + rng.randrange(0, 4)
            out.append(rng.choice(["*", f"{{{low}-{high + 1}}}", f"{{-{high + 1}}}", f"{{{low}-}}"]))
            out += [f"{b:02x}" for b in word[i + skipped:i + skipped + 3]]
            i += skipped + 2
        else:
            out.append(byte)
        i += 1
    return "".join(out)


def mutated(rng, word):
    word = bytearray(word)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        at = rng.randrange(len(word))
        kind = rng.randrange(3)
        if kind == 0:
            word[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del word[at]
        else:
            word.insert(at, rng.randrange(256))
    return bytes(word)


def random_expression(rng, ids, depth=0):
    if len(ids) == 1:
        text = str(ids[0])
        if rng.random() < 0.3:
            text += rng.choice("=<>>") + str(rng.randrange(0, 3))
        return text
    cut = rng.randrange(1, len(ids))
    text = random_expression(rng, ids[:cut], depth + 1) + rng.choice("&|") + random_expression(rng, ids[cut:], depth + 1)
    if rng.random() < 0.5:
        text = f"({text})"
        if rng.random() < 0.4:
            text += rng.choice("=<>>") + str(rng.randrange(0, 4)) + rng.choice(["", "", ",2"])
    return text


def random_case(rng, number):
    words = [rng.randbytes(rng.randrange(8, 24)) for _ in range(4)]
    inputs = []
    for _ in range(6):
        pieces = [mutated(rng, rng.choice(words)) for _ in range(rng.randrange(1, 6))]
        inputs.append(BINARY + b"".join(piece + rng.randbytes(rng.randrange(0, 4)) for piece in pieces) + BINARY)
    if number % 2 == 0:
        lines = []
        for i, word in enumerate(words):
            offset = "*"
            if rng.random() < 0.3:
                offset = rng.choice([f"8,{rng.randrange(9)}", "8", f"EOF-{rng.randrange(60)},{rng.randrange(60)}", "0,30"])
            lines.append(f"R.n{i}:0:{offset}:{random_pattern(rng, word)}")
        return f"random_{number}", ndb(*lines), inputs
    lines = []
    for i in range(4):
        subs = []
        for _ in range(rng.randrange(1, 5)):
            sub = random_pattern(rng, rng.choice(words))
            if rng.random() < 0.2:
                sub = f"8,{rng.randrange(60)}:{sub}"
            if rng.random() < 0.2 and not any(c in sub for c in "(*{"):
                sub += "::" + rng.choice(["i", "f", "ia"])
            subs.append(sub)
        lines.append(";".join([f"R.l{i}", "Engine:51-255,Target:0", random_expression(rng, list(range(len(subs)))), *subs]))
    return f"random_{number}", ldb(*lines), inputs


def run_clamscan(program, database, folder):
    done = subprocess.run([program, "-z", "--no-summary", "--stdout", "--detect-pua", "--disable-cache", "-r", f"--database={database}", str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        path, _, verdict = line.partition(": ")
        if verdict.endswith(" FOUND"):
            name = verdict[:-len(" FOUND")]
            found.setdefault(pathlib.Path(path).name, set()).add(name)
    refused = done.returncode == 2
    return found, refused, done.stdout.decode("utf-8", "replace")


def run_daylight(program, database, folder):
    done = subprocess.run([program, "scan", "--no-cache", "--json", "--detect-pua", "-t", "1", "--db", str(database), str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    found, partial = {}, []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        report = json.loads(line)
        if report["type"] != "file":
            continue
        for finding in report.get("findings", []):
            found.setdefault(pathlib.Path(report["path"]).name, set()).add(finding["name"])
        partial += [gap for gap in report.get("gaps", [])]
    return found, done.stderr.decode("utf-8", "replace"), partial


def compare(case, options, folder):
    """Lines about what differs."""
    name, files, inputs = case
    database, inputs_folder = folder / "db", folder / "in"
    database.mkdir(parents=True)
    inputs_folder.mkdir()
    for file, text in files.items():
        (database / file).write_text(text, encoding="latin-1")
    for i, content in enumerate(inputs):
        (inputs_folder / f"{i:03d}").write_bytes(content)
    theirs, refused, their_output = run_clamscan(options.clamscan, database, inputs_folder)
    ours, our_errors, gaps = run_daylight(options.bin / "daylight", database, inputs_folder)
    out = []
    if refused and name.startswith(LISTS):
        # The lines of these say nothing alone: here the others are used, and the bad one is said.
        bad = "".join(text for file, text in files.items() if not file.endswith((".ldb", ".ign2")))
        if "skipped" not in our_errors and bad.strip():
            out.append(f"clamscan refuses the database, daylight says nothing: {their_output.strip()[:300]}")
        return out
    if refused:
        if ours:
            out.append(f"clamscan refuses the database, daylight finds: {ours}\n      {their_output.strip()[:300]}")
        elif not our_errors and options.verbose:
            out.append("clamscan refuses the database, daylight says nothing")
        return out
    for i in range(len(inputs)):
        key = f"{i:03d}"
        a, b = theirs.get(key, set()), ours.get(key, set())
        if a != b:
            out.append(f"input {key}: clamscan {sorted(a)}, daylight {sorted(b)}   {inputs[i][:60]!r}")
    if out and our_errors:
        out.append("daylight: " + our_errors.strip())
    if gaps and options.verbose:
        out.append(f"gaps: {gaps[:3]}")
    return out


def all_cases(options):
    for make in (pattern_cases, offset_cases, target_cases, logic_cases, option_cases, condition_cases, container_cases,
                 picture_cases, special_cases, filetype_cases, password_cases, egg_cases,
                 document_cases, certificate_cases, icon_cases):
        yield from make()
    rng = random.Random(options.seed)
    for number in range(options.rounds):
        yield random_case(rng, number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--clamscan", default="clamscan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true", help="every eighth case")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    cases, inputs, differing, intended = 0, 0, 0, 0
    for number, case in enumerate(all_cases(options)):
        if options.only not in case[0] or (options.quick and number % 8 != 0):
            continue
        cases += 1
        inputs += len(case[2])
        with tempfile.TemporaryDirectory() as folder:
            lines = compare(case, options, pathlib.Path(folder))
        if lines and case[0] in INTENDED:
            intended += 1
        elif lines:
            differing += 1
            print(f"{case[0]}: {case[1]}")
            for line in lines[:8 if not options.verbose else None]:
                print("   ", line)
    print(f"{cases} cases, {inputs} inputs: {differing} differ, {intended} differ as intended")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
