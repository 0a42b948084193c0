#!/usr/bin/env python3
"""The attacks that the public log, its witnesses and the signatures are there for, from end to end: real processes.

Mirror: an endpoint (`daylight update`) against mirrors that serve what tools/make_updates made. Network: a whole network
(log, witnesses, analysts, endpoints) with somebody in it who does not mean well, or makes a mistake. Where there was
such an incident, the test is called after it. The clock is moved with libfaketime.
"""
import base64
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402
import log_test  # noqa: E402
import release_test  # noqa: E402
import update_test  # noqa: E402

HOUR = 3600
DAY = 24 * HOUR


class Upd:
    """An .upd file taken apart (docs/formats/upd.md), for mirrors that put it together otherwise."""

    def __init__(self, content):
        self.content, self.place = content[8:-32], 0
        assert content[:8] == b"DAYUPD02" and content[-32:] == hashlib.sha256(content[:-32]).digest()
        self.checkpoint = self.text()
        self.first = self.number(8)
        self.hashes = [self.take(32) for _ in range(self.number(4))]
        self.entries = [self.text() for _ in range(self.number(4))]
        self.rest = self.content[self.place:]

    def take(self, size):
        self.place += size
        return self.content[self.place - size:self.place]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def text(self):
        return self.take(self.number(4))

    def bytes(self):
        def count(items):
            return len(items).to_bytes(4, "little")

        out = b"DAYUPD02" + count(self.checkpoint) + self.checkpoint + self.first.to_bytes(8, "little")
        out += count(self.hashes) + b"".join(self.hashes)
        out += count(self.entries) + b"".join(count(entry) + entry for entry in self.entries) + self.rest
        return out + hashlib.sha256(out).digest()


class Mirror(update_test.UpdateCase):
    def test_january_2026_a_mirror_swaps_one_file(self):
        lying, _ = self.mirror(latest="2-swapped", full="2-swapped")
        dead = "http://127.0.0.1:1"
        right, server = self.mirror(latest="2", full="2")
        self.trust("--mirror", lying, "--mirror", dead, "--mirror", right)
        for _ in range(4):
            out = self.good("update")
        self.assertEqual(self.active(), 2)
        self.assertIn("nothing newer", out)
        for path, headers in server.seen:  # the same from everybody: no version, no state
            self.assertEqual(path, "/latest.upd")
            self.assertEqual(sorted(headers), ["Accept", "Accept-Encoding", "Connection", "Host", "User-Agent"])
            self.assertEqual(headers["User-Agent"], "daylight")

    def test_rollback(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        self.assertIn("older than what is known", self.bad("update", self.world / "1.upd"))
        content = bytearray((self.world / "4-halt.upd").read_bytes())
        content[len(content) // 2] ^= 1
        (self.folder / "damaged.upd").write_bytes(content)
        self.assertIn("damaged", self.bad("update", self.folder / "damaged.upd"))
        self.assertEqual(self.active(), 2)

    def test_a_split_view_that_witnesses_signed_leaves_evidence(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        message = self.bad("update", self.world / "fork.upd")
        self.assertIn("THE LOG HAS FORKED", message)
        evidence = list(self.state.glob("fork-evidence.*"))
        self.assertEqual(len(evidence), 1)
        self.assertIn("daylight-fork-evidence/v1", evidence[0].read_text())
        self.assertIn("forked", self.bad("update", self.world / "4-halt.upd"))  # nothing is followed any more
        self.assertTrue(self.finds("daylight-update-second"))  # protection goes on
        self.assertIn("forked", self.bad("verify"))

    def test_a_lying_mirror_alone_changes_nothing(self):
        url, _ = self.mirror(latest="2-swapped", full="2-swapped")
        self.trust("--mirror", url)
        self.good("update", self.world / "1.upd")
        self.assertIn("the update is refused", self.bad("update"))
        self.assertEqual(self.active(), 1)
        self.assertTrue(self.finds("daylight-update-first"))
        self.good("verify")

    def test_freeze(self):
        """A mirror serves the same files for ever: that is told, ever louder, by the time of the witnesses."""
        url, _ = self.mirror(latest="2", full="2")
        self.trust("--mirror", url)
        self.assertIn("Fresh:", self.good("update"))
        code, out, err = self.run_daylight("update", later=2 * DAY)
        self.assertEqual((code, "Release 2 is active; there is nothing newer" in out), (0, True), out + err)
        self.assertIn("STALE: the last word of the witnesses", err)
        self.assertIn("STALE", self.run_daylight("verify", later=2 * DAY)[2])
        code, out, err = self.run_daylight("update", later=31 * DAY)
        self.assertEqual(code, 2, out)
        self.assertIn("expired", err)
        code, out, err = self.run_daylight("verify", later=31 * DAY)
        self.assertIn("EXPIRED", err)
        # Louder, never less protection.
        self.assertTrue(self.finds("daylight-update-second", later=31 * DAY))
        self.assertEqual(self.active(), 2)


class TwoServers(log_test.LogCase):
    def test_a_split_view_is_not_cosigned(self):
        """Two servers with the log's key and one set of witnesses: the second cannot publish its version."""
        place = self.place(3)
        place.start_witnesses()
        log = place.start_log()
        for text in ("for", "everyone"):
            self.add(log, text)
        self.wait_published(log, 2)
        fork = place.root / "fork"
        log_harness.run(log_harness.NODE, "init", "--dir", fork, "--key", place.key)
        entry = place.root / "entry"
        for i in range(4):
            entry.write_text(f"for one victim only {i}")
            done = log_harness.run(log_harness.NODE, "append", "--dir", fork, "--key", place.key, "--policy", place.policy, entry,
                                   check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"not published", done.stderr)
        self.assertFalse((fork / "public/checkpoint").exists())


class Network(release_test.ReleaseTest):
    """A network with release 1, and machines that have it."""

    def setUp(self):
        super().setUp()
        self.init()
        self.release("--emergency")
        self.updates = self.work / "updates"
        self.innocent = self.root / "innocent"
        self.innocent.write_text("the quarterly report of an honest company")

    def daylight(self, machine, *words, later=0, code=0):
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.root / machine), "XDG_CACHE_HOME": str(self.root / "cache"),
                       "DONT_FAKE_MONOTONIC": "1"}
        done = subprocess.run([*update_test.clock(later), log_harness.BIN / "daylight", *map(str, words)], capture_output=True, text=True,
                              timeout=300, env=environment)
        self.assertEqual(done.returncode, code, f"{machine}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def update(self, machine, **more):
        return self.daylight(machine, "update", self.updates / "latest.upd", **more)

    def machine(self, name):
        self.daylight(name, "trust", self.updates / "root.json", "--policy", self.updates / "policy")
        self.assertIn("Release 1 is active now", self.daylight(name, "update", self.updates / "full.upd"))

    def active(self, machine):
        slots = json.loads((self.root / machine / "slots.json").read_text())
        return slots[slots["active"]]["sequence"]

    def put_in_ring(self, machine, ring, sha256):
        """Gives a machine a secret with which it is in this ring for a release."""
        generator = random.Random(ring)
        while True:
            secret = generator.randbytes(32)
            digest = hashlib.sha256(secret + bytes.fromhex(sha256)).digest()
            if int.from_bytes(digest[:8], "big") % 100 == ring:
                (self.root / machine / "key").write_bytes(secret)
                return

    def publish_bad(self, rule):
        """A release that is signed as it must be, and that nobody tried on files that matter; returns its hash."""
        (self.rules / "b.yar").write_text(rule)
        name = self.propose()
        self.run_release("test", name, "--no-known-good")
        self.run_release("review", name, "--analyst", "bob", "--accept", "--reason", "looks good to me")
        self.sign(name, 1, 2)
        self.json("publish", name)
        return self.json("status")["released"]

    def halt(self, sha256):
        self.json("halt", sha256, "--reason", "machines are down", "--key", self.work / "keys/halt-1.pem")

    def test_july_2024_a_release_that_floods(self):
        """Signed by those who may, and no machine can work with it: it stops at the machines that come first."""
        rings = {"first": 0, "second": 1, "ninth": 9, "tenth": 10, "last": 99}
        for name in rings:
            self.machine(name)
        sha256 = self.publish_bad("rule flood { condition: filesize > 5000 and for all i in (0 .. 100000000000) : (i >= 0) }")
        for name, ring in rings.items():
            self.put_in_ring(name, ring, sha256)
        self.assertIn("cannot be scanned with it: timeout", self.update("first", code=2))
        # It is not tried again and again.
        self.assertIn("release 2 is not used", self.update("first", code=2))
        for name in list(rings)[1:]:
            self.assertIn("this machine's turn comes at", self.update(name))
        self.halt(sha256)
        for name in rings:
            self.update(name)
            self.update(name, later=7 * HOUR)
            self.assertEqual(self.active(name), 1)
            self.daylight(name, "verify")
            self.daylight(name, "scan", "--no-progress", self.innocent)

    def test_july_2024_a_release_that_passes_its_trial(self):
        """What no trial shows is met by the first 1 % alone, and then halted for all."""
        rings = {"first": 0, "too": 0, "second": 1, "ninth": 9, "tenth": 10, "last": 99}
        for name in rings:
            self.machine(name)
        sha256 = self.publish_bad('rule report { strings: $a = "quarterly report" condition: $a }')
        for name, ring in rings.items():
            self.put_in_ring(name, ring, sha256)
        first = [name for name, ring in rings.items() if ring == 0]
        for later in (0, 59 * 60):
            for name, ring in rings.items():
                self.update(name, later=later)
                self.assertEqual(self.active(name), 2 if ring == 0 else 1, (name, later))
        # Had nobody halted it, the others would have followed.
        for later, reached in ((61 * 60, {"second", "ninth"}), (6 * HOUR + 60, {"second", "ninth", "tenth", "last"})):
            for name in set(rings) - set(first):
                copy = f"{name}-{later}"
                shutil.copytree(self.root / name, self.root / copy)
                self.update(copy, later=later)
                self.assertEqual(self.active(copy), 2 if name in reached else 1, copy)
        for name in first:
            self.daylight(name, "scan", "--no-progress", self.innocent, code=1)
        self.halt(sha256)
        for name, ring in rings.items():
            out = self.update(name)
            self.assertEqual("halted or recalled. Release 1 is active now" in out, ring == 0, out)
        for name in rings:
            self.update(name, later=7 * HOUR)
            self.assertEqual(self.active(name), 1)
            self.daylight(name, "verify")
            self.daylight(name, "scan", "--no-progress", self.innocent)

    def test_a_hidden_recall(self):
        """A mirror that keeps a recall from one machine has nothing to show it."""
        self.machine("a")
        self.add_rule_b()
        self.release("--emergency")
        self.assertIn("Release 2 is active now", self.update("a"))
        shutil.copytree(self.updates, self.root / "before")
        released = self.json("status")["released"]
        self.json("recall", released, "--reason", "false alarms", "--key", self.work / "keys/halt-2.pem")
        honest = (self.updates / "latest.upd").read_bytes()
        self.assertEqual(Upd(honest).bytes(), honest)

        def refused(change, why):
            upd = Upd(honest)
            change(upd)
            lie = self.root / "lie.upd"
            lie.write_bytes(upd.bytes())
            self.assertIn(why, self.daylight("a", "update", lie, code=2))
            self.assertEqual(self.active("a"), 2)

        def as_hash(upd):
            upd.hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in upd.entries]
            upd.entries = []

        def left_out(upd):
            upd.entries.pop()

        def replaced(upd):
            upd.entries[-1] = upd.entries[0]

        def older(upd):
            old = Upd((self.root / "before/latest.upd").read_bytes())
            upd.checkpoint = old.checkpoint

        refused(as_hash, "entries were left out that no release accounts for")
        refused(left_out, "does not hold the log's newest entries")
        refused(replaced, "are not those that the log's checkpoint is about")
        refused(older, "does not hold the log's newest entries")
        # What is left to it is to be silent, which is a freeze.
        self.assertIn("nothing newer", self.daylight("a", "update", self.root / "before/latest.upd"))
        self.assertIn("halted or recalled. Release 1 is active now", self.update("a"))

    def test_a_stolen_minority_of_keys(self):
        """One of two needed signatures, on a release that is in the log for all to see: no endpoint takes it."""
        self.machine("a")
        self.add_rule_b()
        name = self.prepare("--emergency")
        self.sign(name, 4)
        entry = (self.work / f"proposals/{name}/release.dsse").read_bytes()
        twice = json.loads(entry)
        twice["signatures"] *= 2
        forged = json.loads(entry)
        forged["signatures"].append({"keyid": "00" * 32, "sig": base64.b64encode(bytes(64)).decode()})
        for text in (entry, json.dumps(twice).encode(), json.dumps(forged).encode()):
            self.assertEqual(log_harness.request(self.node.ports["submit"], "POST", "/add", text)[0], 200)
        size = len(self.log())
        log_harness.wait_for(lambda: len(self.log()) >= size + 3 or self.log()[-1]["kind"] == "bundle")
        self.run_release("publish", "--updates")
        out = self.update("a")
        self.assertEqual(out.count("DOES NOT COUNT: 1 of the 2 signatures"), 3, out)
        self.assertEqual(self.active("a"), 1)
        self.daylight("a", "verify")
        # Nor does a stolen key of one role speak for another.
        message = self.run_release("sign", name, "--key", self.work / "keys/halt-1.pem", code=2)
        self.assertIn("not a signature of a key of this role", message)


if __name__ == "__main__":
    unittest.main()
