"""`daylight fingerprint` and lists of near files: agrees with Debian's ssdeep and with itself through a scan."""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin"))


def letters(seed, size):
    source = random.Random(seed)
    return bytes(source.choice(b"abcdefgh") if source.random() < 0.4 else source.randrange(256) for _ in range(size))


class NearTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-near-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_daylight(self, *words, code=0):
        done = subprocess.run([BIN / "daylight", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache")))
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_ssdeep_computes_the_same(self):
        paths = [self.write(f"f{size}", letters(size, size)) for size in (0, 1, 6, 7, 8, 200, 5000, 70000, 400000)]
        paths.append(self.write("zeros", bytes(100000)))
        listed = subprocess.run(["ssdeep", "-s", *paths], capture_output=True, text=True, check=True).stdout
        expected = {line.split(",")[1].strip('"'): line.split(",")[0] for line in listed.splitlines()[1:]}
        lines = self.run_daylight("fingerprint", "--json", *paths).splitlines()
        self.assertEqual({f["path"]: f["ssdeep"] for f in map(json.loads, lines)}, expected)

    def test_variants_are_found_and_others_are_not(self):
        known = letters(1, 30000)
        sample = self.write("sample", known)
        print_of = json.loads(self.run_daylight("fingerprint", "--json", sample))
        incoming = self.folder / "in"
        incoming.mkdir()
        (incoming / "variant").write_bytes(known[:10000] + b"something else" + known[10000:])
        (incoming / "other").write_bytes(bytes(random.Random(2).randrange(256) for _ in range(30000)))
        for digest, word in ((print_of["tlsh"], "TLSH distance"), (print_of["ssdeep"], "ssdeep score")):
            near = self.write("families.near", f"{digest},Near.Example\n".encode())
            found = [json.loads(line) for line in
                     self.run_daylight("scan", "--json", "--db", near, incoming, code=1).splitlines()]
            files = {pathlib.Path(f["path"]).name: f["findings"] for f in found if f["type"] == "file" and f["findings"]}
            self.assertEqual(list(files), ["variant"])
            self.assertEqual(files["variant"][0]["name"], "Near.Example")
            self.assertEqual(files["variant"][0]["source"], "near")
            self.assertIn(word, files["variant"][0]["matches"][0]["identifier"])

    def test_lists_of_ssdeep_are_taken_as_they_are(self):
        sample = self.write("sample", letters(3, 50000))
        self.write("list.ssdeep", subprocess.run(["ssdeep", "-s", sample], capture_output=True, check=True).stdout)
        self.write("variant", letters(3, 50000)[:45000])
        self.run_daylight("scan", "--db", self.folder / "list.ssdeep", self.folder / "variant", code=1)

    def test_errors_are_clear(self):
        self.assertEqual(self.run_daylight("fingerprint", code=2), "")
        self.run_daylight("fingerprint", self.folder / "missing", code=2)
        self.assertIn("fingerprint", self.run_daylight("help", "fingerprint"))


if __name__ == "__main__":
    unittest.main()
