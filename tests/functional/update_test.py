"""Drives `daylight update` and its companions, as real processes, against mirrors that lie.

make_updates writes a small world: a network's trust, and updates good and bad (tools/make_updates). DAYLIGHT_BIN is
the folder of the programs.
"""
import functools
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin")).resolve()


def clock(later):
    """A command's beginning that makes it believe that so many seconds have passed."""
    # Sanitizers want to be loaded first, but can do without.
    return ["env", "ASAN_OPTIONS=verify_asan_link_order=0", "faketime", "-f", f"+{later}s"] if later else []


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        super().do_GET()


class UpdateCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pathlib.Path(tempfile.mkdtemp(prefix="daylight-world-"))
        cls.addClassCleanup(shutil.rmtree, cls.world)
        subprocess.run([BIN / "make_updates", cls.world], check=True, timeout=60)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daylight-update-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.state = self.folder / "state"

    def run_daylight(self, *words, later=0):
        environment = {**os.environ, "DAYLIGHT_STATE": str(self.state), "XDG_CACHE_HOME": str(self.folder / "cache"),
                       "DONT_FAKE_MONOTONIC": "1"}
        done = subprocess.run([*clock(later), BIN / "daylight", *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=environment)
        return done.returncode, done.stdout, done.stderr

    def good(self, *words):
        code, out, err = self.run_daylight(*words)
        self.assertEqual(code, 0, out + err)
        return out

    def bad(self, *words):
        code, out, err = self.run_daylight(*words)
        self.assertEqual(code, 2, out + err)
        return err

    def trust(self, *words):
        self.good("trust", self.world / "root.json", "--policy", self.world / "policy", *words)

    def active(self):
        for line in self.run_daylight("verify")[1].splitlines():
            if "(active)" in line:
                return int(line.split("release ")[1].split()[0])
        return None

    def finds(self, text, **more):
        sample = self.folder / "sample"
        sample.write_text(text)
        code, out, err = self.run_daylight("scan", "--no-progress", sample, **more)
        self.assertIn(code, (0, 1), out + err)
        return code == 1

    def mirror(self, **files):
        """A web server with these updates: mirror(latest="2", full="2")."""
        site = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for name, update in files.items():
            shutil.copy(self.world / f"{update}.upd", site / f"{name}.upd")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site))
        server.seen = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}", server


class UpdateTest(UpdateCase):
    def test_from_files_and_back(self):
        self.assertIn("no network is trusted", self.bad("update", self.world / "1.upd"))
        self.trust()
        self.assertIn("Release 1 is active now", self.good("update", self.world / "1.upd"))
        self.assertTrue(self.finds("daylight-update-first"))
        self.assertFalse(self.finds("daylight-update-second"))
        self.assertIn("Release 2 is active now", self.good("update", self.world / "2.upd"))
        self.assertTrue(self.finds("daylight-update-second"))
        self.assertIn("nothing newer", self.good("update", self.world / "2.upd"))
        explained = self.good("explain", "2")
        self.assertIn("added    two.yar", explained)
        self.assertEqual(len(re.findall(r"^  key [0-9a-f]{64}$", explained, re.MULTILINE)), 2)
        log = self.good("log").splitlines()
        self.assertEqual(len(log), 4)
        self.assertIn('1 of 1 signatures  "1.targets.json"', log[1])
        self.assertIn("2 of 2 signatures", log[3])
        self.assertIn("Back to release 1", self.good("rollback"))
        self.assertEqual(self.active(), 1)
        self.assertIn("went back", self.bad("update", self.world / "2.upd"))
        self.assertEqual(self.active(), 1)

    def test_a_gap_is_filled_from_the_full_file(self):
        url, server = self.mirror(latest="2-gap", full="2")
        self.trust("--mirror", url)
        self.good("update")
        self.assertEqual(self.active(), 2)
        self.assertIn("/full.upd", [path for path, _ in server.seen])

    def test_air_gap(self):
        url, _ = self.mirror(latest="2-gap", full="2")
        self.trust("--mirror", url)
        stick = self.folder / "stick.upd"
        self.good("update", "--export", stick)
        self.assertEqual(stick.read_bytes(), (self.world / "2.upd").read_bytes())
        self.state = self.folder / "other"
        self.trust()
        self.good("update", stick)
        self.assertEqual(self.active(), 2)

    def test_a_halt_takes_a_release_back_and_cannot_be_hidden(self):
        self.trust()
        self.good("update", self.world / "1.upd")
        self.good("update", self.world / "2.upd")
        self.assertIn("left out", self.bad("update", self.world / "hidden.upd"))
        self.assertEqual(self.active(), 2)
        out = self.good("update", self.world / "4-halt.upd")
        self.assertIn("halted or recalled. Release 1 is active now", out)
        self.assertFalse(self.finds("daylight-update-second"))
        self.assertIn("STOPPED", self.good("explain", "2"))

    def test_bad_releases_fail_their_trial(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        self.assertIn("do not compile", self.bad("update", self.world / "3-broken.upd"))
        self.assertEqual(self.active(), 2)
        self.state = self.folder / "other"
        self.trust()
        self.good("update", self.world / "2.upd")
        if not pathlib.Path("/var/lib/dpkg/info").is_dir():
            return  # nothing here is known to be good
        message = self.bad("update", self.world / "5-wide.upd")
        self.assertIn("which is known to be good", message)
        self.assertEqual(self.active(), 2)
        self.assertIn("release 3 is not used", self.bad("update", self.world / "5-wide.upd"))

    def test_what_takes_detections_away_must_say_so(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        message = self.bad("update", self.world / "7-silent.upd")
        self.assertIn("it says that it takes no detection away, but it no longer detects: second", message)
        self.assertEqual(self.active(), 2)

    def test_a_release_waits_for_this_machines_turn(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        out = self.good("update", self.world / "6-slow.upd")
        self.assertIn("this machine's turn comes at", out)
        self.assertEqual(self.active(), 2)

    def test_changed_rules_are_seen(self):
        self.trust()
        self.good("update", self.world / "2.upd")
        self.good("verify")
        rules = next(self.state.glob("slots/*/rules"))
        text = (rules / "two.yar").read_text()
        (rules / "two.yar").write_text(text.replace("second", "sEcond"))
        self.assertIn("two.yar was changed", self.bad("verify"))
        (rules / "two.yar").write_text(text)
        (rules / "more.yar").write_text("rule more { condition: true }")
        self.assertIn("more.yar does not belong", self.bad("verify"))

    def test_a_damaged_slot_does_not_stop_updates(self):
        self.trust()
        self.good("update", self.world / "1.upd")
        next(self.state.glob("slots/*/bundle")).unlink()
        self.assertIn("not the one that was released", self.bad("verify"))
        self.good("update", self.world / "2.upd")  # whole: there is nothing that a delta could start from
        self.assertEqual(self.active(), 2)
        self.assertTrue(self.finds("daylight-update-second"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
