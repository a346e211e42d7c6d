"""Requests composed from the patterns in wordings/: many ways to say a thing, written for Hearth, in English and others.

`words.txt` holds lists ("name: a|b|c"), the other files patterns below a heading "= class" or "= class language". What a
pattern may hold is told in phrases.py; "\\n" is a line break.
"""
from pathlib import Path

import phrases

FOLDER = Path(__file__).resolve().parent / "wordings"
# Classes whose requests come with a text: the share of their patterns that does (one that ends in a colon always does), and
# of those how often it is a document or a talk of two.
WITH_TEXT = {"summarize": (0.8, 0.55, 0.3), "classify": (0.75, 0.45, 0.05), "tts": (0.75, 0.15, 0.05),
             "long-form": (0.0, 0.75, 0.1)}


def _lines(name):
    return [line.replace("\\n", "\n") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def patterns():
    """[(class, language, pattern)] of all files."""
    for line in _lines("words.txt"):
        name, _, words = line.partition(": ")
        phrases.WORDS[name] = words
    out, heading = [], None
    for path in sorted(FOLDER.glob("*.txt")):
        if path.name == "words.txt":
            continue
        for line in _lines(path.name):
            if line.startswith("= "):
                heading = (*line[2:].split(), "en")[:2]
            else:
                out.append((*heading, line))
    return out


def composed(rng, documents, short, joined, n_english, n_foreign):
    """(text, class, language) tuples: n_english of each class in English and n_foreign in each class of every other language."""
    by_heading = {}
    for label, language, pattern in patterns():
        by_heading.setdefault((label, language), []).append(pattern)
    english = [p for (label, language), group in by_heading.items() if language == "en" and label not in ("summarize", "classify", "tts") for p in group]
    out, seen = [], set()
    for (label, language), group in sorted(by_heading.items()):
        for i in range(n_english if language == "en" else n_foreign):
            text = phrases.say(group[i % len(group)], rng)
            share, document, talk = WITH_TEXT.get(label, (0, 0, 0))
            if rng.random() < share or text.endswith(":") and label in WITH_TEXT:
                dice = rng.random()
                other = rng.choice(documents) if dice < document else phrases.dialogue(rng) if dice < document + talk else \
                    phrases.say(rng.choice(english), rng) if dice < (1 + document + talk) / 2 else rng.choice(short)
                text = joined(text, other, rng)
            if text not in seen:
                seen.add(text)
                out.append((text, label, language))
    return out
