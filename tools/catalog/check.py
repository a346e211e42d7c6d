#!/usr/bin/env python3
"""Checks every catalogue record under data/: schema, one layout, unique names, dates, sources, and counted parameters.

Exit status 0 when all is well, 5 when a record is wrong. --write puts records into the one layout.
"""
import argparse
import datetime
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed, so the records cannot be held against their schemas")
    sys.exit(77)

import block_bits
import count
import layout

ROOT = pathlib.Path(__file__).resolve().parents[2] / "data"
FOLDERS = {"devices": "device", "models": "model", "runtimes": "runtime", "precisions": "precision",
           "presets": "preset", "policies/slo": "slo"}
LEAST = {"devices": 40, "models": 120, "presets": 55}
TOLERANCE = {"llm": 0.015, "vlm": 0.015}
LOOSE = 0.03


def load(folder, schema, write):
    """Yields (path, record, problems) of one folder."""
    validator = jsonschema.Draft7Validator(schema)
    for path in sorted((ROOT / folder).glob("*.json")):
        text = path.read_text(encoding="utf-8")
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            yield path, None, [f"is not JSON: {error}"]
            continue
        problems = [f"{'/'.join(map(str, e.absolute_path)) or 'record'}: {e.message[:200]}"
                    for e in validator.iter_errors(record)]
        if not problems and text != layout.text_of(record, schema):
            if write:
                path.write_text(layout.text_of(record, schema), encoding="utf-8")
            else:
                problems.append("is not in the one layout; run tools/catalog/check.py --write")
        yield path, record, problems


def plain(name):
    """Names are looked up without regard to case, and with blank and underscore as hyphen."""
    return name.lower().replace(" ", "-").replace("_", "-")


def check_identity(path, record, names):
    problems = []
    if record["id"] != path.stem:
        problems.append(f"id {record['id']!r} differs from the file name")
    for name in {plain(record["id"]), *map(plain, record.get("aliases", []))}:
        if name in names:
            problems.append(f"name {name!r} is also used by {names[name]}")
        names[name] = record["id"]
    return problems + check_date(record)


def check_date(record):
    try:
        day = datetime.date.fromisoformat(record["date"])
    except ValueError:
        return [f"date {record['date']!r} is no day of the calendar"]
    if day > datetime.date.today() + datetime.timedelta(days=1):
        return [f"date {record['date']} lies in the future"]
    return []


def check_model(record, _):
    problems = check_decoder(record["decoder"]) if "decoder" in record else []
    if problems:
        return problems
    counted, stated = count.count_parameters(record), record["parameters"]["total"]
    limit = TOLERANCE.get(record["kind"], LOOSE)
    if counted and abs(counted / stated - 1) > limit:
        problems.append(f"parameters: dimensions give {counted:,}, the record states {stated:,} ({counted / stated - 1:+.2%})")
    if "moe" in record.get("decoder", {}):
        active = count.active_parameters(record)
        stated = record["parameters"].get("active")
        if not stated:
            problems.append(f"parameters/active is missing; dimensions give {active:,}")
        elif abs(active / stated - 1) > 0.2:
            problems.append(f"parameters/active: dimensions give {active:,}, the record states {stated:,}")
    return problems


def check_decoder(d):
    problems = [f"decoder/{key} has {len(d[key])} letters for {d['layers']} layers"
                for key in ("layer_kinds", "ffn_kinds") if len(d[key]) != d["layers"]]
    kinds, ffns = set(d["layer_kinds"]), set(d["ffn_kinds"])
    attention = d.get("attention", {})
    needs = [(kinds & set("FWfwPX"), "attention"), (kinds & set("Ww"), "window"), (kinds & set("RP"), "recurrent"),
             (ffns & set("DB"), "ffn"), (ffns & set("EB"), "moe"), (attention.get("kind") == "mla", "mla")]
    problems += [f"decoder/{key} is missing" for used, key in needs if used and key not in d]
    problems += [f"decoder/{key} is never used" for used, key in needs if not used and key in d]
    if attention and attention["kind"] != "mla":
        missing = [key for key in ("kv_heads", "key_dim", "value_dim") if key not in attention]
        problems += [f"decoder/attention/{key} is missing" for key in missing]
        if not missing:
            problems += check_heads(attention)
    return problems


def check_heads(a):
    kind = "mha" if a["kv_heads"] == a["heads"] else "mqa" if a["kv_heads"] == 1 else "gqa"
    if a["heads"] % a["kv_heads"]:
        return [f"decoder/attention: {a['heads']} heads don't divide by {a['kv_heads']} kv_heads"]
    return [] if a["kind"] == kind else [f"decoder/attention/kind should be {kind}"]


def check_preset(record, known):
    settings, modality = record["settings"], record["workload"].split("-")[0]
    problems = unknown(record, "devices", known) + unknown(record, "models", known)
    if record["id"] != f"{record['device_class']}.{record['workload']}":
        problems.append("id should be <device_class>.<workload>")
    for name in [settings["runtime"], *settings.get("alternatives", [])]:
        if name not in known["runtimes"]:
            problems.append(f"settings/runtime: unknown id {name!r}")
    for key in ("precision", "kv_cache"):
        if key in settings and settings[key] not in known["precisions"]:
            problems.append(f"settings/{key}: unknown id {settings[key]!r}")
    if problems:
        return problems
    cells = known["runtimes"][settings["runtime"]]["support"]
    if not any(settings["precision"] in cell["precisions"] and modality in cell["modalities"] for cell in cells):
        problems.append(f"settings: {settings['runtime']} does not run {modality} at {settings['precision']}")
    if modality == "llm" and known["precisions"][settings["precision"]]["rung"] < chat_floor(known):
        problems.append(f"settings/precision: {settings['precision']} lies below the floor for chat")
    return problems


def chat_floor(known):
    return min(record["rung"] for record in known["precisions"].values() if "chat" in record.get("floor_for", []))


def unknown(record, folder, known):
    """Names in record[folder] that no record of that folder has."""
    return [f"{folder}: unknown id {name!r}" for name in record.get(folder, []) if name not in known[folder]]


def check_runtime(record, known):
    used = {precision for cell in record["support"] for precision in cell["precisions"]}
    return [f"support: unknown precision {name!r}" for name in sorted(used) if name not in known["precisions"]]


def check_slo(record, known):
    return unknown(record, "devices", known) + unknown(record, "models", known)


def check_precision(record, _):
    return block_bits.check(record)


def no_more(_record, _known):
    return []


EXTRA = {"models": check_model, "presets": check_preset, "runtimes": check_runtime, "policies/slo": check_slo,
         "precisions": check_precision}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite records that are valid but laid out differently")
    args = parser.parse_args()
    bad, loaded, known = 0, {}, {}
    for folder, name in FOLDERS.items():
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        loaded[folder] = list(load(folder, schema, args.write))
        known[folder] = {record["id"]: record for _, record, problems in loaded[folder] if not problems}
    for folder, rows in loaded.items():
        names = {}
        for path, record, problems in rows:
            if not problems:
                problems = check_identity(path, record, names) + EXTRA.get(folder, no_more)(record, known)
            for problem in problems:
                print(f"{path.relative_to(ROOT.parent)}: {problem}")
            bad += bool(problems)
        if len(rows) < LEAST.get(folder, 1):
            print(f"data/{folder}: {len(rows)} records, at least {LEAST.get(folder, 1)} are promised")
            bad += 1
    print(", ".join(f"{len(rows)} {folder}" for folder, rows in loaded.items()), "-", f"{bad} wrong" if bad else "all well")
    return 5 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
