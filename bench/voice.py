#!/usr/bin/env python3
"""How long after somebody has stopped speaking the first sound of the answer comes, stage by stage, in real time.

Recordings of at most LONGEST_S seconds come as fast as they were spoken, one after the other with pauses of PAUSE_S, through a
voice detector, the floor engine, the starter model and the default voice. Times count from when it was known that the utterance
is over; the silence that it takes to know it (the hang-over) is a setting and told apart.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from measuring import ROOT, summary, wait_until_idle, write_results

SHARED = ROOT.parent / "shared"
RATE = 16000
LONGEST_S = 5.0
PAUSE_S = 3.0
AIM_MS = 500
# Each counts from the one before; the last is what is heard.
STAGES = ("text", "first_token", "first_sentence", "first_audio")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--vad", default=SHARED / "models/vad/silero_vad.onnx")
    parser.add_argument("--seconds", type=float, default=75, help="at most so much of speech and pauses")
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    return parser.parse_args()


def write_talk(path, seconds):
    """The recordings that are short enough, one behind the other; how many there are."""
    n = 0
    with wave.open(str(path), "wb") as talk:
        talk.setnchannels(1)
        talk.setsampwidth(2)
        talk.setframerate(RATE)
        for file in sorted((SHARED / "media/speech").glob("*.wav")):
            with wave.open(str(file), "rb") as clip:
                is_plain = (clip.getframerate(), clip.getsampwidth(), clip.getnchannels()) == (RATE, 2, 1)
                if not is_plain or clip.getnframes() > LONGEST_S * RATE:
                    continue
                if talk.getnframes() + clip.getnframes() + PAUSE_S * RATE > seconds * RATE:
                    break
                talk.writeframes(clip.readframes(clip.getnframes()) + bytes(int(PAUSE_S * RATE) * 2))
            n += 1
    if n == 0:
        sys.exit("the recordings of ../shared/media/speech are not here")
    return n


def main():
    """Measures once, each utterance a sample, and writes bench/results/voice.json."""
    args = arguments()
    idle = None if args.busy else wait_until_idle()
    with tempfile.TemporaryDirectory() as folder:
        talk = Path(folder) / "talk.wav"
        n = write_talk(talk, args.seconds)
        command = [args.hearth, "run", "voice", talk, "-o", Path(folder) / "replies.wav", "--vad", args.vad, "--realtime", "--json"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                              env=dict(os.environ, HEARTH_HOME=folder), timeout=args.seconds * 3 + 120)
    if done.returncode != 0:
        sys.exit(f"hearth failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    turns = [line for line in map(json.loads, done.stdout.splitlines()) if line["stages_ms"]["first_audio"] is not None]
    if not turns:
        sys.exit("nothing was answered")
    before, stages = 0, {}
    for name in STAGES:
        stages[name] = summary([turn["stages_ms"][name] for turn in turns])
        print(f"{name:15} {stages[name]['median']:6.0f} ms ({stages[name]['median'] - before:+.0f}), at most {stages[name]['max']:.0f}")
        before = stages[name]["median"]
    late = sum(turn["stages_ms"]["first_audio"] > AIM_MS for turn in turns)
    early = sum(turn["stages_ms"]["first_audio"] < turn["stages_ms"]["last_token"] for turn in turns)
    print(f"{n} recordings, {len(turns)} answers; {late} began after more than {AIM_MS} ms, {early} before they were written to the end")
    write_results("voice", {"idle_share": idle, "recordings": n, "answers": len(turns), "later_than_aim": late, "aim_ms": AIM_MS,
                            "spoken_before_written": early, "stages_ms": stages, "samples": [turn["stages_ms"] for turn in turns]})


if __name__ == "__main__":
    main()
