#!/usr/bin/env python3
"""The loop: hearth plan "chat, vision and voice on this machine, offline" && up --detach && verify && ledger && down, twice.

What the first lap measured corrects the second plan. Both plans are held against what the second lap measures, which neither
has seen: the second one has to be nearer by far.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from hearth_server import ROOT, free_port  # noqa: E402

WISH = "chat, vision and voice on this machine, offline"
STARTER = ROOT / "data/starter/hearth-starter.gguf"
DETECTOR = ROOT.parent / "shared/models/detect/yolov8n-int8-dynamic.onnx"
SPEED = ("decode_tok_s", "prefill_tok_s", "ttft_ms", "latency_ms", "fps")
HELD_OR_NOT = (0, 7)  # verify: all figures within their bounds, or some not
NEARER = 2  # times, at least; five and more on a machine that does nothing else


class Hearth:
    def __init__(self, program, home):
        self.program, self.environment, self.faults = program, dict(os.environ, HEARTH_HOME=str(home)), []

    def __call__(self, *words, allowed=(0,)):
        done = subprocess.run([str(self.program), *map(str, words), "--json"], capture_output=True, text=True, timeout=400,
                              env=self.environment, check=False)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = {}
        if done.returncode not in allowed:
            self.faults.append(f"hearth {words[0]} ended with {done.returncode}: {done.stdout[-600:]}{done.stderr[-600:]}")
        return document


def lap(hearth, models):
    """The figures that were projected and measured, by check."""
    plan = hearth("plan", WISH, *(word for model in models for word in ("-m", model)))
    tasks = {choice["task"] for choice in plan.get("choices", ())}
    if "chat" not in tasks or not tasks & {"vision", "detect"} or not tasks & {"stt", "tts"}:
        hearth.faults.append(f"the plan has no chat, vision and voice: {sorted(tasks)}")
    hearth("up", "--detach", "--port", free_port())
    try:
        report = hearth("verify", "--seconds", "1", "--repeats", "3", allowed=HELD_OR_NOT)
        if not hearth("ledger").get("records"):
            hearth.faults.append("the ledger has no records")
    finally:
        hearth("down")
    for check in report.get("checks", ()):
        if check["name"].endswith(".load") and check.get("pass") is False:
            hearth.faults.append(f"{check['name']}: {check.get('note')}")
    return {check["name"]: check for check in report.get("checks", ())
            if check.get("metric") in SPEED and check.get("projected") and check.get("measured")}


def error(projected, measured, names):
    """The mean distance between projected and measured: |log of their ratio|."""
    return sum(abs(math.log(measured[name]["measured"] / projected[name]["projected"])) for name in names) / len(names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    options = parser.parse_args()
    models = [STARTER] + (["yolov8n"] if DETECTOR.exists() else [])
    with tempfile.TemporaryDirectory(prefix="hearth-loop-") as home:
        hearth = Hearth(options.program, home)
        if DETECTOR.exists():
            hearth("models", "add", DETECTOR, "--name", "yolov8n")
        first = lap(hearth, models)
        second = lap(hearth, models)
    names = sorted(first.keys() & second.keys())
    wanted = {"chat.ttft", "chat.prefill", "chat.decode"} | ({"detect.latency"} if DETECTOR.exists() else set())
    if not wanted <= set(names):
        hearth.faults.append(f"not measured in both laps: {sorted(wanted - set(names))}")
    else:
        for name in names:
            print(f"{name}: planned {first[name]['projected']:.4g}, then {second[name]['projected']:.4g}; measured "
                  f"{first[name]['measured']:.4g}, then {second[name]['measured']:.4g}"
                  f"{' beside other programs' if second[name].get('disturbed') else ''}")
        before, after = error(first, second, names), error(second, second, names)
        print(f"mean |log(measured / projected)| of the first plan {before:.3f}, of the second {after:.3f}")
        if not after * NEARER < before:
            hearth.faults.append(f"the second plan is not {NEARER} times nearer: {before:.3f}, then {after:.3f}")
    if not DETECTOR.exists():
        print("without the shared models: vision was planned and not measured")
    for fault in hearth.faults:
        print("FAULT:", fault)
    return 1 if hearth.faults else 0


if __name__ == "__main__":
    sys.exit(main())
