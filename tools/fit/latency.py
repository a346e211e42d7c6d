"""Vision and audio: log latency from arithmetic work, the device's rate, and pooled effects of runtime and precision."""
import numpy as np

import dataset
import evaluate
import intervals

PRIOR = {"work": (0.8, 0.3), "rate": (-0.7, 0.3), "constant": (0.0, 5.0)}
EFFECT_SD = {"runtime": 0.7, "kind": 0.5, "runtime_kind": 0.5, "precision": 0.4, "measure": 0.7}

# needle in the device column, TFLOPS at the precision networks run at there, kind of processor.
# Source: vendors' product pages (dense FP16 with tensor units for GPUs, half of the INT8 TOPS for NPUs), boards by arithmetic.
RATES = [("jetson orin nano super", 17, "gpu"), ("jetson orin nano", 10, "gpu"), ("jetson orin nx", 25, "gpu"), ("jetson agx orin", 69, "gpu"),
         ("a 100", 312, "gpu"), ("v 100", 112, "gpu"), ("rtx 3050", 36, "gpu"), ("rtx 3090", 142, "gpu"), ("rtx 4060 ti", 88, "gpu"),
         ("rtx 4070 ti", 160, "gpu"), ("rtx 4070", 117, "gpu"), ("rtx 4090 laptop", 132, "gpu"), ("rtx 4090", 330, "gpu"), ("rtx 5080", 225, "gpu"),
         ("rtx 5090", 419, "gpu"), ("apple m 1 pro", 5.2, "gpu"), ("apple m 4 max", 18.4, "gpu"), ("apple m 2", 3.6, "gpu"), ("apple m 3", 3.6, "gpu"),
         ("llm 8850", 12, "npu"), ("lunar lake npu", 24, "npu"), ("raspberry pi 5", 0.3, "cpu"), ("rpi 5", 0.3, "cpu"), ("rock 5", 0.45, "cpu"),
         ("raspberry pi 4", 0.1, "cpu"), ("core i 9", 1.6, "cpu"), ("x 86", 1.2, "cpu")]

# rate of the same module's CPU cores, for runtimes that use nothing else there (cores x clock x 16 FLOP)
CPU_RATES = {"jetson orin nano super": 0.16, "jetson orin nano": 0.15, "jetson orin nx": 0.25, "jetson agx orin": 0.42}

# GFLOP of one inference: Ultralytics model tables (640 px), torchvision, and for Whisper's encoder of one 30 s window
# 2 x parameters x 1500 positions + 4 x layers x 1500^2 x width (Radford et al. 2022, table 1).
WORK = [("yolo 26 n", 5.4), ("yolo 26 s", 20.7), ("yolo 26 m", 68.2), ("yolo 26 l", 86.4), ("yolo 26 x", 193.9),
        ("yolo 11 n", 6.5), ("yolo 11 s", 21.5), ("yolo 11 m", 68.0), ("yolo 11 l", 86.9), ("yolo 11 x", 194.9),
        ("yolov 11 n", 6.5), ("yolov 11 s", 21.5), ("yolov 11 m", 68.0), ("yolov 8 n", 8.7), ("yolov 8 s", 28.6), ("yolov 8 m", 78.9),
        ("yolov 8 l", 165.2), ("yolov 8 x", 257.8), ("yolov 5 n", 4.5), ("yolov 5 s", 16.5), ("resnet 50", 8.2), ("mobilenetv 2", 0.6),
        ("vit b 16", 35.2), ("retinanet", 151.5),
        ("whisper tiny", 38), ("whisper base", 89), ("whisper small", 347), ("whisper medium", 1142), ("whisper large v 3 turbo", 2280),
        ("whisper large", 2280), ("parakeet ctc 0 6 b", 450), ("parakeet tdt 0 6 b", 450), ("parakeet tdt ctc 110 m", 85)]


def tables():
    return {"rates": [{"needles": [n], "TFLOPS": float(t), "kind": k, "cpu_TFLOPS": CPU_RATES.get(n, 0.0)} for n, t, k in RATES],
            "cpu_runtimes": ["tflite", "ncnn", "mnn"],
            "work": [{"needles": [n], "GFLOP": float(g)} for n, g in WORK]}


def measured_ms(row):
    """Milliseconds an image, or a 30 s window of audio; None where the row holds something else."""
    ms, note = evaluate.number(row["latency_ms"]), row["note"]
    if row["kind"] == "vision":
        return ms
    if "11s clip" in row["input"] or "Enc ms" in note:
        return ms
    words = note.replace("~", "").replace("x real time", "").split()
    if note.startswith("RTFx"):
        return 30000.0 / float(words[1])
    if note.startswith("RTF "):
        return 30000.0 * float(words[1])
    if "x real time" in note:
        return 30000.0 / float(words[0])
    return None


def solve(x, y, rows, mean, sd):
    """Robust ridge regression around prior means."""
    xs, ys = x[rows], y[rows]
    w = np.ones(len(xs)) / 0.3 ** 2
    for _ in range(30):
        a = (xs * w[:, None]).T @ xs + np.diag(1.0 / sd ** 2)
        beta = np.linalg.solve(a, (xs * w[:, None]).T @ ys + mean / sd ** 2)
        w = np.minimum(1.0, 0.45 / np.maximum(np.abs(ys - xs @ beta), 1e-9)) / 0.3 ** 2
    return beta


def design(cases):
    names, entries = {"constant": 0, "work": 1, "rate": 2}, []
    for i, c in enumerate(cases):
        entries += [(i, 0, 1.0), (i, 1, c["log_work"]), (i, 2, c["log_rate"])]
        for key in c["keys"]:
            entries.append((i, names.setdefault(key, len(names)), 1.0))
    x = np.zeros((len(cases), len(names)))
    for i, j, v in entries:
        x[i, j] = v
    mean = np.array([PRIOR[n][0] if n in PRIOR else 0.0 for n in names])
    sd = np.array([PRIOR[n][1] if n in PRIOR else EFFECT_SD[n.split(":")[0]] for n in names])
    return x, list(names), mean, sd


def score(y, p, low=None, high=None):
    ape = np.abs(np.exp(p - y) - 1.0)
    out = {"rows": len(y), "mean_ape": float(ape.mean()), "median_ape": float(np.median(ape))}
    if low is not None:
        out["coverage"] = float(((y - p >= low) & (y - p <= high)).mean())
        out["median_half_width"] = float(np.median((np.exp(high) - np.exp(low)) / 2.0))
    return out


def fit(path, kind, names):
    """The JSON part and the report of one modality."""
    held_tables = tables()
    cases, ys = [], []
    for row in dataset.read_rows(path):
        ms = measured_ms(row) if row["kind"] == kind else None
        case, _ = evaluate.describe_latency(held_tables, row)
        if ms and case:
            cases.append(case)
            ys.append(np.log(ms))
    y, device = np.array(ys), np.array([c["canonical"] for c in cases])
    x, columns, mean, sd = design(cases)
    everything = np.ones(len(y), bool)
    beta = solve(x, y, everything, mean, sd)
    p, q = np.empty(len(y)), np.empty(len(y))
    base = x[:, 1] - x[:, 2]
    for d in sorted(set(device)):
        held = device == d
        p[held] = x[held] @ solve(x, y, ~held, mean, sd)
        q[held] = base[held] + np.median((y - base)[~held])
    low, high = np.empty(len(y)), np.empty(len(y))
    for d in sorted(set(device)):
        low[device == d], high[device == d] = intervals.quantiles((y - p)[device != d], device[device != d])
    band = intervals.quantiles(y - p, device)
    coefficients = {n: float(b) for n, b in zip(columns, beta)}
    part = {"tables": held_tables, "coefficients": coefficients, "interval": {"log_low": band[0], "log_high": band[1]},
            "residuals": {"rows": len(y), "devices": len(set(device)), "sd_log": float(np.std(y - p))}}
    report = {"devices": len(set(device)), "models": {
        "one efficiency": score(y, q), "work, rate and pooled runtime effects (shipped)": score(y, p, low, high)}}
    part["residuals"]["left_out"] = report["models"]["work, rate and pooled runtime effects (shipped)"]
    return part, report
