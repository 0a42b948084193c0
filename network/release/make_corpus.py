#!/usr/bin/env python3
"""Writes the corpus of fuzz_release_files: the files of a workspace, each behind the byte that names its kind.

  make_corpus.py FOLDER
"""
import base64
import json
import pathlib
import sys


def b64(text):
    return base64.b64encode(text.encode()).decode()


STATEMENT = json.dumps({
    "_type": "https://in-toto.io/Statement/v1", "predicate": {"text": "why", "time": 1},
    "predicateType": "https://daylight.example/update/halt/v1",
    "subject": [{"digest": {"sha256": "ab" * 32}, "name": "rules"}]})
SIGNATURES = {"format": "daylight-signatures/v1", "ticket": "change",
              "signatures": [{"part": "root", "keyid": "ab" * 32, "sig": b64("signature")}]}
FILES = {
    "request": (0, {"format": "daylight-signing-request/v1", "ticket": "halt-abababab", "summary": ["why"], "parts": [
        {"name": "stop", "kind": "dsse", "payload": b64(STATEMENT)},
        {"name": "root", "kind": "tuf", "payload": b64('{"version":1,"expires":"2027-01-01T00:00:00Z"}')}]}),
    "signatures": (1, SIGNATURES),
    "change": (2, {"time": 1, "reason": "first", "signatures": json.dumps(SIGNATURES), "steps": [
        {"step": "delegate", "role": "rules", "text": "", "number": 2},
        {"step": "add-key", "role": "rules", "text": "key", "number": 1}]}),
    "test": (3, {"time": 1, "bundle": "ab" * 32, "passed": False, "failures": ["x"], "skipped": [], "notes": ["n"],
                 "blindness": {"added": ["a"], "removed": [], "changed": ["c"], "hashesRemoved": [], "allowed": [],
                               "hashesAdded": 3}}),
    "reviews": (4, {"reviews": [{"analyst": "bob", "decision": "accept", "rule": "", "reason": "ok", "time": 1}]}),
    "config": (5, {"version": 1, "log": {"url": "http://x/"}, "rollout": [{"percent": 100, "delay": 0}],
                   "entriesWhole": 512, "deltas": 8}),
    "rules": (6, {"reviews": 1, "costPercentMax": 20, "falseAlarmsMax": 0}),
    "rollout": (7, "1:0,10:3600,100:21600"),
    "notes": (8, {"entries": [{"index": 0, "signers": 2, "threshold": 2, "refused": ""}]}),
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (kind, content) in FILES.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_bytes(bytes([kind]) + text.encode())
