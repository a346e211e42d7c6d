"""Reads the measured rows into cases: what the formulas need of each, and the measured speeds."""
import csv
import hashlib

import evaluate


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def load_cases(path, tables):
    """Cases with `decode`, `prefill` (None where not measured), `stated` (bandwidth and size columns) and `implausible`."""
    cases, declined = [], []
    for index, row in enumerate(read_rows(path)):
        case, reason = evaluate.describe(tables, row)
        if case is None:
            declined.append((row["device"], row["model"], reason))
            continue
        case["row"], case["index"] = row, index
        case["decode"], case["prefill"] = evaluate.number(row["tg128_tps"]), evaluate.number(row["pp512_tps"])
        file_known = evaluate.number(row["file_GiB"]) is not None
        case["stated"] = case["bandwidth_given"] and file_known
        case["sized"] = case["bandwidth_given"] and (file_known or evaluate.number(row["n_params_B"]) is not None)
        case["implausible"] = implausible(case)
        cases.append(case)
    return cases, declined


def implausible(case):
    """True where reading the weights once per token would take more than 1.25 x the stated bandwidth of all boards."""
    if not case["decode"]:
        return False
    moved = case["active"] * case["bytes"] * case["decode"] / 1e9
    return moved > 1.25 * case["bandwidth"] * case["boards"] and case["spill"] == 0
