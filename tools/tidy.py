#!/usr/bin/env python3
"""House rules that a compiler does not check. Prints one line a violation; exits with 1 if any.

Checked: file length (600 lines unless the top says why: a comment with "over 600 lines"), function length
(70 lines; a dispatch table says "dispatch table" in a comment above it), #pragma once, line width, tabs and trailing
blanks, ASCII source, `using namespace`, C casts of pointers in parsers, leftover marks, tests that are
switched off, that every parser, decoder and message format has a fuzz target, and that the page of formats
names them all.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOPS = ("libs", "worker", "endpoint", "network", "tools", "fuzz")
LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 120
# Folders whose code reads bytes from outside: each must hold at least one fuzz target.
FUZZED = ("libs/formats", "libs/unpack")
FUZZED_FOLDERS = ("libs/match", "libs/rules/syntax", "libs/rules/scan", "libs/signatures", "libs/engine",
                  "libs/workerproto", "libs/wire", "libs/net", "libs/pkcs11", "libs/tlog", "libs/tuf",
                  "libs/update", "network/release")
MARK = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
OFF = re.compile(r"DISABLED_|GTEST_" r"SKIP")


def function_lengths(lines):
    """Yields (line, length) of function bodies: a line at column 0 that ends in '{', up to '}' at column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            if re.match(r"[A-Za-z_].*\{$", line) and not re.match(
                    r"(namespace|struct|class|enum|union|extern|constexpr|const|static const|inline constexpr)\b", line):
                start = number
            elif re.match(r"    .*\) (const |noexcept |override )*\{$", line) and number > 1:
                start = number  # the end of a wrapped signature
        elif line == "}":
            yield start, number - start
            start = None
        elif line.startswith("}"):
            start = None


def check_file(path, problems):
    text = path.read_bytes()
    name = path.relative_to(ROOT)
    try:
        source = text.decode("ascii")
    except UnicodeDecodeError:
        if "texts" not in path.name:
            problems.append(f"{name}: not ASCII")
        source = text.decode("utf-8", "replace")
    lines = source.split("\n")
    head = "\n".join(lines[:30])
    if len(lines) > LINES_MAX and "over 600 lines" not in head and not path.name.endswith("_test.cc"):
        problems.append(f"{name}: {len(lines)} lines; split it, or say at the top why it is over 600 lines")
    if path.suffix == ".h" and "#pragma once" not in head and "#pragma once" not in source:
        problems.append(f"{name}: no #pragma once")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            problems.append(f"{name}:{number}: {len(line)} columns")
        if "\t" in line or line != line.rstrip():
            problems.append(f"{name}:{number}: tab or trailing blank")
        if re.match(r"\s*using namespace", line):
            problems.append(f"{name}:{number}: using namespace")
        if MARK.search(line):
            problems.append(f"{name}:{number}: a mark left in the code")
        if OFF.search(line):
            problems.append(f"{name}:{number}: a test that does not run")
    if not path.name.endswith("_test.cc"):
        for number, length in function_lengths(lines):
            above = "\n".join(lines[max(0, number - 8):number])
            if length > FUNCTION_LINES_MAX and "dispatch table" not in above:
                problems.append(f"{name}:{number}: a function of {length} lines")


def check_formats_page(problems):
    """docs/formats/README.md names every parser folder, every page and the folders' fuzz targets."""
    page = ROOT / "docs/formats/README.md"
    text = page.read_text()
    for folder in (p for top in FUZZED for p in sorted((ROOT / top).glob("*")) if p.is_dir()):
        names = [str(folder.relative_to(ROOT))] + [f.name[:-len("_fuzz.cc")] for f in folder.glob("*_fuzz.cc")]
        problems += [f"docs/formats/README.md: no `{name}`" for name in names if f"`{name}`" not in text]
    for other in sorted(page.parent.glob("*.md")):
        if other != page and f"({other.name})" not in text:
            problems.append(f"docs/formats/README.md: no link to {other.name}")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not (page.parent / target).exists():
            problems.append(f"docs/formats/README.md: {target} does not exist")


def main():
    problems = []
    check_formats_page(problems)
    for top in TOPS:
        for ext in ("*.h", "*.cc"):
            for path in sorted((ROOT / top).rglob(ext)):
                check_file(path, problems)
    for top in FUZZED:
        for folder in sorted(p for p in (ROOT / top).glob("*") if p.is_dir()):
            if not list(folder.glob("*_fuzz.cc")):
                problems.append(f"{folder.relative_to(ROOT)}: a parser without a fuzz target")
    for folder in FUZZED_FOLDERS:
        if not list((ROOT / folder).glob("*_fuzz.cc")):
            problems.append(f"{folder}: no fuzz target")
    print("\n".join(problems) if problems else "tidy: the house is in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
