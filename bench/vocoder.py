#!/usr/bin/env python3
"""Log-mel features to sound: Hearth's windows on OpenVINO against the TFLite reference runtime, interleaved.

Both sides run HiFi-GAN on the features of one recording (10.99 s of sound) on two threads, load and warm up before the clock
starts, and take turns run by run. The peer computes the whole at once, as its users do.
The peer's Python (with ai-edge-litert and numpy) is HEARTH_VOCODER_PEER_PYTHON or --python.
"""
import argparse
import json
import os
import subprocess
import sys

from measuring import ROOT, summary, wait_until_idle, write_results

SHARED = ROOT.parent / "shared"
MODELS = ("hifigan_float16.tflite", "hifigan_dr.tflite")
FEATURES = SHARED / "media/speech/jfk_mel80.npy"


class Side:
    """A program that answers each line with the seconds of one run, as JSON."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended with {self.process.wait()}")
        return json.loads(line)

    def run(self):
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def measure(args, model):
    sides = {"hearth": Side([args.program, SHARED / "models/tts" / model, FEATURES, args.threads]),
             "tflite": Side([args.python, ROOT / "bench/vocoder/peer.py", SHARED / "models/tts" / model, FEATURES, args.threads])}
    samples = {who: [] for who in sides}
    first = []
    for _ in range(args.runs):
        for who, side in sides.items():
            told = side.run()
            samples[who].append(told["processing_s"] / told["audio_s"])
            if who == "hearth":
                first.append(told["first_audio_s"] * 1000)
    for side in sides.values():
        side.end()
    rtf = {who: summary(each) for who, each in samples.items()}
    ratio = rtf["hearth"]["median"] / rtf["tflite"]["median"]
    print(f"{model}: RTF hearth {rtf['hearth']['median']:.4f}, tflite {rtf['tflite']['median']:.4f} ({ratio:.2f}); "
          f"first audio after {summary(first)['median']:.0f} ms")
    return {"model": model, "rtf": rtf, "ratio": ratio, "first_audio_ms": summary(first), "samples": samples,
            "versions": {who: side.facts["runtime"] for who, side in sides.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/release/tests/vocoder_speed")
    parser.add_argument("--python", default=os.environ.get("HEARTH_VOCODER_PEER_PYTHON", sys.executable))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--busy", action="store_true", help="measure although other programs run")
    args = parser.parse_args()
    idle = None if args.busy else wait_until_idle()
    results = [measure(args, model) for model in MODELS]
    write_results("vocoder", {"idle_share": idle, "threads": args.threads, "results": results})


if __name__ == "__main__":
    main()
