#!/usr/bin/env python3
"""Holds `hearth eval wer` against jiwer on made-up transcripts: same errors by words, over single texts and over all."""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "clients"), str(ROOT / "tests" / "support")]
from client_environment import python_with_transcript_evaluation  # noqa: E402
from hearth_server import SKIPPED, Skip  # noqa: E402

WORDS = "the of and a to in he you it that was for on are with as his they be at one have this from by".split()


def heard(rng, words):
    """What a mediocre listener would write down: words lost, mistaken, doubled."""
    out = []
    for word in words:
        kind = rng.random()
        if kind < 0.1:
            continue
        out.append(rng.choice(WORDS) if kind < 0.25 else word)
        if kind > 0.9:
            out.append(rng.choice(WORDS))
    return out


def ours(program, references, transcripts):
    with tempfile.TemporaryDirectory() as folder:
        for name, texts in (("said", references), ("understood", transcripts)):
            Path(folder, name).write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        run = subprocess.run([program, "eval", "wer", f"{folder}/said", f"{folder}/understood", "--as-is", "--json"],
                             capture_output=True, text=True, check=True, env={**os.environ, "HEARTH_HOME": folder})
        return json.loads(run.stdout)


def compare(program, rounds):
    import jiwer

    rng = random.Random(7)
    for _ in range(rounds):
        references = [" ".join(rng.choices(WORDS, k=rng.randint(1, 40))) for _ in range(rng.randint(1, 12))]
        transcripts = [" ".join(heard(rng, text.split())) for text in references]
        theirs = jiwer.process_words(references, transcripts)
        found = ours(program, references, transcripts)
        counts = found["substitutions"] + found["deletions"] + found["insertions"]
        assert counts == theirs.substitutions + theirs.deletions + theirs.insertions, (references, transcripts)
        assert abs(found["wer"] - theirs.wer) < 1e-12, (found["wer"], theirs.wer)
        for text, reference, transcript in zip(found["texts"], references, transcripts):
            assert abs(text["wer"] - jiwer.wer(reference, transcript)) < 1e-12, (reference, transcript)
    print(f"equal to jiwer in {rounds} rounds")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the private environment is made")
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        compare(options.program, options.rounds)
        return 0
    try:
        python = python_with_transcript_evaluation(options.folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    return subprocess.run([python, __file__, *sys.argv[1:], "--inside"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
