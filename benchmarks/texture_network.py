"""How long a trained texture network takes for a picture, in a process that has loaded it, and how its pictures vary.

    python benchmarks/texture_network.py RUN... --sizes 256 512 1024 --rounds 20 --threads 2

RUN is the folder of a run of `impasto train texture-network`. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

from impasto.kinds import build
from impasto.networks.texture import render
from impasto.randomness import generator
from impasto.runs.folder import RunFolder
from impasto.runs.model import read_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512, 1024])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sizes = [f"{size} px, ms: best, median" for size in options.sizes]
    print("| run | " + " | ".join(["steps", "training, s", *sizes, "variation", "grid (chance)"]) + " |")
    print("|---" * (len(sizes) + 5) + "|")
    for run in options.runs:
        network = build(read_model(run))
        record = RunFolder(run).read()
        cells = [str(record.config["steps"]), f"{record.seconds:.0f}"]
        for size in options.sizes:
            taken = [seconds(network, size, seed) for seed in range(options.rounds + 2)][2:]
            cells.append(f"{1000 * min(taken):.0f}, {1000 * statistics.median(taken):.0f}")
        cells += [f"{variation(network):.2f}", f"{grid(network, 32):.3f} ({grid(network, 29):.3f})"]
        print(f"| {run.name} | " + " | ".join(cells) + " |")


def seconds(network: torch.nn.Module, size: int, seed: int) -> float:
    """Seconds from the seed to the picture (3, size, size) in memory."""
    started = time.perf_counter()
    render(network, size, size, generator(seed))
    return time.perf_counter() - started


def variation(network: torch.nn.Module) -> float:
    """How much pixels differ from seed to seed, over how much they differ within a picture; 1 where nothing repeats."""
    pictures = torch.stack([render(network, 256, 256, generator(seed)) for seed in range(16)])
    across = pictures.var(0).mean()
    within = pictures.var((0, 2, 3)).mean()
    return float((across / within).sqrt())


def grid(network: torch.nn.Module, period: int) -> float:
    """The contrast of what is left when pictures are cut into cells of `period` pixels and all cells averaged.

    The coarsest noise has a cell every 32 pixels; with cells of 29 there is nothing to be found but chance.
    """
    pictures = torch.stack([render(network, 512, 512, generator(seed)) for seed in range(8)])
    whole = 512 // period * period
    cells = pictures[..., :whole, :whole].unflatten(-1, (-1, period)).unflatten(-3, (-1, period))
    return float(cells.mean((0, 2, 4)).var((1, 2)).mean().sqrt() / pictures.std())


if __name__ == "__main__":
    main()
