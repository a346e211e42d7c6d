"""The byte-level BPE of the starter model and its chat layout."""

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = [END_OF_TEXT, TURN_START, TURN_END]  # ids 0, 1, 2

# llama.cpp splits text this way for tokenizer.ggml.pre = "qwen2" (src/llama-vocab.cpp): words with the mark or space
# before them, single digits, runs of marks, line ends. Single digits make small sums learnable.
PRE_NAME = "qwen2"
PRE_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

CHAT_TEMPLATE = ("{%- for message in messages -%}"
                 "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}"
                 "{%- endfor -%}"
                 "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}")


def train_tokenizer(texts: list, vocab_size: int) -> Tokenizer:
    """Learns the merges from `texts`. No normaliser: what goes in comes out, byte for byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PRE_SPLIT), "isolated"),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != vocab_size:
        raise ValueError(f"tokenizer: expected {vocab_size} pieces, the text gave {tokenizer.get_vocab_size()}")
    return tokenizer


def encode_chat(tokenizer: Tokenizer, messages: list, prompt_only: bool = False) -> tuple:
    """(ids, learn): `learn[i]` tells whether id i belongs to an answer (its end mark included).

    With `prompt_only` the start of the assistant's turn is appended instead, as the chat template does.
    """
    start, end = tokenizer.token_to_id(TURN_START), tokenizer.token_to_id(TURN_END)
    newline = tokenizer.encode("\n").ids
    ids, learn = [], []

    def add(part, learned=False):
        ids.extend(part)
        learn.extend([learned] * len(part))

    for role, text in messages:
        add([start] + tokenizer.encode(role + "\n").ids)
        add(tokenizer.encode(text).ids + [end], role == "assistant")
        add(newline)
    if prompt_only:
        add([start] + tokenizer.encode("assistant\n").ids)
    return ids, learn
