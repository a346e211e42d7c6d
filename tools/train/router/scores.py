"""Accuracy, confusion and calibration."""
import numpy as np

from corpus import CLASSES


def recall_by_class(truth, guess):
    return {name: (float((guess[truth == i] == i).mean()) if (truth == i).any() else None, int((truth == i).sum()))
            for i, name in enumerate(CLASSES)}


def confusion(truth, guess):
    out = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(out, (truth, guess), 1)
    return out


def calibration_error(probabilities, truth, bins=15):
    """Expected calibration error: |accuracy - confidence| by bins of confidence, weighted by their share.
    Source: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017), section 2."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
                     for b in range(bins) if (which == b).any()))


def fitted_temperature(logits, truth):
    """The temperature of least negative log-likelihood, by a scan. Source: as above, section 4.2."""
    def loss(t):
        z = logits / t
        z = z - z.max(1, keepdims=True)
        return float(np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(truth)), truth]))
    return float(min(np.arange(0.5, 5.0, 0.02), key=loss))


def markdown_table(head, rows):
    lines = ["| " + " | ".join(map(str, head)) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])
