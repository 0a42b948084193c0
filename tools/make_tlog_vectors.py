#!/usr/bin/env python3
"""Writes api/vectors/tlog/*.json: vectors for the log's formats, made without any of our C++.

usage: make_tlog_vectors.py

Also writes the corpora of libs/tlog's fuzz targets, which are cases of the same vectors.

Trees are hashed by the recursive definitions of RFC 6962, section 2.1, and signatures made by Debian's
python3-cryptography, from fixed seeds, so that every run writes the same bytes. libs/tlog's tests read them; so
may any other implementation. Each case says what is expected: "valid" and the values, or "error".
"""
import base64
import hashlib
import json
import pathlib
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

DASH = "\u2014 "


def sha(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


# RFC 6962, section 2.1, as written there.
def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = split(len(leaves))
    return sha(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def proof(m, leaves):
    return subproof(m, leaves, True) if 0 < m < len(leaves) else []


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [root(leaves[:k])]


class Key:
    def __init__(self, name, kind, seed):
        self.name, self.kind, self.seed = name, kind, sha(seed.encode())
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.id = sha(name.encode() + b"\n" + bytes([kind]) + self.public)[:4]

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def skey(self):
        return f"PRIVATE+KEY+{self.name}+{self.id.hex()}+{b64(bytes([self.kind]) + self.seed)}"

    def line(self, text, time=0):
        if self.kind == 1:
            blob = self.key.sign(text.encode())
        else:
            blob = struct.pack(">Q", time) + self.key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return f"{DASH}{self.name} {b64(self.id + blob)}\n"


LOG = Key("daylight.example/log", 1, "log")
OTHER_LOG = Key("other.example/log", 1, "other log")
W = [Key(f"w{i}.example", 4, f"witness {i}") for i in range(4)]
STRANGER = Key("stranger.example", 4, "stranger")
MLDSA = "m.example"
MLDSA_PUBLIC = bytes(i % 251 for i in range(1312))
MLDSA_ID = sha(MLDSA.encode() + b"\n\x06" + MLDSA_PUBLIC)[:4]
MLDSA_VKEY = f"{MLDSA}+{MLDSA_ID.hex()}+{b64(bytes([6]) + MLDSA_PUBLIC)}"
MLDSA_LINE = f"{DASH}{MLDSA} {b64(MLDSA_ID + bytes(8 + 2420))}\n"


def leaves(n):
    return [f"entry {i}".encode() for i in range(n)]


def body(size, origin=LOG.name, rows=None):
    return f"{origin}\n{size}\n{b64(root(rows if rows is not None else leaves(size)))}\n"


def merkle():
    sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33, 64, 70]
    roots = [{"size": n, "root": b64(root(leaves(n)))} for n in [0] + sizes]
    inclusion, consistency = [], []
    for n in sizes:
        for m in sorted({0, 1, n // 2, n - 2, n - 1} & set(range(n))):
            inclusion.append({"size": n, "index": m, "leaf_hash": b64(sha(b"\0" + leaves(n)[m])),
                              "root": b64(root(leaves(n))), "proof": [b64(h) for h in path(m, leaves(n))]})
        for m in sorted({0, 1, 2, 4, n // 2, n - 1, n} & set(range(n + 1))):
            consistency.append({"old_size": m, "size": n, "old_root": b64(root(leaves(m))),
                                "root": b64(root(leaves(n))), "proof": [b64(h) for h in proof(m, leaves(n))]})
    return {"entries": "entry <i> in ASCII decimal is 'entry ' and the index", "roots": roots,
            "inclusion": inclusion, "consistency": consistency}


def tiles():
    paths = [("tile/0/000", "hashes", 0, 0, 256), ("tile/0/001.p/1", "hashes", 0, 1, 1),
             ("tile/2/x001/x234/067", "hashes", 2, 1234067, 256), ("tile/entries/999", "entries", 0, 999, 256),
             ("tile/entries/x001/000.p/255", "entries", 0, 1000, 255), ("tile/7/000.p/12", "hashes", 7, 0, 12)]
    bad = ["tile/0/0", "tile/0/0000", "tile/00/000", "tile/8/000", "tile/-1/000", "tile/0/x000/001", "tile/0/001/000",
           "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000/", "/tile/0/000",
           "tile/0", "tile/", "tile/entries", "tile/data/000", "tile/0/../000", "tile/0/x1234/000", "tile/0/000.p/1/",
           "tile/0/x999/x999/x999/x999/x999/x999/999"]
    sizes = [0, 1, 255, 256, 257, 511, 512, 65535, 65536, 65537, 70000, 16777216, 16777217]
    widths = []
    for size in sizes:
        counts = [size >> (8 * level) for level in range(4)]
        widths.append({"size": size, "levels": [{"full": c // 256, "partial": c % 256} for c in counts]})
    bundle = b"".join(struct.pack(">H", len(e)) + e for e in [b"", b"a", b"\0\xff" * 150])
    return {"paths": [dict(zip(("path", "kind", "level", "index", "width"), row)) for row in paths],
            "invalid_paths": bad, "tiles_of_tree": widths,
            "bundle": {"hex": bundle.hex(), "entries_hex": ["", "61", (b"\0\xff" * 150).hex()]},
            "invalid_bundles": [{"hex": bundle.hex() + "00", "width": 3}, {"hex": bundle[:-1].hex(), "width": 3},
                                {"hex": bundle.hex(), "width": 2}, {"hex": bundle.hex(), "width": 4},
                                {"hex": "00", "width": 1}]}


def notes():
    text = "This is an example message.\n"
    spec = {"name": "the specification's own", "keys": [
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
        "note": text + "\n" + DASH + "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXs"
        "YjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n", "valid": ["example.com/foo"]}
    two = "one\n\ntwo\n"
    line = LOG.line(text)
    wrong = LOG.line("other\n")
    cases = [
        spec,
        {"name": "text with an empty line", "keys": [LOG.vkey()], "note": two + "\n" + LOG.line(two), "valid": [LOG.name]},
        {"name": "unknown keys are ignored", "keys": [LOG.vkey()],
         "note": text + "\n" + STRANGER.line(text, 5) + line, "valid": [LOG.name]},
        {"name": "the same name with another id is unknown", "keys": [LOG.vkey()],
         "note": text + "\n" + Key(LOG.name, 1, "x").line(text) + line, "valid": [LOG.name]},
        {"name": "sixteen signatures", "keys": [LOG.vkey()], "note": text + "\n" + "".join(
            Key(f"k{i}.example", 1, f"k{i}").line(text) for i in range(15)) + line, "valid": [LOG.name]},
        {"name": "a cosignature", "keys": [W[0].vkey()], "note": text + "\n" + W[0].line(text, 1679315147),
         "valid": [W[0].name], "time": 1679315147},
        {"name": "ML-DSA-44 is reported, not verified", "keys": [LOG.vkey(), MLDSA_VKEY],
         "note": text + "\n" + line + MLDSA_LINE, "valid": [LOG.name], "not_verified": [MLDSA]},
        {"name": "ML-DSA-44 alone counts for nothing", "keys": [MLDSA_VKEY], "note": text + "\n" + MLDSA_LINE,
         "error": "verify"},
        {"name": "a wrong signature of a known key", "keys": [LOG.vkey(), W[0].vkey()],
         "note": text + "\n" + W[0].line(text, 5) + wrong, "error": "verify"},
        {"name": "a right and then a wrong one of the same key", "keys": [LOG.vkey()],
         "note": text + "\n" + line + wrong, "error": "verify"},
        {"name": "only unknown keys", "keys": [W[1].vkey()], "note": text + "\n" + line, "error": "verify"},
        {"name": "a log's signature is no cosignature", "keys": [Key(LOG.name, 4, "log").vkey()],
         "note": text + "\n" + line, "error": "verify"},
        {"name": "time changed", "keys": [W[0].vkey()], "note": text + "\n" + DASH + W[0].name + " " + b64(
            W[0].id + struct.pack(">Q", 6) + W[0].key.sign(f"cosignature/v1\ntime 5\n{text}".encode())) + "\n",
         "error": "verify"},
    ]
    malformed = {
        "no empty line": text + line, "no signature": text + "\n", "empty": "", "no last newline": text + "\n" + line[:-1],
        "a control character": "a\tb\n\n" + line, "a carriage return": "a\r\n\n" + line,
        "a hyphen for the dash": text + "\n" + "- " + line[2:], "two spaces": text + "\n" + line.replace(" d", "  d", 1),
        "text behind the signatures": text + "\n" + line + "more\n",
        "a plus in the name": text + "\n" + DASH + "a+b AAAAAAAA\n",
        "a wide space in the name": text + "\n" + DASH + "a\u2003b AAAAAAAA\n",
        "base64 without padding": text + "\n" + line.rstrip("\n").rstrip("=") + "\n",
        "an empty signature": text + "\n" + DASH + "a AAAAAA==\n",
        "base64 with leftover bits": text + "\n" + DASH + "a AAAAAAB=\n",
    }
    cases += [{"name": name, "keys": [LOG.vkey()], "note": note, "error": "parse"} for name, note in malformed.items()]
    bad_keys = [LOG.vkey()[:-4], LOG.vkey().replace("+", "-"), "+".join(["other"] + LOG.vkey().split("+")[1:]),
                LOG.vkey().upper(), LOG.skey(), "a b+00000000+AQ==", "", LOG.vkey() + "\n",
                f"{LOG.name}+{LOG.id.hex()}+{b64(bytes([2]) + LOG.public)}"]
    keys = [{"vkey": k.vkey(), "skey": k.skey(), "seed_hex": k.seed.hex(), "name": k.name, "kind": k.kind,
             "id_hex": k.id.hex()} for k in [LOG, W[0]]]
    signing = [{"skey": LOG.skey(), "text": text, "time": 0, "line": line},
               {"skey": W[0].skey(), "text": text, "time": 1679315147, "line": W[0].line(text, 1679315147)}]
    return {"cases": cases, "keys": keys, "invalid_keys": bad_keys, "signing": signing}


def checkpoints():
    good = [{"text": body(3), "origin": LOG.name, "size": 3, "root": b64(root(leaves(3))), "extensions": []},
            {"text": body(0), "origin": LOG.name, "size": 0, "root": b64(root([])), "extensions": []},
            {"text": body(7) + "ext one\next two\n", "origin": LOG.name, "size": 7, "root": b64(root(leaves(7))),
             "extensions": ["ext one", "ext two"]}]
    r = b64(root(leaves(3)))
    bad = ["", "\n3\n" + r + "\n", f"o\n03\n{r}\n", f"o\n-3\n{r}\n", f"o\n3 \n{r}\n", f"o\n\n{r}\n", "o\n3\n",
           f"o\n3\n{r}", f"o\n3\n{r[:-4]}\n", f"o\n3\n{r}AAAA\n", f"o\n3\n{r}\n\n", f"o\n3\n{r}\nx",
           f"o\n9223372036854775808\n{r}\n", f"o\n+3\n{r}\n", f"o\n3\n{r[:-2]}D=\n" if r[-2] != "D" else "o\n"]
    return {"valid": good, "invalid": bad}


POLICY = "".join([
    f"# a comment\nlog {LOG.vkey()} https://log.example/\n\n",
    "".join(f"witness\tW{i} {W[i].vkey()} https://{W[i].name}/\n" for i in range(4)),
    "group outside 2 W0 W1 W2\n  group all-of all outside W3\nquorum all-of\n"])


def policies():
    def note(size, signers, origin=LOG):
        text = body(size, origin.name)
        return text + "\n" + origin.line(text) + "".join(W[i].line(text, time) for i, time in signers)
    any_policy = POLICY.replace("group outside 2", "group outside any")
    none = f"log {LOG.vkey()}\nquorum none\n"
    one = f"log {LOG.vkey()}\nwitness W0 {W[0].vkey()}\nquorum W0\n"
    text = body(5)
    flipped = note(5, [(0, 10), (1, 20), (3, 30)])
    flipped = flipped[:-20] + ("A" if flipped[-20] != "A" else "B") + flipped[-19:]
    cases = [
        {"name": "two of three and one", "policy": POLICY, "note": note(5, [(0, 10), (1, 20), (3, 30)]), "valid": True,
         "quorum_time": 10},
        {"name": "all four: the oldest is not needed", "policy": POLICY,
         "note": note(5, [(0, 10), (1, 20), (2, 25), (3, 30)]), "valid": True, "quorum_time": 20},
        {"name": "one of three is not two", "policy": POLICY, "note": note(5, [(0, 10), (3, 30)]), "valid": False},
        {"name": "the same witness twice is one", "policy": POLICY, "note": note(5, [(0, 10), (0, 20), (3, 30)]),
         "valid": False},
        {"name": "the other half is missing", "policy": POLICY, "note": note(5, [(0, 10), (1, 20), (2, 30)]),
         "valid": False},
        {"name": "any", "policy": any_policy, "note": note(5, [(2, 10), (3, 30)]), "valid": True, "quorum_time": 10},
        {"name": "none", "policy": none, "note": note(5, []), "valid": True},
        {"name": "a single witness", "policy": one, "note": note(5, [(0, 7)]), "valid": True, "quorum_time": 7},
        {"name": "no signature of the log", "policy": one, "note": text + "\n" + W[0].line(text, 7), "valid": False},
        {"name": "another log", "policy": one, "note": note(5, [(0, 7)], OTHER_LOG), "valid": False},
        {"name": "the log signs under another origin", "policy": one, "note":
         body(5, "else.example") + "\n" + LOG.line(body(5, "else.example")) + W[0].line(body(5, "else.example"), 7),
         "valid": False},
        {"name": "one flipped character", "policy": any_policy, "note": flipped, "valid": False},
        {"name": "an empty tree with a wrong root", "policy": none,
         "note": f"{LOG.name}\n0\n{b64(bytes(32))}\n\n" + LOG.line(f"{LOG.name}\n0\n{b64(bytes(32))}\n"), "valid": False},
    ]
    log, w0, w1 = f"log {LOG.vkey()}\n", f"witness W0 {W[0].vkey()}\n", f"witness W1 {W[1].vkey()}\n"
    bad = {"no quorum": log + w0, "two quorums": log + "quorum none\nquorum none\n", "unknown word": log + "x\nquorum none\n",
           "not defined yet": log + "quorum W0\n" + w0, "same name twice": w0 + w1.replace("W1", "W0") + "quorum none\n",
           "same key twice": w0 + w0.replace("W0", "W9") + "quorum none\n",
           "a log's key as a witness's": log + f"witness X {Key('x', 4, 'log').vkey()}\nquorum none\n",
           "member twice": w0 + w1 + "group g any W0 W0\nquorum g\n",
           "in two groups": w0 + w1 + "group g any W0 W1\ngroup h any W0\nquorum g\n",
           "threshold 0": w0 + "group g 0 W0\nquorum g\n", "threshold above": w0 + "group g 2 W0\nquorum g\n",
           "no member": w0 + "group g any\nquorum g\n", "none as a member": w0 + "group g any none\nquorum g\n",
           "none as a name": w0.replace("W0", "none") + "quorum none\n", "itself": w0 + "group g any g\nquorum g\n",
           "no last newline": "quorum none", "carriage return": "quorum none\r\n", "a log's type for a witness":
           f"witness X {Key('x', 1, 'y').vkey()}\nquorum none\n", "too many words": log.strip() + " a b\nquorum none\n"}
    return {"cases": cases, "invalid": [{"name": k, "policy": v} for k, v in bad.items()],
            "opaque": {"policy": b64(b"# \xff\xfe\n" + w0.replace("W0", "W\u00e9").encode() + "quorum W\u00e9\n".encode())}}


def proofs():
    def make(index, size, extra=None, hashes=None):
        text = body(size)
        rows = leaves(size)
        out = "c2sp.org/tlog-proof@v1\n" + (f"extra {b64(extra)}\n" if extra is not None else "")
        out += f"index {index}\n" + "".join(b64(h) + "\n" for h in (path(index, rows) if hashes is None else hashes))
        return out + "\n" + text + "\n" + LOG.line(text) + "".join(W[i].line(text, 100 + i) for i in range(4))
    p = make(4, 7)
    cases = [{"name": f"{i} of {n}", "entry": f"entry {i}", "proof": make(i, n), "index": i, "size": n, "valid": True}
             for i, n in [(0, 1), (0, 2), (1, 2), (4, 7), (63, 64), (64, 65), (299, 300)]]
    cases += [
        {"name": "with extra", "entry": "entry 2", "proof": make(2, 5, b"file.tar"), "index": 2, "size": 5,
         "extra": b64(b"file.tar"), "valid": True},
        {"name": "another entry", "entry": "entry 5", "proof": p, "valid": False},
        {"name": "another index", "entry": "entry 4", "proof": p.replace("index 4", "index 5"), "valid": False},
        {"name": "index outside", "entry": "entry 4", "proof": p.replace("index 4", "index 7"), "valid": False},
        {"name": "a hash less", "entry": "entry 4", "proof": make(4, 7, None, path(4, leaves(7))[:-1]), "valid": False},
        {"name": "a hash more", "entry": "entry 4", "proof": make(4, 7, None, path(4, leaves(7)) + [bytes(32)]),
         "valid": False}]
    bad = {"magic": p.replace("@v1", "@v2", 1), "no index": p.replace("index 4\n", "", 1), "leading zero": p.replace("index 4", "index 04"),
           "no empty line": p.replace("\n\n", "\n"), "short": p[:40], "empty": "", "extra without base64":
           p.replace("index 4", "extra %\nindex 4"), "extra behind index": p.replace("index 4\n", "index 4\nextra AA==\n"),
           "64 hashes": make(4, 7, None, [bytes(32)] * 64)}
    return {"policy": POLICY, "cases": cases, "malformed": [{"name": k, "proof": v} for k, v in bad.items()]}


def witness():
    def note(size, signer=LOG, rows=None, origin=LOG.name):
        text = body(size, origin, rows)
        return text + "\n" + signer.line(text)
    fork = [b"fork"] + leaves(8)[1:]

    def case(name, status, last, old, size, hashes=None, signer=LOG, rows=None, checkpoint=None):
        hashes = proof(old, leaves(size)) if hashes is None else hashes
        text = f"old {old}\n" + "".join(b64(h) + "\n" for h in hashes) + "\n"
        return {"name": name, "status": status, "last_size": last, "last_root": b64(root(leaves(last))),
                "request": text + (checkpoint or note(size, signer, rows))}
    empty_wrong = f"{LOG.name}\n0\n{b64(bytes(32))}\n"
    known_wrong = body(5) + "\n" + LOG.line(body(6))
    cases = [
        case("first", 200, 0, 0, 5), case("growth", 200, 3, 3, 7), case("same again", 200, 5, 5, 5),
        case("empty tree", 200, 0, 0, 0), case("a large step", 200, 1, 1, 300), case("complete tree", 200, 4, 4, 8),
        case("stale", 409, 5, 3, 7), case("ahead", 409, 3, 5, 7), case("stale from 0", 409, 5, 0, 7),
        case("backwards", 400, 5, 6, 5, []), case("proof with old 0", 422, 0, 0, 5, [bytes(32)]),
        case("no proof", 422, 3, 3, 7, []), case("wrong proof", 422, 3, 3, 7, [bytes(32)] * 3),
        case("split view, grown", 422, 3, 3, 8, None, LOG, fork), case("split view, same size", 422, 8, 8, 8, [], LOG, fork),
        case("a proof for equal sizes", 422, 5, 5, 5, [bytes(32)]),
        case("unknown key", 403, 0, 0, 5, None, OTHER_LOG), case("known key, wrong signature", 403, 0, 0, 5, None, LOG, None, known_wrong),
        case("empty tree, wrong root", 422, 0, 0, 0, [], LOG, None, empty_wrong + "\n" + LOG.line(empty_wrong))]
    ok = cases[1]["request"]
    bad = {"no old": ok.split("\n", 1)[1], "leading zero": ok.replace("old 3", "old 03"), "sign": ok.replace("old 3", "old +3"),
           "64 hashes": "old 1\n" + (b64(bytes(32)) + "\n") * 64 + "\n" + note(5), "not a hash": ok.replace("old 3\n", "old 3\nAAAA\n"),
           "no end": "old 3\n", "empty": ""}
    return {"log_keys": [LOG.vkey()], "cases": cases, "malformed": [{"name": k, "request": v} for k, v in bad.items()]}


def corpora(made):
    """Fuzz target to inputs."""
    tile = [row["path"] for row in made["tiles"]["paths"]] + made["tiles"]["invalid_paths"][:5]
    return {
        "note": [case["note"] for case in made["note"]["cases"][:8]] + [key["vkey"] for key in made["note"]["keys"]]
        + [key["skey"] for key in made["note"]["keys"]],
        "checkpoint": [case["text"] for case in made["checkpoint"]["valid"]] + [made["policy"]["cases"][0]["note"]],
        "tile": tile + [b"\x02" + bytes.fromhex(made["tiles"]["bundle"]["hex"]), b"\x0c\x05\x00\x01\x02\x03"],
        "policy": [made["policy"]["cases"][i]["policy"] for i in (0, 5, 6, 7)],
        "tlog_proof": [made["proof"]["cases"][i]["proof"] for i in (0, 3, 7)],
        "witness_message": [made["witness"]["cases"][i]["request"] for i in (0, 1, 4)] + ["42\n", W[0].line("a\n", 7)],
    }


def main():
    root_folder = pathlib.Path(__file__).resolve().parent.parent
    folder = root_folder / "api/vectors/tlog"
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: make() for name, make in {
        "merkle": merkle, "tiles": tiles, "note": notes, "checkpoint": checkpoints, "policy": policies, "proof": proofs,
        "witness": witness}.items()}
    for name, vectors in made.items():
        (folder / f"{name}.json").write_text(json.dumps(vectors, indent=1, ensure_ascii=True) + "\n")
    for target, inputs in corpora(made).items():
        corpus = root_folder / "fuzz/corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (corpus / f"vector{number:02}").write_bytes(data if isinstance(data, bytes) else data.encode())


if __name__ == "__main__":
    main()
