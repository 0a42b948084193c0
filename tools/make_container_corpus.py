#!/usr/bin/env python3
"""Adds containers made to deceive to the corpora of fuzz_zip, fuzz_disk and fuzz_mail: entries and partitions that lie in
each other, mails beyond ClamAV's limits, mails that tell passwords.

    make_container_corpus.py FOLDER    (fuzz/corpus)
"""
import pathlib
import sys

from container_cases import apm, gpt, mails, mbr, zips

BYTES_MAX = 12000
PASSWORDS = (b"Password: secret1", b"The password for the archive is \"x y\".", b"pwd=abc123, Passwort: geheim", b"code 4711",
             b"password\r\nhunter2\r\n", "Mot de passe : \u00e9t\u00e9\nPIN: 0000".encode())


def disks():
    yield "mbr", mbr([(0x83, 2, 8), (0x83, 9, 8)], sectors=20)
    yield "mbr-apart", mbr([(0x83, 2, 7), (0x83, 9, 8)], sectors=20)
    yield "mbr-chain", mbr([(0x83, 1, 3), (0x05, 4, 14)], sectors=20,
                           chain=[(4, [(0x83, 1, 5), (0x05, 5, 5)]), (9, [(0x83, 1, 2)])])
    yield "gpt", gpt([(36, 40), (38, 44)], sectors=80)
    yield "apple", apm([("Apple_HFS", 64, 20), ("Apple_HFS", 70, 10)], sectors=24)


def main():
    corpora = pathlib.Path(sys.argv[1])
    head = b"From: a@example.org\nTo: b@example.org\nSubject: x\n\n"
    told = [(f"told{i}", head + line + b"\n") for i, line in enumerate(PASSWORDS)]
    for corpus, cases in (("zip", zips()), ("disk", disks()), ("mail", [*mails(), *told])):
        for name, data in cases:
            if len(data) <= BYTES_MAX or corpus == "disk":
                (corpora / corpus / f"deceive-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
