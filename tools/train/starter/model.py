"""The starter model: a small Llama-shaped decoder, laid out the way llama.cpp reads it (architecture "llama")."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    """Row lengths are multiples of 256, so that every quantisation of ggml, K-quants included, applies."""
    vocab_size: int = 1280
    context_length: int = 1024
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    ffn_width: int = 512
    rope_base: float = 10000.0
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rope_tables(shape: Shape) -> tuple:
    """Cosines and sines [context_length, head_width/2]. Source: Su et al. 2021, "RoFormer", section 3.2.2."""
    half = shape.head_width // 2
    rates = shape.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
    angles = torch.outer(torch.arange(shape.context_length, dtype=torch.float32), rates)
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotates neighbouring pairs (0,1), (2,3), ... of x [B, H, T, head_width]: the order of ggml's GGML_ROPE_TYPE_NORMAL."""
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(x.dtype)


class Block(nn.Module):
    """Pre-norm attention with shared key/value heads, then SwiGLU."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        kv_width = shape.kv_heads * shape.head_width
        self.attn_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        self.qkv = nn.Linear(shape.width, shape.width + 2 * kv_width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.ffn_width, bias=False)
        self.ffn_down = nn.Linear(shape.ffn_width, shape.width, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        kv_width = self.shape.kv_heads * self.shape.head_width
        q, k, v = (part.view(batch, length, -1, self.shape.head_width).transpose(1, 2)
                   for part in self.qkv(self.attn_norm(x)).split([width, kv_width, kv_width], -1))
        q, k = rotate(q, cos[:length], sin[:length]), rotate(k, cos[:length], sin[:length])
        groups = self.shape.heads // self.shape.kv_heads
        mixed = F.scaled_dot_product_attention(q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1), is_causal=True)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, -1)
        return x + self.ffn_down(F.silu(gate) * up)


class StarterModel(nn.Module):
    """Token ids [B, T] to logits [B, T, vocab_size]; the output matrix is the embedding."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab_size, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.norm_eps)
        cos, sin = rope_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # Branches that add to the residual start smaller, so that depth does not grow the variance.
                shrink = (2 * shape.layers) ** -0.5 if name.endswith(("attn_output.weight", "ffn_down.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 * shrink if "embedding" in name else shrink * weight.shape[1] ** -0.5)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return F.linear(self.output_norm(x), self.embedding.weight)

    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())

    @torch.no_grad()
    def greedy(self, tokens: list, limit: int, stop: set) -> list:
        """The most likely continuation of `tokens`, at most `limit` tokens, ending before any of `stop`."""
        out = []
        while len(out) < limit and len(tokens) + len(out) < self.shape.context_length:
            token = int(self(torch.tensor([tokens + out]))[0, -1].argmax())
            if token in stop:
                break
            out.append(token)
        return out
