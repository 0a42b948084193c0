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
        done = subprocess.run([BIN / "daylight_store_s3_test"], env={**os.environ, "DAYLIGHT_TEST_S3": self.settings},
                              stdout=subprocess.PIPE, text=True, timeout=300)
        sys.stdout.write(done.stdout)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("SKIPPED", done.stdout)


if __name__ == "__main__":
    unittest.main()
