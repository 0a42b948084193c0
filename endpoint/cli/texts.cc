#include "endpoint/cli/texts.h"

#include <string>

namespace day::endpoint::cli::texts {
namespace {

// The help of `daylight scan`, in two parts.
constexpr const char kScanHelpInput[] = R"(daylight scan - look for threats in files and folders

Usage: daylight scan [OPTION]... PATH...

Scans files, and folders with everything below them. Archives, mails, documents, installers, images of
disks and packed programs are opened, one in the other; an archive in several files (a.z01, a.zip;
a.7z.001; a.part1.rar) is opened as a whole. A path of - is standard input. Without --rules and --db the
rules that ship with Daylight are used.

What is scanned
  -r, --recursive         enter folders below the given ones (this is the default)
      --no-recursive      scan only what lies directly in the given folders
      --exclude GLOB      leave out files and folders that match; may be repeated. With a slash in it
                          the pattern is compared with the whole path, without one with the name
      --follow-symlinks   follow symbolic links (given paths are always followed)
      --one-file-system   do not leave the file system of each given path
      --stdin             scan standard input as well; the same as a path of -
      --max-filesize SIZE do not read files larger than this (1G)

With what
      --rules FILE|DIR    YARA rules: a file, or a folder with *.yar and *.yara files; may be repeated
      --db FILE|DIR       signatures: a ClamAV database folder as it is (.cvd, .cld and .cud containers,
                          hash and other signature files, its YARA rules, names to ignore), a single
                          file of it, a list of hashes like those of sha256sum, .csv, or lists of
                          TLSH and ssdeep digests, .near .tlsh .ssdeep, of files whose like is to be
                          found; may be repeated. `daylight import` says what of it is used
      --cvd-certs DIR     certificates (*.pem, *.crt): a container with a .sign file beside it is then
                          checked against these alone

Alerts without a signature, off unless asked for, with ClamAV's names
      --alert-encrypted   archives and documents that are encrypted (Heuristics.Encrypted.*); only one of
                          them: --alert-encrypted-archive, --alert-encrypted-doc
      --alert-macros      Office documents with macros (Heuristics.OLE2.ContainsMacros.*)
      --alert-broken      programs (PE, ELF, Mach-O) whose headers do not hold
                          (Heuristics.Broken.Executable)
      --alert-broken-media  damaged GIF, JPEG, PNG and TIFF pictures (Heuristics.Broken.Media.*)
      --alert-exceeds-max files of which a limit kept something from being looked at
                          (Heuristics.Limits.Exceeded.*)
      --detect-structured texts with card numbers or US social security numbers
                          (Heuristics.Structured.*): so many of them make an alert,
                          --structured-cc-count N (3), --structured-ssn-count N (3); written so,
                          --structured-ssn-format 0 with dashes, 1 without, 2 both (0); cards,
                          --structured-cc-mode 0 all, 1 credit cards alone (0)
      --alert-phishing-ssl  links of mails that show https and lead elsewhere, of any host; with
                          --alert-phishing-cloak those with a hidden zero byte
                          (Heuristics.Phishing.Email.SSL-Spoof, .Cloaked.Null)
      --alert-partition-intersection
                          disks with partitions that lie in each other
      --heuristic-alerts no  without alerts for zip archives whose entries lie in each other and for PDF
                          files that hide common names (Heuristics.Zip.OverlappingFiles,
                          .PDF.ObfuscatedNameObject), which are on
      --phishing-scan-urls no  do not judge links of mails by the lists of ClamAV (.pdb .wdb .gdb), which
                          is done if a database has them (Heuristics.Phishing.*); --phishing-sigs no:
                          without signatures named HTML.Phishing and Email.Phishing
      --heuristic-scan-precedence
                          these alerts stand before all else found in a file, not behind it
      --detect-pua        also signatures for possibly unwanted programs (.hdu .hsu .mdu .msu .ndu .ldu)
      --include-pua CAT   of those, only the ones of a category ("Packed" of PUA.Packed.X); or with
      --exclude-pua CAT   all but those; may be repeated

Limits for one file, with everything found inside it
      --timeout SECONDS   give up on a file after this time (30)
      --max-depth N       containers inside containers (16)
      --max-files N       files taken out of containers (100000)
      --max-scansize SIZE bytes taken out of containers (400M)
      --max-objectsize SIZE  bytes of one of them (100M)
      --memory-limit SIZE memory of one worker process (4G)

)";

constexpr const char kScanHelpOutput[] = R"(What is shown
  -i, --infected          only what was found
      --json              one JSON object a line for each file, and one for the whole scan
                          (api/scan-report.schema.json)
      --sarif FILE        also write the findings as SARIF 2.1.0
      --bell              ring the terminal's bell when something is found
      --strict            exit status 2 if anything was not looked at, whatever the reason
  -q, --quiet             no summary and no progress
  -v, --verbose           also every clean file, and what workers say
      --no-progress       no progress line

How
  -t, --threads N         worker processes (one a processor)
      --rescan            look at files again that have not changed since they were last scanned
      --no-cache          the same, and read rules and signatures anew: nothing in ~/.cache/daylight
                          is used or changed

Exit status
  0  nothing was found. What could not be looked at for what it is (an encrypted or damaged archive,
     an unknown method, a limit) is in the report as PARTIAL with the reason, never as clean
  1  something was found
  2  wrong usage, a failure, or nothing was found but a file could not be read, took too long or too
     much memory. With --strict also if anything at all was not looked at

Examples
  daylight scan ~/Downloads
  daylight scan --exclude '*.iso' --one-file-system /
  daylight scan --rules rules/ --db main.hdb -t 4 --json /srv/incoming
  curl -s https://example.org/file | daylight scan -
)";

}  // namespace

std::string_view MainHelp() {
  return R"(Daylight: an antivirus that anyone can check.

Usage: daylight COMMAND [OPTION]...

Commands
  scan PATH...     look for threats in files and folders
  import DB...     what of a ClamAV database is used, what is not, and why
  update [FROM]    get the newest rules: from mirrors, a URL or a file
  verify           check the rules that are active against the public log, without a network
  log              what the public log said to this machine
  explain UPDATE   what a release changed, who signed it, and what it can no longer see
  rollback         go back to the release before
  trust ROOT       choose whose updates to take
  rules check ...  check, format, explain, measure and compare YARA rules
  yara RULES FILE  scan with YARA rules: the options and the output of yara 4.5.8
  yarac RULES OUT  check YARA rules and write them to one file for `yara -C`
  fingerprint FILE hashes of a file, and digests to find its like
  help COMMAND     everything about one command
  version          which version this is

Examples
  daylight scan ~/Downloads
  daylight scan --rules my.yar --json /srv/incoming > report.jsonl

Files are parsed and matched only in sandboxed processes without access to your files or the network.
)";
}

std::string_view FingerprintHelp() {
  return R"(daylight fingerprint - the hashes that signatures are made of

Usage: daylight fingerprint [--json] FILE...

Prints size, MD5, SHA-256, TLSH and ssdeep digest of each file. The first three find exactly this file;
the digests find files that are nearly the same, in a list that `daylight scan --db` takes:

  families.near:   DIGEST,NAME[,LIMIT]

LIMIT is the largest TLSH distance (30 if it is left out; 0 is the same, above 100 hardly related) or the
least ssdeep score (80 if left out; 100 is the same). Files below 50 bytes, and very uniform ones, have no
TLSH digest. Lists that the tools tlsh and ssdeep print are taken as they are, as .tlsh and .ssdeep.

  --json   one object a line

Exit codes
  0  done    2  a file could not be read, or wrong usage

Example
  daylight fingerprint sample.exe
  echo "T1...,Win.Example" > families.near
  daylight scan --db families.near /srv/incoming
)";
}

std::string_view ScanHelp() {
  static const std::string kHelp = std::string(kScanHelpInput) + kScanHelpOutput;
  return kHelp;
}

std::string_view ImportHelp() {
  return R"(daylight import - what of a ClamAV database is used, what is not, and why

Usage: daylight import [OPTION]... FILE|DIR...

Reads databases as `daylight scan --db` does, and tells what comes of them: for each type of
signature how many are used, how many are not and for what reasons, with file and line. Nothing is
stored; there is no need to import before scanning.

Folders are taken as ClamAV has them. Containers have to be what they say: a .cvd signed by ClamAV, a
.cld with a signed list of digests, a .cud whole in itself. A container that is not is refused, and a
scan with it ends with an error: none of a database that was tampered with is used. Names in .ign and
.ign2 files are left out. A line that cannot be read is skipped; ClamAV would refuse the whole
database for it.

      --json              one JSON object (api/import-report.schema.json)
      --output FILE       write the report to FILE instead of standard output
      --cvd-certs DIR     certificates (*.pem, *.crt) for containers with a .sign file beside them

Exit status
  0  every signature is used, or left out by an ignore list
  1  something is not used: a type that is not supported, a line that cannot be read
  2  wrong usage, a failure, or a database that a scan would refuse

Examples
  daylight import /var/lib/clamav
  daylight import --json --output report.json my.ndb my.hdb

Databases are parsed only in a sandboxed process.
)";
}

}  // namespace day::endpoint::cli::texts
