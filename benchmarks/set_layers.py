"""How clearly the means of each layer tell a set that is changed from one that is alike.

    python benchmarks/set_layers.py SET [--pictures 400] [--sides 64 128 224]

Prints, for each layer and side, the Fréchet distance of blurred, of noisy and of one kind of pictures from the set,
over that of others of the same set from it: 1 tells nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from impasto.data.open import open_data
from impasto.data.stores.reader import View
from impasto.features import load_network
from impasto.images import resize
from impasto.metrics import Moments, frechet_distance

LAYERS = ("p4", "p7", "p10", "p14", "p15")
NOISE = 12  # of 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--sides", type=int, nargs="+", default=[64, 128, 224])
    words = parser.parse_args()
    data, count = open_data(words.set).dataset(View((32, 32))), words.pictures
    base, others = (data.take(range(k * count, (k + 1) * count)) for k in range(2))
    kind = [number for number in range(2 * count, len(data)) if int(data.labels[number]) == 3][:count]
    pictures = others.pictures.float()
    noise = NOISE * torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0))
    sets = {
        "base": base.pictures.float(),
        "alike": pictures,
        "blurred": resize(resize(pictures / 255, (16, 16)), (32, 32)) * 255,
        "noisy": (pictures + noise).clamp(0, 255),
        "one kind": data.take(kind).pictures.float(),
    }
    network = load_network()
    print("layer\tside\tblurred\tnoisy\tone kind")
    for side in words.sides:
        moments = {name: gathered(network, each / 255, side) for name, each in sets.items()}
        for layer in LAYERS:
            apart = {name: frechet_distance(it[layer], moments["base"][layer]) for name, it in moments.items()}
            shares = [f"{apart[name] / apart['alike']:.1f}" for name in ("blurred", "noisy", "one kind")]
            print("\t".join([layer, str(side), *shares]), flush=True)


def gathered(network, pictures, side):
    found = {}
    with torch.inference_mode():
        for part in pictures.split(32):
            for layer, features in network(resize(part, (side, side)), LAYERS).items():
                found.setdefault(layer, Moments(features.shape[1])).add(features.mean((2, 3)))
    return found


if __name__ == "__main__":
    main()
