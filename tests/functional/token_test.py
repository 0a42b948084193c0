#!/usr/bin/env python3
"""daylight-release with keys in PKCS #11 tokens: SoftHSM's, a log and witnesses as real processes.

Some keys of the role `rules` are in a token (made by our program, or put there by SoftHSM's tool), some in files; an
endpoint accepts what both signed.
"""
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402
import release_test  # noqa: E402

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
           "/usr/local/lib/softhsm/libsofthsm2.so")
PIN = "271828"


def on_terminal(words, answers, env, timeout=60):
    """Runs a program on a terminal of its own and types each answer after a prompt. Returns exit status and output."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(str(words[0]), [str(w) for w in words], env)
    output, waiting, end = b"", list(answers), time.monotonic() + timeout
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                some = os.read(fd, 4096)
            except OSError:
                break
            if not some:
                break
            output += some
            if waiting and output.rstrip(b" ").endswith(b":"):
                os.write(fd, waiting.pop(0).encode() + b"\n")
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), output.decode()


class TokenTest(release_test.ReleaseTest):
    def setUp(self):
        super().setUp()
        found = [path for path in MODULES if os.path.exists(path)]
        self.assertTrue(found, "SoftHSM is missing (package softhsm2)")
        self.module = found[0]
        self.soft = self.root / "softhsm"
        (self.soft / "tokens").mkdir(parents=True)
        self.conf = self.soft / "softhsm2.conf"
        self.conf.write_text(f"directories.tokendir = {self.soft}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        # SoftHSM leaks a few bytes with each Ed25519 key; libs/pkcs11's own test looks for our leaks.
        self.env = {"SOFTHSM2_CONF": str(self.conf), "ASAN_OPTIONS": "detect_leaks=0"}
        self.make_token("team")
        self.pin = self.root / "pin"
        self.pin.write_text(PIN + "\n")

    def soft_util(self, *words):
        log_harness.run("softhsm2-util", *words, env={**os.environ, **self.env})

    def make_token(self, label):
        self.soft_util("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "0" + PIN)

    def run_release(self, *words, env=None, **more):
        return super().run_release(*words, env={**self.env, **(env or {})}, **more)

    def uri(self, name, token="team", query=None):
        """With its PIN in a file, unless another query is given."""
        query = f"&pin-source={self.pin}" if query is None else query
        return f"pkcs11:token={token};object={name}?module-path={self.module}{query}"

    def make_keys(self):
        """alice in the token, made there; bob put there by another tool, with P-256; carol in a file."""
        self.run_release("keygen", "--token", self.uri("alice"), "--out", self.root / "alice", workspace=False)
        self.assertFalse((self.root / "alice").exists())
        bob = self.root / "bob.pem"
        log_harness.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", bob)
        self.soft_util("--import", bob, "--token", "team", "--label", "bob", "--id", "b0b0", "--pin", PIN)
        self.run_release("pubkey", self.uri("bob", query=""), "--out", self.root / "bob.pub", workspace=False)
        self.assertEqual((self.root / "bob.pub").read_bytes(),
                         log_harness.run("openssl", "pkey", "-in", bob, "-pubout").stdout)
        bob.unlink()
        self.run_release("keygen", "--out", self.root / "carol", "--no-passphrase", workspace=False)

    def init_with_tokens(self, *more):
        self.make_keys()
        self.init(*[word for name in ("alice", "bob", "carol") for word in ("--public", f"rules={self.root}/{name}.pub")],
                  *more)
        self.json("sign", "change", "--key", self.uri("alice"), "--key", self.uri("bob"), "--key", self.root / "carol")

    def endpoint(self, *words):
        done = subprocess.run([log_harness.BIN / "daylight", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "DAYLIGHT_STATE": str(self.root / "state"),
                                   "XDG_CACHE_HOME": str(self.root / "cache")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr


class Releases(TokenTest):
    def test_tokens_and_files_sign_one_release(self):
        self.init_with_tokens()
        self.endpoint("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        for number, keys in enumerate(((self.uri("alice"), self.root / "carol"),
                                       (self.uri("bob"), self.root / "carol"),
                                       (self.uri("alice"), self.uri("bob"))), 1):
            rule = f"rule_of_release_{number}"
            (self.rules / f"{number}.yar").write_text(release_test.RULE_A.replace("rule rule_a", f"rule {rule}"))
            (self.fixtures / "match" / rule).write_text("a-marker-of-rule-a")
            name = self.prepare("--emergency")
            self.assertEqual(self.json("sign", name, "--key", keys[0])["signatures"], 1)
            self.assertEqual(self.json("sign", name, "--key", keys[1])["signatures"], 2)
            self.run_release("publish", name)
            self.assertIn(f"Release {number} is active now", self.endpoint("update", self.work / "updates/full.upd"))
        self.assertEqual(self.log()[-1]["signers"], ["rules-1", "rules-2"])
        self.endpoint("verify")

    def test_one_command_signs_with_several(self):
        self.init_with_tokens()
        name = self.prepare()
        signed = self.json("sign", name, "--key", self.uri("alice"), "--key", self.root / "carol", "--key", self.uri("bob"))
        self.assertEqual(signed["signatures"], 3)

    def test_a_token_on_the_machine_without_a_network(self):
        self.init_with_tokens()
        name = self.prepare()
        self.run_release("sign", name, "--export", self.root / "request")
        self.run_release("sign", "--request", self.root / "request", "--key", self.uri("alice"), "--key", self.uri("bob"),
                         "--answer", self.root / "answer", workspace=False)
        self.assertEqual(self.json("sign", name, "--import", self.root / "answer")["signatures"], 2)
        self.run_release("publish", name)

    def test_halt_and_rotation_with_tokens(self):
        self.run_release("keygen", "--token", self.uri("stop"), "--out", self.root / "stop", workspace=False)
        self.run_release("keygen", "--token", self.uri("online"), "--out", self.root / "online", "--p256", workspace=False)
        self.init_with_tokens("--public", f"halt={self.root}/stop.pub", "--public", f"online={self.root}/online.pub",
                              "--role", "halt=1/1")
        self.json("sign", "change", "--key", self.uri("stop"), "--key", self.uri("online"))
        name = self.prepare()
        self.json("sign", name, "--key", self.uri("alice"), "--key", self.uri("bob"))
        self.run_release("publish", name)
        released = self.json("status")["released"]
        self.run_release("halt", released, "--reason", "false alarms", "--key", self.uri("stop"))
        self.run_release("recall", released, "--reason", "false alarms", "--key", self.uri("stop"))
        self.assertEqual(self.kinds(), ["decision", "bundle", "halt", "recall"])
        self.assertTrue(self.json("rotate", "--refresh", "--key", self.uri("online"))["done"])
        self.run_release("keygen", "--token", self.uri("dan"), "--out", self.root / "dan", workspace=False)
        self.assertTrue(self.json("rotate", "--role", "rules", "--add-key", self.root / "dan.pub", "--reason", "dan came",
                                  "--key", self.work / "keys/targets-1.pem", "--key", self.work / "keys/targets-2.pem",
                                  "--key", self.uri("online"))["done"])


class Failures(TokenTest):
    def setUp(self):
        super().setUp()
        self.run_release("keygen", "--token", self.uri("alice"), "--out", self.root / "alice", workspace=False)
        self.init("--public", f"rules={self.root}/alice.pub", "--role", "rules=1/1", "--removal-threshold", "1")

    def sign_with(self, uri, **more):
        return self.run_release("sign", "change", "--key", uri, **more)

    def test_errors_say_what_to_do(self):
        self.pin.write_text("314159\n")
        self.assertIn("wrong PIN for the token 'team'", self.sign_with(self.uri("alice"), code=2))
        self.pin.write_text(PIN)
        message = self.sign_with(self.uri("alice", query="&pin-value=999999"), code=2)
        self.assertNotIn("999999", message)
        # A passphrase is never tried as a PIN.
        message = self.sign_with(self.uri("alice", query=""), code=2, env={"DAYLIGHT_RELEASE_PASSPHRASE": "x"})
        self.assertIn("add pin-source=FILE to the URI", message)
        message = self.sign_with(self.uri("alice", token="gone"), code=2)
        self.assertIn("no token fits pkcs11:token=gone;object=alice;", message)
        self.assertIn("'team' (serial=", message)
        message = self.sign_with(self.uri("bob"), code=2)
        self.assertIn("no private key fits pkcs11:token=team;object=bob; the token has object=alice;id=", message)
        self.assertIn("DAYLIGHT_PKCS11_MODULE", self.sign_with("pkcs11:object=alice?module-path=/gone.so", code=2))
        self.assertIn("no PKCS #11 module", self.sign_with("pkcs11:object=alice", code=2,
                                                           env={"DAYLIGHT_PKCS11_MODULE": "libc.so.6"}))
        self.assertIn("not pin-file", self.sign_with("pkcs11:object=alice?pin-file=x", code=2))
        self.assertIn("has a key object=alice", self.run_release(
            "keygen", "--token", self.uri("alice"), "--out", self.root / "again", workspace=False, code=2))
        self.assertFalse((self.root / "again.pub").exists())
        # None of these has signed, and the right key still can.
        self.make_token("other")
        self.assertTrue(self.json("sign", "change", "--key", self.uri("alice"))["done"])

    def test_the_module_from_the_environment(self):
        self.assertTrue(self.json("sign", "change", "--key", f"pkcs11:token=team;object=alice?pin-source={self.pin}",
                                  env={"DAYLIGHT_PKCS11_MODULE": self.module})["done"])

    def test_the_pin_is_asked_for_on_a_terminal(self):
        words = [release_test.RELEASE, "-w", self.work, "sign", "change", "--key", self.uri("alice", query="")]
        env = {**os.environ, **self.env}
        code, output = on_terminal(words, ["314159"], env)
        self.assertEqual(code, 2, output)
        self.assertIn("wrong PIN", output)
        code, output = on_terminal(words, [PIN], env)
        self.assertEqual(code, 0, output)
        self.assertIn("PIN of the token 'team':", output)
        self.assertNotIn(PIN, output)


if __name__ == "__main__":
    unittest.main(defaultTest=["Releases", "Failures"])
