"""Containers made to deceive, for tools/compare_heuristics.py: zips whose entries overlap, names hidden in PDF files, disks
with crossing partitions, mails beyond ClamAV's limits."""
import struct
import zlib


def zip_with(places):
    """A zip whose directory lists entries at these offsets: (offset of the local header, size of the data)."""
    files, listed = b"", b""
    end = max(offset + 31 + size for offset, size in places)
    body = bytearray(end)
    for number, (offset, size) in enumerate(places):
        name = b"abcdefghijklmnopqrstuvwxyz"[number % 26:number % 26 + 1]
        local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, size, size, 1, 0) + name
        body[offset:offset + 31] = local
        listed += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, size, size, 1, 0, 0, 0, 0, 0,
                              offset) + name
    files = bytes(body)
    return files + listed + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(places), len(places), len(listed), len(files), 0)


def zips():
    apart = [(i * 100, 20) for i in range(12)]
    yield "zip-apart", zip_with(apart)
    for count in (1, 4, 5, 6, 7, 10):
        yield f"zip-overlap{count}", zip_with([(i * 100, 90 if i < count else 20) for i in range(12)])
    for excess in (1, 2, 3):
        yield f"zip-fudge{excess}", zip_with([(i * 100, 69 + excess) for i in range(12)])
    yield "zip-same", zip_with([(0, 50)] * 12)
    yield "zip-samelast", zip_with([(i * 100, 90 if i < 5 else 20) for i in range(12)] + [(1100, 20)] * 3)
    yield "zip-nested", zip_with([(i * 40, 1000 - i * 40) for i in range(12)])


def pdf(entries, more=b""):
    return (b"%PDF-1.4\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n"
            b"3 0 obj\n<</Type /Page /Parent 2 0 R /Contents 4 0 R>>\nendobj\n4 0 obj\n<<" + entries +
            b">>\nstream\nhello\nendstream\nendobj\n" + more + b"trailer\n<</Root 1 0 R /Size 5>>\n%%EOF\n")


def pdfs():
    yield "pdf-plain", pdf(b"/Length 5")
    for name in ("Filter", "Length", "Type", "JavaScript", "OpenAction", "Launch", "S", "Contents", "EmbeddedFile", "Page",
                 "Image", "Sig", "Linearized", "FlateDecode", "LZWDecode", "Standard", "Font", "Foo", "URI", "Subtype", "AA"):
        hidden = f"#{ord(name[0]):02x}{name[1:]}".encode()
        yield f"pdf-{name.lower()}", pdf(b"/Length 5 /X 1", b"5 0 obj\n<</" + hidden + b" 6 0 R>>\nendobj\n")
        yield f"pdf-value-{name.lower()}", pdf(b"/Length 5 /K /" + hidden)
    yield "pdf-last", pdf(b"/Lengt#68 5")
    yield "pdf-all", pdf(b"/#4C#65#6E#67#74#68 5")
    yield "pdf-filter", pdf(b"/Length 5 /Filter /Fl#61teDecode")
    yield "pdf-filterlist", pdf(b"/Length 5 /Filter [/ASCIIHex#44ecode]")
    yield "pdf-lower", pdf(b"/Length 5 /t#79pe /X")
    yield "pdf-slash", pdf(b"/Length 5 /T#2Fype /X")
    yield "pdf-comment", pdf(b"/Length 5", b"% /T#79pe\n")


def mbr(entries, sectors=400, chain=()):
    """Entries are (kind, start, count); the chain: (sector of the table, entries)."""
    def table(parts):
        raw = b"".join(struct.pack("<BBBBBBBBII", 0, 0, 0, 0, kind, 0, 0, 0, start, count) for kind, start, count in parts)
        return bytes(446) + raw.ljust(64, b"\0") + b"\x55\xAA"
    image = bytearray(sectors * 512)
    image[0:512] = table(entries)
    for sector, parts in chain:
        image[sector * 512:sector * 512 + 512] = table(parts)
    return bytes(image)


def gpt(parts, sectors=400):
    entries = b"".join(struct.pack("<16s16sQQQ72s", b"\x01" * 16, bytes([i + 1]) * 16, first, last, 0,
                                   f"p{i}".encode("utf-16-le")) for i, (first, last) in enumerate(parts)).ljust(128 * 128, b"\0")
    def header(own, other, table):
        fields = lambda crc: struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, own, other, 34, sectors - 34,
                                         b"\x07" * 16, table, 128, 128, zlib.crc32(entries))
        return fields(zlib.crc32(fields(0))).ljust(512, b"\0")
    image = bytearray(mbr([(0xEE, 1, sectors - 1)], sectors))
    image[512:1024] = header(1, sectors - 1, 2)
    image[1024:1024 + len(entries)] = entries
    image[(sectors - 33) * 512:(sectors - 1) * 512] = entries
    image[(sectors - 1) * 512:] = header(sectors - 1, 1, sectors - 33)
    return bytes(image)


def apm(parts, sectors=400):
    image = bytearray(sectors * 512)
    image[0:8] = struct.pack(">2sHI", b"ER", 512, sectors)
    rows = [("Apple_partition_map", 1, 63), *parts]
    for i, (kind, start, count) in enumerate(rows):
        image[512 * (i + 1):512 * (i + 1) + 88] = struct.pack(">2sHIII32s32sII", b"PM", 0, len(rows), start, count, b"disk",
                                                             kind.encode(), 0, count)
    return bytes(image)


def disks():
    yield "mbr-apart", mbr([(0x83, 10, 50), (0x83, 60, 50)])
    yield "mbr-cross", mbr([(0x83, 10, 51), (0x83, 60, 50)])
    yield "mbr-inside", mbr([(0x83, 10, 200), (0x83, 60, 50)])
    yield "mbr-same", mbr([(0x83, 10, 50), (0x83, 10, 50)])
    yield "mbr-backward", mbr([(0x83, 60, 50), (0x83, 10, 51)])
    yield "mbr-outside", mbr([(0x83, 10, 50), (0x83, 60, 5000)])
    chain = [(100, [(0x83, 1, 20), (0x05, 30, 30)]), (130, [(0x83, 1, 20)])]
    yield "mbr-extended", mbr([(0x83, 10, 50), (0x05, 100, 100)], chain=chain)
    chain = [(100, [(0x83, 1, 40), (0x05, 30, 30)]), (130, [(0x83, 1, 20)])]
    yield "mbr-chaincross", mbr([(0x83, 10, 50), (0x05, 100, 100)], chain=chain)
    yield "mbr-extendedcross", mbr([(0x83, 10, 95), (0x05, 100, 100)], chain=chain[1:])
    yield "gpt-apart", gpt([(40, 99), (100, 200)])
    yield "gpt-cross", gpt([(40, 100), (100, 200)])
    yield "gpt-same", gpt([(40, 100), (40, 100)])
    yield "gpt-outside", gpt([(40, 100), (90, 9000)])
    yield "gpt-before", gpt([(10, 100), (90, 200)])
    yield "apm-apart", apm([("Apple_HFS", 64, 100), ("Apple_Free", 164, 100)])
    yield "apm-cross", apm([("Apple_HFS", 64, 101), ("Apple_HFS", 164, 100)])
    yield "apm-map", apm([("Apple_HFS", 40, 101)])


def mails():
    head = "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n"
    yield "mail-plain", f"{head}\r\nHello\r\n".encode()
    for count in (1000, 1015, 1030, 1100):
        yield f"mail-fields{count}", (head + "".join(f"X-{i}: y\r\n" for i in range(count)) + "\r\nHello\r\n").encode()
    for size in (200, 255, 258, 400):
        lines = "".join(f"X-{i}: {'y' * 1000}\r\n" for i in range(size))
        yield f"mail-bytes{size}", (head + lines + "\r\nHello\r\n").encode()
    for count in (100, 250, 260, 400):
        arguments = "".join(f"; a{i}=b" for i in range(count))
        yield f"mail-arguments{count}", (head + f"MIME-Version: 1.0\r\nContent-Type: text/plain{arguments}\r\n\r\nHello\r\n").encode()
    for count in (1000, 1022, 1030):
        body = "".join(f"--XX\r\nContent-Type: text/plain\r\n\r\npart {i}\r\n" for i in range(count))
        yield (f"mail-parts{count}",
               (head + f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=XX\r\n\r\n{body}--XX--\r\n").encode())
