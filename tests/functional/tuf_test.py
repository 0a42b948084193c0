"""daylight-tuf-client against a web server, and other clients against what our repository side signs.

The repository is api/vectors/tuf/repository.json, which a unit test proves to be what libs/tuf writes. tuf-js (npm) is
an independent client: it is installed into the build folder. DAYLIGHT_BIN is the folder of the programs.
"""
import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

BIN = pathlib.Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin")).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VECTOR = json.loads((ROOT / "api/vectors/tuf/repository.json").read_text())
TUF_JS = "tuf-js@5.0.1"
TUF_JS_PROGRAM = """
const { Updater } = require('tuf-js');
const [metadataDir, targetDir, base, target] = process.argv.slice(2);
(async () => {
  const updater = new Updater({ metadataDir, targetDir, metadataBaseUrl: base + '/metadata',
                                targetBaseUrl: base + '/targets' });
  await updater.refresh();
  const info = await updater.getTargetInfo(target);
  if (!info) throw new Error('no such target');
  await updater.downloadTarget(info);
})().catch((error) => { console.error(String(error)); process.exit(1); });
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class RepositoryTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daylight-tuf-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.site = self.folder / "site"
        (self.site / "metadata").mkdir(parents=True)
        for name, text in VECTOR["files"].items():
            (self.site / "metadata" / name).write_text(text)
        for path, content in VECTOR["targets"].items():
            digest = hashlib.sha256(content.encode()).hexdigest()
            folder, name = os.path.split(path)
            (self.site / "targets" / folder).mkdir(parents=True)
            (self.site / "targets" / folder / f"{digest}.{name}").write_text(content)
            self.target_file = self.site / "targets" / folder / f"{digest}.{name}"
        self.trusted = self.folder / "root.json"
        self.trusted.write_text(VECTOR["files"]["1.root.json"])

    def serve(self, context=None, address="127.0.0.1"):
        handler = functools.partial(QuietHandler, directory=self.site)
        server = http.server.ThreadingHTTPServer((address, 0), handler)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}"

    def client(self, *arguments, environment=None):
        done = subprocess.run([BIN / "daylight-tuf-client", "--metadata-dir", self.folder / "trusted", *arguments],
                              capture_output=True, text=True, timeout=60, env={**os.environ, **(environment or {})})
        return done.returncode, done.stderr

    def download(self, base, target="rules/a", environment=None):
        return self.client("--metadata-url", base + "/metadata", "--target-name", target, "--target-base-url",
                           base + "/targets", "--target-dir", self.folder / "out", "download",
                           environment=environment)


class OurClient(RepositoryTest):
    def test_refresh_and_download(self):
        base = self.serve()
        self.assertEqual(self.client("init", self.trusted), (0, ""))
        self.assertEqual(self.client("--metadata-url", base + "/metadata", "refresh"), (0, ""))
        self.assertEqual(self.download(base), (0, ""))
        self.assertEqual((self.folder / "out" / "rules%2Fa").read_text(), "content")
        stored = sorted(path.name for path in (self.folder / "trusted").iterdir())
        self.assertEqual(stored, ["root.json", "rules.json", "snapshot.json", "targets.json", "timestamp.json"])
        self.assertEqual((self.folder / "trusted" / "rules.json").read_text(), VECTOR["files"]["1.rules.json"])
        self.target_file.unlink()  # what is there already is not asked for again
        self.assertEqual(self.download(base), (0, ""))
        code, message = self.download(base, "rules/b")
        self.assertEqual(code, 1)
        self.assertIn("rules/b: no such target", message)

    def test_swapped_target_is_refused(self):
        base = self.serve()
        self.client("init", self.trusted)
        self.target_file.write_text("Content")
        code, message = self.download(base)
        self.assertEqual(code, 1)
        self.assertIn("wrong sha256", message)
        self.assertFalse((self.folder / "out" / "rules%2Fa").exists())

    def test_any_changed_character_is_refused(self):
        self.client("init", self.trusted)
        base = self.serve()
        path = self.site / "metadata" / "1.rules.json"
        text = path.read_text()
        for position in range(text.index('"signed"') + 10, len(text) - 3, 29):
            changed = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1:]
            path.write_text(changed)
            self.assertEqual(self.download(base)[0], 1, f"position {position}")
        path.write_text(text)
        self.assertEqual(self.download(base), (0, ""))

    def test_wrong_use(self):
        self.assertNotEqual(self.client()[0], 0)
        self.assertNotEqual(self.client("refresh")[0], 0)
        self.assertEqual(self.client("init", self.folder / "missing")[0], 1)
        self.assertEqual(self.client("--metadata-url", "http://127.0.0.1:1/", "refresh")[0], 1)

    def test_tls_needs_a_known_certificate(self):
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        base = self.serve(context, "")  # every address of this machine, 127.0.0.2 among them
        self.client("init", self.trusted)
        known = {"SSL_CERT_FILE": str(certificate)}
        code, message = self.download(base)
        self.assertEqual(code, 1)
        self.assertIn("certificate verify failed", message)
        self.assertEqual(self.download(base, environment=known), (0, ""))
        other_name = base.replace("127.0.0.1", "127.0.0.2")  # not what the certificate is for
        self.assertEqual(self.download(other_name, environment=known)[0], 1)


class TufJs(RepositoryTest):
    """An independent client accepts our repository, and refuses it changed."""

    @classmethod
    def setUpClass(cls):
        cls.modules = BIN.parent / "npm"
        cls.modules.mkdir(parents=True, exist_ok=True)
        if not (cls.modules / "node_modules" / "tuf-js").is_dir():
            npm = shutil.which("npm")
            done = npm and subprocess.run([npm, "install", "--no-audit", "--no-fund", "--prefix", cls.modules, TUF_JS],
                                          capture_output=True, text=True, timeout=300)
            if not npm or done.returncode != 0:
                why = done.stderr.strip() if npm else "there is no npm"
                sys.stderr.write(f"\nNOT CHECKED: tuf-js accepts our repositories: {TUF_JS} cannot be had: {why}\n\n")
                raise unittest.SkipTest("no tuf-js")
        (cls.modules / "download.js").write_text(TUF_JS_PROGRAM)

    def tuf_js(self, base, target):
        trusted, out = self.folder / "js", self.folder / "js-out"
        for folder in (trusted, out):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        shutil.copy(self.trusted, trusted / "root.json")
        done = subprocess.run(["node", self.modules / "download.js", trusted, out, base, target],
                              capture_output=True, text=True, timeout=120)
        files = [path.read_text() for path in out.iterdir()]
        return done.returncode, files, done.stderr

    def test_accepts_our_repository(self):
        base = self.serve()
        code, files, message = self.tuf_js(base, "rules/a")
        self.assertEqual((code, files), (0, ["content"]), message)
        self.assertEqual(self.tuf_js(base, "rules/b")[0], 1)

    def test_refuses_it_changed(self):
        base = self.serve()
        path = self.site / "metadata" / "1.targets.json"
        path.write_text(path.read_text().replace('"threshold":2', '"threshold":1'))
        self.assertEqual(self.tuf_js(base, "rules/a")[0], 1)


del RepositoryTest

if __name__ == "__main__":
    unittest.main(verbosity=2)
