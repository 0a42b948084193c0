#!/usr/bin/env python3
"""Random YARA rules and random files for differential tests. Deterministic for a seed.

  random_rules.py SEED RULE_COUNT FILE_COUNT OUTPUT_DIRECTORY

Writes rules.yar and files/N.bin. Rules use every kind of string, every modifier and most forms of conditions over a
small alphabet, so that matches, overlaps and near misses are frequent.
"""
import pathlib
import random
import sys

ALPHABET = "abAB01_ "


class RuleMaker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def word(self, low=1, high=8):
        return "".join(self.random.choice(ALPHABET[:6]) for _ in range(self.random.randint(low, high)))

    def text_string(self):
        r = self.random
        text = self.word(1, 10)
        modifiers = []
        style = r.randint(0, 9)
        if style == 0:
            modifiers.append(r.choice(["xor", "xor(1-3)", "xor(0-255)", "xor(32)"]))
        elif style == 1:
            modifiers.append(r.choice(["base64", "base64wide", "base64 base64wide"]))
        elif r.random() < 0.3:
            modifiers.append("nocase")
        if r.random() < 0.3:
            modifiers.append("wide")
            if r.random() < 0.6:
                modifiers.append("ascii")
        elif r.random() < 0.1:
            modifiers.append("ascii")
        if r.random() < 0.25 and style != 1:
            modifiers.append("fullword")
        if r.random() < 0.05:
            modifiers.append("private")
        return f'"{text}" {" ".join(modifiers)}'

    def hex_byte(self):
        r = self.random
        byte = r.choice(ALPHABET[:6] + "\0").encode()[0]
        kind = r.random()
        if kind < 0.65:
            return f"{byte:02X}"
        if kind < 0.75:
            return "??"
        if kind < 0.83:
            return f"{byte >> 4:X}?"
        if kind < 0.91:
            return f"?{byte & 15:X}"
        return f"~{byte:02X}"

    def hex_tokens(self, depth=0):
        r = self.random
        tokens = [self.hex_byte()]
        for _ in range(r.randint(1, 6)):
            kind = r.random()
            if kind < 0.7 or depth > 1:
                tokens.append(self.hex_byte())
            elif kind < 0.85:
                low = r.randint(0, 4)
                forms = [f"[{low}-{low + r.randint(0, 4)}]" if low or True else "", f"[{max(low, 1)}]"]
                if depth == 0:
                    forms += [f"[{low}-]", "[-]", f"[{low}-{r.choice([201, 250, 300])}]"]
                jump = r.choice(forms)
                if jump == "[0-0]":
                    jump = "[0-1]"
                tokens += [jump, self.hex_byte()]
            else:
                options = " | ".join(" ".join(self.hex_tokens(depth + 1)) for _ in range(r.randint(2, 3)))
                tokens += [f"( {options} )", self.hex_byte()]
        tokens[0] = f"{r.choice(ALPHABET[:6]).encode()[0]:02X}"
        if depth == 0:
            tokens[-1] = f"{r.choice(ALPHABET[:6]).encode()[0]:02X}"
        return tokens

    def regex(self, lazy, depth=0):
        r = self.random
        out = []
        for _ in range(r.randint(1, 4)):
            kind = r.random()
            if kind < 0.5:
                item = self.word(1, 3)
            elif kind < 0.6:
                item = r.choice([".", "\\w", "\\d", "\\s", "\\W", "\\D", "\\S"])
            elif kind < 0.75:
                item = r.choice(["[ab]", "[^ab]", "[a-bA-B]", "[^a-z]", "[01_]"])
            elif kind < 0.9 and depth < 2:
                item = "(" + "|".join(self.regex(lazy, depth + 1) for _ in range(r.randint(1, 3))) + ")"
            else:
                item = r.choice(["\\b", "\\B", "a", "b"])
            if r.random() < 0.35 and not item.startswith("\\b") and not item.startswith("\\B"):
                quantifier = r.choice(["*", "+", "?", "{2}", "{1,3}", "{2,}", "{0,2}", "{,3}"])
                if lazy:
                    quantifier += "?"
                item += quantifier
            out.append(item)
        return "".join(out)

    def regex_string(self):
        r = self.random
        source = self.regex(r.random() < 0.3)
        if r.random() < 0.5:
            source = self.word(2, 4) + source
        if r.random() < 0.05:
            source = "^" + source
        elif r.random() < 0.05:
            source += "$"
        flags = "".join(f for f in "is" if r.random() < 0.2)
        modifiers = []
        if "i" not in flags and r.random() < 0.15:
            modifiers.append("nocase")
        if r.random() < 0.2:
            modifiers.append("wide")
            if r.random() < 0.5:
                modifiers.append("ascii")
        if r.random() < 0.2:
            modifiers.append("fullword")
        return f"/{source}/{flags} {' '.join(modifiers)}"

    def string(self):
        return self.random.choice([self.text_string, self.text_string,
                                   lambda: "{ " + " ".join(self.hex_tokens()) + " }", self.regex_string])()

    def number(self, names, depth=0):
        r = self.random
        forms = [lambda: str(r.randint(0, 12)), lambda: str(r.randint(0, 300)), lambda: "filesize",
                 lambda: f"#{r.choice(names)}", lambda: f"@{r.choice(names)}", lambda: f"!{r.choice(names)}",
                 lambda: f"@{r.choice(names)}[{r.randint(1, 4)}]", lambda: f"!{r.choice(names)}[{r.randint(1, 3)}]",
                 lambda: f"{r.choice(['uint8', 'uint16', 'uint32', 'int8', 'int16be', 'uint32be'])}({r.randint(0, 40)})",
                 lambda: f"#{r.choice(names)} in ({r.randint(0, 50)}..{r.randint(50, 600)})"]
        if depth < 2:
            forms += [lambda: f"({self.number(names, depth + 1)} {r.choice(['+', '-', '*', chr(92), '%', '&', '|', '^'])} "
                              f"{self.number(names, depth + 1)})"]
        return r.choice(forms)()

    def condition(self, names, earlier, depth=0):
        r = self.random
        name = r.choice(names)
        prefix = r.choice(["them", f"($s{r.choice('0123')}*)", "(" + ", ".join(f"${n}" for n in r.sample(names, min(2, len(names)))) + ")"])
        if "*" in prefix and not any(n.startswith(prefix[2:-2]) for n in names):
            prefix = "them"
        quantifier = r.choice(["any", "all", "none", "1", "2", "50%", f"#{name}"])
        if "%" not in quantifier:
            loop_quantifier = quantifier
        else:
            loop_quantifier = "any"
        forms = [
            lambda: f"${name}", lambda: f"${name}", lambda: f"${name} at {r.randint(0, 60)}",
            lambda: f"${name} in ({r.randint(0, 30)}..{r.randint(30, 400)})",
            lambda: f"#{name} {r.choice(['==', '>', '<', '>=', '!='])} {r.randint(0, 4)}",
            lambda: f"{quantifier} of {prefix}",
            lambda: f"{loop_quantifier} of {prefix} in ({r.randint(0, 20)}..{r.randint(20, 500)})",
            lambda: f"any of {prefix} at {r.randint(0, 40)}",
            lambda: f"for {loop_quantifier} of {prefix} : ( {r.choice(['$', '# > 1', '@ < 40', '$ at 3', '! > 2', '@[1] > 5'])} )",
            lambda: f"for {r.choice(['any', 'all', '2'])} i in (1..#{name}) : ( @{name}[i] {r.choice(['<', '>'])} {r.randint(0, 200)} )",
            lambda: f"for any i in (1, 5, {r.randint(0, 30)}) : ( ${name} at i )",
            lambda: f"{self.number(names)} {r.choice(['==', '<', '>', '<=', '>=', '!='])} {self.number(names)}",
        ]
        if earlier:
            forms.append(lambda: r.choice(earlier))
        if depth < 3:
            forms += [lambda: f"({self.condition(names, earlier, depth + 1)} and {self.condition(names, earlier, depth + 1)})",
                      lambda: f"({self.condition(names, earlier, depth + 1)} or {self.condition(names, earlier, depth + 1)})",
                      lambda: f"not ({self.condition(names, earlier, depth + 1)})",
                      lambda: f"defined ({self.condition(names, earlier, depth + 1)})"]
        return r.choice(forms)()

    def rule(self, number, earlier):
        names = [f"s{i}" for i in range(self.random.randint(1, 4))]
        strings = "\n".join(f"    ${n} = {self.string()}" for n in names)
        used = " or ".join(f"(#{n} < 0)" for n in names)
        flags = "private " if self.random.random() < 0.03 else ""
        return (f"{flags}rule r{number} {{\n  strings:\n{strings}\n  condition:\n    "
                f"({self.condition(names, earlier)}) or ({used})\n}}\n")


def random_file(generator, words):
    size = generator.choice([0, 1, 5, 20, 60, 120, 300, 700])
    out = bytearray()
    while len(out) < size:
        kind = generator.random()
        if kind < 0.5:
            out += generator.choice(ALPHABET).encode()
        elif kind < 0.7:
            out += "".join(generator.choice("ab") for _ in range(4)).encode()
        elif kind < 0.85:
            word = "".join(generator.choice(ALPHABET[:6]) for _ in range(generator.randint(1, 6)))
            out += word.encode("utf-16-le")
        elif kind < 0.93 and words:
            out += generator.choice(words)
        else:
            out += bytes([generator.choice([0, 10, 13, 32, 255, 0x41 ^ 3, 0x61 ^ 1])])
    return bytes(out[:size])


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    seed, rule_count, file_count = (int(a) for a in sys.argv[1:4])
    folder = pathlib.Path(sys.argv[4])
    (folder / "files").mkdir(parents=True, exist_ok=True)
    maker = RuleMaker(seed)
    earlier = []
    with open(folder / "rules.yar", "w", encoding="ascii") as out:
        for number in range(rule_count):
            out.write(maker.rule(number, earlier[-20:]))
            earlier.append(f"r{number}")
    generator = random.Random(seed + 1)
    for number in range(file_count):
        (folder / "files" / f"{number}.bin").write_bytes(random_file(generator, []))


if __name__ == "__main__":
    main()
