"""A byte-level transformer, as small as one likes."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

CONTEXT = 96
BYTES = 256

#: Width and layers of each model; non-embedding parameters are 12 * layers * width ** 2.
SIZES = {
    "tiny-w8": (8, 1),
    "tiny-w12": (12, 2),
    "tiny-w16": (16, 2),
    "tiny-w24": (24, 2),
    "tiny-w32": (32, 3),
    "tiny-w48": (48, 3),
    "tiny-w64": (64, 4),
    "tiny-w96": (96, 4),
    "tiny-w128": (128, 4),
    "tiny-w160": (160, 4),
}


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width, bias=False)
        self.joined = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.attention(self.before(x)).chunk(3, dim=-1)
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in (q, k, v)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.joined(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(functional.gelu(self.up(self.between(x))))


class Transformer(nn.Module):
    """Predicts each byte from those before it."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(BYTES, width)
        self.position = nn.Embedding(CONTEXT, width)
        heads = max(width // 16, 1)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(layers))
        self.last = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02 if parameter.shape[0] == BYTES else width**-0.5)
        for block in self.blocks:
            for projection in (block.joined, block.down):
                nn.init.normal_(
                    projection.weight, std=(2 * layers * projection.in_features) ** -0.5
                )

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.position.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.last(x) @ self.embedding.weight.T
