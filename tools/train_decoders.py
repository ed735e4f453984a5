"""Train the decoders of `style fast`, on one CPU core in about an hour.

    python tools/train_decoders.py --out decoders [--steps 6000] [--photos FOLDER]

The pictures are free ones that come with the installed libraries, and the project's drawings (`training_pictures.py`).
Killed and started again with the same --out, it goes on from its last checkpoint. At its end
`decoders/decoders.safetensors` is what belongs beside `src/impasto/styles/decoding/stylizer.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor
from training_pictures import Crops, free_pictures, pictures_of

from impasto.features import load_network
from impasto.features.network import FeatureNetwork
from impasto.losses import Moments, moments, relative_moment_loss
from impasto.model import Model
from impasto.networks.decoders import LEVELS, Decoders
from impasto.observers import Checkpoint, Step
from impasto.randomness import generator
from impasto.runs import checkpoint
from impasto.styles.decoding.transport import gaussian_map, raised, roots
from impasto.training import cosine, set_rate, train

SIDE, BATCH, RATE = 128, 4, 2e-3
CHAIN = LEVELS[::-1]  # coarsest first
STYLE = ("e1", "e2", "e3", "e4")  # layers whose statistics a transferred picture shall have
EVERY = 250  # steps between checkpoints


class Lesson:
    """One step of the training: three things that the decoders shall be able to do.

    - each alone: give what was before its bottleneck (mean squares, for pixels absolute differences);
    - in a chain, from any bottleneck to the pixels: give a picture that the encoder sees as it saw the photo;
    - in a chain with features moved to another picture's statistics at each bottleneck: give a picture in which the
      encoder sees those features, and the other picture's statistics in the layers between.
    """

    def __init__(self, encoder: FeatureNetwork, decoders: Decoders) -> None:
        self.encoder, self.decoders = encoder, decoders

    def __call__(self, crops: Tensor, number: int) -> dict[str, Tensor]:
        """The losses of step `number`, their sum first."""
        with torch.no_grad():
            layers = self.encoder(crops, (*LEVELS, *STYLE))
            goals = {layer: moments(layers[layer]) for layer in STYLE}
            features = self._normal(layers)
        losses = self._alone(crops, features)
        first = number // 2 % 3
        if number % 2:
            losses |= self._transferred(crops, features, goals, first)
        else:
            losses |= self._chained(crops, features, first)
        return {"total": sum(losses.values(), torch.zeros(())), **losses}

    def _normal(self, layers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return self.decoders.normalize({level: layers[level] for level in LEVELS})

    def _alone(self, crops: Tensor, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        losses = {}
        for level, finer in pairwise(CHAIN):
            losses[level] = F.mse_loss(self.decoders(features[level], level), features[finer])
        losses[LEVELS[0]] = 4 * F.l1_loss(self.decoders(features[LEVELS[0]], LEVELS[0]), crops)
        return losses

    def _chained(self, crops: Tensor, features: Mapping[str, Tensor], first: int) -> dict[str, Tensor]:
        picture = features[CHAIN[first]]
        for level in CHAIN[first:]:
            picture = self.decoders(picture, level)
        seen = self._normal(self.encoder(picture, LEVELS))
        perceived = torch.stack([F.l1_loss(seen[level], features[level]) for level in LEVELS]).sum()
        return {"pixels": 2 * F.l1_loss(picture, crops), "perceived": 0.3 * perceived}

    def _transferred(
        self, crops: Tensor, features: Mapping[str, Tensor], goals: Mapping[str, Moments], first: int
    ) -> dict[str, Tensor]:
        state = wanted = moved(features[CHAIN[first]], features[CHAIN[first]].roll(1, 0))
        for level, finer in zip(CHAIN[first:], (*CHAIN[first + 1 :], ""), strict=True):
            state = self.decoders(state, level)
            state = moved(state, (features[finer] if finer else crops).roll(1, 0), 0.02 if finer else 1e-3)
        layers = self.encoder(state, (*LEVELS, *STYLE))
        style = torch.stack(
            [
                relative_moment_loss(moments(layers[layer]), Moments(*(part.roll(1, 0) for part in goals[layer])))
                for layer in STYLE
            ]
        ).sum()
        content = F.l1_loss(self._normal(layers)[CHAIN[first]], wanted)
        return {"content": 0.5 * content, "style": 0.3 * style}


def moved(features: Tensor, like: Tensor, ridge: float = 0.02) -> Tensor:
    """Each of the features (N, C, h, w) moved to the statistics of the corresponding other ones; the map is held."""
    with torch.no_grad():
        own, goal = moments(features), moments(like)
        pairs = zip(own.covariance, goal.covariance, strict=True)
        maps = [gaussian_map(a, roots(raised(b, ridge))[0], ridge).float() for a, b in pairs]
    centred = features - own.mean[..., None, None]
    return torch.einsum("ndc,nchw->ndhw", torch.stack(maps), centred) + goal.mean[..., None, None]


class Keeper:
    """Says how it goes, and keeps checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.means, self.began = folder, {}, time.perf_counter()

    def step(self, step: Step) -> None:
        """Take note of a step."""
        for name, loss in step.losses.items():
            self.means[name] = 0.98 * self.means.get(name, loss) + 0.02 * loss
        if step.index % 100 == 0:
            told = " ".join(f"{name} {mean:.3f}" for name, mean in self.means.items())
            print(f"{step.index}/{step.total} after {time.perf_counter() - self.began:.0f} s: {told}", flush=True)
        if step.index % EVERY == 0 or step.index == step.total:
            checkpoint.save(self.folder, Checkpoint(step.index, step.state()))

    def checkpoint(self) -> Checkpoint | None:
        """The last one kept."""
        return checkpoint.load(self.folder)


def measure_features(encoder: FeatureNetwork, decoders: Decoders, crops: Crops) -> None:
    """Set the means and deviations that features are normalised by."""
    seen = [encoder(crops.draw(BATCH), LEVELS) for _ in range(40)]
    for level in LEVELS:
        values = torch.cat([it[level] for it in seen])
        decoders.means[level].copy_(values.mean((0, 2, 3), keepdim=True))
        decoders.deviations[level].copy_(values.std((0, 2, 3), keepdim=True))


def main() -> None:
    """Train as the words say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints and of the result")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--photos", type=Path, help="a folder of pictures to train on instead")
    parser.add_argument("--start", type=Path, help="decoders.safetensors to start from")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nice", type=int, default=0, help="leave the processor to others, up to 19")
    given = parser.parse_args()
    if given.nice and sys.platform != "win32":
        os.nice(given.nice)
    random = generator(given.seed)
    crops = Crops(pictures_of(given.photos) if given.photos else free_pictures(), SIDE, random)
    encoder = load_network()
    torch.manual_seed(given.seed)
    decoders = Decoders()
    if given.start:
        fits = {
            name: it for name, it in load_file(given.start).items() if it.shape == decoders.state_dict()[name].shape
        }
        decoders.load_state_dict(fits, strict=False)
    else:
        with torch.no_grad():
            measure_features(encoder, decoders, crops)
    optimizer = torch.optim.Adam([it for it in decoders.parameters() if it.requires_grad], betas=(0.9, 0.99))
    lesson = Lesson(encoder, decoders)

    def step(number: int) -> dict[str, Tensor]:
        set_rate(optimizer, given.rate * min(1, (number + 1) / 100) * cosine(number / given.steps, 0.02))
        losses = lesson(crops.draw(BATCH), number)
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        return {name: loss.detach() for name, loss in losses.items()}

    train(
        Keeper(given.out),
        steps=given.steps,
        step=step,
        keep={"decoders": decoders, "optimizer": optimizer, "random": random},
        preview=lambda: torch.zeros(3, 1, 1),
        model=lambda: Model("decoders", {}, decoders.state_dict(), (SIDE, SIDE)),
    )
    save_file({name: it.contiguous() for name, it in decoders.state_dict().items()}, given.out / "decoders.safetensors")


if __name__ == "__main__":
    main()
