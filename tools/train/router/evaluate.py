#!/usr/bin/env python3
"""Calibrates and measures data/router/intent.bin; writes its temperature, scores.json and CARD.md.

    python tools/train/router/evaluate.py --shared FOLDER --work build/router [--folds]

With --folds, networks are trained without whole sources in turn; their answers give the temperature. Without, the
temperature stays, and so does what the last run with folds found.
"""
import argparse
import json
from pathlib import Path

import torch

import card
import folds
import scores
import train
from export import Quantised


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--work", default="build/router")
    parser.add_argument("--out", default=Path(__file__).resolve().parents[3] / "data/router")
    parser.add_argument("--folds", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    out = Path(args.out)
    encode = train.Encoder(args.work)
    model = Quantised.read(out / "intent.bin")
    rows = train.all_rows(args.shared)
    known = json.loads((out / "scores.json").read_text()) if (out / "scores.json").exists() else {}
    left_out = None
    if args.folds:
        left_out = folds.leave_out(rows, train.encoded_variants(rows, encode, train.SEED), encode, args.work)
        model.temperature = scores.fitted_temperature(left_out[2], left_out[1])
    else:
        model.temperature = known.get("temperature", 1.0)
    model.abstain_below = 0.45
    card.write(out, card.Evaluation(model, encode, rows, left_out, args.shared, known))
    (out / "intent.bin").write_bytes(model.to_bytes(encode.pieces))


if __name__ == "__main__":
    main()
