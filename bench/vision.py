#!/usr/bin/env python3
"""JPEG bytes to boxes: `hearth run detect` against Python with OpenCV on ONNX Runtime and on OpenVINO, interleaved.

One stream and four. Both sides load and warm up before the clock starts, look at the same pictures and use all cores. Takes
about five minutes.
The peer's Python (with opencv-python-headless, onnxruntime, openvino, numpy) is HEARTH_VISION_PEER_PYTHON or --python.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, summary, wait_until_idle, write_results

SHARED = ROOT.parent / "shared"
MODELS = {
    "yolox-nano": ("models/detect/yolox-nano.onnx", "yolox", 416),
    "yolov8n": ("models/detect/yolov8n-int8-dynamic.onnx", "yolov8", 640),
    "nanodet-m": ("models/detect/nanodet-m.xml", "nanodet", 320),
}
SLOW = {"yolov8n"}  # takes half of the pictures: every sample is a second or more
BEHIND = 0.85  # of the best peer's median: a peer that never came closer in the first two rounds can't be the best


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--python", default=os.environ.get("HEARTH_VISION_PEER_PYTHON", sys.executable))
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--streams", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--engines", nargs="+", default=["onnxruntime", "openvino"])
    parser.add_argument("--runtime", help="of Hearth's side, instead of the one it chooses")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    return parser.parse_args()


def runtime_flags(args):
    return ["--runtime", args.runtime] if args.runtime else []


def hearth_sample(args, model, streams, pictures, home):
    """Images per second as the program tells at the end, and the phases' medians from its lines."""
    command = [args.hearth, "run", "detect", "-m", model, *runtime_flags(args), "--streams", streams, *pictures]
    environment = dict(os.environ, HEARTH_HOME=home)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=environment, timeout=600)
    told = re.search(r"([0-9.]+) FPS", done.stderr)
    if done.returncode != 0 or not told:
        sys.exit(f"hearth failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return {"images_per_s": float(told.group(1))}


def hearth_phases(args, model, pictures, home):
    command = [args.hearth, "run", "detect", "-m", model, *runtime_flags(args), "--json", *pictures]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=dict(os.environ, HEARTH_HOME=home), timeout=600)
    lines = [json.loads(line)["timings"] for line in done.stdout.splitlines()]
    return {name: statistics.median(line[name] for line in lines) for name in lines[0]}


def peer_sample(args, engine, name, streams, pictures):
    path, kind, side = MODELS[name]
    command = [args.python, ROOT / "bench/vision/peer.py", "--model", SHARED / path, "--kind", kind, "--side", side,
               "--engine", engine, "--streams", streams, *pictures]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        print(f"{engine} can't run {path}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def peers_of(args, model, streams):
    """Engine and streams of each peer, by name. Several streams: also as many as there are cores, which may suit it better."""
    engines = [engine for engine in args.engines if not (engine == "onnxruntime" and model.suffix == ".xml")]
    counts = [1] if streams == 1 else sorted({streams, len(os.sched_getaffinity(0))})
    return {engine if n == streams else f"{engine} with {n}": (engine, n) for engine in engines for n in counts}


def without_the_slow(peers, samples):
    """The peers that can still be the best one; the others' samples so far are kept."""
    fastest = max((statistics.median(s["images_per_s"] for s in samples[peer]) for peer in peers if samples[peer]), default=0)
    return {peer: how for peer, how in peers.items() if any(s["images_per_s"] >= BEHIND * fastest for s in samples[peer])}


def host_ms(phases):
    """What surrounds the inference of a picture."""
    return phases["decode_ms"] + phases["pre_ms"] + phases["post_ms"]


def measure(args, name, streams, pictures, home):
    """Interleaved samples of the program and of each peer that can run the file."""
    model = SHARED / MODELS[name][0]
    peers = peers_of(args, model, streams)
    samples = {"hearth": [], **{peer: [] for peer in peers}}
    hearth_sample(args, model, streams, pictures[:2], home)  # in a worker the first time: from now on in this process
    for number in range(args.runs):
        if number == 2:
            peers = without_the_slow(peers, samples)
        samples["hearth"].append(hearth_sample(args, model, streams, pictures, home))
        for peer, (engine, n) in peers.items():
            sample = peer_sample(args, engine, name, n, pictures)
            if sample is not None:
                samples[peer].append(sample)
    speeds = {who: summary([s["images_per_s"] for s in taken]) for who, taken in samples.items() if taken}
    measured = {who: figures for who, figures in speeds.items() if who != "hearth"}
    result = {"model": name, "streams": streams, "speeds": speeds, "samples": samples}
    if streams == 1:
        result["hearth_phases_ms"] = hearth_phases(args, model, pictures, home)
    if measured:
        best = max(measured, key=lambda who: measured[who]["median"])
        result["best_peer"] = best
        result["ratio"] = speeds["hearth"]["median"] / measured[best]["median"]
        host = ""
        if streams == 1:
            result["host_share"] = host_ms(result["hearth_phases_ms"]) / statistics.median(map(host_ms, samples[best]))
            host = f", decode + pre + post {result['host_share']:.2f} of the peer's"
        print(f"{name}, {streams} streams: hearth {speeds['hearth']['median']:.1f} images/s, {best} {measured[best]['median']:.1f}, "
              f"ratio {result['ratio']:.3f}{host}")
    return result


def main():
    """Measures all pairs and writes bench/results/vision.json."""
    args = arguments()
    pictures = sorted((SHARED / "media/coco128/images").glob("*.jpg"))[:args.pictures]
    if not pictures:
        sys.exit("the pictures of ../shared/media/coco128 are not here")
    if not args.busy:
        wait_until_idle()
    results = []
    with tempfile.TemporaryDirectory() as home:
        for name in args.models:
            for streams in args.streams:
                used = pictures[:len(pictures) // 2] if name in SLOW else pictures
                results.append({"pictures": len(used), **measure(args, name, streams, used, home)})
    write_results("vision", {"pictures": len(pictures), "results": results})


if __name__ == "__main__":
    main()
