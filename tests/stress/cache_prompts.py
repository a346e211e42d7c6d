"""Prompts that share beginnings, and answers that tell whether every token before them was the right one.

The fake runtime's logits are a hash of the whole history: a lost, doubled or foreign token in a restored prefix shows in the
log probabilities, whatever the words are.
"""
import http.client
import json
import random

FAMILIES, BEGINNING_BYTES, END_BYTES, ANSWER_TOKENS = 4, 2400, 200, 4


def text(seed, size):
    """Letters; each is a token."""
    draw = random.Random(seed)
    return "".join(draw.choice("bcdfghjkmnpqrstvwxyz") for _ in range(size))


def prompts(ends):
    """`ends` prompts of each family: one beginning of several blocks, different ends."""
    return [text(100 + f, BEGINNING_BYTES) + text(1000 * (f + 1) + e, END_BYTES) for f in range(FAMILIES) for e in range(ends)]


def ask(address, prompt, use_cache=True, timeout_s=60):
    """((tokens, log probabilities), prompt tokens that came from the cache). OSError or HTTPException when the server is gone."""
    connection = http.client.HTTPConnection(*address, timeout=timeout_s)
    try:
        body = {"model": "prefill", "prompt": prompt, "max_tokens": ANSWER_TOKENS, "temperature": 0, "logprobs": 3, "cache_prompt": use_cache,
                "speculate": False, "ignore_eos": True}
        connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        said = json.loads(response.read())
        if response.status != 200:
            raise AssertionError(f"a prompt was refused with {response.status}: {said}")
        listed = said["choices"][0]["logprobs"]
        cached = (said["usage"].get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        return (tuple(listed["tokens"]), tuple(round(x, 4) for x in listed["token_logprobs"])), cached
    finally:
        connection.close()
