#!/usr/bin/env python3
"""Turns the assertions of YARA's own unit tests into JSON lines that `run_vectors` checks.

  yara_vectors.py YARA_CHECKOUT > vectors.jsonl
  build/release/bin/run_vectors vectors.jsonl

YARA's tests are C files full of assert_true_rule("...", "...") and the like; this reads the macro calls, the string
literals and the byte arrays, not C. Nothing of YARA's is kept in this tree. What cannot be read (assertions about
libyara's own C interface) is counted on standard error by kind.
"""
import base64
import collections
import json
import pathlib
import re
import sys

KINDS = ("assert_true_rule", "assert_false_rule", "assert_true_rule_blob", "assert_false_rule_blob",
         "assert_true_rule_file", "assert_false_rule_file", "assert_true_rule_module_data_file", "assert_error",
         "assert_warning", "assert_no_warnings", "assert_warning_strict_escape", "assert_true_regexp",
         "assert_false_regexp", "assert_regexp_syntax_error", "assert_match_count", "assert_string_capture")
SIMPLE = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, '"': 34, "'": 39, "?": 63}


def unescape(body):
    out, i = bytearray(), 0
    while i < len(body):
        if body[i] != "\\":
            out += body[i].encode("utf-8")
            i += 1
            continue
        i += 1
        c = body[i]
        if c == "x":
            digits = re.match(r"[0-9a-fA-F]+", body[i + 1:]).group()
            out.append(int(digits, 16) & 0xFF)
            i += 1 + len(digits)
        elif c in "01234567":
            digits = re.match(r"[0-7]{1,3}", body[i:]).group()
            out.append(int(digits, 8))
            i += len(digits)
        elif c == "\n":
            i += 1
        else:
            out.append(SIMPLE.get(c, ord(c)))
            i += 1
    return bytes(out)


TOKEN = re.compile(r'\s+|//[^\n]*|/\*.*?\*/|"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*)|(0x[0-9a-fA-F]+|\d+)|(.)', re.S)


class Literals:
    """Named string and byte-array constants seen so far, and macros that are string literals."""

    def __init__(self):
        self.known = {"RE_MAX_RANGE": b"32767", "_MAX_RANGE": b"32767"}

    def value(self, tokens):
        """The bytes of a concatenation of literals and known names, or None."""
        out = b""
        for kind, text in tokens:
            if kind == "string":
                out += unescape(text)
            elif kind == "name" and text in self.known:
                out += self.known[text]
            else:
                return None
        return out

    def read_definitions(self, source):
        joined = source.replace("\\\n", " ")
        for name, body in re.findall(r"^#define\s+(\w+)\s+((?:\"(?:[^\"\\]|\\.)*\"|\w|\s)+?)$", joined, re.M):
            value = self.value(tokenize(body))
            if value is not None:
                self.known[name] = value
        for name, body in re.findall(r"(?:uint8_t|unsigned char)\s+(\w+)\s*\[\]\s*=\s*\{([^}]*)\}", source):
            numbers = re.findall(r"0x[0-9a-fA-F]+|\d+", body)
            self.known[name] = bytes(int(n, 0) & 0xFF for n in numbers)

    def read_formatted(self, statement, checkout):
        """snprintf into a variable: %s is the checkout, %zd the size of a known array."""
        name, text = re.match(r"\w+\s*\(\s*(\w+),\s*sizeof\(\w+\),(.*)\)$", statement, re.S).groups()
        tokens = tokenize(text)
        arguments = [text for kind, text in tokens if kind == "name" and text != "sizeof"]
        value = self.value([token for token in tokens if token[0] == "string"])
        for argument in arguments:
            known = str(len(self.known[argument])) if argument in self.known else str(checkout)
            value = re.sub(rb"%zd|%s", known.encode(), value, count=1)
        self.known[name] = value

    def read_variable(self, statement):
        match = re.match(r"\s*(?:const\s+)?(?:static\s+)?(?:char|uint8_t)\s*\*?\s*(\w+)\s*(?:\[\w*\])?\s*=\s*(.*)", statement, re.S)
        if match and match.group(2).lstrip().startswith("{"):
            numbers = re.findall(r"0x[0-9a-fA-F]+|\d+", re.sub(r"//[^\n]*", "", match.group(2)))
            self.known[match.group(1)] = bytes(int(n, 0) & 0xFF for n in numbers)
        elif match:
            value = self.value(tokenize(match.group(2)))
            if value is not None:
                # An array holds its final zero, as sizeof() counts it.
                self.known[match.group(1)] = value + (b"\0" if "[" in statement.split("=")[0] else b"")


def tokenize(text):
    tokens = []
    for match in TOKEN.finditer(text):
        if match.group(1) is not None:
            tokens.append(("string", match.group(1)))
        elif match.group(2):
            tokens.append(("name", match.group(2)))
        elif match.group(3):
            tokens.append(("number", match.group(3)))
        elif match.group(4):
            tokens.append(("punctuation", match.group(4)))
    return tokens


def calls(source):
    """Yields (kind, [argument tokens], line) for macro calls, and ("", statement, line) for declarations,
    snprintf and settings of the limit on strings."""
    pattern = re.compile(r"\b(assert_\w+)\s*\(|\b(snprintf\s*\([^;]*);"
                         r"|\b(new_max_strings_per_rule = \d+|MAX_STRINGS_PER_RULE, old_\w+)"
                         r"|(?:^|\n)\s+((?:const\s+|static\s+)?(?:char|uint8_t)\s*\*?\s*\w+\s*(?:\[\w*\])?\s*=[^;]*);")
    position = 0
    while True:
        match = pattern.search(source, position)
        if not match:
            return
        line = source.count("\n", 0, match.start()) + 1
        statement = match.group(2) or match.group(3) or match.group(4)
        if statement:
            yield "", statement, line
            position = match.end()
            continue
        depth, arguments, end = 1, [[]], match.end()
        while depth:
            token = TOKEN.match(source, end)
            end = token.end()
            text = token.group(4)
            if text in ("(", "[", "{"):
                depth += 1
            elif text in (")", "]", "}"):
                depth -= 1
            if depth == 1 and text == ",":
                arguments.append([])
            elif depth:
                arguments[-1] += tokenize(token.group())
        yield match.group(1), arguments, line
        position = end


def vector(kind, arguments, literals, checkout):
    values = [literals.value(a) for a in arguments]
    if values[0] is None:
        return None
    out = {"kind": kind, "rule": base64.b64encode(values[0]).decode()}
    if kind in ("assert_error", "assert_regexp_syntax_error"):
        out["error"] = arguments[1][0][1] if kind == "assert_error" else "ERROR_INVALID_REGULAR_EXPRESSION"
    elif kind.endswith("_file"):
        name = "".join(text for _, text in arguments[1])
        path = checkout / name
        if not path.is_file():
            return None
        out["data"] = base64.b64encode(path.read_bytes()).decode()
    elif not kind.startswith(("assert_warning", "assert_no_warnings")):
        if values[1] is None and arguments[1] != [("name", "NULL")]:
            return None
        data = values[1] or b""
        if kind.endswith("_blob") and arguments[1][0][0] == "string":
            data += b"\0"  # sizeof of a literal
        if not kind.endswith("_blob"):
            data = data.split(b"\0")[0]  # strlen
        out["data"] = base64.b64encode(data).decode()
    if kind in ("assert_true_regexp", "assert_string_capture"):
        if values[2] is None:
            return None
        out["expected"] = base64.b64encode(values[2].split(b"\0")[0]).decode()
    if kind == "assert_match_count":
        out["count"] = int(arguments[2][0][1])
    if "regexp" in kind:
        rule = b"rule test { strings: $a = /" + values[0] + b"/ condition: $a }"
        out["rule"] = base64.b64encode(rule).decode()
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    checkout = pathlib.Path(sys.argv[1])
    skipped = collections.Counter()
    read = 0
    for path in sorted((checkout / "tests").glob("test-*.c")):
        literals = Literals()
        for header in ("util.h", "blob.h"):
            literals.read_definitions((checkout / "tests" / header).read_text(errors="replace"))
        source = path.read_text(errors="replace")
        literals.read_definitions(source)
        max_strings = 0
        for kind, arguments, line in calls(source):
            if not kind and arguments.startswith("snprintf"):
                literals.read_formatted(arguments, checkout)
                continue
            if not kind and re.search("max_strings_per_rule", arguments):
                max_strings = int((re.search(r"\d+", arguments) or [0])[0])
                continue
            if not kind:
                literals.read_variable(arguments)
                continue
            found = vector(kind, arguments, literals, checkout) if kind in KINDS else None
            if found is None:
                skipped[kind] += 1
                print(f"# not read: {path.name}:{line} {kind}", file=sys.stderr)
                continue
            if max_strings:
                found["max_strings"] = max_strings
            found["where"] = f"{path.name}:{line}"
            print(json.dumps(found))
            read += 1
    print(f"{read} vectors; not read: {dict(skipped)}", file=sys.stderr)


if __name__ == "__main__":
    main()
