#!/usr/bin/env python3
"""Writes docs/performance.md from the samples in bench/results. --print writes to standard output."""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def decode_section(document):
    machine = document["machine"]
    lines = ["## Decode, one stream", "",
             f"{machine['cpu']}, {machine['cpus']} processors, {machine['system']}; {document['time']}, commit {document['commit']}.",
             "Both sides load the file anew for each sample and decode the same number of tokens from an empty context, in turn, on an",
             "idle machine. `llama-bench` feeds random tokens and samples nothing; hearth's figure contains sampling and streaming.", "",
             "| model | hearth tok/s | llama-bench tok/s | ratio, median of pairs | samples |", "|---|---|---|---|---|"]
    for row in document["results"]:
        ours, theirs = row["hearth"], row["llama_bench"]
        lines.append(f"| {row['model']} {row['type']} | {ours['median']:.2f} (±{100 * ours['spread']:.1f} %) | "
                     f"{theirs['median']:.2f} (±{100 * theirs['spread']:.1f} %) | {row['ratio_median']:.3f} | {ours['n']} |")
    return lines + ["", "± is half the distance between the quartiles. Again: `./dev bench decode`.", ""]


def page():
    lines = ["# Performance", "", "Made by `tools/docs/performance.py` from the samples in `bench/results`; do not edit.", ""]
    path = ROOT / "bench" / "results" / "decode.json"
    if path.exists():
        lines += decode_section(json.loads(path.read_text()))
    return "\n".join(lines)


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        (ROOT / "docs" / "performance.md").write_text(page())
