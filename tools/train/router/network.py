"""The intent network in PyTorch: bags of hashed n-grams, word pieces in their order, dense features, one hidden layer.

Input of the hidden layer, in this order: n-grams of beginning and end (NGRAM_DIM each); word pieces seen with both
neighbours, pooled by HEADS attentions of WORD_DIM each and by maximum; dense features. A bag of n-grams is a sum divided
by the root of its count, so that a long text is not louder than a short one and not fainter either. What a piece is comes
from a sentence encoder (word_vectors.py) and does not learn: words that no row holds are placed by their meaning.
"""
import numpy as np
import torch
from torch import nn

from text_features import N_DENSE, PLACES, SEGMENTS

NGRAM_BUCKETS, NGRAM_DIM = 1 << 15, 32
TEACHER_DIM, WORD_DIM, TAPS, HEADS = 256, 64, 3, 4
WORD_WIDTH = (HEADS + 1) * WORD_DIM
WIDE = SEGMENTS * NGRAM_DIM + WORD_WIDTH  # inputs that drop out
# Units of the hidden layer that learn; the others pass dense figures on to degrade_ok and difficulty (export.py).
PASSED = (3, 4, 10, 8, *range(N_DENSE - 8, N_DENSE))  # log_chars, code_score, newlines, question_end, all signals
HIDDEN = 128
LEARNED = HIDDEN - len(PASSED)
N_CLASSES = 10


class IntentNetwork(nn.Module):
    def __init__(self, vectors, seed=1, dropout=0.5):
        """vectors: [n_pieces, TEACHER_DIM] float32."""
        super().__init__()
        torch.manual_seed(seed)
        self.register_buffer("vectors", torch.from_numpy(np.concatenate([np.zeros((1, TEACHER_DIM), np.float32), vectors])))
        self.ngrams = nn.EmbeddingBag(NGRAM_BUCKETS, NGRAM_DIM, mode="sum")
        nn.init.normal_(self.ngrams.weight, std=0.05)
        self.seen = nn.Conv1d(TEACHER_DIM, WORD_DIM, TAPS, padding=1)
        self.attention = nn.Parameter(torch.randn(WORD_DIM, HEADS) / np.sqrt(WORD_DIM))
        self.start_bias, self.end_bias = nn.Parameter(torch.zeros(PLACES, HEADS)), nn.Parameter(torch.zeros(PLACES, HEADS))
        self.drop = nn.Dropout(dropout)
        self.hidden = nn.Linear(WIDE + N_DENSE, LEARNED)
        self.intent = nn.Linear(LEARNED, N_CLASSES)

    def pooled_words(self, pieces, start, end, present):
        """[n, WORD_WIDTH]; pieces [n, longest] count from 1, 0 where there is none."""
        rows = torch.relu(self.seen(self.vectors[pieces].transpose(1, 2))).transpose(1, 2) * present[..., None]
        scores = rows @ self.attention + self.start_bias[start] + self.end_bias[end]
        share = torch.softmax(scores.masked_fill(~present[..., None], -1e9), 1) * present[..., None]
        return torch.cat([torch.einsum("bth,btd->bhd", share, rows).flatten(1), rows.max(1)[0]], 1)

    def forward(self, ids, offsets, scale, pieces, start, end, present, dense):
        bags = (self.ngrams(ids, offsets) * scale[:, None]).view(len(dense), -1)
        wide = self.drop(torch.cat([bags, self.pooled_words(pieces, start, end, present)], 1))
        return self.intent(self.drop(torch.relu(self.hidden(torch.cat([wide, dense], 1)))))


def _spans(begins, counts):
    """Indices of several spans behind one another."""
    return np.repeat(begins - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())


def batch_of(texts, rows, rng=None, keep_ngrams=1.0, keep_words=1.0):
    """Tensors of some rows of an encoding.Encoded. With `rng`, each n-gram and each word piece stays with its probability,
    so that none is leant on alone."""
    n = len(rows)
    bags = (rows[:, None] * SEGMENTS + np.arange(SEGMENTS)).reshape(-1)
    begins = np.where(bags > 0, texts.ngram_ends[bags - 1], 0)
    counts = texts.ngram_ends[bags] - begins
    ids = texts.ngrams[_spans(begins, counts)].astype(np.int64)
    if rng is not None:
        stay = rng.random(len(ids)) < keep_ngrams
        counts = np.bincount(np.repeat(np.arange(len(bags)), counts)[stay], minlength=len(bags))
        ids = ids[stay]
    begins = np.where(rows > 0, texts.piece_ends[rows - 1], 0)
    n_pieces = texts.piece_ends[rows] - begins
    at, row = _spans(begins, n_pieces), np.repeat(np.arange(n), n_pieces)
    column = at - np.repeat(begins, n_pieces)
    pieces, start, end = (np.zeros((n, max(1, n_pieces.max())), np.int64) for _ in range(3))
    pieces[row, column] = texts.pieces[at].astype(np.int64) + 1
    start[row, column], end[row, column] = texts.from_start[at], texts.from_end[at]
    if rng is not None:
        pieces *= rng.random(pieces.shape) < keep_words
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
    scale = (1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
    return tuple(map(torch.from_numpy, (ids, offsets, scale, pieces, start, end, pieces > 0, texts.dense[rows])))


def logits_of(net, texts, rows=None):
    rows = np.arange(len(texts)) if rows is None else rows
    with torch.no_grad():
        return np.concatenate([net(*batch_of(texts, rows[at:at + 512])).numpy() for at in range(0, len(rows), 512)])
