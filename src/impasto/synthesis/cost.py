"""What an optimisation will cost, foreseen from a few milliseconds of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from impasto.devices import pick_device
from impasto.features import load_network
from impasto.methods import Forecast
from impasto.synthesis.objective import style_layers
from impasto.synthesis.schedule import schedule
from impasto.synthesis.settings import SynthesisConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

PROBE = 160  # side in pixels of the picture that is measured
BASE_MEMORY = 450_000_000  # Python, torch and the weights
PER_ACTIVATION = 11.0  # bytes for each value of a layer: the value and its gradient's share, in fp32
PER_PIXEL = 600  # bytes for each pixel: canvas, optimiser, patches
OVERHEAD = 0.006  # seconds a step that do not depend on the size
PATCH_SECONDS = 1.2e-9  # per pixel, projection and thread-second, at most `LOOKED_AT` patches a level


def forecast(config: SynthesisConfig, height: int, width: int, content_layers: Sequence[str] = ()) -> Forecast:
    """Seconds and bytes for a picture of that size."""
    network = load_network(config.network, weights=config.network_weights, pool=config.pool)
    layers = (*style_layers(network, config), *(content_layers or network.default_content_layers))
    scales = schedule(config, height, width)
    per_pixel = _seconds_per_pixel(network, tuple(layers), pick_device(config.device))
    seconds = sum(
        scale.steps * (OVERHEAD + scale.height * scale.width * scale.enlarge**2 * per_pixel) for scale in scales
    )
    memory = max(
        activations(network, layers, round(scale.height * scale.enlarge), round(scale.width * scale.enlarge))
        * PER_ACTIVATION
        + scale.height * scale.width * PER_PIXEL
        for scale in scales
    )
    return Forecast(seconds, BASE_MEMORY + int(memory))


def activations(network: FeatureNetwork, layers: Sequence[str], height: int, width: int) -> int:
    """How many values the network computes for a picture of that size, up to the last of `layers`."""
    last = max(network.layers.index(layer) for layer in layers)
    return sum(channels * rows * columns for _, channels, rows, columns in network.sizes(height, width)[: last + 1])


def facts(network: FeatureNetwork, config: SynthesisConfig) -> Mapping[str, Any]:
    """What a recipe should say of the network that a picture was made with."""
    return {"network": dict(network.weights), "layers": list(style_layers(network, config))}


@lru_cache(maxsize=4)
def _seconds_per_pixel(network: FeatureNetwork, layers: tuple[str, ...], device: torch.device) -> float:
    """Seconds forward and backward for each pixel: the faster of two runs on a small picture."""
    network = network.to(device)
    image = torch.rand(1, 3, PROBE, PROBE, device=device, requires_grad=True)
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        means = [features.square().mean() for features in network(image, set(layers)).values()]
        torch.autograd.backward(torch.stack(means).sum())
        best = min(best, time.perf_counter() - started)
    return best / PROBE**2
