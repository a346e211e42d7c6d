"""Reference evaluator of data/fit/speed_model.json: `hearth project --rows` in plain Python.

The C++ evaluator (src/estimate/speed_model.cpp, speed_rows.cpp) follows this file line by line, so it uses
neither regular expressions nor anything beyond the standard library. Formulas: docs/guides/speed-model.md.
"""
import json
import math
import sys

GIB = 1024.0 ** 3
PROMPT_TOKENS = 512.0
ADDED = ["pred_pp512_tps", "pred_pp512_low", "pred_pp512_high",
         "pred_tg128_tps", "pred_tg128_low", "pred_tg128_high", "pred_note"]
KIND_ORDER = {False: ["dgpu", "apple", "soc", "board", "cpu"], True: ["cpu", "board", "soc", "apple", "dgpu"]}


def normalise(text):
    """Lower-case ASCII words, cut where a letter meets a digit, '+' as a word, framed by blanks: ' rtx 4070 ti '."""
    out, before = [" "], " "
    for ch in text:
        ch = chr(ord(ch) + 32) if "A" <= ch <= "Z" else ch
        now = "d" if "0" <= ch <= "9" else "a" if "a" <= ch <= "z" else " "
        if ch == "+":
            out.append(" plus ")
            now = " "
        elif now == " ":
            out.append(" ")
        else:
            if before != " " and before != now:
                out.append(" ")
            out.append(ch)
        before = now
    return " " + " ".join(word for word in "".join(out).split(" ") if word) + " "


def number(text):
    """A positive finite decimal number from a column, or None where it is absent or no such number."""
    text = (text or "").strip(" ")
    if not text or len(text) > 32 or any(c not in "0123456789.+-eE" for c in text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def longest(entries, words, accept=lambda entry: True):
    """The entry with the longest needle contained in `words`; the first of equals."""
    best, length = None, 0
    for entry in entries:
        for needle in entry["needles"]:
            if len(needle) > length and accept(entry) and " " + needle + " " in words:
                best, length = entry, len(needle)
    return best


def first(rules, words):
    """The first rule of which every needle is contained in `words`, or None."""
    for rule in rules:
        if all(" " + needle + " " in words for needle in rule["needles"]):
            return rule
    return None


def gpu_cores(words):
    """Apple names: '32 gpu' or '32 core gpu' gives 32; 0 where no count is named."""
    w = words.split()
    for i, word in enumerate(w):
        if word.isdigit() and len(word) <= 3:
            rest = w[i + 1:i + 3]
            if rest[:1] == ["gpu"] or rest == ["core", "gpu"]:
                return int(word)
    return 0


def copies(raw, words):
    """'* 4' or 'x2' in a device name: the number of boards, else 1."""
    star = raw.find("*")
    if star >= 0:
        digits = raw[star + 1:].strip(" ")
        n = 0
        for ch in digits[:2]:
            if not "0" <= ch <= "9":
                break
            n = n * 10 + int(ch)
        return n if 2 <= n <= 16 else 1
    w = words.split()
    for i in range(len(w) - 1):
        if w[i] == "x" and w[i + 1] in ("2", "3", "4", "6", "8"):
            return int(w[i + 1])
    return 1


def find_device(tables, raw, on_cpu):
    """Spec entry for a device name, whether the GPU hangs on a small board, and the number of boards."""
    words = normalise(raw)
    for kind in KIND_ORDER[on_cpu]:
        entry = longest(tables["devices"], words, lambda e: e["kind"] == kind)
        if entry:
            host = longest(tables["devices"], words, lambda e: e["kind"] == "board")
            return entry, kind == "dgpu" and host is not None, copies(raw, words) if kind == "dgpu" else 1, words
    return None, False, 1, words


def _alnum(ch):
    return "0" <= ch <= "9" or "a" <= ch <= "z"


def sizes_in_name(raw):
    """(total, active) parameters in 10^9 named as '30B', '350m', 'A3B' or 'E4B'; None where not named."""
    text = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in raw)
    total = active = None
    i = 0
    while i < len(text):
        if not "0" <= text[i] <= "9":
            i += 1
            continue
        end = i
        while end < len(text) and ("0" <= text[end] <= "9" or
                                   (text[end] == "." and end + 1 < len(text) and "0" <= text[end + 1] <= "9")):
            end += 1
        digits, unit = text[i:end], text[end:end + 1]
        after = text[end + 1:end + 2]
        before = text[i - 1] if i else " "
        beyond = text[i - 2] if i > 1 else " "
        if digits.count(".") <= 1 and len(digits) <= 8 and unit in ("b", "m") and unit and not (after and _alnum(after)):
            value = float(digits) * (1.0 if unit == "b" else 0.001)
            if before == "a" and not "a" <= beyond <= "z":
                active = value if active is None else active
            elif not _alnum(before) and before != "." or (before == "e" and not _alnum(beyond)):
                total = value if total is None else total
        i = end
    return total, active


def find_model(tables, row, quant):
    """Bytes of the file, parameters in 10^9 and the active share; None and a reason where the size is unknown."""
    words = normalise(row.get("model", ""))
    known = longest(tables["models"], words)
    named_total, named_active = sizes_in_name(row.get("model", ""))
    file_gib, column = number(row.get("file_GiB")), number(row.get("n_params_B"))
    params = known["total_B"] if known else column or named_total
    if column and known and file_gib:
        params = column
    if params is None and file_gib is None:
        return None, "size unknown: give file_GiB or n_params_B"
    if file_gib is None and quant is None:
        return None, "bytes per weight unknown for this quant: give file_GiB"
    bits = quant["bits_per_weight"] if quant else 4.85
    if file_gib is None:
        size = params * 1e9 * bits / 8.0
    else:
        size = file_gib * GIB
    if params is None:
        params = size * 8.0 / bits / 1e9
    if known:
        share = known["active_B"] / known["total_B"]
    else:
        share = named_active / params if named_active else 1.0
    return {"bytes": size, "params_B": params, "active": min(1.0, share)}, ""


def describe(tables, row):
    """All that the formulas need of one row; (None, reason) where it declines."""
    backend = normalise(row.get("backend", ""))
    rule = first(tables["engines"], backend)
    engine = rule["engine"] if rule else "other"
    on_cpu = " cpu " in backend and " gpu " not in backend
    entry, board_host, boards, words = find_device(tables, row.get("device", ""), on_cpu)
    bandwidth = number(row.get("memory_bandwidth_GBps"))
    given = bandwidth is not None
    if bandwidth is None:
        if entry is None:
            return None, "bandwidth unknown: the device is in no table and the column is empty"
        bandwidth = entry["bandwidth_GBps"]
    quant_words = normalise(row.get("quant", ""))
    quant = longest(tables["quants"], quant_words)
    model, reason = find_model(tables, row, quant)
    if model is None:
        return None, reason
    physics = tables["physics"]
    tflops, memory = bandwidth * physics["tflops_per_GBps"], 0.0
    maker = first(tables["vendors"], words)
    arch, vendor, kind = "unknown", maker["vendor"] if maker else "unknown", "unknown"
    if entry:
        arch, vendor, kind, memory = entry["arch"], entry["vendor"], entry["kind"], entry["memory_GiB"]
        cores = gpu_cores(words) if entry["fp32_TFLOPS_per_gpu_core"] > 0 else 0
        tflops = cores * entry["fp32_TFLOPS_per_gpu_core"] if cores else entry["fp32_TFLOPS"]
        if on_cpu and arch not in physics["cpu_only_archs"] and kind in ("apple", "soc"):
            tflops *= physics["cpu_share_of_soc_tflops"]
    spill = 0.0
    if kind == "dgpu" and memory > 0:
        usable = boards * (memory * physics["usable_memory_share"] - physics["reserved_GiB"]) * GIB
        spill = max(0.0, 1.0 - max(0.0, usable) / model["bytes"])
    family = "spill" if spill > 0 else "boards" if boards > 1 else tables["engine_class"].get(engine, "edge")
    fa = " fa 1 " in backend
    keys = ["engine:" + engine, "vendor:" + vendor, "arch:" + arch,
            "engine_vendor:" + engine + "|" + vendor, "engine_arch:" + engine + "|" + arch,
            "quant:" + (quant["class"] if quant else "unknown"),
            "device:" + (entry["device"] if entry else "?"),
            "device_engine:" + (entry["device"] if entry else "?") + "|" + engine]
    for flag, on in (("fa", fa), ("moe", model["active"] < 0.999), ("board_host", board_host),
                     ("boards", boards > 1), ("spill", spill > 0), ("cpu", on_cpu), ("no_spec", entry is None)):
        if on:
            keys.append("flag:" + flag)
    return {"bandwidth": bandwidth, "bandwidth_given": given, "tflops": tflops, "spill": spill, "engine": engine,
            "arch": arch, "vendor": vendor, "kind": kind, "keys": keys, "words": words, "on_cpu": on_cpu,
            "family": family, "canonical": entry["device"] if entry else words.strip(), "boards": boards, **model}, ""


def terms(case, what):
    """The four roofline terms of one pass in raw units: weights, arithmetic, layers, bytes outside the device.

    A pass is a prompt token of 512, or a decode step of `batch` sequences that each read `kv_bytes` of cache; the
    measured rows have neither, so both default to one sequence with an empty cache.
    """
    batch, kv = case.get("batch", 1), case.get("kv_bytes", 0.0)
    share = 1.0 if what == "prefill" else 1.0 - (1.0 - case["active"]) ** batch
    per, together = (PROMPT_TOKENS, 1.0) if what == "prefill" else (1.0, float(batch))
    moved = share * case["bytes"] / per
    layers = 32.0 * (case["params_B"] / 8.0) ** 0.4
    return ((moved * (1.0 - case["spill"]) + together * kv) / (case["bandwidth"] * 1e9),
            together * 2.0 * case["active"] * case["params_B"] * 1e9 / (case["tflops"] * 1e12),
            layers * 1e-6 / per,
            moved * case["spill"] / 1e9)


def covariates(case):
    """Continuous effects: name and value, centred so that 0 is an 8 B model on a 400 GB/s device."""
    size = math.log(case["active"] * case["bytes"] / 5e9)
    speed = math.log(case["bandwidth"] / 400.0)
    return [("size", size), ("size:" + case["engine"], size), ("speed", speed), ("speed:" + case["vendor"], speed),
            ("speed:" + case["engine"], speed), ("moe_size", size if case["active"] < 0.999 else 0.0)]


def log_seconds(part, case, what):
    """log of the seconds for one token: log of the sum of four terms plus the effects that apply."""
    total = 0.0
    for name, x in zip(("weights", "arithmetic", "layers", "outside"), terms(case, what)):
        total += math.exp(part["log_theta"][name] + part["log_theta"].get(name + ":" + case["engine"], 0.0)) * x
    y = math.log(total)
    for key in case["keys"]:
        y += part["effects"].get(key, 0.0)
    for name, value in covariates(case):
        y += part["slopes"].get(name, 0.0) * value
    return y


def group_names(case, seen, dense):
    """Interval groups of a case, most specific first."""
    density = "dense" if dense else "sparse"
    family = seen + "|" + case["family"]
    out = [family + "|" + density, family, seen]
    if case["family"] not in ("spill", "boards"):
        engine = seen + "|" + case["engine"]
        out = [engine + "|" + case["vendor"] + "|" + density, engine + "|" + case["vendor"], engine] + out
    return out


def group_of(part, case):
    """Name of the interval group: the most specific one that the fit found enough rows and devices for."""
    seen = "known" if "device_engine:" + case["canonical"] + "|" + case["engine"] in part["effects"] else "new"
    dense = part["cells"].get(case["engine"] + "|" + case["arch"], 0) >= part["dense_devices"]
    return next((name for name in group_names(case, seen, dense) if name in part["intervals"]), "new")


def predict(model, row):
    """One row: {'prefill': (value, low, high) or None, 'decode': ..., 'note': str}."""
    case, reason = describe(model["tables"], row)
    if case is None:
        return {"prefill": None, "decode": None, "note": reason}
    out = {"note": ""}
    for what in ("prefill", "decode"):
        part = model[what]
        value = math.exp(-log_seconds(part, case, what))
        band = part["intervals"][group_of(part, case)]
        out[what] = (value, value * math.exp(band["log_low"]), value * math.exp(band["log_high"]))
    notes = []
    if not case["bandwidth_given"]:
        notes.append("bandwidth from the device table")
    if "flag:no_spec" in case["keys"]:
        notes.append("device in no table: compute rate assumed from bandwidth")
    if case["spill"] > 0:
        notes.append("does not fit the device memory: part assumed on the host")
    out["note"] = "; ".join(notes)
    return out


def describe_latency(tables, row):
    """All that the latency formula needs of one vision or audio row; (None, reason) where it declines."""
    words = normalise(row.get("device", ""))
    rate, work = longest(tables["rates"], words), longest(tables["work"], normalise(row.get("model", "")))
    if rate is None:
        return None, "device in no table of rates"
    if work is None:
        return None, "model in no table of work"
    runtime = "_".join(normalise(row.get("runtime", "")).split()) or "unknown"
    precision = "_".join(normalise(row.get("precision", "")).split()) or "unknown"
    kind = "npu" if "_npu" in runtime or runtime == "axcl" else "cpu" if "_cpu" in runtime else rate["kind"]
    tflops = rate["TFLOPS"]
    if kind == "gpu" and rate["cpu_TFLOPS"] > 0 and runtime in tables["cpu_runtimes"]:
        kind, tflops = "cpu", rate["cpu_TFLOPS"]
    measure = "window" if "30s" in row.get("input", "") else "clip" if "11s" in row.get("input", "") else "other"
    keys = ["runtime:" + runtime, "kind:" + kind, "runtime_kind:" + runtime + "|" + kind, "precision:" + precision, "measure:" + measure]
    return {"log_work": math.log(work["GFLOP"]), "log_rate": math.log(tflops), "keys": keys, "canonical": rate["needles"][0]}, ""


def predict_latency(part, row):
    """Milliseconds an image or a 30 s window of audio: (value, low, high), or None and the reason."""
    case, reason = describe_latency(part["tables"], row)
    if case is None:
        return None, reason
    c = part["coefficients"]
    y = c["constant"] + c["work"] * case["log_work"] + c["rate"] * case["log_rate"]
    for key in case["keys"]:
        y += c.get(key, 0.0)
    value = math.exp(y)
    return (value, value * math.exp(part["interval"]["log_low"]), value * math.exp(part["interval"]["log_high"])), ""


def fmt(x):
    """Shortest text that reads back to 12 significant digits."""
    return "%.12g" % x


def project(model, text):
    """The whole of `hearth project`: a tab-separated table with a header line in, the same with seven columns more out."""
    lines = [line[:-1] if line.endswith("\r") else line for line in text.split("\n")]
    if lines and lines[-1] == "":
        lines.pop()
    if not lines:
        raise ValueError("the table is empty: a header line with at least device, model and backend is needed")
    header = lines[0].split("\t")
    for name in ("device", "model", "quant", "backend"):
        if name not in header:
            raise ValueError("the table's header has no column '%s': it needs device, model, quant and backend" % name)
    out = ["\t".join(header + ADDED)]
    for line in lines[1:]:
        cells = line.split("\t")
        cells += [""] * (len(header) - len(cells))
        result = predict(model, dict(zip(header, cells)))
        added = []
        for what in ("prefill", "decode"):
            added += [fmt(x) for x in result[what]] if result[what] else ["", "", ""]
        out.append("\t".join(cells[:len(header)] + added + [result["note"]]))
    return "\n".join(out) + "\n"


def main(argv):
    if len(argv) != 4:
        print("usage: evaluate.py speed_model.json in.tsv out.tsv", file=sys.stderr)
        return 2
    with open(argv[1], encoding="utf-8") as f:
        model = json.load(f)
    with open(argv[2], encoding="utf-8", newline="") as f:
        text = f.read()
    with open(argv[3], "w", encoding="utf-8", newline="") as f:
        f.write(project(model, text))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
