"""What an optimisation will cost, foreseen from a few steps of it on a small picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import load_network
from impasto.methods import Forecast
from impasto.synthesis.objective import StyleObjective, style_layers
from impasto.synthesis.patches import LOOKED_AT, PatchTarget
from impasto.synthesis.schedule import schedule
from impasto.synthesis.settings import SynthesisConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

PROBE = 160  # side in pixels of the picture that is measured
FIXED_MEMORY = 450_000_000  # bytes: Python, torch and the weights
PER_ACTIVATION = 11.0  # bytes for each value of a layer: the value, and its gradient's share
PER_TARGET = 4.0  # bytes for each value of a layer of an exemplar
PER_PIXEL = 600  # bytes for each pixel: canvas, optimiser, patches
FIXED_SECONDS = 0.004  # of a step: what does not depend on the size


class _Rates(NamedTuple):
    network: float  # seconds of a step for each pixel that the network sees
    patches: float  # seconds of a step for each patch that is looked at


def forecast(
    config: SynthesisConfig,
    height: int,
    width: int,
    *,
    content_layers: Sequence[str] = (),
    exemplars: Sequence[tuple[int, int]] = (),
) -> Forecast:
    """Seconds and bytes for a picture of that size, from exemplars of these (width, height).

    Raises InputError for unknown layers and for scales that are too small for the network.
    """
    network = load_network(config.network, weights=config.network_weights, pool=config.pool)
    layers = (*style_layers(network, config), *(content_layers or network.default_content_layers))
    scales = schedule(config, height, width)
    network.check(content_layers)
    smallest = min(min(scale.size) * scale.enlarge for scale in scales)
    if smallest < network.minimum:
        raise InputError(
            f"{network.name} needs at least {network.minimum} pixels a side, and the coarsest of {len(scales)} scales "
            f"has {smallest:.0f}; take fewer --scales or a larger --size"
        )
    rates = _measure(network, config)
    seconds = sum(
        scale.steps
        * (
            FIXED_SECONDS
            + rates.network * scale.height * scale.width * scale.enlarge**2
            + rates.patches * min(scale.height * scale.width, LOOKED_AT)
        )
        for scale in scales
    )
    memory = max(
        PER_ACTIVATION * activations(network, layers, scale.height * scale.enlarge, scale.width * scale.enlarge)
        + PER_PIXEL * scale.height * scale.width
        for scale in scales
    )
    finest = scales[-1].enlarge
    for exemplar_width, exemplar_height in exemplars:  # seen once, and without a gradient
        seen = activations(network, layers, exemplar_height * finest, exemplar_width * finest)
        memory = max(memory, PER_TARGET * seen + PER_PIXEL * exemplar_height * exemplar_width)
    return Forecast(
        seconds, FIXED_MEMORY + int(memory), size=(width, height), fixed=FIXED_MEMORY, notice=network.notice
    )


def activations(network: FeatureNetwork, layers: Sequence[str], height: float, width: float) -> int:
    """How many values the network computes for a picture of that size, up to the last of `layers`."""
    last = max(network.layers.index(layer) for layer in layers)
    sizes = network.sizes(round(height), round(width))
    return sum(channels * rows * columns for _, channels, rows, columns in sizes[: last + 1])


def facts(network: FeatureNetwork, config: SynthesisConfig) -> Mapping[str, Any]:
    """What a recipe should say of the network that a picture was made with."""
    return {"network": dict(network.weights), "layers": list(style_layers(network, config))}


def _measure(network: FeatureNetwork, config: SynthesisConfig) -> _Rates:
    device = pick_device(config.device)
    noise = torch.rand(1, 3, PROBE, PROBE, generator=torch.Generator().manual_seed(0)).to(device)
    only_network = config.model_copy(update={"patch_weight": 0.0})
    objective = StyleObjective(network.to(device), only_network, [(noise, 1.0)])
    patches = PatchTarget(config, [(noise, 1.0)])
    return _Rates(
        network=_seconds(lambda image: torch.stack(list(objective(image, 0).values())).sum(), noise) / PROBE**2,
        patches=_seconds(lambda image: patches.distance(image, 0), noise) / PROBE**2 if config.patch_weight else 0.0,
    )


def _seconds(loss: Callable[[torch.Tensor], torch.Tensor], noise: torch.Tensor) -> float:
    """Seconds of one evaluation with its gradient: the best of three."""
    image = noise.clone().requires_grad_()
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        torch.autograd.backward(loss(image))
        if image.is_cuda:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return min(taken)
