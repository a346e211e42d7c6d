#!/usr/bin/env python3
"""How many streams of speech one machine writes down in real time: recordings at the rate at which they were spoken, a voice
detector and the floor engine, for two minutes of wall clock.

A number of streams is kept up with when every utterance that ended was told, the last word came at most DELAY_MAX_S after the
last sample, and nothing failed; partial results may be left out under load, and are counted. Memory is that of all processes.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

from measuring import ROOT, wait_until_idle, write_results

SHARED = ROOT.parent / "shared"
RATE = 16000
DELAY_MAX_S = 5.0  # the longest clip takes the floor about two seconds
PAUSE_S = 1.0      # between clips, so that each is an utterance of its own


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearth", default=os.environ.get("HEARTH_PROGRAM", ROOT / "build/release/bin/hearth"))
    parser.add_argument("--vad", default=SHARED / "models/vad/silero_vad.onnx", help="the voice detector; none: no detector")
    parser.add_argument("--streams", nargs="+", type=int, default=[6, 8, 10])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--no-partials", action="store_true")
    parser.add_argument("--busy", action="store_true", help="measure although other work runs")
    return parser.parse_args()


def clip_samples(path):
    """16-bit mono samples of a clip at 16 kHz; None for another kind of file."""
    with wave.open(str(path), "rb") as clip:
        if clip.getframerate() != RATE or clip.getsampwidth() != 2 or clip.getnchannels() != 1:
            return None
        return clip.readframes(clip.getnframes())


def write_streams(folder, n, seconds):
    """n recordings of that length: the clips one after the other, each stream from another one on."""
    clips = [c for c in (clip_samples(p) for p in sorted((SHARED / "media/speech").glob("*.wav"))) if c]
    if not clips:
        sys.exit("the recordings of ../shared/media/speech are not here")
    paths = []
    for stream in range(n):
        sound, at = bytearray(), stream
        while len(sound) < seconds * RATE * 2:
            sound += clips[at % len(clips)] + bytes(int(PAUSE_S * RATE) * 2)
            at += 1
        paths.append(Path(folder) / f"stream{stream:02}.wav")
        with wave.open(str(paths[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(bytes(sound[:int(seconds * RATE) * 2]))
    return paths


def tree_rss_bytes(root):
    """Resident memory of a process and its children. Source: proc(5), stat and statm."""
    parents, page = {}, os.sysconf("SC_PAGE_SIZE")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    family = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        if not more:
            break
        family |= more
    total = 0
    for pid in family:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
        except OSError:
            continue
    return total


def watch(process, samples):
    while process.poll() is None:
        samples.append(tree_rss_bytes(process.pid))
        time.sleep(1)


def command_of(args, paths, home, realtime=True):
    command = [args.hearth, "run", "transcribe", "--stream", "--json", "--at-once", len(paths)]
    command += ["--realtime"] if realtime else []
    command += ["--no-partials"] if args.no_partials or not realtime else []
    command += ["--vad", args.vad] if str(args.vad) != "none" else []
    return [str(word) for word in [*command, *paths]], dict(os.environ, HEARTH_HOME=home)


def transcripts(args, paths, home):
    """What each stream says when nothing presses: the utterances that must not be lost."""
    command, environment = command_of(args, paths, home, realtime=False)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=3600, check=False)
    if done.returncode != 0:
        sys.exit(f"hearth failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return {line["path"]: line for line in map(json.loads, done.stdout.splitlines()) if line.get("event") == "end"}


def measure(args, paths, expected, home):
    """Some streams at once: whether they were kept up with, and how."""
    n = len(paths)
    command, environment = command_of(args, paths, home)
    started, memory = time.monotonic(), []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    watcher = threading.Thread(target=watch, args=(process, memory))
    watcher.start()
    out, err = process.communicate(timeout=args.seconds * 4 + 120)
    watcher.join()
    wall_s = time.monotonic() - started
    if process.returncode != 0:
        sys.exit(f"hearth failed: {out[-500:]}{err[-500:]}")
    lines = [json.loads(line) for line in out.splitlines()]
    ends = [line for line in lines if line.get("event") == "end"]
    lost = sum(1 for end in ends if end["text"] != expected[end["path"]]["text"])
    late_s = max(end["took_s"] - end["audio_s"] for end in ends)
    delays = sorted(line["delay_s"] for line in lines if line.get("event") == "final")
    half = len(memory) // 2
    result = {"streams": n, "wall_s": wall_s, "utterances": sum(e["utterances"] for e in ends),
              "streams_that_differ": lost, "late_s": late_s, "delay_median_s": delays[len(delays) // 2], "delay_max_s": delays[-1],
              "partials": sum(e["partials"] for e in ends), "partials_dropped": sum(e["partials_dropped"] for e in ends),
              "rss_first_half_max_bytes": max(memory[:half] or [0]), "rss_second_half_max_bytes": max(memory[half:] or [0])}
    result["kept_up"] = len(ends) == n and lost == 0 and late_s <= DELAY_MAX_S and delays[-1] <= DELAY_MAX_S
    print(f"{n} streams: {'kept up' if result['kept_up'] else 'fell behind'}, finals after {result['delay_median_s']:.2f} s "
          f"(at most {result['delay_max_s']:.2f}), {lost} of {n} transcripts differ, {result['partials']} partial results, "
          f"{result['partials_dropped']} left out, {result['rss_second_half_max_bytes'] / 2**20:.0f} MiB")
    return result


def main():
    """Measures each number of streams and writes bench/results/speech.json."""
    args = arguments()
    if not args.busy:
        wait_until_idle()
    results = []
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        paths = write_streams(folder, max(args.streams), args.seconds)
        expected = transcripts(args, paths, home)
        for n in sorted(args.streams):
            results.append(measure(args, paths[:n], expected, home))
            if not results[-1]["kept_up"]:
                break
    most = max((r["streams"] for r in results if r["kept_up"]), default=0)
    print(f"most streams in real time: {most}")
    write_results("speech", {"seconds": args.seconds, "detector": str(args.vad) != "none", "partials": not args.no_partials,
                             "streams_in_real_time": most, "results": results})


if __name__ == "__main__":
    main()
