#!/usr/bin/env python3
"""Language models: hearth against llama-bench and llama-server of the same llama.cpp, interleaved, on an idle machine.

Scenarios: in_process (prefill and decode without a server), one_stream (the same through HTTP), clients (the recorded mix
of prompts in a closed loop), poisson (the same mix arriving by itself), restart (a long prompt again after a restart).
Both servers get one client program, threads, slots, context and cache type; the results hold every request's times.
All scenarios of all models take over an hour. What is measured replaces the same model's same scenario in the results and
leaves the others, each with its time and commit, where these were measured with the same settings.
"""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, commit, now, read_results, run, write_results
from serving import scenarios
from serving.figures import median_of
from serving.in_process import in_process

SCENARIOS = {"in_process": in_process, "one_stream": scenarios.one_stream, "clients": scenarios.clients,
             "poisson": scenarios.poisson, "restart": scenarios.restart}
MADE = ["qwen2.5-0.5b:Q4_0", "qwen2.5-0.5b:Q4_K_M", "llama-3.2-1b:Q4_0", "llama-3.2-1b:Q4_K_M"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hearth", type=Path, default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--peers", type=Path, default=os.environ.get("HEARTH_PEER_DIR", ""), help="folder with llama-bench, llama-server")
    parser.add_argument("--make-gguf", type=Path, default=ROOT / "build/release/bin/make_gguf")
    parser.add_argument("--models", nargs="+", default=MADE, metavar="SHAPE:TYPE", help="made models, or GGUF files")
    parser.add_argument("--folder", type=Path, help="folder for the made models (default: a temporary one)")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), help="scenarios")
    parser.add_argument("--repeats", type=int, default=5, help="samples of each side")
    parser.add_argument("--requests", type=int, default=48, help="of the mix")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--kv-type", default="f16")
    parser.add_argument("--quick", action="store_true", help="2 repeats of 16 requests")
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    parser.add_argument("--name", default="llm", help="results go to bench/results/NAME.json")
    args = parser.parse_args()
    if args.quick:
        args.repeats, args.requests = 2, 16
    return args


def check(args):
    """One sentence before anything runs, rather than a failure in the middle."""
    for program in (args.hearth, args.peers / "llama-bench", args.peers / "llama-server", args.peers / "llama-batched-bench"):
        if not program.is_file():
            sys.exit(f"there is no {program}; ./dev bench llm builds it, or name it with --hearth and --peers")
    if args.repeats < 1 or args.requests < args.clients or args.clients < 1:
        sys.exit("--repeats and --clients must be at least 1, and --requests at least --clients")


def model_file(args, folder, name):
    """(path, whether its vocabulary is synthetic) of a made model or a given file."""
    if name.endswith(".gguf"):
        return Path(name), False
    shape, _, kind = name.partition(":")
    path = folder / f"{shape}-{kind}.gguf"
    if not path.exists():
        run([args.make_gguf, "--shape", shape, "--type", kind, "--out", path], timeout_s=1800)
    return path, True


def line_of(name, found):
    """One line of the summary."""
    if name == "in_process":
        return f"prefill {found['prefill_ratio']:.3f}x, decode {found['decode_ratio']:.3f}x llama-bench"
    if name == "one_stream":
        own = [(run["own_share"], run["cache_share"]) for run in found["runs"]["hearth"] if "own_share" in run]
        return (f"prefill {found['prefill_ratio']:.3f}x, decode {found['decode_ratio']:.3f}x llama-server" +
                (f", own processor time at most {100 * max(own)[0]:.2f} % of the steps' time, the cache's {100 * max(c for _, c in own):.2f} %" if own else ""))
    if name == "restart":
        return f"TTFT from the disk 1/{found['cold_to_restored']:.1f} of computing it"
    ours, theirs = found["runs"]["hearth"], found["runs"]["llama-server"]
    return (f"{median_of(ours, 'completion_tok_s'):.1f} against {median_of(theirs, 'completion_tok_s'):.1f} tok/s ({found['throughput_ratio']:.2f}x), "
            f"roofline {median_of(ours, 'roofline_tok_s'):.1f} (share {median_of(ours, 'roofline_share'):.2f}, peer "
            f"{median_of(theirs, 'roofline_share'):.2f}), p95 TTFT {median_of(ours, 'ttft_ms', 'p95') / 1e3:.2f} against "
            f"{median_of(theirs, 'ttft_ms', 'p95') / 1e3:.2f} s ({found['ttft_p95_ratio']:.2f}x), worst gap "
            f"{max(r['worst_gap_ms'] for r in ours):.0f} against {max(r['worst_gap_ms'] for r in theirs):.0f} ms, "
            f"{sum(r['streams_over_gap_bound'] for r in ours)} streams over the bound, failed {sum(r['failed'] for r in ours)}/"
            f"{sum(r['failed'] for r in theirs)}")


def earlier(args):
    """The results so far, or empty ones where they were measured otherwise."""
    settings = {key: getattr(args, key) for key in ("repeats", "requests", "clients", "threads", "kv_type", "busy")}
    found = read_results(args.name)
    return {"settings": settings, "models": found["models"] if found and found["settings"] == settings else {}}


def main():
    args = arguments()
    check(args)
    document = earlier(args)
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.models:
            path, synthetic = model_file(args, args.folder or Path(scratch), name)
            bench = scenarios.Bench(hearth=args.hearth, peers=args.peers, model=path, synthetic=synthetic, threads=args.threads,
                                    repeats=args.repeats, requests=args.requests, clients=args.clients, kv_type=args.kv_type, busy=args.busy)
            results = document["models"].setdefault(path.stem, {})
            for scenario in args.only:
                begin = time.monotonic()
                results[scenario] = {"time": now(), "commit": commit(), **SCENARIOS[scenario](bench)}
                print(f"{path.stem} {scenario}: {line_of(scenario, results[scenario])}  [{time.monotonic() - begin:.0f} s]", flush=True)
                write_results(args.name, document, quiet=True)
            if not args.folder and synthetic:
                path.unlink()
    write_results(args.name, document)


if __name__ == "__main__":
    main()
