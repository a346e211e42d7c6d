#!/usr/bin/env python3
"""Starts of the tensor runtimes: load and compile, without and with what an earlier start kept on disk.

Three of each, interleaved, in processes of their own: cold (nothing is kept), first (compiled and kept), warm (from what
was kept). What a process does once for all models, such as opening the library, is measured apart and is in none of them.
"""
import argparse
import hashlib
import json
import os
import tempfile
from pathlib import Path

import measuring

MODELS = ("detect/yolox-nano.onnx", "detect/yolov8n-int8-dynamic.onnx", "detect/nanodet-m.xml", "detect/yolov8n-int8-dynamic.tflite")


def start(program, runtime, model, *cache):
    """One start in a process of its own."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()  # which the host remembers by path, size and time of change
    return json.loads(measuring.run([program, runtime, model, digest, *cache]).splitlines()[-1])


def measure(program, runtime, model, rounds):
    """Starts of all kinds, interleaved: each round has a folder of its own."""
    rows = {"cold": [], "first": [], "warm": []}
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory() as cache:
            rows["cold"].append(start(program, runtime, model))
            rows["first"].append(start(program, runtime, model, cache))
            rows["warm"].append(start(program, runtime, model, cache))
    if rows["first"][0]["from_cache"] or not all(row["from_cache"] for row in rows["warm"]):
        raise SystemExit(f"{runtime} on {model}: the cache was not used as it should be")
    return {kind: list(each)[1:] for kind, each in rows.items()}  # the first round warms the page cache


def line_of(result):
    ready = {kind: result["ready"][kind]["median"] for kind in result["ready"]}
    return (f"{result['runtime']:<20}{result['model']:<36} once {result['once']['median']:6.1f} ms   cold {ready['cold']:7.1f}   "
            f"first {ready['first']:7.1f}   warm {ready['warm']:7.1f}   {result['warm_share']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=measuring.ROOT / "build/release/tests/tensor_start")
    parser.add_argument("--models", type=Path, default=measuring.ROOT.parent / "shared/models")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--busy", action="store_true", help="measure although other programs run")
    args = parser.parse_args()
    idle = None if args.busy else measuring.wait_until_idle()
    results = []
    for name in MODELS:
        for runtime in ("onnxruntime", "openvino"):
            if runtime == "onnxruntime" and not name.endswith(".onnx"):
                continue
            rows = measure(args.program, runtime, args.models / name, args.rounds)
            ready = {kind: measuring.summary([row["ready_ms"] for row in each]) for kind, each in rows.items()}
            ratio = ready["warm"]["median"] / ready["cold"]["median"]
            once = measuring.summary([row["once_ms"] for each in rows.values() for row in each])
            results.append({"model": name, "runtime": rows["cold"][0]["runtime"], "unit": "ms", "once": once, "ready": ready, "warm_share": ratio,
                            "held_bytes": rows["cold"][0]["held_bytes"], "estimated_bytes": rows["cold"][0]["estimated_bytes"],
                            "samples": rows})
            print(line_of(results[-1]))
    measuring.write_results("tensor_start", {"idle_share": idle, "results": results})


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent)
    main()
