#!/usr/bin/env python3
"""Checks the router's own training and evaluation rows and prints how many there are.

Usage: validate.py [--against FILE.jsonl ...]

Every row must be valid, carry a known label, and differ from every other row of this folder (and from
every row of the files named after --against) once case, width and punctuation are taken away. Files whose
name starts with `eval` or ends in `_test` are held out; a row may stand in one file only, so none of them
can repeat a training row. Exit status 1 and one line a fault when something is wrong.
"""

import argparse
import collections
import json
import pathlib
import sys
import unicodedata

LABELS = ("chat", "code", "vision", "stt", "tts", "tool-use", "long-form", "summarize", "classify", "route-only")
FLAGS = ("has_image", "has_audio", "has_tools", "composed", "degrade_ok")
ALLOWED = {"text", "label", "lang", "source", "difficulty", "why", *FLAGS}
DIFFICULTIES = range(4)


def normalised(text):
    """`text` in NFKC and lower case with punctuation and symbols removed; symbols stay if nothing else is left."""
    folded = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join(kept.split()) or folded


def faults_of(row, stem):
    """What is wrong with one row of the file `stem`.jsonl, as short clauses."""
    if not isinstance(row, dict):
        return ["is no JSON object"]
    faults = [f"has the unknown field {name!r}" for name in row if name not in ALLOWED]
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        faults.append("has no text")
    if row.get("label") not in LABELS:
        faults.append(f"has the unknown label {row.get('label')!r}")
    if not isinstance(row.get("lang"), str) or not 2 <= len(row["lang"]) <= 5:
        faults.append(f"has no language code but {row.get('lang')!r}")
    if row.get("source") != f"hearth/{stem}":
        faults.append(f"names the source {row.get('source')!r}, not 'hearth/{stem}'")
    faults += [f"has a {name} that is no boolean" for name in FLAGS if not isinstance(row.get(name, True), bool)]
    if ("degrade_ok" in row) != ("difficulty" in row):
        faults.append("has one of degrade_ok and difficulty without the other")
    if row.get("difficulty", 0) not in DIFFICULTIES:
        faults.append(f"has the difficulty {row['difficulty']!r}, which is not 0 to 3")
    return faults


def load(path):
    """Yields (line number, row or None) of a JSONL file; None where the line is no JSON."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError:
            yield number, None


def check(paths, against):
    """Returns (faults, rows by file stem) over the files `paths`."""
    seen = {normalised(row["text"]): str(other.name) for other in against for _, row in load(other)}
    faults, rows = [], {}
    for path in paths:
        rows[path.stem] = []
        for number, row in load(path):
            where = f"{path.name}:{number}"
            found = faults_of(row, path.stem)
            faults += [f"{where} {fault}" for fault in found]
            if found:
                continue
            key = normalised(row["text"])
            if key in seen:
                faults.append(f"{where} repeats {seen[key]}")
            seen.setdefault(key, where)
            rows[path.stem].append(row)
    return faults, rows


def table(rows):
    """A Markdown table: rows per class and file."""
    lines = ["| file | " + " | ".join(LABELS) + " | all | languages |", "|---" * (len(LABELS) + 3) + "|"]
    for stem, found in rows.items():
        count = collections.Counter(row["label"] for row in found)
        languages = len({row["lang"] for row in found})
        cells = [str(count[label]) for label in LABELS]
        lines.append(f"| `{stem}` | " + " | ".join(cells) + f" | {len(found)} | {languages} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", nargs="*", default=[], type=pathlib.Path, metavar="FILE")
    against = parser.parse_args().against
    faults, rows = check(sorted(pathlib.Path(__file__).parent.glob("*.jsonl")), against)
    print(table(rows))
    languages = collections.Counter(row["lang"] for found in rows.values() for row in found)
    print("\n" + ", ".join(f"{lang} {count}" for lang, count in languages.most_common()))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
