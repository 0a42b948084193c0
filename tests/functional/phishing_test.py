"""Links of mails: judged by ClamAV's lists, and a text for rules (docs/formats/phishing.md)."""
import base64
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

BIN = Path(os.environ.get("DAYLIGHT_BIN", "build/release/bin"))
HEAD = "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n"
LINK = '<a href="http://evil&#46;example/%78">Go to www.paybank.com</a>'


def scan(folder, *options):
    run = subprocess.run([BIN / "daylight", "scan", "--json", "--no-cache", *options, folder / "mail.eml"],
                         stdout=subprocess.PIPE, text=True, timeout=60)
    return next(line for line in map(json.loads, run.stdout.splitlines()) if line["type"] == "file")


def make(folder, body=LINK, encoding=""):
    (folder / "mail.eml").write_text(f"{HEAD}{encoding}\r\n<html>{body}</html>\r\n")
    (folder / "db").mkdir(exist_ok=True)
    (folder / "db/a.pdb").write_text("H:paybank.com\n")
    return folder


def test_an_imitated_host_is_found_with_its_evidence(tmp_path):
    report = scan(make(tmp_path), "--db", tmp_path / "db")
    [finding] = report["findings"]
    assert finding["name"] == "Heuristics.Phishing.Email.SpoofedDomain"
    assert [bytes.fromhex(match["data_hex"]) for match in finding["matches"]] == [b"http://evil.example/%78", b"Go to www.paybank.com"]


def test_allowed_pairs_and_switches_silence_it(tmp_path):
    make(tmp_path, LINK.replace("Go to ", ""))
    assert scan(tmp_path, "--db", tmp_path / "db")["findings"]
    assert not scan(tmp_path, "--db", tmp_path / "db", "--phishing-scan-urls=no").get("findings")
    (tmp_path / "db/a.wdb").write_text("M:evil.example:www.paybank.com\n")
    assert not scan(tmp_path, "--db", tmp_path / "db").get("findings")


def test_without_lists_only_what_is_asked_for(tmp_path):
    make(tmp_path, '<a href="http://evil.example/">https://www.other.com/</a>')
    assert not scan(tmp_path).get("findings")
    [finding] = scan(tmp_path, "--alert-phishing-ssl")["findings"]
    assert finding["name"] == "Heuristics.Phishing.Email.SSL-Spoof"


def test_rules_see_links_decoded(tmp_path):
    make(tmp_path, LINK.replace("=", "=3D"), "Content-Transfer-Encoding: quoted-printable\r\n")
    (tmp_path / "r.yar").write_text('rule link { strings: $a = "a http://evil.example/%78\\tGo to www.pay" condition: $a }\n')
    [finding] = scan(tmp_path, "--rules", tmp_path / "r.yar")["findings"]
    assert finding["rule"] == "link" and finding["inner_path"].endswith("//(links)")


def test_what_is_in_the_part_is_not_said_twice(tmp_path):
    make(tmp_path, '<a href="http://evil.example/">x</a>')
    (tmp_path / "r.yar").write_text('rule link { strings: $a = "http://evil.example/" condition: $a }\n')
    paths = [finding["inner_path"] for finding in scan(tmp_path, "--rules", tmp_path / "r.yar")["findings"]]
    assert paths and not any(path.endswith("(links)") for path in paths)


def test_import_says_that_lists_are_used(tmp_path):
    make(tmp_path)
    (tmp_path / "db/b.gdb").write_text("S:P:01020304\n")
    run = subprocess.run([BIN / "daylight", "import", tmp_path / "db"], stdout=subprocess.PIPE, text=True, timeout=60)
    assert "imitated" in run.stdout and "prefixes" in run.stdout


def make_zip(folder, password):
    subprocess.run(["7z", "a", "-tzip", f"-p{password}", folder / "x.zip", folder / "eicar.txt"], check=True,
                   stdout=subprocess.DEVNULL)
    return "x.zip"


def make_rar(folder, password):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/packages"))
    import make_rar5s
    data = (folder / "eicar.txt").read_bytes()
    entry = make_rar5s.entry(b"eicar.txt", data, data, method=0, secret=make_rar5s.Secret(password.encode(), 15))
    (folder / "x.rar").write_bytes(make_rar5s.archive(entry))
    return "x.rar"


def encrypted_mail(folder, text, password, make=make_zip):
    """A mail with a text and an archive that only the password opens."""
    (folder / "eicar.txt").write_text("X5O!P%@AP[4" + chr(92) + "PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
    name = make(folder, password)
    packed = base64.encodebytes((folder / name).read_bytes()).decode()
    (folder / "mail.eml").write_text(
        "From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX\n\n"
        f"--XX\nContent-Type: text/plain\n\n{text}\n--XX\nContent-Type: application/octet-stream; name={name}\n"
        f"Content-Transfer-Encoding: base64\n\n{packed}\n--XX--\n")


@unittest.skipUnless(shutil.which("7z"), "needs 7z")
def test_passwords_that_a_mail_tells_open_its_archives(tmp_path):
    rule = 'rule eicar { strings: $a = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" condition: $a }\n'
    (tmp_path / "r.yar").write_text(rule)
    for text in ("Password: qX7-vv", "das Passwort lautet qX7-vv.", "mot de passe : qX7-vv"):
        (tmp_path / "x.zip").unlink(missing_ok=True)
        encrypted_mail(tmp_path, text, "qX7-vv")
        report = scan(tmp_path, "--rules", tmp_path / "r.yar")
        assert [f["inner_path"] for f in report["findings"]] == ["2:x.zip//eicar.txt"], text
        assert report["completeness"] == "complete"
    encrypted_mail(tmp_path, "Password: qX7-vv", "qX7-vv", make_rar)
    report = scan(tmp_path, "--rules", tmp_path / "r.yar")
    assert [f["inner_path"] for f in report["findings"]] == ["2:x.rar//eicar.txt"]
    encrypted_mail(tmp_path, "The word is qX7-vv", "qX7-vv")
    report = scan(tmp_path, "--rules", tmp_path / "r.yar")
    assert not report["findings"] and "encrypted" in json.dumps(report["gaps"])
