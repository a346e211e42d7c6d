"""Rows to train and test on: the shared intent data, filtered by licences.py, and what was written for Hearth."""
import json
import random
from pathlib import Path

from licences import permitted, source_of

CLASSES = ("chat", "code", "vision", "stt", "tts", "tool-use", "long-form", "summarize", "classify", "route-only")
CLASS_OF = {name: i for i, name in enumerate(CLASSES)}
FLAGS = ("has_image", "has_audio", "has_tools")
ROWS = Path(__file__).resolve().parent / "rows"


def read_jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def prepared(row):
    """The row with what training asks of it: group, flags as numbers, original length."""
    row["group"] = source_of(row).group
    row["flags"] = tuple(int(bool(row.get(name))) for name in FLAGS)
    row["n_chars"] = row.get("n_chars") or len(row["text"])
    return row


def shared(folder, name):
    return [prepared(row) for row in read_jsonl(Path(folder) / f"{name}.jsonl")]


HELD_OUT = ("eval", "degrade_test")  # files of rows/ that nothing trains or is tuned on


def own(folder=ROWS):
    """Rows written for Hearth that train."""
    return [prepared(row) for path in sorted(Path(folder).glob("*.jsonl")) if path.stem not in HELD_OUT
            for row in read_jsonl(path)]


def held_out(name, folder=ROWS):
    return [prepared(row) for row in read_jsonl(Path(folder) / f"{name}.jsonl")]


def training_rows(folder):
    return [row for row in shared(folder, "train") if permitted(row)]


def forbidden_rows(folder):
    """What may not train: whole sources the model has never seen, and so the best test there is."""
    return [row for name in ("train", "dev") for row in shared(folder, name) if not permitted(row)]


def shuffled(rows, seed):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows
