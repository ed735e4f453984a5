"""Whether `train dcgan` learns as much in as many steps as the plain PyTorch loop whose time `gan.py` measures.

    python benchmarks/gan_quality.py DATA [--side 32] [--width 32] [--steps 3000] [--seeds 3] [--threads 2]

Both learn from the same pictures with networks of the same shape and batches of 64, from seeds of their own; the
Fréchet distance is between 2,000 pictures that each draws at its end and as many of the set. Ours draws with its mean
weights, as `impasto sample` does; `--average 0` lets it draw with the last ones, as the plain loop does. Each training
has the processor to itself, and its time is printed too.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

import impasto
from gan import Plain
from impasto.cli.allocator import keep_freed_memory
from impasto.data import Dataset, View, open_data
from impasto.kinds import build
from impasto.networks.adversaries import as_pictures
from impasto.randomness import generator, step_seed
from impasto.training.likeness import Likeness

BATCH, COMPARED = 64, 2000


def plain(data: Dataset, width: int, steps: int, seed: int, likeness: Likeness) -> float:
    """The distance after so many steps of the plain loop."""
    loop = Plain(data.size[0], BATCH, width, seed)
    order = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        batch = data.take(torch.randperm(len(data), generator=order)[:BATCH].numpy())
        loop.x = batch.pictures.float() / 127.5 - 1
        loop.step()
    loop.G.eval()

    def draw(start: int, end: int) -> torch.Tensor:
        latents = torch.randn(end - start, 100, 1, 1, generator=generator(step_seed(1, start)))
        with torch.inference_mode():
            return (loop.G(latents) + 1) / 2

    return likeness(draw)


def ours(data: Path, side: int, width: int, steps: int, seed: int, likeness: Likeness, average: float) -> float:
    """The distance after so many steps of `train dcgan`."""
    trained = impasto.train(
        "dcgan", data, side=side, width=width, batch=BATCH, pictures=steps * BATCH, seed=seed,
        measure_every=0, average=average, labels="off",
    )  # fmt: skip
    networks = build(trained.model)

    def draw(start: int, end: int) -> torch.Tensor:
        latents = torch.randn(end - start, 100, generator=generator(step_seed(1, start)))
        with torch.inference_mode():
            return as_pictures(networks.generator(latents), networks.shape)

    return likeness(draw)


def main() -> None:
    """Print both ways' distances, and the processor's seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    for name, value in {"side": 32, "width": 32, "steps": 3000, "seeds": 3, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--average", type=float, default=10_000)
    given = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(given.threads)
    data = open_data(given.data).dataset(View((given.side, given.side)))
    likeness = Likeness(data, COMPARED, torch.device("cpu"))
    found: dict[str, list[tuple[float, float]]] = {"plain loop": [], "train dcgan": []}
    for seed in range(given.seeds):
        for way, results in found.items():
            began = time.process_time()
            common = (given.width, given.steps, seed, likeness)
            if way == "plain loop":
                distance = plain(data, *common)
            else:
                distance = ours(given.data, given.side, *common, given.average)
            results.append((distance, time.process_time() - began))
            print(
                f"{way:12}  seed {seed}  Fréchet {distance:8.1f}  {results[-1][1]:7.1f} s of the processor", flush=True
            )
    for way, results in found.items():
        distances = [distance for distance, _ in results]
        print(f"{way:12}  mean {statistics.mean(distances):8.1f}  deviation {statistics.stdev(distances):6.1f}")


if __name__ == "__main__":
    main()
