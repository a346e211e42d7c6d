"""From the token times of a load to the figures that are compared."""
import math
import statistics

GAP_FLOOR_S, GAP_RATIO = 0.5, 8.0  # a gap inside a stream is too long above the larger of the floor and the ratio times its median


def percentile(values, share):
    """Nearest rank: the smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def spread_of(values):
    """P50, P95, P99 and the most, in milliseconds, of seconds."""
    return {f"p{round(100 * share)}": 1e3 * percentile(values, share) for share in (0.5, 0.95, 0.99)} | {"max": 1e3 * max(values, default=0.0)}


def gap_figures(results):
    """The worst gap of all streams, the largest ratio of a stream's worst gap to its median, and the streams over the bound."""
    worst, ratio, over = 0.0, 0.0, 0
    for result in results:
        gaps = result.gaps_s()
        if not gaps:
            continue
        median, longest = statistics.median(gaps), max(gaps)
        worst = max(worst, longest)
        ratio = max(ratio, longest / median if median > 0 else 0.0)
        over += longest > max(GAP_FLOOR_S, GAP_RATIO * median)
    return {"worst_gap_ms": 1e3 * worst, "worst_gap_to_median": ratio, "streams_over_gap_bound": over}


def load_figures(load):
    """One dict of figures of a LoadResult; failed requests are counted and take part in nothing else."""
    good = [r for r in load.results if r.ok and r.token_times]
    gaps = [g for r in good for g in r.gaps_s()]
    tokens = sum(r.completion_tokens for r in good)
    figures = {"requests": len(load.results), "failed": len(load.results) - len(good), "window_s": load.window_s,
               "prompt_tokens": sum(r.prompt_tokens for r in good), "completion_tokens": tokens,
               "completion_tok_s": tokens / load.window_s,
               "total_tok_s": (tokens + sum(r.prompt_tokens for r in good)) / load.window_s,
               "ttft_ms": spread_of([r.ttft_s for r in good]), "tpot_ms": spread_of([r.tpot_s for r in good]),
               "itl_ms": spread_of(gaps), **gap_figures(good),
               "cpu_s": load.cpu_s, "cpu_ms_per_token": 1e3 * load.cpu_s / max(1, tokens),
               "pss_peak_bytes": load.pss_peak_bytes, "rss_peak_bytes": load.rss_peak_bytes}
    if load.shares is not None:
        figures["own_share"], figures["cache_share"], figures["governor_share"] = load.shares
    figures["first_error"] = next((r.error for r in load.results if not r.ok), "")
    return figures


def raw_samples(load):
    """What every figure can be computed from again: times in ms since the request, gaps as one string a request."""
    return [{"ttft_ms": round(1e3 * r.ttft_s, 2), "prompt_tokens": r.prompt_tokens, "completion_tokens": r.completion_tokens,
             "cached_tokens": r.cached_tokens, "gaps_ms": " ".join(f"{1e3 * g:.1f}" for g in r.gaps_s())}
            if r.ok and r.token_times else {"status": r.status, "error": r.error[:300]} for r in load.results]


def median_of(runs, *path):
    """The median over runs of one figure, named by its path of keys."""
    values = []
    for run in runs:
        for key in path:
            run = run[key]
        values.append(run)
    return statistics.median(values)
