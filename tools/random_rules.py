#!/usr/bin/env python3
"""Random YARA rules and random files for differential tests. Deterministic for a seed.

  random_rules.py SEED RULE_COUNT FILE_COUNT OUTPUT_DIRECTORY

Writes rules.yar and files/N.bin. Rules use every kind of string, every modifier and most forms of conditions over a
small alphabet, so that matches, overlaps and near misses are frequent. Files hold random text, random bytes, and
copies of what the rules' strings match, some of them damaged. All rules are accepted by yara 4.5.8.
"""
import base64
import pathlib
import random
import re
import sys

ALPHABET = "abAB01_ "
STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
GROUP = 10  # rules whose names a wildcard can name together


def widened(data):
    return bytes(b for byte in data for b in (byte, 0))


class StringMaker:
    """Strings of rules. Every method gives the source text and a function that makes a matching sample."""

    def __init__(self, generator):
        self.random = generator

    def word(self, low=1, high=8):
        return "".join(self.random.choice(ALPHABET[:6]) for _ in range(self.random.randint(low, high)))

    def chance(self, probability):
        return self.random.random() < probability

    def text_bytes(self):
        """A text as it is written in a rule, and its bytes."""
        text = self.word(1, self.random.choice([2, 4, 10, 10, 20])).encode()
        if self.chance(0.12):
            place = self.random.randint(0, len(text))
            extra = bytes(self.random.choice([0, 1, 10, 32, 0x7F, 0x80, 0xFF, 34, 92])
                          for _ in range(self.random.randint(1, 3)))
            text = text[:place] + extra + text[place:]
        written = "".join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\x{b:02x}" for b in text)
        return written, text

    def text_string(self):
        written, text = self.text_bytes()
        kind = self.random.random()
        if kind < 0.12:
            return self.xor_string(written, text)
        if kind < 0.24:
            return self.base64_string(written, text)
        modifiers = ["nocase"] if self.chance(0.35) else []
        modifiers += self.width_modifiers() + (["fullword"] if self.chance(0.25) else [])
        modifiers += ["private"] if self.chance(0.05) else []
        self.random.shuffle(modifiers)
        changed = bytes(b ^ 0x20 if chr(b).isalpha() and self.chance(0.5) else b for b in text)
        sample = changed if "nocase" in modifiers else text
        return f'"{written}" {" ".join(modifiers)}', self.wide_or_not(sample, modifiers)

    def width_modifiers(self):
        return self.random.choice([[], [], [], ["ascii"], ["wide"], ["wide", "ascii"]])

    def wide_or_not(self, sample, modifiers):
        def make():
            only_wide = "wide" in modifiers and "ascii" not in modifiers
            return widened(sample) if only_wide or ("wide" in modifiers and self.chance(0.5)) else sample
        return make

    def xor_string(self, written, text):
        low = self.random.choice([0, 0, 1, 2, 32, self.random.randint(0, 255)])
        high = self.random.choice([low, min(low + 3, 255), 255, self.random.randint(low, 255)])
        keys, modifier = self.random.choice([((0, 255), "xor"), ((low, low), f"xor({low})"),
                                             ((low, high), f"xor({low}-{high})")])
        modifiers = self.width_modifiers() + (["fullword"] if self.chance(0.25) else [])

        def make():
            key = self.random.randint(*keys)
            return bytes(b ^ key for b in self.wide_or_not(text, modifiers)())
        return f'"{written}" {" ".join([modifier, *modifiers])}', make

    def base64_string(self, written, text):
        alphabet = STANDARD
        argument = ""
        if self.chance(0.3):
            letters = list(STANDARD if self.chance(0.7) else STANDARD[:-4] + "!@#$")
            self.random.shuffle(letters)
            alphabet = "".join(letters)
            argument = f'("{alphabet}")'
        modifiers = self.width_modifiers()
        encodings = self.random.choice([["base64"], ["base64wide"], ["base64", "base64wide"]])
        modifiers += [encoding + argument for encoding in encodings]
        self.random.shuffle(modifiers)

        def make():
            around = [bytes(self.random.choice(b"abAB01") for _ in range(self.random.randint(0, 3))) for _ in range(2)]
            encoded = base64.b64encode(around[0] + self.wide_or_not(text, modifiers)() + around[1])
            encoded = encoded.translate(bytes.maketrans(STANDARD.encode(), alphabet.encode()))
            return widened(encoded) if self.random.choice(encodings) == "base64wide" else encoded
        return f'"{written}" {" ".join(modifiers)}', make

    def hex_byte(self):
        r = self.random
        byte = r.choice(ALPHABET[:6] + "\0\xff").encode("latin-1")[0]
        any_byte = r.choice(b"abAB01_ \0\xff")
        kind = r.random()
        if kind < 0.65:
            return f"{byte:02X}", lambda: bytes([byte])
        if kind < 0.75:
            return "??", lambda: bytes([any_byte])
        if kind < 0.82:
            return f"{byte >> 4:X}?", lambda: bytes([byte & 0xF0 | r.randint(0, 15)])
        if kind < 0.89:
            return f"?{byte & 15:X}", lambda: bytes([byte & 0x0F | r.randint(0, 15) << 4])
        if kind < 0.96:
            return f"~{byte:02X}", lambda: bytes([any_byte if any_byte != byte else byte ^ 1])
        return f"~{byte >> 4:X}?", lambda: bytes([(byte ^ 0x10) & 0xFF])

    def fixed_hex_byte(self):
        byte = self.random.choice(ALPHABET[:6]).encode()[0]
        return f"{byte:02X}", lambda: bytes([byte])

    def hex_jump(self, outside):
        r = self.random
        low = r.randint(0, 4)
        high = low + r.randint(0, 4)
        forms = [(f"[{low}-{max(high, 1)}]", low, max(high, 1)), (f"[{max(low, 1)}]", max(low, 1), max(low, 1))]
        if outside:
            far = r.choice([199, 200, 201, 250, 300])
            forms += [(f"[{low}-]", low, low + 5), ("[-]", 0, 5), (f"[{low}-{far}]", low, r.choice([low + 5, far]))]
        text, least, most = r.choice(forms)
        return text, lambda: bytes(r.choice(b"abAB01_ ") for _ in range(r.randint(least, most)))

    def hex_tokens(self, depth=0):
        r = self.random
        tokens = [self.fixed_hex_byte() if depth == 0 else self.hex_byte()]
        for _ in range(r.randint(1, r.choice([3, 6, 10]))):
            kind = r.random()
            if kind < 0.7 or depth > 1:
                tokens.append(self.hex_byte())
            elif kind < 0.85:
                tokens += [self.hex_jump(depth == 0), self.hex_byte()]
            else:
                tokens += [self.hex_alternatives(depth), self.hex_byte()]
        if depth == 0:
            tokens[-1] = self.fixed_hex_byte()
        return " ".join(text for text, _ in tokens), lambda: b"".join(make() for _, make in tokens)

    def hex_alternatives(self, depth):
        options = [self.hex_tokens(depth + 1) if self.chance(0.7) else self.hex_byte()
                   for _ in range(self.random.randint(2, 4))]
        return f"( {' | '.join(text for text, _ in options)} )", lambda: self.random.choice(options)[1]()

    def hex_string(self):
        text, make = self.hex_tokens()
        return f"{{ {text} }}{' private' if self.chance(0.05) else ''}", make

    CLASSES = {".": b"aB1 ", "\\w": b"aB0_", "\\d": b"01", "\\s": b" \n\t", "\\W": b" \0-", "\\D": b"aB_", "\\S": b"a1\0",
               "[ab]": b"ab", "[^ab]": b"A1 ", "[a-bA-B]": b"abAB", "[^a-z]": b"AB01", "[01_]": b"01_", "[\\d_]": b"01_",
               "[^\\w]": b" \0", "[\\x00-a]": b"\0A0a", "[]b]": b"]b", "[B-]": b"B-", "\\x41": b"A", "\\x00": b"\0", "\\_": b"_"}

    def regex_item(self, lazy, depth):
        r = self.random
        kind = r.random()
        if kind < 0.5:
            word = self.word(1, 3)
            return word, lambda: word.encode(), word[-1].encode()
        if kind < 0.75:
            text = r.choice(list(self.CLASSES))
            return text, lambda: bytes([r.choice(self.CLASSES[text])]), None
        if kind < 0.9 and depth < 2:
            options = [self.regex(lazy, depth + 1) for _ in range(r.randint(1, 3))]
            empty = "|" if self.chance(0.08) else ""
            return ("(" + "|".join(text for text, _ in options) + empty + ")"), lambda: r.choice(options)[1](), None
        text = r.choice(["\\b", "\\B", "a", "b", "(^)", "($)"] if self.chance(0.3) else ["\\b", "\\B", "a", "b"])
        return text, lambda: text.encode() if text in "ab" else b"", None

    def quantifier(self, lazy, item, depth):
        """The quantifier and how often a sample may repeat the item."""
        forms = [("*", 0, 3), ("+", 1, 3), ("?", 0, 1), ("{2}", 2, 2), ("{1,3}", 1, 3), ("{2,}", 2, 4), ("{0,2}", 0, 2),
                 ("{,3}", 0, 3), ("{3}", 3, 3), ("{0,1}", 0, 1), ("{1}", 1, 1), ("{2, 3}", 2, 3)]
        if depth == 0:
            forms.append(("{0}", 0, 0))  # inside a repeated group yara 4.5.8 runs into code that is none
        if item == "." and depth == 0:
            forms += [("{0,201}", 0, 8), ("{1,300}", 1, 8), ("{2,60}", 2, 8)]
        text, low, high = self.random.choice(forms)
        return text + ("?" if lazy else ""), low, high

    def regex(self, lazy, depth=0):
        out, makers = [], []
        for _ in range(self.random.randint(1, 4)):
            item, make, last = self.regex_item(lazy, depth)
            if self.chance(0.35) and not item.startswith(("\\b", "\\B", "(^", "($")):
                quantifier, low, high = self.quantifier(lazy, item, depth)
                makers.append(self.repeated(make, last, low, high))
                item += quantifier
            else:
                makers.append(make)
            out.append(item)
        return "".join(out), lambda: b"".join(make() for make in makers)

    def repeated(self, make, last, low, high):
        """A quantifier behind a word repeats its last letter only."""
        def sample():
            count = self.random.randint(low, high)
            if last is None:
                return b"".join(make() for _ in range(count))
            return make()[:-1] + last * count
        return sample

    def regex_string(self):
        r = self.random
        source, make = self.regex(self.chance(0.3))
        prefix = self.word(2, 4) if self.chance(0.5) else ""
        if self.chance(0.05):
            prefix = "^" + prefix
        elif self.chance(0.05):
            source += "$"
        flags = "".join(f for f in "is" if self.chance(0.2))
        modifiers = ["nocase"] if "i" not in flags and self.chance(0.15) else []
        if self.chance(0.25):
            modifiers += ["wide"] + (["ascii"] if self.chance(0.5) else [])
        modifiers += ["fullword"] if self.chance(0.2) else []
        modifiers += ["private"] if self.chance(0.03) else []
        r.shuffle(modifiers)

        def sample():
            return self.wide_or_not(prefix.strip("^").encode() + make(), modifiers)()
        return f"/{prefix}{source}/{flags} {' '.join(modifiers)}", sample

    def string(self):
        return self.random.choice([self.text_string, self.text_string, self.hex_string, self.regex_string])()


class ConditionMaker:
    """Conditions over the strings of one rule, `names` without their dollar."""

    HASHES = ("md5", "sha1", "sha256")
    TEXTS = ('"abAB"', '"0101ab"', '"A b_a"', '""', '"b"', '"\\x00a"', "filename", 'math.to_string(#{0})')

    def __init__(self, strings, names, rules, groups):
        self.strings = strings
        self.random = strings.random
        self.names = names
        self.rules = rules    # earlier rules
        self.groups = groups  # finished groups of rules
        self.loops = 0

    def pick(self, *forms):
        form = self.random.choice(forms)
        return form() if callable(form) else form

    def name(self):
        return self.random.choice(self.names)

    def number(self, depth=0):
        r = self.random
        n = self.name()
        function = r.choice(["uint8", "uint16", "uint32", "int8", "int16", "int32", "int16be", "uint32be", "uint16be", "int32be"])
        forms = [str(r.randint(0, 12)), str(r.randint(0, 300)), "filesize", f"#{n}", f"@{n}", f"!{n}", f"0x{r.randint(0, 255):x}",
                 f"@{n}[{r.randint(1, 4)}]", f"!{n}[{r.randint(1, 3)}]", f"@{n}[#{n}]", f"!{n}[#{self.name()}]",
                 f"{function}({r.randint(0, 40)})", f"{function}(@{n})", f"#{n} in ({r.randint(0, 50)}..{r.randint(50, 600)})",
                 f"#{n} in (@{self.name()}..filesize)", f"math.count({r.choice([48, 97, 0, 300])}, 0, filesize)",
                 f"math.abs({r.randint(-5, 5)} - #{n})", f"math.min(#{n}, @{n})", f"math.max({r.randint(0, 9)}, !{n})",
                 f"math.to_number(${n})", f"math.mode({r.randint(0, 9)}, filesize)", f"hash.crc32(0, {r.randint(1, 60)}) % 7",
                 f"hash.checksum32({r.randint(0, 20)}, filesize) & 15", f"string.length({self.text()})",
                 f'string.to_int("{r.choice(["12", "0x1f", "-7", "abc", " 5", "010"])}")', f'string.to_int("1a", {r.choice([8, 10, 16])})']
        forms.append(r.choice(["pe.number_of_sections", "pe.entry_point", "pe.sections[0].raw_data_size", "elf.type", "elf.number_of_segments",
                               "pe.sections[#" + n + "].virtual_address", "elf.sections[0].size", "pe.timestamp"]))
        if depth < 2:
            forms += [lambda: f"({self.number(depth + 1)} {r.choice(['+', '-', '*', chr(92), '%', '&', '|', '^'])} ({self.number(depth + 1)} + #{n}))",
                      lambda: f"({self.number(depth + 1)} {r.choice(['<<', '>>'])} {r.choice([0, 1, 3, 63, 64])})",
                      lambda: f"-({self.number(depth + 1)})", lambda: f"~({self.number(depth + 1)})"]
        return self.pick(*forms)

    def fraction(self):
        """An expression with a floating-point value."""
        r = self.random
        offset, size = r.choice([("0", "filesize"), (str(r.randint(0, 9)), str(r.randint(1, 90))), (f"@{self.name()}", "16")])
        statistic = r.choice(["entropy", "mean", "serial_correlation", "monte_carlo_pi"])
        return self.pick(f"math.{statistic}({offset}, {size})", f"math.deviation({offset}, {size}, {r.choice(['64.0', 'math.MEAN_BYTES'])})",
                         f"math.percentage({r.choice([48, 97])}, {offset}, {size})", f"math.{statistic}({self.text()})",
                         f"(#{self.name()} * 0.5)", f"(filesize \\ {r.choice(['3.0', '7.0', '2.5'])})", f"-(({self.number()}) + 0.25)")

    def text(self):
        return self.random.choice(self.TEXTS).format(self.name())

    def text_test(self):
        r = self.random
        operator = r.choice(["contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iequals", "==", "!=", "<", ">="])
        expression, _ = self.strings.regex(self.strings.chance(0.3))
        offset, size = r.choice([("0", "filesize"), ("2", "5"), (f"@{self.name()}", f"!{self.name()}")])
        digest = f"hash.{r.choice(self.HASHES)}({offset}, {size})"
        return self.pick(f"{self.text()} {operator} {self.text()}", f"{self.text()} matches /{expression}/{r.choice(['', 'i', 's', 'is'])}",
                         f'{digest} {r.choice(["startswith", "contains", "icontains", ">"])} "{r.choice("0123456789abcdef")}"',
                         f"{digest} == hash.{r.choice(self.HASHES)}({offset}, {size})", f'{digest} matches /^[0-7]+[a-f]/')

    def string_set(self):
        r = self.random
        listed = ", ".join(f"${n}" for n in r.sample(self.names, min(len(self.names), r.randint(1, 3))))
        return r.choice(["them", "them", "($s*)", f"(${self.name()}*)", f"({listed})", "($*)"])

    def quantifier(self, percent=True):
        r = self.random
        forms = ["any", "all", "none", "0", "1", "2", f"#{self.name()}", f"(#{self.name()} - 1)", "(1 + 1)"]
        return r.choice(forms + (["50%", "1%", "100%", f"{r.randint(1, 100)}%", f"(#{self.name()} + 30)%"] if percent else []))

    def bounds(self):
        r = self.random
        return self.pick(f"({r.randint(0, 30)}..{r.randint(30, 400)})", f"(0..filesize - {r.randint(0, 9)})", f"(@{self.name()}..@{self.name()} + 20)",
                         f"(filesize - 40..filesize)", f"(3..3 + ({self.number(2)}))")

    def body(self):
        """What a loop over strings asks of each."""
        r = self.random
        return self.pick("$", "# > 1", "@ < 40", "$ at 3", "! > 2", "@[1] > 5", "@[2] - @[1] < 9", f"$ in {self.bounds()}",
                         f"# in {self.bounds()} > 1", f"for any i in (1..#) : ( @[i] + ![i] {r.choice(['<', '>'])} {r.randint(0, 200)} )",
                         "uint8(@) == 0x61", f"# == #{self.name()}", "![#] > 1", f"for all i in (1..3) : ( defined @[i] or $ at i )")

    def loop(self, depth):
        r = self.random
        n, quantifier = self.name(), self.quantifier(percent=False)
        inner = self.condition(depth + 2) if r.random() < 0.3 else "true"
        self.loops += 1
        loop = self.pick(
            f"for {quantifier} of {self.string_set()} : ( {self.body()} )",
            f"for {r.choice(['any', 'all', '2', 'none'])} i in (1..#{n}) : ( @{n}[i] {r.choice(['<', '>'])} {r.randint(0, 200)} and {inner} )",
            f"for any i in (1, 5, {r.randint(0, 30)}, #{n}) : ( ${n} at i or not ({inner}) )",
            f"for {quantifier} i in ({r.randint(0, 3)}..{r.randint(3, 12)}) : ( uint8(i) {r.choice(['<', '==', '>='])} {r.choice([48, 65, 97])} )",
            f"for any i in (0..#{n} - 1) : ( math.entropy(@{n}[i + 1], 8) > {r.choice(['0.5', '1.5', '2.0'])} )",
            f"for all i in (1..#{n}) : ( for any j in (1..!{n}[i]) : ( uint8(@{n}[i] + j) == {r.choice([0, 48, 97])} ) )",
            f"for any i in (1..#{n}) : ( hash.crc32(@{n}[i], !{n}[i]) % 2 == 0 )",
            f"for {r.choice(['any', 'all', '1'])} t in ({self.text()}, {self.text()}) : ( t {r.choice(['contains', 'iequals', '==', 'startswith'])} {self.text()} )",
            f'for any t in ("a", "b1") : ( math.to_number(t matches /{r.choice(["a", "^b", "[01]$"])}/) == 1 and ${n} )')
        # Variables of nested loops must differ.
        return re.sub(r"\b[ijt]\b(?= in )|(?<=[ (\[])[ijt](?=[ )\]])", lambda v: v.group() + str(self.loops), loop)

    def condition(self, depth=0):
        r = self.random
        n = self.name()
        forms = [f"${n}", f"${n}", f"${n} at {r.randint(0, 60)}", lambda: f"${n} at {self.number(1)}", lambda: f"${n} in {self.bounds()}",
                 f"#{n} {r.choice(['==', '>', '<', '>=', '!='])} {r.randint(0, 4)}",
                 lambda: f"{self.quantifier()} of {self.string_set()}",
                 lambda: f"{self.quantifier(percent=False)} of {self.string_set()} in {self.bounds()}",
                 lambda: f"{self.quantifier(percent=False)} of {self.string_set()} at {self.pick(str(r.randint(0, 40)), f'@{n}')}",
                 lambda: self.loop(depth), lambda: self.loop(depth),
                 lambda: f"{self.number()} {r.choice(['==', '<', '>', '<=', '>=', '!='])} {self.number()}",
                 lambda: f"{self.fraction()} {r.choice(['<', '>', '<=', '>='])} {r.choice(['0.1', '1.5', '3', '64.3', self.number(2)])}",
                 self.text_test, f"math.in_range({self.fraction()}, 0.5, 80.0)"]
        if self.rules:
            forms += [lambda: r.choice(self.rules),
                      lambda: f"{self.quantifier()} of ({', '.join(r.sample(self.rules, min(len(self.rules), 3)))})"]
        if self.groups:
            forms.append(lambda: f"{r.choice(['any', 'all', 'none', '2', '30%'])} of ({r.choice(self.groups)}_*)")
        if depth < 3:
            forms += [lambda: f"({self.condition(depth + 1)} and {self.condition(depth + 1)})",
                      lambda: f"({self.condition(depth + 1)} or {self.condition(depth + 1)})",
                      lambda: f"not ({self.condition(depth + 1)})",
                      lambda: f"not defined ({self.condition(depth + 1)})",
                      lambda: f"defined ({self.condition(depth + 1)})"]
        return self.pick(*forms)


class RuleMaker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.strings = StringMaker(self.random)
        self.samples = []  # functions that make what a string matches
        self.rules = []
        self.groups = []

    def rule(self, number):
        r = self.random
        names = [f"s{i}" for i in range(r.randint(1, 4))]
        lines = []
        for name in names:
            text, make = self.strings.string()
            lines.append(f"    ${name} = {text}")
            self.samples.append(make)
        condition = self.condition_of(names)
        group = f"g{number // GROUP}"
        name = f"{group}_r{number}"
        flags = "private " if r.random() < 0.03 else ""
        if r.random() < 0.001:  # false seldom, as it silences all others
            flags += "global "
            condition = f"({condition}) or filesize % 5 != 0"
        self.rules = [*self.rules, name][-20:]
        if number % GROUP == GROUP - 1:
            self.groups = [*self.groups, group][-4:]
        tags = " : t1 t2" if r.random() < 0.02 else ""
        return f"{flags}rule {name}{tags} {{\n  strings:\n" + "\n".join(lines) + f"\n  condition:\n    {condition}\n}}\n"

    def condition_of(self, names):
        if self.random.random() < 0.04:
            # The only use of these strings: they are looked for at one place alone.
            return " or ".join(f"${n} at {self.random.randint(0, 40)}" for n in names)
        used = " or ".join(f"(#{n} < 0)" for n in names)
        return f"({ConditionMaker(self.strings, names, self.rules, self.groups).condition()}) or ({used})"


class FileMaker:
    def __init__(self, seed, samples):
        self.random = random.Random(seed + 1)
        self.samples = samples

    def damaged(self, data):
        r = self.random
        data = bytearray(data)
        for _ in range(r.randint(1, 2)):
            place = r.randint(0, len(data))
            kind = r.random()
            if kind < 0.4 and place < len(data):
                data[place] ^= r.choice([1, 0x20, 0x80, r.randint(1, 255)])
            elif kind < 0.7:
                del data[place:place + 1]
            else:
                data[place:place] = r.choice([b"a", b"\0", b"A", b" "])
        return bytes(data)

    def piece(self, copies):
        r = self.random
        kind = r.random()
        if kind < copies:
            sample = r.choice(self.samples)()
            return self.damaged(sample) if r.random() < 0.4 else sample
        if kind < copies + 0.35:
            return r.choice(ALPHABET).encode()
        if kind < copies + 0.45:
            return "".join(r.choice("ab") for _ in range(4)).encode()
        if kind < copies + 0.55:
            return widened("".join(r.choice(ALPHABET[:6]) for _ in range(r.randint(1, 6))).encode())
        return bytes([r.choice([0, 10, 13, 32, 255, 0x41 ^ 3, 0x61 ^ 1])])

    def file(self):
        r = self.random
        if r.random() < 0.05:
            return r.randbytes(r.choice([30, 300, 1000]))
        size = r.choice([0, 1, 5, 20, 60, 120, 300, 700, 700] + ([5000] if r.random() < 0.05 else []))
        copies = r.choice([0.0, 0.1, 0.4])
        out = bytearray(r.choice([b"MZ", b"\x7fELF"]) if r.random() < 0.03 else b"")
        while len(out) < size:
            out += self.piece(copies)
        return bytes(out[:size])


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    seed, rule_count, file_count = (int(a) for a in sys.argv[1:4])
    folder = pathlib.Path(sys.argv[4])
    (folder / "files").mkdir(parents=True, exist_ok=True)
    maker = RuleMaker(seed)
    with open(folder / "rules.yar", "w", encoding="ascii") as out:
        out.write("".join(f'import "{name}"\n' for name in ("math", "hash", "string", "pe", "elf")))
        for number in range(rule_count):
            out.write(maker.rule(number))
    files = FileMaker(seed, maker.samples)
    for number in range(file_count):
        (folder / "files" / f"{number}.bin").write_bytes(files.file())


if __name__ == "__main__":
    main()
