"""How large networks may be: what a training may ask for, and so all that a model's file may claim."""

from __future__ import annotations

TEXTURE_LEVELS, TEXTURE_WIDEST, TEXTURE_NOISE = 6, 512, 64  # sizes; channels of features, and of noise
STYLE_WIDEST, STYLE_BLOCKS = 256, 32


def whole(value: object, low: int, high: int) -> int:
    """A whole number of a model's config. Raises ValueError if it is none, or not within its bounds."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"must be a whole number between {low} and {high}, got {value!r}")
    return value
