"""A verifier on Debian's Go library (tools/c2spverify), and OpenSSL's command line, accept our logs, proofs and
cosignatures, and refuse each with any byte changed. Needs golang-go and golang-golang-x-mod-dev (./dev installs them)."""
import base64
import os
import pathlib
import subprocess
import unittest

from log_harness import AUDIT, NODE, Place, run

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "tools/c2spverify"


class IndependentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(3)
        cls.addClassCleanup(cls.place.close)
        place = cls.place
        place.init()
        place.start_witnesses()
        cls.tool = place.root / "c2spverify"
        environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOPROXY="off", GOFLAGS="",
                           GOCACHE=str(place.root / "gocache"))
        run("go", "build", "-o", cls.tool, ".", cwd=SOURCE, env=environment, timeout=400)
        cls.append([f"entry {i}" for i in range(30)])
        cls.small = place.root / "small"
        run(AUDIT, "mirror", "--policy", place.policy, place.log, cls.small)
        cls.append([f"entry {i}" for i in range(30, 700)])
        cls.large = place.root / "large"
        run(AUDIT, "mirror", "--policy", place.policy, place.log, cls.large)
        cls.keys = [place.vkey, "3", *place.witness_vkeys]

    @classmethod
    def append(cls, texts):
        folder = cls.place.root / "entries"
        folder.mkdir(exist_ok=True)
        for text in texts:
            (folder / text).write_text(text)
        run(NODE, "append", "--dir", cls.place.log, "--key", cls.place.key, "--policy", cls.place.policy,
            *[folder / text for text in texts])

    def go(self, *words, code=0):
        done = run(self.tool, *words, check=False, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode() + done.stderr.decode()

    def prove(self, log, index):
        proof = self.place.root / f"{index}.tlog-proof"
        run(AUDIT, "prove", "--policy", self.place.policy, "--index", index, "--out", proof, log)
        return proof, self.place.root / f"entries/entry {index}"

    def test_logs(self):
        for log, size in ((self.small, 30), (self.large, 700), (self.place.log / "public", 700)):
            self.assertIn(f"{size} entries hashed again", self.go("log", log, *self.keys))
        self.go("log", self.large, self.place.vkey, "4", *self.place.witness_vkeys, code=1)

    def test_every_byte_of_a_small_log_matters(self):
        self.assertIn("all refused", self.go("flip-log", self.small, *self.keys))

    def test_proofs(self):
        for index in (0, 1, 255, 256, 511, 512, 699):
            self.assertIn(f"entry {index} of 700, 3", self.go("proof", *self.prove(self.large, index), *self.keys))
        proof, _ = self.prove(self.large, 5)
        self.go("proof", proof, self.place.root / "entries/entry 6", *self.keys, code=1)

    def test_every_byte_of_a_proof_matters(self):
        self.assertIn("all refused", self.go("flip-proof", *self.prove(self.large, 600), *self.keys))

    def test_our_own_verifier_agrees_on_every_byte(self):
        """daylight-audit fsck of the small log with each byte of its checkpoint changed."""
        path = self.small / "checkpoint"
        good = path.read_bytes()
        try:
            for i in range(len(good)):
                path.write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1:])
                done = run(AUDIT, "fsck", "--policy", self.place.policy, self.small, check=False)
                self.assertEqual(done.returncode, 1, i)
        finally:
            path.write_bytes(good)

    def test_openssl_verifies_a_checkpoint(self):
        text, signatures = (self.large / "checkpoint").read_text().rsplit("\n\n", 1)
        signature = base64.b64decode(signatures.split("\n")[0].split(" ")[2])[4:]
        key = base64.b64decode(self.place.vkey.split("+", 2)[2])[1:]
        folder = self.place.root
        (folder / "text").write_text(text + "\n")
        (folder / "sig").write_bytes(signature)
        (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der", "-rawin",
                   "-in", folder / "text", "-sigfile", folder / "sig"]
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
        (folder / "text").write_text(text + " \n")
        self.assertNotEqual(subprocess.run(command, capture_output=True).returncode, 0)


if __name__ == "__main__":
    unittest.main()
