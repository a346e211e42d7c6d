"""Checks the released file against PyTorch with llama.cpp: tokens, template, greedy text. Exits 1 if a check fails.

    python tools/train/starter/check.py --work build/starter
"""

import argparse
import ctypes
import json
import sys
from pathlib import Path

import gguf
import jinja2
import llama_cpp
import torch
from tokenizers import Tokenizer

from model import Shape, StarterModel
from export_gguf import tensors
from tokenizer import CHAT_TEMPLATE, TURN_END, TURN_START, encode_chat
from train import SHOWN_PROMPTS, STAGES

TEXTS = ["Hello, world!", "Grüße aus Köln – naïve café", "日本語のテキスト", "🙂👩‍👩‍👧 emoji", "  two  spaces\tand\ttabs\n\nlines\r\n end ",
         "12345 + 67 = 12412", "don't I'LL we've", "\u0000\u0007 control", "العربية עברית हिन्दी", "a" * 300, "x<|y|>z", "\n", " ", "?!..."]
# ggml also rounds activations to 8 bits, which moves logits by some hundredths; a wrong layout moves them by whole units.
LARGEST_REGRET = 0.25
RAW_PROMPTS = ["Once upon a time", "It was a fine day and", "The", "She looked at him"]


def load_backends(folder: Path) -> None:
    """Loads ggml's backends from `folder`, as a build with GGML_BACKEND_DL needs; they are not beside the Python package."""
    load = llama_cpp.llama_cpp._lib.ggml_backend_load_all_from_path  # found in libggml, which libllama pulled in
    load.argtypes = [ctypes.c_char_p]
    load(str(folder).encode())


def check_tokens(llm, tokenizer) -> list:
    """Faults of: llama.cpp and `tokenizers` give the same ids, and the ids give the text back."""
    faults = []
    for text in TEXTS:
        ids = llm.tokenize(text.encode(), add_bos=True, special=False)
        back = llm.detokenize(ids).decode("utf-8", "replace")
        if ids != tokenizer.encode(text).ids:
            faults.append(f"tokens differ for {text!r}: {ids} and {tokenizer.encode(text).ids}")
        if back != text:
            faults.append(f"{text!r} came back as {back!r}")
    return faults


def check_template(llm, tokenizer) -> list:
    """Faults of: the template in the file renders to exactly the ids the model was trained on, control marks single ids."""
    messages = [("system", "Be brief."), ("user", "Hello"), ("assistant", "Hi."), ("user", "Bye\nnow")]
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(llm.metadata["tokenizer.chat_template"])
    text = template.render(messages=[{"role": r, "content": t} for r, t in messages], add_generation_prompt=True)
    ids = llm.tokenize(text.encode(), add_bos=True, special=True)
    wanted = encode_chat(tokenizer, messages, True)[0]
    faults = [] if ids == wanted else [f"template: {ids} is not {wanted}"]
    if llm.metadata["tokenizer.chat_template"] != CHAT_TEMPLATE:
        faults.append("template: the file holds another one than tokenizer.py")
    for mark in (TURN_START, TURN_END):
        if len(llm.tokenize(mark.encode(), add_bos=False, special=True)) != 1:
            faults.append(f"{mark} is not one token")
    return faults


def quantised(model: StarterModel) -> StarterModel:
    """The same model with every matrix rounded to Q8_0 and back, as the file has it."""
    copy = StarterModel(model.shape)
    copy.load_state_dict(model.state_dict())
    kind = gguf.GGMLQuantizationType.Q8_0
    with torch.no_grad():
        for weight in copy.parameters():
            if weight.dim() == 2:
                weight.copy_(torch.from_numpy(gguf.quants.dequantize(gguf.quants.quantize(weight.numpy(), kind), kind)))
    return copy.eval()


def llama_greedy(llm, ids: list, limit: int, stop: set) -> list:
    """llama.cpp's most likely continuation of `ids`, the token that stops it included."""
    llm.reset()
    llm.eval(ids)
    out = []
    while len(out) < limit:
        out.append(int(llm.scores[llm.n_tokens - 1].argmax()))
        if out[-1] in stop:
            break
        llm.eval(out[-1:])
    return out


@torch.no_grad()
def agreement(model: StarterModel, ids: list, out: list) -> tuple:
    """(tokens up to the first one that PyTorch would not have chosen, by how much it preferred another at the worst place)."""
    logits = model(torch.tensor([ids + out]))[0, len(ids) - 1:-1]
    chosen = logits.gather(1, torch.tensor(out)[:, None])[:, 0]
    regret = logits.max(1).values - chosen
    differs = (regret > 0).nonzero()
    return int(differs[0]) if len(differs) else len(out), round(float(regret.max()), 4)


def compare_greedy(llm, tokenizer, model) -> tuple:
    """(rows, faults): per prompt how many of llama.cpp's tokens agree with PyTorch, with plain and with Q8_0 weights."""
    rounded, stop, rows, faults = quantised(model), {0, 2}, [], []
    for prompt, chat in [(p, True) for p in SHOWN_PROMPTS] + [(p, False) for p in RAW_PROMPTS]:
        ids = encode_chat(tokenizer, [("user", prompt)], True)[0] if chat else tokenizer.encode(prompt).ids
        out = llama_greedy(llm, ids, 220 if chat else 120, stop)
        same_f32, regret_f32 = agreement(model, ids, out)
        same, regret = agreement(rounded, ids, out)
        rows.append({"prompt": prompt, "chat": chat, "tokens": len(out), "same_f32": same_f32, "regret_f32": regret_f32,
                     "same_q8_0": same, "regret_q8_0": regret, "text": tokenizer.decode(out)})
        if regret > LARGEST_REGRET:
            faults.append(f"{prompt!r}: llama.cpp chose a token that PyTorch ranks {regret} lower after {same} tokens")
    return rows, faults


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--work", type=Path, required=True, help="folder of the training run (checkpoints, tokenizer.json)")
    options.add_argument("--model", type=Path, default=Path(__file__).resolve().parents[3] / "data" / "starter" / "hearth-starter.gguf")
    options.add_argument("--backends", type=Path, help="folder of the libggml-cpu-* files, for a llama.cpp built with GGML_BACKEND_DL")
    given = options.parse_args()
    if given.backends:
        load_backends(given.backends)
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(given.work / "tokenizer.json"))
    model = StarterModel(Shape())
    model.load_state_dict(torch.load(given.work / f"stage{len(STAGES)}.pt", weights_only=True)["model"])
    model.eval()
    named = {t.name for t in gguf.GGUFReader(given.model).tensors}
    faults = [] if named == set(tensors(model)) else ["the file's tensors are not the model's"]
    llm = llama_cpp.Llama(str(given.model), n_ctx=1024, n_threads=1, logits_all=True, verbose=False)
    rows, differences = compare_greedy(llm, tokenizer, model)
    faults += check_tokens(llm, tokenizer) + check_template(llm, tokenizer) + differences
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    for fault in faults:
        print("FAULT", fault)
    print(f"{len(rows)} prompts, {len(TEXTS)} texts, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
