"""What is measured: each scenario runs hearth and its peer in turn, a fresh process for each sample."""
import os
import statistics
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import measuring
from serving import figures, roofline
from serving.arrivals import closed_loop, open_loop, poisson_times
from serving.prompt_mix import ANSWER_TOKENS, read_mix, words_text
from serving.server_process import MODEL_NAME, HearthServer, LlamaServer, ServerSettings, Watch
from serving.stream_client import request_bytes

# The same sampler for both sides, named in full since their defaults differ. Above temperature 0, since random weights
# at 0 fall into loops, which n-gram drafts would guess.
SAMPLER = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
SLOT_CONTEXT = 1024  # holds the longest request of the mix: 768 words and 64 tokens


@dataclass
class Bench:
    """One model and how to measure it."""
    hearth: Path
    peers: Path
    model: Path
    synthetic: bool    # the vocabulary is make_gguf's own
    threads: int
    repeats: int
    requests: int
    clients: int
    kv_type: str
    busy: bool

    def settings(self, slots, context_length):
        return ServerSettings(program=self.hearth, model=self.model, slots=slots, context_length=context_length,
                              threads=self.threads, kv_type=self.kv_type)

    def gate(self):
        if not self.busy:
            measuring.wait_until_idle()

    def payload(self, words, seed, answer):
        body = {"model": MODEL_NAME, "prompt": words_text(words, seed, self.synthetic), "max_tokens": answer, "seed": seed,
                "stream": True, "stream_options": {"include_usage": True}, "ignore_eos": True, **SAMPLER}
        return request_bytes("/v1/completions", body)


def servers_of(bench, settings):
    """A maker of each side's server."""
    return {"hearth": lambda: HearthServer(settings), "llama-server": lambda: LlamaServer(replace(settings, program=bench.peers / "llama-server"))}


def one_sample(bench, make_server, load):
    """A fresh server, warmed by one short request, then the load on an idle machine."""
    with make_server() as server:
        closed_loop(server.address, [bench.payload(32, 1, 4)], 1)
        bench.gate()
        with Watch(server) as watch:
            result = load(server)
    result.cpu_s, result.pss_peak_bytes, result.rss_peak_bytes = watch.cpu_s, watch.pss, watch.rss
    result.shares = watch.shares
    return result


def interleaved(bench, makers, load):
    """{side: [{figures, requests}]}: the sides in turn, the order reversed in every other repeat."""
    runs = {side: [] for side in makers}
    for i in range(bench.repeats):
        for side in list(makers) if i % 2 == 0 else list(makers)[::-1]:
            result = one_sample(bench, makers[side], load)
            runs[side].append({"repeat": i, **figures.load_figures(result), "samples": figures.raw_samples(result)})
    return runs


def ratio(runs, *path):
    """The median over repeats of hearth's figure divided by the peer's of the same repeat."""
    def of(run):
        for key in path:
            run = run[key]
        return run
    return statistics.median(of(a) / of(b) for a, b in zip(runs["hearth"], runs["llama-server"]) if of(b))


def one_stream(bench):
    """One client; prompts of 512 words and answers of 128 tokens, one after the other: prefill and decode apart."""
    payloads = [bench.payload(512, 9000 + i, 128) for i in range(4)]
    runs = interleaved(bench, servers_of(bench, bench.settings(1, SLOT_CONTEXT)), lambda server: closed_loop(server.address, payloads, 1))
    for side in runs.values():
        for run in side:
            good = [s for s in run["samples"] if "ttft_ms" in s]
            run["prefill_tok_s"] = statistics.median(1e3 * s["prompt_tokens"] / s["ttft_ms"] for s in good) if good else 0.0
            run["decode_tok_s"] = 1e3 / run["tpot_ms"]["p50"] if run["tpot_ms"]["p50"] else 0.0
    return {"runs": runs, "prefill_ratio": ratio(runs, "prefill_tok_s"), "decode_ratio": ratio(runs, "decode_tok_s")}


def mix_payloads(bench):
    rows = read_mix()[:bench.requests]
    return [bench.payload(row.words, row.seed, ANSWER_TOKENS) for row in rows]


def mix_roofline(bench):
    """Rates at the mix's mean prompt length and the number of clients."""
    rows = read_mix()[:bench.requests]
    bench.gate()
    options = {"prompt": round(statistics.mean(r.words for r in rows)), "answer": ANSWER_TOKENS, "clients": bench.clients,
               "threads": bench.threads, "kv_type": bench.kv_type}
    return roofline.measure(bench.peers, bench.model, options, 3)


def with_roofline(runs, rates):
    """Each run's share of the roofline: the least time of what it did over the time it took."""
    for side in runs.values():
        for run in side:
            least = roofline.least_time_s(rates, run["prompt_tokens"], run["completion_tokens"])
            run["roofline_tok_s"] = run["completion_tokens"] / least
            run["roofline_share"] = least / run["window_s"]
    return {"runs": runs, "roofline": rates, "throughput_ratio": ratio(runs, "completion_tok_s"),
            "ttft_p95_ratio": ratio(runs, "ttft_ms", "p95")}


def clients(bench):
    """The recorded mix in a closed loop."""
    rates = mix_roofline(bench)
    payloads = mix_payloads(bench)
    makers = servers_of(bench, bench.settings(bench.clients, SLOT_CONTEXT))
    return with_roofline(interleaved(bench, makers, lambda server: closed_loop(server.address, payloads, bench.clients)), rates)


def poisson(bench):
    """The recorded mix arriving by itself, at 0.7 of the rate that the roofline allows."""
    rates = mix_roofline(bench)
    payloads = mix_payloads(bench)
    rows = read_mix()[:bench.requests]
    least = roofline.least_time_s(rates, sum(r.words for r in rows), ANSWER_TOKENS * len(rows))
    rate = 0.7 * len(rows) / least
    times = poisson_times(len(payloads), rate, seed=5)
    makers = servers_of(bench, bench.settings(bench.clients, SLOT_CONTEXT))
    return {"arrivals_per_s": rate, **with_roofline(interleaved(bench, makers, lambda server: open_loop(server.address, payloads, times)), rates)}


def drop_from_page_cache(folder):
    """What the kernel keeps of the files below `folder` is given up, so that they are read from the disk."""
    os.sync()
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_token(bench, settings, payload):
    """The only result of one request to a fresh server that has answered another, short one."""
    with HearthServer(settings) as server:
        closed_loop(server.address, [bench.payload(32, 1, 4)], 1)
        bench.gate()
        return closed_loop(server.address, [payload], 1).results[0]


def restart(bench):
    """A prompt of 4,000 tokens, the server ended and started again, the same prompt: computed, then from the disk."""
    samples = []
    for i in range(bench.repeats):
        with tempfile.TemporaryDirectory(prefix="hearth-bench-") as home:
            settings = replace(bench.settings(1, 4608), home=Path(home))
            payload = bench.payload(4000, 7000 + i, 16)
            cold = first_token(bench, settings, payload)
            drop_from_page_cache(home)
            again = first_token(bench, settings, payload)
            for result in (cold, again):
                if not result.ok or not result.token_times:
                    raise RuntimeError(f"the request failed: {result.error}")
            samples.append({"cold_ttft_ms": 1e3 * cold.ttft_s, "restored_ttft_ms": 1e3 * again.ttft_s, "prompt_tokens": cold.prompt_tokens,
                            "cached_tokens": again.cached_tokens, "same_text": cold.text == again.text,
                            "disk_bytes": sum(p.stat().st_size for p in Path(home).rglob("*") if p.is_file())})
    return {"samples": samples, "cold_to_restored": statistics.median(s["cold_ttft_ms"] / s["restored_ttft_ms"] for s in samples)}
