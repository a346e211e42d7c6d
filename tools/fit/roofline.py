"""The shipped model: a four-term roofline times exp(pooled effects), fitted by penalised robust Gauss-Newton.

log seconds per token = log(sum_k exp(log_theta_k) x_k) + sum of effects + sum of slopes, with a Gaussian prior on each
coefficient. The prior of an effect's kind (engine, architecture, device ...) is what pools small groups to the whole;
a device never seen simply has no device effect.
"""
import numpy as np

import evaluate

TERMS = ("weights", "arithmetic", "layers", "outside")
# prior means of log theta: 1/efficiency of memory and arithmetic, microseconds per layer, seconds per GB from the host
PRIOR_MEAN = {"decode": (0.25, 0.5, 1.5, -3.2), "prefill": (0.25, 1.0, 1.5, -3.2)}
PRIOR_SD_TERMS = (0.3, 0.7, 1.0, 0.7)
# prior standard deviations of the effects on the log scale
SD = {
    "decode": {"engine": 0.25, "vendor": 0.15, "arch": 0.15, "engine_vendor": 0.25, "engine_arch": 0.10, "quant": 0.10, "device": 0.10, "device_engine": 0.12,
               "flag": 0.15, "slope": 0.10, "term_engine": 0.7},
    "prefill": {"engine": 0.5, "vendor": 0.3, "arch": 0.4, "engine_vendor": 0.4, "engine_arch": 0.25, "quant": 0.2, "device": 0.15, "device_engine": 0.2,
                "flag": 0.2, "slope": 0.15, "term_engine": 0.7},
}
# standard deviation of a single row by how it was taken: benchmark tools repeat, chat replies and crowds do not
ROW_SD = {"llamafile": 0.12, "llamacpp_chat": 0.12, "ollama_chat": 0.25, "mlx": 0.12, "ollama": 0.12, "ollama_cpu": 0.25, "cpu": 0.15,
          "mobile": 0.2, "npu": 0.5, "openvino": 0.3, "vllm": 0.25}
ROW_SD_DEFAULT = 0.07
# rows and devices have heavy tails: a wrong setup halves a speed. Student's t with so many degrees of freedom keeps the
# bulk and lets such rows and devices go.
FREEDOM = 4.0


def student_weight(x, sd):
    """Weight of a residual or device effect in the next Gauss-Newton step under a Student t prior of scale sd."""
    return (FREEDOM + 1.0) / (FREEDOM + (x / sd) ** 2) / sd ** 2


class Design:
    """Numbers of all cases for one quantity, built once; folds select rows."""

    def __init__(self, cases, what, sd=None):
        self.what, self.sd = what, dict(SD[what], **(sd or {}))
        self.cases = cases
        self.x = np.array([evaluate.terms(c, what) for c in cases])
        self.engines = sorted({c["engine"] for c in cases})
        self.engine = np.array([self.engines.index(c["engine"]) for c in cases])
        names, columns = {}, []
        for row, c in enumerate(cases):
            entries = [("e", k, 1.0) for k in c["keys"]] + [("s", n, v) for n, v in evaluate.covariates(c)]
            for kind, name, value in entries:
                columns.append((row, names.setdefault((kind, name), len(names)), value))
        self.names = list(names)
        self.z = np.zeros((len(cases), len(names)))
        for row, col, value in columns:
            self.z[row, col] = value
        self.prior = np.array([self._prior(kind, name) for kind, name in self.names])
        self.y = np.array([-np.log(c[what]) if c[what] else np.nan for c in cases])
        self.row_sd = np.array([ROW_SD.get(c["engine"], ROW_SD_DEFAULT) for c in cases])
        self.device = np.array([c["canonical"] for c in cases])
        self.usable = np.isfinite(self.y) & ~np.array([c["implausible"] for c in cases])

    def _prior(self, kind, name):
        if kind == "s":
            return self.sd["slope"]
        return self.sd[name.split(":")[0]]

    def start(self):
        return np.concatenate([PRIOR_MEAN[self.what], np.zeros(2 * len(self.engines) + len(self.names))])

    def predict(self, beta, rows):
        return self._model(beta, rows)[0]

    def _model(self, beta, rows):
        """log seconds and its derivative for some rows."""
        n_e = len(self.engines)
        x, e = self.x[rows], self.engine[rows]
        log_theta = np.tile(beta[:4], (len(x), 1))
        log_theta[:, 2] += beta[4:4 + n_e][e]
        log_theta[:, 1] += beta[4 + n_e:4 + 2 * n_e][e]
        parts = np.exp(log_theta) * x
        total = parts.sum(axis=1)
        share = parts / total[:, None]
        jac = np.zeros((len(x), len(beta)))
        jac[:, :4] = share
        jac[np.arange(len(x)), 4 + e] = share[:, 2]
        jac[np.arange(len(x)), 4 + n_e + e] = share[:, 1]
        jac[:, 4 + 2 * n_e:] = self.z[rows]
        return np.log(total) + self.z[rows] @ beta[4 + 2 * n_e:], jac

    def fit(self, rows, beta=None, steps=40, tolerance=1e-11):
        """Coefficients from these rows (a boolean mask); `beta` is a warm start."""
        rows = np.flatnonzero(rows & self.usable)
        centre = self.start()
        sd = np.concatenate([PRIOR_SD_TERMS, np.full(2 * len(self.engines), self.sd["term_engine"]), self.prior])
        devices = np.concatenate([np.zeros(4 + 2 * len(self.engines), bool), [n[1].startswith("device") for n in self.names]])
        beta = centre.copy() if beta is None else beta.copy()
        for _ in range(steps):
            yhat, jac = self._model(beta, rows)
            res = self.y[rows] - yhat
            w = student_weight(res, self.row_sd[rows])
            pull = np.where(devices, student_weight(beta - centre, sd), 1.0 / sd ** 2)
            a = (jac * w[:, None]).T @ jac + np.diag(pull)
            g = jac.T @ (w * res) - pull * (beta - centre)
            step = np.linalg.solve(a, g)
            beta = beta + np.clip(step, -1.0, 1.0)
            if np.max(np.abs(step)) < tolerance:
                break
        return beta

    def leave_one_device_out(self, devices=None):
        """log-seconds predictions for every row of the devices (all by default) from fits that saw no row of its device."""
        full = self.fit(np.ones(len(self.cases), bool))
        out = np.full(len(self.cases), np.nan)
        for g in devices if devices is not None else sorted(set(self.device)):
            held = self.device == g
            out[held] = self.predict(self.fit(~held, full, 6, 1e-3), np.flatnonzero(held))
        return out

    def folds(self, n, keys, seed=1):
        """Like leave_one_device_out with n folds over the given keys (for tuning and for known devices)."""
        full = self.fit(np.ones(len(self.cases), bool))
        ids = {k: i for i, k in enumerate(sorted(set(keys)))}
        order = np.random.default_rng(seed).permutation(len(ids))
        fold = np.array([order[ids[k]] % n for k in keys])
        out = np.empty(len(self.cases))
        for f in range(n):
            held = fold == f
            if held.any():
                out[held] = self.predict(self.fit(~held, full, 6, 1e-3), np.flatnonzero(held))
        return out

    def as_json(self, beta):
        n_e = len(self.engines)
        theta = {name: float(v) for name, v in zip(TERMS, beta[:4])}
        for i, e in enumerate(self.engines):
            theta["layers:" + e] = float(beta[4 + i])
            theta["arithmetic:" + e] = float(beta[4 + n_e + i])
        effects, slopes = {}, {}
        for (kind, name), v in zip(self.names, beta[4 + 2 * n_e:]):
            (effects if kind == "e" else slopes)[name] = float(v)
        return {"log_theta": theta, "effects": effects, "slopes": slopes}
