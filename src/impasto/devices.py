"""Where a run computes."""

from __future__ import annotations

import torch

from impasto.errors import InputError


def pick_device(name: str) -> torch.device:
    """The device that "auto", "cpu", "cuda", "cuda:N" or "mps" means here. Raises InputError if it is not there.

    >>> pick_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"device {name}: this machine has {torch.cuda.device_count()} CUDA devices; try --device cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("device mps: not on this machine; try --device cpu")
    return device
