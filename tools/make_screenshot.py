#!/usr/bin/env python3
"""Draws a command's real terminal output as an SVG picture.

  make_screenshot.py OUTPUT.svg COMMAND [ARGUMENT...]

The command runs on a pseudo terminal of 100 columns; bold and dim are kept, other escape sequences are dropped, and of
a line that was drawn over (a progress bar) the last state is shown.
"""
import html
import os
import pty
import re
import struct
import fcntl
import sys
import termios

COLUMNS, LINE_PX, CHAR_PX = 100, 18, 8.2


def run(command):
    """The bytes that the command writes to a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    out = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    os.waitpid(pid, 0)
    return out.decode("utf-8", "replace")


def lines_of(text):
    """[(style, text)...] for each line, after carriage returns and erasures."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        line = re.split(r"\r", line)[-1]
        line = re.split(r"\x1b\[2?K", line)[-1]
        parts, style = [], ""
        for piece in re.split(r"(\x1b\[[0-9;?]*[A-Za-z])", line):
            if piece.startswith("\x1b["):
                code = piece[2:-1]
                if piece.endswith("m"):
                    style = {"1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow"}.get(
                        code.split(";")[-1], "" if code in ("", "0") else style)
            elif piece:
                parts.append((style, piece))
        lines.append(parts)
    return lines


def draw(lines):
    height = LINE_PX * (len(lines) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{int(COLUMNS * CHAR_PX + 32)}" height="{height}">',
           "<style>text{font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}"
           ".bold{font-weight:bold;fill:#fff}.dim{fill:#8792a6}.red{fill:#ff7b72;font-weight:bold}"
           ".green{fill:#7ee787}.yellow{fill:#e3b341}</style>",
           '<rect width="100%" height="100%" rx="8" fill="#1b2230"/>']
    for number, parts in enumerate(lines, 1):
        spans = "".join(f'<tspan class="{style}">{html.escape(text)}</tspan>' for style, text in parts)
        out.append(f'<text x="16" y="{LINE_PX * number + 8}" xml:space="preserve">{spans}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "w", encoding="utf-8") as picture:
        picture.write(draw(lines_of(run(sys.argv[2:]))))


if __name__ == "__main__":
    main()
