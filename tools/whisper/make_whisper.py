#!/usr/bin/env python3
"""Writes a Whisper model in ggml's form with random weights: small, for tests of what runs it, no use for anything else.

usage: make_whisper.py OUT.bin [--multilingual] [--state N] [--layers N] [--seed N]
Source of the form: whisper.cpp, models/convert-pt-to-ggml.py; of the sizes: openai/whisper, model.py. Needs nothing but Python.
"""
import argparse
import math
import random
import struct
from array import array

MAGIC = 0x67676D6C
N_WORDS = {False: 50256, True: 50257}  # of the vocabulary as the files carry it; marks such as <|en|> are the reader's own
N_VOCAB = {False: 51864, True: 51865}
BLANK = 220                 # the word that is nothing but a blank, which readers look for
N_AUDIO_CTX, N_TEXT_CTX, N_MELS, N_BINS = 1500, 448, 80, 201
RATE, N_FFT = 16000, 400


def mel_of(hz):
    """Slaney's scale: linear to 1 kHz, then logarithmic. Source: Auditory Toolbox, 1998."""
    return hz / (200 / 3) if hz < 1000 else 15 + math.log(hz / 1000) * 27 / math.log(6.4)


def hz_of(mel):
    return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


def mel_filters():
    """[N_MELS, N_BINS] triangles of equal area."""
    edges = [hz_of(mel_of(RATE / 2) * i / (N_MELS + 1)) for i in range(N_MELS + 2)]
    rows = array("f")
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        for i in range(N_BINS):
            hz = i * RATE / N_FFT
            rows.append(max(0.0, min((hz - low) / (middle - low), (high - hz) / (high - middle))) * 2 / (high - low))
    return rows


class Writer:
    """A file of tensors; weights are float16, all else float32."""

    def __init__(self, file, seed):
        self.file, self.random = file, random.Random(seed)

    def numbers(self, *values):
        self.file.write(struct.pack(f"<{len(values)}i", *values))

    def tensor(self, name, shape, values=None, half=False, times=1):
        """`shape` as PyTorch has it; without values: random, of a scale that keeps activations about as large as they are, or `times` as large."""
        n = math.prod(shape)
        if values is None:
            reach = times * math.sqrt(3 / max(1, math.prod(shape[1:])))
            values = [self.random.uniform(-reach, reach) for _ in range(n)]
        self.numbers(len(shape), len(name), 1 if half else 0, *reversed(shape))
        self.file.write(name.encode())
        self.file.write(struct.pack(f"<{n}{'e' if half else 'f'}", *values))

    def linear(self, name, n_out, n_in, bias=True):
        self.tensor(f"{name}.weight", (n_out, n_in), half=True)
        if bias:
            self.tensor(f"{name}.bias", (n_out,), [self.random.uniform(-0.1, 0.1) for _ in range(n_out)])

    def norm(self, name, n):
        self.tensor(f"{name}.weight", (n,), [self.random.uniform(0.8, 1.2) for _ in range(n)])
        self.tensor(f"{name}.bias", (n,), [self.random.uniform(-0.1, 0.1) for _ in range(n)])

    def attention(self, name, n):
        self.norm(f"{name}_ln", n)
        self.linear(f"{name}.query", n, n)
        self.linear(f"{name}.key", n, n, bias=False)
        self.linear(f"{name}.value", n, n)
        self.linear(f"{name}.out", n, n)

    def block(self, name, n, crosses):
        self.norm(f"{name}.mlp_ln", n)
        self.linear(f"{name}.mlp.0", 4 * n, n)
        self.linear(f"{name}.mlp.2", n, 4 * n)
        self.attention(f"{name}.attn", n)
        if crosses:
            self.attention(f"{name}.cross_attn", n)


def write_weights(out, n, layers, n_vocab):
    """All tensors that a reader of the form wants."""
    out.tensor("encoder.positional_embedding", (N_AUDIO_CTX, n))
    for name, n_in in (("encoder.conv1", N_MELS), ("encoder.conv2", n)):
        out.tensor(f"{name}.weight", (n, n_in, 3), half=True)
        out.tensor(f"{name}.bias", (n, 1))
    for i in range(layers):
        out.block(f"encoder.blocks.{i}", n, crosses=False)
    out.norm("encoder.ln_post", n)
    out.tensor("decoder.positional_embedding", (N_TEXT_CTX, n))
    # Some words stand out, as in a model that was trained: else marks of time would come out likelier than any of them.
    out.tensor("decoder.token_embedding.weight", (n_vocab, n), half=True, times=4)
    for i in range(layers):
        out.block(f"decoder.blocks.{i}", n, crosses=True)
    out.norm("decoder.ln", n)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--multilingual", action="store_true", help="with marks for languages and for translation")
    parser.add_argument("--state", type=int, default=64, help="width, a multiple of 64")
    parser.add_argument("--layers", type=int, default=3, help="of the encoder and of the decoder; two are taken for a distilled model, "
                        "which gives no times")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    n, layers, n_vocab = options.state, options.layers, N_VOCAB[options.multilingual]
    if n <= 0 or n % 64:
        parser.error("--state must be a multiple of 64, the width of a head")
    with open(options.out, "wb") as file:
        out = Writer(file, options.seed)
        heads = n // 64
        out.numbers(MAGIC, n_vocab, N_AUDIO_CTX, n, heads, layers, N_TEXT_CTX, n, heads, layers, N_MELS, 1)
        out.numbers(N_MELS, N_BINS)
        file.write(mel_filters().tobytes())
        n_words = N_WORDS[options.multilingual]
        out.numbers(n_words)
        for i in range(n_words):
            word = b" " if i == BLANK else f" w{i}".encode()
            out.numbers(len(word))
            file.write(word)
        write_weights(out, n, layers, n_vocab)


if __name__ == "__main__":
    main()
