#!/usr/bin/env python3
"""Draws what commands really print as a picture of a terminal (SVG): runs each, keeps its output, writes the file.

usage: terminal_picture.py --out docs/images/NAME.svg [--width COLUMNS] -- COMMAND [AND COMMAND ...]
"""
import argparse
import html
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

CHAR_W, LINE_H, MARGIN = 8.4, 19, 18
COLORS = {"prompt": "#e9a15b", "command": "#f4efe6", "out": "#c9c3b8", "err": "#8b8579"}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--program", default="build/release/bin/hearth", help="what the word hearth stands for")
    parser.add_argument("commands", nargs="+")
    return parser.parse_args()


def run(command, program):
    words = [program if word == "hearth" else word for word in shlex.split(command)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    return done.stdout, done.stderr


def lines_of(text, kind, width):
    for line in ESCAPES.sub("", text).rstrip("\n").split("\n") if text.strip() else []:
        for part in textwrap.wrap(line, width, subsequent_indent="  ", replace_whitespace=False, drop_whitespace=False) or [""]:
            yield kind, part.rstrip()


def transcript(args):
    for i, command in enumerate(args.commands):
        if i:
            yield "out", ""
        yield "command", command
        out, err = run(command, args.program)
        # Notices come before the answer and figures after it, as a terminal shows them.
        notices, figures = [], []
        for line in err.splitlines():
            (figures if "tok/s" in line else notices).append(line)
        yield from lines_of("\n".join(notices), "err", args.width)
        yield from lines_of(out, "out", args.width)
        yield from lines_of("\n".join(figures), "err", args.width)


def draw(lines, width):
    w, h = width * CHAR_W + 2 * MARGIN, len(lines) * LINE_H + 2 * MARGIN + 22
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h:.0f}" viewBox="0 0 {w:.0f} {h:.0f}">',
             f'<rect width="{w:.0f}" height="{h:.0f}" rx="10" fill="#211d1a"/>']
    parts += [f'<circle cx="{22 + 18 * i}" cy="18" r="5.5" fill="{c}"/>' for i, c in enumerate(("#d8694a", "#e9a15b", "#8aa35c"))]
    parts.append('<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">')
    for i, (kind, text) in enumerate(lines):
        y = MARGIN + 36 + i * LINE_H
        if kind == "command":
            parts.append(f'<text x="{MARGIN}" y="{y}" fill="{COLORS["prompt"]}">$</text>')
            parts.append(f'<text x="{MARGIN + 2 * CHAR_W:.1f}" y="{y}" fill="{COLORS["command"]}">{html.escape(text)}</text>')
        elif text:
            parts.append(f'<text x="{MARGIN}" y="{y}" fill="{COLORS[kind]}">{html.escape(text)}</text>')
    return "\n".join(parts + ["</g>", "</svg>", ""])


def main():
    args = arguments()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(draw(list(transcript(args)), args.width))
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
