#!/usr/bin/env python3
"""Makes the corpora of fuzz_filetypes, fuzz_passwords, fuzz_certificates and fuzz_icons: lines of .ftm, .pwdb, .crb and
.idb files, sound and broken."""
import sys
from pathlib import Path

LEVELS = b"0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:1:255\n0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:300\n"
ICON = (b"20c8a0017c3a16009d3000f2270d0d4cb15105310d15db1617d40017d40817800000800800800008e20b12e10c07dc04045116005e000b690e00"
        b"26261755")
CASES = {
    "filetypes": {
        "bytes": LEVELS + b"0:2:4142:n:CL_TYPE_ANY:CL_TYPE_GIF\n# c\n\0xxABcd",
        "partition": b"4:1:4142:n:CL_TYPE_PART_ANY:CL_TYPE_PART_HFSPLUS\r\n\0.AB",
        "patterns": b"1:*:41(42|43)??{2-3}4?*45:n:CL_TYPE_ANY:CL_TYPE_MAIL\n1:0,9:4145!(42|43)44:n:CL_TYPE_BINARY_DATA:CL_TYPE_PDF"
                    b"\n1:EOF-4:6b6f6c79:n:CL_TYPE_ANY:CL_TYPE_DMG\n\0..ACx12Fzzzz\nE AEED koly",
        "broken": b"0:x:41\n9:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP\n1:*:4({:n:CL_TYPE_ANY:CL_TYPE_ZIP\n0:0:4:n:A:B\n1:EP+1:4142:n:"
                  b"CL_TYPE_ANY:CL_TYPE_ZIP\n1:*:(B)4142[1-2]43:n:CL_TYPE_ANY:CL_TYPE_ZIP\n\0A",
    },
    "certificates": {
        "rules": b"N;1;" + b"a" * 40 + b";" + b"0" * 40 + b";00abc;010001;1;0;1;77;text;1;255\n# c\n\nM;0;" + b"b" * 40 +
                 b";;ab;;0;0;0;;\r\n",
        "broken": b"N;2;" + b"a" * 40 + b";;ab;;0;0;0;;\nN;0;aa;;ab;;0;0;0;;\nN;0\nN;0;" + b"a" * 40 + b";;xy;;0;0;0;;\nN;0;" +
                  b"a" * 40 + b";;ab;;0;0;0;;;300\nN;0;" + b"a" * 40 + b";;ab;;0;0;0;9z;;1;2;3\n",
    },
    "icons": {
        "known": b"N:one:two:" + ICON + b"\n# c\n\n\0" + bytes(range(1, 256)),
        "grey": b"N:one:two:" + ICON + b"\n\0\x90" + b"\x20\x20\x20\xe0\xe0\xe0" * 3 + b"\x40\x40\x40",
        "broken": b"N:one:" + ICON + b"\nN:one:two:30" + ICON[2:] + b"\nN:o:t:" + ICON[:-8] + b"ffffffff\nN:o:t:" + ICON[:5] + b"ff" + ICON[7:] +
                  b"\r\nN:o:t:" + ICON[:-1] + b"g\n\0A",
    },
    "passwords": {
        "plain": b"N;Target:0;0;sesame\nM;Engine:81-255,Container:CL_TYPE_ZIP;1;736573616d65\n# c\nR;Engine:81-255,Container:CL_TYPE_RAR;;a;b\r\n",
        "broken": b"N;;0;a\nN;Target:0;2;a\nN;Target:0;1;abc\nN\nN;Engine:81-255,Container:CL_TYPE_PDF;0;a\n",
    },
}


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "fuzz/corpus")
    for target, cases in CASES.items():
        (root / target).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (root / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
