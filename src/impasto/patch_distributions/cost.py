"""What matching patch distributions will cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.devices import pick_device
from impasto.methods import Forecast
from impasto.patch_distributions.levels import Level, PatchDistributionConfig, Size
from impasto.patch_distributions.match import FEW
from impasto.patch_distributions.projections import KNOTS, SEEN
from impasto.patchwork.holes import touching

START_SECONDS = 1.5  # until the first step
FIXED_MEMORY = 560_000_000  # bytes: Python, torch and numba
# Fitted to the processor seconds of one thread at each size of a run of `vary sliced-patches` at 250x167 pixels.
FIXED_SECONDS = 0.0006  # of a step: what does not depend on the size
PER_RESPONSE = 5.5e-9  # seconds for each patch and direction of a step, times (1 + numbers of a patch / 100)
PER_SORTED = 7.2e-8  # seconds for each of an exemplar's patches and directions, where they are sorted
PER_COUNTED = 2.1e-8  # the same where they are counted, and there are many
PER_COUNT = 1.4e-4  # seconds for each direction where they are counted
BYTES_A_PIXEL = 150  # of the picture: itself, Adam's state, what a step makes of it
BYTES_A_RESPONSE = 14  # of patches that are looked at, for each direction


def forecast(
    config: PatchDistributionConfig, levels: Sequence[Level], exemplars: Sequence[Size], *, hole: float = 1.0
) -> Forecast:
    """Seconds and bytes for a picture of these levels from exemplars of these (width, height).

    hole: the share of it that is filled from the rest.
    """
    threads = torch.get_num_threads() if pick_device(config.device).type == "cpu" else 100
    keys = sum(width * height for width, height in exemplars)
    projection_sets = min(config.projection_sets or config.steps, config.steps)
    seconds = START_SECONDS
    looked_at = 0.0
    per_patch = PER_RESPONSE * config.projections * (1 + 3 * config.patch**2 / 100)
    for level in levels:
        pixels = level.size[0] * level.size[1] * touching(hole, min(level.size), config.patch)
        looked_at = pixels / config.patch_stride**2 if pixels > FEW else pixels
        seconds += config.steps * (FIXED_SECONDS + looked_at * per_patch / threads)
        seen = min(keys * level.factor**2, SEEN * len(exemplars))
        ordering = PER_SORTED * seen if seen <= 2 * KNOTS else PER_COUNT + PER_COUNTED * seen
        seconds += projection_sets * config.projections * ordering / threads
    width, height = levels[-1].size
    fixed = FIXED_MEMORY + 8 * KNOTS * config.projections * max(1, config.projection_sets)
    fixed += 24 * keys + 40 * config.projections * min(keys, SEEN * len(exemplars))
    memory = BYTES_A_PIXEL * width * height + BYTES_A_RESPONSE * config.projections * looked_at
    return Forecast(seconds, int(fixed + memory), size=(width, height), fixed=fixed, notice=_notice(config))


def _notice(config: PatchDistributionConfig) -> str:
    if pick_device(config.device).type != "cpu":
        return ""
    from impasto.losses.rank_kernels import is_cached  # numba is imported where it is used

    return "" if is_cached() else "compiling a kernel, once on this machine: about 5 s"
