#!/usr/bin/env python3
"""Measures `daylight scan --db` and clamscan with a synthetic database as large as ClamAV's own.

  bench/signatures_bench.py [--folder DIR] [--corpus DIR] [--megabytes N] [--runs N] [--scale F] [--no-clamscan]

The database: 3.0 million MD5 of files, 1.5 million SHA-256, 3.5 million PE sections, 0.1 million body signatures
(a tenth each with a wildcard, a gap, a bounded gap, alternatives), all of random bytes, so that nothing is found.
--scale makes it smaller. It is made once in --folder (about 640 MB of text) and kept there.

Printed: seconds to compile (once, then cached); seconds until a scan of one empty file is over and the largest
process; processor seconds and MB/s over --megabytes of --corpus, net of that; the same with one body signature. One
thread each, page cache warm, medians.
"""
import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
COUNTS = {"main.hdb": 3_000_000, "main.hsb": 1_500_000, "main.mdb": 3_500_000, "main.ndb": 100_000}


def body_pattern(rng, number):
    text = rng.randbytes(rng.randrange(16, 48)).hex()
    forms = {1: text[:16] + "??" + text[18:], 2: text[:20] + "*" + text[20:], 3: text[:20] + "{2-20}" + text[20:],
             4: text[:12] + "(aa|bb)" + text[12:]}
    return forms.get(number % 10, text)


def line(rng, kind, number):
    if kind == "main.hdb":
        return f"{rng.randbytes(16).hex()}:{rng.randrange(100, 3_000_000)}:Bench.File-{number}\n"
    if kind == "main.hsb":
        return f"{rng.randbytes(32).hex()}:{rng.randrange(100, 3_000_000)}:Bench.File256-{number}\n"
    if kind == "main.mdb":
        return f"{512 * rng.randrange(1, 4000)}:{rng.randbytes(16).hex()}:Bench.Section-{number}\n"
    return f"Bench.Body-{number}:{(0, 1, 0, 6)[number % 4]}:*:{body_pattern(rng, number)}\n"


def make_database(folder, scale):
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    for name, count in COUNTS.items():
        path = folder / name
        wanted = int(count * scale)
        with open(path, "w", encoding="ascii", buffering=1 << 20) as out:
            for number in range(wanted):
                out.write(line(rng, name, number))
        print(f"{name}: {wanted} signatures, {path.stat().st_size / 1e6:.0f} MB")


def make_corpus(source, folder, megabytes):
    """Links to files of `source` with that many megabytes in all."""
    size = 0
    for path in sorted(pathlib.Path(source).rglob("*")):
        if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
            continue
        more = path.stat().st_size
        if size + more > megabytes * 1e6:
            continue
        (folder / f"{size:012d}-{path.name}").write_bytes(path.read_bytes())
        size += more
    return size


def measure(command, environment):
    """Processor seconds, wall seconds, peak MiB of the largest process."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(command, stdout=nothing, stderr=nothing, env=environment)
        _, status, used = os.wait4(child.pid, 0)  # with the processes that it waited for
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{command[0]} exits with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024


def show(label, command, empty, corpus, size, runs, environment):
    """Prints a line; returns MB/s net of starting."""
    starts = [measure([*command, str(empty)], environment) for _ in range(runs)]
    scans = []
    for _ in range(runs):
        scans.append(measure([*command, str(corpus)], environment))
    start = statistics.median(s[0] for s in starts)
    net = max(statistics.median(s[0] for s in scans) - start, 1e-6)
    print(f"{label:28} start {statistics.median(s[1] for s in starts) * 1000:8.0f} ms   "
          f"scan {net:7.2f} s = {size / 1e6 / net:7.1f} MB/s   largest process {max(s[2] for s in scans):6.0f} MiB")
    return size / 1e6 / net


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/signatures_bench")
    parser.add_argument("--corpus", default="/usr/bin")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--no-clamscan", action="store_true")
    options = parser.parse_args()
    database = options.folder / f"db-{options.scale}"
    if not database.exists():
        make_database(database, options.scale)
    with tempfile.TemporaryDirectory(prefix="daylight-bench.") as name:
        folder = pathlib.Path(name)
        corpus, empty, one = folder / "corpus", folder / "empty", folder / "one.ndb"
        corpus.mkdir()
        empty.write_bytes(b"")
        one.write_text(f"Bench.One:0:*:{random.Random(2).randbytes(20).hex()}\n", encoding="ascii")
        size = make_corpus(options.corpus, corpus, options.megabytes)
        environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
        ours = [str(BIN / "daylight"), "scan", "-t", "1", "--no-progress", "--quiet", "--rescan"]
        cpu, wall, peak = measure([*ours, "--db", str(database), str(empty)], environment)
        print(f"compiling: {wall:.1f} s ({cpu:.1f} s of processor), largest process {peak:.0f} MiB; then cached")
        for label, source in (("all signatures", database), ("one signature", one)):
            fast = show(f"daylight, {label}", [*ours, "--db", str(source)], empty, corpus, size,
                        options.runs, environment)
            if not options.no_clamscan:
                slow = show(f"clamscan, {label}", ["clamscan", "--no-summary", "-i", "-r", "--disable-cache",
                                                   f"--database={source}"], empty, corpus, size, 1, environment)
                print(f"  ratio {fast / slow:.1f}x")


if __name__ == "__main__":
    main()
