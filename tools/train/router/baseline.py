"""The linear baseline to beat: hashed character and word n-grams under logistic regression, on the same rows."""
import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from corpus import CLASS_OF, FLAGS

_CHARS = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=1 << 14, alternate_sign=False, norm="l2")
_WORDS = HashingVectorizer(analyzer="word", ngram_range=(1, 2), n_features=1 << 14, alternate_sign=False, norm="l2", token_pattern=r"\w+")


def _matrix(rows, with_flags):
    texts = [row["text"] if len(row["text"]) <= 320 else row["text"][:160] + " " + row["text"][-160:] for row in rows]
    if with_flags:
        texts = [" ".join([f"xx{n}xx" for n, f in zip(FLAGS, row["flags"]) if f] + [t]) for row, t in zip(rows, texts)]
    return hstack([_CHARS.transform(texts), _WORDS.transform(texts)]).tocsr()


def guesses(train, test, flag_choices=(False, True)):
    """Classes of the test rows as the baseline sees them, for each choice of seeing the flags."""
    truth = np.array([CLASS_OF[row["label"]] for row in train])
    out = []
    for with_flags in flag_choices:
        model = LogisticRegression(C=10, max_iter=40).fit(_matrix(train, with_flags), truth)
        out.append(model.predict(_matrix(test, with_flags)))
    return out
