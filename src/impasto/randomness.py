"""Random numbers that a run's seed decides."""

from __future__ import annotations

import torch


def step_seed(seed: int, step: int) -> int:
    """A seed for one step of a run, which no other step of a run with a near seed shares."""
    return (seed * 0x9E3779B1 + step * 0x85EBCA6B) % 2**61


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random generator made from a run's seed."""
    return torch.Generator(device=device).manual_seed(seed)
