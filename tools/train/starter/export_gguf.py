"""Writes the trained model as GGUF: Q8_0 matrices, F32 norms, tokenizer and chat template inside."""

import datetime
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np

from tokenizer import CHAT_TEMPLATE, END_OF_TEXT, PRE_NAME, SPECIAL, TURN_END

LARGEST_BYTES = 3_000_000
NAME = "Hearth starter"
LICENCE = "Apache-2.0"
DESCRIPTION = ("A tiny decoder trained by the Hearth project. It only proves that loading, templating and decoding work "
               "on this machine; it knows next to nothing and must not be relied on. Use a real model for real work.")


def tensors(model) -> dict:
    """The weights under the names llama.cpp gives them (llama.cpp, src/llama-arch.cpp, LLM_TENSOR_NAMES)."""
    shape = model.shape
    kv_width = shape.kv_heads * shape.head_width
    named = {"token_embd.weight": model.embedding.weight, "output_norm.weight": model.output_norm.weight}
    for i, block in enumerate(model.blocks):
        q, k, v = block.qkv.weight.split([shape.width, kv_width, kv_width])
        gate, up = block.gate_up.weight.chunk(2)
        parts = {"attn_norm": block.attn_norm.weight, "attn_q": q, "attn_k": k, "attn_v": v,
                 "attn_output": block.attn_output.weight, "ffn_norm": block.ffn_norm.weight,
                 "ffn_gate": gate, "ffn_up": up, "ffn_down": block.ffn_down.weight}
        named |= {f"blk.{i}.{name}.weight": weight for name, weight in parts.items()}
    return {name: weight.detach().float().contiguous().numpy() for name, weight in named.items()}


def write_metadata(writer: gguf.GGUFWriter, shape, parameters: int) -> None:
    """Identity and architecture. Keys: GGUF specification, section "Standardized key-value pairs"."""
    writer.add_name(NAME)
    writer.add_basename("hearth-starter")
    writer.add_author("The Hearth project")
    writer.add_license(LICENCE)
    writer.add_description(DESCRIPTION)
    writer.add_size_label(f"{parameters / 1e6:.1f}M")
    writer.add_languages(["en"])
    writer.add_tags(["text-generation", "proves-the-path-only"])
    writer.add_context_length(shape.context_length)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn_width)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def write_tokenizer(writer: gguf.GGUFWriter, tokenizer) -> None:
    """Pieces, merges and special ids. No mark is put in front by itself: the chat template writes all that is needed."""
    spec = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(spec["vocab"], key=spec["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_NAME)
    writer.add_token_list(pieces)
    writer.add_token_types([gguf.TokenType.CONTROL if piece in SPECIAL else gguf.TokenType.NORMAL for piece in pieces])
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in spec["merges"]])
    writer.add_bos_token_id(spec["vocab"][END_OF_TEXT])
    writer.add_eos_token_id(spec["vocab"][TURN_END])
    writer.add_eot_token_id(spec["vocab"][TURN_END])
    writer.add_pad_token_id(spec["vocab"][END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(model, tokenizer, path: Path) -> dict:
    """Writes the file and returns its record; refuses a file above LARGEST_BYTES."""
    writer = gguf.GGUFWriter(path, "llama")
    write_metadata(writer, model.shape, model.parameter_count())
    write_tokenizer(writer, tokenizer)
    for name, values in tensors(model).items():
        kind = gguf.GGMLQuantizationType.Q8_0 if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(values.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    data = path.read_bytes()
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"{path}: {len(data)} bytes, at most {LARGEST_BYTES} are allowed; make the model narrower")
    return {"name": "hearth-starter", "file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
            "parameters": model.parameter_count(), "architecture": "llama", "quantization": "Q8_0",
            "bits_per_weight": round(8 * sum(t.n_bytes for t in gguf.GGUFReader(path).tensors) / model.parameter_count(), 3),
            "context_length": model.shape.context_length, "licence": LICENCE,
            "date": datetime.date.today().isoformat(), "source": "tools/train/starter", "purpose": DESCRIPTION}
