#!/usr/bin/env python3
"""Encrypted keys of a log and of a witness: real processes, checked with openssl."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402


class EncryptedKeys(unittest.TestCase):
    def setUp(self):
        self.place = log_harness.Place(witnesses=1)
        self.addCleanup(self.place.close)
        self.secret = self.place.root / "passphrase"
        self.secret.write_text("correct horse\n")
        self.wrong = self.place.root / "wrong"
        self.wrong.write_text("correct mule\n")

    def fails(self, *words):
        done = log_harness.run(*words, check=False, stdin=log_harness.subprocess.DEVNULL)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr.decode()

    def test_log_and_witness_run_with_encrypted_keys(self):
        place = self.place
        for program, plain in ((log_harness.NODE, place.key), (log_harness.AUDIT, place.witness_keys[0])):
            sealed = pathlib.Path(f"{plain}.sealed")
            log_harness.run(program, "encrypt-key", plain, "--out", sealed, "--passphrase-file", self.secret)
            self.assertEqual(sealed.stat().st_mode & 0o777, 0o600)
            self.assertIn("BEGIN ENCRYPTED PRIVATE KEY", sealed.read_text())
            plain.unlink()
            sealed.rename(plain)
        server = log_harness.Server(log_harness.AUDIT, "witness", "--key", place.witness_keys[0], "--dir", place.root / "w",
                                    "--logs", place.logs_file, "--listen", "127.0.0.1:0", "--passphrase-file", self.secret)
        place.servers.append(server)
        place.write_policy([server.ports["listen"]])
        log_harness.run(log_harness.NODE, "init", "--dir", place.log, "--key", place.key, "--passphrase-file", self.secret)
        node = place.start_log("--passphrase-file", self.secret)
        self.assertEqual(log_harness.request(node.ports["submit"], "POST", "/add", b"entry")[0], 200)

        def published():
            status, _, body = log_harness.request(node.ports["listen"], "GET", "/checkpoint")
            return body if status == 200 and log_harness.size_of(body) == 1 else None

        self.assertIn(b"w0.example", log_harness.wait_for(published))

    def test_without_the_passphrase(self):
        for program in (log_harness.NODE, log_harness.AUDIT):
            key = self.place.root / f"{pathlib.Path(program).name}.key"
            vkey = log_harness.run(program, "keygen", "k.example", "--out", key, "--passphrase-file", self.secret).stdout
            self.assertEqual(key.read_text().splitlines()[0], vkey.decode().strip())
            # Other tools read it as well.
            pem = log_harness.run("openssl", "pkey", "-in", key, "-passin", f"file:{self.secret}", "-noout", "-text").stdout
            self.assertIn(b"ED25519", pem.upper())
            start = ((program, "init", "--dir", self.place.root / "none") if program == log_harness.NODE else
                     (program, "witness", "--dir", self.place.root / "none", "--logs", self.place.logs_file, "--listen",
                      "127.0.0.1:0"))
            self.assertIn("give --passphrase-file FILE", self.fails(*start, "--key", key))
            self.assertIn("or a wrong passphrase", self.fails(*start, "--key", key, "--passphrase-file", self.wrong))
            self.assertFalse((self.place.root / "none").exists())
            self.assertIn("exists already", self.fails(program, "keygen", "k.example", "--out", key, "--passphrase-file",
                                                       self.secret))
            os.chmod(key, 0o640)
            self.assertIn("chmod 600", self.fails(*start, "--key", key, "--passphrase-file", self.secret))


if __name__ == "__main__":
    unittest.main()
