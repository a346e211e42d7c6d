"""Prediction intervals from residuals of devices that the fit had not seen (jackknife+ by device, per group)."""
import numpy as np

import evaluate

# nominal level of the quantiles; chosen above 0.90 because residuals of new devices scatter beyond those of the others:
# out of fold nine rows in ten are then inside
LEVEL = 0.93
MIN_ROWS, MIN_DEVICES = 20, 7
# an engine and architecture pair measured on so many devices is "dense": the architecture's effect is known
DENSE_DEVICES = 3


def quantiles(res, device):
    """Low and high quantile of log(measured / predicted); a device weighs as the square root of its rows."""
    names, inverse, counts = np.unique(device, return_inverse=True, return_counts=True)
    weight = 1.0 / np.sqrt(counts[inverse])
    order = np.argsort(res)
    cum = np.cumsum(weight[order])
    # one pseudo-row of average weight at each end: the finite-sample correction of conformal prediction
    total = cum[-1] + weight.mean()
    tail = (1.0 - LEVEL) / 2.0
    low = res[order][min(len(res) - 1, int(np.searchsorted(cum, tail * total)))]
    high = res[order][min(len(res) - 1, int(np.searchsorted(cum, (1.0 - tail) * total)))]
    return float(min(low, -0.02)), float(max(high, 0.02))


def cells(cases, mask):
    """Devices behind each engine and architecture pair: {'cuda|ada': 9}."""
    found = {}
    for i in np.flatnonzero(mask):
        found.setdefault(cases[i]["engine"] + "|" + cases[i]["arch"], set()).add(cases[i]["canonical"])
    return {k: len(v) for k, v in sorted(found.items())}


def build(cases, res, mask, seen):
    """Interval table of the groups with enough rows and devices; the outermost group is always there.

    Whether a row counts as dense is asked without its own device, as it will be for a new one.
    """
    members = {}
    count = cells(cases, mask)
    for i in np.flatnonzero(mask):
        own = 1 if seen == "new" else 0
        dense = count[cases[i]["engine"] + "|" + cases[i]["arch"]] - own >= DENSE_DEVICES
        for name in evaluate.group_names(cases[i], seen, dense):
            members.setdefault(name, []).append(i)
    table = {}
    for name, rows in sorted(members.items()):
        device = np.array([cases[i]["canonical"] for i in rows])
        if name == seen or (len(rows) >= MIN_ROWS and len(set(device)) >= (MIN_DEVICES if seen == "new" else 3)):
            low, high = quantiles(res[rows], device)
            table[name] = {"log_low": low, "log_high": high, "rows": len(rows), "devices": len(set(device))}
    return table


def out_of_fold(cases, res, mask, device):
    """Interval of each row from the residuals of all other devices: arrays low, high of log(measured / predicted)."""
    low, high = np.full(len(cases), np.nan), np.full(len(cases), np.nan)
    for g in sorted(set(device)):
        others = mask & (device != g)
        part = {"intervals": build(cases, res, others, "new"), "cells": cells(cases, others), "effects": {},
                "dense_devices": DENSE_DEVICES}
        for i in np.flatnonzero(device == g):
            band = part["intervals"][evaluate.group_of(part, cases[i])]
            low[i], high[i] = band["log_low"], band["log_high"]
    return low, high
