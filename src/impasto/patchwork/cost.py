"""What rebuilding a picture will cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.devices import pick_device
from impasto.methods import Forecast
from impasto.patches import compiling
from impasto.patchwork.holes import touching
from impasto.patchwork.levels import check_sizes, scaled_factors
from impasto.patchwork.rebuild import rounds_at, votes_at
from impasto.patchwork.settings import PatchworkConfig

FIXED_SECONDS = 0.3
FIXED_MEMORY = 400_000_000  # bytes: Python, torch and numba
PER_PIXEL = 130  # bytes, of the result and of the exemplars
PER_QUERY = 4e-8  # seconds of one thread for a query patch in a round of search, for each pixel of a patch's side


def forecast(
    config: PatchworkConfig,
    size: tuple[int, int],
    exemplars: Sequence[tuple[int, int]],
    *,
    coarsest: int,
    hole: float | None = None,
) -> Forecast:
    """Seconds and bytes for a picture of `size` = (width, height) from exemplars of these sizes.

    hole: the share of it that is filled from the rest; None: all of it is made.

    Raises InputError if one of them is smaller than a patch.
    """
    check_sizes(config.patch, size[::-1], [each[::-1] for each in exemplars])
    pixels = size[0] * size[1]
    keys = sum(width * height for width, height in exemplars)
    factors = scaled_factors(
        min(*size, *(side for sides in exemplars for side in sides)), max(coarsest, config.patch), config.ratio
    )
    threads = torch.get_num_threads() if pick_device(config.device).type == "cpu" else 100
    seconds = FIXED_SECONDS
    for factor in factors:
        if hole is None:
            level = (pixels + (keys / 2 if config.alpha else 0)) * factor**2
        else:
            level = touching(hole, factor * min(size), config.patch) * pixels * factor**2
        per_query = PER_QUERY * config.patch
        if config.engine == "exact":
            per_query *= keys * factor**2 / 60
        rounds = rounds_at(config, pixels * factor**2) + 1.8  # and a vote
        seconds += votes_at(config, pixels * factor**2) * rounds * level * per_query / threads
    notice = (
        "compiling the patch kernels, once on this machine: about 20 s"
        if compiling(config.engine, config.device)
        else ""
    )
    per_key = PER_PIXEL + (24 * config.patch**2 if config.engine == "exact" else 0)  # every patch, and a copy
    return Forecast(
        seconds,
        FIXED_MEMORY + int(PER_PIXEL * pixels + per_key * keys),
        size=size,
        fixed=FIXED_MEMORY + int(per_key * keys),
        notice=notice,
    )
