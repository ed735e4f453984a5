"""Whether a generator draws pictures of its set again: how near its samples are to the nearest of the set.

    python benchmarks/memorised.py RUN DATA [--others OTHER] [--count 500]

Distances are root mean squares over pixels in 0..1. OTHER is a set of the same kind that was not trained on: what is
learned by heart is far nearer to the set than such pictures are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from impasto.data import View, open_data
from impasto.kinds import KINDS, build, load
from impasto.networks.wish import Wish
from impasto.randomness import generator
from impasto.runs.model import read_model

AT_ONCE = 50


def pictures(path: Path, side: int) -> Tensor:
    """All pictures of a set, (N, 3 * side * side) in [0, 1]."""
    data = open_data(path).dataset(View((side, side)))
    return data.take(range(len(data))).pictures.flatten(1).float() / 255


def nearest(some: Tensor, data: Tensor) -> Tensor:
    """The distance of each to the nearest of `data`."""
    found = [torch.cdist(part, data).min(dim=1).values for part in some.split(AT_ONCE)]
    return torch.cat(found) / some.shape[1] ** 0.5


def main() -> None:
    """Print the quantiles of both kinds' distances."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--others", type=Path)
    parser.add_argument("--count", type=int, default=500)
    given = parser.parse_args()
    model = read_model(given.run)
    sampler = load(KINDS[model.kind].sampler)(build(model))
    data = pictures(given.data, model.size[0])
    drawn = torch.stack([sampler.draw(Wish(model.size), generator(seed)) for seed in range(given.count)])
    kinds = {"samples": drawn.flatten(1)}
    if given.others:
        kinds["others"] = pictures(given.others, model.size[0])[: given.count]
    for name, some in kinds.items():
        least, tenth, half = nearest(some, data).quantile(torch.tensor([0.0, 0.1, 0.5])).tolist()
        print(f"{name:8} of {len(some)}: nearest {least:.3f}, a tenth below {tenth:.3f}, half below {half:.3f}")


if __name__ == "__main__":
    main()
