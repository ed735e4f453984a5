"""Whether a generator of digits draws those that it is asked for, as a network says that learned the real ones.

    python benchmarks/digits.py MNIST RUN [RUN ...] [--count 1000]

MNIST is the folder with the official files. The judge is a small convolutional network, trained here for two epochs
on the 60,000 digits; how often it is right about the 10,000 of the test part is printed first. Of each RUN `count`
pictures are drawn as `impasto sample RUN --class` draws them, each class as often as the others.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.data import View, open_data
from impasto.kinds import build
from impasto.networks.adversaries import AdversarySampler
from impasto.networks.wish import Wish
from impasto.randomness import generator
from impasto.runs.model import read_model

SIDE, CLASSES, BATCH, EPOCHS = 28, 10, 100, 2


def digits(folder: Path, split: str) -> tuple[Tensor, Tensor]:
    """Pictures (N, 1, 28, 28) in [0, 1], and what they are."""
    data = open_data(folder).dataset(View((SIDE, SIDE), split=split))
    batch = data.take(range(len(data)))
    return batch.pictures[:, :1].float() / 255, batch.labels


def judge(x: Tensor, y: Tensor) -> nn.Module:
    """A network that tells digits."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 16, 100), nn.ReLU(), nn.Linear(100, CLASSES),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(x[some]), y[some]).backward()
            optimizer.step()
    return network.eval()


def right(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """The share of pictures that are taken for what they are said to be."""
    with torch.inference_mode():
        found = [network(some).argmax(1) for some in x.split(1000)]
    return float((torch.cat(found) == y).float().mean())


def drawn(run: Path, count: int) -> tuple[Tensor, Tensor]:
    """So many pictures of a model, of each class in turn, and what they were asked to be."""
    sampler = AdversarySampler(build(read_model(run)))
    y = torch.arange(count) % CLASSES
    pictures = [sampler.draw(Wish((SIDE, SIDE), label=str(int(it))), generator(n)) for n, it in enumerate(y)]
    return torch.stack(pictures)[:, :1], y


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=1000)
    given = parser.parse_args()
    network = judge(*digits(given.mnist, "train"))
    print(f"real digits of the test part: {right(network, *digits(given.mnist, 'test')):.2%}", flush=True)
    for run in given.runs:
        print(f"{run}: {right(network, *drawn(run, given.count)):.2%} of {given.count}", flush=True)


if __name__ == "__main__":
    main()
