#!/usr/bin/env python3
"""Blobs and a whole log on a real S3 server: Ceph's RADOS Gateway from Debian's packages, on 127.0.0.1.

Run by `./dev check`, which installs the packages. Ports: the gateway's, and the monitor's behind it.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "functional"))
import log_harness  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["DAYLIGHT_BIN"])


def free_port_pair():
    """Two neighbouring ports of which nobody has either."""
    for port in range(20000, 30000, 7):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue
    raise RuntimeError("no free ports")


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="daylight-ceph-")
        subprocess.run([HERE / "ceph.sh", "start", cls.folder.name, str(free_port_pair())], check=True, timeout=180)
        cls.settings = pathlib.Path(cls.folder.name) / "s3.conf"

    @classmethod
    def tearDownClass(cls):
        subprocess.run([HERE / "ceph.sh", "stop", cls.folder.name], check=True, timeout=60)
        cls.folder.cleanup()

    def test_blobs(self):
        subprocess.run([BIN / "s3_check", self.settings], check=True, timeout=300)

    def test_log(self):
        """A log whose public part is in the bucket: entries, restart, proofs of everything by fsck."""
        place = log_harness.Place()
        settings = place.root / "s3.conf"
        settings.write_text(self.settings.read_text() + "prefix some/log\n")
        try:
            log_harness.run(log_harness.NODE, "init", "--dir", place.log, "--key", place.key, "--s3", settings)
            server = place.start_log()
            for i in range(300):
                status, _, body = log_harness.request(server.ports["submit"], "POST", "/add", b"entry %d" % i)
                self.assertEqual((status, int(body)), (200, i))
            server.stop()
            server = place.start_log()
            status, _, body = log_harness.request(server.ports["submit"], "POST", "/add", b"entry 7")
            self.assertEqual((status, int(body)), (200, 7))
            log_harness.wait_for(lambda: log_harness.size_of(
                log_harness.request(server.ports["listen"], "GET", "/checkpoint")[2]) == 300)
            self.assertFalse(any((place.log / "public").glob("*")) if (place.log / "public").exists() else False)
            log_harness.run(log_harness.AUDIT, "fsck", f"http://127.0.0.1:{server.ports['listen']}/", "--policy", place.policy)
            # The bucket has a log already.
            again = log_harness.run(log_harness.NODE, "init", "--dir", place.root / "other", "--key", place.key,
                                    "--s3", settings, check=False)
            self.assertEqual(again.returncode, 2)
            self.assertIn(b"not empty", again.stderr)
        finally:
            place.close()


if __name__ == "__main__":
    unittest.main()
