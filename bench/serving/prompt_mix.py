#!/usr/bin/env python3
"""The recorded mix of prompts: how many words each request has and from which seed they come.

uniform_48_768.tsv is committed, so that every run and every server gets the same requests in the same order. It was made by
`prompt_mix.py uniform_48_768.tsv`: word counts uniform over 48 to 768, with a seed whose first 8, 16, 24 and 48 requests
have the mean of all, so that short runs are like long ones. With 64 tokens of answer a request has about 500.
"""
import csv
import random
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WORDS_MIN, WORDS_MAX, REQUESTS, ANSWER_TOKENS, SEED = 48, 768, 256, 64, 605
# Of a model with a vocabulary of its own: words that most tokenizers know as one token each.
ENGLISH = ("the of and to in is it you that he was for on are with as his they be at one have this from or had by word but what "
           "some we can out other were all there when up use your how said an each she which do their time if will way about many "
           "then them write would like so these her long make thing see him two has look more day could go come did number sound "
           "no most people my over know water than call first who may down side been now find any new work part take get place "
           "made live where after back little only round man year came show every good me give our under name very through just "
           "form sentence great think say help low line turn cause much mean before move right boy old too same tell does set three "
           "want air well also play small end put home read hand port large spell add even land here must big high such follow act "
           "why ask men change went light kind off need house picture try us again animal point mother world near build self earth "
           "father head stand own page should country found answer school grow study still learn plant cover food sun four between").split()
# Of a synthetic vocabulary every byte is a token and nothing longer arises from text: a word is a letter.
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class MixRow:
    request: int
    words: int
    seed: int

    def prompt(self, synthetic):
        """The text: seeded words, for a synthetic vocabulary (tools/dev/make_gguf) or for one of its own."""
        return words_text(self.words, self.seed, synthetic)


def words_text(words, seed, synthetic):
    """`words` seeded words as one text of about as many tokens."""
    draw = random.Random(seed)
    if synthetic:
        return "".join(draw.choice(LETTERS) for _ in range(words))
    return " ".join(draw.choice(ENGLISH) for _ in range(words))


def read_mix(path=FOLDER / "uniform_48_768.tsv"):
    """Every row of a recorded mix."""
    with open(path, newline="", encoding="ascii") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return [MixRow(int(r["request"]), int(r["words"]), int(r["seed"])) for r in rows]


def write_mix(path):
    """Draws the mix anew."""
    draw = random.Random(SEED)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"# word counts uniform over {WORDS_MIN}-{WORDS_MAX}; made by bench/serving/prompt_mix.py\nrequest\twords\tseed\n")
        for i in range(REQUESTS):
            file.write(f"{i}\t{draw.randint(WORDS_MIN, WORDS_MAX)}\t{draw.randrange(1 << 31)}\n")


if __name__ == "__main__":
    write_mix(Path(sys.argv[1]))
