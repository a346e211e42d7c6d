"""The models the shipped one is compared with. Each takes cases and a mask to learn from and predicts log seconds of all."""
import numpy as np

import evaluate
import roofline


def arrays(cases, what):
    x = np.array([evaluate.terms(c, what) for c in cases])
    engines = sorted({c["engine"] for c in cases})
    archs = sorted({c["arch"] for c in cases})
    dummies = np.array([[float(c["engine"] == e) for e in engines] for c in cases])
    arch = np.array([[float(c["arch"] == a) for a in archs] for c in cases])
    logs = np.log(np.column_stack([[c["bandwidth"] for c in cases], [c["active"] * c["bytes"] for c in cases],
                                   [c["tflops"] for c in cases], [c["active"] for c in cases]]))
    return {"x": x, "engine": dummies, "arch": arch, "logs": (logs - logs.mean(axis=0)) / logs.std(axis=0),
            "y": np.array([-np.log(c[what]) if c[what] else np.nan for c in cases])}


def ideal(a, what):
    """log seconds at full efficiency: memory time when decoding, arithmetic time in prefill."""
    return np.log(a["x"][:, 0] + a["x"][:, 3]) if what == "decode" else np.log(a["x"][:, 1])


def flat_055(a, what, learn):
    """Efficiency 0.55 of the stated bandwidth (of the FP32 rate in prefill), nothing fitted."""
    return ideal(a, what) - np.log(0.55)


def global_efficiency(a, what, learn):
    """One efficiency: the median of the learning rows."""
    base = ideal(a, what)
    return base + np.median((a["y"] - base)[learn])


def engine_efficiency(a, what, learn):
    """One efficiency an engine, shrunk to the median by two pseudo-rows."""
    base = ideal(a, what)
    res = a["y"] - base
    centre = np.median(res[learn])
    sums = a["engine"][learn].T @ (res[learn] - centre)
    return base + centre + a["engine"] @ (sums / (a["engine"][learn].sum(axis=0) + 2.0))


def _ridge(features, y, learn, penalty):
    f = features[learn]
    w = np.ones(len(f))
    coef = np.zeros(features.shape[1])
    for _ in range(8):
        coef = np.linalg.solve((f * w[:, None]).T @ f + np.diag(penalty), (f * w[:, None]).T @ y[learn])
        w = np.minimum(1.0, 0.25 / np.maximum(np.abs(y[learn] - f @ coef), 1e-9))
    return features @ coef


def log_linear(a, what, learn):
    """Robust ridge regression of log time on log bandwidth, bytes, rate, active share and the engine."""
    f = np.column_stack([np.ones(len(a["y"])), a["logs"], a["engine"]])
    return _ridge(f, a["y"], learn, np.concatenate([[1e-6], np.full(4, 1e-3), np.full(a["engine"].shape[1], 1.0)]))


def gaussian_process(a, what, learn):
    """Gaussian process on the residual of the log-linear model: squared exponential in the logs, plus engine and architecture."""
    mean = log_linear(a, what, learn)
    z = a["logs"]
    near = np.exp(-0.5 * ((z[:, None, :] - z[None, :, :]) ** 2).sum(axis=2) / 0.8 ** 2)
    same_engine, same_arch = a["engine"] @ a["engine"].T, a["arch"] @ a["arch"].T
    k = 0.04 * near + 0.02 * same_arch + 0.06 * near * same_engine + 0.03 * same_engine * same_arch
    i = np.flatnonzero(learn)
    res = np.clip((a["y"] - mean)[i], -0.8, 0.8)
    return mean + k[:, i] @ np.linalg.solve(k[np.ix_(i, i)] + 0.04 * np.eye(len(i)), res)


BASELINES = [("flat 0.55", flat_055), ("one efficiency", global_efficiency), ("efficiency per engine", engine_efficiency),
             ("log-linear", log_linear), ("log-linear + Gaussian process", gaussian_process)]


def leave_one_device_out(cases, what, model):
    a = arrays(cases, what)
    device = np.array([c["canonical"] for c in cases])
    usable = np.isfinite(a["y"]) & ~np.array([c["implausible"] for c in cases])
    out = np.empty(len(cases))
    for g in sorted(set(device)):
        held = device == g
        out[held] = model(a, what, usable & ~held)[held]
    return out


def bare_roofline(cases, what):
    """The shipped model's four terms per engine without pooled effects (their priors shut)."""
    shut = {kind: 1e-4 for kind in roofline.SD[what] if kind != "term_engine"}
    return roofline.Design(cases, what, shut)
