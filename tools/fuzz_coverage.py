#!/usr/bin/env python3
"""What the corpus of each fuzz target covers of the folder that the target belongs to.

usage: tools/fuzz_coverage.py [--build DIR] [--least PERCENT] [--lines] [--grow POOL] [FOLDER...]

Builds with the preset `coverage`, replays the committed corpus through every fuzz target below FOLDER (by
default all that read files: libs/unpack, libs/formats, libs/signatures, libs/emulate), and prints a row a
folder: its targets, inputs, bytes, and the lines covered of its sources, without tests and fuzzers. A folder
of several targets is counted with all of them together. --lines prints the lines that nothing reached.
--grow takes from POOL/<target>, smallest first, every input that reaches lines of the folder that the corpus
does not, and adds it to fuzz/corpus/<target>. Exits with 1 if a folder is under PERCENT.
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"
GROWN_BYTES_MAX = 64 << 10  # of an input that --grow adds
GROUP = 32  # inputs that --grow replays together
DEFAULT = ("libs/unpack", "libs/formats", "libs/signatures", "libs/emulate")
# Folders without a target of their own, and the target that goes through them.
THROUGH = {"libs/emulate/windows": ("packed",)}


def targets_of(folders):
    """Folder -> names of its fuzz targets, for every folder below the given ones that holds sources."""
    found = {}
    for top in folders:
        for path in sorted((ROOT / top).rglob("*_fuzz.cc")):
            found.setdefault(str(path.parent.relative_to(ROOT)), []).append(path.name[: -len("_fuzz.cc")])
    for folder, names in THROUGH.items():
        if any(folder == top or folder.startswith(top + "/") for top in folders):
            found.setdefault(folder, list(names))
    return dict(sorted(found.items()))


def sources_of(folder):
    names = [p for p in (ROOT / folder).iterdir() if p.suffix in (".cc", ".h")]
    return {str(p.relative_to(ROOT)) for p in names if not p.stem.endswith(("_test", "_fuzz", "_bench"))}


def inputs_of(names):
    return [p for name in names for p in sorted((CORPUS / name).rglob("*")) if p.is_file()]


def profile_of(build, names, inputs, scratch):
    """The merged profile of targets that replay files and folders: a list of them for each name."""
    raw = []
    for name, given in zip(names, inputs):
        raw.append(scratch / f"{name}.profraw")
        command = [str(build / "bin" / f"fuzz_{name}")] + [str(path) for path in given if path.exists()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "LLVM_PROFILE_FILE": str(raw[-1])})
    merged = scratch / "merged.profdata"
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", "-o", str(merged), *map(str, raw)], check=True)
    return merged


def lines_of(build, folder, names, profile):
    """{(file, line): whether it ran} of the sources of a folder."""
    sources, counted, lines, file = sources_of(folder), False, {}, None
    binaries = [str(build / "bin" / f"fuzz_{names[0]}")]
    for name in names[1:]:
        binaries += ["-object", str(build / "bin" / f"fuzz_{name}")]
    text = subprocess.run(["llvm-cov-14", "export", "-format=lcov", f"-instr-profile={profile}", *binaries],
                          check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if line.startswith("SF:"):
            file = os.path.relpath(line[3:], ROOT)
            counted = file in sources
        elif line.startswith("DA:") and counted:
            number, count = line[3:].split(",")[:2]
            key = (file, int(number))
            lines[key] = lines.get(key, False) or int(count) > 0
    return lines


def measure(build, folder, names, scratch):
    return lines_of(build, folder, names, profile_of(build, names, [[CORPUS / name] for name in names], scratch))


def grow(build, folder, names, pool, scratch):
    """Adds to the corpus what reaches more lines, smallest first; returns how many inputs."""
    reached = {key for key, ran in measure(build, folder, names, scratch).items() if ran}
    added = 0

    def take(name, paths):
        """Halves a group of inputs that reaches something new until it is one."""
        nonlocal added
        lines = lines_of(build, folder, [name], profile_of(build, [name], [paths], scratch))
        new = {key for key, ran in lines.items() if ran} - reached
        if new and len(paths) > 1:
            take(name, paths[:len(paths) // 2])
            take(name, paths[len(paths) // 2:])
        elif new:
            reached.update(new)
            added += 1
            data = paths[0].read_bytes()
            (CORPUS / name).mkdir(exist_ok=True)
            (CORPUS / name / ("found-" + hashlib.sha1(data).hexdigest()[:12])).write_bytes(data)

    for name in names:
        paths = [p for p in (pool / name).glob("*") if p.is_file() and p.stat().st_size <= GROWN_BYTES_MAX]
        paths.sort(key=lambda p: (p.stat().st_size, p.name))
        for start in range(0, len(paths), GROUP):
            take(name, paths[start:start + GROUP])
    return added - drop(build, folder, names, scratch)


def drop(build, folder, names, scratch):
    """Deletes inputs that an earlier --grow added and the others replace, largest first; returns how many."""
    found, times = [], {}
    for name in names:
        for path in inputs_of([name]):
            lines = lines_of(build, folder, [name], profile_of(build, [name], [[path]], scratch))
            ran = {key for key, did in lines.items() if did}
            for key in ran:
                times[key] = times.get(key, 0) + 1
            if path.name.startswith("found-"):
                found.append((path.stat().st_size, path, ran))
    dropped = 0
    for _, path, ran in sorted(found, key=lambda entry: entry[0], reverse=True):
        if all(times[key] > 1 for key in ran):
            path.unlink()
            dropped += 1
            for key in ran:
                times[key] -= 1
    return dropped


def ranges(numbers):
    """[3, 4, 5, 9] -> "3-5 9"."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in out)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--grow", type=pathlib.Path, metavar="POOL")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, help="also writes the rows here")
    parser.add_argument("folders", nargs="*", default=list(DEFAULT), metavar="FOLDER")
    return parser.parse_args()


def main():
    options = arguments()
    build = options.build.resolve()
    folders = targets_of([f.rstrip("/") for f in options.folders])
    if not (build / "build.ninja").is_file():
        subprocess.run(["cmake", "--preset", "coverage", "-B", str(build)], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    wanted = sorted({f"fuzz_{name}" for names in folders.values() for name in names})
    if not options.no_build:
        subprocess.run(["cmake", "--build", str(build), "--target", *wanted], check=True, stdout=subprocess.DEVNULL)
    rows, low = [], 0
    print(f"{'folder':<28} {'targets':<44} {'inputs':>6} {'KiB':>5} {'lines':>6} {'covered':>8}")
    for folder, names in folders.items():
        with tempfile.TemporaryDirectory() as scratch:
            added = grow(build, folder, names, options.grow, pathlib.Path(scratch)) if options.grow else 0
            lines = measure(build, folder, names, pathlib.Path(scratch))
        covered = sum(lines.values())
        inputs = inputs_of(names)
        size = sum(p.stat().st_size for p in inputs)
        share = 100 * covered / len(lines) if lines else 100.0
        low += share < options.least
        rows.append({"folder": folder, "targets": names, "inputs": len(inputs), "bytes": size, "lines": len(lines),
                     "covered": covered})
        print(f"{folder:<28} {' '.join(names):<44} {len(inputs):>6} {size / 1024:>5.0f} {len(lines):>6} {share:>7.1f} %"
              + (f"  {added} added" if added else ""), flush=True)
        if options.lines:
            for file in sorted({file for file, _ in lines}):
                missed = [number for (name, number), ran in sorted(lines.items()) if name == file and not ran]
                print(f"  {file}: {ranges(missed)}" if missed else f"  {file}: all")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
