"""What the tests share that scan files made on the spot: one folder, one rule, checked lines of JSON."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from json_schema import Schema

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin"))
SCHEMA = Schema(json.loads((ROOT / "api/scan-report.schema.json").read_text()))


def found_in(line):
    return {finding["inner_path"] for finding in line["findings"]}


def gaps_of(line):
    gaps = {}
    for gap in line["gaps"]:
        gaps.setdefault(gap["inner_path"], set()).add(gap["reason"])
    return gaps


class ScanCase(unittest.TestCase):
    """Files in self.files, looked at with the one rule of the class."""

    maxDiff = None
    RULE = ""  # of the class that derives
    ONE = "one.bin"  # how scan_one() calls its file

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daylight-scan-test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.files = self.root / "files"
        self.files.mkdir()
        self.rules = self.root / "rules.yar"
        self.rules.write_text(self.RULE)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def write(self, name, data):
        path = self.files / name
        path.write_bytes(data)
        return path

    def scan(self, *options):
        """Exit code and checked lines of JSON, by file name."""
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--json", "--no-cache", "-t", "1", "--no-progress",
             "--rules", str(self.rules), *map(str, options)],
            cwd=ROOT, env=self.environment, capture_output=True, timeout=120)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        for line in lines:
            self.assertEqual(SCHEMA.errors(line), [])
        return done.returncode, {Path(line["path"]).name: line for line in lines[:-1]}

    def scan_one(self, data, *options):
        code, files = self.scan(*options, self.write(self.ONE, data))
        return code, files[self.ONE]
