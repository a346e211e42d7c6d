#!/usr/bin/env python3
"""Decode speed of one stream: hearth against llama-bench of the same llama.cpp, interleaved, on an idle machine.

Both load the file anew for each sample, warm up, decode the same number of tokens from an empty context with the same
threads. llama-bench feeds random tokens and never samples; hearth's figure contains sampling and streaming.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, run, summary, wait_until_idle, write_results

SHAPE = "llama-3.2-1b"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--llama-bench", default=Path(os.environ.get("HEARTH_PEER_DIR", "")) / "llama-bench")
    parser.add_argument("--make-gguf", default=ROOT / "build/release/bin/make_gguf")
    parser.add_argument("--models", type=Path, help="folder for the made models (default: a temporary one)")
    parser.add_argument("--types", nargs="+", default=["Q4_0", "Q4_K_M", "Q8_0"])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    return parser.parse_args()


def make_model(args, folder, kind):
    path = folder / f"{SHAPE}-{kind}.gguf"
    if not path.exists():
        run([args.make_gguf, "--shape", SHAPE, "--type", kind, "--out", path])
    return path


def llama_bench_tok_s(args, model):
    out = json.loads(run([args.llama_bench, "-m", model, "-t", args.threads, "-p", 0, "-n", args.tokens, "-r", 1, "-o", "json"]))
    return out[0]["avg_ts"], out[0]["build_commit"]


def hearth_tok_s(args, model, home):
    # n tokens have n-1 gaps, and the first token is the prefill's: one more than llama-bench gives as many decodes.
    environment = dict(os.environ, HEARTH_HOME=home)
    command = [args.hearth, "run", "complete", "-m", model, "-p", "a", "-n", args.tokens + 1, "--ignore-end", "--temperature", "0",
               "--threads", args.threads, "--ctx", 512, "--transport", "in-process", "--json"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=environment, timeout=600)
    if done.returncode != 0:
        sys.exit(f"hearth failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)["timings"]["decode_tok_s"]


def measure(args, model, home):
    pairs = []
    peer_build = ""
    for i in range(args.runs + 1):
        if not args.busy:
            wait_until_idle()
        order = ["hearth", "llama-bench"] if i % 2 else ["llama-bench", "hearth"]
        sample = {"order": order}
        for who in order:
            if who == "hearth":
                sample["hearth"] = hearth_tok_s(args, model, home)
            else:
                sample["llama-bench"], peer_build = llama_bench_tok_s(args, model)
        if i > 0:  # the first pair warms the page cache
            pairs.append(sample)
    return pairs, peer_build


def main():
    args = arguments()
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.models or Path(scratch)
        print(f"{'model':<28}{'hearth tok/s':>14}{'llama-bench':>14}{'ratio':>8}  (medians of {args.runs}, {args.threads} threads)")
        for kind in args.types:
            model = make_model(args, folder, kind)
            pairs, peer_build = measure(args, model, scratch)
            ratio = statistics.median(p["hearth"] / p["llama-bench"] for p in pairs)
            ours, theirs = summary([p["hearth"] for p in pairs]), summary([p["llama-bench"] for p in pairs])
            print(f"{SHAPE + ' ' + kind:<28}{ours['median']:>14.2f}{theirs['median']:>14.2f}{ratio:>8.3f}")
            results.append({"model": SHAPE, "type": kind, "tokens": args.tokens, "threads": args.threads, "ratio_median": ratio,
                            "hearth": ours, "llama_bench": theirs, "llama_bench_build": peer_build, "samples": pairs})
    write_results("decode", {"results": results})


if __name__ == "__main__":
    main()
