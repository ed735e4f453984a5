"""What a training of a generator that grows costs: seconds of a step, measured and scaled up; memory, counted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch

from impasto.devices import pick_device
from impasto.gan.consingan_settings import ConSinGANConfig
from impasto.gan.consingan_steps import StageSteps
from impasto.gan.on_picture_settings import UNPRICED
from impasto.gan.singan_cost import FIXED_MEMORY, PER_CHANNEL, SMALL, at_size, seconds_of
from impasto.methods import Forecast
from impasto.networks.consingan import GrowingGenerator
from impasto.networks.pyramid_sizes import Size
from impasto.randomness import generator
from impasto.training.precision import chosen

OTHER, FIXED = 0.3, 0.06  # of a step on one stage: what one more takes that is trained, and one that only draws


def forecast(config: ConSinGANConfig, size: Size) -> Forecast:
    """The cost of training on a picture of that size."""
    usual = {name: ConSinGANConfig.model_fields[name].default for name in UNPRICED}
    plain = config.model_copy(update=usual)
    sizes = config.learned(size)
    each = [at_size(lambda side: _seconds(plain, side, torch.get_num_threads()), one) for one in sizes]
    pixels = sizes[-1][0] * sizes[-1][1]
    precision = chosen(config.precision, pick_device(config.device))
    held = PER_CHANNEL[precision] * pixels * config.width * (1 + 0.4 * (min(config.together, len(sizes)) - 1))
    numbers = (len(sizes) * 3 + 8) * 9 * config.width**2  # of three checkpoints and the model, with moments
    seconds = sum(count * each for count, each in zip(config.counts(sizes), _grown(each, config.together), strict=True))
    return Forecast(seconds, FIXED_MEMORY + int(held), disk=4 * 4 * numbers)


def work(sizes: Sequence[Size], together: int) -> list[float]:
    """How much work each stage is beside the others: what every step takes is as much as that of so many pixels."""
    return _grown([size[0] * size[1] + SMALL**2 for size in sizes], together)


def _grown(each: Sequence[float], together: int) -> list[float]:
    """What the steps of each stage take, of what they would alone."""
    found = []
    for number, own in enumerate(each):
        first = max(0, number - together + 1)
        found.append(own + OTHER * sum(each[first:number]) + FIXED * sum(each[:first]))
    return found


@lru_cache(maxsize=16)
def _seconds(config: ConSinGANConfig, side: int, threads: int) -> float:  # noqa: ARG001 - another number, other seconds
    """Seconds of a step on a square of noise, of a generator of one stage."""
    device, random = pick_device(config.device), generator(0)
    network = GrowingGenerator([(side, side)], [1.0], config.width, normed=config.batch_norm).to(device)
    real = torch.rand(1, 3, side, side, generator=random).to(device) * 2 - 1
    return seconds_of(StageSteps(config, network, real, None, random, chosen(config.precision, device)))
