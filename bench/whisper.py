#!/usr/bin/env python3
"""Whisper by Hearth against whisper-cli of the same source: the same weights, sound, threads and ways of decoding, interleaved.

Both are timed as programs from start to end, with a model in ggml's form: --model, or one of Whisper tiny's shape with random
weights, whose answers mean nothing and cost what they cost. What is understood must be alike.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, summary, wait_until_idle, write_results

SHARED = ROOT.parent / "shared"
DEPS = ROOT / "build/deps"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--cli", type=Path, default=DEPS / "whisper/bin/whisper-cli")
    parser.add_argument("--backends", type=Path, default=DEPS / "llama/bin", help="where ggml's kernels lie")
    parser.add_argument("--model", type=Path, help="a Whisper model in ggml's form")
    parser.add_argument("--sound", type=Path, default=SHARED / "media/speech/jfk.wav")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    return parser.parse_args()


def timed(command, **more):
    """Seconds and standard output of a command that must succeed."""
    started = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, check=False, **more)
    took_s = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return took_s, done.stdout


def words(text):
    """Without the times that whisper-cli sets before each segment."""
    return re.sub(r"\s+", " ", re.sub(r"\[[0-9:.]+ --> [0-9:.]+\]", " ", text)).strip()


def main():
    """Interleaved samples of both programs; writes bench/results/whisper.json."""
    args = arguments()
    if not args.cli.exists():
        sys.exit(f"there is no whisper-cli at {args.cli}; ./dev setup builds it")
    if not args.busy:
        wait_until_idle()
    threads = os.cpu_count()
    samples = {"hearth": [], "whisper-cli": []}
    with tempfile.TemporaryDirectory() as folder:
        model = args.model or Path(folder) / "tiny.bin"
        if not args.model:
            timed([sys.executable, ROOT / "tools/whisper/make_whisper.py", model, "--state", 384, "--layers", 4])
        ours = [args.hearth, "run", "transcribe", "-m", model, args.sound, "--json"]
        theirs = [args.cli, "-m", model, "-f", args.sound, "-t", threads, "-l", "auto" if args.model else "en", "-np"]
        environment = dict(os.environ, HEARTH_HOME=folder)
        timed(ours, env=environment)  # in a worker the first time: from now on in this process
        for _ in range(args.runs):
            took_s, out = timed(ours, env=environment)
            samples["hearth"].append(took_s)
            said = json.loads(out)
            took_s, out = timed(theirs, cwd=args.backends)
            samples["whisper-cli"].append(took_s)
    alike = words(said["text"]) == words(out)
    speeds = {who: summary(taken) for who, taken in samples.items()}
    ratio = speeds["hearth"]["median"] / speeds["whisper-cli"]["median"]
    rtf = speeds["hearth"]["median"] / said["audio_s"]
    print(f"hearth {speeds['hearth']['median']:.2f} s (RTF {rtf:.3f}), whisper-cli {speeds['whisper-cli']['median']:.2f} s, "
          f"ratio {ratio:.3f}; transcripts are {'alike' if alike else 'NOT alike'}")
    write_results("whisper", {"threads": threads, "model": args.model.name if args.model else "tiny's shape, random weights",
                              "audio_s": said["audio_s"], "seconds": speeds, "ratio": ratio, "rtf": rtf, "transcripts_alike": alike,
                              "samples": samples})


if __name__ == "__main__":
    main()
