"""The trained models of the repository: each opens, is small enough, says where it comes from, and does its work."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from impasto.kinds import KINDS, build, load
from impasto.networks.wish import Wish
from impasto.runs.model import from_bytes, model_of

KEPT = Path(__file__).parents[1] / "models"
FOLDERS = sorted(path for path in KEPT.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_kept_model_does_its_work(folder):
    data = model_of(folder).read_bytes()
    model = from_bytes(data, str(folder))
    networks = build(model)
    assert len(data) < 12_000_000
    if "generator" in networks.parts:
        sampler = load(KINDS[model.kind].sampler)(networks)
        first, other = (sampler.draw(Wish(model.size), torch.Generator().manual_seed(seed)) for seed in (0, 1))
        assert float((first - other).abs().mean()) > 0.02
        assert float(first.std()) > 0.1
    if "critic" in networks.parts:
        shape = networks.shape
        labels = torch.zeros(2, dtype=torch.int64) if shape.joined else None
        noise = torch.rand(2, shape.channels, shape.side, shape.side, generator=torch.Generator().manual_seed(0))
        assert torch.isfinite(networks.critic(noise, labels)).all()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_card_says_where_it_comes_from(folder):
    card = (folder / "README.md").read_text()
    rows = [line.split("|")[1].strip() for line in card.splitlines() if line.startswith("| ") and line != "| | |"]
    assert rows == ["data", "terms", "command", "length", "kept", "measures"]
    assert f"`models/{folder.name}`" in (KEPT / "README.md").read_text()


def test_all_together_are_small():
    assert 0 < sum(model_of(folder).stat().st_size for folder in FOLDERS) < 40_000_000
