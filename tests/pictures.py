"""Two small pictures that several folders of tests share; a conftest imports them as its fixtures."""

from __future__ import annotations

import numpy as np
import pytest
import torch


@pytest.fixture(scope="session")
def photo() -> torch.Tensor:
    """A greenish disc on a bluish ground, (3, 48, 64), neither very dark nor very light."""
    y, x = np.mgrid[:48, :64]
    disc = ((x - 30) ** 2 + (y - 22) ** 2 < 15**2).astype(float)
    shade = 0.08 * np.sin(x / 7) * np.cos(y / 9)
    planes = [0.40 + 0.05 * disc + shade, 0.42 + 0.18 * disc + shade, 0.55 - 0.10 * disc + shade]
    return torch.from_numpy(np.stack(planes)).float()


@pytest.fixture(scope="session")
def painting() -> torch.Tensor:
    """Slanting brush strokes of red, ochre and dark brown, (3, 56, 40)."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:56, :40]
    strokes = 0.5 + 0.5 * np.sin(2 * np.pi * (x + y) / 9 + random.normal(0, 0.4, (56, 40)))
    planes = [0.25 + 0.65 * strokes, 0.10 + 0.45 * strokes**2, 0.08 + 0.12 * strokes]
    return torch.from_numpy(np.stack(planes)).float()
