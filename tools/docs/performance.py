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


def measured_on(document):
    machine = document["machine"]
    return (f"{machine['cpu']}, {machine['cpus']} processors, {machine['system']}; {document['time']}, "
            f"commit {document['commit'][:12]}.")


def memory_section(document):
    formula = document["formula_against_estimate"]
    lines = ["## Memory, predicted and reserved", "", measured_on(document),
             "`hearth fit` against what the engine reserves, by component, for every combination of model, precision, context,",
             "cache type and users; a component is right within 1 % or 1 MiB. Rows: `bench/results/memory.tsv`.", "",
             "| combinations | loaded | right in every component | refused by both, same reason | not loaded (larger than the limit) |",
             "|---|---|---|---|---|",
             f"| {document['combinations']} | {document['loaded']} | {document['loaded_right']} | {document['refused_by_both']} | "
             f"{document['not_loaded']} |", "",
             f"Peak resident memory was at most {document['peak_above_total_bytes'] / 1e6:.1f} MB above the total, and in the median "
             f"{document['peak_below_total_bytes'] / 1e6:.0f} MB below it.", ""]
    rows = [(name, value) for name, value in formula.items() if isinstance(value, dict)]
    if rows:
        lines += ["The closed formula that plans enumerate with, against the runtime's estimate (share of it):", "",
                  "| component | " + " | ".join(rows[0][1]) + " |", "|---|" + "---|" * len(rows[0][1])]
        lines += [f"| {name} | " + " | ".join(f"{100 * v:.2f} %" if isinstance(v, float) else str(v) for v in value.values()) + " |"
                  for name, value in rows]
        lines.append("")
    return lines + ["Again: `./dev bench memory`.", ""]


def plan_section(document):
    lines = ["## Planning", "", measured_on(document),
             "Chat, vision, speech in both directions and embedding, planned together over the whole catalogue; files and the audit apart.", "",
             "| device | median | slowest | samples |", "|---|---|---|---|"]
    lines += [f"| {row['device']} | {row['median']:.1f} ms | {row['max']:.1f} ms | {row['n']} |" for row in document["results"]]
    return lines + ["", "Again: `./dev bench plan`.", ""]


SECTIONS = {"decode.json": decode_section, "memory.json": memory_section, "plan.json": plan_section}


def page():
    lines = ["# Performance", "", "Made by `tools/docs/performance.py` from the samples in `bench/results`; do not edit.", ""]
    for name, section in SECTIONS.items():
        path = ROOT / "bench" / "results" / name
        if path.exists():
            lines += section(json.loads(path.read_text()))
    return "\n".join(lines)


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        (ROOT / "docs" / "performance.md").write_text(page())
