"""What matching patch distributions will cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.devices import pick_device
from impasto.methods import Forecast
from impasto.synthesis.patch_distributions import FEW
from impasto.synthesis.patch_levels import Level, PatchDistributionConfig, Size
from impasto.synthesis.projection_sets import KNOTS, SEEN

FIXED_MEMORY = 560_000_000  # bytes: Python, torch and numba
FIXED_SECONDS = 0.0015  # of a step: what does not depend on the size
PER_RESPONSE = 1.2e-9  # seconds of one thread for each value of a patch and direction, over 100
PER_REFERENCE = 2.2e-8  # seconds of one thread for each patch of an exemplar and direction
BYTES_A_PIXEL = 150  # of the picture: itself, Adam's state, what a step makes of it
BYTES_A_RESPONSE = 14  # of patches that are looked at, for each direction


def forecast(config: PatchDistributionConfig, levels: Sequence[Level], exemplars: Sequence[Size]) -> Forecast:
    """Seconds and bytes for a picture of these levels from exemplars of these (width, height)."""
    threads = torch.get_num_threads() if pick_device(config.device).type == "cpu" else 100
    keys = sum(width * height for width, height in exemplars)
    projection_sets = min(config.projection_sets or config.steps, config.steps)
    seconds = 1.5
    looked_at = 0.0
    for level in levels:
        pixels = level.size[0] * level.size[1]
        looked_at = pixels / config.patch_stride**2 if pixels > FEW else pixels
        per_patch = PER_RESPONSE * config.projections * (100 + 3 * config.patch**2) / 100 * 10
        seconds += config.steps * (FIXED_SECONDS + looked_at * per_patch / threads)
        seconds += projection_sets * config.projections * PER_REFERENCE * min(keys * level.factor**2, SEEN) / threads
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
