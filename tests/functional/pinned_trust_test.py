"""A program that is built with a network's trust needs no `daylight trust`.

What cmake/write_pinned_trust.cmake makes is compiled by itself and must hold the files byte for byte; that the updater uses
it is a unit test (endpoint/updater).
"""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAIN = """
#include "endpoint/updater/pinned_trust.h"
#include <cstdio>
int main(int argc, char** argv) {
  const auto& pin = day::endpoint::updater::kPinnedTrust;
  const std::string_view texts[] = {pin.root_json, pin.policy, pin.mirrors};
  const std::string_view text = texts[argc > 1 ? argv[1][0] - '0' : 0];
  std::fwrite(text.data(), 1, text.size(), stdout);
}
"""


class PinnedTrustTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daylight-pin-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, trust):
        return subprocess.run(["cmake", f"-DTRUST={trust}", f"-DOUT={self.folder}/pinned.cc", "-P",
                               ROOT / "cmake/write_pinned_trust.cmake"], capture_output=True, text=True, timeout=60)

    def texts(self):
        (self.folder / "main.cc").write_text(MAIN)
        subprocess.run(["c++", "-std=c++20", f"-I{ROOT}", "-o", self.folder / "main", self.folder / "main.cc",
                        self.folder / "pinned.cc"], check=True, timeout=120)
        return [subprocess.run([self.folder / "main", str(i)], capture_output=True, check=True).stdout for i in range(3)]

    def test_files_come_through_byte_for_byte(self):
        trust = self.folder / "trust"
        trust.mkdir()
        files = {"root.json": b'{"signed": {"a;b": "\\\\n @x@ ${y} [z]"}, "signatures": []}\n',
                 "policy": b"log k+1+AA== http://x/\nquorum none\n", "mirrors": b"http://m/\nhttp://n/;o\n"}
        for name, content in files.items():
            (trust / name).write_bytes(content)
        done = self.make(trust)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.texts(), list(files.values()))

    def test_nothing_is_pinned_by_default(self):
        self.assertEqual(self.make("").returncode, 0)
        self.assertEqual(self.texts(), [b"", b"", b""])

    def test_a_missing_file_stops_the_build(self):
        done = self.make(self.folder)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("root.json is missing", " ".join(done.stderr.split()))


if __name__ == "__main__":
    unittest.main()
