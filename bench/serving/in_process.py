"""Prefill and decode without a server: hearth's program against llama-bench, each loading the file anew."""
import json
import os
import statistics
import subprocess
import sys
import tempfile

from measuring import run, summary
from serving.prompt_mix import words_text

PROMPT_WORDS, ANSWER_TOKENS = 512, 64


def llama_bench(bench):
    """{prefill_tok_s, decode_tok_s} by llama-bench: random tokens, no sampling."""
    rows = json.loads(run([bench.peers / "llama-bench", "-m", bench.model, "-t", bench.threads, "-p", PROMPT_WORDS, "-n", ANSWER_TOKENS,
                           "-r", 1, "-ctk", bench.kv_type, "-ctv", bench.kv_type, "-o", "json"]))
    return {"prefill_tok_s": next(r["avg_ts"] for r in rows if r["n_prompt"]), "decode_tok_s": next(r["avg_ts"] for r in rows if r["n_gen"])}


def hearth_run(bench, home, words, tokens):
    """The timings of one `hearth run complete`."""
    command = [bench.hearth, "run", "complete", "-m", bench.model, "-p", words_text(words, 3, bench.synthetic), "-n", tokens, "--ignore-end",
               "--temperature", "0", "--threads", bench.threads, "--ctx", 1024, "--transport", "in-process", "--json"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=dict(os.environ, HEARTH_HOME=home), timeout=600)
    if done.returncode != 0:
        sys.exit(f"hearth failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)["timings"]


def hearth(bench, home):
    """{prefill_tok_s, decode_tok_s}: the decode starts from an almost empty context, as llama-bench's does."""
    # n tokens have n-1 gaps, and the first token is the prefill's.
    return {"prefill_tok_s": hearth_run(bench, home, PROMPT_WORDS, 1)["prefill_tok_s"],
            "decode_tok_s": hearth_run(bench, home, 1, ANSWER_TOKENS + 1)["decode_tok_s"]}


def in_process(bench):
    """Medians, ratios of pairs and every sample."""
    samples = []
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as home:
        for i in range(bench.repeats + 1):
            bench.gate()
            sides = {"hearth": lambda: hearth(bench, home), "llama-bench": lambda: llama_bench(bench)}
            sample = {side: sides[side]() for side in (list(sides) if i % 2 else list(sides)[::-1])}
            if i > 0:  # the first pair warms the page cache
                samples.append(sample)
    out = {"samples": samples}
    for kind in ("prefill", "decode"):
        key = f"{kind}_tok_s"
        out[kind] = {side: summary([s[side][key] for s in samples]) for side in ("hearth", "llama-bench")}
        out[f"{kind}_ratio"] = statistics.median(s["hearth"][key] / s["llama-bench"][key] for s in samples)
    return out
