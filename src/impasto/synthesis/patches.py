"""The patches that a picture should have, as a target held over several steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from impasto.images import resize
from impasto.losses.sliced_patches import (
    Projections,
    draw_projections,
    patch_weights,
    quantile_integral,
    sliced_patch_distance,
    sorted_responses,
)
from impasto.synthesis.settings import SynthesisConfig

LEVELS = 2  # the picture itself, and at half its size
HOLD = 10  # steps for which projections and their sorted references are kept: no visible difference from 1
LOOKED_AT = 40_000  # patches a level, about; every second patch (or third ...) of larger pictures

LOOKED_AT_ONCE = 1 << 18  # patches of an exemplar, about


class PatchTarget:
    """The sliced patch distance to exemplars, at full and half size.

    The projections of a step depend on the seed and the step alone, so a resumed run draws the same.
    With a `mask` (1, 1, H, W) in [0, 1], only patches of the picture inside it count, each as its least pixel.
    """

    def __init__(
        self,
        config: SynthesisConfig,
        exemplars: Sequence[tuple[torch.Tensor, float]],
        *,
        wrap: bool = False,
        mask: torch.Tensor | None = None,
    ) -> None:
        self._config, self._wrap, self._mask = config, wrap, mask
        self._levels = [
            [(_halved(picture, level), share) for picture, share in exemplars]
            for level in range(LEVELS)
            if all(min(picture.shape[-2:]) >> level >= 2 * config.patch_size for picture, _ in exemplars)
        ]
        self._held = -1
        self._references: list[tuple[Projections, torch.Tensor, torch.Tensor]] = []

    def distance(self, image: torch.Tensor, step: int) -> torch.Tensor:
        """The sum over the levels of the squared distance of `image` (1, 3, H, W), a scalar."""
        if step // HOLD != self._held:
            self._held = step // HOLD
            self._references = []  # before others are made: both at once would be gigabytes for large exemplars
            self._references = [self._draw(image, level) for level in range(len(self._levels))]
        total = image.new_zeros(())
        for level, (projections, reference, integral) in enumerate(self._references):
            reduced = _halved(image, level, wrap=self._wrap)
            if min(reduced.shape[-2:]) > self._config.patch_size:
                weights = None
                if self._mask is not None:
                    mask = _halved(self._mask, level, wrap=self._wrap)
                    weights = patch_weights(mask, projections, wrap=self._wrap)
                total = total + sliced_patch_distance(
                    reduced, reference, projections, wrap=self._wrap, integral=integral, weights=weights
                )
        return total

    def _draw(self, image: torch.Tensor, level: int) -> tuple[Projections, torch.Tensor, torch.Tensor]:
        config = self._config
        seed = (config.seed * 1_000_003 + self._held) * LEVELS + level
        random = torch.Generator().manual_seed(seed % 2**63)
        patches = (image.shape[-2] >> level) * (image.shape[-1] >> level)
        stride = max(1, round((patches / LOOKED_AT) ** 0.5))
        drawn = draw_projections(random, config.projections, config.patch_size, stride=stride)
        parts = [
            (sorted_responses(picture, Projections(drawn.kernels, exemplar_stride(picture[0, 0].numel()))), share)
            for picture, share in self._levels[level]
        ]
        reference = parts[0][0] if len(parts) == 1 else _mixture(parts)
        return drawn, reference, quantile_integral(reference)


def exemplar_stride(pixels: int) -> int:
    """Which patches of an exemplar of so many pixels are looked at, once for HOLD steps: all, or every so many-th."""
    return max(1, round(math.sqrt(pixels / LOOKED_AT_ONCE)))


def _mixture(parts: Sequence[tuple[torch.Tensor, float]]) -> torch.Tensor:
    """The sorted values of a mixture of distributions, each given by sorted rows (n, values) and its share."""
    total = max(rows.shape[1] for rows, _ in parts)
    picked = []
    for rows, share in parts:
        count = round(total * share)
        places = torch.linspace(0, rows.shape[1] - 1, count).round().long()
        picked.append(rows[:, places])
    return torch.cat(picked, dim=1).sort(dim=1).values


def _halved(image: torch.Tensor, times: int, *, wrap: bool = False) -> torch.Tensor:
    if not times:
        return image
    margin = 2 if wrap else 0  # pixels of the result beyond a tile's edge: as far as the filter looks
    if wrap:
        image = torch.nn.functional.pad(image, (margin << times,) * 4, mode="circular")
    halved = resize(image, (image.shape[-1] >> times, image.shape[-2] >> times), filter="bilinear", clamp=False)
    return halved[..., margin : halved.shape[-2] - margin, margin : halved.shape[-1] - margin]
