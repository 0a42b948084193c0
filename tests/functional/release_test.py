"""From an analyst's folder to a machine that is protected, as real processes: two people sign a release, the log takes
it, three witnesses see it, an endpoint gets it from a mirror; then the release is halted. DAYLIGHT_BIN is the folder of
the programs.
"""
import functools
import http.server
import os
import pathlib
import subprocess
import threading
import unittest

from log_harness import BIN, Place, request

MARK = "daylight-release-"


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class ReleaseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(3, quorum=2)
        cls.addClassCleanup(cls.place.close)
        cls.place.init()
        cls.place.start_witnesses()
        cls.log = cls.place.start_log()
        cls.root = cls.place.root / "release"
        cls.root.mkdir()
        cls.network = cls.root / "network"
        cls.secret = cls.root / "passphrase"
        cls.secret.write_text("correct horse battery staple\n")
        for name in ("root", "targets", "online", "r1", "r2", "r3", "h1", "outsider"):
            cls.tool("keygen", "--passphrase-file", cls.secret, "--out", cls.root / name)
        key = {name: cls.root / name for name in ("root", "targets", "r1", "r2", "r3", "h1")}
        cls.tool("init", "--dir", cls.network, "--passphrase-file", cls.secret, "--policy", cls.place.policy,
                 "--log", f"http://127.0.0.1:{cls.log.ports['listen']}/",
                 "--submit", f"http://127.0.0.1:{cls.log.ports['submit']}/", "--online", cls.root / "online",
                 "--role", f"root:1:{key['root']}.pub", "--role", f"targets:1:{key['targets']}.pub",
                 "--role", f"rules:2:{key['r1']}.pub,{key['r2']}.pub,{key['r3']}.pub",
                 "--role", f"halt:1:{key['h1']}.pub",
                 *[word for name in ("root", "targets", "r1", "r2", "h1") for word in ("--sign", key[name])])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                 functools.partial(Handler, directory=cls.network / "mirror"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.url = f"http://127.0.0.1:{server.server_port}/"

    @classmethod
    def tool(cls, *words, code=0):
        done = subprocess.run([BIN / "daylight-release", *map(str, words)], capture_output=True, text=True, timeout=120)
        if done.returncode != code:
            raise AssertionError(f"{words}: {done.returncode} {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def release(self, *words, code=0):
        return self.tool(words[0], "--dir", self.network, "--passphrase-file", self.secret, *words[1:], code=code)

    def endpoint(self, name, *words, code=0):
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.root / name), "XDG_CACHE_HOME": str(self.root / "cache")}
        done = subprocess.run([BIN / "daylight", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def rules(self, *numbers):
        folder = self.root / f"rules-{'-'.join(map(str, numbers))}"
        folder.mkdir(exist_ok=True)
        for number in numbers:
            (folder / f"r{number}.yar").write_text(
                f'rule r{number} {{ strings: $a = "{MARK}{number}" condition: $a }}\n')
        return folder

    def test_the_whole_way(self):
        self.assertIn("added    r1.yar", self.release("propose", "first", "--rules", self.rules(1)))
        self.assertIn("0 of the 2", self.release("publish", "first", code=1))
        self.assertIn("1 of 2", self.release("sign", "--key", self.root / "r1", "first"))
        self.assertIn("1 of 2", self.release("sign", "--key", self.root / "r1", "first"))  # the same key again
        self.assertIn("may not sign", self.release("sign", "--key", self.root / "outsider", "first", code=1))
        self.assertIn("may not sign", self.release("sign", "--key", self.root / "h1", "first", code=1))
        self.assertIn("1 of the 2", self.release("publish", "first", code=1))
        self.assertIn("2 of 2", self.release("sign", "--key", self.root / "r3", "first"))
        self.assertIn("Entry 0 of the log", self.release("publish", "first"))
        # An endpoint that trusts this network.
        self.endpoint("a", "trust", self.network / "tuf/1.root.json", "--policy", self.network / "policy",
                      "--mirror", self.url)
        self.assertIn("Release 1 is active now", self.endpoint("a", "update"))
        sample = self.root / "sample"
        sample.write_text(MARK + "1")
        self.endpoint("a", "scan", "--no-progress", sample, code=1)
        # A proposal that was changed after it was signed.
        self.release("propose", "second", "--rules", self.rules(1, 2), "--emergency")
        for key in ("r1", "r2"):
            self.release("sign", "--key", self.root / key, "second")
        bundle = self.network / "proposals/second/bundle"
        right = bundle.read_bytes()
        bundle.write_bytes(right.replace(b"release-2", b"release-9"))
        self.assertIn("not the one it speaks of", self.release("publish", "second", code=1))
        bundle.write_bytes(right)
        # Strangers may add to the log; endpoints pass it over.
        self.assertEqual(request(self.log.ports["submit"], "POST", "/add", b"hello from a stranger")[0], 200)
        self.assertIn("Entry 2 of the log", self.release("publish", "second"))
        self.assertIn("Release 2 is active now", self.endpoint("a", "update"))
        self.assertIn("DOES NOT COUNT", self.endpoint("a", "log"))
        self.assertIn("added    r2.yar", self.endpoint("a", "explain", "2"))
        # Halted by one key of another role.
        self.assertIn("reason: too slow", self.release("halt", "stop", "--release", "2", "--reason", "too slow"))
        self.release("sign", "--key", self.root / "h1", "stop")
        self.release("publish", "stop")
        self.assertIn("Release 1 is active now", self.endpoint("a", "update"))
        # A new endpoint gets the release that is left, and nobody can hide the halt from it.
        self.endpoint("b", "trust", self.network / "tuf/1.root.json", "--policy", self.network / "policy")
        self.assertIn("Release 1 is active now", self.endpoint("b", "update", self.network / "mirror/full.upd"))
        # The next release says what is stopped, so that newcomers need not read what was before it.
        self.assertIn("REMOVED  r1.yar", self.release("propose", "third", "--rules", self.rules(2, 3), "--emergency"))
        for key in ("r2", "r3"):
            self.release("sign", "--key", self.root / key, "third")
        self.release("publish", "third")
        self.assertIn("Release 3 is active now", self.endpoint("a", "update"))
        self.endpoint("c", "trust", self.network / "tuf/1.root.json", "--policy", self.network / "policy")
        out = self.endpoint("c", "update", self.network / "mirror/full.upd")
        self.assertIn("4 older entries came as hashes only", out)
        self.assertIn("Release 3 is active now", out)
        self.endpoint("c", "verify")
        self.assertIn("bundle 3  2 of 2", self.release("log"))
        self.assertIn("5 entries", self.release("refresh"))
        self.assertIn("nothing newer", self.endpoint("c", "update", self.network / "mirror/full.upd"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
