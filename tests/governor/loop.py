#!/usr/bin/env python3
"""The loop: hearth plan "chat, vision and voice on this machine, offline" && up --detach && verify && ledger && down, twice.

What was measured corrects the next plan. The first plan and the last one are held against what the last lap measures, which
neither has seen: the last one has to be nearer by far. A machine that is another one in each lap, because of what else runs on
it, teaches nothing: laps are added until two in a row measure about the same; where none do, the test is skipped.
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
from hearth_server import ROOT, SKIPPED, free_port  # noqa: E402

WISH = "chat, vision and voice on this machine, offline"
STARTER = ROOT / "data/starter/hearth-starter.gguf"
DETECTOR = ROOT.parent / "shared/models/detect/yolov8n-int8-dynamic.onnx"
SPEED = ("decode_tok_s", "prefill_tok_s", "ttft_ms", "latency_ms", "fps")
HELD_OR_NOT = (0, 7)  # verify: all figures within their bounds, or some not
NEARER = 2  # times, at least; five and more on a machine that does nothing else
LAPS_MAX = 4
SAME = math.log(1.5)  # laps measure about the same: of the mean |log of their ratio|; far below what the first plan is off by


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


def distance(of, to, names, key="measured"):
    """The mean |log of the ratio| of what the lap `to` measured to the figures `key` of the lap `of`."""
    return sum(abs(math.log(to[name]["measured"] / of[name][key])) for name in names) / len(names)


def judge(laps, wanted):
    """(fault or None, whether it can be judged) of laps of which the last two are compared with the first."""
    first, before, last = laps[0], laps[-2], laps[-1]
    names = sorted(first.keys() & before.keys() & last.keys())
    if not wanted <= set(names):
        return f"not measured in all laps: {sorted(wanted - set(names))}", True
    for name in names:
        print(f"{name}: planned {first[name]['projected']:.4g}, then {last[name]['projected']:.4g}; measured "
              f"{before[name]['measured']:.4g}, then {last[name]['measured']:.4g}"
              f"{' beside other programs' if last[name].get('disturbed') else ''}")
    off_first, off_last = (distance(lap, last, names, "projected") for lap in (first, last))
    apart = distance(before, last, names)
    print(f"lap {len(laps)}: mean |log(measured / projected)| of the first plan {off_first:.3f}, of this one {off_last:.3f}; "
          f"measured since the lap before {apart:.3f}", flush=True)
    if off_last * NEARER < off_first:
        return None, True
    return f"plan {len(laps)} is not {NEARER} times nearer than the first: {off_first:.3f}, then {off_last:.3f}", apart <= SAME


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    options = parser.parse_args()
    models = [STARTER] + (["yolov8n"] if DETECTOR.exists() else [])
    wanted = {"chat.ttft", "chat.prefill", "chat.decode"} | ({"detect.latency"} if DETECTOR.exists() else set())
    with tempfile.TemporaryDirectory(prefix="hearth-loop-") as home:
        hearth = Hearth(options.program, home)
        if DETECTOR.exists():
            hearth("models", "add", DETECTOR, "--name", "yolov8n")
        else:
            print("without the shared models: vision was planned and not measured")
        laps, fault, judged = [lap(hearth, models)], None, False
        while not (judged or hearth.faults or len(laps) == LAPS_MAX):
            laps.append(lap(hearth, models))
            fault, judged = judge(laps, wanted)
    faults = hearth.faults + ([fault] if fault and judged else [])
    for each in faults:
        print("FAULT:", each)
    if faults:
        return 1
    if not judged:
        print(f"skipped: no two laps in a row measured about the same, other programs change the machine ({fault})")
    return 0 if judged else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
