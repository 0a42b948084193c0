#!/usr/bin/env python3
"""Measures Daylight, clamscan and plain decompression (unzip, 7z) on office documents and archives, side by side.

  bench/archives_bench.py [--mib N] [--runs N] [--keep DIR]

Makes its corpora from what Debian has installed (/usr/share/doc, /usr/include, /usr/bin): documents as office programs
write them (zip with XML and images), PDF files (tests/fixtures/pdf/make_pdf.py), zip, tar.gz, tar.xz, 7z and mails with
such files attached. Each corpus holds about --mib MiB unpacked. Both scanners have one hash signature that matches
nothing, one thread and no cache; each figure is the median of --runs runs of whole processes, page cache warm.
`unpacked MB/s` is the unpacked size by wall time: that of unzip and 7z, which only test the checksums, is the limit.
DAYLIGHT_BIN is the folder of the programs.
"""
import argparse
import base64
import io
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/fixtures/pdf"))
import make_pdf  # noqa: E402

MIB = 1 << 20
FILE_MAX = 4 * MIB
BATCH_BYTES = 2 * MIB  # unpacked, of one archive


def files_of(folder, size_max):
    """Contents of files below the folder, up to so many bytes in all; always the same ones."""
    left = size_max
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if left <= 0:
            return
        if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= FILE_MAX:
            continue
        try:
            data = path.read_bytes()
        except OSError:
            continue
        left -= len(data)
        yield str(path.relative_to("/")), data


def batches(files):
    batch, size = [], 0
    for name, data in files:
        batch.append((name, data))
        size += len(data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def zip_of(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(files, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def seven_zip_of(files):
    with tempfile.TemporaryDirectory() as folder:
        for index, (_, data) in enumerate(files):
            (pathlib.Path(folder) / str(index)).write_bytes(data)
        subprocess.run(["7z", "a", "-bd", "-mx=5", f"{folder}/a.7z", "."], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return (pathlib.Path(folder) / "a.7z").read_bytes()


def document_of(files):
    """As Word writes it: a part of XML for each text, images as they are."""
    parts = [("[Content_Types].xml", b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                                     b'content-types"></Types>')]
    for index, (_, data) in enumerate(files):
        text = data.decode("latin-1").replace("&", "&amp;").replace("<", "&lt;")
        runs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
        xml = f'<?xml version="1.0"?><w:document xmlns:w="urn:w"><w:body>{runs}</w:body></w:document>'
        parts.append((f"word/document{index or ''}.xml", xml.encode("latin-1", "replace")))
    return zip_of(parts), sum(len(data) for _, data in parts)


def pdf_of(files):
    objects = {1: make_pdf.CATALOG, 2: make_pdf.PAGES}
    for index, (_, data) in enumerate(files):
        objects[index + 3] = make_pdf.stream(zlib.compress(data), b" /Filter /FlateDecode")
    return make_pdf.pdf(objects)


def mail_of(files):
    head = b"From: a@example.org\nTo: b@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    part = b"--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    return head + b"--b\n\nHello.\n" + part + base64.encodebytes(zip_of(files)) + b"--b--\n"


CORPORA = {
    "docx": ("/usr/share/doc", document_of, ["unzip", "-qt"]),
    "pdf": ("/usr/share/doc", pdf_of, None),
    "zip of texts": ("/usr/include", zip_of, ["unzip", "-qt"]),
    "zip of programs": ("/usr/bin", zip_of, ["unzip", "-qt"]),
    "tar.gz": ("/usr/include", lambda files: tar_of(files, "w:gz"), ["7z", "t", "-bd"]),
    "tar.xz": ("/usr/include", lambda files: tar_of(files, "w:xz"), ["7z", "t", "-bd"]),
    "7z of programs": ("/usr/bin", seven_zip_of, ["7z", "t", "-bd", "-mmt=1"]),
    "mail with zip": ("/usr/share/doc", mail_of, None),
}


def make(name, folder, size_max):
    """Writes the corpus; returns its unpacked size in bytes."""
    source, pack, _ = CORPORA[name]
    folder.mkdir(parents=True)
    unpacked = 0
    for index, batch in enumerate(batches(files_of(source, size_max))):
        packed = pack(batch)
        packed, size = packed if isinstance(packed, tuple) else (packed, sum(len(data) for _, data in batch))
        unpacked += size
        (folder / f"{index}.{name.split()[0]}").write_bytes(packed)
    return unpacked


def seconds(commands, runs):
    """Median wall and processor seconds of the commands, one after the other."""
    walls, cpus = [], []
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        for command in commands:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        walls.append(time.monotonic() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(walls[1:]), statistics.median(cpus[1:])  # the first run warms the page cache


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path, help="where the corpora are left; must not exist")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="archives-bench.") as temporary:
        root = options.keep or pathlib.Path(temporary)
        root.mkdir(parents=True, exist_ok=options.keep is None)
        database = root / "none.hdb"
        database.write_text("00000000000000000000000000000000:1:Nothing\n")
        print(f"{'corpus':<18}{'packed':>9}{'unpacked':>10}{'daylight':>27}{'clamscan':>27}{'decompression':>27}{'ratio':>7}")
        for name, (_, _, test) in CORPORA.items():
            if "7z" in name and shutil.which("7z") is None:
                continue
            folder = root / name.replace(" ", "-")
            unpacked = make(name, folder, options.mib * MIB)
            packed = sum(path.stat().st_size for path in folder.iterdir())
            tools = [[[str(BIN / "daylight"), "scan", "-q", "-t", "1", "--no-cache", "--max-files", "1000000", "--db",
                       str(database), str(folder)]]]
            tools.append([["clamscan", "--no-summary", "-i", "-r", "--max-scansize=2000M", "-d", str(database), str(folder)]]
                         if shutil.which("clamscan") else None)
            tools.append([[*test, str(path)] for path in sorted(folder.iterdir())]
                         if test and shutil.which(test[0]) else None)
            row = f"{name:<18}{packed / 1e6:>7.1f}MB{unpacked / 1e6:>8.1f}MB"
            walls = []
            for commands in tools:
                if commands is None:
                    row += f"{'-':>27}"
                    walls.append(None)
                    continue
                wall, cpu = seconds(commands, options.runs)
                walls.append(wall)
                row += f"{wall:>9.2f}s{unpacked / wall / 1e6:>6.0f}MB/s{cpu:>6.2f}c"
            row += f"{walls[1] / walls[0]:>7.1f}" if walls[1] else f"{'-':>7}"
            print(row, flush=True)
    print("seconds of wall time, unpacked MB/s, seconds of processor time (c); ratio: clamscan's wall time by Daylight's")


if __name__ == "__main__":
    main()
