"""Variants of a training row: what people and clients do to a text that doesn't change what it asks for."""
import random

from compose import documents_of, wrap

OPENERS = ("hi, ", "hello! ", "hey ", "ok so ", "please ", "pls ", "quick one: ", "so, ", "hey there, ", "um, ", "good morning. ", "alright, ",
           "question: ", "yo ", "excuse me, ", "right, ", "dear assistant, ", "hi again. ", "ok ", "Actually, ", "and ", "now ", "Next: ")
CLOSERS = (" please", " thanks", " thank you!", " pls", " asap", ", thanks in advance", " :)", "!!", " ok?", " for me", " now", "...",
           " if you can", ". Thanks!", " 🙏", " cheers")
CONTEXT = (
    "I'm on the train with bad signal. ", "My boss wants this by noon. ", "It's for my sister. ", "I've never done this before. ",
    "We have guests tonight. ", "I already tried twice. ", "This is for a school project. ", "My hands are full right now. ",
    "I'm on my phone so keep that in mind. ", "Long day, sorry for typos. ", "We talked about this last week. ", "It is raining again. ",
    "I work in a small bakery. ", "Money is a bit tight this month. ", "I'm learning English. ", "My team is in three time zones. ",
    "I have about ten minutes. ", "Nothing urgent. ", "Same as yesterday. ", "The kids are asleep. ", "We're moving house in March. ",
    "Ignore my last message. ", "I use a screen reader. ", "I'm colour blind. ", "It's for the club's newsletter. ")
# How often a flag is set although the text has nothing to do with it, and how often a true one is missing: an attachment is
# evidence and not the verdict.
FALSE_FLAG, LOST_FLAG = 0.22, 0.5
_KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "t": "ry", "n": "bm", "s": "ad", "r": "et", "l": "k", "h": "gj"}


def _typo(text, rng):
    if len(text) < 8:
        return text
    chars = list(text)
    for _ in range(1 + len(text) // 60):
        i = rng.randrange(1, min(len(chars), 300) - 1)
        if not chars[i].isalpha():
            continue
        kind = rng.randrange(4)
        if kind == 0:
            chars[i] = ""
        elif kind == 1:
            chars[i], chars[i + 1] = chars[i + 1], chars[i]
        elif kind == 2:
            chars[i] *= 2
        elif chars[i] in _KEYS:
            chars[i] = rng.choice(_KEYS[chars[i]])
    return "".join(chars)


def _letters(text, rng):
    kind = rng.randrange(10)
    if kind < 4:
        return text.lower()
    if kind < 5 and len(text) < 200:
        return text.upper()
    if kind < 7:
        return text.rstrip(".?!。？！ ")
    if kind < 8:
        return text[:1].upper() + text[1:]
    return text.replace("'", "").replace(",", "")


def flags_of(row, rng):
    """Flags as a client might send them; `text_cue` false rows keep their flag more often, for nothing else tells."""
    out = []
    for i, flag in enumerate(row["flags"]):
        true_for = (row["label"] == "vision", row["label"] == "stt", row["label"] == "tool-use")[i]
        if flag or true_for:
            out.append(int(rng.random() > LOST_FLAG))
        else:
            out.append(int(rng.random() < FALSE_FLAG))
    return tuple(out)


def variant(row, rng):
    """(text, n_chars, flags) of one random variant."""
    text, grown = row["text"], 0
    if rng.random() < 0.18 and len(text) < 160:
        text = wrap(text, row["label"], rng)
    if rng.random() < 0.25 and len(text) < 250:
        text = rng.choice(OPENERS) + (text[:1].lower() + text[1:] if rng.random() < 0.6 else text)
    if rng.random() < 0.2 and len(text) < 250:
        text = rng.choice(CONTEXT) + text
    if rng.random() < 0.2 and len(text) < 250:
        text = text.rstrip(". ") + rng.choice(CLOSERS)
    if rng.random() < 0.35:
        text = _letters(text, rng)
    if rng.random() < 0.15:
        text = _typo(text, rng)
    grown = len(text) - len(row["text"])
    return text, max(len(text), row["n_chars"] + grown), flags_of(row, rng)


def plain(row, rng):
    """The row as it is, with random flags."""
    return row["text"], row["n_chars"], flags_of(row, rng)


__all__ = ["variant", "plain", "flags_of", "documents_of", "random"]
