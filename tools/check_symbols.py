#!/usr/bin/env python3
"""Looks at what the built parser libraries call: nothing that opens, connects, starts, prints or ends.

usage: check_symbols.py BUILD_FOLDER

Code that reads hostile bytes gets them in memory and answers with a Result. A call of open(), socket() or
printf() in there is a mistake, whatever the sandbox would say to it. Prints one line a forbidden reference,
exits with 1 if there is any, and with 2 if libraries are missing, for a check of nothing proves nothing.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

FORBIDDEN = re.compile(r"""^(?:
    open(?:at)?(?:64)?(?:_2)? | __open(?:at)?(?:64)?_2 | creat(?:64)? | fopen(?:64)? | freopen(?:64)? | tmpfile(?:64)?
    | opendir | unlink(?:at)? | rename(?:at2?)? | remove | mkdir(?:at)? | chmod | chown
    | socket | connect | bind | listen | accept4? | send(?:to|msg)? | recv(?:from|msg)? | getaddrinfo
    | exec(?:l|le|lp|v|ve|vp|vpe|veat) | fexecve | posix_spawnp? | system | popen | fork | vfork | clone3?
    | dlopen | dlsym | ptrace | kill | raise
    | (?:__)?v?f?printf(?:_chk)? | (?:__)?v?dprintf(?:_chk)? | puts | fputs | fputc | putchar | putc | fwrite | write
    | perror | stdout | stderr | stdin | _ZSt(?:4cout|4cerr|4clog|3cin)
    | exit | _exit | _Exit | quick_exit | at_quick_exit | atexit | abort
    | getenv | secure_getenv | setenv | rand | srand | setjmp | _setjmp | longjmp
    | setlocale | gets | strcpy | strcat | sprintf | __sprintf_chk
    | _ZN?K?St\d+basic_(?:[io]?fstream|filebuf).* | _ZNSt10filesystem.*
)$""", re.VERBOSE)

# (library, symbol): why it is all right.
EXCEPTIONS = {
    ("libs/formats/image", "_setjmp"): "how libpng and libjpeg report errors; nothing with a destructor is jumped over",
}


def libraries():
    """Folder and library name of each parser folder that has sources of its own."""
    folders = [p for top in ("libs/formats", "libs/unpack") for p in sorted((ROOT / top).iterdir()) if p.is_dir()]
    folders += [ROOT / "libs/match", ROOT / "libs/rules/syntax"]
    for folder in folders:
        sources = [p for p in folder.glob("*.cc") if not re.search(r"_(test|fuzz|bench)\.cc$", p.name)]
        if sources:
            name = str(folder.relative_to(ROOT)).removeprefix("libs/").replace("/", "_")
            yield folder.relative_to(ROOT), f"libdaylight_{name}.a"


def undefined_symbols(archive):
    """(object file, symbol) for everything that the library wants from elsewhere."""
    text = subprocess.run(["nm", "-u", "-A", str(archive)], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        found = re.match(r"^[^:]*:([^:]+):\s+[Uwv]\s+([^@\s]+)", line)
        if found:
            yield found.group(1), found.group(2)


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    build = pathlib.Path(sys.argv[1])
    problems, missing, seen, used = [], [], 0, set()
    for folder, name in libraries():
        if not (build / name).is_file():
            missing.append(f"{build / name}: not built")
            continue
        symbols = set(undefined_symbols(build / name))
        seen += 1
        for member, symbol in sorted(symbols):
            if FORBIDDEN.match(symbol):
                used.add((str(folder), symbol))
                if (str(folder), symbol) not in EXCEPTIONS:
                    problems.append(f"{folder}: {member} refers to {symbol}")
    problems += [f"the exception {entry} is not needed any more" for entry in EXCEPTIONS
                 if entry not in used and not missing]
    if problems or missing:
        print("\n".join(problems + missing))
        return 1 if problems else 2
    print(f"symbols: {seen} parser libraries touch nothing but memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
