"""A contact sheet of samples from every scale of a pyramid on, with the one that is suggested, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol, runtime_checkable

import torch

from impasto.images import contact_sheet, reduced
from impasto.images.sizes import reduced_to
from impasto.methods import Result
from impasto.metrics import pixel_diversity, sliced_patch_wasserstein
from impasto.networks.wish import Wish
from impasto.observers import Loop, Observer, Piece
from impasto.randomness import generator

SHOWN = 256  # long side of a sample on the sheet, at most
COLUMNS = 4  # samples of each scale, if nothing else is said
PATCH = 7  # pixels
SECONDS_TO_MEASURE = 2.4e-5  # for each pixel of a sample, on one thread


@runtime_checkable
class ScaleSampler(Protocol):
    """What draws from a scale on (see `impasto.networks.singan_sampler`)."""

    @property
    def scales(self) -> int:
        """How many scales there are."""

    def draw(self, wish: Wish, random: torch.Generator) -> torch.Tensor:
        """A picture (3, H, W) in [0, 1]."""

    def reconstruction(self) -> torch.Tensor:
        """The picture that was learned, as it is given back, (3, H, W) in [0, 1]."""


def start_scales(sampler: ScaleSampler, wish: Wish, columns: int, seed: int, observer: Observer) -> Result:
    """Draw `columns` samples from each scale on, of this seed and those after it; facts are what was measured."""
    width, height = reduced_to(wish.size, SHOWN)
    rows = sampler.scales
    drawn = torch.zeros(rows, columns, 3, height, width)

    @cache
    def finished() -> tuple[torch.Tensor, dict[str, Any]]:
        return sheet(drawn, reduced(sampler.reconstruction(), SHOWN))

    loop = Loop(observer, total=rows * columns, keep={"drawn": drawn})
    for index in loop:
        start, column = divmod(index, columns)
        picture = sampler.draw(replace(wish, start=start), generator((seed + column) % 2**63))
        drawn[start, column] = reduced(picture, SHOWN)
        pieces = {"1": Piece(finished()[0])} if index == rows * columns - 1 else {}
        loop.report({}, preview=lambda: drawn[start, column].clone(), pieces=pieces)  # noqa: B023 - in this step
    output, facts = finished()
    return Result({"output": output}, facts)


def sheet(drawn: torch.Tensor, picture: torch.Tensor) -> tuple[torch.Tensor, dict[str, Any]]:
    """Samples (scales, N, 3, H, W) with captions, (3, H', W'); and what was measured, with the scale suggested."""
    measured = [measures(each, picture) for each in drawn]
    chosen = suggestion([each["distance"] for each in measured])
    captions = [_caption(start, found) for start, found in enumerate(measured)]
    output = scale_sheet([[*each] for each in drawn], captions, chosen)
    return output, {"suggested": chosen, "why": reason(chosen, len(drawn)), "scales": measured}


def scale_sheet(rows: Sequence[Sequence[torch.Tensor]], captions: Sequence[str], chosen: int) -> torch.Tensor:
    """Pictures of one size (3, H, W), as many of each scale, on a sheet with a caption for each and one suggested."""
    columns, (height, width) = len(rows[0]), rows[0][0].shape[1:]
    words = [caption if not column else "" for caption in captions for column in range(columns)]
    return contact_sheet(
        [picture for row in rows for picture in row],
        words,
        columns,
        cell=(max(96, width), max(64, height)),
        title=f"suggested: --start-scale {chosen}",
    )


def measures(samples: torch.Tensor, picture: torch.Tensor) -> dict[str, float]:
    """Of samples (N, 3, H, W): "distance", that of their patches from a picture's (3, H', W'), and "variety".

    Variety is `pixel_diversity`, 0 of one sample; the distance is the sliced 2-Wasserstein distance of patches, at up
    to three sizes.
    """
    patch = min(PATCH, *samples.shape[2:], *picture.shape[1:])
    distances = [torch.tensor(sliced_patch_wasserstein(each, picture, patch=patch)).mean() for each in samples]
    variety = pixel_diversity([*samples], picture) if len(samples) > 1 else 0.0
    return {"distance": round(float(torch.stack(distances).mean()), 5), "variety": round(variety, 4)}


def suggestion(distances: Sequence[float]) -> int:
    """The coarsest scale whose samples have patches that are nearer to the best scale's than to the worst's.

    >>> suggestion([0.09, 0.05, 0.04, 0.01])
    1
    """
    border = (min(distances) + max(distances)) / 2
    return next(scale for scale, distance in enumerate(distances) if distance <= border)


def reason(chosen: int, scales: int) -> str:
    """Why a scale is suggested, in one line."""
    if scales == 1:
        return "there is one scale"
    best = f"{chosen} is the coarsest scale whose patches are nearer to those of the best scale than of the worst"
    return f"samples vary most where they start coarse; {best}"


def _caption(start: int, found: dict[str, float]) -> str:
    return f"--start-scale {start}: distance {found['distance']:.3f}, variety {found['variety']:.2f}"
