"""The pictures that a generator is trained on."""

from __future__ import annotations

import numpy as np

from impasto.data import Dataset, Part, Store
from impasto.errors import InputError
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.inputs import Inputs

FEWEST = 2
LOOKED, AT_ONCE = 20_000, 100  # pictures, evenly spaced, to know whether there are colours
LEAST = 1  # by which channels of a grey pixel may differ: each may have been rounded by itself


def dataset_of(inputs: Inputs, config: DCGANConfig) -> Dataset:
    """The data at the side that was asked for, without what is held out; a `Dataset` in memory is taken as it is.

    Raises InputError if that leaves too few, or if they have another size.
    """
    (given,) = inputs["data"]
    data: Dataset = given.dataset(config.view()) if isinstance(given, Store) else given  # type: ignore[assignment]
    _check_count(data.name, len(data), config)
    if data.size != (config.side, config.side):
        width, height = data.size
        raise InputError(f"{data.name}: pictures of {width}x{height}, where side is {config.side}")
    return Part(data, np.arange(len(data) - config.held_out)) if config.held_out else data


def check_data(inputs: Inputs, config: DCGANConfig) -> None:
    """Raise InputError for data that will not do, as far as that is known before any picture is read."""
    (given,) = inputs["data"]
    if isinstance(given, Store):
        _check_count(given.name, len(given.reader(config.view())), config)
    else:
        dataset_of(inputs, config)


def channels_of(data: Dataset) -> int:
    """1 if all pictures are grey, as far as is looked; else 3."""
    if data.grey:
        return 1
    looked = np.unique(np.linspace(0, len(data) - 1, min(len(data), LOOKED)).astype(np.int64))
    for some in np.array_split(looked, -(-len(looked) // AT_ONCE)):
        red, green, blue = data.take(some).pictures.short().unbind(1)
        if max(int((other - red).abs().max()) for other in (green, blue)) > LEAST:
            return 3
    return 1


def _check_count(name: str, count: int, config: DCGANConfig) -> None:
    if count < FEWEST:
        raise InputError(f"{name}: {'one' if count else 'no'} picture to train on: a generator learns from many")
    left = count - config.held_out
    if left < FEWEST:
        mend = f"held_out must be at most {count - FEWEST}"
        raise InputError(f"{name}: {max(0, left)} of {count} pictures to train on: {mend}")
