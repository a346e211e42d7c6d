"""The reference of src/router's text features, in Python: windows, tokens, hashed n-grams, word pieces, dense features.

The program computes the same in C++ (`src/router/intent_text.cpp`, `src/router/intent_features.cpp`); a fixture written
by train.py holds both together to 1e-3. Change the two together, or not at all.
"""
import math
import unicodedata

import numpy as np

import signals

HEAD_CHARS, TAIL_CHARS = 800, 400  # the bounded look, in code points
EDGE_TOKENS = 24  # tokens that count as the beginning and as the end: instructions stand at an edge of a long text
WORD_CHARS = 24  # a longer run of letters is cut: hostile text makes no long word
DIGIT_RUN = 4  # 7 and 12345 differ, 12345 and 987654 do not
SEGMENTS = 2  # beginning and end; what lies between says what a text is about, not what is asked
MIDDLE = 2
NGRAM_ORDERS = (3, 4, 5)
DENSE_NAMES = ("has_image", "has_audio", "has_tools", "log_chars", "code_score", "code_density", "fence", "json", "question_end",
               "url", "newlines", "digit_share", "symbol_share", "upper_share", "non_ascii_share", "quotes", "colon_end")
PIECES_MAX = 128  # word pieces of a text that are looked at
# How many words of a list, or numbers, count in full.
SIGNAL_FULL = {"care": 2, "stakes": 2, "length": 2, "condition": 6, "easy": 2, "hard": 3}
NUMBERS_FULL = 6
SIGNAL_NAMES = (*SIGNAL_FULL, "numbers", "log_words")
N_DENSE = len(DENSE_NAMES) + len(SIGNAL_NAMES)
PLACES = 11
_M32 = 0xFFFFFFFF

# Letters with marks become their base letter, as the teacher's vocabulary has them.
_SPECIAL = {"ß": "s", "æ": "a", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "œ": "o", "ı": "i", "ŋ": "n", "ħ": "h", "ŧ": "t",
            "ĸ": "k", "ŉ": "n", "ſ": "s", "ĳ": "i", "ŀ": "l"}


def _base_letter(cp):
    low = chr(cp).lower()[0]
    if low in _SPECIAL:
        return ord(_SPECIAL[low])
    base = unicodedata.normalize("NFD", low)[0]
    return ord(base) if ord(base) < 0x80 else cp


FOLD = {cp: _base_letter(cp) for span in ((0xC0, 0x180), (0x1E00, 0x1F00)) for cp in range(*span) if cp not in (0xD7, 0xF7)}


def fold(cp):
    """The code point as it is looked up: lower case, without marks; 32 for white space and controls, 0 to leave out."""
    if cp < 0x80:
        return cp + 32 if 65 <= cp <= 90 else (cp if cp > 32 and cp != 127 else 32)
    if 0xC0 <= cp < 0x180 or 0x1E00 <= cp < 0x1F00:
        return FOLD.get(cp, cp)
    if cp < 0xA1:
        return 32
    if 0x300 <= cp < 0x370 or 0x200B <= cp < 0x2010 or 0x202A <= cp < 0x202F or 0x2060 <= cp < 0x2070 or cp == 0xFEFF \
            or 0xFE00 <= cp < 0xFE10 or cp == 0xAD:
        return 0
    if 0x391 <= cp < 0x3AA or 0x410 <= cp < 0x430:
        return cp + 32
    if 0x400 <= cp < 0x410:
        return cp + 80
    if 0xFF01 <= cp < 0xFF5F:
        return fold(cp - 0xFEE0)
    if cp in (0x2018, 0x2019):
        return 39
    if cp in (0x201C, 0x201D, 0x201E):
        return 34
    if 0x2000 <= cp < 0x200B or cp in (0x2028, 0x2029, 0x202F, 0x3000):
        return 32
    return cp


def kind(cp):
    """Of a folded code point: 'w' belongs to a word, 'd' a digit, 'i' stands alone as a word, 's' a symbol."""
    if cp < 0x80:
        return "d" if 48 <= cp <= 57 else ("w" if 97 <= cp <= 122 else "s")
    if 0x0E00 <= cp < 0x0E80 or 0x3040 <= cp < 0x3100 and cp != 0x30FB or 0x3400 <= cp < 0xA000 or 0xF900 <= cp < 0xFB00:
        return "i"
    if cp < 0xC0:
        return "w" if cp in (0xAA, 0xB5, 0xBA) else "s"
    if cp in (0xD7, 0xF7, 0x30FB) or 0x2000 <= cp < 0x2C00 or 0x3000 <= cp < 0x3040 or 0xFF00 <= cp < 0xFF66 or cp >= 0x1F000 \
            or cp == 0xFFFD:
        return "s"
    return "w"


def windows(text):
    """The first HEAD_CHARS and, behind them, the last TAIL_CHARS code points."""
    cps = [ord(c) for c in text] if len(text) <= HEAD_CHARS + TAIL_CHARS else \
        [ord(c) for c in text[:HEAD_CHARS]] + [ord(c) for c in text[-TAIL_CHARS:]]
    return cps[:HEAD_CHARS], cps[HEAD_CHARS:]


def tokens(window):
    """Lists of folded code points. White space and the cuts of long words end a token."""
    out, word, digits = [], [], 0
    for cp in window:
        cp = fold(cp)
        if cp == 0:
            continue
        k = "sp" if cp == 32 else kind(cp)
        if k in ("w", "d"):
            digits = digits + 1 if k == "d" else 0
            if digits > DIGIT_RUN:
                continue
            if len(word) == WORD_CHARS:
                out.append(word)
                word = []
            word.append(48 if k == "d" else cp)
            continue
        digits = 0
        if word:
            out.append(word)
            word = []
        if k != "sp":
            out.append([cp])
    if word:
        out.append(word)
    return out


def _mix(h):
    """fmix32 of MurmurHash3 (Austin Appleby, public domain)."""
    h = (h ^ (h >> 16)) * 0x85EBCA6B & _M32
    h = (h ^ (h >> 13)) * 0xC2B2AE35 & _M32
    return h ^ (h >> 16)


def _mix_array(h):
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def segment(index, n):
    if index < EDGE_TOKENS:
        return 0
    return 1 if index >= n - EDGE_TOKENS else MIDDLE


def ngram_rows(toks, buckets):
    """(buckets, segments): one entry for every word, pair of words, and run of 3 to 5 characters across words."""
    n = len(toks)
    rows, segs = [], []
    previous = None
    for i, tok in enumerate(toks):
        h = word_hash(tok)
        s = segment(i, n)
        rows.append(_mix(h))
        segs.append(s)
        if previous is not None:
            rows.append(_mix((previous * 0x9E3779B1 + h) & _M32))
            segs.append(s)
        previous = h
    stream, owner = [], []
    for i, tok in enumerate(toks):
        s = segment(i, n)
        stream.append(32)
        owner.append(s)
        stream.extend(tok)
        owner.extend([s] * len(tok))
    stream.append(32)
    owner.append(owner[-1] if owner else 0)
    flow = np.array(stream, dtype=np.uint32)
    owner = np.array(owner, dtype=np.int64)
    all_rows, all_segs = [np.array(rows, dtype=np.uint32)], [np.array(segs, dtype=np.int64)]
    for order in NGRAM_ORDERS:
        count = len(flow) - order + 1
        if count <= 0 or not toks:
            continue
        h = np.full(count, (order * 0x9E3779B1) & _M32, dtype=np.uint32)
        for k in range(order):
            h = (h ^ flow[k:k + count]) * np.uint32(0x01000193)
        all_rows.append(_mix_array(h))
        all_segs.append(owner[:count])
    return (np.concatenate(all_rows) & np.uint32(buckets - 1)).astype(np.int32), np.concatenate(all_segs).astype(np.int8)


def place(distance):
    """The bucket of a word's distance from an edge: the first words each have their own."""
    return distance if distance < 8 else 8 if distance < 12 else 9 if distance < 18 else 10


def piece_rows(toks, pieces):
    """(ids, places from the start, places from the end) of the longest known word pieces of the edges, left to right; a
    character that begins none is passed over."""
    n = len(toks)
    out = []
    for i, tok in enumerate(toks):
        if segment(i, n) == MIDDLE:
            continue
        text, start = "".join(map(chr, tok)), 0
        while start < len(text) and len(out) < PIECES_MAX:
            lead = "##" if start else ""
            end = next((e for e in range(len(text), start, -1) if lead + text[start:e] in pieces), 0)
            if end:
                out.append((pieces[lead + text[start:end]], place(i), place(n - 1 - i)))
            start = end or start + 1
    ids, starts, ends = (np.array(part, dtype=np.int64) for part in (zip(*out) if out else ((), (), ())))
    return ids, starts, ends


def word_hash(tok):
    h = 0x811C9DC5
    for cp in tok:
        h = ((h ^ cp) * 0x01000193) & _M32
    return h


def signal_hashes():
    """{word_hash: index of its list}; a word of two lists belongs to the first."""
    out = {}
    for i, name in enumerate(SIGNAL_FULL):
        for word in signals.words_of(signals.LISTS[name]):
            out.setdefault(word_hash([fold(ord(c)) for c in word]), i)
    return out


def read_signals(toks, hashes):
    counts, numbers = np.zeros(len(SIGNAL_FULL)), 0
    for tok in toks:
        numbers += tok[0] == 48
        at = hashes.get(word_hash(tok))
        if at is not None:
            counts[at] += 1
    lists = np.minimum(1.0, counts / np.array(list(SIGNAL_FULL.values())))
    return np.array([*lists, min(1.0, numbers / NUMBERS_FULL), min(1.0, math.log2(1 + len(toks)) / 11)], dtype=np.float32)


def _word_char(cp):
    return 48 <= cp <= 57 or 65 <= cp <= 90 or 97 <= cp <= 122 or cp == 95


def _letter(cp):
    return 65 <= cp <= 90 or 97 <= cp <= 122


_PAIRS = {("=", "="), ("!", "="), ("=", ">"), ("-", ">"), (":", ":"), ("&", "&"), ("|", "|"), ("+", "="), ("<", "/"), ("/", ">"),
          ("$", "{"), ("<", "<"), ("(", ")"), (";", "\n"), ("{", "\n"), ("}", "\n"), ("/", "/"), ("/", "*"), ("#", "!")}
PAIRS = {(ord(a), ord(b)) for a, b in _PAIRS}


def code_points_of_structure(cps):
    """Points for what code looks like in any language: calls, indices, two-sign operators, joined names, indented lines."""
    points, fences = 0.0, 0
    n = len(cps)
    for i in range(1, n):
        a, b = cps[i - 1], cps[i]
        c = cps[i + 1] if i + 1 < n else 0
        if (a, b) in PAIRS and not (a == 47 and b == 47 and i >= 2 and cps[i - 2] == 58):
            points += 1.5
        elif b in (40, 91) and _word_char(a):
            points += 1.0
        elif b == 95 and _word_char(a) and _word_char(c):
            points += 1.0
        elif 97 <= a <= 122 and 65 <= b <= 90:
            points += 0.75
        elif b == 46 and _letter(a) and _letter(c):
            points += 0.25
        elif a == 10 and b in (9, 32) and c in (9, 32):
            points += 0.5
        if a == b == c == 96:
            fences += 1
    return points + 4.0 * fences, fences


def dense(text, n_chars, flags):
    head, tail = windows(text)
    cps = head + tail
    n = max(1, len(cps))
    points, fences = code_points_of_structure(cps)
    trimmed = [c for c in cps if c > 32]
    last = trimmed[-1] if trimmed else 0
    window = "".join(map(chr, cps))
    json_like = any(window[i] == "{" and window[i + 1:i + 4].lstrip()[:1] == '"' for i in range(len(window))) and '":' in window
    digits = sum(48 <= c <= 57 for c in cps)
    symbols = sum(33 <= c <= 47 or 58 <= c <= 64 or 91 <= c <= 96 or 123 <= c <= 126 for c in cps)
    upper = sum(65 <= c <= 90 for c in cps)
    wide = sum(c >= 0x80 for c in cps)
    quotes = sum(c in (34, 0x201C, 0x201D, 0xAB, 0xBB, 0x300C) for c in cps)
    return np.array([
        *flags, min(1.0, math.log2(1 + n_chars) / 16), points / (points + 4), min(1.0, points * 8 / (n + 20)), min(1, fences),
        json_like, last in (63, 0xFF1F, 0x61F, 0x37E), "http://" in window or "https://" in window or "www." in window,
        min(1.0, math.log2(1 + sum(c == 10 for c in cps)) / 6), digits / n, symbols / n, upper / n, wide / n, min(1.0, quotes / 4),
        last in (58, 0xFF1A)], dtype=np.float32)


def at_edges(ids, segments):
    keep = segments < MIDDLE
    return ids[keep], segments[keep]


class Row:
    """One text as the network takes it. `flags` = (has_image, has_audio, has_tools) as 0 or 1."""

    def __init__(self, text, pieces, buckets, flags=(0, 0, 0), n_chars=None):
        head, tail = windows(text)
        toks = tokens(head) + tokens(tail)
        self.ngrams, self.ngram_segments = at_edges(*ngram_rows(toks, buckets))
        self.pieces, self.from_start, self.from_end = piece_rows(toks, pieces)
        self.dense = np.concatenate([dense(text, len(text) if n_chars is None else n_chars, flags),
                                     read_signals(toks, _SIGNALS)])


_SIGNALS = signal_hashes()
