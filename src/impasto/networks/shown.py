"""What a network gives as a picture."""

from __future__ import annotations

from torch import Tensor

from impasto.errors import InputError


def shown(picture: Tensor) -> Tensor:
    """What a network gives, (..., 3, H, W), in [0, 1] and on the CPU. Raises InputError for NaN and infinity."""
    if not picture.isfinite().all():
        raise InputError(
            "the network gives numbers that are not finite: its file is damaged, or its training went astray; "
            "train it again, at a lower learning rate"
        )
    return picture.clamp(0, 1).cpu().contiguous()


def shown_signed(drawn: Tensor) -> Tensor:
    """What a network gives in [-1, 1], (1, 3, H, W), as one picture (3, H, W); see `shown`."""
    return shown((drawn[0] + 1) / 2)
