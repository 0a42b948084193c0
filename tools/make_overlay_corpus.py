#!/usr/bin/env python3
"""Makes the corpus of fuzz_overlay: ELF, Mach-O, universal and DEX files with and without data behind them.

    make_overlay_corpus.py FOLDER
"""
import pathlib
import struct
import sys


def elf(overlay):
    """64-bit, one segment, no sections."""
    header = b"\x7fELF\2\1\1" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 128, 128, 4096)
    return header + segment + b"\xc3".ljust(8, b"\0") + overlay


def macho(overlay):
    header = struct.pack("<8I", 0xFEEDFACF, 0x01000007, 3, 2, 1, 72, 0, 0)
    segment = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__LINKEDIT", 0x1000, 0x1000, 104, 8, 7, 5, 0, 0)
    return header + segment + b"contents" + overlay


def universal(slices, bits=32, lie=0):
    entry, word = (32, "Q") if bits == 64 else (20, "I")
    out = struct.pack(">II", 0xCAFEBABF if bits == 64 else 0xCAFEBABE, len(slices) + lie)
    offset = 8 + entry * len(slices)
    for cputype, subtype, data in slices:
        out += struct.pack(">II" + 3 * word, cputype, subtype, offset, len(data), 0)
        offset += len(data)
    return out + b"".join(data for _, _, data in slices)


def dex(overlay):
    return (b"dex\n035\0" + bytes(24) + struct.pack("<III", 112, 112, 0x12345678)).ljust(112, b"\0") + overlay


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "elf": elf(b"behind"),
        "elf_whole": elf(b""),
        "macho": macho(b"behind"),
        "dex": dex(b"behind"),
        "universal": universal([(0x01000007, 3, macho(b"")), (0x0100000C, 0, macho(b"")), (7, 3, b"x")]) + b"behind",
        "universal64": universal([(0x01000007, 8, macho(b"")), (12, 9, b"x"), (12, 9, b"y")], bits=64),
        "universal_lies": universal([(7, 3, b"x")], lie=30),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
