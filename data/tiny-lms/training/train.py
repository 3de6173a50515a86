"""Train the tiny language models, each once: `python train.py FOLDER [NAME ...]`."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import torch
from corpus import SEED, World, lines
from network import CONTEXT, SIZES, Transformer
from torch.nn import functional

TOKENS, BATCH = 5_000_000, 24


def train(name: str, folder: Path, tokens: int = TOKENS) -> None:
    """Train one model, and write its weights and what it was trained with."""
    width, layers = SIZES[name]
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    text, source = bytearray(), lines(World(), random.Random(SEED + 2))
    while len(text) < tokens + CONTEXT + 1:
        text += next(source).encode()
    data = torch.tensor(list(text), dtype=torch.long)
    network = Transformer(width, layers)
    largest = 0.03 * width**-0.6
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=largest, betas=(0.9, 0.98), weight_decay=0.01
    )
    steps, began = tokens // (BATCH * CONTEXT), time.monotonic()
    warm = steps // 20
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, largest, total_steps=steps, pct_start=warm / steps
    )
    draw, running = torch.Generator().manual_seed(SEED + 3), 0.0
    for step in range(steps):
        at = torch.randint(len(data) - CONTEXT - 1, (BATCH,), generator=draw)
        block = torch.stack([data[i : i + CONTEXT + 1] for i in at.tolist()])
        logits = network(block[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), block[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 0 or step == steps - 1:
            took = time.monotonic() - began
            print(f"{name} {step}/{steps} loss {running:.3f} {took:.0f} s", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), folder / f"{name}.pt")
    facts = {
        "model": name,
        "width": width,
        "layers": layers,
        "non_embedding_parameters": 12 * layers * width**2,
        "parameters": sum(p.numel() for p in network.parameters()),
        "tokens": steps * BATCH * CONTEXT,
        "final_loss": running,
        "seconds": round(time.monotonic() - began),
        "torch": torch.__version__,
    }
    (folder / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[2:] or list(SIZES):
        train(chosen, Path(sys.argv[1]))
