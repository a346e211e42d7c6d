"""Counts the parameters of a model record from its dimensions, by architecture.

Each term is one weight matrix or vector of the published architecture, so that a wrong dimension shows as a wrong sum.
"""


def count_parameters(record):
    """Returns the total, or None where the record holds no dimensions that a formula here covers."""
    total = 0
    if record["kind"] == "stt" and "encoder" in record and record["encoder"].get("kind") == "whisper":
        return whisper_encoder(record["encoder"]) + decoder_stack(record["decoder"], learned_cross=True)
    if "decoder" in record:
        total += decoder_stack(record["decoder"])
    if "vision" in record:
        total += vision_tower(record["vision"])
    for part in ("encoder", "text_tower"):
        if part in record:
            counted = text_encoder(record[part])
            if counted is None:
                return None
            total += counted
    return total or None


def active_parameters(record):
    """Decoder parameters read for one token of a model with experts, None for others.

    Left out: experts that are not chosen, an input embedding of its own (one row of it is read), optional extras.
    """
    decoder = record["decoder"]
    moe = decoder.get("moe")
    if not moe:
        return None
    idle = moe["experts"] - moe["active_experts"]
    layers = sum(kind in "EB" for kind in decoder["ffn_kinds"])
    total = decoder_stack(decoder) - layers * idle * expert(decoder["hidden"], moe)
    total -= sum(extra["count"] for extra in decoder.get("extra_parameters", []) if extra.get("optional"))
    return total - (0 if decoder["tied_embeddings"] else decoder["vocab"] * decoder["hidden"])


def decoder_stack(d, learned_cross=False):
    hidden, vocab = d["hidden"], d["vocab"]
    norm = hidden * (2 if d.get("norm_bias") else 1)
    total = vocab * hidden * (1 if d["tied_embeddings"] else 2)
    total += vocab if d.get("output_head_bias") else 0
    total += d.get("position_embeddings", 0) * hidden + norm
    for index, kind in enumerate(d["layer_kinds"]):
        if kind in "FWfwPX":
            total += attention_layer(d, kind)
            if d["attention"].get("cross_attention") or learned_cross:
                total += attention_layer(d, kind)
        if kind in "RP":
            total += recurrent_layer(d)
        total += ffn_layer(d, d["ffn_kinds"][index], index) + norm * d.get("norms_per_layer", 2)
    return total + sum(extra["count"] for extra in d.get("extra_parameters", []))


def attention_layer(d, kind):
    hidden, a = d["hidden"], d["attention"]
    heads = a["heads"]
    if a["kind"] == "mla":
        m = d["mla"]
        query = heads * (m["nope_dim"] + m["rope_dim"])
        rank = m.get("q_rank")
        total = hidden * rank + rank + rank * query if rank else hidden * query
        total += hidden * (m["kv_rank"] + m["rope_dim"]) + m["kv_rank"]
        total += m["kv_rank"] * heads * (m["nope_dim"] + m["value_dim"])
        return total + heads * m["value_dim"] * hidden
    own = a["full"] if kind in "Ff" and "full" in a else a
    kv, key, value = own["kv_heads"], own["key_dim"], own["value_dim"]
    shares_cache = kind in "fw"
    query = heads * key * (2 if a.get("output_gate") else 1)
    keys = 0 if shares_cache else kv * key
    values = 0 if shares_cache or own.get("shared_key_value") else kv * value
    total = hidden * (query + keys + values) + heads * value * hidden
    total += (query + keys + values) if a.get("qkv_bias") else 0
    total += hidden if a.get("output_bias") else 0
    total += heads if a.get("sinks") else 0
    norm = a.get("qk_norm", "none")
    total += {"none": 0, "head": 2 * key, "full": heads * key + kv * key}[norm]
    return total


def expert(hidden, moe):
    size = moe["expert_size"]
    total = (3 if moe["gated"] else 2) * hidden * size
    return total + ((2 if moe["gated"] else 1) * size + hidden if moe.get("bias") else 0)


def ffn_layer(d, kind, index):
    hidden, total = d["hidden"], 0
    if kind in "DB":
        ffn = d["ffn"]
        size = ffn["sizes"][index] if "sizes" in ffn else ffn["size"]
        total += (3 if ffn["gated"] else 2) * hidden * size
        total += ((2 if ffn["gated"] else 1) * size + hidden) if ffn.get("bias") else 0
    if kind in "EB":
        moe = d["moe"]
        total += moe["experts"] * (expert(hidden, moe) + hidden + (1 if moe.get("bias") or moe.get("router_bias") else 0))
        total += (3 if moe["gated"] else 2) * hidden * moe.get("shared_size", 0)
        total += hidden if moe.get("shared_gate") else 0
    return total


def recurrent_layer(d):
    hidden, r = d["hidden"], d["recurrent"]
    if "parameters_per_layer" in r:
        return r["parameters_per_layer"]
    kind, conv, inner = r["kind"], r["d_conv"], r["d_inner"]
    if kind == "short_conv":
        return hidden * 3 * inner + inner * conv + inner * hidden
    state = r["d_state"]
    if kind == "mamba1":
        rank = r["dt_rank"]
        return (hidden * 2 * inner + inner * (conv + 1) + inner * (rank + 2 * state) + rank * inner + inner
                + inner * state + inner + inner * hidden)
    groups, heads = r["n_group"], r["n_heads"]
    if kind == "mamba2":
        mixed = inner + 2 * groups * state
        return hidden * (inner + mixed + heads) + mixed * (conv + 1) + 3 * heads + inner + inner * hidden
    key = groups * state  # gated delta net: groups key heads and n_heads value heads, d_state wide each
    return (hidden * (2 * key + 2 * inner) + hidden * 2 * heads + (2 * key + inner) * conv + 2 * heads + state
            + inner * hidden)


def text_encoder(e):
    """BERT-like stacks; None for kinds that have no formula here."""
    if "parameters" in e:
        return e["parameters"]
    kind, h, f, n = e.get("kind"), e["hidden"], e["ffn"], e["layers"]
    if kind in ("bert", "xlm_roberta"):
        layer = 4 * (h * h + h) + 2 * h * f + f + h + 4 * h
        total = (e["vocab"] + e["positions"] + e.get("types", 0)) * h + 2 * h + n * layer
        total += h * h + h if e.get("pooler") or e.get("classifier") else 0
        return total + (h + 1 if e.get("classifier") else 0)
    if kind == "nomic_bert":
        return (e["vocab"] + e.get("types", 0)) * h + 2 * h + n * (4 * h * h + 3 * h * f + 4 * h)
    if kind == "modern_bert":
        return e["vocab"] * h + h + n * (4 * h * h + 3 * h * f + 2 * h)
    if kind == "clip_text":
        layer = 4 * (h * h + h) + 2 * h * f + f + h + 4 * h
        return (e["vocab"] + e["positions"]) * h + n * layer + 2 * h
    return None


def whisper_encoder(e):
    h, f = e["hidden"], e["ffn"]
    layer = 4 * h * h + 3 * h + 2 * h * f + f + h + 4 * h
    return 3 * e["n_mels"] * h + h + 3 * h * h + h + e["positions"] * h + e["layers"] * layer + 2 * h


def vision_tower(v):
    projector = v.get("projector", {}).get("parameters", 0)
    return v["parameters"] + projector + v.get("other_towers", 0)
