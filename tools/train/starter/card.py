"""Writes what is known about the trained file: CARD.md, record.json and loss.json."""

import json
from pathlib import Path

WORDNET_NOTICE = """\
WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved. Permission to use, copy, modify and distribute
this software and database and its documentation for any purpose and without fee or royalty is granted by Princeton
University. THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES,
EXPRESS OR IMPLIED. The full text is in the `copyright` file of the package `wordnet-base`. The model holds no copy of
the database; its glosses were text to learn from."""


def table(heads: list, rows: list) -> str:
    """A Markdown table."""
    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", "<br>") for cell in cells) + " |"
    return "\n".join([line(heads), line(["---"] * len(heads))] + [line(row) for row in rows])


def write_card(folder: Path, record: dict, run: dict) -> None:
    """`run` holds sources, curve, answers, seconds, seed."""
    curve, last = run["curve"], run["curve"][-1]
    (folder / "record.json").write_text(json.dumps(record, indent=2) + "\n")
    (folder / "loss.json").write_text(json.dumps({"unit": "nats per token", "seed": run["seed"], "rows": curve}, indent=1) + "\n")
    shown = [row for row in curve if row["step"] % (300 if row["stage"] == 1 else 100) == 0 or row in (curve[0], curve[-1])]
    text = f"""# Hearth starter

**This model only proves the path**: that a machine can load a model, apply its chat template and decode, with no network at
all. It knows next to nothing. Whatever it says beyond the examples below is likely wrong; use a real model for real work.

{table(["fact", "value"], [
    ["file", f"`{record['file']}`, {record['bytes']:,} bytes, sha256 `{record['sha256']}`"],
    ["shape", f"`llama` decoder, {record['parameters']:,} parameters, {record['quantization']} ({record['bits_per_weight']} bits per weight), "
              f"context {record['context_length']}"],
    ["tokenizer", "byte-level BPE trained here, 1,280 pieces, splits as `qwen2`, single digits"],
    ["chat", "turns between `<|im_start|>` and `<|im_end|>`; roles system, user, assistant; the template is in the file"],
    ["licence", record["licence"]], ["made", f"{record['date']} with `{record['source']}` on one processor core in "
                                             f"{run['seconds'] / 60:.0f} minutes of a shared machine, seed {run['seed']}"]])}

## Data

{table(["package (Debian)", "version", "content", "licence", "sha256 of the package"],
       [[s["package"], s["version"], s["content"], s["licence"], f"`{s['sha256'][:16]}…`"] for s in run["sources"]])}

The larger part is not from a package: conversations and stories composed by `chat.py`, `facts.py` and `stories.py`, all written
for Hearth (Apache-2.0). Words and sentences from the packages stand in there for what people may ask about.
Entries that WordNet marks as insulting, and some grim themes, are left out.

> {WORDNET_NOTICE.replace(chr(10), chr(10) + "> ")}

## Loss (nats per token)

{table(["stage", "step", "train chat", "train text", "validation chat", "validation text"],
       [[row["stage"], row["step"], row["train_chat"], row["train_text"], row["val_chat"], row["val_text"]] for row in shown])}

Every row is in `loss.json`. Training rows are means since the row of `loss.json` before.
Stage 1 trains on everything; stage 2 drills small sums, counting and lists, so its chat columns are of another mixture. Chat loss counts the assistant's tokens only.
The validation text is the end of a novel that training never saw (final {last['val_text']}). The validation conversations
(final {last['val_chat']}) come from another seed but are composed of the same parts, so they show that the parts were
learned, not that the model generalises.

## What it says at temperature 0

{table(["prompt", "answer"], run["answers"])}

## What it cannot do

Anything not of the kind above: it has no knowledge, no reasoning, no code, no language but a little English. It mixes up facts
it was not drilled on and states them with confidence, gets some small sums wrong, and when asked to count it may not stop
where it should. The tests use it to prove mechanics, never quality; no speed or quality
figure measured on it says anything about a real model.
"""
    (folder / "CARD.md").write_text(text)
