"""Pictures in which there is nothing to be seen."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from impasto.errors import InputError


def refuse_constant(pictures: Iterable[torch.Tensor], names: Iterable[str]) -> None:
    """Raise InputError, which calls it by its name, if one of some pictures (3, H, W) is of one colour."""
    for picture, name in zip(pictures, names, strict=True):
        if picture.numel() and bool((picture == picture[:, :1, :1]).all()):
            raise InputError(f"{name}: all its pixels are of one colour, so there is nothing to make a picture from")
