#!/usr/bin/env python3
"""Sentence embeddings: `hearth run embed` beside the reference implementation, on the same file and the same texts.

    embed.py MODEL_FOLDER [--hearth PROGRAM] [--runs 5] [--busy] [--save NAME]

MODEL_FOLDER holds model.onnx, tokenizer.json and the sentence-transformers files. Needs numpy, tokenizers and
onnxruntime; with sentence-transformers installed (and model.safetensors there) that is measured as well.

The peer does what sentence-transformers does: texts sorted by length, batches of 32 padded to their longest, tokenised by
`tokenizers`, run by ONNX Runtime on all cores, mean over the mask, unit length. Its model is loaded and warm. Ours is
the command as it is used, so a small and a large run are subtracted: what is left is the time of the texts in between,
reading, computing and printing them. Samples alternate.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import measuring

BATCH = 32  # sentence-transformers' default
FACTOR = 3  # the large run's texts, in units of the small one's


def texts():
    """540 texts: 15 languages, three lengths; none holds a line break, for the command reads a text a line."""
    document = json.loads((measuring.ROOT / "tests/tokenizers/data/expected.json").read_text(encoding="utf-8"))
    lines = [" ".join(text.splitlines()) for text in document["texts"]]
    return [" ".join(lines[(i + k) % len(lines)] for k in range(n)) for n in document["joined"].values()
            for i in range(len(lines))]


class OnnxPeer:
    name = "tokenizers + onnxruntime"

    def __init__(self, folder, max_tokens):
        import onnxruntime
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.enable_padding()
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        self.version = onnxruntime.__version__

    def embed(self, lines):
        order = sorted(range(len(lines)), key=lambda i: -len(lines[i]))
        out = np.empty((len(lines), 0))
        for start in range(0, len(order), BATCH):
            rows = order[start:start + BATCH]
            encoded = self.tokenizer.encode_batch([lines[i] for i in rows])
            ids = np.array([e.ids for e in encoded], np.int64)
            mask = np.array([e.attention_mask for e in encoded], np.int64)
            types = np.array([e.type_ids for e in encoded], np.int64)
            hidden = self.session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})[0]
            weights = mask[:, :, None].astype(np.float32)
            vectors = (hidden * weights).sum(1) / weights.sum(1)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            if out.shape[1] == 0:
                out = np.empty((len(lines), vectors.shape[1]), np.float32)
            out[rows] = vectors
        return out


class SentenceTransformersPeer:
    name = "sentence-transformers"

    def __init__(self, folder, max_tokens):
        import sentence_transformers
        self.model = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
        self.model.max_seq_length = max_tokens
        self.version = sentence_transformers.__version__

    def embed(self, lines):
        return self.model.encode(lines, batch_size=BATCH, normalize_embeddings=True)


def peers(folder, max_tokens):
    yield OnnxPeer(folder, max_tokens)
    if (folder / "model.safetensors").exists():
        try:
            yield SentenceTransformersPeer(folder, max_tokens)
        except ImportError:
            print("sentence-transformers is not installed and was not measured", file=sys.stderr)


def hearth(program, model, lines):
    """Vectors and wall time of one command; `program` is its first words."""
    start = time.perf_counter()
    done = subprocess.run([program[0], "run", "embed", "-m", str(model), "--json", *program[1:]], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, timeout=600)
    wall_s = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"hearth run embed ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout, wall_s


def sample_hearth(program, model, lines):
    small = hearth(program, model, lines)[1]
    large = hearth(program, model, lines * FACTOR)[1]
    return len(lines) * (FACTOR - 1) / (large - small)


def cosines(ours, theirs):
    return (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hearth", default=str(measuring.ROOT / "build/release/bin/hearth"))
    parser.add_argument("--model", type=Path, help="run this file by Hearth instead of the folder's model.onnx, such as a GGUF")
    parser.add_argument("--runtime", help="of Hearth's side, instead of the one it chooses")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="measure even if the machine is not idle")
    parser.add_argument("--save", metavar="NAME", help="keep the samples as bench/results/NAME.json")
    a = parser.parse_args()
    if not a.busy:
        measuring.wait_until_idle()
    model = a.model or a.folder / "model.onnx"
    program = [a.hearth, *(["--runtime", a.runtime] if a.runtime else [])]
    sentence = json.loads((a.folder / "sentence_bert_config.json").read_text())
    lines = texts()
    rivals = list(peers(a.folder, sentence["max_seq_length"]))
    ours = np.array([json.loads(line)["embedding"] for line in hearth(program, model, lines)[0].splitlines()])
    report = {"texts": len(lines), "model": model.name, "equality": {}, "samples": {}}
    for rival in rivals:
        near = cosines(ours, rival.embed(lines))  # this warms it up
        report["equality"][rival.name] = {"version": rival.version, "cosine_min": float(near.min()), "cosine_mean": float(near.mean())}
    samples = {"hearth": [], **{rival.name: [] for rival in rivals}}
    for _ in range(a.runs):
        samples["hearth"].append(sample_hearth(program, model, lines))
        for rival in rivals:
            start = time.perf_counter()
            rival.embed(lines)
            samples[rival.name].append(len(lines) / (time.perf_counter() - start))
    report["samples"] = samples
    report["texts_per_s"] = {name: measuring.summary(values) for name, values in samples.items()}
    report["ratio"] = {rival.name: report["texts_per_s"]["hearth"]["median"] / report["texts_per_s"][rival.name]["median"]
                       for rival in rivals}
    print(json.dumps({key: report[key] for key in ("equality", "texts_per_s", "ratio")}, indent=1))
    if a.save:
        measuring.write_results(a.save, report)


if __name__ == "__main__":
    main()
