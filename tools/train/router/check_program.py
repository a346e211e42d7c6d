#!/usr/bin/env python3
"""Scores the built program, not the reference: `hearth route --rows` over the test rows, with and without their flags.

    python tools/train/router/check_program.py --program build/release/bin/hearth --shared FOLDER
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import corpus


def routed(program, rows, with_flags, folder):
    """The program's answer for each row, in order."""
    fields = ("text", "n_chars") + (corpus.FLAGS if with_flags else ())
    given, answered = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
    with open(given, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({k: row[k] for k in fields if k in row}) + "\n")
    subprocess.run([program, "route", "--rows", given, "--out", answered, "--json"], check=True, capture_output=True,
                   env={"HEARTH_HOME": str(Path(folder) / "home"), "PATH": "/usr/bin:/bin", "HEARTH_OFFLINE": "1"})
    return corpus.read_jsonl(answered)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="build/release/bin/hearth")
    parser.add_argument("--shared", required=True)
    args = parser.parse_args()
    tests = {"dev": corpus.shared(args.shared, "dev"), "own held-out": corpus.held_out("eval"),
             "sources that may not train": corpus.forbidden_rows(args.shared)}
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in tests.items():
            for with_flags in (False, True):
                answers = routed(Path(args.program).resolve(), rows, with_flags, folder)
                right = [a["intent"] == r["label"] for a, r in zip(answers, rows)]
                english = [x for x, r in zip(right, rows) if r["lang"] == "en"]
                times = sorted(a["latency_us"] for a in answers)
                print(f"{name:<28}{'flags' if with_flags else 'text':<6}accuracy {sum(right) / len(right):.4f}  "
                      f"English {sum(english) / len(english):.4f}  abstained {sum(a['abstained'] for a in answers) / len(answers):.3f}  "
                      f"p50 {times[len(times) // 2]:.0f} us  p99 {times[len(times) * 99 // 100]:.0f} us")


if __name__ == "__main__":
    main()
