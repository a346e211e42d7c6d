"""The least time in which the machine could serve a mix, from rates that llama.cpp's own tools reach on the same model.

    least time = prompt tokens / prefill rate + answer tokens / decode rate

prefill rate: the best of llama-bench (one prompt of 512 tokens) and llama-batched-bench; decode rate: of llama-batched-bench with
as many sequences as there are clients, each after a prompt as long as the mix has on average. Both are without server, sampling
and tokenizer. The roofline of a mix is its answer tokens divided by the least time, and each request waits for nobody.
"""
import json

from measuring import run


def batched_rates(program, model, options):
    """(prefill tok/s, decode tok/s of all sequences together) by llama-batched-bench."""
    prompt, answer, clients = options["prompt"], options["answer"], options["clients"]
    cells = clients * -(-(prompt + answer) // 256) * 256  # of each sequence a multiple of 256, else it measures nothing
    out = run([program, "-m", model, "-t", options["threads"], "-c", cells, "-npp", prompt, "-ntg", answer,
               "-npl", f"{clients},1", "-ctk", options["kv_type"], "-ctv", options["kv_type"], "--output-format", "jsonl"], timeout_s=1200)
    # The program ends before its log thread has written the last row; that one is for a single sequence and not needed.
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    row = next((r for r in rows if r.get("pl") == clients), None)
    if row is None:
        raise RuntimeError(f"{program} printed no row for {clients} sequences: {out[-500:]}")
    return row["speed_pp"], row["speed_tg"]


def prefill_rate(program, model, options):
    """tok/s of one prompt of 512 tokens by llama-bench."""
    out = run([program, "-m", model, "-t", options["threads"], "-p", 512, "-n", 0, "-r", 1, "-ctk", options["kv_type"],
               "-ctv", options["kv_type"], "-o", "json"], timeout_s=1200)
    return json.loads(out)[0]["avg_ts"]


def measure(peers, model, options, repeats):
    """{prefill_tok_s, decode_tok_s, samples}: the best of several runs, since a roof is what can be reached."""
    samples = []
    for _ in range(repeats):
        prefill, decode = batched_rates(peers / "llama-batched-bench", model, options)
        samples.append({"batched_prefill_tok_s": prefill, "batched_decode_tok_s": decode,
                        "bench_prefill_tok_s": prefill_rate(peers / "llama-bench", model, options)})
    return {"prefill_tok_s": max(max(s["batched_prefill_tok_s"], s["bench_prefill_tok_s"]) for s in samples),
            "decode_tok_s": max(s["batched_decode_tok_s"] for s in samples), "of": options, "samples": samples}


def least_time_s(rates, prompt_tokens, answer_tokens):
    """Seconds that a mix takes at these rates."""
    return prompt_tokens / rates["prefill_tok_s"] + answer_tokens / rates["decode_tok_s"]
