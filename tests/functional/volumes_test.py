#!/usr/bin/env python3
"""Archives in several files: whatever lies across them is found, and what is missing is said."""
import email.message
import gzip
import io
import json
import lzma
import os
import random
import resource
import signal
import subprocess
import sys
import tarfile
import time
import unittest
import zipfile
from pathlib import Path

from scan_case import BIN, ROOT, ScanCase, found_in, gaps_of

sys.path.insert(0, str(ROOT / "tests/fixtures/packages"))
import make_installers  # noqa: E402
import make_rar5s  # noqa: E402
import make_rars  # noqa: E402
from make_volumes import split_zip, zip_of  # noqa: E402

NEEDLE = b"a needle in many pieces"
OTHER_VOLUME = "unsupported: one volume of a split archive"


def payload():
    """Shrinks little, so that the data of one file lies in many volumes, but enough that the needle is not seen in it."""
    return random.Random(1).randbytes(4000).hex().encode() + NEEDLE


def plain_zip(method=zipfile.ZIP_DEFLATED):
    return zip_of({"first.txt": b"nothing", "dir/needle.bin": payload(), "last.txt": b"nothing either"}, method)


def cut(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


class VolumesTest(ScanCase):
    RULE = f'rule needle {{ strings: $a = "{NEEDLE.decode()}" condition: $a }}\n'

    def write_all(self, names, volumes):
        self.assertGreater(len(volumes), 1)
        return [self.write(name.format(number), data) for number, (name, data) in
                enumerate(zip(names, volumes, strict=True), 1)]

    def write_zip(self, volumes, stem="a"):
        return self.write_all([stem + ".z{:02}"] * (len(volumes) - 1) + [stem + ".zip"], volumes)

    def expect(self, lead, inner_path, *targets, others):
        """The lead has the finding, and the others say what they are, and that they are damaged by themselves if they are."""
        is_middle = lead.endswith("10.rar")  # not what its archive starts with
        code, files = self.scan(*targets or [self.files])
        self.assertEqual(code, 1)
        self.assertEqual(found_in(files[lead]), {inner_path})
        for name, line in files.items():
            reasons = {gap["reason"].split(":")[0] for gap in line["gaps"]}
            self.assertLessEqual(reasons, {"damaged"} if name != lead or is_middle else set(), name)
            self.assertEqual(line.get("is_volume", False), name != lead, name)
        self.assertEqual(len(files), 1 + others)

    def test_split_zip(self):
        for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            with self.subTest(method=method):
                volumes = split_zip(plain_zip(method), 1000)
                self.write_zip(volumes)
                self.expect("a.zip", "dir/needle.bin", others=len(volumes) - 1)

    def test_many_volumes_and_other_letters(self):
        volumes = split_zip(plain_zip(), 48)
        self.assertGreater(len(volumes), 100)
        self.write_all(["A.Z{:02}"] * (len(volumes) - 1) + ["A.ZIP"], volumes)
        self.expect("A.ZIP", "dir/needle.bin", others=len(volumes) - 1)

    def test_one_volume_is_named(self):
        """Whichever it is: the others lie beside it."""
        volumes = split_zip(plain_zip(), 2000)
        paths = self.write_zip(volumes)
        for path in paths:
            self.expect(path.name, "dir/needle.bin", path, others=0)
        self.expect("a.zip", "dir/needle.bin", *paths, others=len(paths) - 1)

    def test_an_excluded_lead_is_spoken_for(self):
        volumes = split_zip(plain_zip(), 2000)
        self.write_zip(volumes)
        code, files = self.scan("--exclude", "*.zip", self.files)
        self.assertEqual(code, 1)
        self.assertEqual([name for name, line in files.items() if found_in(line)],
                         [name for name, line in files.items() if not line.get("is_volume")])

    def test_pieces_of_anything(self):
        """As 7-Zip, HJSplit or split(1) make them."""
        for name, data, inner in (("b.7z", (ROOT / "tests/fixtures/packages/copy.7z").read_bytes(), None),
                                  ("b.zip", plain_zip(), "dir/needle.bin"), ("b.xz", lzma.compress(payload()), "(content)"),
                                  ("b.exe", payload(), "")):
            with self.subTest(name=name):
                for old in self.files.iterdir():
                    old.unlink()
                pieces = cut(data, max(100, len(data) // 3)) if inner != "" else [data[:-9], data[-9:]]
                self.write_all([name + ".{:03}"] * len(pieces), pieces)
                if inner is None:
                    code, files = self.scan(self.files)
                    self.assertEqual({line["completeness"] for line in files.values()}, {"complete"})
                    self.assertGreater(files[name + ".001"]["objects_scanned"], 3)
                else:
                    self.expect(name + ".001", inner, others=len(pieces) - 1)

    def test_rar(self):
        rar3 = make_rars.Rar3().pack(payload())
        sets = {"rar3": make_rar5s.rar3_volumes((b"dir\\needle.bin", rar3, payload()), (b"b.txt", b"nothing", b"nothing")),
                "rar5": make_rar5s.volumes((b"dir/needle.bin", make_rar5s.Rar5().pack(payload()), payload()),
                                           (b"b.txt", b"nothing", b"nothing")),
                "hidden": make_rar5s.volumes((b"dir/needle.bin", make_rar5s.Rar5().pack(payload()), payload()),
                                             (b"b.txt", b"nothing", b"nothing"), make_rar5s.Secret(b"infected", 10))}
        for (kind, volumes), names in ((one, names) for one in sets.items() for names in (
                ["c.part{}.rar"] * 4, ["c.part{:03}.rar"] * 4, ["c.rar", "c.r00", "c.r01", "c.r02"])):
            with self.subTest(kind=kind, names=names):
                for old in self.files.iterdir():
                    old.unlink()
                paths = self.write_all(names, volumes)
                self.expect(paths[0].name, "dir/needle.bin", others=3)

    def test_ten_parts_without_zeros(self):
        pieces = [make_rar5s.archive(entry, volume=number, is_last=number == 10) for number, entry in enumerate(
            make_rar5s.parts_of(11, b"dir/needle.bin", make_rar5s.Rar5().pack(payload()), payload()))]
        paths = self.write_all(["d.part{}.rar"] * 11, pieces)
        self.expect("d.part1.rar", "dir/needle.bin", others=10)
        self.expect("d.part10.rar", "dir/needle.bin", paths[9], others=0)

    def test_installshield(self):
        header, volumes = make_installers.cabinet([(b"needle.bin", payload())], 0x01009500, 9, (1000, 3000))
        self.write_all(["data1.hdr", "data1.cab", "data2.cab", "data3.cab"], [header, *volumes])
        self.expect("data1.hdr", "data1.hdr/needle.bin", others=3)

    def test_volumes_in_other_containers(self):
        """A mail, a tar, a zip: found at the path of the lead; what belongs to no set hides nothing."""
        zips = split_zip(plain_zip(), 2000)
        zips = dict(zip([f"a.z{number + 1:02}" for number in range(len(zips) - 1)] + ["a.zip"], zips, strict=True))
        packer = make_rar5s.Rar5().pack(payload())
        rars = make_rar5s.volumes((b"dir/needle.bin", packer, payload()), (b"b.txt", b"nothing", b"nothing"))
        rars = {f"disk/c.part{number + 1}.rar": data for number, data in enumerate(rars)}
        header, cabs = make_installers.cabinet([(b"needle.bin", payload())], 0x01009500, 9, (1000, 3000))
        cabs = {"setup/data1.hdr": header, **{f"setup/data{number + 1}.cab": data for number, data in enumerate(cabs)}}
        mail = email.message.EmailMessage()
        mail["Subject"] = "parts"
        mail.set_content("see the parts")
        for name, data in zips.items():
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        code, line = self.scan_one(bytes(mail))
        self.assertEqual(code, 1)
        self.assertEqual(found_in(line), {f"{len(zips) + 1}:a.zip//dir/needle.bin"})
        for make in (tar_of, zip_of):
            code, line = self.scan_one(make({**cabs, "first.txt": b"nothing", **zips, **rars}))
            self.assertEqual(code, 1)
            self.assertEqual(found_in(line), {"a.zip//dir/needle.bin", "disk/c.part1.rar//dir/needle.bin",
                                              "setup/data1.hdr//data1.hdr/needle.bin"})
        half = {name: data for name, data in zips.items() if name != "a.z02"}
        code, line = self.scan_one(tar_of({**half, "x/a.z02": zips["a.z02"]}))
        self.assertEqual((code, line["completeness"]), (0, "partial"))

    def test_what_is_missing_is_said(self):
        volumes = split_zip(plain_zip(), 1500)
        paths = self.write_zip(volumes)
        paths[1].unlink()
        code, files = self.scan(self.files)
        self.assertEqual(code, 0)
        self.assertIn("damaged: volumes of the archive are missing", gaps_of(files["a.zip"])[""])
        self.assertEqual(files["a.z03"]["completeness"], "complete")
        paths[0].unlink()
        code, files = self.scan(self.files)
        self.assertIn(OTHER_VOLUME, gaps_of(files["a.zip"])[""])
        code, files = self.scan("--max-filesize", "2000", paths[-1])
        self.assertEqual(files["a.zip"]["completeness"], "partial")

    def test_a_set_beyond_the_largest_file_is_not_joined(self):
        paths = self.write_zip(split_zip(plain_zip(), 2000))
        code, files = self.scan("--max-filesize", "4000", self.files)
        self.assertEqual(code, 0)
        self.assertIn(OTHER_VOLUME, gaps_of(files["a.zip"])[""])
        self.assertEqual(len(files), len(paths))

    def test_names_alone_join_nothing(self):
        for name in ("e.zip", "e.z02", "e.rar", "e.r05", "f.001", "f.003", "g.part2.rar", "data2.cab", ".z01", "x.z00", "y.000"):
            self.write(name, b"a text of its own: " + name.encode())
        self.write("h.zip", plain_zip())
        self.write("h.z01", NEEDLE)
        code, files = self.scan(self.files)
        self.assertEqual(code, 1)
        self.assertEqual([name for name, line in files.items() if "is_volume" in line], ["h.z01"])
        self.assertEqual(found_in(files["h.z01"]), {""})
        self.assertEqual(found_in(files["h.zip"]), {"", "dir/needle.bin"})

    def test_names_hide_no_damage(self):
        text, damaged = b"words and words " * 20, gzip.compress(random.Random(2).randbytes(900))[:-300]
        for names in (["a.001", "a.002", "a.003"], ["a.rar", "a.r00", "a.r01"], ["a.z01", "a.z02", "a.zip"]):
            for at in range(3):
                with self.subTest(names=names, at=at):
                    for old in self.files.iterdir():
                        old.unlink()
                    for place, name in enumerate(names):
                        self.write(name, damaged if place == at else text)
                    _, files = self.scan(self.files)
                    self.assertIn("partial", {line["completeness"] for line in files.values()})

    def test_volumes_that_cannot_be_read_together_are_said(self):
        """The memory for both is not to be had: a limit on files, of which each alone is below."""
        megabyte = bytes(1 << 20)
        self.write_all(["a.001", "a.002"], [megabyte * 12] * 2)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, 16 << 20))

        done = subprocess.run([BIN / "daylight", "scan", "--json", "--no-cache", "-t", "1", "--rules", self.rules, self.files],
                              capture_output=True, timeout=120, env=self.environment, preexec_fn=limit)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        gaps = {Path(line["path"]).name: gaps_of(line) for line in lines[:-1]}
        self.assertEqual(done.returncode, 2)
        self.assertRegex(" ".join(gaps["a.001"][""]), "^its other volumes could not be read: ")

    def test_names_hide_nothing(self):
        """Files that are no volumes, called as if they were, are found as they are under any other name."""
        text, zipped = b"words and words " * 20, plain_zip()
        rar = make_rars.archive(make_rars.entry(b"needle.bin", make_rars.Rar3().pack(payload()), payload(), 29))
        bare = zipped[:zipped.index(b"PK\1\2")]  # without its directory
        for number, (hidden, names) in enumerate((
                (zipped, ["a.z01", "a.z02", "a.zip"]), (bare, ["a.z01", "a.z02", "a.zip"]), (rar, ["a.rar", "a.r00", "a.r01"]),
                (rar, ["a.part1.rar", "a.part2.rar", "a.part3.rar"]), (zipped, ["a.001", "a.002", "a.003"]),
                (gzip.compress(payload()), ["a.001", "a.002", "a.003"]), (lzma.compress(payload()), ["a.z01", "a.z02", "a.zip"]),
                (zipped, ["data1.hdr", "data1.cab", "data2.cab"]))):
            for at in range(3):
                with self.subTest(number=number, names=names, at=at):
                    for old in self.files.iterdir():
                        old.unlink()
                    for place, name in enumerate(names):
                        self.write(name, hidden if place == at else text)
                    code, files = self.scan(self.files)
                    self.assertEqual(code, 1)
                    self.assertTrue(found_in(files[names[at]]))

    def test_results_of_volumes_are_not_remembered(self):
        """What is beside a file may change while the file does not."""
        volumes = split_zip(plain_zip(), 2000)
        paths = self.write_zip(volumes)

        def remembering():
            words = [BIN / "daylight", "scan", "--json", "-t", "1", "--no-progress", "--rules", self.rules, self.files]
            done = subprocess.run(words, env=self.environment, capture_output=True, timeout=120)
            lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
            return done.returncode, sum("known" in line for line in lines[:-1])

        moved = paths[0].rename(self.root / "elsewhere")
        for path in paths[1:]:
            os.utime(path, (1, 1))
        time.sleep(2.1)  # what has just been written is not remembered
        self.assertEqual(remembering(), (0, 0))
        self.assertEqual(remembering(), (0, len(paths) - 1))
        moved.rename(paths[0])
        self.assertEqual(remembering(), (1, 0))
        self.assertEqual(remembering(), (1, 0))


if __name__ == "__main__":
    unittest.main()
