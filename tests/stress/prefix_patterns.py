#!/usr/bin/env python3
"""Random prompts with shared beginnings: with and without the prefix cache the same tokens and the same log probabilities.

On the fake runtime, whose logits are a hash of the whole history and do not depend on how a prompt is cut into steps.

Prompts grow out of earlier ones, cut at any letter, so that reuse begins and ends inside blocks; the server is ended and
started again in between, so that prefixes come from the disk as well.
"""
import argparse
import http.client
import json
import random
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from hearth_server import HearthServer  # noqa: E402

MODEL = HERE / "prefill.fake.json"
WORDS = ("the cat sat near a river and looked at the moon while the old farmer told a story about rain in a green forest "
         "where nobody had been since the long winter ended and the birds came back to sing").split()
PROMPT_WORDS_MAX, ANSWER_TOKENS = 420, 12


class Patterns:
    """Prompts, each an earlier one up to some letter, and more words."""

    def __init__(self, seed):
        self.draw, self.earlier = random.Random(seed), [""]

    def words(self, count):
        return " ".join(self.draw.choice(WORDS) for _ in range(count))

    def next(self):
        base = self.draw.choice(self.earlier[-40:])
        base = base[:self.draw.randint(0, len(base))] if self.draw.random() < 0.7 else base
        prompt = " ".join((base + " " + self.words(self.draw.randint(1, 150))).split()[:PROMPT_WORDS_MAX])
        self.earlier.append(prompt)
        return prompt


def ask(connection, prompt, use_cache):
    """(tokens with their log probabilities, prompt tokens from the cache)."""
    body = {"model": "patterns", "prompt": prompt, "max_tokens": ANSWER_TOKENS, "temperature": 0, "logprobs": 1, "cache_prompt": use_cache,
            "ignore_eos": True, "speculate": False}
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    said = json.loads(response.read())
    assert response.status == 200, f"refused with {response.status}: {said}"
    listed = said["choices"][0]["logprobs"]
    cached = (said["usage"].get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return list(zip(listed["tokens"], listed["token_logprobs"])), cached


def compare(server, patterns, count):
    """Of `count` patterns: tokens that came from the cache, prompts that used it, [fault], the widest gap of log probabilities."""
    connection = http.client.HTTPConnection(*server.address, timeout=120)
    reused, users, faults, widest = 0, 0, [], 0.0
    for _ in range(count):
        prompt = patterns.next()
        cached, tokens = ask(connection, prompt, True)
        plain, _ = ask(connection, prompt, False)
        reused += tokens
        users += tokens > 0
        widest = max([widest, *(abs(a[1] - b[1]) for a, b in zip(cached, plain))])
        if [t for t, _ in cached] != [t for t, _ in plain] or any(abs(a[1] - b[1]) > 1e-4 for a, b in zip(cached, plain)):
            faults.append(f"with {tokens} cached tokens {cached} but without {plain} for a prompt of {len(prompt)} letters")
    connection.close()
    return reused, users, faults, widest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--patterns", type=int, default=500)
    parser.add_argument("--model", type=Path, default=MODEL)
    options = parser.parse_args()
    patterns, lives = Patterns(seed=7), 5
    reused = users = 0
    faults, widest = [], 0.0
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as home:
        for _ in range(lives):
            with HearthServer(options.program, {"patterns": options.model}, ["--slots", 2, "--ctx", 4096, "--transport", "in-process"], home=home) as server:
                found = compare(server, patterns, options.patterns // lives)
                reused, users, faults, widest = reused + found[0], users + found[1], faults + found[2], max(widest, found[3])
    if users == 0:
        faults.append("no prompt used the cache: this test showed nothing")
    print("\n".join(faults[:10]))
    print(f"{options.patterns} patterns, {users} used the cache for {reused} tokens in all; log probabilities differ by at most {widest:.2g}; "
          f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
