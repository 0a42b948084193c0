#!/usr/bin/env python3
"""Makes the corpus of fuzz_cvd: unsigned containers, sound and broken, and texts of signatures."""
import gzip
import hashlib
import io
import sys
import tarfile
from pathlib import Path

HEAD = "ClamAV-VDB:16 Apr 2020 07-58 -0400:7:1:63:"
FILES = {"COPYING": b"free\n", "t.hdb": b"44d88612fea8a8f36de82e1278abb02f:68:Test\n", "t.ign2": b"Name\n"}


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def cvd(files, compress=True, extra_info=""):
    info = HEAD + "X:X:tester:1587038339\n"
    for name, data in files.items():
        if name != "COPYING":
            info += f"{name}:{len(data)}:{hashlib.sha256(data).hexdigest()}\n"
    rest = tar_of({"t.info": (info + extra_info).encode(), **files})
    if compress:
        rest = gzip.compress(rest, mtime=0)
    header = HEAD + hashlib.md5(rest).hexdigest() + ":X:tester:1587038339"
    return header.encode().ljust(512) + rest


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "fuzz/corpus/cvd")
    folder.mkdir(parents=True, exist_ok=True)
    cases = {
        "sound": cvd(FILES),
        "plain_tar": cvd(FILES, compress=False),
        "signed_info": cvd(FILES, extra_info="DSIG:abcABC019+/\n"),
        "folder": cvd({"a/b.hdb": b"x"}),
        "empty": cvd({}),
        "cut": cvd(FILES)[:700],
        "tar_alone": tar_of(FILES),
        "header": (HEAD + "92baacd59fd26e6bcf03077add78d209:4Jp9JtGJ:raynman:1").encode(),
        "sign": b"#clamsign-1.0\n200:400:pkcs7-pem:00:LS0tLS1CRUdJTiBQS0NTNy0tLS0tCg==\n",
    }
    for name, data in cases.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
