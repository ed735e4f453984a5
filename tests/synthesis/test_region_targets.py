"""Parts of a picture with styles of their own: exact at hard edges, in between at soft ones."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings, strategies
from tiny_network import TinyNetwork, noise

from impasto.losses import draw_projections, patch_responses, patch_weights, sliced_patch_distance, sorted_responses
from impasto.synthesis import StyleObjective, SynthesisConfig
from impasto.synthesis.distribution_settings import HistogramConfig, SlicedConfig
from impasto.synthesis.gamut import EveryColor, RegionalGamut, gamut_of
from impasto.synthesis.patches import PatchTarget
from impasto.synthesis.regions import Region

NETWORK = TinyNetwork()
STYLES = [noise(30, 34, seed=1), 1 - noise(26, 40, seed=2)]
KINDS = [
    SynthesisConfig(patch_weight=0, canvas="pixels"),
    SynthesisConfig(patch_weight=0, canvas="pixels", statistics="gram"),
    HistogramConfig(patch_weight=0, canvas="pixels", bins=0),
    SlicedConfig(patch_weight=0, canvas="pixels", directions=8),
]


def columns(height: int, width: int, first: int, last: int) -> torch.Tensor:
    """A hard mask of some columns, (1, 1, height, width)."""
    mask = torch.zeros(1, 1, height, width)
    mask[..., first:last] = 1
    return mask


def losses(picture: torch.Tensor, config: SynthesisConfig, parts: list[Region]) -> dict[str, torch.Tensor]:
    first, *others = parts
    return StyleObjective(NETWORK, config, first.exemplars, mask=first.mask, regions=others)(picture, 0)


def style(number: int, mask: torch.Tensor | None = None) -> Region:
    return Region([(STYLES[number], 1.0)], mask)


def gradient(picture: torch.Tensor, config: SynthesisConfig, parts: list[Region]) -> torch.Tensor:
    picture = picture.clone().requires_grad_()
    torch.stack(list(losses(picture, config, parts).values())).sum().backward()
    assert picture.grad is not None
    return picture.grad


@pytest.mark.parametrize("config", KINDS, ids=["moments", "gram", "histogram", "sliced"])
def test_a_mask_of_everything_is_no_mask(config):
    picture = noise(24, 28, seed=3)
    plain, masked = (losses(picture, config, [style(0, mask)]) for mask in (None, torch.ones(1, 1, 24, 28)))
    for name in plain:
        assert float(masked[name]) == pytest.approx(float(plain[name]), rel=2e-3)
    expected, found = (gradient(picture, config, [style(0, mask)]) for mask in (None, torch.ones(1, 1, 24, 28)))
    assert float((found - expected).norm()) < 0.03 * float(expected.norm())


@pytest.mark.parametrize("config", KINDS, ids=["moments", "gram", "histogram", "sliced"])
def test_a_hard_edge_leaks_no_further_than_the_network_sees(config):
    """Layer b's places see 3x3 means of 2x2 of 3x3 neighbourhoods: 3 pixels beyond their own 2x2."""
    picture, left = noise(24, 40, seed=3), columns(24, 40, 0, 20)
    found = gradient(picture, config, [style(0, left)])
    assert float(found[..., 23:].abs().max()) == 0
    assert float(found[..., :20].abs().amax((0, 1, 2)).min()) > 0
    both = gradient(picture, config, [style(0, left), style(1, 1 - left)])
    assert torch.allclose(both[..., :17], found[..., :17], atol=1e-7)


@pytest.mark.parametrize("config", KINDS[:2], ids=["moments", "gram"])
def test_the_statistics_of_a_region_are_those_of_its_features_alone(config):
    """Against NumPy, on the features of the whole picture cut off at an edge where every layer has one."""
    picture, left = noise(24, 40, seed=3), columns(24, 40, 0, 16)
    ours, theirs = NETWORK.by_hand(picture), NETWORK.by_hand(STYLES[0])
    expected = 0.0
    for layer, stride in (("a", 1), ("b", 2)):
        part = (
            ours[layer].reshape(len(ours[layer]), 24 // stride, -1)[..., : 16 // stride].reshape(len(ours[layer]), -1)
        )
        for of in (mean_and_covariance if config.statistics == "moments" else mean_gram)(part, theirs[layer]):
            expected += ((of[0] - of[1]) ** 2).sum() / (of[1] ** 2).sum()
    found = losses(picture, config, [style(0, left)])["style"]
    assert float(found) == pytest.approx(16 / 40 * expected, rel=1e-4)


def mean_and_covariance(ours: np.ndarray, theirs: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(ours.mean(1), theirs.mean(1)), (np.cov(ours, bias=True), np.cov(theirs, bias=True))]


def mean_gram(ours: np.ndarray, theirs: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(ours @ ours.T / ours.shape[1], theirs @ theirs.T / theirs.shape[1])]


@pytest.mark.parametrize("config", KINDS, ids=["moments", "gram", "histogram", "sliced"])
def test_regions_add_up_and_order_does_not_matter(config):
    picture = noise(24, 28, seed=3)
    soft = noise(24, 28, seed=4, channels=1)
    parts = [style(0, soft), style(1, 1 - soft)]
    alone = [sum(losses(picture, config, [part]).values()) for part in parts]
    both = sum(losses(picture, config, parts).values())
    turned = sum(losses(picture, config, parts[::-1]).values())
    assert float(both) == pytest.approx(float(alone[0] + alone[1]), rel=1e-4)
    assert float(turned) == pytest.approx(float(both), rel=1e-5)
    found = gradient(picture, config, parts)
    expected = sum(gradient(picture, config, [part]) for part in parts)
    assert float((found - expected).norm()) < 1e-4 * float(expected.norm())


def test_an_empty_mask_costs_and_changes_nothing():
    picture, config = noise(24, 28, seed=3), SynthesisConfig(patch_weight=1.0)
    plain = losses(picture, config, [style(0, torch.ones(1, 1, 24, 28))])
    more = losses(picture, config, [style(1, torch.zeros(1, 1, 24, 28)), style(0, torch.ones(1, 1, 24, 28))])
    assert {name: float(loss) for name, loss in more.items()} == {name: float(loss) for name, loss in plain.items()}


@settings(max_examples=30, deadline=None)
@given(
    strategies.integers(7, 15), strategies.integers(7, 15), strategies.integers(1, 6), strategies.integers(1, 3),
    strategies.integers(0, 99),
)  # fmt: skip
def test_a_patch_counts_as_its_least_pixel(height, width, patch, stride, seed):
    random = torch.Generator().manual_seed(seed)
    projections = draw_projections(random, 2, patch, channels=1, stride=stride)
    mask = torch.rand(1, 1, height, width, generator=random)
    rows, cols = (min(first, side - patch) for first, side in zip(projections.offset, (height, width)))
    expected = [
        float(mask[0, 0, y : y + patch, x : x + patch].min())
        for y in range(rows, height - patch + 1, stride)
        for x in range(cols, width - patch + 1, stride)
    ]
    assert patch_weights(mask, projections).tolist() == pytest.approx(expected)
    assert patch_responses(mask, projections).shape[1] == len(expected)


@pytest.mark.parametrize("exact", [True, False])
def test_the_distance_of_weighed_patches_is_optimal_transport(exact):
    random = torch.Generator().manual_seed(5)
    projections = draw_projections(random, 6, 3)
    picture, weights = noise(12, 14, seed=3), torch.rand(10 * 12, generator=random)
    reference = sorted_responses(STYLES[0], projections, exact=True)
    found = sliced_patch_distance(picture, reference, projections, exact=exact, weights=weights)
    ours = patch_responses(picture, projections).double().numpy()
    each = [
        ot.wasserstein_1d(row, goal, weights.double().numpy() / float(weights.double().sum()), None, p=2)
        for row, goal in zip(ours, reference.double().numpy())
    ]
    # A place moves to the mean of its share of the goal, which is a little nearer than all of that share.
    assert float(found) == pytest.approx(float(np.mean(each)), rel=0.03)
    assert float(sliced_patch_distance(picture, reference, projections, weights=torch.zeros(120))) == 0


def test_patches_beyond_a_hard_edge_are_left_alone():
    picture = noise(40, 60, seed=3).requires_grad_()
    config = SynthesisConfig(patch_weight=1.0, patch_size=3)
    objective = StyleObjective(NETWORK, config, [(STYLES[0], 1.0)], mask=columns(40, 60, 0, 30))
    objective(picture, 0)["patches"].backward()
    assert float(picture.grad[..., 33:].abs().max()) == 0  # halved, a pixel on the edge sees 3 beyond it
    assert float(picture.grad[..., :30].abs().amax((0, 1, 2)).min()) > 0


def test_each_region_has_the_colours_of_its_own_exemplars():
    one, other = (torch.rand(1, 3, 20, 20) * 0.1 + base for base in (0.1, 0.8))
    gamuts = [gamut_of([one]), gamut_of([other])]
    left, picture = columns(8, 30, 0, 10), torch.rand(1, 3, 8, 30) * 3 - 1
    middle = columns(8, 30, 10, 20)
    found = RegionalGamut([(gamuts[0], left), (gamuts[1], middle)])
    limited = found.limit(picture)
    assert torch.allclose(limited[..., :10], gamuts[0].limit(picture[..., :10]))
    assert torch.allclose(limited[..., 10:20], gamuts[1].limit(picture[..., 10:20]))
    assert torch.allclose(limited[..., 20:], EveryColor().limit(picture[..., 20:]))
    assert float(found.excess(picture)) == pytest.approx(float((picture - limited).square().mean()), rel=1e-5)
    half = RegionalGamut([(gamuts[0], left / 2), (gamuts[1], left / 2)]).limit(picture)[..., :10]
    assert torch.allclose(half, (gamuts[0].limit(picture) + gamuts[1].limit(picture))[..., :10] / 2)


@pytest.mark.parametrize("moved", [(0, 8), (12, 20), (20, 0)])
def test_the_patches_of_a_tiles_region_are_those_inside_its_mask(moved):
    """Wherever it lies, also over the edges; where it does not reach them they are those of any picture."""
    config = SynthesisConfig(projections=8)
    picture, mask = noise(24, 28, seed=3), columns(24, 28, 6, 20)
    mask[..., :4, :] = mask[..., 20:, :] = 0

    def distance(picture: torch.Tensor, mask: torch.Tensor, *, wrap: bool) -> float:
        target = PatchTarget(config, [(STYLES[0], 1.0)], wrap=wrap, mask=mask)
        return float(target.distance(picture, 0))

    still = distance(picture, mask, wrap=True)
    tile = (picture.roll(moved, (2, 3)), mask.roll(moved, (2, 3)))
    assert distance(*tile, wrap=True) == pytest.approx(still, rel=1e-5)
    assert distance(picture, mask, wrap=False) == pytest.approx(still, rel=1e-5)
