#!/usr/bin/env python3
"""Makes data/router/language.bin: log-likelihoods of hashed runs of letters, by language.

Source of the counts: the profiles of the Python package langdetect 1.0.9 (Apache-2.0), runs of one to three letters in each
of its languages. Only languages that share a script with another are in the table; Greek, Thai, Hangul and the like are told
by their letters alone, in src/router/language.cpp. Also reports how often rows in a known language are told right.
"""
import argparse
import collections
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import corpus
from text_features import _mix

BUCKETS = 8192
MAGIC = b"HRTHLNG1"
LATIN = "en de fr es it pt nl pl cs sk hu ro sv da no fi tr vi id hr sl et lt lv ca sq sw tl af cy so".split()
OTHERS = "ru uk bg mk ar fa ur hi mr ne".split()
LANGUAGES = LATIN + OTHERS
LETTERS = 240  # that are looked at
# int8 steps of a natural logarithm, and the floor of a run never seen in a language.
STEP, FLOOR = 0.1, -12.6


def runs(text):
    """Runs of two and three letters of the lower-case text, a blank at each side of a word."""
    out, before, last = [], 32, 32
    for c in letters(text):
        if c != 32 or last != 32:
            out.append((last, c))
            if last != 32 or before != 32:
                out.append((before, last, c))
        before, last = last, c
    return out


def letters(text):
    """Lower-case letters and single blanks between words; the same as LetterReader in src/router/language.cpp."""
    n, blank = 0, True
    for ch in text:
        c = lower(ord(ch))
        if is_letter(c):
            n += 1
            blank = False
            yield c
            if n == LETTERS:
                break
        elif not blank and not (0x300 <= c < 0x370):
            blank = True
            yield 32
    yield 32


def lower(c):
    if 65 <= c <= 90 or 0xC0 <= c <= 0xDE and c != 0xD7:
        return c + 32
    if 0x100 <= c < 0x138 or 0x14A <= c < 0x178:
        return c | 1
    if 0x139 <= c < 0x149 or 0x179 <= c < 0x17F:
        return c + (c & 1)
    if 0x1E00 <= c < 0x1F00:
        return c | 1
    if 0x410 <= c < 0x430:
        return c + 32
    if 0x400 <= c < 0x410:
        return c + 80
    return c


def is_letter(c):
    return 97 <= c <= 122 or 0xC0 <= c < 0x250 and c not in (0xD7, 0xF7) or 0x400 <= c < 0x530 or 0x620 <= c < 0x700 \
        or 0x900 <= c < 0x964 or 0x1E00 <= c < 0x1F00


def bucket(run):
    h = (len(run) * 0x9E3779B1) & 0xFFFFFFFF
    for c in run:
        h = ((h ^ c) * 0x01000193) & 0xFFFFFFFF
    return _mix(h) & (BUCKETS - 1)


def counts_of(profile):
    found = collections.Counter()
    for run, n in profile["freq"].items():
        low = tuple(lower(ord(c)) if c != " " else 32 for c in run)
        if len(low) >= 2 and all(c == 32 or is_letter(c) for c in low):
            found[low] += n
    return found


def table():
    """[BUCKETS, n_languages] float: log p(run | language), add-half smoothed, and never below the floor."""
    import langdetect
    folder = Path(langdetect.__file__).parent / "profiles"
    out = np.zeros((BUCKETS, len(LANGUAGES)))
    for i, code in enumerate(LANGUAGES):
        found = counts_of(json.loads((folder / code).read_text(encoding="utf-8")))
        sums = np.zeros(BUCKETS)
        totals = {size: sum(n for run, n in found.items() if len(run) == size) for size in (2, 3)}
        for run, n in found.items():
            sums[bucket(run)] += n / totals[len(run)]
        out[:, i] = np.log(np.maximum(sums, math.exp(FLOOR)))
    return out


def quantised(values):
    return np.clip(np.round((values - values.max(1, keepdims=True)) / STEP), -127, 0).astype(np.int8)


def told(text, steps):
    scores = np.zeros(len(LANGUAGES), np.int64)
    for run in runs(text):
        scores += steps[bucket(run)]
    return LANGUAGES[int(scores.argmax())]


def measure(steps, shared):
    right, of = collections.Counter(), collections.Counter()
    rows = corpus.shared(shared, "train") + corpus.shared(shared, "dev") if shared else []
    rows += corpus.own() + corpus.held_out("eval")
    for row in rows:
        if row["lang"] in LANGUAGES and len(row["text"]) >= 15:
            of[row["lang"]] += 1
            right[row["lang"]] += told(row["text"], steps) == row["lang"]
    for code in sorted(of, key=of.get, reverse=True):
        print(f"{code}  {right[code]:5d} of {of[code]:5d}  {right[code] / of[code]:.3f}")
    print(f"mean over languages {sum(right[c] / of[c] for c in of) / len(of):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=Path(__file__).resolve().parents[3] / "data/router/language.bin")
    parser.add_argument("--shared", help="folder of the intent data, for the measurement")
    args = parser.parse_args()
    steps = quantised(table())
    names = b"".join(code.encode().ljust(4, b"\0") for code in LANGUAGES)
    header = MAGIC + struct.pack("<II", BUCKETS, len(LANGUAGES))
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    Path(args.out).write_bytes(header + names + steps.tobytes())
    measure(steps, args.shared)


if __name__ == "__main__":
    main()
