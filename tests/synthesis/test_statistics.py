"""Ways of describing style: all by one protocol, under masks, mixed, and the same through a network's pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_network import TinyNetwork, noise

from impasto.errors import InputError
from impasto.synthesis import StyleObjective
from impasto.synthesis.distribution_settings import HistogramConfig, SlicedConfig
from impasto.synthesis.distributions import HistogramStatistics, SlicedStatistics
from impasto.synthesis.statistics import GramStatistics, MomentStatistics, Sampling

ALL = Sampling(None)
KINDS = {
    "moments": MomentStatistics(ALL),
    "gram": GramStatistics("relative"),
    "histogram": HistogramStatistics(ALL, 4096),
    "sliced": SlicedStatistics(ALL, directions=12, sets=1, seed=0),
}
NETWORK = TinyNetwork()
PLAIN = {"patch_weight": 0.0, "canvas": "pixels"}


def features(height: int, width: int, seed: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(1, 6, height, width, generator=random) * torch.arange(1, 7)[:, None, None] + 1


def distance(kind: str, ours: torch.Tensor, theirs: torch.Tensor, mask=None, goal_mask=None) -> float:
    statistics = KINDS[kind]
    target = statistics.mix([(statistics.describe("layer", theirs, goal_mask), 1.0)])
    return float(statistics.compare("layer", ours, target, 0, mask)[1]().detach())


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_of_a_part_is_that_part_alone(kind):
    """At its hard edges exactly: as if the picture were cut out there."""
    ours, theirs = features(20, 24, 1), features(16, 30, 2)
    mask, goal_mask = torch.zeros(1, 1, 20, 24), torch.zeros(1, 1, 16, 30)
    mask[..., 4:16, 5:20], goal_mask[..., 2:, 10:] = 1, 1
    expected = distance(kind, ours[..., 4:16, 5:20], theirs[..., 2:, 10:])
    assert distance(kind, ours, theirs, mask, goal_mask) == pytest.approx(expected, rel=5e-3)
    assert abs(distance(kind, ours, theirs) - expected) > 5e-3 * expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_soft_mask_lies_between_and_its_scale_does_not_matter(kind):
    ours, theirs = features(20, 24, 1), features(16, 30, 2)
    ours[..., 12:] *= 3
    left = torch.zeros(1, 1, 20, 24)
    left[..., :12] = 1
    soft = left + 0.25 * (1 - left)
    found = [distance(kind, ours, theirs, mask) for mask in (left, soft, torch.ones_like(left))]
    assert min(found[0], found[2]) < found[1] < max(found[0], found[2])
    assert distance(kind, ours, theirs, 0.1 * soft) == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_no_gradient_leaves_a_mask_and_an_empty_mask_asks_for_nothing(kind):
    ours, theirs = features(8, 9, 1).requires_grad_(), features(8, 9, 2)
    statistics = KINDS[kind]
    target = statistics.mix([(statistics.describe("layer", theirs), 1.0)])
    mask = torch.zeros(1, 1, 8, 9)
    mask[..., 2:6, 3:8] = 1
    same, compare = statistics.compare("layer", ours, target, 0, mask)
    (compare() + 0 * same.sum()).backward()
    outside = ours.grad[(mask == 0).expand_as(ours)]
    assert not outside.any()
    assert ours.grad.abs().sum() > 0
    assert np.isfinite(distance(kind, ours.detach(), theirs, torch.zeros_like(mask)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_features_that_are_passed_on_are_the_same_and_carry_both_gradients(kind):
    statistics = KINDS[kind]
    target = statistics.mix([(statistics.describe("layer", features(9, 9, 2)), 1.0)])
    gradients = []
    for both in (True, False):
        ours = features(8, 9, 1).requires_grad_()
        same, compare = statistics.compare("layer", ours, target, 0)
        assert torch.equal(same, ours)
        (compare() + (same.square().sum() if both else ours.square().sum())).backward()
        gradients.append(ours.grad)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mixture_of_one_picture_with_itself_is_that_picture(kind):
    statistics = KINDS[kind]
    ours, description = features(9, 9, 1), statistics.describe("layer", features(12, 12, 2))
    alone, twice = statistics.mix([(description, 1.0)]), statistics.mix([(description, 0.3), (description, 0.7)])
    found = [float(statistics.compare("layer", ours, target, 0)[1]()) for target in (alone, twice)]
    assert found[1] == pytest.approx(found[0], rel=1e-4)


def test_the_histogram_term_stands_beside_the_statistics_at_its_own_layers():
    exemplar, picture = noise(24, 20, seed=1), noise(24, 20, seed=2)
    config = HistogramConfig(**PLAIN, histogram_layers=("b",), histogram_weight=3.0, bins=0)
    losses = StyleObjective(NETWORK, config, [(exemplar, 1.0)])(picture, 0)
    assert list(losses) == ["style", "histogram"]
    plain = StyleObjective(NETWORK, HistogramConfig(**PLAIN, histogram_weight=0.0), [(exemplar, 1.0)])(picture, 0)
    assert list(plain) == ["style"]
    assert float(plain["style"]) == float(losses["style"])
    ours, theirs = (np.sort(NETWORK.by_hand(it)["b"], axis=1) for it in (picture, exemplar))
    expected = 3 * ((ours - theirs) ** 2).mean() / theirs.var(axis=1).mean()
    assert float(losses["histogram"]) == pytest.approx(expected, rel=2e-2)
    with pytest.raises(InputError, match="tiny has no layer 'bb'; did you mean 'b'"):
        StyleObjective(NETWORK, HistogramConfig(**PLAIN, histogram_layers=("bb",)), [(exemplar, 1.0)])


def test_both_terms_of_one_layer_give_the_sum_of_their_gradients():
    exemplar, picture = noise(24, 20, seed=1), noise(24, 20, seed=2)

    def gradient(**changes: object) -> torch.Tensor:
        image = picture.clone().requires_grad_()
        config = HistogramConfig(**PLAIN, histogram_layers=("a", "b"), **changes)
        torch.stack(list(StyleObjective(NETWORK, config, [(exemplar, 1.0)])(image, 0).values())).sum().backward()
        return image.grad

    both, without = gradient(histogram_weight=2.0), gradient(histogram_weight=0.0)
    half = gradient(histogram_weight=1.0)
    torch.testing.assert_close(both - without, 2 * (half - without), rtol=1e-3, atol=1e-6)


def test_directions_depend_on_seed_layer_and_turn_and_come_back():
    """A resumed run must use what the undisturbed one used."""
    exemplar, picture = noise(30, 30, seed=1), noise(30, 30, seed=2)
    config = SlicedConfig(**PLAIN, directions=3, direction_sets=4, seed=3)
    walked = StyleObjective(NETWORK, config, [(exemplar, 1.0)])
    losses = [float(walked(picture, step)["style"]) for step in range(9)]
    assert len(set(losses)) == 4
    assert losses[:4] == losses[4:8]
    fresh = StyleObjective(NETWORK, config, [(exemplar, 1.0)])
    assert float(fresh(picture, 6)["style"]) == losses[6]
    other = StyleObjective(NETWORK, config.model_copy(update={"seed": 4}), [(exemplar, 1.0)])
    assert float(other(picture, 0)["style"]) != losses[0]


def test_with_lbfgs_the_loss_is_the_same_function_at_every_step():
    exemplar, picture = noise(30, 30, seed=1), noise(30, 30, seed=2)
    config = SlicedConfig(**PLAIN, directions=3, direction_sets=4, positions=256, optimizer="lbfgs")
    objective = StyleObjective(NETWORK, config, [(exemplar, 1.0)])
    assert len({float(objective(picture, step)["style"]) for step in range(5)}) == 1


@pytest.mark.parametrize("config", [SlicedConfig(**PLAIN), HistogramConfig(**PLAIN, histogram_layers=("a", "b"))])
def test_the_exemplar_itself_is_nearly_at_no_distance(config):
    exemplar = noise(40, 32, seed=1)
    objective = StyleObjective(NETWORK, config, [(exemplar, 1.0)])
    far = objective(noise(40, 32, seed=5), 0)
    for name, loss in objective(exemplar, 0).items():
        assert float(loss) < 0.01 * float(far[name])


@pytest.mark.parametrize(("side", "stride"), [(100, 1), (128, 1), (260, 2), (384, 3), (1000, 3)])
def test_large_layers_are_looked_at_in_part_and_in_the_end_everywhere(side, stride):
    """No rarer than each third place both ways: what is seldom looked at gets grain."""
    seen = [Sampling(16384).at(torch.empty(1, 1, side, side), step) for step in range(9)]
    assert {found for found, _ in seen} == {stride}
    assert len({offset for _, offset in seen}) == stride**2
