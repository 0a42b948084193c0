#!/usr/bin/env python3
"""Measures Daylight against Debian's yara and clamscan, side by side, and prints ratios.

  bench/bench.py [--set NAME=FILE_OR_DIR ...] [--corpus NAME=DIR ...] [--small N] [--runs N] [--worst]

Every figure is processor time (user + system, of the program and its children) of whole processes, one
thread, page cache warm; programs take turns, and the ratio is of the medians. Loading is measured on an
empty file and shown apart: `net` is without it. Without --set the shipped rules are used. A set is a folder
of YARA files: those that Debian's yara compiles are joined into one. Without --corpus: /usr/bin (ELF) and
Wine's PE files of the package libwine.

--worst measures each file of a corpus alone instead and prints those with the lowest ratios. One process scans
the file many times (--scan-list), so that what is left of starting it is small; loading is taken off as above.
The lowest are measured again with more repeats.
"""
import argparse
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
EXTERNALS = [x for name in ("filename", "filepath", "extension", "filetype", "owner") for x in ("-d", f"{name}=")]


def measure(command):
    """Runs a command; returns (processor seconds, wall seconds, peak KiB of the largest process, output)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, after.ru_maxrss, done.stdout


def compiles(path):
    return subprocess.run(["yarac", *EXTERNALS, path, "/dev/null"], capture_output=True, check=False).returncode == 0


def join_rules(source, folder):
    """One file that includes every rule file of `source` that Debian's yara compiles together with the others."""
    source = pathlib.Path(source)
    if source.is_file():
        return source
    files = sorted(p for p in source.rglob("*") if p.suffix in (".yar", ".yara"))
    good = [p for p in files if compiles(p)]
    joined = pathlib.Path(folder) / (source.name + ".yar")
    kept = []
    step = 64
    # Rules of the same name in two files cannot be joined: such files are left out one by one.
    for begin in range(0, len(good), step):
        for chunk in (good[begin:begin + step],):
            joined.write_text("".join(f'include "{p}"\n' for p in kept + chunk))
            if compiles(joined):
                kept += chunk
                continue
            for path in chunk:
                joined.write_text("".join(f'include "{p}"\n' for p in kept + [path]))
                if compiles(joined):
                    kept.append(path)
    joined.write_text("".join(f'include "{p}"\n' for p in kept))
    print(f"# {source.name}: {len(kept)} of {len(files)} rule files")
    return joined


def make_small_files(folder, count):
    """`count` files of 1 to 16 KB cut out of /usr/bin and /usr/share, in 100 folders."""
    generator = random.Random(1)
    sources = [p for p in pathlib.Path("/usr/bin").iterdir() if p.is_file() and p.stat().st_size > 40000][:200]
    blobs = [p.read_bytes() for p in sources]
    for i in range(count):
        blob = generator.choice(blobs)
        size = generator.randint(1024, 16384)
        start = 0 if generator.random() < 0.3 else generator.randint(0, len(blob) - size)
        place = pathlib.Path(folder) / f"{i % 100:02d}"
        place.mkdir(exist_ok=True)
        (place / f"{i}.bin").write_bytes(blob[start:start + size])


def tree_bytes(folder):
    return sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file() and not p.is_symlink())


def compare(label, ours, theirs, empty_ours, empty_theirs, size_bytes, runs):
    figures = {"daylight": [], "yara": []}
    memory = {}
    for _ in range(runs):
        for name, command in (("daylight", ours), ("yara", theirs)):
            cpu, _, peak, output = measure(command)
            figures[name].append(cpu)
            memory[name] = peak
            figures.setdefault(name + "_output", output)
    load = {"daylight": statistics.median(measure(empty_ours)[0] for _ in range(3)),
            "yara": statistics.median(measure(empty_theirs)[0] for _ in range(3))}
    cpu = {name: statistics.median(figures[name]) for name in ("daylight", "yara")}
    net = {name: max(cpu[name] - load[name], 1e-6) for name in cpu}
    same = sorted(figures["daylight_output"].splitlines()) == sorted(figures["yara_output"].splitlines())
    print(f"{label:34s} daylight {size_bytes / net['daylight'] / 1e6:8.0f} MB/s  "
          f"yara {size_bytes / net['yara'] / 1e6:7.0f} MB/s  ratio {net['yara'] / net['daylight']:6.1f}x  "
          f"(with loading {cpu['yara'] / cpu['daylight']:5.1f}x)  load {load['daylight'] * 1e3:4.0f}/"
          f"{load['yara'] * 1e3:4.0f} ms  output {'same' if same else 'DIFFERS'}", flush=True)


class FileTimer:
    """Processor time of scanning one file once, net of loading."""

    REPEATS_MAX = 4000

    def __init__(self, command, empty, folder, bytes_per_run):
        self.command = command
        self.list = pathlib.Path(folder) / "list"
        self.bytes_per_run = bytes_per_run
        self.load = statistics.median(self.run(empty, 1) for _ in range(7))

    def run(self, path, repeats):
        self.list.write_text(f"{path}\n" * repeats)
        return measure([*self.command, self.list])[0]

    def seconds(self, path, scale=1):
        repeats = scale * self.bytes_per_run // max(path.stat().st_size, 1)
        repeats = min(max(repeats, 3 * scale), self.REPEATS_MAX)
        return max(self.run(path, repeats) - self.load, 1e-6) / repeats


def find_worst(label, ours, theirs, directory, empty, folder, runs):
    """Prints the files of a corpus with the lowest ratios."""
    timers = (FileTimer(theirs, empty, folder, 2_000_000), FileTimer(ours, empty, folder, 16_000_000))
    files = [p for p in sorted(pathlib.Path(directory).rglob("*")) if p.is_file() and p.stat().st_size > 0]

    def ratio(path, scale=1):
        yara, daylight = (timer.seconds(path, scale) for timer in timers)
        return yara / daylight, daylight
    first = sorted((ratio(path)[0], path) for path in files)
    print(f"{label}: {len(files)} files, median ratio {first[len(first) // 2][0]:.1f}x; the lowest, measured again:")
    again = []
    for _, path in first[:12]:
        figures = [ratio(path, 4) for _ in range(runs)]
        again.append((statistics.median(f[0] for f in figures), statistics.median(f[1] for f in figures), path))
    for low, seconds, path in sorted(again)[:5]:
        size = path.stat().st_size
        print(f"  {low:6.1f}x  {size:9d} bytes  daylight {seconds * 1e6:8.0f} us ({size / seconds / 1e6:5.0f} MB/s)  {path}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--small", type=int, default=0, metavar="N", help="also N files of 1 to 16 KB")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--worst", action="store_true", help="each file alone: the lowest ratios")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sets = [s.split("=", 1) for s in args.set] or [["shipped", str(ROOT / "rules")]]
        corpora = [c.split("=", 1) for c in args.corpus] or [
            ["elf", "/usr/bin"], ["pe", "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"]]
        if args.small:
            small = pathlib.Path(folder) / "small"
            small.mkdir()
            make_small_files(small, args.small)
            corpora.append(["small", str(small)])
        corpora = [c for c in corpora if pathlib.Path(c[1]).is_dir()]
        empty = pathlib.Path(folder) / "empty"
        empty.touch()
        for set_name, source in sets:
            rules = join_rules(source, folder)
            compiled = pathlib.Path(folder) / (set_name + ".yarc")
            subprocess.run(["yarac", "-w", *EXTERNALS, rules, compiled], check=True)
            ours = [BIN / "daylight", "yara", "-p", "1", "-w", *EXTERNALS, "-r", rules]
            theirs = ["yara", "-p", "1", "-w", "-C", "-r", compiled]
            measure([*ours, empty])  # compiles into the cache
            for corpus_name, directory in corpora:
                if args.worst:
                    find_worst(f"{set_name} x {corpus_name}", [*ours[:-2], "--scan-list", rules],
                               [*theirs[:-2], "--scan-list", compiled], directory, empty, folder, args.runs)
                    continue
                measure(["cat", *(p for p in pathlib.Path(directory).rglob("*") if p.is_file())]
                        if corpus_name != "small" else ["true"])
                compare(f"{set_name} x {corpus_name}", [*ours, directory], [*theirs, directory],
                        [*ours, empty], [*theirs, empty], tree_bytes(directory), args.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
