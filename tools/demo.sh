#!/usr/bin/env bash
# What `./dev run` shows: starts a network of its own that releases the rules that ship (demo_network.sh), updates this
# machine from it, makes a folder with harmless files and the EICAR test file, scans it and /usr/bin with the rules of the
# update, and says what to try next. All state is in DEMO_FOLDER, which may be deleted.
#
#   tools/demo.sh PROGRAMS_FOLDER DEMO_FOLDER
set -euo pipefail
bin=$1
demo=$2

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

rm -rf "$demo"
mkdir -p "$demo"
XDG_CACHE_HOME=$(readlink -f "$demo")/cache
export XDG_CACHE_HOME
source "$(dirname "$0")/demo_network.sh"

files=$demo/files
say "5. A folder to scan: $files"
mkdir -p "$files/documents"
python3 - "$files" <<'PYTHON'
import gzip, io, pathlib, sys, tarfile, zipfile

demo = pathlib.Path(sys.argv[1])
# The EICAR test file (eicar.org): 68 harmless bytes that every antivirus reports. Put together here so that this script
# is not itself reported.
eicar = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + "!$H+H*").encode()
(demo / "eicar.com").write_bytes(eicar)
(demo / "documents/letter.txt").write_text("Dear reader, nothing to see here.\n" * 50)
(demo / "documents/table.csv").write_text("month,sum\n" + "".join(f"{m},{m * 17}\n" for m in range(1, 13)))
with zipfile.ZipFile(demo / "invoice.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("readme.txt", "Please find the invoice enclosed.\n")
    archive.writestr("invoice/eicar.com", eicar)
inner = io.BytesIO()
with tarfile.open(fileobj=inner, mode="w:gz") as archive:
    data = (demo / "invoice.zip").read_bytes()
    info = tarfile.TarInfo("backup/invoice.zip")
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
(demo / "backup.tar.gz").write_bytes(inner.getvalue())
for name in ("ls", "cat"):
    (demo / name).write_bytes(pathlib.Path("/usr/bin", name).read_bytes())
PYTHON
ls "$files"

scan() {
  printf '\033[2m$ %s\033[0m\n' "daylight scan $*"
  local status=0
  "$bin/daylight" scan "$@" || status=$?
  if [ "$status" -gt 1 ]; then exit "$status"; fi
}

say "6. Scan it with the rules of the update: the test file is found on its own, in the zip, and in the zip in the tar.gz"
scan "$files"

say "7. Scan /usr/bin: nothing is expected there"
scan /usr/bin

say "8. Scan /usr/bin again: unchanged clean files are known"
scan /usr/bin

say "What to try next"
cat <<TEXT
  $bin/daylight scan --help             every option
  $bin/daylight scan --json $files       one JSON object a line
  $bin/daylight yara -s rules/eicar.yar $files   the yara command line, same output
  $bin/daylight-audit fsck --policy $net/policy $net/log/public   hash the whole log again
  $bin/daylight-release --workspace $net/team log --offline   every decision and release
  $bin/daylight rules explain --help    why a rule did or did not match
  ./dev test                            all tests
TEXT
