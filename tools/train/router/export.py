"""Writes the network as int8 in the layout of src/router/intent_weights.cpp, and computes with what was written.

`Quantised` is the reference of the program's arithmetic: the fixture's figures come from it.
"""
import struct
from dataclasses import dataclass

import numpy as np

from network import HEADS, HIDDEN, LEARNED, N_CLASSES, NGRAM_BUCKETS, NGRAM_DIM, PASSED, TAPS, WIDE, WORD_DIM, WORD_WIDTH
from text_features import N_DENSE, PLACES, SEGMENTS, signal_hashes

MAGIC = b"HRTHINT2"
N_OUTPUTS = N_CLASSES + 2
NO_PIECE = 0xFFFF
SLOTS = 1 << 16
_M64 = (1 << 64) - 1
_FNV = 0x100000001B3
_OPEN, _INSIDE = 0xCBF29CE484222325, 0x9AE16A3B2F90404F


def int8_of(values, share=99.98):
    """(int8, scale): steps so that all but a few values are kept as they are; those few are clipped."""
    scale = float(np.percentile(np.abs(values), share)) / 127
    return np.clip(np.round(values / scale), -127, 127).astype(np.int8), scale


def piece_hash(piece):
    inside = piece.startswith("##") and len(piece) > 2
    h = _INSIDE if inside else _OPEN
    for c in piece[2:] if inside else piece:
        h = ((h ^ ord(c)) * _FNV) & _M64
    return h


def slots_of(pieces):
    fingerprints = np.zeros(SLOTS, np.uint32)
    ids = np.full(SLOTS, NO_PIECE, np.uint16)
    for piece, row in pieces.items():
        h = piece_hash(piece)
        at = h & (SLOTS - 1)
        while ids[at] != NO_PIECE:
            at = (at + 1) & (SLOTS - 1)
        fingerprints[at], ids[at] = h >> 32, row
    return fingerprints, ids


def signal_section():
    """Hashes in ascending order, then the list of each; and how many."""
    known = sorted(signal_hashes().items())
    return np.array([h for h, _ in known], np.uint32).tobytes() + np.array([i for _, i in known], np.uint8).tobytes(), len(known)


class Quantised:
    """The network in int8 with its last layer in float: intents, degrade_ok, difficulty."""

    @classmethod
    def read(cls, path):
        """The network of a file that to_bytes made."""
        data = path.read_bytes()
        fields = struct.unpack_from("<8If3IQ", data, len(MAGIC))
        n_pieces, n_signals, n_replay = fields[2], fields[9], fields[10]
        self, at = cls.__new__(cls), 64

        def take(kind, *shape):
            nonlocal at
            n = int(np.prod(shape)) * np.dtype(kind).itemsize
            part = np.frombuffer(data, kind, int(np.prod(shape)), at).reshape(shape)
            at += n + -n % 64
            return part.copy()
        self.ngram_scale = fields[8]
        self.ngrams, self.words = take(np.int8, NGRAM_BUCKETS, NGRAM_DIM), take(np.int8, n_pieces, TAPS, WORD_DIM)
        take(np.uint32, SLOTS), take(np.uint16, SLOTS), take(np.uint8, n_signals * 5)
        self.word_scale, self.word_bias = take(np.float32, WORD_DIM), take(np.float32, WORD_DIM)
        self.attention = take(np.float32, WORD_DIM, HEADS)
        self.start_bias, self.end_bias = take(np.float32, PLACES, HEADS), take(np.float32, PLACES, HEADS)
        self.hidden = take(np.int8, WIDE + N_DENSE, HIDDEN).T
        self.hidden_scale, self.hidden_bias = take(np.float32, HIDDEN), take(np.float32, HIDDEN)
        self.out, self.out_bias = take(np.float32, N_OUTPUTS, HIDDEN), take(np.float32, N_OUTPUTS)
        self.temperature, self.abstain_below, self.replay_step, _ = map(float, take(np.float32, 4))
        self.replay = [row.tobytes() for row in take(np.uint8, n_replay, HIDDEN + 1)]
        return self

    def __init__(self, net):
        weights = {name: value.detach().numpy() for name, value in net.state_dict().items()}
        self.ngrams, self.ngram_scale = int8_of(weights["ngrams.weight"])
        # What each tap says of each piece, once for all: [n_pieces, TAPS, WORD_DIM], steps of its own for each channel.
        seen = np.einsum("pd,cdk->pkc", weights["vectors"][1:], weights["seen.weight"])
        self.word_scale = (np.percentile(np.abs(seen), 99.98, axis=(0, 1)) / 127).astype(np.float32)
        self.words = np.clip(np.round(seen / self.word_scale), -127, 127).astype(np.int8)
        self.word_bias, self.attention = weights["seen.bias"], weights["attention"]
        self.start_bias, self.end_bias = weights["start_bias"], weights["end_bias"]
        self._quantise_hidden(weights["hidden.weight"], weights["hidden.bias"])
        self.out = np.zeros((N_OUTPUTS, HIDDEN), np.float32)
        self.out_bias = np.zeros(N_OUTPUTS, np.float32)
        self.out[:N_CLASSES, :LEARNED] = weights["intent.weight"]
        self.out_bias[:N_CLASSES] = weights["intent.bias"]
        self.temperature, self.abstain_below = 1.0, 0.0
        self.replay, self.replay_step = [], 0.0

    def _quantise_hidden(self, learned, bias):
        """The last units pass dense figures on as they are, which are never negative."""
        weight = np.zeros((HIDDEN, WIDE + N_DENSE), np.float32)
        weight[:LEARNED] = learned
        for unit, figure in zip(range(LEARNED, HIDDEN), PASSED):
            weight[unit, WIDE + figure] = 1
        self.hidden_scale = (np.abs(weight).max(1) / 127).astype(np.float32)
        self.hidden = np.round(weight / self.hidden_scale[:, None]).astype(np.int8)
        self.hidden_bias = np.concatenate([bias, np.zeros(HIDDEN - LEARNED, np.float32)]).astype(np.float32)

    def _pooled_words(self, row):
        if not len(row.pieces):
            return np.zeros(WORD_WIDTH, np.float32)
        steps = self.words[row.pieces].astype(np.int32)
        total = steps[:, 1].copy()
        total[1:] += steps[:-1, 0]
        total[:-1] += steps[1:, 2]
        seen = np.maximum(0, total * self.word_scale + self.word_bias).astype(np.float32)
        scores = seen @ self.attention + self.start_bias[row.from_start] + self.end_bias[row.from_end]
        share = np.exp(scores - scores.max(0))
        return np.concatenate([((share / share.sum(0)).T @ seen).reshape(-1), seen.max(0)])

    def hidden_of(self, row):
        """[HIDDEN] of a text_features.Row."""
        bags = [self.ngrams[mine].astype(np.int32).sum(0) * (self.ngram_scale / np.sqrt(max(1, len(mine))))
                for mine in (row.ngrams[row.ngram_segments == s] for s in range(SEGMENTS))]
        return self._hidden(np.concatenate([*bags, self._pooled_words(row), row.dense]))

    def _hidden(self, inputs):
        return np.maximum(0, (self.hidden.astype(np.float32) @ inputs.astype(np.float32)) * self.hidden_scale + self.hidden_bias)

    def hidden_of_texts(self, texts):
        """[n, HIDDEN] of an encoding.Encoded."""
        return np.stack([self.hidden_of(row) for row in rows_of(texts)])

    def outputs(self, hidden):
        """[n, N_OUTPUTS] before temperature."""
        return hidden @ self.out.T + self.out_bias

    def probabilities(self, hidden):
        z = self.outputs(hidden)[:, :N_CLASSES] / self.temperature
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def remember(self, hidden, labels):
        """Keeps rows of the hidden layer against forgetting when a user's examples retrain the last layer."""
        self.replay_step = float(hidden.max()) / 255
        steps = np.clip(np.round(hidden / self.replay_step), 0, 255).astype(np.uint8)
        self.replay = [bytes([label]) + row.tobytes() for label, row in zip(labels, steps)]

    def to_bytes(self, pieces):
        fingerprints, ids = slots_of(pieces)
        calibration = np.array([self.temperature, self.abstain_below, self.replay_step, 0], np.float32)
        signals, n_signals = signal_section()
        sections = [self.ngrams, self.words, fingerprints, ids, signals, self.word_scale, self.word_bias, self.attention,
                    self.start_bias, self.end_bias, np.ascontiguousarray(self.hidden.T), self.hidden_scale, self.hidden_bias, self.out,
                    self.out_bias, calibration, b"".join(self.replay)]
        body = b"".join(padded(s if isinstance(s, bytes) else np.ascontiguousarray(s).tobytes()) for s in sections)
        header = MAGIC + struct.pack("<8If3IQ", NGRAM_BUCKETS, NGRAM_DIM, len(pieces), WORD_DIM, SLOTS, N_DENSE, HIDDEN, N_OUTPUTS,
                                     self.ngram_scale, n_signals, len(self.replay), HEADS, checksum(body))
        return header + body


@dataclass
class _Row:
    ngrams: np.ndarray
    ngram_segments: np.ndarray
    pieces: np.ndarray
    from_start: np.ndarray
    from_end: np.ndarray
    dense: np.ndarray


def rows_of(texts):
    """Each text of an encoding.Encoded by itself, as a text_features.Row is."""
    for i in range(len(texts)):
        ends = texts.ngram_ends[i * SEGMENTS:(i + 1) * SEGMENTS]
        begin, first = (texts.ngram_ends[i * SEGMENTS - 1], texts.piece_ends[i - 1]) if i else (0, 0)
        span = slice(first, texts.piece_ends[i])
        yield _Row(texts.ngrams[begin:ends[-1]], np.repeat(np.arange(SEGMENTS), np.diff([begin, *ends])), texts.pieces[span],
                   texts.from_start[span].astype(int), texts.from_end[span].astype(int), texts.dense[i])


def padded(data):
    return data + bytes(-len(data) % 64)


def checksum(data):
    h = 0xCBF29CE484222325
    for word in np.frombuffer(data, "<u8").tolist():
        h = ((h ^ word) * _FNV) & _M64
    return h
