#!/usr/bin/env python3
"""Trains the router's intent network and writes data/router: intent.bin and the parity fixture.

    python tools/train/router/train.py --shared FOLDER --work build/router

FOLDER holds the shared intent data (train.jsonl, dev.jsonl). Seeds are fixed; one core, a few minutes. Every epoch is kept
in `work`: a run that was stopped goes on where it was.
"""
import argparse
import hashlib
import json
import random
from pathlib import Path

import torch  # before numpy, see word_vectors.py
import numpy as np

import augment
import compose
import corpus
import encoding
import word_vectors
from export import Quantised, rows_of
from network import IntentNetwork, batch_of, NGRAM_BUCKETS, TEACHER_DIM
from text_features import Row

SEED, VARIANTS, EPOCHS, BATCH = 1, 3, 6, 128
RATE, DECAY, KEEP_NGRAMS, KEEP_WORDS, CLASS_POWER, SMOOTHING = 4e-3, 1e-4, 0.75, 0.9, 0.35, 0.05
# A source of more rows than this counts as less than its rows, by the root, so that no source is what its class looks like.
SOURCE_ROWS = 600
REPLAY_PER_CLASS = 60


class Encoder:
    """Texts as the network takes them, and the word vectors that it holds."""

    def __init__(self, work):
        self.pieces, self.vectors = word_vectors.load(work, TEACHER_DIM)
        self.texts = encoding.Encoder(work, Quantised(IntentNetwork(self.vectors)).to_bytes(self.pieces))

    def row(self, row):
        """The reference's reading of one row with its flags."""
        return Row(row["text"], self.pieces, NGRAM_BUCKETS, row["flags"], row["n_chars"])

    def plain(self, rows, flags_of):
        return self.texts([(r["text"], r["n_chars"], flags_of(r)) for r in rows])

    def check(self, rows):
        """Stops when the program's reading is another than the reference's."""
        for row, text in zip(rows, rows_of(self.plain(rows, lambda r: r["flags"]))):
            wanted = self.row(row)
            order = [np.sort(wanted.ngrams[wanted.ngram_segments == s]) for s in (0, 1)]
            mine = [np.sort(text.ngrams[text.ngram_segments == s]) for s in (0, 1)]
            same = all(np.array_equal(a, b) for a, b in zip(order, mine)) and np.array_equal(wanted.pieces, text.pieces)
            if not same or not np.allclose(wanted.dense, text.dense, atol=1e-4):
                raise SystemExit(f"the program reads this text otherwise than the reference: {row['text'][:200]!r}")


def all_rows(shared):
    rows = corpus.training_rows(shared) + corpus.own()
    return rows + compose.composed(rows, SEED)


def labels_of(rows):
    return np.array([corpus.CLASS_OF[row["label"]] for row in rows])


def encoded_variants(rows, encode, seed):
    """[VARIANTS + 1] encodings of all rows: as they are, and varied."""
    rng = random.Random(seed)
    return [encode.texts([(augment.variant if k else augment.plain)(row, rng) for row in rows]) for k in range(VARIANTS + 1)]


def source_shares(rows):
    counts = {}
    for row in rows:
        counts[row["group"]] = counts.get(row["group"], 0) + 1
    return np.array([1.0 if row["group"] == "own" else min(1.0, (SOURCE_ROWS / counts[row["group"]]) ** 0.5) for row in rows])


class Training:
    """One network in training on some of the rows; its state is kept in `path` after every epoch."""

    def __init__(self, variants, truth, shares, rows, vectors, path, epochs, seed=SEED):
        self.variants, self.truth, self.rows, self.path, self.epochs, self.seed = variants, truth, rows, Path(path), epochs, seed
        self.shares = shares[rows] / shares[rows].sum()
        self.net = IntentNetwork(vectors, seed)
        counts = np.bincount(truth[rows], weights=shares[rows], minlength=len(corpus.CLASSES))
        self.weight = torch.tensor((counts.sum() / np.maximum(counts, 1) / len(counts)) ** CLASS_POWER, dtype=torch.float32)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
        steps = epochs * (len(rows) // BATCH)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, RATE, total_steps=steps + 1, pct_start=0.1)
        self.key = hashlib.sha256(repr((len(truth), rows.tolist(), epochs, seed, RATE, DECAY, KEEP_NGRAMS, KEEP_WORDS,
                                        float(variants[-1].dense.sum()))).encode()).hexdigest()
        self.done = 0
        if self.path.exists() and (kept := torch.load(self.path, weights_only=True))["key"] == self.key:
            self.net.load_state_dict(kept["net"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.schedule.load_state_dict(kept["schedule"])
            self.done = kept["done"]

    def epoch(self):
        rng = np.random.default_rng((self.seed, self.done))
        torch.manual_seed(self.seed * 1000 + self.done)
        order = rng.choice(self.rows, len(self.rows), p=self.shares)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            part = order[start:start + BATCH]
            batch = batch_of(self.variants[rng.integers(len(self.variants))], part, rng, KEEP_NGRAMS, KEEP_WORDS)
            loss = torch.nn.functional.cross_entropy(self.net(*batch), torch.from_numpy(self.truth[part]), weight=self.weight,
                                                     label_smoothing=SMOOTHING)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.schedule.step()
        self.done += 1

    def finish(self):
        """The trained network."""
        self.net.train()
        while self.done < self.epochs:
            self.epoch()
            torch.save({"key": self.key, "done": self.done, "net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(),
                        "schedule": self.schedule.state_dict()}, self.path)
            print(f"{self.path.name}: epoch {self.done} of {self.epochs}", flush=True)
        return self.net.eval()


def side_heads(hidden, degrade_ok, difficulty):
    """(weights, bias) twice, of degrade_ok's log odds and of difficulty's: fitted on the frozen hidden layer."""
    from sklearn.linear_model import LogisticRegression, Ridge
    scale = hidden.std(0) + 0.05
    # A poor answer costs more than a slow one: half as much again for what is wrongly called small enough.
    degrade = LogisticRegression(C=0.02, max_iter=2000, class_weight={0: 1.5, 1: 1.0}).fit(hidden / scale, degrade_ok)
    share = np.clip(np.asarray(difficulty) / 3, 0.03, 0.97)
    ridge = Ridge(alpha=60).fit(hidden / scale, np.log(share / (1 - share)))
    return (degrade.coef_[0] / scale, degrade.intercept_[0]), (ridge.coef_ / scale, ridge.intercept_)


def judged_rows():
    """Every hand-labelled row, those of degrade_test too: cross-validation scores them (evaluate.py), all train."""
    return [r for r in corpus.own() if "degrade_ok" in r] + corpus.held_out("degrade_test")


def fit_side_heads(model, encode):
    rows = judged_rows()
    hidden = model.hidden_of_texts(encode.plain(rows, lambda r: r["flags"]))
    heads = side_heads(hidden, [int(r["degrade_ok"]) for r in rows], [r["difficulty"] for r in rows])
    for output, (weight, bias) in zip((-2, -1), heads):
        model.out[output], model.out_bias[output] = weight, bias


def remember_rows(model, encode, rows, seed):
    """REPLAY_PER_CLASS rows of each class."""
    picked = [row for name in corpus.CLASSES for row in corpus.shuffled((r for r in rows if r["label"] == name), seed)[:REPLAY_PER_CLASS]]
    model.remember(model.hidden_of_texts(encode.plain(picked, lambda r: r["flags"])), labels_of(picked))


def write_fixture(path, model, encode, rows):
    """Texts of our own and what the reference computes for them, for the program's tests."""
    hard = ("", " ", "a", "?", "Zalgo: h̷̛̀ę̸l̶̢p", "x" * 3000, "word " * 900, "\u202eabc\u202c mirror", "{\"a\": 1, \"b\": [2]}", "図を見て", "é" * 900,
            "int main() {\n  return foo(1) && bar[2];\n}\n", "12345678 and 1234", "emoji 🙂🙂", "ＦＵＬＬ width", "Ẁorld Ǆ ŉ ß", "١٢٣؟", "a\0b")
    texts = [{"text": t, "flags": (0, 0, 0), "n_chars": len(t)} for t in hard] + corpus.shuffled(rows, 5)[:60]
    with open(path, "w", encoding="utf-8") as file:
        for row in texts:
            hidden = model.hidden_of(encode.row(row))
            file.write(json.dumps({"text": row["text"], "flags": row["flags"], "hidden": [round(float(h), 5) for h in hidden],
                                   "outputs": [round(float(o), 5) for o in model.outputs(hidden[None])[0]]}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--work", default="build/router")
    parser.add_argument("--out", default=Path(__file__).resolve().parents[3] / "data/router")
    args = parser.parse_args()
    torch.set_num_threads(1)
    out = Path(args.out)
    Path(args.work).mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    encode = Encoder(args.work)
    rows = all_rows(args.shared)
    encode.check(corpus.shuffled(rows, 3)[:200])
    print(len(rows), "rows", flush=True)
    truth, everything = labels_of(rows), np.arange(len(rows))
    training = Training(encoded_variants(rows, encode, SEED), truth, source_shares(rows), everything, encode.vectors,
                        Path(args.work) / "all.pt", EPOCHS)
    model = Quantised(training.finish())
    fit_side_heads(model, encode)
    remember_rows(model, encode, rows, SEED)
    (out / "intent.bin").write_bytes(model.to_bytes(encode.pieces))
    write_fixture(out / "parity.jsonl", model, encode, corpus.held_out("eval"))
    print("written; evaluate.py calibrates it and writes the card", flush=True)


if __name__ == "__main__":
    main()
