#!/usr/bin/env python3
"""Makes the corpus of fuzz_embedded: a file of each kind that is found in others, whole and cut, behind other bytes.

    make_embedded_corpus.py FOLDER

The last byte says what the fuzzer asks for. Needs genisoimage for discs.
"""
import pathlib
import sys
import tempfile

from compare_carving import inner_kinds, pe_with

KINDS = ("zip", "zip-cut", "zip-lost", "rar4", "7z", "cab", "arj", "pe", "nsis", "nsis-lzma", "autoit5", "autoit6", "ishield",
         "pdf", "mail", "iso")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        inners = inner_kinds(pathlib.Path(temporary))
    inners["rar5"] = (pathlib.Path(__file__).resolve().parents[1] / "tests/fixtures/packages/stored5.rar").read_bytes()
    for kind in (*KINDS, "rar5"):
        inner = inners[kind][:45000]
        (folder / f"in_{kind}").write_bytes(b"\x9bjunk\n" + inner + b"more\0")
        (folder / f"cut_{kind}").write_bytes(b"\x9bjunk\n" + inner[:len(inner) * 2 // 3] + b"\x88")
    (folder / "in_program").write_bytes(pe_with(bytes(64) + inners["cab"] + inners["pe"] + bytes(64)) + inners["zip"] + b"\2")
    (folder / "many").write_bytes(b"x" + b"".join(inners[kind] for kind in KINDS if kind != "iso") + b"\xF9")


if __name__ == "__main__":
    main()
