"""Drives the real programs while workers are killed, stopped and starved.

Whatever happens to a worker: the scan ends, every other file has its verdict, and the report and the
exit code say what was not completed. DAYLIGHT_BIN is the folder of the programs.
"""
import gzip
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import zipfile

BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin"))
FILES = 10_000
MARKER = "daylight-functional-marker"
RULES = f'rule marker {{ strings: $m = "{MARKER}" condition: $m }}\n'
# Quadratic on purpose: one file keeps a worker busy for as long as a test needs.
SLOW_RULES = RULES + """
rule slow { condition: filesize > 1MB and for all i in (1..200000000) : ( uint8(i % filesize) < 256 ) }
"""


def children_of(pid):
    """Worker processes of a scan, by /proc."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
        if int(rest.split()[1]) == pid and name.startswith("daylight-worker"[:15]):
            found.append(int(entry.name))
    return found


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="daylight-worker-test."))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.rules = self.root / "rules.yar"
        self.rules.write_text(RULES)
        self.tree = self.root / "tree"
        self.tree.mkdir()
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))

    def command(self, *options):
        return [str(BIN / "daylight"), "scan", "--json", "--rules", str(self.rules), *options,
                str(self.tree)]

    def run_scan(self, *options, timeout=120):
        done = subprocess.run(self.command(*options), env=self.environment, capture_output=True,
                              timeout=timeout)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def start_scan(self, *options):
        return subprocess.Popen(self.command(*options), env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process, timeout=120):
        out, err = process.communicate(timeout=timeout)
        return process.returncode, [json.loads(line) for line in out.splitlines()], err

    def make_small_files(self, count=FILES, found_every=100):
        for i in range(count):
            folder = self.tree / f"d{i % 50}"
            folder.mkdir(exist_ok=True)
            text = f"file {i}\n" * 20
            (folder / f"f{i}").write_text(text + (MARKER if i % found_every == 0 else ""))

    def check_all_but(self, lines, unfinished):
        """Every small file has its verdict, except those in `unfinished`."""
        files = {line["path"]: line for line in lines if line["type"] == "file"}
        expected = {str(path) for path in self.tree.rglob("f*") if path.is_file()}
        self.assertLessEqual(expected, set(files))
        for path in expected - unfinished:
            line = files[path]
            self.assertEqual(line["completeness"], "complete", line)
            marked = MARKER in pathlib.Path(path).read_text()
            self.assertEqual(line["verdict"], "found" if marked else "nothing_found", line)
        return files

    def test_clean_and_found_have_their_exit_codes(self):
        (self.tree / "f1").write_text("nothing")
        code, lines, _ = self.run_scan("--no-cache")
        self.assertEqual(code, 0)
        (self.tree / "f2").write_text(MARKER)
        code, lines, _ = self.run_scan("--no-cache")
        self.assertEqual(code, 1)
        self.check_all_but(lines, set())

    def test_workers_killed_again_and_again_in_ten_thousand_files(self):
        self.make_small_files()
        # Results go to a file, so that the killing can begin with the first of them.
        report = self.root / "report.jsonl"
        with report.open("wb") as out:
            process = subprocess.Popen(self.command("--no-cache", "--threads", "2"),
                                       env=self.environment, stdout=out, stderr=subprocess.PIPE)
        killed = 0
        stop = threading.Event()

        def kill_workers():
            nonlocal killed
            while not stop.is_set() and process.poll() is None and killed < 8:
                if report.stat().st_size == 0:
                    time.sleep(0.001)
                    continue
                for pid in children_of(process.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
                    except ProcessLookupError:
                        pass
                time.sleep(0.01)

        killer = threading.Thread(target=kill_workers)
        killer.start()
        _, err = process.communicate(timeout=120)
        stop.set()
        killer.join()
        code = process.returncode
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        self.assertTrue(lines, err)
        summary = lines[-1]
        self.assertEqual(summary["type"], "summary", err)
        self.assertGreater(killed, 0)
        unfinished = {line["path"] for line in lines
                      if line["type"] == "file" and line["completeness"] != "complete"}
        self.check_all_but(lines, unfinished)
        self.assertEqual(summary["files"], FILES)
        self.assertEqual(summary["files_not_scanned"], len(unfinished))
        self.assertLessEqual(len(unfinished), killed)
        self.assertEqual(code, 1)  # the marked files are found all the same
        for line in lines:
            if line["type"] == "file" and line["path"] in unfinished:
                self.assertIn("signal 9", line["gaps"][0]["reason"])

    def test_a_killed_worker_is_named_and_nothing_else_is_lost(self):
        self.rules.write_text(SLOW_RULES)
        self.make_small_files(count=200, found_every=1000)
        (self.tree / "d0" / "f0").write_text("unmarked")
        (self.tree / "slow").write_bytes(b"s" * (2 << 20))
        process = self.start_scan("--no-cache", "--threads", "1", "--timeout", "300")
        time.sleep(3)  # long enough to be at the slow file, however slow the machine
        for pid in children_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        code, lines, err = self.finish(process)
        files = self.check_all_but(lines, set())
        slow = files[str(self.tree / "slow")]
        self.assertEqual(slow["completeness"], "not_scanned", err)
        self.assertIn("killed by signal 9", slow["gaps"][0]["reason"])
        self.assertEqual(code, 2)

    def test_a_hanging_worker_is_replaced_after_the_time_out(self):
        self.rules.write_text(SLOW_RULES)
        self.make_small_files(count=200, found_every=50)
        (self.tree / "slow").write_bytes(b"s" * (2 << 20))
        process = self.start_scan("--no-cache", "--threads", "1", "--timeout", "3")
        time.sleep(1.5)
        for pid in children_of(process.pid):
            os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        code, lines, err = self.finish(process, timeout=60)
        self.assertLess(time.monotonic() - begin, 30)
        files = self.check_all_but(lines, {str(self.tree / "slow")})
        self.assertEqual(code, 1)
        slow = files[str(self.tree / "slow")]
        self.assertNotEqual(slow["completeness"], "complete", err)
        self.assertIn("timeout", slow["gaps"][0]["reason"])
        self.assertGreaterEqual(lines[-1]["workers_lost"], 1)

    def test_a_slow_file_times_out_by_itself(self):
        self.rules.write_text(SLOW_RULES)
        self.make_small_files(count=100, found_every=50)
        (self.tree / "slow").write_bytes(b"s" * (2 << 20))
        code, lines, err = self.run_scan("--no-cache", "--threads", "1", "--timeout", "1")
        files = self.check_all_but(lines, set())
        slow = files[str(self.tree / "slow")]
        self.assertNotEqual(slow["completeness"], "complete", err)
        self.assertIn("timeout", slow["gaps"][0]["reason"])
        self.assertEqual(code, 1)

    def test_a_worker_without_memory_is_replaced(self):
        if b"__asan_init" in (BIN / "daylight-worker").read_bytes():
            self.skipTest("sanitizers reserve terabytes, so address space is not limited there")
        self.make_small_files(count=200, found_every=50)
        (self.tree / "large").write_bytes(b"l" * (256 << 20))
        code, lines, err = self.run_scan("--no-cache", "--threads", "1", "--memory-limit", "192M")
        files = self.check_all_but(lines, set())
        large = files[str(self.tree / "large")]
        self.assertEqual(large["completeness"], "not_scanned", err)
        self.assertIn("memory", large["gaps"][0]["reason"])
        self.assertEqual(code, 1)

    def test_what_cannot_be_read_is_said(self):
        if os.geteuid() == 0:
            code, lines, _ = self.run_scan("--no-cache", str(self.root / "missing"))
        else:
            (self.tree / "f1").write_text("x")
            (self.tree / "f1").chmod(0)
            code, lines, _ = self.run_scan("--no-cache")
        self.assertEqual(code, 2)
        self.assertTrue(any(line.get("completeness") == "not_scanned" for line in lines))

    def test_second_scan_knows_clean_files_and_forgets_changed_ones(self):
        self.make_small_files(count=300, found_every=100)
        old = time.time() - 100
        for path in self.tree.rglob("f*"):
            os.utime(path, (old, old))
        time.sleep(2.2)  # ctime must not be fresh
        code, lines, _ = self.run_scan()
        self.assertEqual((code, lines[-1]["files_known_clean"]), (1, 0))
        code, lines, _ = self.run_scan()
        self.assertEqual((code, lines[-1]["files_known_clean"]), (1, 297))
        self.assertEqual((lines[-1]["files_known"], lines[-1]["files_found"]), (300, 3))
        changed = self.tree / "d1" / "f1"
        changed.write_text(MARKER)
        os.utime(changed, (old, old))
        code, lines, _ = self.run_scan()
        self.assertEqual(lines[-1]["files_known_clean"], 296)
        self.assertEqual(lines[-1]["files_found"], 4)
        # Whoever wants it looks at all of them again.
        code, lines, _ = self.run_scan("--rescan")
        self.assertEqual((code, lines[-1]["files"], lines[-1]["files_known"], lines[-1]["files_found"]), (1, 300, 0, 4))
        # Other rules know nothing of it.
        self.rules.write_text(RULES + "rule other { condition: false }\n")
        code, lines, _ = self.run_scan()
        self.assertEqual(lines[-1]["files_known_clean"], 0)
        # A damaged cache is an empty one.
        cache = self.root / "cache" / "daylight" / "clean"
        cache.write_bytes(os.urandom(cache.stat().st_size))
        code, lines, _ = self.run_scan()
        self.assertEqual((code, lines[-1]["files_known_clean"]), (1, 0))

    def test_second_scan_tells_findings_again(self):
        """Files with findings or gaps are not read again: their reports are told word for word."""
        self.make_small_files(count=50, found_every=10)
        (self.tree / "cut.gz").write_bytes(gzip.compress(os.urandom(500))[:300])
        time.sleep(2.2)  # ctime must not be fresh
        code, first, _ = self.run_scan("-t", "1")
        self.assertEqual((code, first[-1]["files_known"], first[-1]["files_partial"]), (1, 0, 1))
        code, second, _ = self.run_scan("-t", "1")
        self.assertEqual((code, second[-1]["files_known"], second[-1]["files_known_clean"]), (1, 51, 45))
        def told(lines):
            return sorted(json.dumps({**line, "known": None}) for line in lines[:-1]
                          if line["verdict"] == "found" or line["completeness"] != "complete")
        self.assertEqual(len(told(first)), 6)
        self.assertEqual(told(first), told(second))
        for field in ("files", "files_found", "findings", "files_partial"):
            self.assertEqual(first[-1][field], second[-1][field])
        # Another path to the same file may be another answer: rules can ask for it.
        (self.tree / "cut.gz").rename(self.tree / "renamed.gz")
        code, third, _ = self.run_scan("-t", "1")
        self.assertEqual(third[-1]["files_known"], 50)
        # A damaged memory is an empty one.
        reports = self.root / "cache" / "daylight" / "reports"
        reports.write_bytes(os.urandom(reports.stat().st_size))
        code, fourth, _ = self.run_scan("-t", "1")
        self.assertEqual((code, fourth[-1]["files_known"]), (1, 45))
        self.assertEqual(fourth[-1]["files_found"], 5)

    def test_stop_signal_ends_the_scan_with_a_summary(self):
        self.rules.write_text(SLOW_RULES)
        (self.tree / "slow").write_bytes(b"s" * (2 << 20))
        process = self.start_scan("--no-cache", "--threads", "1", "--timeout", "300")
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        code, lines, _ = self.finish(process, timeout=20)
        self.assertEqual(code, 2)
        self.assertTrue(lines[-1]["stopped"])

    def test_workers_end_with_their_parent(self):
        self.rules.write_text(SLOW_RULES)
        (self.tree / "slow").write_bytes(b"s" * (2 << 20))
        process = self.start_scan("--no-cache", "--threads", "1", "--timeout", "300")
        time.sleep(1.5)
        workers = children_of(process.pid)
        self.assertTrue(workers)
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 10
        while any(os.path.exists(f"/proc/{pid}") for pid in workers):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_stdin_sarif_and_nested_paths(self):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a.txt", MARKER)
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("b.zip", inner.getvalue())
        sarif = self.root / "out.sarif"
        done = subprocess.run(
            [str(BIN / "daylight"), "scan", "--no-cache", "--rules", str(self.rules), "--sarif",
             str(sarif), "-"], input=outer.getvalue(), env=self.environment, capture_output=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"stdin//b.zip//a.txt", done.stdout)
        report = json.loads(sarif.read_text())
        self.assertEqual(report["version"], "2.1.0")
        names = [result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
                 for result in report["runs"][0]["results"]
                 if "logicalLocations" in result["locations"][0]]
        self.assertIn("b.zip//a.txt", names)

    def test_every_line_keeps_to_the_schema(self):
        (self.tree / "f1").write_text("clean")
        (self.tree / "f2").write_text(MARKER)
        (self.tree / os.fsdecode(b"f\xff\n")).write_text("odd name")
        with zipfile.ZipFile(self.tree / "z.zip", "w") as archive:
            archive.writestr("inner", MARKER)
        (self.tree / "damaged.zip").write_bytes((self.tree / "z.zip").read_bytes()[:-10])
        schema = json.loads(
            (pathlib.Path(__file__).parents[2] / "api" / "scan-report.schema.json").read_text())
        _, lines, _ = self.run_scan("--no-cache")
        self.assertEqual(len(lines), 6)
        for line in lines:
            self.check_against(line, schema["$defs"][line["type"]], schema)
        odd = [line for line in lines if "path_hex" in line]
        self.assertEqual(len(odd), 1)
        self.assertTrue(bytes.fromhex(odd[0]["path_hex"]).endswith(b"f\xff\n"))

    def check_against(self, value, schema, root):
        """As much of JSON Schema as the file uses; every field must be described."""
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        if "const" in schema:
            self.assertEqual(value, schema["const"])
        if "enum" in schema:
            self.assertIn(value, schema["enum"])
        types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
                 "number": (int, float)}
        if "type" in schema:
            self.assertIsInstance(value, types[schema["type"]], value)
        for name in schema.get("required", []):
            self.assertIn(name, value)
        if isinstance(value, dict):
            for name, item in value.items():
                self.assertIn(name, schema["properties"])
                self.check_against(item, schema["properties"][name], root)
        if isinstance(value, list):
            for item in value:
                self.check_against(item, schema["items"], root)

    def test_wrong_usage_says_what_to_do(self):
        for words, text in ((["scan"], b"nothing to scan"), (["scna"], b"no command"),
                            (["scan", "--max-filesize", "x", "/"], b"is no size"),
                            (["scan", "--rules", "/nonexistent", "/"], b"/nonexistent")):
            done = subprocess.run([str(BIN / "daylight"), *words], env=self.environment,
                                  capture_output=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(text, done.stderr)

    def test_broken_rules_are_shown_with_their_place(self):
        self.rules.write_text("rule a { condition: undefined_thing }\n")
        done = subprocess.run(self.command(), env=self.environment, capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"rules.yar:1:", done.stderr)
        self.assertIn(b"undefined_thing", done.stderr)


if __name__ == "__main__":
    unittest.main()
