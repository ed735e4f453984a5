"""What a training on a single picture costs: seconds of a step, measured and scaled up; memory, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch

from impasto.devices import pick_device
from impasto.gan.on_picture_settings import UNPRICED
from impasto.gan.picture_steps import PictureSteps
from impasto.gan.singan_settings import SinGANConfig
from impasto.gan.singan_steps import ScaleSteps
from impasto.methods import Forecast
from impasto.networks.pyramid_sizes import Size
from impasto.networks.singan import Pyramid
from impasto.randomness import generator
from impasto.training.precision import chosen

SMALL, LARGE = 25, 75  # sides in pixels of the two pictures that are measured
FIXED_MEMORY = 400_000_000  # bytes: Python, torch and the weights
PER_CHANNEL = {"fp32": 120, "bf16": 70}  # bytes for each pixel and each channel of the networks' width, in a step
PER_POOLED = 12  # bytes for each pixel of each picture of the pool
DEEPER = 1.3  # times as long a step takes where there are scales below that draw for it


def forecast(config: SinGANConfig, size: Size) -> Forecast:
    """The cost of training on a picture of that size."""
    sizes, _ = config.sizes(size)
    widths = config.widths(len(sizes))
    seconds = sum(
        count * of_step(config, each, width) * (DEEPER if number else 1.0)
        for number, (each, width, count) in enumerate(zip(sizes, widths, config.counts(sizes), strict=True))
    )
    pixels = sizes[-1][0] * sizes[-1][1]
    pooled = PER_POOLED * config.pool * 2 * pixels  # the scale before has its own until it is let go
    held = PER_CHANNEL[chosen(config.precision, pick_device(config.device))] * pixels * max(widths)
    return Forecast(seconds, FIXED_MEMORY + held + pooled, disk=_disk(widths))


def of_step(config: SinGANConfig, size: Size, width: int) -> float:
    """Seconds of a step at that size and width: what every step takes, and what each pixel does."""
    usual = {name: SinGANConfig.model_fields[name].default for name in UNPRICED}
    plain = config.model_copy(update={**usual, "width": width, "widest": width, "texture": 0.0})
    return at_size(lambda side: _seconds(plain, side, torch.get_num_threads()), size)


def at_size(measured: Callable[[int], float], size: Size) -> float:
    """Seconds of a step at a size, of those on squares of two sides: what any step takes, and what a pixel does."""
    small, large = measured(SMALL), measured(LARGE)
    each = max(0.0, large - small) / (LARGE**2 - SMALL**2)
    return max(small, small + each * (size[0] * size[1] - SMALL**2))


def work(sizes: Sequence[Size], widths: Sequence[int]) -> list[float]:
    """How much work each scale is beside the others: what every step takes is as much as that of so many pixels."""
    pixels = [size[0] * size[1] + SMALL**2 for size in sizes]
    return [count * (width + width**2 / 64) for count, width in zip(pixels, widths, strict=True)]


def _disk(widths: Sequence[int]) -> int:
    """Bytes of three checkpoints and the model: a generator's numbers, and of the newest scale a critic and moments."""
    numbers = [4 * 9 * width**2 + 60 * width for width in widths]
    return 4 * (4 * sum(numbers) + 6 * max(numbers))


@lru_cache(maxsize=16)
def _seconds(config: SinGANConfig, side: int, threads: int) -> float:  # noqa: ARG001 - another number, other seconds
    """Seconds of a step on a square of noise."""
    device = pick_device(config.device)
    random = generator(0)
    pyramid = Pyramid([(side, side)], [config.width], 1.0, config.borders).to(device)
    real = torch.rand(1, 3, side, side, generator=random).to(device) * 2 - 1
    return seconds_of(ScaleSteps(config, pyramid, real, None, random, chosen(config.precision, device)))


def seconds_of(steps: PictureSteps[Any, Any]) -> float:
    """Seconds of a step, the mean of those between two penalties; the first does not count."""
    steps(0)
    every = steps.config.penalty_every
    count = every if every <= 8 else 1
    started = time.perf_counter()
    for number in range(count):
        float(steps(number)["0/G"])
    return (time.perf_counter() - started) / count
