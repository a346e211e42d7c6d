#!/usr/bin/env python3
"""A BERT encoder's safetensors as ONNX or GGUF, where a model comes without such a file.

    export_bert.py MODEL_FOLDER OUT.onnx          last_hidden_state [batch, tokens, hidden]
    export_bert.py MODEL_FOLDER OUT.gguf          architecture "bert", F32 or, with --f16, F16 matrices

MODEL_FOLDER holds config.json, model.safetensors and, for GGUF, vocab.txt. Needs numpy and safetensors, and onnx or gguf.
"""

import argparse
import json
import math
import pathlib

import numpy as np
from safetensors.numpy import load_file

ONNX_OPSET = 17  # LayerNormalization is an operator from there on
LAYER_MATRICES = {
    "attn_q": "attention.self.query", "attn_k": "attention.self.key", "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense", "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense", "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm",
}


class Graph:
    """Collects an ONNX graph's nodes and constants."""

    def __init__(self, weights):
        from onnx import TensorProto, helper, numpy_helper
        self.proto, self.helper, self.numpy_helper = TensorProto, helper, numpy_helper
        self.weights, self.nodes, self.constants, self.names = weights, [], [], set()

    def constant(self, name, values):
        if name not in self.names:
            self.names.add(name)
            self.constants.append(self.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name, transposed=False):
        values = self.weights[name].astype(np.float32)
        return self.constant(name, values.T if transposed else values)

    def node(self, op, inputs, out, **attributes):
        self.nodes.append(self.helper.make_node(op, inputs, [out], out, **attributes))
        return out

    def linear(self, x, name, out):
        product = self.node("MatMul", [x, self.weight(name + ".weight", True)], out + "_product")
        return self.node("Add", [product, self.weight(name + ".bias")], out)

    def norm(self, x, name, out, epsilon):
        return self.node("LayerNormalization", [x, self.weight(name + ".weight"), self.weight(name + ".bias")], out,
                         axis=-1, epsilon=epsilon)


def embeddings(g, config):
    tokens = g.node("Gather", [g.weight("embeddings.word_embeddings.weight"), "input_ids"], "word")
    length = g.node("Shape", ["input_ids"], "length", start=1, end=2)
    places = g.node("Slice", [g.weight("embeddings.position_embeddings.weight"), g.constant("zero", np.array([0])), length,
                              g.constant("axis0", np.array([0]))], "positions")
    types = g.node("Gather", [g.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "types")
    total = g.node("Add", [g.node("Add", [tokens, types], "word_type"), places], "embedded")
    return g.norm(total, "embeddings.LayerNorm", "hidden0", config["layer_norm_eps"])


def attention_bias(g):
    """[batch, 1, 1, tokens]: 0 where a token counts, else the most negative number."""
    mask = g.node("Cast", ["attention_mask"], "mask", to=g.proto.FLOAT)
    wide = g.node("Unsqueeze", [mask, g.constant("axes12", np.array([1, 2]))], "mask4")
    left = g.node("Sub", [g.constant("one", np.float32(1)), wide], "masked")
    return g.node("Mul", [left, g.constant("lowest", np.float32(np.finfo(np.float32).min))], "bias")


def layer(g, config, i, x, bias):
    base, p = f"encoder.layer.{i}.", f"l{i}_"
    heads = config["num_attention_heads"]
    size = config["hidden_size"] // heads

    def split(name, order):
        y = g.linear(x, base + "attention.self." + name, p + name)
        shaped = g.node("Reshape", [y, g.constant("heads", np.array([0, 0, heads, size]))], p + name + "_heads")
        return g.node("Transpose", [shaped], p + name + "_t", perm=order)

    q, k, v = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scores = g.node("Div", [g.node("MatMul", [q, k], p + "qk"), g.constant("scale", np.float32(math.sqrt(size)))], p + "scores")
    weights = g.node("Softmax", [g.node("Add", [scores, bias], p + "biased")], p + "weights", axis=-1)
    mixed = g.node("Transpose", [g.node("MatMul", [weights, v], p + "mix")], p + "mix_t", perm=[0, 2, 1, 3])
    joined = g.node("Reshape", [mixed, g.constant("join", np.array([0, 0, config["hidden_size"]]))], p + "joined")
    out = g.linear(joined, base + "attention.output.dense", p + "attention")
    x = g.norm(g.node("Add", [out, x], p + "attention_sum"), base + "attention.output.LayerNorm", p + "attended",
               config["layer_norm_eps"])
    up = g.linear(x, base + "intermediate.dense", p + "up")
    erf = g.node("Erf", [g.node("Div", [up, g.constant("sqrt2", np.float32(math.sqrt(2)))], p + "up_scaled")], p + "erf")
    gelu = g.node("Mul", [g.node("Mul", [up, g.node("Add", [erf, g.constant("one", np.float32(1))], p + "erf1")], p + "gelu2"),
                          g.constant("half", np.float32(0.5))], p + "gelu")
    down = g.linear(gelu, base + "output.dense", p + "down")
    return g.norm(g.node("Add", [down, x], p + "down_sum"), base + "output.LayerNorm", f"hidden{i + 1}",
                  config["layer_norm_eps"])


def write_onnx(folder, config, weights, out):
    import onnx
    g = Graph(weights)
    x, bias = embeddings(g, config), attention_bias(g)
    for i in range(config["num_hidden_layers"]):
        x = layer(g, config, i, x, bias)
    name = "last_hidden_state"
    head = "classifier.weight" in weights  # a cross-encoder: the first token, pooled, scored
    if head:
        first = g.node("Gather", [x, g.constant("first", np.int64(0))], "first_token", axis=1)
        pooled = g.node("Tanh", [g.linear(first, "pooler.dense", "pooled")], "pooled_tanh")
        x, name = g.linear(pooled, "classifier", "logits"), "logits"
    else:
        g.node("Identity", [x], name)
    value = g.helper.make_tensor_value_info
    inputs = [value(n, g.proto.INT64, ["batch", "tokens"]) for n in ("input_ids", "attention_mask", "token_type_ids")]
    shape = ["batch", weights["classifier.weight"].shape[0]] if head else ["batch", "tokens", config["hidden_size"]]
    graph = g.helper.make_graph(g.nodes, "encoder", inputs, [value(name, g.proto.FLOAT, shape)], g.constants)
    model = g.helper.make_model(graph, opset_imports=[g.helper.make_opsetid("", ONNX_OPSET)], producer_name="hearth", ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, out)


def write_gguf(folder, config, weights, out, f16):
    import gguf
    w = gguf.GGUFWriter(out, "bert")
    w.add_name(pathlib.Path(folder).name)
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_block_count(config["num_hidden_layers"])
    w.add_head_count(config["num_attention_heads"])
    w.add_layer_norm_eps(config["layer_norm_eps"])
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    vocabulary(w, folder)

    def add(name, source):
        values = weights[source].astype(np.float32)
        w.add_tensor(name, values.astype(np.float16) if f16 and values.ndim == 2 and "norm" not in name else values)

    add("token_embd.weight", "embeddings.word_embeddings.weight")
    add("position_embd.weight", "embeddings.position_embeddings.weight")
    add("token_types.weight", "embeddings.token_type_embeddings.weight")
    for part in ("weight", "bias"):
        add("token_embd_norm." + part, "embeddings.LayerNorm." + part)
        for i in range(config["num_hidden_layers"]):
            for name, source in LAYER_MATRICES.items():
                add(f"blk.{i}.{name}.{part}", f"encoder.layer.{i}.{source}.{part}")
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def vocabulary(w, folder):
    """WordPiece as llama.cpp wants it: words begin with U+2581, their later parts lose "##"."""
    tokens = (pathlib.Path(folder) / "vocab.txt").read_text(encoding="utf-8").splitlines()

    def written(token):
        if token.startswith("[") and token.endswith("]"):
            return token
        return token[2:] if token.startswith("##") else "\u2581" + token

    w.add_tokenizer_model("bert")
    w.add_tokenizer_pre("default")
    w.add_token_list([written(t) for t in tokens])
    w.add_token_types([3 if t.startswith("[") and t.endswith("]") and len(t) > 2 else 1 for t in tokens])
    w.add_token_type_count(2)
    for add, name in ((w.add_bos_token_id, "[CLS]"), (w.add_sep_token_id, "[SEP]"),
                      (w.add_eos_token_id, "[SEP]"), (w.add_unk_token_id, "[UNK]"), (w.add_pad_token_id, "[PAD]"),
                      (w.add_mask_token_id, "[MASK]")):
        add(tokens.index(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--f16", action="store_true", help="GGUF only: matrices as F16")
    a = parser.parse_args()
    config = json.loads((a.folder / "config.json").read_text(encoding="utf-8"))
    weights = {name.removeprefix("bert."): values for name, values in load_file(a.folder / "model.safetensors").items()}
    if a.out.suffix == ".gguf":
        write_gguf(a.folder, config, weights, a.out, a.f16)
    else:
        write_onnx(a.folder, config, weights, a.out)


if __name__ == "__main__":
    main()
