#!/usr/bin/env python3
"""`daylight yara` and `daylight yarac` against what yara 4.5.8 prints: output, messages and exit codes.

yara_cases.json holds command lines with what yara 4.5.8 answered to them on the files that make_files() writes. If a
`yara` program is installed, the cases marked "any_version" are also compared with it. DAYLIGHT_BIN is the folder of the
programs.

To record the cases anew: yara_test.py record YARA YARAC, with programs of version 4.5.8.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", HERE.parents[1] / "build/release/bin")).resolve()
CASES = HERE / "yara_cases.json"
TIMEOUT_SECONDS = 120

RULES = r'''import "math"
import "console"
rule base : t1 t2 {
  meta: author = "me \"x\"" n = 5 b = true s = "tab\there" neg = -3
  strings:
    $x = "hello" xor(1-3)
    $h = { 68 65 6? 6c }
    $r = /he[l]+o/
    $p = "wide" wide
    $q = "hello" private
  condition: any of them
}
private rule priv { condition: true }
global rule glob { condition: filesize < 10MB }
rule other : t2 { condition: console.log("size ", filesize) and math.abs(-3) == 3 and priv }
rule never : t3 { strings: $a = "never seen" condition: $a }
rule last { condition: true }
'''


def make_files(root):
    """The files that the cases speak of."""
    hello = b"hello world hello\nifmmp wide w\0i\0d\0e\0" + b"x" * 700 + b"hellllllo"
    texts = {
        "rules.yar": RULES,
        "two.yar": 'rule a { condition: true } rule b { strings: $b = "hello" condition: $b }',
        "slow.yar": 'rule slow { strings: $a = "h" condition: $a }',
        "many.yar": 'rule many { strings: $a = "aaaa" condition: #a > 3 }',
        "bad.yar": 'rule w { strings: $a = /a.*b/ $b = "x" condition: any of them }\nrule broken { condition: }',
        "undefined.yar": "rule u { condition: nothing }",
        "escape.yar": 'rule e { strings: $a = "a\\zbcdef" $r = /a\\zbcdef/ condition: any of them }',
        "external.yar": 'rule ri { condition: i == 7 } rule rf { condition: f > 1.4 } rule rb { condition: b }\n'
                        'rule rs { condition: s contains "oo" }',
        "top.yar": 'include "inc/middle.yar" rule top { condition: middle }',
        "inc/middle.yar": 'include "leaf.yar" rule middle { condition: leaf }',
        "inc/leaf.yar": "rule leaf { condition: true }",
        "long.yar": 'rule long { strings: $h = { 65 00 78 [90-90] 78 } $x = /e\\x00x{600}/ condition: any of them }',
        "escapes.yar": 'rule m { meta: t = "\\x01\\t\\n\\"\\\\ \\xff" condition: true }',
        "one/file": "hello one",
        "deep/a/b/c": "hello deep",
        "list": "hello.bin\nplain.txt\nmissing\none\n",
        "list_without_end": "plain.txt\nhello.bin",
        "libyara.bin": "YARA\0\0\0\0",
        "empty": "",
        "plain.txt": "nothing here",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
    (root / "hello.bin").write_bytes(hello)
    (root / "many.bin").write_bytes(b"a" * 1_100_000)
    (root / "odd\nname").write_bytes(hello)
    links = root / "links"
    links.mkdir()
    (links / "file").write_bytes(b"hello")
    (links / "to_file").symlink_to("../hello.bin")
    (links / "to_folder").symlink_to("../one")
    (links / "self").symlink_to(".")
    (links / "up").symlink_to("..")
    (links / "dangling").symlink_to("nowhere")
    os.mkfifo(links / "fifo")


def run(program, arguments, root, standard_input=b""):
    environment = dict(os.environ, XDG_CACHE_HOME=str(root / "cache"))
    done = subprocess.run([*program, *arguments], cwd=root, env=environment, input=standard_input, capture_output=True,
                          timeout=TIMEOUT_SECONDS, check=False)
    return done.stdout.decode("latin-1"), done.stderr.decode("latin-1"), done.returncode


def answer(program, case, root):
    """Folders are listed in no certain order, so those cases compare sorted lines."""
    out, errors, code = run(program, case["arguments"], root, case.get("stdin", "").encode())
    if case.get("sorted"):
        out, errors = ("".join(sorted(text.splitlines(keepends=True))) for text in (out, errors))
    return {"stdout": out, "stderr": errors, "code": code}


class ProgramTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="daylight-yara-test."))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        make_files(cls.root)
        cls.cases = json.loads(CASES.read_text())

    def daylight(self, *arguments, standard_input=b""):
        return run([BIN / "daylight"], arguments, self.root, standard_input)


class YaraTest(ProgramTest):
    def test_recorded_cases(self):
        self.assertGreater(len(self.cases), 80)
        for case in self.cases:
            with self.subTest(program=case["program"], arguments=case["arguments"]):
                self.assertEqual(answer([BIN / "daylight", case["program"]], case, self.root),
                                 {key: case[key] for key in ("stdout", "stderr", "code")})

    def test_installed_yara_agrees(self):
        program = shutil.which("yara")
        for case in self.cases if program else []:
            if case.get("any_version"):
                with self.subTest(arguments=case["arguments"]):
                    self.assertEqual(answer([program], case, self.root)["stdout"], case["stdout"])

    def test_results_with_one_worker_keep_their_order(self):
        folder = self.root / "ordered"
        folder.mkdir()
        for i in range(1000):
            (folder / f"file{i:04}").write_bytes(b"hello" if i % 3 else b"nothing")
        paths = [folder / name for name in os.listdir(folder)]
        wanted = "".join(f"b {path}\n" for path in paths if path.read_bytes() == b"hello")
        for options in (["-p", "1"], ["-p", "1", "-r"]):
            out, _, code = self.daylight("yara", *options, "-i", "b", "two.yar", str(folder))
            self.assertEqual((out, code), (wanted, 0))
        out, _, _ = self.daylight("yara", "-p", "4", "-i", "b", "two.yar", str(folder))
        self.assertEqual(sorted(out.splitlines()), sorted(wanted.splitlines()))

    def test_bundle_round_trip(self):
        out, errors, code = self.daylight("yarac", "top.yar", "ns:two.yar", "bundle")
        self.assertEqual((out, errors, code), ("", "", 0))
        first = (self.root / "bundle").read_bytes()
        # Includes are inside; the folder may be gone.
        (self.root / "inc").rename(self.root / "inc.away")
        try:
            out, errors, code = self.daylight("yara", "-e", "-C", "bundle", "hello.bin")
        finally:
            (self.root / "inc.away").rename(self.root / "inc")
        self.assertEqual((errors, code), ("", 0))
        self.assertEqual(out.splitlines(), ["default:leaf hello.bin", "default:middle hello.bin",
                                            "default:top hello.bin", "ns:a hello.bin", "ns:b hello.bin"])
        self.daylight("yarac", "top.yar", "ns:two.yar", "bundle2")
        self.assertEqual((self.root / "bundle2").read_bytes(), first)

    def test_bundle_externals(self):
        values = ["-d", "i=7", "-d", "f=1.5", "-d", "b=true", "-d", "s=foo"]
        self.assertEqual(self.daylight("yarac", *values, "external.yar", "bundle.ext")[2], 0)
        for options, out, errors, code in (
                ([], "ri rf rb rs", "", 0),
                (["-d", "i=8"], "rf rb rs", "", 0),
                (["-d", "s=bar", "-d", "b=false"], "ri rf", "", 0),
                (["-d", "i=text"], "", "invalid type for external variable\n", 1),
                (["-d", "unknown=1"], "", "error: 29\n", 1),
                (["-d", "unknown=1", "-d", "i=8"], "rf rb rs", "", 0)):
            with self.subTest(options=options):
                got = self.daylight("yara", *options, "-C", "bundle.ext", "plain.txt")
                self.assertEqual((" ".join(line.split()[0] for line in got[0].splitlines()), got[1], got[2]),
                                 (out, errors, code))

    def test_damaged_bundles(self):
        self.daylight("yarac", "two.yar", "bundle.good")
        good = (self.root / "bundle.good").read_bytes()
        for name, content, message in (
                ("short", good[:20], "invalid compiled rules file.\n"),
                ("cut", good[:-1], "corrupt compiled rules file.\n"),
                ("flipped", good[:60] + bytes([good[60] ^ 1]) + good[61:], "corrupt compiled rules file.\n"),
                ("version", good[:8] + b"\x02" + good[9:], "rules were compiled with a different version of YARA\n")):
            with self.subTest(name):
                (self.root / name).write_bytes(content)
                self.assertEqual(self.daylight("yara", "-C", name, "plain.txt"), ("", message, 1))
        out, errors, code = self.daylight("yara", "-C", "libyara.bin", "plain.txt")
        self.assertEqual((out, code), ("", 1))
        self.assertIn("daylight yarac", errors)

    def test_timeout(self):
        (self.root / "endless.yar").write_text(
            "rule endless { condition: for all i in (1..2000000000) : ( uint8(i % filesize) < 256 ) }")
        out, errors, code = self.daylight("yara", "-a", "1", "endless.yar", "hello.bin")
        self.assertEqual((out, errors, code), ("", "error scanning hello.bin: scanning timed out\n", 1))
        out, errors, code = self.daylight("yara", "-a", "1", "endless.yar", "one")
        self.assertEqual((out, errors, code), ("", "error scanning one/file: scanning timed out\n", 0))

    def test_processes_are_not_scanned(self):
        out, errors, code = self.daylight("yara", "two.yar", "4000000")
        self.assertEqual((out, code), ("", 1))
        self.assertIn("processes are not scanned", errors)

    def test_rules_from_a_pipe(self):
        done = subprocess.run(["bash", "-c", f"{BIN}/daylight yara <(cat two.yar) plain.txt"], cwd=self.root,
                              capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (b"a plain.txt\n", b"", 0))


class RulesTest(ProgramTest):
    """`daylight rules`."""

    def test_check(self):
        out, _, code = self.daylight("rules", "check", "two.yar")
        self.assertEqual((out, code), ("2 rules in 1 files: 0 errors, 0 warnings, 0 pieces of advice\n", 0))
        out, _, code = self.daylight("rules", "check", "undefined.yar", "two.yar")
        self.assertEqual(code, 2)
        self.assertIn('undefined identifier "nothing"', out)
        self.assertIn("^~~~", out)
        out, _, code = self.daylight("rules", "check", "--json", "slow.yar")
        self.assertEqual(code, 1)
        findings = [json.loads(line) for line in out.splitlines()]
        self.assertIn("short-string", [finding.get("check") for finding in findings])
        self.assertEqual(self.daylight("rules", "check", "--budget", "1", "two.yar")[2], 1)
        self.assertEqual(self.daylight("rules", "check", "--budget", "1e12", "two.yar")[2], 0)
        self.assertEqual(self.daylight("rules", "check", "missing.yar")[2], 2)
        self.assertEqual(self.daylight("rules", "check", "--budget", "x", "two.yar")[2], 2)

    def test_format(self):
        before = (self.root / "two.yar").read_text()
        out, _, code = self.daylight("rules", "format", "two.yar")
        self.assertEqual(code, 0)
        self.assertEqual(out.split(), before.replace("{", "{ ").split())
        (self.root / "format.yar").write_text(before)
        self.assertEqual(self.daylight("rules", "format", "--check", "format.yar")[2], 1)
        self.assertEqual(self.daylight("rules", "format", "--write", "format.yar")[2], 0)
        self.assertEqual((self.root / "format.yar").read_text(), out)
        self.assertEqual(self.daylight("rules", "format", "--check", "format.yar")[2], 0)
        self.assertEqual(self.daylight("rules", "format", "--check", "--write", "format.yar")[2], 2)

    def test_explain(self):
        out, _, code = self.daylight("rules", "explain", "base", "rules.yar", "hello.bin")
        self.assertEqual(code, 0)
        self.assertIn("base matches hello.bin", out)
        out, _, code = self.daylight("rules", "explain", "--json", "never", "rules.yar", "hello.bin")
        self.assertEqual(code, 1)
        self.assertFalse(json.loads(out)["condition_true"])
        self.assertEqual(self.daylight("rules", "explain", "absent", "rules.yar", "hello.bin")[2], 2)
        # Includes are read by the parent and compiled in the worker.
        self.assertEqual(self.daylight("rules", "explain", "leaf", "top.yar", "hello.bin")[2], 0)

    def test_cost(self):
        out, _, code = self.daylight("rules", "cost", "--json", "top.yar", "deep")
        self.assertEqual(code, 0)
        report = json.loads(out)
        self.assertEqual(report["files"], 1)
        self.assertEqual({rule["rule"] for rule in report["rules"]}, {"top", "middle", "leaf"})
        out, _, code = self.daylight("rules", "cost", "two.yar", ".", "--budget", "0.0001")
        self.assertEqual(code, 1)
        self.assertIn("OVER BUDGET", out)

    def test_diff(self):
        self.assertEqual(self.daylight("rules", "diff", "two.yar", "two.yar")[::2],
                         ("0 added, 0 removed, 0 changed\n", 0))
        (self.root / "new.yar").write_text(
            'rule a { condition: filesize < 3 and filesize > 5 } rule renamed { strings: $b = "hello" condition: $b }\n'
            'rule  wide_or { strings: $a = "first text" $b = "second text" condition: $a or $b }')
        (self.root / "old.yar").write_text(
            'rule a { condition: true } rule b { strings: $b = "hello" condition: $b }\n'
            'rule wide_or { strings: $a = "first text" $b = "second text" condition: $a and $b }')
        out, _, code = self.daylight("rules", "diff", "--json", "old.yar", "new.yar", "--witness-dir", "witnesses")
        self.assertEqual(code, 1)
        changes = {change["rule"]: change for change in json.loads(out)["changes"]}
        self.assertEqual(changes["a"]["effect"], "silent")
        self.assertEqual((changes["b"]["change"], changes["b"]["still_found_by"]), ("removed", "renamed"))
        self.assertEqual(changes["renamed"]["change"], "added")
        self.assertIn(changes["wide_or"]["effect"], ("wider", "equal"))
        self.assertTrue(any(name.startswith("a.only-old") for name in os.listdir(self.root / "witnesses")))


def record(yara, yarac):
    """Writes yara_cases.json from what the given programs answer."""
    cases = json.loads(CASES.read_text())
    root = pathlib.Path(tempfile.mkdtemp(prefix="daylight-yara-test."))
    make_files(root)
    for case in cases:
        case.update(answer([os.path.abspath(yarac if case["program"] == "yarac" else yara)], case, root))
    shutil.rmtree(root)
    CASES.write_text("[\n" + ",\n".join(" " + json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(*sys.argv[2:])
    else:
        unittest.main()
