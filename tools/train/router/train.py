#!/usr/bin/env python3
"""Trains the router's intent network and writes data/router: intent.bin and the parity fixture.

    python tools/train/router/train.py --shared FOLDER --work build/router

FOLDER holds the shared intent data (train.jsonl, dev.jsonl). Seeds are fixed; one core, a few minutes.
"""
import argparse
import json
import random
from pathlib import Path

import torch  # before numpy, see word_vectors.py
import numpy as np

import augment
import compose
import corpus
import word_vectors
from export import Quantised
from network import Encoded, IntentNetwork, batch_of, NGRAM_BUCKETS, WORD_DIM
from text_features import Row

SEED, VARIANTS, EPOCHS, FOLDS, FOLD_EPOCHS, BATCH = 1, 2, 8, 5, 3, 64
RATE, DECAY, KEEP_NGRAMS, CLASS_POWER, SMOOTHING = 3e-3, 1e-4, 0.75, 0.35, 0.05
REPLAY_PER_CLASS = 60


class Encoder:
    def __init__(self, work):
        self.pieces, self.vectors = word_vectors.load(work, WORD_DIM)

    def row(self, text, n_chars, flags):
        return Row(text, self.pieces, NGRAM_BUCKETS, flags, n_chars)

    def __call__(self, text, n_chars, flags):
        return Encoded(self.row(text, n_chars, flags), self.vectors)

    def plain(self, row, with_flags):
        return self(row["text"], row["n_chars"], row["flags"] if with_flags else (0, 0, 0))


def all_rows(shared):
    rows = corpus.training_rows(shared) + corpus.own()
    return rows + compose.composed(rows, SEED)


def labels_of(rows):
    return np.array([corpus.CLASS_OF[row["label"]] for row in rows])


def encoded_variants(rows, encode, seed):
    rng = random.Random(seed)
    return [[encode(*augment.plain(row, rng))] + [encode(*augment.variant(row, rng)) for _ in range(VARIANTS)] for row in rows]


def fit(items, truth, epochs, seed=SEED):
    """A network trained on `items`, lists of variants of which each epoch sees one."""
    net = IntentNetwork(seed)
    counts = np.bincount(truth, minlength=len(corpus.CLASSES))
    weight = torch.tensor((counts.sum() / np.maximum(counts, 1) / len(counts)) ** CLASS_POWER, dtype=torch.float32)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    order_rng, variant_rng = np.random.default_rng(seed), random.Random(seed)
    steps = epochs * (len(items) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1, pct_start=0.1)
    net.train()
    for _ in range(epochs):
        order = order_rng.permutation(len(items))
        for start in range(0, len(items) - BATCH + 1, BATCH):
            part = order[start:start + BATCH]
            batch = batch_of([variant_rng.choice(items[i]) for i in part], order_rng, KEEP_NGRAMS)
            loss = torch.nn.functional.cross_entropy(net(*batch), torch.tensor(truth[part]), weight=weight, label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def logits_of(net, items):
    with torch.no_grad():
        return np.concatenate([net(*batch_of(items[s:s + 256])).numpy() for s in range(0, len(items), 256)])


def big_groups(rows):
    """Groups that hold at least 50 rows of a class: those that are left out in turn."""
    counts = {}
    for row in rows:
        counts[row["group"], row["label"]] = counts.get((row["group"], row["label"]), 0) + 1
    return sorted({group for (group, _), n in counts.items() if n >= 50 and group != "own"})


def leave_sources_out(rows, items, encode, epochs=FOLD_EPOCHS):
    """(row indices, truth, logits text only, logits with flags, linear baseline's guesses twice): every big group is tested by
    networks that saw none of its rows. Groups share FOLDS folds, so that each network misses a fifth of the sources."""
    import baseline
    groups = big_groups(rows)
    truth = labels_of(rows)
    out = []
    for fold in range(FOLDS):
        left = set(groups[fold::FOLDS])
        train = [i for i, row in enumerate(rows) if row["group"] not in left]
        test = [i for i, row in enumerate(rows) if row["group"] in left]
        net = fit([items[i] for i in train], truth[train], epochs)
        plain, flagged = ([encode.plain(rows[i], flags) for i in test] for flags in (False, True))
        guesses = baseline.guesses([rows[i] for i in train], [rows[i] for i in test])
        out.append((np.array(test), truth[test], logits_of(net, plain), logits_of(net, flagged), *guesses))
        print("without", sorted(left), "text", round(float((out[-1][2].argmax(1) == truth[test]).mean()), 4), "baseline",
              round(float((guesses[0] == truth[test]).mean()), 4), flush=True)
    return [np.concatenate(parts) for parts in zip(*out)]


def fit_side_heads(model, encode, rows):
    """degrade_ok and difficulty on the frozen hidden layer, from the hand-labelled rows."""
    from sklearn.linear_model import LogisticRegression, Ridge
    hidden = np.stack([model.hidden_of(encode.row(r["text"], r["n_chars"], r["flags"])) for r in rows])
    scale = hidden.std(0) + 1e-3
    degrade = LogisticRegression(C=0.02, max_iter=2000).fit(hidden / scale, [int(r["degrade_ok"]) for r in rows])
    share = np.clip(np.array([r["difficulty"] for r in rows]) / 3, 0.03, 0.97)
    ridge = Ridge(alpha=60).fit(hidden / scale, np.log(share / (1 - share)))
    model.out[-2], model.out_bias[-2] = degrade.coef_[0] / scale, degrade.intercept_[0]
    model.out[-1], model.out_bias[-1] = ridge.coef_ / scale, ridge.intercept_


def remember_rows(model, encode, rows, seed):
    """REPLAY_PER_CLASS rows of each class, ones the network gets right."""
    hidden, labels = [], []
    for i, name in enumerate(corpus.CLASSES):
        for row in corpus.shuffled((r for r in rows if r["label"] == name), seed)[:REPLAY_PER_CLASS]:
            hidden.append(model.hidden_of(encode.row(row["text"], row["n_chars"], row["flags"])))
            labels.append(i)
    model.remember(np.stack(hidden), labels)


def write_fixture(path, model, encode, rows):
    """Texts of our own and what the reference computes for them, for the program's tests."""
    hard = ("", " ", "a", "?", "Zalgo: h̷̛̀ę̸l̶̢p", "x" * 3000, "word " * 900, "\u202eabc\u202c mirror", "{\"a\": 1, \"b\": [2]}", "図を見て", "é" * 900,
            "int main() {\n  return foo(1) && bar[2];\n}\n", "12345678 and 1234", "emoji 🙂🙂", "ＦＵＬＬ width", "Ẁorld Ǆ ŉ ß", "١٢٣؟", "a\0b")
    texts = [(t, (0, 0, 0)) for t in hard] + [(r["text"], r["flags"]) for r in corpus.shuffled(rows, 5)[:60]]
    with open(path, "w", encoding="utf-8") as file:
        for text, flags in texts:
            hidden = model.hidden_of(encode.row(text, len(text), flags))
            file.write(json.dumps({"text": text, "flags": flags, "hidden": [round(float(h), 5) for h in hidden],
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
    items = encoded_variants(rows, encode, SEED)
    truth = labels_of(rows)
    print(len(rows), "rows", flush=True)
    model = Quantised(fit(items, truth, EPOCHS), encode.vectors)
    fit_side_heads(model, encode, [r for r in corpus.own() if "degrade_ok" in r])
    remember_rows(model, encode, rows, SEED)
    (out / "intent.bin").write_bytes(model.to_bytes(encode.pieces))
    write_fixture(out / "parity.jsonl", model, encode, corpus.held_out("eval"))
    print("written; evaluate.py calibrates it and writes the card", flush=True)


if __name__ == "__main__":
    main()
