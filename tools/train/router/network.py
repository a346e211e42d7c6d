"""The intent network in PyTorch: three bags of hashed n-grams and of word vectors, dense features, one hidden layer.

Input of the hidden layer, in this order: n-grams of beginning and end (dimension NGRAM_DIM each), word vectors of beginning
and end (WORD_DIM each), dense features. A bag is a sum divided by the root of its count, so that a long text
is not louder than a short one and not fainter either.
"""
import numpy as np
import torch
from torch import nn

from text_features import DENSE_NAMES, SEGMENTS

NGRAM_BUCKETS, NGRAM_DIM, WORD_DIM, HIDDEN = 1 << 15, 32, 64, 128
N_CLASSES, N_DENSE = 10, len(DENSE_NAMES)


class IntentNetwork(nn.Module):
    def __init__(self, seed=1, dropout=0.5):
        super().__init__()
        torch.manual_seed(seed)
        self.ngrams = nn.EmbeddingBag(NGRAM_BUCKETS, NGRAM_DIM, mode="sum")
        nn.init.normal_(self.ngrams.weight, std=0.05)
        self.drop = nn.Dropout(dropout)
        self.hidden = nn.Linear(SEGMENTS * (NGRAM_DIM + WORD_DIM) + N_DENSE, HIDDEN)
        self.intent = nn.Linear(HIDDEN, N_CLASSES)

    def joined(self, ids, offsets, scale, words, dense):
        """The hidden layer's input [n, width]; words [n, 2*WORD_DIM] are already pooled, for they don't learn."""
        bags = self.ngrams(ids, offsets) * scale[:, None]
        return torch.cat([bags.view(len(words), -1), words, dense], 1)

    def forward(self, *batch):
        x = self.joined(*batch)
        wide = SEGMENTS * (NGRAM_DIM + WORD_DIM)
        h = torch.relu(self.hidden(torch.cat([self.drop(x[:, :wide]), x[:, wide:]], 1)))
        return self.intent(self.drop(h))


def pooled_words(row, vectors):
    """[2*WORD_DIM] float32: the word vectors' bags, each divided by the root of its count."""
    out = np.zeros((SEGMENTS, vectors.shape[1]), np.float32)
    for segment in range(SEGMENTS):
        ids = row.pieces[row.piece_segments == segment]
        if len(ids):
            out[segment] = vectors[ids].sum(0) / np.sqrt(len(ids))
    return out.reshape(-1)


class Encoded:
    """One encoded text: n-gram ids by segment, pooled word vectors, dense features."""

    def __init__(self, row, vectors):
        order = np.argsort(row.ngram_segments, kind="stable")
        self.ids = row.ngrams[order].astype(np.int64)
        self.counts = np.bincount(row.ngram_segments, minlength=SEGMENTS)[:SEGMENTS]
        self.words = pooled_words(row, vectors)
        self.dense = row.dense


def batch_of(items, rng=None, keep=1.0):
    """Tensors of several Encoded. With `rng`, each n-gram stays with probability `keep`, so that none is leant on alone."""
    ids, counts = [], []
    for item in items:
        if rng is None or keep >= 1.0:
            ids.append(item.ids)
            counts.append(item.counts)
            continue
        stay = rng.random(len(item.ids)) < keep
        ids.append(item.ids[stay])
        edges = np.concatenate([[0], np.cumsum(item.counts)])
        counts.append(np.array([stay[edges[s]:edges[s + 1]].sum() for s in range(SEGMENTS)]))
    counts = np.concatenate(counts)
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
    scale = 1 / np.sqrt(np.maximum(counts, 1))
    return (torch.from_numpy(np.concatenate(ids)), torch.from_numpy(offsets), torch.from_numpy(scale.astype(np.float32)),
            torch.from_numpy(np.stack([i.words for i in items])), torch.from_numpy(np.stack([i.dense for i in items])))
