#!/usr/bin/env python3
"""Writes docs/performance.md from the samples in bench/results. --print writes to standard output."""
import json
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def decode_section(document):
    machine = document["machine"]
    lines = ["## Decode, one stream", "",
             f"{machine['cpu']}, {machine['cpus']} processors, {machine['system']}; {document['time']}, commit {document['commit']}.",
             "Both sides load the file anew for each sample and decode the same number of tokens from an empty context, in turn, on an",
             "idle machine. `llama-bench` feeds random tokens and samples nothing; hearth's figure contains sampling and streaming.", "",
             "| model | hearth tok/s | llama-bench tok/s | ratio, median of pairs | samples |", "|---|---|---|---|---|"]
    for row in document["results"]:
        ours, theirs = row["hearth"], row["llama_bench"]
        lines.append(f"| {row['model']} {row['type']} | {ours['median']:.2f} (±{100 * ours['spread']:.1f} %) | "
                     f"{theirs['median']:.2f} (±{100 * theirs['spread']:.1f} %) | {row['ratio_median']:.3f} | {ours['n']} |")
    return lines + ["", "± is half the distance between the quartiles. Again: `./dev bench decode`.", ""]


def measured_on(document):
    machine = document["machine"]
    return (f"{machine['cpu']}, {machine['cpus']} processors, {machine['system']}; {document['time']}, "
            f"commit {document['commit'][:12]}.")


def memory_section(document):
    formula = document["formula_against_estimate"]
    lines = ["## Memory, predicted and reserved", "", measured_on(document),
             "`hearth fit` against what the engine reserves, by component, for every combination of model, precision, context,",
             "cache type and users; a component is right within 1 % or 1 MiB. Rows: `bench/results/memory.tsv`.", "",
             "| combinations | loaded | right in every component | refused by both, same reason | not loaded (larger than the limit) |",
             "|---|---|---|---|---|",
             f"| {document['combinations']} | {document['loaded']} | {document['loaded_right']} | {document['refused_by_both']} | "
             f"{document['not_loaded']} |", "",
             f"Peak resident memory was at most {document['peak_above_total_bytes'] / 1e6:.1f} MB above the total, and in the median "
             f"{document['peak_below_total_bytes'] / 1e6:.0f} MB below it.", ""]
    rows = [(name, value) for name, value in formula.items() if isinstance(value, dict)]
    if rows:
        lines += ["The closed formula that plans enumerate with, against the runtime's estimate (share of it):", "",
                  "| component | " + " | ".join(rows[0][1]) + " |", "|---|" + "---|" * len(rows[0][1])]
        lines += [f"| {name} | " + " | ".join(f"{100 * v:.2f} %" if isinstance(v, float) else str(v) for v in value.values()) + " |"
                  for name, value in rows]
        lines.append("")
    return lines + ["Again: `./dev bench memory`.", ""]


def plan_section(document):
    lines = ["## Planning", "", measured_on(document),
             "Chat, vision, speech in both directions and embedding, planned together over the whole catalogue; files and the audit apart.", "",
             "| device | median | slowest | samples |", "|---|---|---|---|"]
    lines += [f"| {row['device']} | {row['median']:.1f} ms | {row['max']:.1f} ms | {row['n']} |" for row in document["results"]]
    return lines + ["", "Again: `./dev bench plan`.", ""]


def middle(runs, *path):
    """The median of one figure over a side's runs."""
    values = []
    for value in runs:
        for key in path:
            value = value[key]
        values.append(value)
    return statistics.median(values)


def streams_table(models):
    """Prefill and decode of one stream, with and without a server."""
    lines = ["| model | through | prefill hearth / peer tok/s | ratio | decode hearth / peer tok/s | ratio |", "|---|---|---|---|---|---|"]
    for model, found in models.items():
        if "in_process" in found:
            row = found["in_process"]
            cells = [f"{row[kind]['hearth']['median']:.1f} / {row[kind]['llama-bench']['median']:.1f} | {row[kind + '_ratio']:.3f}"
                     for kind in ("prefill", "decode")]
            lines.append(f"| {model} | program, llama-bench | {' | '.join(cells)} |")
        if "one_stream" in found:
            row = found["one_stream"]
            cells = [f"{middle(row['runs']['hearth'], kind + '_tok_s'):.1f} / {middle(row['runs']['llama-server'], kind + '_tok_s'):.1f} | "
                     f"{row[kind + '_ratio']:.3f}" for kind in ("prefill", "decode")]
            lines.append(f"| {model} | HTTP, llama-server | {' | '.join(cells)} |")
    return lines + [""]


def own_share(models):
    """What a token costs beside the runtime, of one stream through HTTP."""
    runs = {model: found["one_stream"]["runs"]["hearth"] for model, found in models.items() if "one_stream" in found}
    shares = {model: [statistics.median(run[kind] for run in of) for kind in ("own_share", "cache_share", "governor_share")]
              for model, of in runs.items() if all("governor_share" in run for run in of)}
    if not shares:
        return []
    return ["Processor time of hearth itself, of the steps' time, as scheduling, sampling and streaming (every thread but the runtime's and those that follow) "
            "+ keeping computed cells for later, in RAM and on the disk + the governor's look at the machine once a second: " +
            ", ".join(f"{model} " + " + ".join(f"{100 * share:.2f} %" for share in of) for model, of in shares.items()) + ".", ""]


def load_row(model, side, runs):
    """One server's line under the recorded mix."""
    return (f"| {model} | {side} | {middle(runs, 'completion_tok_s'):.1f} | {middle(runs, 'roofline_tok_s'):.1f} | {middle(runs, 'roofline_share'):.2f} | "
            + " | ".join(f"{middle(runs, 'ttft_ms', p) / 1e3:.2f}" for p in ("p50", "p95", "p99")) + " | "
            + f"{middle(runs, 'tpot_ms', 'p50'):.0f} / {middle(runs, 'tpot_ms', 'p95'):.0f} | "
            + " / ".join(f"{middle(runs, 'itl_ms', p):.0f}" for p in ("p50", "p95", "p99")) + " | "
            + f"{max(r['worst_gap_ms'] for r in runs) / 1e3:.2f} | {max(r['worst_gap_to_median'] for r in runs):.1f} | "
            + f"{max(r['pss_peak_bytes'] for r in runs) / 2**20:.0f} | {middle(runs, 'cpu_ms_per_token'):.1f} | {sum(r['failed'] for r in runs)} |")


def load_table(models, scenario):
    lines = ["| model | server | answer tok/s | roofline | share | TTFT p50 s | p95 | p99 | TPOT p50 / p95 ms | ITL p50 / p95 / p99 ms | worst gap s | "
             "to its stream's median | peak PSS MiB | CPU ms a token | failed |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for model, found in models.items():
        if scenario in found:
            lines += [load_row(model, side, runs) for side, runs in found[scenario]["runs"].items()]
    return lines + [""]


def ratios(models, scenario):
    """One sentence a model: the medians of the ratios of pairs."""
    lines = [f"{model}: {found[scenario]['throughput_ratio']:.2f} times llama-server's tokens per second, p95 TTFT "
             f"{found[scenario]['ttft_p95_ratio']:.2f} times." for model, found in models.items() if scenario in found]
    return [*(f"- {line}" for line in lines), ""] if lines else []


def restart_table(models):
    rows = [(model, found["restart"]) for model, found in models.items() if "restart" in found]
    if not rows:
        return []
    lines = ["### A prompt seen before a restart", "", "The server is ended and started again in between; its files are dropped from the page cache.", "",
             "| model | prompt tokens | TTFT computed ms | TTFT from the disk ms | ratio | on the disk MiB |", "|---|---|---|---|---|---|"]
    for model, found in rows:
        of = {key: statistics.median(s[key] for s in found["samples"]) for key in ("prompt_tokens", "cold_ttft_ms", "restored_ttft_ms", "disk_bytes")}
        lines.append(f"| {model} | {of['prompt_tokens']:.0f} | {of['cold_ttft_ms']:.0f} | {of['restored_ttft_ms']:.1f} | "
                     f"1/{found['cold_to_restored']:.0f} | {of['disk_bytes'] / 2**20:.0f} |")
    return lines + [""]


def measured_when(models):
    """The times and commits of scenarios that were measured apart."""
    stamps = sorted({(row["time"][:16], row["commit"]) for found in models.values() for row in found.values()})
    commits = list(dict.fromkeys(commit for _, commit in stamps))
    return f"{stamps[0][0]} to {stamps[-1][0]}, commits {', '.join(commits)}."


def llm_section(document):
    models, settings, machine = document["models"], document["settings"], document["machine"]
    lines = ["## Language models, peers in the same run", "",
             f"{machine['cpu']}, {machine['cpus']} processors, {machine['system']}; {measured_when(models)}",
             f"Medians of {settings['repeats']} samples of each side, in turn, a fresh process for each, {settings['threads']} threads, the same slots,",
             "context, cache type and sampler.", "", "### One stream", "", *streams_table(models), *own_share(models)]
    for scenario, title in (("clients", f"### {settings['clients']} clients, each with its next request when the last is answered"),
                            ("poisson", "### The same requests arriving by themselves (Poisson, 0.7 of the rate the roofline allows)")):
        if any(scenario in found for found in models.values()):
            lines += [title, "", *load_table(models, scenario), *ratios(models, scenario)]
    lines += restart_table(models)
    return lines + ["The mix is `bench/serving/uniform_48_768.tsv` with answers of 64 tokens. Its roofline: answer tokens over (prompt tokens / best prefill",
                    "rate + answer tokens / rate of decoding as many sequences at once), both rates by llama.cpp's own tools on the same machine;",
                    "a share above 1 is what kernels of our own gain over them.",
                    "A gap is too long above the larger of 0.5 s and 8 times its stream's median. Again: `./dev bench llm`.", ""]


def kernels_section(document):
    lines = ["## Products of quantised weights", "", measured_on(document),
             f"Medians of {document['repeats']} runs of each side in turn, two threads, milliseconds for all matrices.", "",
             "| matrices | rows of activations | ggml | own | speedup |", "|---|---|---|---|---|"]
    for row in document["results"]:
        lines.append(f"| {row['matrices']} x {row['product']} | {row['columns']} | {row['ggml']['median']:.2f} | {row['own']['median']:.2f} | "
                     f"{row['speedup']:.2f} |")
    return lines + ["", "Again: `./dev bench kernels`.", ""]


def vision_section(document):
    counts = sorted({row.get("pictures", document["pictures"]) for row in document["results"]})
    lines = ["## Pictures, from JPEG bytes to boxes", "", measured_on(document),
             f"{' or '.join(map(str, counts))} pictures of COCO128 for each sample, hearth and Python with OpenCV on ONNX Runtime and on OpenVINO in turn; the",
             "peers at the number of their streams that is best for them. Ratios are to the faster peer.", "",
             "| model | streams | hearth images/s | faster peer | its images/s | ratio | decode + pre + post, share of the peer's |", "|---|---|---|---|---|---|---|"]
    for row in document["results"]:
        ours, peer = row["speeds"]["hearth"], row["speeds"][row["best_peer"]]
        share = f"{row['host_share']:.2f}" if row.get("host_share") is not None else ""
        lines.append(f"| {row['model']} | {row['streams']} | {ours['median']:.1f} (±{100 * ours['spread']:.1f} %) | {row['best_peer']} | "
                     f"{peer['median']:.1f} (±{100 * peer['spread']:.1f} %) | {row['ratio']:.3f} | {share} |")
    return lines + ["", "Again: `./dev bench vision`.", ""]


def start_section(document):
    lines = ["## Start of tensor graphs", "", measured_on(document),
             "Milliseconds until a graph is ready, each in a process of its own: compiled with nothing kept (cold), compiled and kept (first), and",
             "from what was kept (warm). What a process does once for all its models (opening the library, registering operators and kernels,",
             "starting threads) is in none of them and stands apart. The share is of warm to cold.", "",
             "| model | runtime | once a process | cold | first | warm | share |", "|---|---|---|---|---|---|---|"]
    for row in document["results"]:
        cells = [f"{each['median']:.1f}" if each else "" for each in (row.get("once"), *(row["ready"].get(kind) for kind in ("cold", "first", "warm")))]
        lines.append(f"| {row['model']} | {row['runtime']} | {' | '.join(cells)} | {row['warm_share']:.2f} |")
    return lines + ["", "Again: `./dev bench tensor_start`.", ""]


def embed_section(document):
    lines = ["## Sentence embeddings", "", measured_on(document),
             f"{document['texts']} texts in 15 languages and three lengths; the peers load the same files.", "",
             "| program | texts/s | hearth to it | least cosine between the vectors |", "|---|---|---|---|"]
    for name, speed in document["texts_per_s"].items():
        ratio = f"{document['ratio'][name]:.2f}" if name in document["ratio"] else ""
        cosine = f"{document['equality'][name]['cosine_min']:.8f}" if name in document["equality"] else ""
        lines.append(f"| {name} | {speed['median']:.1f} (±{100 * speed['spread']:.1f} %) | {ratio} | {cosine} |")
    return lines + ["", "Again: `python3 bench/embed.py FOLDER_OF_THE_MODEL --save embed`, with the peers' packages.", ""]


def route_section(document):
    lines = ["## Routing", "", measured_on(document),
             "Whole routes on one core: features, intent, privacy, policy and bandit, on this machine's telemetry, read anew each hundred",
             "calls. Texts are random words of several scripts, which is harder than prose: nothing repeats and no exit is taken.", "",
             "| request | ends after stage | calls | p50 µs | p99 µs | longest µs | allocations a call |", "|---|---|---|---|---|---|---|"]
    for kind, row in document["results"].items():
        lines.append(f"| {kind} | {row['stage']} | {row['calls']} | {row['p50_us']:.1f} | {row['p99_us']:.1f} | {row['max_us']:.0f} | "
                     f"{row['allocations_a_call']:.4f} |")
    return lines + ["", "Again: `./dev bench route`.", ""]


SECTIONS = {"decode.json": decode_section, "llm.json": llm_section, "kernels.json": kernels_section, "vision.json": vision_section,
            "tensor_start.json": start_section, "embed.json": embed_section, "route.json": route_section, "memory.json": memory_section, "plan.json": plan_section}


def page():
    lines = ["# Performance", "", "Made by `tools/docs/performance.py` from the samples in `bench/results`; do not edit.", ""]
    for name, section in SECTIONS.items():
        path = ROOT / "bench" / "results" / name
        if path.exists():
            lines += section(json.loads(path.read_text()))
    return "\n".join(lines)


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        (ROOT / "docs" / "performance.md").write_text(page())
