"""A picture keeps to the colours of its exemplars."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_network import TinyNetwork, noise

from impasto.observers import Unobserved
from impasto.synthesis import StyleObjective, SynthesisConfig, descend, schedule
from impasto.synthesis.gamut import gamut_of


def reds(height: int, width: int) -> torch.Tensor:
    """Colours along a slanting line from dark to light red, (1, 3, H, W)."""
    share = noise(height, width, channels=1)
    return torch.cat([0.2 + 0.7 * share, 0.05 + 0.3 * share, 0.1 + 0.1 * share], dim=1)


def from_the_line(picture: torch.Tensor, exemplar: torch.Tensor) -> np.ndarray:
    """How far each colour of a picture is from the line through the exemplar's colours (by SVD)."""
    ours, theirs = (it[0].flatten(1).T.double().numpy() for it in (picture, exemplar))
    mean = theirs.mean(0)
    direction = np.linalg.svd(theirs - mean, full_matrices=False)[2][0]
    offset = ours - mean
    return np.linalg.norm(offset - np.outer(offset @ direction, direction), axis=1)


@pytest.mark.parametrize("exemplar", [noise(40, 40), reds(40, 40)], ids=["noise", "reds"])
def test_all_but_a_few_of_the_exemplars_own_colours_are_left_as_they_are(exemplar):
    gamut = gamut_of([exemplar])
    moved = (gamut.limit(exemplar) - exemplar).abs().amax(1)
    assert float((moved > 1e-5).float().mean()) < 0.01
    assert float(gamut.excess(exemplar)) < 1e-4


def test_other_colours_are_moved_to_the_exemplars_and_stay_there():
    exemplar = reds(40, 40)
    gamut = gamut_of([exemplar])
    strange = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1)) * 2 - 0.5
    limited = gamut.limit(strange)
    assert from_the_line(limited, exemplar).max() < 0.06
    assert from_the_line(strange, exemplar).max() > 0.5
    assert 0 <= float(limited.min()) <= float(limited.max()) <= 1
    assert torch.allclose(gamut.limit(limited), limited, atol=0.02)


def test_the_gamut_of_several_holds_the_colours_of_each():
    one, other = reds(30, 30), reds(30, 30).flip(1)  # reds and blues
    gamut = gamut_of([one, other])
    for exemplar in (one, other):
        assert torch.allclose(gamut.limit(exemplar), exemplar, atol=0.02)


def test_a_stray_pixel_does_not_widen_the_gamut():
    exemplar = reds(60, 60)
    stray = exemplar.clone()
    stray[0, :, 3, 4] = torch.tensor([0.0, 1.0, 1.0])
    green = torch.tensor([0.0, 1.0, 1.0]).view(1, 3, 1, 1)
    assert float((gamut_of([stray]).limit(green) - green).abs().max()) > 0.4


def test_the_gradient_of_the_excess_leads_back_from_any_colour():
    gamut = gamut_of([reds(40, 40)])
    strange = torch.tensor([-0.5, 1.5, 0.9]).view(1, 3, 1, 1).requires_grad_()
    gamut.excess(strange).backward()
    wanted = gamut.limit(strange.detach())
    along = torch.nn.functional.cosine_similarity(-strange.grad.flatten(), (wanted - strange.detach()).flatten(), dim=0)
    assert float(along) > 0.99


@pytest.mark.parametrize("canvas", ["laplacian", "fourier"])
def test_an_optimised_picture_has_no_colours_but_its_exemplars(canvas):
    exemplar = reds(40, 40)
    config = SynthesisConfig(
        canvas=canvas, scales=1, iterations=(25,), patch_weight=0.0, learning_rate=0.05, gamut_weight=100.0
    )
    found = descend(
        config,
        schedule(config, 32, 32),
        start=lambda scale: noise(*scale.size, seed=4),
        enlarge=lambda picture, scale: picture,
        objective=lambda scale: StyleObjective(TinyNetwork(), config, [(exemplar, 1.0)]),
        observer=Unobserved(),
    )
    assert from_the_line(found, exemplar).max() < 0.06
