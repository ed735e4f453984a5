"""What an optimisation towards nearest features will cost: one by statistics of the same layers, and the search."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import torch

from impasto.devices import pick_device
from impasto.features import Padding, load_network, weights_of
from impasto.losses.neighbours import BLOCK, nearest_directions
from impasto.methods import Forecast
from impasto.neighbours.objective import EVERY, grid_of, polish_steps
from impasto.neighbours.settings import NeighbourConfig
from impasto.synthesis.cost import activations, forecast
from impasto.synthesis.schedule import schedule
from impasto.synthesis.settings import SynthesisConfig, style_layers

PROBE = (1024, 2048, 512)  # queries, keys and channels of the search that is measured
COMPARED = (
    700  # multiplications whose time it takes to fetch one value of a neighbour, compare, and send a gradient back
)
COLUMNS = 20  # bytes for each value of a hypercolumn: keys, targets, and on the way to both


def forecast_neighbours(
    config: NeighbourConfig,
    height: int,
    width: int,
    *,
    content_layers: Sequence[str],
    exemplars: Sequence[tuple[int, int]],
    exemplars_follow: bool,
    parts: int = 1,
    padding: Padding | None = None,
) -> Forecast:
    """Seconds and bytes for a picture of that size, from exemplars of these (width, height); see `cost.forecast`.

    parts: of the picture, each of which seeks neighbours of its own.
    """
    of_statistics = SynthesisConfig(**{name: getattr(config, name) for name in SynthesisConfig.model_fields})
    found = forecast(
        of_statistics,
        height,
        width,
        content_layers=content_layers,
        exemplars=exemplars,
        exemplars_follow=exemplars_follow,
        padding=padding,
    )
    network = load_network(config.network, weights=weights_of(config.network_weights), pool=config.pool)
    layers = style_layers(network, config)
    channels = sum(size[1] for size in network.sizes(height, width) if size[0] in layers)
    turns = 4 if config.rotations else 1
    products = values = 0.0
    for scale in schedule(config, height, width):
        rows, columns = grid_of((scale.height, scale.width), config.spacing)
        reduced = [(round(high * scale.factor), round(wide * scale.factor)) for wide, high in exemplars]
        keys = min(parts * config.keys, turns * sum(math.prod(grid_of(size, config.spacing)) for size in reduced))
        products += channels * rows * columns * keys
        values = channels * (parts * rows * columns + keys)
        polish = polish_steps(config, scale)
        for layer, each, high, wide in network.sizes(*(round(side * scale.enlarge) for side in scale.size)):
            if layer in layers:
                places = min(config.positions, high * wide)  # and about as many of the exemplars'
                products += parts * polish * each * places * (places / EVERY + COMPARED)
    held = COLUMNS * values + 4 * BLOCK
    for wide, high in exemplars:  # seen at the finest scale, and kept for its last steps
        seen = activations(network, list(layers), scale.enlarge * high, scale.enlarge * wide)
        held += 4 * turns * seen if config.polish else 0
    return replace(
        found, seconds=found.seconds + products * _seconds_of_a_product(config.device), memory=found.memory + int(held)
    )


@lru_cache(maxsize=4)
def _seconds_of_a_product(name: str) -> float:
    """Seconds of one multiplication and addition of a search: the best of three, by the time that a thread worked."""
    device = pick_device(name)
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    random = torch.Generator().manual_seed(0)
    queries, keys = (torch.rand(count, PROBE[2], generator=random).to(device) for count in PROBE[:2])
    taken = []
    for _ in range(3):
        started = clock()
        nearest_directions(queries, keys).tolist()
        taken.append(clock() - started)
    return min(taken) / (PROBE[0] * PROBE[1] * PROBE[2])
