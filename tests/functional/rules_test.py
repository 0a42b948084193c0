#!/usr/bin/env python3
"""Every rule that ships finds its fixture, and nothing is found in the fixtures' harmless twins.

Needs DAYLIGHT_BIN, the folder of the built programs.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/fixtures/rules"))
sys.dont_write_bytecode = True  # the compiled script holds the fixtures' texts in plain sight
import make_fixtures  # noqa: E402

PROGRAM = Path(os.environ.get("DAYLIGHT_BIN", ROOT / "build/release/bin")) / "daylight"
RULE_FILES = sorted((ROOT / "rules").glob("*.yar"))
# DAYLIGHT_YARA runs another program with yara's command line instead, to compare.
COMMAND = os.environ.get("DAYLIGHT_YARA", f"{PROGRAM} yara").split()


META = {"author", "description", "severity", "family", "threat_name"}
SEVERITIES = {"info", "low", "medium", "high", "critical"}
FAMILY = re.compile(r"^[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+/[A-Z][A-Za-z0-9]+$")


def find(path):
    """The (rule, path below `path`) pairs of a recursive scan."""
    output = subprocess.run([*COMMAND, "-r", *map(str, RULE_FILES), str(path)], check=True,
                            capture_output=True, text=True).stdout
    pairs = (line.split(" ", 1) for line in output.splitlines())
    return {(rule, os.path.relpath(found, path)) for rule, found in pairs}


def rules_in(text):
    """(name, {meta}) of each rule of a file in the house's style."""
    for name, meta in re.findall(r"^rule (\w+) \{\n  meta:\n((?:    .*\n)+)", text, re.M):
        yield name, dict(re.findall(r'^    (\w+) = "(.*)"$', meta, re.M))


class RulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_fixtures.make(cls.folder.name)
        cls.names = [name for file in RULE_FILES for name, _ in rules_in(file.read_text())]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_rule_has_its_fixtures_and_its_meta(self):
        self.assertGreater(len(self.names), 30)
        self.assertEqual(sorted(self.names), sorted(make_fixtures.MATCH))
        for file in RULE_FILES:
            text = file.read_text()
            self.assertTrue(text.startswith("// Copyright 2026 The Daylight Authors\n"
                                            "// SPDX-License-Identifier: Apache-2.0\n"), file)
            self.assertEqual(len(re.findall(r"^\s*(?:\w+ )*rule \w", text, re.M)),
                             len(list(rules_in(text))), f"{file}: a rule without meta")
            for name, meta in rules_in(text):
                self.assertLessEqual(META, set(meta), name)
                self.assertIn(meta["severity"], SEVERITIES, name)
                self.assertRegex(meta["family"], FAMILY, name)
                self.assertEqual(meta["family"], meta["threat_name"], name)

    def test_each_rule_finds_its_fixture(self):
        found = find(Path(self.folder.name) / "match")
        for name in self.names:
            self.assertIn((name, name), found)

    def test_nothing_is_found_in_clean_files(self):
        self.assertEqual(find(Path(self.folder.name) / "clean"), set())

    def test_rules_and_fixture_script_are_not_found_themselves(self):
        self.assertEqual(find(ROOT / "rules"), set())
        self.assertEqual(find(ROOT / "tests/fixtures/rules/make_fixtures.py"), set())


if __name__ == "__main__":
    unittest.main()
