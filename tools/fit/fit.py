#!/usr/bin/env python3
"""Fits and validates the speed model: tables in, data/fit/speed_model.json and data/fit/report.json out.

    python3 tools/fit/fit.py [--shared DIR] [--out DIR] [--date YYYY-MM-DD]

Every figure it prints comes from predictions for devices of which the fit saw no row (leave one device out).
"""
import argparse
import datetime
import json
import os
import sys

import numpy as np

import baselines
import dataset
import intervals
import latency
import noise
import roofline
import tables

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VERSION = 1


def score(y, p, mask, band=None):
    """Errors of speed predictions on the masked rows that were measured; y and p are log seconds."""
    m = mask & np.isfinite(y) & np.isfinite(p)
    if not m.any():
        return None
    ape = np.abs(np.exp((y - p)[m]) - 1.0)
    out = {"rows": int(m.sum()), "mean_ape": float(ape.mean()), "median_ape": float(np.median(ape))}
    if band is not None:
        ratio = (p - y)[m]
        low, high = band[0][m], band[1][m]
        out["coverage"] = float(((ratio >= low) & (ratio <= high)).mean())
        out["median_half_width"] = float(np.median((np.exp(high) - np.exp(low)) / 2.0))
    return out


def subsets(cases):
    get = lambda key: np.array([c[key] for c in cases])
    plausible = ~get("implausible")
    return {"stated": get("stated"), "sized": get("sized"), "sized_plausible": get("sized") & plausible,
            "all": np.ones(len(cases), bool), "all_plausible": plausible}


def known_residuals(design):
    """Residuals with the row left out but its device kept: folds over (device, model, quant, engine)."""
    keys = [c["canonical"] + "|" + c["row"]["model"] + "|" + c["row"]["quant"] + "|" + c["engine"] for c in design.cases]
    return design.folds(10, keys) - design.y


def fit_part(cases, what):
    """One quantity: the JSON part, its report, and the predictions of the full fit."""
    design = roofline.Design(cases, what)
    device = design.device
    beta = design.fit(np.ones(len(cases), bool))
    p = design.leave_one_device_out()
    res = p - design.y
    usable = design.usable
    band = intervals.out_of_fold(cases, res, usable, device)
    table = intervals.build(cases, res, usable, "new")
    known = known_residuals(design)
    pair = [c["canonical"] + "|" + c["engine"] for c in cases]
    tests = {}
    for i in np.flatnonzero(usable):
        tests.setdefault(pair[i], set()).add((cases[i]["row"]["model"], cases[i]["row"]["quant"]))
    # known: the device was measured with this engine on another model too, so that a row left out still leaves one
    several = usable & np.array([len(tests.get(k, ())) >= 2 for k in pair])
    table.update(intervals.build(cases, known, several, "known"))
    part = design.as_json(beta)
    part["effects"] = {k: v for k, v in part["effects"].items() if not k.startswith("device_engine:") or len(tests.get(k[14:], ())) >= 2}
    part["intervals"], part["cells"] = table, intervals.cells(cases, usable)
    part["dense_devices"] = intervals.DENSE_DEVICES
    sets = subsets(cases)
    report = {"models": {}, "shipped": {n: score(design.y, p, m, band) for n, m in sets.items()},
              "shipped_by_engine": {e: score(design.y, p, sets["all_plausible"] & np.array([c["engine"] == e for c in cases]), band)
                                    for e in design.engines},
              "known_device": score(design.y, design.y + known, several)}
    for name, model in baselines.BASELINES:
        q = baselines.leave_one_device_out(cases, what, model)
        report["models"][name] = {n: score(design.y, q, m) for n, m in sets.items()}
    q = baselines.bare_roofline(cases, what).leave_one_device_out()
    report["models"]["four-term roofline per engine, no pooling"] = {n: score(design.y, q, m) for n, m in sets.items()}
    report["models"]["four-term roofline, pooled effects (shipped)"] = report["shipped"]
    part["residuals"] = {"rows": int(usable.sum()), "devices": len(set(device[usable])), "sd_log": float(np.std(res[usable])),
                         "stated": report["shipped"]["stated"], "all": report["shipped"]["all_plausible"]}
    return part, report


def line(label, s):
    if not s:
        return
    extra = "  coverage %5.1f %%  half-width %5.1f %%" % (100 * s["coverage"], 100 * s["median_half_width"]) if "coverage" in s else ""
    print("  %-48s n=%4d  mean %6.1f %%  median %6.1f %%%s" % (label, s["rows"], 100 * s["mean_ape"], 100 * s["median_ape"], extra))


def show(report):
    for what in ("decode", "prefill"):
        r = report[what]
        for subset, title in (("stated", "bandwidth and file size in the row"), ("all_plausible", "all rows a size and bandwidth exist for")):
            print("%s, %s:" % (what, title))
            for name, by in r["models"].items():
                line(name, by[subset])
        print("%s, shipped, by engine:" % what)
        for e, s in r["shipped_by_engine"].items():
            line(e, s)
        line("device known, row left out", r["known_device"])
    for kind in ("vision", "audio"):
        print(kind + ", latency:")
        for name, s in report[kind]["models"].items():
            line(name, s)
    print("noise of the rows:")
    print(json.dumps(report["noise"], indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", default=os.environ.get("HEARTH_SHARED_DIR", os.path.join(ROOT, "..", "shared")))
    parser.add_argument("--out", default=os.path.join(ROOT, "data", "fit"))
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    args = parser.parse_args()
    rows, other = (os.path.join(args.shared, "data", n) for n in ("device_bench.tsv", "device_bench_vision_audio.tsv"))
    for path in (rows, other):
        if not os.path.exists(path):
            sys.exit("the measured rows are not at %s: give the folder that holds data/ with --shared" % path)
    names = tables.build()
    cases, declined = dataset.load_cases(rows, names)
    model = {"version": VERSION, "fit_date": args.date, "tables": names,
             "provenance": {os.path.basename(p): {"sha256": dataset.sha256(p)} for p in (rows, other)}}
    report = {"version": VERSION, "fit_date": args.date, "provenance": model["provenance"], "rows_declined": len(declined),
              "rows_implausible": sum(c["implausible"] for c in cases), "noise": noise.analyse(cases)}
    for what in ("decode", "prefill"):
        model[what], report[what] = fit_part(cases, what)
    for kind in ("vision", "audio"):
        model[kind], report[kind] = latency.fit(other, kind, names)
    os.makedirs(args.out, exist_ok=True)
    for name, content in (("speed_model.json", model), ("report.json", report)):
        with open(os.path.join(args.out, name), "w", encoding="utf-8") as f:
            json.dump(content, f, indent=1, sort_keys=True)
            f.write("\n")
    show(report)


if __name__ == "__main__":
    main()
