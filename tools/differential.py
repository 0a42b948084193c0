#!/usr/bin/env python3
"""Compares `daylight yara` with a YARA program: same rules, same files, every match, offset and length.

  differential.py --yara YARA [--bin DIR] scan RULES TARGET...     rules over files or folders
  differential.py --yara YARA [--bin DIR] witnesses RULES          over generated positives and damaged copies
  differential.py --yara YARA [--bin DIR] random [--seed N] [--rounds N] [--rules N] [--files N]
  differential.py --yara YARA [--bin DIR] compile FILE...          accepted or refused alike, same messages

Both programs print with -s -L; output is compared as a set of lines for each file. External variables of the common
public rules are defined as empty strings. Exits with 1 if anything differs. A file on which the YARA program reports
an error (it gives up on a file in some cases) is counted apart and not compared.
"""
import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = ("filename", "filepath", "extension", "filetype", "owner")
EXTERNALS = [x for name in NAMES for x in ("-d", f"{name}=")]


def run(program, rules, target):
    done = subprocess.run([*program, "-w", "-s", "-L", "-p", "1", "-a", "600", *EXTERNALS, "-r", rules, target],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.stdout, done.stderr.decode("utf-8", "replace"), done.returncode


def by_file(output):
    """{file: [rule with its string lines]}; string lines follow the line of their rule."""
    found = collections.defaultdict(list)
    current = None
    for line in output.split(b"\n"):
        if re.match(rb"0x[0-9a-f]+:\d+:\$", line):
            if current is not None:
                current.append(line)
        elif line:
            rule, _, name = line.partition(b" ")
            current = [rule]
            found[name].append(current)
    return {name: sorted(tuple(m) for m in matches) for name, matches in found.items()}


def failed_files(errors):
    return {m.group(1).encode() for m in re.finditer(r"error scanning (.+?): ", errors)}


def replace_strings(rules, errors):
    """Puts a plain text in place of the strings on which YARA gives up. Returns whether there were any."""
    failed = set(re.findall(r'string "(\$\w+)" in rule "(\w+)" caused error', errors))
    text = pathlib.Path(rules).read_text(encoding="ascii")
    for string, rule in failed:
        text = re.sub(rf"(rule {rule} [^{{]*{{.*?\n\s+{re.escape(string)} = )[^\n]*", r'\1"zzzz"', text, count=1, flags=re.S)
    if failed:
        pathlib.Path(rules).write_text(text, encoding="ascii")
    return bool(failed)


def replace_crashing_string(yara, rules, target):
    """The same for a string on which YARA aborts, found by halving. Returns whether there was one."""
    text = pathlib.Path(rules).read_text(encoding="ascii")
    lines = [m.start() for m in re.finditer(r"(?m)^    \$\w+ = ", text)]

    def crashes(some):
        source = "\n".join(f"rule r{i} {{ strings: $a = {text[at:].split(' = ', 1)[1].splitlines()[0]} condition: $a }}"
                           for i, at in enumerate(some))
        with tempfile.NamedTemporaryFile("w", suffix=".yar") as file:
            file.write(source)
            file.flush()
            return run([yara], file.name, target)[2] < 0
    while len(lines) > 1:
        half = len(lines) // 2
        lines = next((part for part in (lines[:half], lines[half:]) if crashes(part)), [])
    if lines:
        print("yara aborts:", text[lines[0]:].splitlines()[0].strip())
        start = text.index(" = ", lines[0]) + 3
        text = text[:start] + '"zzzz"' + text[text.index("\n", start):]
        pathlib.Path(rules).write_text(text, encoding="ascii")
    return bool(lines)


class Totals:
    def __init__(self):
        self.replaced = 0
        self.rule_matches = 0
        self.string_matches = 0
        self.differences = 0
        self.given_up = 0

    def compare(self, yara, daylight, rules, target, show=20, repair=False):
        theirs, errors, status = run([yara], rules, target)
        while repair and (replace_strings(rules, errors) or
                          (status < 0 and replace_crashing_string(yara, rules, target))):
            self.replaced += 1
            theirs, errors, status = run([yara], rules, target)
        if status < 0:
            sys.exit(f"yara ends by signal {-status} on {rules} {target}")
        if errors.startswith("error: rule"):
            sys.exit(f"yara does not compile the rules: {errors[:500]}")
        ours, our_errors, _ = run([daylight, "yara"], rules, target)
        theirs, ours = by_file(theirs), by_file(ours)
        skipped = failed_files(errors)
        self.given_up += len(skipped)
        if our_errors.strip():
            print("daylight says:", our_errors.strip()[:500])
        for name in sorted(set(theirs) | set(ours)):
            a, b = theirs.get(name, []), ours.get(name, [])
            self.rule_matches += len(a)
            self.string_matches += sum(len(m) - 1 for m in a)
            if name in skipped or a == b:
                continue
            self.differences += 1
            if self.differences <= show:
                print_difference(name, rules, a, b)


def print_difference(name, rules, theirs, ours):
    """The lines of one file that only one side has."""
    print(f"DIFFERS {name.decode(errors='replace')} (rules {rules})")
    for label, side, other in (("  yara only", theirs, ours), ("  daylight only", ours, theirs)):
        known = {m[0]: set(m) for m in other}
        for m in [m for m in side if m not in other][:5]:
            lines = [line for line in m if line not in known.get(m[0], ())]
            print(label, m[0].decode(), b" | ".join(lines[:6]).decode(errors="replace")[:400])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--yara", default="yara")
    parser.add_argument("--bin", default=os.environ.get("DAYLIGHT_BIN", str(ROOT / "build/release/bin")))
    parser.add_argument("mode", choices=("scan", "witnesses", "random", "compile"))
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--files", type=int, default=200)
    args = parser.parse_args()
    daylight = str(pathlib.Path(args.bin) / "daylight")
    totals = Totals()
    pairs = 0
    with tempfile.TemporaryDirectory() as folder:
        if args.mode == "scan":
            for target in args.arguments[1:]:
                totals.compare(args.yara, daylight, args.arguments[0], target)
        elif args.mode == "witnesses":
            for rules in args.arguments:
                out = pathlib.Path(folder) / "witnesses"
                subprocess.run([pathlib.Path(args.bin) / "make_witnesses", out, rules,
                                *(f"{name}=" for name in NAMES)], check=True)
                totals.compare(args.yara, daylight, rules, str(out))
        elif args.mode == "random":
            for seed in range(args.seed, args.seed + args.rounds):
                out = pathlib.Path(folder) / str(seed)
                subprocess.run([sys.executable, ROOT / "tools/random_rules.py", str(seed), str(args.rules),
                                str(args.files), out], check=True)
                totals.compare(args.yara, daylight, str(out / "rules.yar"), str(out / "files"), repair=True)
                pairs += args.rules * args.files
        else:
            for rules in args.arguments:
                theirs = subprocess.run([args.yara, *EXTERNALS, rules, "/dev/null"], capture_output=True, check=False)
                ours = subprocess.run([daylight, "yara", *EXTERNALS, rules, "/dev/null"], capture_output=True, check=False)
                if theirs.stderr != ours.stderr or theirs.returncode != ours.returncode:
                    totals.differences += 1
                    print(f"DIFFERS {rules}\n yara: {theirs.stderr.decode(errors='replace')[:600]}"
                          f"\n daylight: {ours.stderr.decode(errors='replace')[:600]}")
    print(f"{totals.rule_matches} rule matches, {totals.string_matches} string matches, "
          + (f"{pairs} rule-file pairs, " if pairs else "")
          + (f"{totals.replaced} times strings replaced that yara gives up on, " if totals.replaced else "")
          + f"{totals.given_up} files that yara gave up on, {totals.differences} files differ")
    return 1 if totals.differences else 0


if __name__ == "__main__":
    sys.exit(main())
