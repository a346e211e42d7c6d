#!/usr/bin/env python3
"""Products of quantised weights on the processor: the kernels in front of ggml's against ggml's own, in turn."""
import argparse
import json
import statistics

import measuring


def times(program, side):
    """{(product, columns): milliseconds} of one run of all products."""
    rows = [json.loads(line) for line in measuring.run([program, side]).splitlines() if line.startswith("{")]
    return {(row["product"], row["columns"]): row for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=measuring.ROOT / "build/release/tests/llama_kernel_timing")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="measure although other programs run")
    args = parser.parse_args()
    samples = []
    for i in range(args.repeats):
        if not args.busy:
            measuring.wait_until_idle()
        sides = ("ggml", "own") if i % 2 else ("own", "ggml")
        samples.append({side: times(args.program, side) for side in sides})
    results = []
    for key, row in samples[0]["own"].items():
        each = {side: [sample[side][key]["ms"] for sample in samples] for side in ("ggml", "own")}
        ratio = statistics.median(g / o for g, o in zip(each["ggml"], each["own"]))
        results.append({"product": key[0], "columns": key[1], "matrices": row["matrices"], "unit": "ms", "speedup": ratio,
                        "ggml": measuring.summary(each["ggml"]), "own": measuring.summary(each["own"]), "samples": each})
        print(f"{row['matrices']:>3} x {key[0]:<20} {key[1]:>3} rows   ggml {statistics.median(each['ggml']):8.2f} ms   "
              f"own {statistics.median(each['own']):8.2f} ms   {ratio:.2f}x")
    measuring.write_results("kernels", {"repeats": args.repeats, "busy": args.busy, "results": results})


if __name__ == "__main__":
    main()
