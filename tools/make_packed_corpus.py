#!/usr/bin/env python3
"""Makes the corpora of fuzz_emulate, fuzz_packed and fuzz_embedded: code, and small PE programs that unpack themselves."""
import pathlib
import struct
import sys

KEY = 0x5A


def pe(is_64, hidden, stub, imports=b""):
    """Two sections, at 0x1000 what is hidden and at 0x2000 the stub; with an import table at 0x2400."""
    optional_size = 240 if is_64 else 224
    optional = bytearray(optional_size)
    struct.pack_into("<H", optional, 0, 0x20B if is_64 else 0x10B)
    struct.pack_into("<I", optional, 16, 0x2000)
    struct.pack_into("<Q" if is_64 else "<I", optional, 24 if is_64 else 28, 0x400000)
    struct.pack_into("<II", optional, 32, 0x1000, 0x200)
    struct.pack_into("<II", optional, 56, 0x3000, 0x400)
    struct.pack_into("<H", optional, 68, 2)
    directories = 108 if is_64 else 92
    struct.pack_into("<I", optional, directories, 16)
    if imports:
        struct.pack_into("<II", optional, directories + 12, 0x2400, len(imports))
    header = b"MZ" + bytes(58) + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664 if is_64 else 0x14C, 2, 0, 0, 0, optional_size, 0x102)
    header += bytes(optional)
    for index in range(2):
        header += struct.pack("<8sIIIIIIHHI", b".s%d" % index, 0x800, 0x1000 * (index + 1), 0x800,
                              0x400 + 0x800 * index, 0, 0, 0, 0, 0xE0000020)
    body = bytes(byte ^ KEY for byte in hidden).ljust(0x800, b"\0")
    return header.ljust(0x400, b"\0") + body + (stub.ljust(0x400, b"\0") + imports).ljust(0x800, b"\0")


def import_table(is_64, names):
    """One library, kernel32, at RVA 0x2400."""
    word = 8 if is_64 else 4
    base, thunks = 0x2400, 40
    texts = thunks + word * (len(names) + 1)
    table, strings = b"", b"kernel32.dll\0"
    for name in names:
        table += struct.pack("<Q" if is_64 else "<I", base + texts + len(strings))
        strings += b"\0\0" + name + b"\0"
    table += bytes(word)
    return struct.pack("<IIIII", 0, 0, 0, base + texts, base + thunks) + bytes(20) + table + strings


DECRYPT = b"\xBE\x00\x10\x40\x00\xB9\x00\x04\x00\x00\x80\x36\x5A"
DECRYPT32 = DECRYPT + b"\x46\xE2\xFA\xB8\x00\x10\x40\x00\xFF\xE0"
DECRYPT64 = DECRYPT + b"\xFF\xC6\xE2\xF9\xB8\x00\x10\x40\x00\xFF\xE0"
SEH = b"\x68\x00\x21\x40\x00\x64\xFF\x35\x00\x00\x00\x00\x64\x89\x25\x00\x00\x00\x00\xCC"
HANDLER = b"\x8B\x44\x24\x0C\xFF\x80\xB8\x00\x00\x00\x31\xC0\xC3"

APIS = [b"LoadLibraryA", b"GetProcAddress", b"VirtualAlloc", b"VirtualProtect", b"VirtualFree", b"GetModuleHandleA",
        b"CreateFileA", b"ReadFile", b"GetModuleFileNameA", b"SetFilePointer", b"GetFileSize", b"VirtualQuery",
        b"CreateFileMappingA", b"MapViewOfFile", b"HeapAlloc", b"RtlMoveMemory", b"lstrcpyA", b"lstrcmpiA",
        b"GetVersionExA", b"GetStartupInfoA", b"TlsAlloc", b"TlsSetValue", b"TlsGetValue", b"GetTickCount", b"lstrcatA",
        b"QueryPerformanceCounter", b"GetSystemTimeAsFileTime", b"SetUnhandledExceptionFilter", b"RtlZeroMemory",
        b"WriteProcessMemory", b"GetModuleFileNameW", b"LoadLibraryW", b"lstrlenA", b"ExitProcess"]


def calls32():
    """Calls each function with addresses in the hidden section as its arguments."""
    code = b""
    for index in range(len(APIS)):
        code += b"\x68\x00\x10\x00\x00" * 1 + b"\x68\x40\x00\x00\x00" + b"\x68\x00\x10\x40\x00" * 3
        code += b"\xFF\x15" + struct.pack("<I", 0x402428 + 4 * index)
    return code[:0x3F0] + b"\xC3"


def programs():
    yield "xor32", pe(False, b"\xC3marker", DECRYPT32)
    yield "xor64", pe(True, b"\xC3marker", DECRYPT64)
    yield "seh", pe(False, b"\xC3marker", (SEH + DECRYPT32).ljust(0x100, b"\0") + HANDLER)
    yield "imports32", pe(False, b"kernel32.dll\0", calls32(), import_table(False, APIS))
    yield "imports64", pe(True, b"kernel32.dll\0", DECRYPT64, import_table(True, APIS[:12]))
    for index, name in enumerate(APIS):
        # push three times, call, then run what was written.
        stub = b"\x6A\x40\x68\x00\x30\x00\x00\x68\x00\x10\x00\x00\x68\x00\x10\x40\x00\xFF\x15"
        stub += struct.pack("<I", 0x402428 + 4 * index) + b"\xC7\x00\xC3\xC3\xC3\xC3\xFF\xD0"
        yield "call_" + name.decode(), pe(False, b"kernel32.dll\0", stub, import_table(False, APIS))
    for number, fault in enumerate([b"\xCC", b"\xCD\x2D", b"\x0F\x0B", b"\xF4", b"\x31\xC9\xF7\xF1", b"\xA1\0\0\0\0",
                                    b"\x9C\x81\x0C\x24\0\1\0\0\x9D\x90", b"\xCE", b"\xCD\x03"]):
        yield f"fault{number}", pe(False, b"\xC3", (SEH[:-1] + fault + DECRYPT32).ljust(0x100, b"\0") + HANDLER)


def code():
    """Every opcode of both maps, with operands in registers and in memory."""
    for mode in range(2):
        for first, row in [(b"", range(256)), (b"\x0F", range(256)), (b"\x66\x0F", range(256)), (b"\xF3\x0F", range(256))]:
            for modrm in (0xC1, 0x03, 0x9D):
                out = b""
                for opcode in row:
                    out += first + bytes([opcode, modrm, 0x24, 0x10, 0, 0, 0]) + b"\x90"
                yield f"map{mode}{first.hex()}{modrm:02x}", bytes([mode]) + out
        for prefix in (b"\x66", b"\xF3", b"\xF2", b"\x67", b"\x48" if mode else b"\x64"):
            for opcode in (0xA4, 0xA6, 0xAA, 0xAC, 0xAE, 0x8B, 0x03, 0xC1, 0xF7, 0x0F):
                yield f"prefix{mode}{prefix.hex()}{opcode:02x}", bytes([mode | 2]) + prefix + bytes([opcode, 0xB8, 0x10]) * 3
        for opcode in range(0xD8, 0xE0):
            body = b"".join(bytes([opcode, modrm]) for modrm in range(0xC0, 0x100))
            memory = b"".join(bytes([opcode, 0x06 | group << 3]) for group in range(8))
            yield f"fpu{mode}{opcode:02x}", bytes([mode]) + b"\xD9\xE8" * 3 + memory + body
        for group in (0xC0, 0xD0, 0x80, 0x81, 0xF6, 0xF7, 0xFE, 0xFF, 0x8F):
            body = b"".join(bytes([group, 0xC0 | reg << 3, 1, 0, 0, 0]) for reg in range(8))
            yield f"group{mode}{group:02x}", bytes([mode]) + body
    yield "rewrites", bytes([2 | 8]) + b"\xC6\x05\x08\x00\x10\x00\x43\x90\x90\xEB\xF5"


def embedded():
    inner = pe(False, b"\xC3inner", DECRYPT32)[:0x600]
    outer = pe(False, b"", b"\xC3", import_table(False, APIS))
    yield "program", outer + inner
    archive = b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(16) + b"\1\0\0\0a" + b"PK\x01\x02" + bytes(42) + b"aPK\x05\x06" + bytes(18)
    yield "zip", outer + archive
    yield "rar4", outer + b"Rar!\x1A\x07\0\xCF\x90\x73\0\0" + bytes(20)
    yield "rar5", outer + b"Rar!\x1A\x07\1\0" + bytes(20)
    yield "cab", outer + b"MSCF\0\0\0\0" + struct.pack("<IIIIH", 100, 0, 44, 0, 0x0103) + bytes(74)
    yield "7z", outer + bytes.fromhex("377abcaf271c00048d9bd50f000000000000000000000000000000000000000000000000") + bytes(20)
    yield "itself", outer + outer


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1] / "fuzz/corpus")
    for target, files in (("packed", programs()), ("emulate", code()), ("embedded", embedded())):
        folder = root / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files:
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
