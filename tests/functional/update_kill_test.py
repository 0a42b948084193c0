"""kill -9 at every system call of the updater and of the publisher, one run for each call.

Whatever is left behind: the endpoint verifies and scans, with the old release or the new one; what was said to be done
is done; the next ordinary run finishes, and leaves what an undisturbed run leaves. A publisher that is run again adds
nothing twice, and what its updates/ holds in between is what endpoints accept.

By default the kills are at the calls that others can see (`kill_at --changing`): at all of them for updates from a file, at
every third for updates from a mirror, at every eleventh of the publisher. DAYLIGHT_KILL_ALL=1 kills at every single call.
What a kill leaves is looked at once: if another kill leaves the same names, sizes and contents, it is counted and not
looked at again.
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
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_harness  # noqa: E402
import release_test  # noqa: E402

BIN = log_harness.BIN
KILL_AT = str(BIN / "kill_at")
ALL = bool(os.environ.get("DAYLIGHT_KILL_ALL"))
MIRROR_STRIDE = 1 if ALL else 3
PUBLISHER_STRIDE = 1 if ALL else 11
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


LAST = 5


def points(count, stride):
    """Calls to be killed at: every so many, and the last ones, where what is new comes into force."""
    return sorted({*range(1, count + 1, stride), *range(max(1, count - LAST), count + 1)})


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
        self.server.handle_error = lambda *_: None  # clients are killed while they are answered
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

    def check(self, before, update, old, new, stride):
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
            results = list(pool.map(kill, points(count, stride)))
        killed = sum(killed for killed, _ in results)
        self.assertGreater(killed, len(results) * 0.9)
        # Both sides of the switch were seen.
        self.assertEqual({active for _, active in results}, {old, new})
        print(f"updater, {old} to {new} from {[path.name for path in update] or 'a mirror'}: killed at {killed} of {count} calls, "
              f"{len(seen.states)} states", flush=True)
        before.remove()
        reference.remove()

    def trusted(self, *mirror):
        endpoint = Endpoint(self.folder / "endpoint")
        endpoint.good("trust", self.world / "root.json", "--policy", self.world / "policy", *mirror)
        return endpoint

    def check_all(self, place, mirror=(), stride=1):
        """`place` puts an update where it is found, and returns the words that take it."""
        steps = [("1", 0, 1), ("2", 1, 2), ("4-halt", 2, 1)]
        for at, (update, old, new) in enumerate(steps):
            endpoint = self.trusted(*mirror)
            for earlier, _, _ in steps[:at]:
                endpoint.good("update", self.world / f"{earlier}.upd")
            self.check(endpoint, place(update), old, new, stride)

    def test_from_a_file(self):
        self.check_all(lambda update: [self.world / f"{update}.upd"])

    def test_from_a_mirror(self):
        site = self.folder / "site"
        site.mkdir()
        server = QuietServer(site)
        self.addCleanup(server.close)

        def place(update):
            for name in ("latest.upd", "full.upd"):
                shutil.copy(self.world / f"{update}.upd", site / name)
            return []

        self.check_all(place, ("--mirror", server.url), MIRROR_STRIDE)


class Trial:
    """A copy of a stopped network (log, witnesses, workspace), running again."""

    def __init__(self, place, base, folder):
        self.place, self.folder, self.servers = place, folder, []
        shutil.copytree(base, folder)
        policy = place.policy.read_text()
        for i, key in enumerate(place.witness_keys):
            witness = self.start(log_harness.AUDIT, "witness", "--key", key, "--dir", folder / f"w{i}", "--logs", place.logs_file,
                                 "--listen", "127.0.0.1:0")
            policy = re.sub(rf"(witness w{i} .* )http:.*", rf"\g<1>http://127.0.0.1:{witness['listen']}/", policy)
        (folder / "policy").write_text(policy)
        node = self.start(log_harness.NODE, "log", "--dir", folder / "log", "--key", place.key, "--policy", folder / "policy",
                          "--listen", "127.0.0.1:0", "--submit", "127.0.0.1:0", "--interval-ms", 20)
        config = folder / "team/release.json"
        values = json.loads(config.read_text())
        values["log"] = {"submit": f"http://127.0.0.1:{node['submit']}/", "url": f"http://127.0.0.1:{node['listen']}/"}
        config.write_text(json.dumps(values))

    def start(self, *words):
        server = log_harness.Server(*words)
        self.servers.append(server)
        return server.ports

    def log_size(self):
        return log_harness.size_of((self.folder / "log/public/checkpoint").read_bytes())

    def release(self, *words, team="team"):
        done = log_harness.run(release_test.RELEASE, "--workspace", self.folder / team, *words, "--json")
        return json.loads(done.stdout)

    def kinds(self, team="team"):
        """How many entries of each kind count."""
        entries = self.release("log", team=team)["entries"]
        return sorted(entry["kind"] for entry in entries if not entry["refused"] or "decision" in entry["kind"])

    def state(self):
        """What a kill left. Signatures of witnesses hold the time, so of what has them only the size counts."""
        time.sleep(0.1)  # what was added is published by now
        files = digest(contents(self.folder / "team"), ("log/", "updates/", "release.json", "notices/"))
        return f"{self.log_size()} {files}"

    def close(self):
        for server in self.servers:
            server.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)


class PublisherTest(release_test.ReleaseTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.release("--emergency")
        self.endpoint = Endpoint(self.root / "endpoint")
        self.endpoint.good("trust", self.work / "updates/root.json", "--policy", self.work / "updates/policy")
        self.endpoint.good("update", self.work / "updates/latest.upd")
        self.add_rule_b()
        self.name = self.prepare("--emergency")
        self.sign(self.name, 1, 2)

    def stop(self):
        """Stops the servers; returns a folder with all that they and the analysts keep."""
        for server in reversed(self.place.servers):
            server.stop()
        base = self.root / "base"
        base.mkdir()
        for path in (self.place.log, self.root / "w0", self.root / "w1", self.work):
            shutil.copytree(path, base / path.name)
        return base

    def check_updates(self, updates, releases, trial):
        """What endpoints fetch is accepted, by those who were here before and by those who start."""
        for number, name in enumerate(("latest.upd", "catchup.upd", "full.upd")):
            folder = trial.folder / f"endpoint{number}"
            if name == "full.upd":
                endpoint = Endpoint(folder)
                endpoint.good("trust", updates / "root.json", "--policy", updates / "policy")
            else:
                endpoint = self.endpoint.copy(folder)
            endpoint.good("update", updates / name)
            endpoint.good("verify")
            self.assertIn(endpoint.active(), releases)
            endpoint.remove()

    def after(self, trial):
        endpoint = self.endpoint.copy(trial.folder / "after")
        endpoint.run("update", trial.folder / "team/updates/latest.upd")
        active = endpoint.active()
        endpoint.remove()
        return active

    def check(self, old, new, *words):
        base = self.stop()
        words = [*words, "--json"]
        reference = Trial(self.place, base, self.root / "reference")
        count, _ = count_calls(self.root / "report", release_test.RELEASE, "-w", reference.folder / "team", *words)
        self.assertEqual(self.after(reference), new)
        wanted = reference.kinds(), sorted(contents(reference.folder / "team")), reference.log_size()
        reference.close()
        seen, seen_updates = Seen(), Seen()

        def look(trial, call):
            updates = trial.folder / "team/updates"
            if seen_updates.add(digest(contents(updates), [""])):
                self.check_updates(updates, (old, new), trial)
            # Looking on does not help publishing on: it has a copy.
            shutil.copytree(trial.folder / "team", trial.folder / "copy")
            trial.release("status", team="copy")
            trial.kinds(team="copy")
            trial.release(*words[:-1])
            self.assertEqual(self.after(trial), new, call)
            files = sorted(contents(trial.folder / "team"))
            self.assertEqual((trial.kinds(), files, trial.log_size()), wanted, call)
            log_harness.run(log_harness.AUDIT, "fsck", "--policy", self.place.policy, trial.folder / "log")

        def kill(call):
            trial = Trial(self.place, base, self.root / f"run{call}")
            try:
                killed, said = run_killed(call, self.root / f"report{call}", release_test.RELEASE, "-w", trial.folder / "team",
                                          *words)
                new_state = seen.add(trial.state())
                # Who saw the answer can rely on it.
                done = said.endswith("}\n")
                if done:
                    json.loads(said)
                    self.assertEqual(self.after(trial), new, call)
                if new_state:
                    look(trial, call)
                return killed, done, trial.log_size()
            finally:
                trial.close()

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(kill, points(count, PUBLISHER_STRIDE)))
        killed = sum(killed for killed, _, _ in results)
        # How often the publisher asks its witnesses depends on the time: some runs have no such last calls.
        self.assertGreater(killed, (len(results) - LAST) * 0.9)
        print(f"publisher, {words[0]}: killed at {killed} of {count} calls, {len(seen.states)} states, "
              f"{len(seen_updates.states)} of updates/", flush=True)

    def test_publish(self):
        self.check(1, 2, "publish", self.name)

    def test_halt(self):
        self.json("publish", self.name)
        self.endpoint.good("update", self.work / "updates/latest.upd")
        released = self.json("status")["released"]
        self.check(2, 1, "halt", released, "--reason", "false alarms", "--key", self.work / "keys/halt-1.pem")


if __name__ == "__main__":
    unittest.main()
