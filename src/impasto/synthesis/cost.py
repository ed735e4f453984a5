"""What an optimisation will cost, foreseen from a few steps of it on a small picture."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import Padding, load_network, weights_of
from impasto.features.tiles import SIDE, in_tiles, pixels_in_tiles
from impasto.methods import Forecast
from impasto.synthesis.descent import PAIRS
from impasto.synthesis.objective import StyleObjective
from impasto.synthesis.patches import LOOKED_AT, PatchTarget, exemplar_stride
from impasto.synthesis.schedule import Scale, schedule
from impasto.synthesis.settings import SynthesisConfig, style_layers
from impasto.synthesis.statistics import SEEN_ALONG, WIDEST

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

PROBE = 160  # side in pixels of the picture that is measured
SETS = 2  # of directions more that are measured
# Fitted to the peaks of real runs of EfficientNet-Lite0 and VGG-16 from 512 to 2048 pixels, all within a quarter.
FIXED_MEMORY = 400_000_000  # bytes: Python, torch and the weights
PER_ACTIVATION = 7.4  # bytes for each value of a layer: the value, and its gradient's share
PADDED = 1.5  # times as many, where the network's padding is not zero: its convolutions see larger copies
PER_TARGET = 4.0  # bytes for each value of a layer of an exemplar
PER_KEPT = 8.0  # bytes for each value of the layers of a picture that is seen in tiles: the value, and its gradient
TWICE = 1.4  # times as long a step takes for each pixel of a tile, whose layers are computed twice
PER_PIXEL = 470  # bytes for each pixel: canvas, optimiser, colours
BESIDE_TILES = 230  # the same, while the layers of a picture in tiles are there
LEAST_OF_TARGET = 0.4  # of what a set of directions takes of an exemplar of `PROBE` pixels: that of the smallest one
SETTING_UP = 1.5  # steps that looking at exemplars and content once takes at each scale
PER_PAIR = 32  # bytes for each pixel and each of L-BFGS's curvature pairs
PER_RESPONSE = 28  # bytes for each projection of each of an exemplar's patches: sorted, summed up, and on the way there
FIXED_SECONDS = 0.004  # of a step: what does not depend on the size
ONLY_OF_RUNS = ("scales", "coarsest", "iterations", "learning_rate", "decay", "carry", "enlarge", "enlarge_to")
"""What no single step depends on, beside the seed."""
SERIAL = 0.1  # of a step on one thread: what more threads do not speed up (Amdahl 1967)


class _Rates(NamedTuple):
    network: float  # seconds of a step for each pixel that the network sees, with statistics of a ninth of all places
    statistics: float  # seconds more with those of all places
    spread: float  # pixels for each place of the first layer of style
    patches: float  # seconds of a step for each patch that is looked at
    target: float  # seconds that each set of directions but the first takes of an exemplar of `PROBE` pixels a side


def forecast(
    config: SynthesisConfig,
    height: int,
    width: int,
    *,
    content_layers: Sequence[str] | None = None,
    exemplars: Sequence[tuple[int, int]] = (),
    exemplars_follow: bool = False,
    padding: Padding | None = None,
) -> Forecast:
    """Seconds and bytes for a picture of that size, from exemplars of these (width, height).

    content_layers: those of a photo; () are the network's own choice, None that there is no photo.
    exemplars_follow: whether these would be smaller for a smaller picture.
    padding: the network's, if it is not the config's.

    The seconds are those of a machine with nothing else to do.
    Raises InputError for unknown layers and for scales that are too small for the network.
    """
    network = load_network(config.network, weights=weights_of(config.network_weights), pool=config.pool)
    of_content = () if content_layers is None else content_layers or network.default_content_layers
    layers = (*(layer for term in config.style_terms(network) for layer in term.layers), *of_content)
    scales = schedule(config, height, width)
    network.check(of_content)
    smallest = min(min(scale.size) * scale.enlarge for scale in scales)
    if smallest < network.minimum:
        raise InputError(
            f"{network.name} needs at least {network.minimum} pixels a side, and the coarsest of {len(scales)} scales "
            f"has {smallest:.0f}; take fewer --scales or a larger --size"
        )
    wrap = (padding or config.padding) == "circular"
    rates = _measure(config.model_copy(update=_usual(config)), torch.get_num_threads())
    seconds = sum(
        (scale.steps + SETTING_UP) * _of_step(rates, config, network, layers, scale, wrap) for scale in scales
    )
    seconds += _of_targets(rates, config, network, layers, scales) * max(1, len(exemplars))
    per_activation = PER_ACTIVATION * (1.0 if (padding or config.padding) == "zero" else PADDED)
    pairs = PER_PAIR * PAIRS if config.optimizer == "lbfgs" else 0
    memory = max(
        _of_layers(network, layers, *scale.seen, per_activation, wrap)
        + ((BESIDE_TILES if in_tiles(*scale.seen, wrap) else PER_PIXEL) + pairs) * scale.height * scale.width
        for scale in scales
    )
    finest = scales[-1].enlarge
    held = 0
    for exemplar_width, exemplar_height in exemplars:
        # Once, and without a gradient.
        seen = _of_layers(network, layers, exemplar_height * finest, exemplar_width * finest, PER_TARGET, wrap)
        memory = max(memory, seen)
        patches = exemplar_height * exemplar_width / exemplar_stride(exemplar_height * exemplar_width) ** 2
        held += int(PER_RESPONSE * config.projections * patches) if config.patch_weight else 0
    return Forecast(
        seconds,
        FIXED_MEMORY + held + int(memory),
        size=(width, height),
        fixed=FIXED_MEMORY + (0 if exemplars_follow else held),
        notice=network.notice,
    )


def _usual(config: SynthesisConfig) -> dict[str, Any]:
    """What no single step depends on, as it usually is; of the sets of directions a step takes one in turn."""
    found = {name: type(config).model_fields[name].default for name in ("seed", *ONLY_OF_RUNS)}
    return found | ({"direction_sets": 1} if hasattr(config, "direction_sets") else {})


def _of_step(
    rates: _Rates, config: SynthesisConfig, network: FeatureNetwork, layers: Sequence[str], scale: Scale, wrap: bool
) -> float:
    """Seconds of a step at a scale."""
    pixels = math.prod(scale.seen)
    seen = _of_pixel(rates, config, pixels / rates.spread) * pixels * _times_seen(network, layers, *scale.seen, wrap)
    return FIXED_SECONDS + seen + rates.patches * min(scale.height * scale.width, LOOKED_AT)


def _of_targets(
    rates: _Rates, config: SynthesisConfig, network: FeatureNetwork, layers: Sequence[str], scales: Sequence[Scale]
) -> float:
    """Seconds that an exemplar's other sets of directions take, beside the first, which `SETTING_UP` counts."""
    if rates.target == 0 or config.sampling().positions is None:  # then there is one set
        return 0.0
    measured = _seen_along(network, layers, PROBE, PROBE)
    looked_at = sum(max(LEAST_OF_TARGET, _seen_along(network, layers, *scale.seen) / measured) for scale in scales)
    return (getattr(config, "direction_sets", 1) - 1) * rates.target * looked_at


def _seen_along(network: FeatureNetwork, layers: Sequence[str], height: float, width: float) -> int:
    """Places of all the layers at which a set of directions looks at an exemplar of that size."""
    sizes = network.sizes(round(height), round(width))
    return sum(min(rows * columns, SEEN_ALONG) for layer, _, rows, columns in sizes if layer in layers)


def _of_pixel(rates: _Rates, config: SynthesisConfig, places: float) -> float:
    """Seconds of a step for each pixel that the network sees, with statistics of a part of the first layer's places."""
    stride = min(float(WIDEST), max(1.0, math.sqrt(places / config.positions)))
    share = (1 / stride**2 - 1 / WIDEST**2) / (1 - 1 / WIDEST**2)
    return rates.network + share * rates.statistics


def _times_seen(network: FeatureNetwork, layers: Sequence[str], height: float, width: float, wrap: bool) -> float:
    """How many times as long a step takes as it would if the picture were seen at once."""
    if not in_tiles(height, width, wrap):
        return 1.0
    last = max(layers, key=network.layers.index)
    return TWICE * pixels_in_tiles(network, last, round(height), round(width)) / (height * width)


def _of_layers(
    network: FeatureNetwork, layers: Sequence[str], height: float, width: float, per_activation: float, wrap: bool
) -> float:
    """Bytes of the network's layers for a picture of that size: all, or a tile's and the whole of the last."""
    if not in_tiles(height, width, wrap):
        return per_activation * activations(network, layers, height, width)
    sizes = network.sizes(round(height), round(width))
    kept = sum(channels * rows * columns for layer, channels, rows, columns in sizes if layer in layers)
    side = SIDE + 2 * max(network.reach(layer)[1] for layer in layers)
    return per_activation * activations(network, layers, side, side) + PER_KEPT * kept


def activations(network: FeatureNetwork, layers: Sequence[str], height: float, width: float) -> int:
    """How many values the network holds for a picture of that size, up to the last of `layers`."""
    last = max(network.layers.index(layer) for layer in layers)
    sizes = network.sizes(round(height), round(width))[: last + 1]
    replaced = network.in_place.difference(layers)
    return sum(channels * rows * columns for layer, channels, rows, columns in sizes if layer not in replaced)


def facts(network: FeatureNetwork, config: SynthesisConfig) -> Mapping[str, Any]:
    """What a recipe should say of the network that a picture was made with."""
    return {"network": dict(network.weights), "layers": list(style_layers(network, config))}


@lru_cache(maxsize=16)
def _measure(config: SynthesisConfig, threads: int) -> _Rates:
    """Measured once a process, since a batch asks for each of its pictures.

    On the processor by one thread, and by the time that it was at work: several would wait for one another on a busy
    machine, which would be taken for a machine many times slower.
    """
    device = pick_device(config.device)
    alone = device.type == "cpu"
    if alone:
        torch.set_num_threads(1)
    try:
        rates = _rates(config, device, time.thread_time if alone else time.perf_counter)
    finally:
        torch.set_num_threads(threads)
    share = SERIAL + (1 - SERIAL) / threads if alone else 1.0
    return rates._replace(
        network=rates.network * share, statistics=rates.statistics * share, patches=rates.patches * share
    )


def _rates(config: SynthesisConfig, device: torch.device, clock: Callable[[], float]) -> _Rates:
    network = load_network(config.network, weights=weights_of(config.network_weights), pool=config.pool)
    noise = torch.rand(1, 3, PROBE, PROBE, generator=torch.Generator().manual_seed(0)).to(device)
    only_network = config.model_copy(update={"patch_weight": 0.0})
    of_style = {layer for term in config.style_terms(network) for layer in term.layers}
    first = next((high * wide for name, _, high, wide in network.sizes(PROBE, PROBE) if name in of_style), PROBE**2)
    places = (first // WIDEST**2, PROBE**2)
    looking = [only_network.model_copy(update={"positions": positions}) for positions in places]
    build = partial(_built, network.to(device), noise, clock)
    (some_places, _), (all_places, once) = map(build, looking)
    another = 0.0
    if hasattr(config, "direction_sets"):
        _, several = build(looking[-1].model_copy(update={"direction_sets": 1 + SETS}))
        another = max(0.0, several - once) / SETS
    parts = [_seconds(partial(_total, objective), noise, clock) for objective in (some_places, all_places)]
    some, all_of_them = (seconds / PROBE**2 for seconds in parts)
    patches = PatchTarget(config, [(noise, 1.0)])
    return _Rates(
        some,
        max(0.0, all_of_them - some),
        PROBE**2 / first,
        _seconds(lambda image: patches.distance(image, 0), noise, clock) / PROBE**2 if config.patch_weight else 0.0,
        another,
    )


def _built(
    network: FeatureNetwork, noise: torch.Tensor, clock: Callable[[], float], config: SynthesisConfig
) -> tuple[StyleObjective, float]:
    """The objective of an exemplar, and the seconds that looking at it took."""
    started = clock()
    return StyleObjective(network, config, [(noise, 1.0)]), clock() - started


def _total(objective: StyleObjective, image: torch.Tensor) -> torch.Tensor:
    return torch.stack(list(objective(image, 0).values())).sum()


def _seconds(loss: Callable[[torch.Tensor], torch.Tensor], noise: torch.Tensor, clock: Callable[[], float]) -> float:
    """Seconds of one evaluation with its gradient: the best of three."""
    image = noise.clone().requires_grad_()
    taken = []
    for _ in range(3):
        started = clock()
        torch.autograd.backward(loss(image))
        if image.is_cuda:
            torch.cuda.synchronize()
        taken.append(clock() - started)
    return min(taken)
