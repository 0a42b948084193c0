#!/usr/bin/env python3
"""Makes the corpus of fuzz_metadata: lines of .cdb, .zmd and .rmd files, sound and broken."""
import sys
from pathlib import Path

CASES = {
    "cdb": b"A:*:*:*:*:*:*:*:*:*\nB:CL_TYPE_ZIP:1-9:\\.exe$:1:2-3:0:1:abcd:*:1:255\n# c\n\nC:*:*:c\\:d:*:*:1:*:*:*:300\n",
    "old": b"A:0:x:100:90:abcd:8:2:1\nB:1:x:*:*:*:*:*:*\n",
    "broken": b"A:*:*\n:*:*:*:*:*:*:*:*:*\nA:CL_TYPE_X:*:*:9-1:*:2:*:zz:*\nA:*:*:(((:*:*:*:*:*:*\r\n",
    "list": b"5,20\na.cdbA:*:*:*:*:*:*:*:*:*",
}


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "fuzz/corpus/metadata")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in CASES.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
