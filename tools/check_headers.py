#!/usr/bin/env python3
"""Compiles every header alone: each includes what it needs. Prints the compiler's words for those that fail.

usage: check_headers.py [HEADER...]    all headers of the tree without arguments. CXX names the compiler.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOPS = ("libs", "worker", "endpoint", "network", "tools")
# Only what changes what a header means; warnings are the business of the build. The definitions are those of
# cmake/daylight_targets.cmake for tests.
FLAGS = ("-std=c++20", "-fsyntax-only", "-I.", '-DDAYLIGHT_SOURCE_DIR="."', '-DDAYLIGHT_BIN_DIR="."', "-x", "c++", "-")


def check(header):
    """The compiler's complaint, or an empty text."""
    compiler = os.environ.get("CXX", "g++")
    done = subprocess.run([compiler, *FLAGS], input=f'#include "{header}"\n', cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{header} does not compile alone:\n{done.stderr}"


def main():
    headers = [pathlib.Path(name) for name in sys.argv[1:]]
    if not headers:
        headers = [p.relative_to(ROOT) for top in TOPS for p in sorted((ROOT / top).rglob("*.h"))]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        problems = [text for text in pool.map(check, headers) if text]
    print("\n".join(problems) if problems else f"headers: {len(headers)} compile alone")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
