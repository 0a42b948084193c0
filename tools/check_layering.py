#!/usr/bin/env python3
"""Checks every #include against cmake/layers.cmake: a folder uses only what its line names.

Prints one line a violation and exits with 1 if there is any. Rules:
  - a file of a listed folder may include files of its own folder, of libs/base, and of the folders after
    USES; tests, fuzzers and testing/ may also include testing/ of those folders;
  - every folder with sources is listed, and every listed folder exists;
  - only testing code includes testing/.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM_DIRS = ("libs", "worker", "endpoint", "network")


def read_layers():
    text = re.sub(r"#.*", "", (ROOT / "cmake/layers.cmake").read_text())
    layers = {}
    for kind, body in re.findall(r"daylight_(library|program)\(([^)]*)\)", text):
        words = body.split()
        folder = words[1] if kind == "program" else words[0]
        uses, current = [], None
        for word in words:
            if word in ("USES", "LINKS"):
                current = word
            elif current == "USES":
                uses.append(word)
        layers[folder] = set(uses) | {"libs/base"}
    return layers


def folder_of(path, layers):
    """The listed folder that owns a path: the path's own folder, or the parent of testing/."""
    folder = str(path.parent)
    if path.parent.name == "testing":
        folder = str(path.parent.parent)
    return folder if folder in layers else None


def main():
    layers = read_layers()
    problems = []
    for folder in layers:
        if not (ROOT / folder).is_dir():
            problems.append(f"cmake/layers.cmake: {folder} does not exist")
    files = [p.relative_to(ROOT) for top in PROGRAM_DIRS for ext in ("*.h", "*.cc")
             for p in (ROOT / top).rglob(ext)]
    for path in sorted(files):
        owner = folder_of(path, layers)
        if owner is None:
            problems.append(f"{path}: its folder is not listed in cmake/layers.cmake")
            continue
        is_test = path.parent.name == "testing" or re.search(r"_(test|fuzz|bench)\.cc$", path.name)
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = pathlib.Path(match.group(1))
            if not (ROOT / target).is_file():
                problems.append(f"{path}:{number}: {target} is not a path of this repository")
                continue
            used = folder_of(target, layers)
            if target.parent.name == "testing" and not is_test:
                problems.append(f"{path}:{number}: only tests may include {target}")
            if used is not None and used != owner and used not in layers[owner] and not is_test:
                problems.append(f"{path}:{number}: {owner} may not use {used}")
    print("\n".join(problems) if problems else f"layering: {len(files)} files keep to {len(layers)} lines")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
