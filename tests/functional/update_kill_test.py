"""kill -9 at every system call of the updater and of the publisher, one run for each call.

Whatever is left behind: the endpoint verifies and scans, with the old release or the new one; what was said to be done
is done; the next ordinary run finishes, and leaves what an undisturbed run leaves. A publisher that is run again adds
nothing twice, and what its updates/ holds in between is what endpoints accept.

By default the kills are at the calls that others can see (`kill_at --changing`), of the publisher at every seventh of
them; DAYLIGHT_KILL_ALL=1 kills at every single call. What a kill leaves is looked at once: if
another kill leaves the same names, sizes and contents, it is counted and not looked at again.
"""
import concurrent.futures
import functools
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402
import release_test  # noqa: E402

BIN = log_harness.BIN
KILL_AT = str(BIN / "kill_at")
ALL = bool(os.environ.get("DAYLIGHT_KILL_ALL"))
PUBLISHER_STRIDE = 1 if ALL else 7
WORKERS = 4
# The leak checker of sanitizer builds cannot work under ptrace.
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")


def contents(folder):
    """Names and contents below a folder; of an endpoint's log, that it is there: a line may be in it twice."""
    return {str(path.relative_to(folder)): b"" if path.name == "log.jsonl" else path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def digest(files, sizes_only=()):
    """The same for the same files, whatever random names temporary ones have."""
    lines = []
    for name, content in files.items():
        what = len(content) if any(name.startswith(prefix) for prefix in sizes_only) else hashlib.sha256(content).hexdigest()
        lines.append(f"{re.sub('-[0-9A-Za-z]{6}$', '-', name)} {what}")
    return "\n".join(sorted(lines))


def count_calls(report, *words, env=None):
    """How many calls there are to be killed at; the program runs to its end."""
    done = log_harness.run(KILL_AT, *([] if ALL else ["--changing"]), 0, report, *words, env=env)
    return int(report.read_text().split()[1]), done


def run_killed(call, report, *words, env=None):
    """Returns whether it was killed, and what it said before."""
    done = log_harness.run(KILL_AT, *([] if ALL else ["--changing"]), call, report, *words, check=False, env=env)
    report.unlink()
    return done.returncode == 137, done.stdout.decode()


class Seen:
    """What was looked at already."""

    def __init__(self):
        self.lock = threading.Lock()
        self.states = set()

    def add(self, state):
        """Whether it is new."""
        with self.lock:
            new = state not in self.states
            self.states.add(state)
            return new


class QuietServer:
    """The files of a folder over HTTP."""

    def __init__(self, folder):
        handler = functools.partial(release_test.QuietHandler, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Endpoint:
    """A machine that is updated: its state folder, and what `daylight` says there."""

    def __init__(self, state):
        self.state = pathlib.Path(state)

    def copy(self, state):
        shutil.copytree(self.state, state)
        return Endpoint(state)

    def environment(self):
        return {**os.environ, "DAYLIGHT_STATE": str(self.state), "XDG_CACHE_HOME": f"{self.state}.cache"}

    def run(self, *words):
        done = log_harness.run(BIN / "daylight", *words, check=False, env=self.environment())
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def good(self, *words):
        code, out, err = self.run(*words)
        if code != 0:
            raise AssertionError(f"{words}: {code} {out}{err}")
        return out

    def slots(self):
        path = self.state / "slots.json"
        return json.loads(path.read_text()) if path.exists() else {"active": "", "a": {"sha256": ""}, "b": {"sha256": ""}}

    def active(self):
        """The number of the release that is used; 0 if none is."""
        slots = self.slots()
        return slots[slots["active"]]["sequence"] if slots["active"] else 0

    def remove(self):
        shutil.rmtree(self.state)
        shutil.rmtree(f"{self.state}.cache", ignore_errors=True)


class UpdaterTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daylight-kill-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.world = self.folder / "world"
        log_harness.run(BIN / "make_updates", self.world)
        self.sample = self.folder / "sample"
        self.sample.write_text("daylight-update-first, daylight-update-second")

    def found(self, endpoint):
        """What a scan finds in a file in which each release finds one thing more."""
        code, out, err = endpoint.run("scan", "--no-progress", "--json", self.sample)
        self.assertIn(code, (0, 1), out + err)
        return {name for name in ("first", "second") if f'"{name}"' in out}

    def look(self, endpoint, old, new, call):
        """What a killed run left is whole, and one of the two releases."""
        active = endpoint.active()
        self.assertIn(active, (old, new), call)
        self.assertEqual(self.found(endpoint), set(("first", "second")[:active]), call)
        code, out, err = endpoint.run("verify")
        # Told before the switch: that there is nothing yet, or that the old one was stopped.
        expected = {0: "no released rules are active"}.get(old, "was halted or recalled" if new < old else None)
        problems = [line for line in err.splitlines() if line.startswith("WRONG")]
        self.assertTrue(code == 0 or (active == old and expected and all(expected in line for line in problems)),
                        f"{call}: {out}{err}")
        for slot in ("a", "b"):
            sha256 = endpoint.slots()[slot]["sha256"]
            if sha256:
                bundle = (endpoint.state / "slots" / slot / "bundle").read_bytes()
                self.assertEqual(hashlib.sha256(bundle).hexdigest(), sha256, call)
        endpoint.good("log")

    def check(self, before, update, old, new):
        """One transition, killed everywhere; `update` are the words behind `daylight update`."""
        reference = before.copy(self.folder / "reference")
        words = [BIN / "daylight", "update", *update]
        count, _ = count_calls(self.folder / "report", *words, env=reference.environment())
        self.assertEqual(reference.active(), new)
        wanted = digest(contents(reference.state))
        wanted_log = reference.good("log")
        seen = Seen()

        def kill(call):
            endpoint = before.copy(self.folder / f"state{call}")
            killed, said = run_killed(call, self.folder / f"report{call}", *words, env=endpoint.environment())
            active = endpoint.active()
            if f"Release {new} is active now" in said:
                self.assertEqual(active, new, call)
            if seen.add(digest(contents(endpoint.state))):
                self.look(endpoint, old, new, call)
                endpoint.good("update", *update)
                endpoint.good("verify")
                self.assertEqual(self.found(endpoint), set(("first", "second")[:new]), call)
                self.assertEqual(endpoint.good("log"), wanted_log, call)
                self.assertEqual(digest(contents(endpoint.state)), wanted, call)
            endpoint.remove()
            return killed, active

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(kill, range(1, count + 1)))
        killed = sum(killed for killed, _ in results)
        self.assertGreater(killed, len(results) * 0.9)
        # Both sides of the switch were seen.
        self.assertEqual({active for _, active in results}, {old, new})
        print(f"updater, {old} to {new} from {update or 'a mirror'}: killed at {killed} of {count} calls, "
              f"{len(seen.states)} states", flush=True)
        before.remove()
        reference.remove()

    def trusted(self, *mirror):
        endpoint = Endpoint(self.folder / "endpoint")
        endpoint.good("trust", self.world / "root.json", "--policy", self.world / "policy", *mirror)
        return endpoint

    def check_all(self, prepare):
        """`prepare` puts an update where it is found, and returns the words that take it."""
        mirror, place = prepare
        steps = [("1", 0, 1), ("2", 1, 2), ("4-halt", 2, 1)]
        for at, (update, old, new) in enumerate(steps):
            endpoint = self.trusted(*mirror)
            for earlier, _, _ in steps[:at]:
                endpoint.good("update", self.world / f"{earlier}.upd")
            self.check(endpoint, place(update), old, new)

    def test_from_a_file(self):
        self.check_all(((), lambda update: [self.world / f"{update}.upd"]))

    def test_from_a_mirror(self):
        site = self.folder / "site"
        site.mkdir()
        server = QuietServer(site)
        self.addCleanup(server.close)

        def place(update):
            for name in ("latest.upd", "full.upd"):
                shutil.copy(self.world / f"{update}.upd", site / name)
            return []

        self.check_all((("--mirror", server.url), place))


if __name__ == "__main__":
    unittest.main()
