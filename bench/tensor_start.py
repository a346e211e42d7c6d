#!/usr/bin/env python3
"""Cold and warm start of the tensor runtimes: load and compile, without and with what an earlier start kept on disk."""
import argparse
import json
import os
import tempfile
from pathlib import Path

import measuring

MODELS = ("detect/yolox-nano.onnx", "detect/yolov8n-int8-dynamic.onnx", "detect/nanodet-m.xml", "detect/yolov8n-int8-dynamic.tflite")


def start(program, runtime, model, cache):
    """One start in a process of its own."""
    return json.loads(measuring.run([program, runtime, model, cache]).splitlines()[-1])


def measure(program, runtime, model, rounds):
    """Cold and warm starts, interleaved: each round has a folder of its own."""
    rows = {"cold": [], "warm": []}
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory() as cache:
            rows["cold"].append(start(program, runtime, model, cache))
            rows["warm"].append(start(program, runtime, model, cache))
    if rows["cold"][0]["from_cache"] or not all(row["from_cache"] for row in rows["warm"]):
        raise SystemExit(f"{runtime} on {model}: the cache was not used as it should be")
    return {kind: list(each)[1:] for kind, each in rows.items()}  # the first round warms the page cache


def main():
    parser = argparse.ArgumentParser(description=__doc__)
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
            results.append({"model": name, "runtime": rows["cold"][0]["runtime"], "unit": "ms", "ready": ready, "warm_share": ratio,
                            "held_bytes": rows["cold"][0]["held_bytes"], "estimated_bytes": rows["cold"][0]["estimated_bytes"],
                            "samples": rows})
            print(f"{runtime:<12}{name:<36} cold {ready['cold']['median']:8.1f} ms   warm {ready['warm']['median']:8.1f} ms   {ratio:.2f}")
    measuring.write_results("tensor_start", {"idle_share": idle, "results": results})


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent)
    main()
