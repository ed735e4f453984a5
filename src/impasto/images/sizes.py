"""Sizes as people write them: 512x384, 512, 50%, 2x."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from impasto.errors import InputError

if TYPE_CHECKING:
    import torch

MAX_SIDE = 32_768
"""The longest side of a picture, in pixels."""

_NUMBER = r"\d+(?:\.\d+)?"
_BOTH = re.compile(r"(\d+)[x×](\d+)")
_LONG = re.compile(r"\d+")
_FACTOR = re.compile(rf"[x×]({_NUMBER})|({_NUMBER})[x×]|({_NUMBER})%")


def parse_size(text: str, of: tuple[int, int] | None = None) -> tuple[int, int]:
    """A size (width, height) in pixels from "512x384", "512" (the long side), "50%", "x0.5" or "0.5x".

    of: the (width, height) that a long side, percentage or factor refers to. Without it "512" is a square,
        and a percentage or factor raises InputError, as does anything else, and sides outside 1 to 32768.

    >>> parse_size("512", of=(4000, 3000)), parse_size("50%", of=(640, 481))
    ((512, 384), (320, 240))
    """
    plain = text.strip().lower().replace(" ", "")
    if both := _BOTH.fullmatch(plain):
        size = int(both[1]), int(both[2])
    elif _LONG.fullmatch(plain):
        long = int(plain)
        size = (long, long) if of is None or not 1 <= long <= MAX_SIDE else fit_long_side(of, long)
    elif factor := _FACTOR.fullmatch(plain):
        if of is None:
            raise InputError(f"size {text.strip()!r} needs a picture to refer to: give WIDTHxHEIGHT such as 512x384")
        before, after, percent = factor.groups()
        size = scaled(of, float(percent) / 100 if percent else float(before or after))
    else:
        raise InputError(
            f"size {text.strip()[:40]!r} is not understood: give 512x384, 512 (the long side), 50% or 0.5x"
        )
    check_size(size)
    return size


def fit_long_side(size: tuple[int, int], long: int) -> tuple[int, int]:
    """The (width, height) of the same shape whose longer side is `long`; the other is rounded, at least 1."""
    width, height = size
    longer = max(width, height)
    return max(1, round(width * long / longer)), max(1, round(height * long / longer))


def reduced_to(size: tuple[int, int], long: int) -> tuple[int, int]:
    """The (width, height) of a picture whose longer side is reduced to `long` if it is larger."""
    return size if max(size) <= long else fit_long_side(size, long)


def result_size(text: str, own: tuple[int, int], most: int) -> tuple[int, int]:
    """The (width, height) that a person asks for, of a picture of `own`; by default its own, at most `most` long."""
    return parse_size(text, of=own) if text else reduced_to(own, most)


def scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """(width, height) times a factor, rounded, at least 1; 0 for a factor of 0, which is no size."""
    least = 1 if factor > 0 else 0
    return max(least, round(size[0] * factor)), max(least, round(size[1] * factor))


def check_size(size: tuple[int, int]) -> None:
    """Raise InputError if a side is not between 1 and 32768."""
    width, height = size
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise InputError(f"a size must have sides between 1 and {MAX_SIDE}, got {width}x{height}")


def check_same_size(picture: torch.Tensor, other: torch.Tensor, name: str, of: str) -> None:
    """Raise InputError if two pictures (C, H, W), which errors call `name` and `of`, differ in size."""
    if picture.shape[1:] != other.shape[1:]:
        sizes = [f"{each.shape[2]}x{each.shape[1]}" for each in (picture, other)]
        raise InputError(f"{name} is {sizes[0]} pixels, but {of} is {sizes[1]}; make them the same size")
