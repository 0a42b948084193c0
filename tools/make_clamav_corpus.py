#!/usr/bin/env python3
"""Makes the corpora of fuzz_clamav_text, fuzz_clamav_match and fuzz_clamav_database from written signatures."""
import hashlib
import pathlib
import random
import sys

HEX = ["616263", "6162*6364", "6162{2-4}6364", "61(62|6364)6566", "!(61|62)6364", "(B)6162", "6162(L)", "6162!(W)6364",
       "aa[1-2]6162[0-3]bb", "61?26?6364", "((61|62)63|6465)6667", "6162??6364{-3}6566*6768"]
OPTIONS = ["", "::i", "::w", "::f", "::iwaf", "::wa"]
OFFSETS = ["", "0:", "2,3:", "EOF-4:", "EOF-9,4:"]
LOGIC = ["0&1", "0|1", "(0|1)>1", "(0&1)>2,2", "0=0&1", "0>1|1", "(0|1)<3"]
OTHER = ["0(>>2#hb2#>1,<9)", "0(<<1#dbe3#=1)", "0/a[b-e]+/gi", "2,4:0/x\\x3b/re", "${1-9}3$", "0(#ib4#<0xff)"]
CONDITIONS = ["Target:0", "Engine:51-255,Target:1,FileSize:1-9,EntryPoint:0-9,NumberOfSections:1-2",
              "Engine:51-255,Target:0,Container:CL_TYPE_ZIP,Intermediates:CL_TYPE_GZ>CL_TYPE_ZIP",
              "Engine:51-255,Target:0,HandlerType:CL_TYPE_PDF"]
DATA = [b"abcdef", b"xxabxcdyyab", b"\n ab\r\n", b"a\0b\0c\0", b"\xaa.abc..\xbb", b"AbCdEfGh 12 0x1F ;x"]


def write(folder, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1] / "fuzz/corpus")
    rng = random.Random(1)
    for i in range(80):
        subs = [rng.choice(OFFSETS) + rng.choice(HEX) + rng.choice(OPTIONS) for _ in range(2)]
        line = f"N{i};Target:0;{rng.choice(LOGIC)};" + ";".join(subs)
        write(root / "clamav_match", line.encode() + b"\n" + rng.choice(DATA) + rng.choice(DATA))
    for condition in CONDITIONS:
        for other in OTHER:
            line = f"N;{condition};0&1;{rng.choice(HEX)};{other}"
            write(root / "clamav_text", b"\0" + line.encode())
            write(root / "clamav_match", line.encode() + b"\n" + rng.choice(DATA))
    for pattern in HEX:
        for offset in ("*", "EP+1,2", "S1+2", "SE0", "SL+1", "VI", "$3$", "EOF-5"):
            write(root / "clamav_text", b"\1" + f"N:{rng.choice([0, 1, 6])}:{offset}:{pattern}:1:255\r\n#\n".encode())
        write(root / "clamav_text", b"\2" + f"N={pattern}\n".encode())
    for _ in range(40):
        write(root / "clamav_database", rng.randbytes(4 * rng.randrange(1, 40)))
    md5, sha256 = "44d88612fea8a8f36de82e1278abb02f", "27" * 32
    texts = {"a.hdb": f"{md5}:68:A\n# no\nbad\n{md5}:*:B:73\n", "a.hsb": f"{sha256}:68:A:73\r\n", "a.mdb": f"4096:{md5}:A\n",
             "a.imp": f"{md5}:40:A\n", "a.sfp": f"{sha256}:*:A\n", "a.sha256": f"{sha256}\n", "a.csv": f'"{md5}","x"\n',
             "a.ndb": "A:0:*:616263\nB:0:0:6162??64\n", "a.ldb": "A;Target:0;0;616263\n", "a.cdb": "A:CL_TYPE_ZIP:*:x:1:2:0:*:*:*\n",
             "a.tlsh": "T1" + "0A" * 35 + ",A\n", "a.ssdeep": "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C,A\n", "a.cbc": "program",
             "a.ftm": "0:0:616263:x:CL_TYPE_ANY:CL_TYPE_ZIP\n", "a.yara": "rule a { condition: true }\n", "a.info": "x", "a": f"{md5}\n"}
    lists = {"a.ign2": f"A\nB:{md5}\n:x\nC:12\n", "a.ign": "main.hdb:12:A\nbad\n"}
    for name, text in texts.items():
        for listed, names in lists.items():
            write(root / "sources", f"{listed}\n{names}\0{name}\n{text}".encode())
    write(root / "sources", "\0".join(f"{name}\n{text}" for name, text in texts.items()).encode())
    for container in ("a.cud", "a.cvd"):
        for name, text in texts.items():
            write(root / "sources", f"{container}\na.ign2\nB\n\0{name}\n{text}".encode())


if __name__ == "__main__":
    main()
