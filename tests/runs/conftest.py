"""What the tests of runs share: small pictures, and two methods that exist only here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.registry import METHODS, Entry


@pytest.fixture(autouse=True)
def _small_methods(monkeypatch):
    monkeypatch.setitem(METHODS, "texture drift", Entry("drift_method:Drift", "Noise drifts towards a picture."))
    monkeypatch.setitem(METHODS, "style blend", Entry("drift_method:Blend", "The mean of pictures."))


@pytest.fixture
def plaster(tmp_path) -> Path:
    """A picture of smooth noise, 24x16."""
    values = np.random.default_rng(5).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    path = tmp_path / "plaster.png"
    Image.fromarray(values).resize((24, 16), Image.Resampling.BICUBIC).save(path)
    return path
