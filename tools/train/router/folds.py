"""Whole sources left out in turn: how well requests of a source are told by a network that saw none of its rows.

Sources that share a fold hold rows of different classes, so that each is missed as if it were left out alone: every other
source of its classes trains. `baseline` is the data's linear one, retrained on the same public rows, and once more on all
rows that the network had, Hearth's own included.
"""
from pathlib import Path

import numpy as np

import baseline
import train
from network import logits_of

EPOCHS = 4
FOLDS = (("clinc", "t0-gigaword", "t0-imdb", "t0-commonsense"), ("bfcl", "t0-xsum", "t0-trec", "t0-hotpotqa"),
         ("home-assistant", "t0-cnn", "t0-rotten", "arena-hard"), ("snips", "daquar", "t0-dbpedia", "t0-duorc"),
         ("vllm-sr", "writingbench", "t0-amazon", "openclaw"), ("t0-passages",))
COLUMNS = ("text", "flags", "baseline_text", "baseline_flags", "baseline_own_text")


def big_groups(rows):
    """Groups that hold at least 50 rows of a class: those that are left out in turn."""
    counts = {}
    for row in rows:
        counts[row["group"], row["label"]] = counts.get((row["group"], row["label"]), 0) + 1
    return {group for (group, _), n in counts.items() if n >= 50 and group != "own"}


def _fold(number, left, rows, variants, encode, shares, work):
    truth = train.labels_of(rows)
    outside = np.array([row["group"] not in left for row in rows])
    inside = np.flatnonzero(~outside)
    training = train.Training(variants, truth, shares, np.flatnonzero(outside), encode.vectors, Path(work) / f"fold{number}.pt", EPOCHS)
    kept = Path(work) / f"fold{number}.npz"
    if kept.exists() and (known := np.load(kept))["key"] == training.key:
        return [known[name] for name in ("index", "truth", "text", "flags", "guesses")]
    net = training.finish()
    test = [rows[i] for i in inside]
    logits = [logits_of(net, encode.plain(test, flags)) for flags in (lambda r: (0, 0, 0), lambda r: r["flags"])]
    public = [row for row, out in zip(rows, outside) if out and row["group"] != "own"]
    guesses = [*baseline.guesses(public, test, (False, True)),
               *baseline.guesses([row for row, out in zip(rows, outside) if out], test, (False,))]
    np.savez(kept, key=training.key, index=inside, truth=truth[inside], text=logits[0], flags=logits[1], guesses=np.stack(guesses))
    print("without", left, *(f"{name} {np.mean(g == truth[inside]):.4f}" for name, g in
                             zip(COLUMNS, (logits[0].argmax(1), logits[1].argmax(1), *guesses))), flush=True)
    return inside, truth[inside], *logits, np.stack(guesses)


def leave_out(rows, variants, encode, work):
    """(row indices, truth, logits text only, logits with flags, baselines' guesses [3, n]) over all folds. What is done is
    kept in `work`."""
    left = {group for fold in FOLDS for group in fold}
    if left != big_groups(rows):
        raise SystemExit(f"folds.py leaves out {sorted(left)}, but the data ask for {sorted(big_groups(rows))}")
    shares = train.source_shares(rows)
    parts = [_fold(n, fold, rows, variants, encode, shares, work) for n, fold in enumerate(FOLDS)]
    index, truth, text, flags, guesses = zip(*parts)
    return tuple(map(np.concatenate, (index, truth, text, flags))) + (np.concatenate(guesses, axis=1),)
