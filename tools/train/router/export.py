"""Writes the network as int8 in the layout of src/router/intent_weights.cpp, and computes with what was written.

`Quantised` is the reference of the program's arithmetic: the fixture's figures come from it.
"""
import struct

import numpy as np

from network import HIDDEN, N_CLASSES, NGRAM_BUCKETS, NGRAM_DIM, WORD_DIM
from text_features import DENSE_NAMES, SEGMENTS

MAGIC = b"HRTHINT1"
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


class Quantised:
    """The network in int8 with its last layer in float: intents, degrade_ok, difficulty."""

    @classmethod
    def read(cls, path):
        """The network of a file that to_bytes made."""
        data = path.read_bytes()
        fields = struct.unpack_from("<8I2f2IQ", data, len(MAGIC))
        n_pieces, n_replay = fields[2], fields[10]
        self, at = cls.__new__(cls), 64

        def take(kind, *shape):
            nonlocal at
            n = int(np.prod(shape)) * np.dtype(kind).itemsize
            part = np.frombuffer(data, kind, int(np.prod(shape)), at).reshape(shape)
            at += n + -n % 64
            return part.copy()
        self.ngram_scale, self.word_scale = fields[8], fields[9]
        self.ngrams, self.words = take(np.int8, NGRAM_BUCKETS, NGRAM_DIM), take(np.int8, n_pieces, WORD_DIM)
        take(np.uint32, SLOTS), take(np.uint16, SLOTS)
        self.hidden = take(np.int8, SEGMENTS * (NGRAM_DIM + WORD_DIM) + len(DENSE_NAMES), HIDDEN).T
        self.hidden_scale, self.hidden_bias = take(np.float32, HIDDEN), take(np.float32, HIDDEN)
        self.out, self.out_bias = take(np.float32, N_OUTPUTS, HIDDEN), take(np.float32, N_OUTPUTS)
        self.temperature, self.abstain_below, self.replay_step, _ = map(float, take(np.float32, 4))
        self.replay = [row.tobytes() for row in take(np.uint8, n_replay, HIDDEN + 1)]
        return self

    def __init__(self, net, vectors):
        self.ngrams, self.ngram_scale = int8_of(net.ngrams.weight.detach().numpy())
        self.words, self.word_scale = int8_of(vectors)
        weight = net.hidden.weight.detach().numpy()
        self.hidden_scale = (np.abs(weight).max(1) / 127).astype(np.float32)
        self.hidden = np.round(weight / self.hidden_scale[:, None]).astype(np.int8)
        self.hidden_bias = net.hidden.bias.detach().numpy().astype(np.float32)
        self.out = np.zeros((N_OUTPUTS, HIDDEN), np.float32)
        self.out_bias = np.zeros(N_OUTPUTS, np.float32)
        self.out[:N_CLASSES] = net.intent.weight.detach().numpy()
        self.out_bias[:N_CLASSES] = net.intent.bias.detach().numpy()
        self.temperature, self.abstain_below = 1.0, 0.0
        self.replay, self.replay_step = [], 0.0

    def hidden_of(self, row):
        """[HIDDEN] of a text_features.Row."""
        def bags(table, ids, segments, scale):
            out = []
            for s in range(SEGMENTS):
                mine = ids[segments == s]
                out.append(table[mine].astype(np.int32).sum(0) * (scale / np.sqrt(max(1, len(mine)))))
            return np.concatenate(out)
        x = np.concatenate([bags(self.ngrams, row.ngrams, row.ngram_segments, self.ngram_scale),
                            bags(self.words, row.pieces, row.piece_segments, self.word_scale), row.dense])
        return np.maximum(0, (self.hidden.astype(np.float32) @ x.astype(np.float32)) * self.hidden_scale + self.hidden_bias)

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
        sections = [self.ngrams, self.words, fingerprints, ids, np.ascontiguousarray(self.hidden.T), self.hidden_scale,
                    self.hidden_bias, self.out, self.out_bias, calibration]
        body = b"".join(padded(s.tobytes()) for s in sections) + padded(b"".join(self.replay))
        header = MAGIC + struct.pack("<8I2f2IQ", NGRAM_BUCKETS, NGRAM_DIM, len(pieces), WORD_DIM, SLOTS, len(DENSE_NAMES), HIDDEN,
                                     N_OUTPUTS, self.ngram_scale, self.word_scale, len(self.replay), 0, checksum(body))
        return header + body


def padded(data):
    return data + bytes(-len(data) % 64)


def checksum(data):
    h = 0xCBF29CE484222325
    for word in np.frombuffer(data, "<u8").tolist():
        h = ((h ^ word) * _FNV) & _M64
    return h
