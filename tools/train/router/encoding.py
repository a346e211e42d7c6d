"""Texts as the network takes them, read by the program's own code: builds encode_texts.cpp and calls it."""
import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from text_features import N_DENSE, PIECES_MAX, SEGMENTS

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("src/router/intent_text.cpp", "src/router/intent_features.cpp", "src/router/intent_words.cpp",
           "src/router/intent_weights.cpp", "src/router/code_structure.cpp", "src/base/error.cpp")
NGRAMS_MAX = 4096  # of one text: 48 words of 24 characters with three n-grams each, and words and pairs
CHUNK = 2048


class _Texts(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int64), ("bytes", ctypes.c_char_p), ("offsets", ctypes.c_void_p), ("n_chars", ctypes.c_void_p),
                ("flags", ctypes.c_void_p)]


class _Encoded(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("ngrams", "ngram_ends", "pieces", "from_start", "from_end", "piece_ends", "dense")]


def build(work):
    """The library, compiled into `work` where it is missing or older than what it is made of."""
    library = Path(work) / "encode_texts.so"
    sources = [Path(__file__).with_name("encode_texts.cpp"), *(ROOT / s for s in SOURCES)]
    newest = max(p.stat().st_mtime for p in [*sources, *(ROOT / "src/router").glob("intent_*.h")])
    if not library.exists() or library.stat().st_mtime < newest:
        compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
        if not compiler:
            raise SystemExit("no C++ compiler is found: install g++ or clang, the texts are read by the program's own code")
        subprocess.run([compiler, "-O2", "-std=c++20", "-shared", "-fPIC", f"-I{ROOT / 'src'}", f"-I{ROOT / 'include'}", *sources,
                        "-o", library], check=True)
    return ctypes.CDLL(str(library))


@dataclass
class Encoded:
    """n texts. n-grams of text i and segment s end at ngram_ends[2 i + s], its pieces at piece_ends[i]."""
    ngrams: np.ndarray
    ngram_ends: np.ndarray
    pieces: np.ndarray
    from_start: np.ndarray
    from_end: np.ndarray
    piece_ends: np.ndarray
    dense: np.ndarray  # [n, N_DENSE]

    def __len__(self):
        return len(self.piece_ends)


def joined(parts):
    """Several Encoded behind one another."""
    def ends(name, of):
        base = np.cumsum([0] + [len(getattr(p, of)) for p in parts[:-1]])
        return np.concatenate([getattr(p, name) + b for p, b in zip(parts, base)])
    cat = lambda name: np.concatenate([getattr(p, name) for p in parts])
    return Encoded(cat("ngrams"), ends("ngram_ends", "ngrams"), cat("pieces"), cat("from_start"), cat("from_end"),
                   ends("piece_ends", "pieces"), cat("dense"))


class Encoder:
    """`file`: bytes of a weights file with the word pieces and lists of signals to read with."""

    def __init__(self, work, file):
        self.library, self.file = build(work), file

    def _chunk(self, requests):
        n = len(requests)
        texts = [text.encode("utf-8", "replace") for text, _, _ in requests]
        offsets = np.cumsum([0] + [len(t) for t in texts]).astype(np.int64)
        n_chars = np.array([c for _, c, _ in requests], np.int64)
        flags = np.array([f[0] + 2 * f[1] + 4 * f[2] for _, _, f in requests], np.uint8)
        out = Encoded(np.empty(n * NGRAMS_MAX, np.uint16), np.empty(n * SEGMENTS, np.int64), np.empty(n * PIECES_MAX, np.uint16),
                      np.empty(n * PIECES_MAX, np.uint8), np.empty(n * PIECES_MAX, np.uint8), np.empty(n, np.int64),
                      np.empty((n, N_DENSE), np.float32))
        given = _Texts(n, b"".join(texts), offsets.ctypes.data, n_chars.ctypes.data, flags.ctypes.data)
        room = _Encoded(*(getattr(out, name).ctypes.data for name, _ in _Encoded._fields_))
        if self.library.hearth_encode_texts(self.file, ctypes.c_int64(len(self.file)), ctypes.byref(given), ctypes.byref(room)):
            raise ValueError("the weights file to read texts with is none")
        n_ngrams, n_pieces = out.ngram_ends[-1], out.piece_ends[-1]
        return Encoded(out.ngrams[:n_ngrams].copy(), out.ngram_ends, out.pieces[:n_pieces].copy(), out.from_start[:n_pieces].copy(),
                       out.from_end[:n_pieces].copy(), out.piece_ends, out.dense)

    def __call__(self, requests):
        """Encoded of (text, n_chars, flags) tuples; n_chars is the whole text's length in code points."""
        return joined([self._chunk(requests[at:at + CHUNK]) for at in range(0, len(requests), CHUNK)])
