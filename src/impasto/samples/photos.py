"""Photographs that come inside installed libraries, so that nothing has to be downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impasto.errors import InputError, meant
from impasto.images import read

if TYPE_CHECKING:
    import torch

SAMPLES: dict[str, str] = {
    "astronaut": "portrait of Eileen Collins (NASA, public domain), 512x512",
    "chelsea": "a cat (Stefan van der Walt, CC0), 451x300",
    "coffee": "a cup of coffee (Rachel Michetti, CC0), 600x400",
    "rocket": "a launch (SpaceX, CC0), 640x427",
    "brick": "a brick wall, grey (CC0), 512x512",
    "grass": "grass, grey (CC0), 512x512",
    "gravel": "gravel, grey (CC0), 512x512",
    "china": "a palace in Beijing (CC BY), 640x427",
    "flower": "a dahlia (CC BY), 640x427",
}
"""The samples' names, and what they show."""

FROM_SKLEARN = ("china", "flower")


def sample(name: str) -> torch.Tensor:
    """The photograph called `name`, a float32 tensor (3, H, W) in [0, 1]; a grey one has three equal channels.

    They are those of scikit-image and scikit-learn. Raises InputError for an unknown name, with the nearest right one.

    >>> sample("brick").shape
    torch.Size([3, 512, 512])
    """
    if name not in SAMPLES:
        raise InputError(f"no sample is called {name!r}; {meant(name, SAMPLES)}")
    return read(_pixels(name))


def _pixels(name: str) -> Any:
    """The picture as the library gives it, uint8."""
    if name in FROM_SKLEARN:
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    import skimage.data

    return getattr(skimage.data, name)()
