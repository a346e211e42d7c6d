"""How far rows that should agree disagree: the floor under any model's error."""
import math

import numpy as np


def spread(groups):
    """Pooled standard deviation of log speed inside the groups, and the mean absolute deviation it implies."""
    res = [v - np.mean(g) for g in groups for v in g]
    freedom = sum(len(g) - 1 for g in groups)
    if freedom < 1:
        return {"groups": 0}
    sd = math.sqrt(float(np.sum(np.square(res))) / freedom)
    # mean |x| of a normal variable is 0.80 sd; two rows differ by sqrt(2) times that
    pair = [abs(math.exp(a - b) - 1.0) for g in groups for i, a in enumerate(g) for b in g[i + 1:]]
    return {"groups": len(groups), "rows": sum(map(len, groups)), "sd_log": sd, "median_pair_difference": float(np.median(pair)),
            "mean_pair_difference": float(np.mean(pair)), "floor_mean_ape": 0.798 * sd}


def _groups(cases, what, key, differ=None):
    """Log speeds of cases sharing key(c), keeping groups of two or more (with more than one value of differ(c))."""
    found = {}
    for c in cases:
        if c[what] and not c["implausible"]:
            found.setdefault(key(c), []).append(c)
    return [[math.log(c[what]) for c in g] for g in found.values()
            if len(g) > 1 and (differ is None or len({differ(c) for c in g}) > 1)]


def analyse(cases):
    """Spread of repeated rows from narrow to wide definitions of 'the same measurement'."""
    model = lambda c: (round(c["params_B"], 1), round(c["active"], 2), [k for k in c["keys"] if k.startswith("quant:")][0])
    one = lambda c: c["boards"] == 1 and c["spill"] == 0
    cases = [c for c in cases if one(c)]
    native = [c for c in cases if c["engine"] in ("cuda", "cuda_2024", "metal", "rocm", "vulkan")]
    out = {}
    for what in ("decode", "prefill"):
        out[what] = {
            "same device, model, quant and engine": spread(_groups(cases, what, lambda c: (c["canonical"], model(c), c["engine"]))),
            "same device, model, quant, llama-bench class engines, different source or setting":
                spread(_groups(native, what, lambda c: (c["canonical"], model(c)), lambda c: c["row"]["backend"] + c["row"]["source"])),
            "same device, model and quant, different engines": spread(_groups(cases, what, lambda c: (c["canonical"], model(c)), lambda c: c["engine"])),
            "crowd rows (LocalScore): same GPU architecture and model, speed over bandwidth": _architecture(cases, what),
        }
    return out


def _architecture(cases, what):
    """Spread of speed/bandwidth (speed/rate in prefill) over devices of one architecture in the crowd-sourced rows."""
    scale = "bandwidth" if what == "decode" else "tflops"
    groups = {}
    for c in cases:
        if c["engine"] == "llamafile" and c[what] and not c["implausible"]:
            groups.setdefault((c["arch"], round(c["params_B"])), []).append(math.log(c[what] / c[scale]))
    return spread([g for g in groups.values() if len(g) > 1])
