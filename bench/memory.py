#!/usr/bin/env python3
"""Memory: what `hearth fit` says against what the engine reserves and the most that was ever resident.

Every model in the shared folder and every shape of make_gguf in each type, at each context, type of KV cache and number
of users. A model is loaded anew for each combination and decodes one token. Combinations that need more than --load-limit
are fitted and not loaded; they count as neither right nor wrong.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import RESULTS, ROOT, run, write_results

COMPONENTS = ["weights", "kv_cache", "recurrent_state", "compute", "output"]
SHARE, SLACK = 0.01, 1 << 20            # allowed between a component as fitted and as reserved
PEAK_SHARE, PEAK_SLACK = 0.02, 8 << 20  # allowed above total_bytes
LARGE_SHAPES = {"qwen3-30b-a3b", "deepseek-v2-lite"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--make-gguf", default=ROOT / "build/release/bin/make_gguf")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder with models/llm")
    parser.add_argument("--models", type=Path, help="folder for the made models (default: a temporary one)")
    parser.add_argument("--shapes", nargs="*", help="only these (default: all)")
    parser.add_argument("--types", nargs="+", default=["Q4_0", "Q4_K_M", "Q8_0"])
    parser.add_argument("--large-types", nargs="*", default=["Q4_K_M"], help="of shapes above 10 GB")
    parser.add_argument("--contexts", nargs="+", type=int, default=[512, 4096, 16384])
    parser.add_argument("--kv-types", nargs="+", default=["f16", "q8_0", "q4_0"])
    parser.add_argument("--users", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--load-limit", type=float, default=12.0, help="GiB")
    return parser.parse_args()


def shape_names(args):
    lines = run([args.make_gguf, "--list"]).splitlines()
    names = [line.split()[0] for line in lines[1:lines.index("types:")]]
    return [n for n in names if args.shapes is None or n in args.shapes]


def models(args, folder):
    """(label, path, made) of every file, made on demand: the large ones only when their turn comes."""
    shared = sorted((args.shared / "models" / "llm").glob("*.gguf"))
    if not shared:
        print(f"skipped: no models in {args.shared / 'models' / 'llm'}")
    for path in shared:
        yield path.stem, path
    for shape in shape_names(args):
        for kind in args.large_types if shape in LARGE_SHAPES else args.types:
            path = folder / f"{shape}-{kind}.gguf"
            if not path.exists():
                run([args.make_gguf, "--shape", shape, "--type", kind, "--out", path], timeout_s=1800)
            yield path.stem, path


def call(args, home, words):
    done = subprocess.run([str(w) for w in [args.hearth, *words, "--json"]], capture_output=True, text=True, timeout=900,
                          env=dict(os.environ, HEARTH_HOME=home))
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode} and no JSON:\n{done.stdout}{done.stderr}")


def compare(row, fit, ran):
    """Fills `row`; its `ok` is empty where nothing could be compared."""
    reserved, peak = ran["memory"]["reserved"], ran["memory"].get("peak_rss_bytes")
    off = []
    for name in COMPONENTS:
        said, got = fit["components"].get(name, 0), reserved.get(name, 0)
        row[name], row[f"{name}_reserved"] = said, got
        if abs(said - got) > max(SHARE * got, SLACK):
            off.append(name)
    row.update(runtime=fit["components"].get("runtime", 0), total=fit["total_bytes"], mapped=fit["mapped_bytes"],
               anonymous=fit["anonymous_bytes"], peak_rss=peak, gap=fit["total_bytes"] - peak)
    if peak > fit["total_bytes"] + max(PEAK_SHARE * fit["total_bytes"], PEAK_SLACK):
        off.append("peak_rss")
    row.update(verdict="loaded", ok=not off, off=",".join(off))


def measure(args, home, label, path, combination):
    context, kv, users = combination
    row = {"model": label, "context": context, "kv": kv, "users": users}
    words = ["-m", path, "--ctx", context, "--kv-type", kv, "--users", users]
    status, fit = call(args, home, ["fit", *words])
    refusal = fit.get("error")
    if refusal is None and "formula" in fit:
        row["formula"] = fit["formula"]["components"]
        row["fitted"] = fit["components"]
    if refusal is None and fit["fits"] and fit["total_bytes"] > args.load_limit * 2**30:
        return dict(row, verdict="not loaded", ok="", off=f"needs {fit['total_bytes'] / 2**30:.1f} GiB")
    ran_status, ran = call(args, home, ["run", "complete", *words, "-p", "a", "-n", 1, "--transport", "worker"])
    if refusal is not None or "error" in ran:
        said = refusal["message"] if refusal else "does not fit"
        got = ran.get("error", {}).get("message", "ran")
        agree = status == ran_status and (said == got or (refusal is None and ran["error"]["code"] == "does_not_fit"))
        return dict(row, verdict="refused", ok=agree, off=said if agree else f"fit: {said}; run: {got}")
    compare(row, fit, ran)
    return row


def formula_errors(rows):
    """How far the closed formula is from the runtime's estimate: signed shares, by component and of the total."""
    errors = {}
    for row in rows:
        if "formula" not in row:
            continue
        parts = [c for c in COMPONENTS if row["fitted"].get(c, 0) > 0]
        for name in parts:
            errors.setdefault(name, []).append(row["formula"].get(name, 0) / row["fitted"][name] - 1)
        whole = sum(row["fitted"][c] for c in parts)
        errors.setdefault("all but runtime", []).append(sum(row["formula"].get(c, 0) for c in parts) / whole - 1)
    out = {}
    for name, shares in errors.items():
        size = sorted(map(abs, shares))
        out[name] = {"n": len(size), "median": statistics.median(size), "p90": size[int(0.9 * (len(size) - 1))],
                     "worst": max(shares, key=abs)}
    return out


def write_table(rows):
    names = ["model", "context", "kv", "users", "verdict", "ok", "off", "total", "mapped", "anonymous", "peak_rss", "gap", "runtime"]
    names += [n for c in COMPONENTS for n in (c, f"{c}_reserved")]
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / "memory.tsv", "w", newline="") as out:
        table = csv.DictWriter(out, names, delimiter="\t", extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def summarise(rows):
    compared = [r for r in rows if r["verdict"] == "loaded"]
    refused = [r for r in rows if r["verdict"] == "refused"]
    made = [r for r in rows if r["model"].rsplit("-", 1)[0] not in ("stories260K", "bitllama-3M")]
    worst = {c: max((abs(r[c] - r[f"{c}_reserved"]) for r in compared), default=0) for c in COMPONENTS}
    return {"combinations": len(rows), "loaded": len(compared), "loaded_right": sum(r["ok"] for r in compared),
            "refused": len(refused), "refused_by_both": sum(r["ok"] for r in refused),
            "not_loaded": sum(r["verdict"] == "not loaded" for r in rows), "worst_component_bytes": worst,
            "peak_above_total_bytes": max((-r["gap"] for r in compared), default=0),
            "peak_below_total_bytes": statistics.median(r["gap"] for r in compared) if compared else 0,
            "formula_against_estimate": formula_errors(made), "formula_against_estimate_all": formula_errors(rows)}


def main():
    args = arguments()
    rows = []
    combinations = [(c, kv, u) for c in args.contexts for kv in args.kv_types for u in args.users]
    with tempfile.TemporaryDirectory() as scratch:
        for label, path in models(args, args.models or Path(scratch)):
            of_model = [measure(args, scratch, label, path, c) for c in combinations]
            rows += of_model
            wrong = [r for r in of_model if r["ok"] is False]
            print(f"{label:<32}{len(of_model):>4} combinations, {len(wrong)} outside", flush=True)
            for row in wrong:
                print(f"  {row['context']} tokens, {row['kv']}, {row['users']} users: {row['off']}", flush=True)
    write_table(rows)
    summary = summarise(rows)
    write_results("memory", summary)
    for name, value in summary.items():
        print(f"{name}: {json.dumps(value)}")
    return 1 if any(r["ok"] is False for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
