"""Losses of adversaries and penalties on their slopes, against closed forms and finite differences."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from impasto.losses.adversarial import ADVERSARIAL
from impasto.losses.penalties import interpolated_penalty, real_penalty


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_cross_entropy_is_that_of_torch_on_probabilities():
    real, fake = drawn(7), 2 * drawn(7, seed=1)
    ones, zeros = torch.ones(7, dtype=torch.float64), torch.zeros(7, dtype=torch.float64)
    both = F.binary_cross_entropy(real.sigmoid(), ones) + F.binary_cross_entropy(fake.sigmoid(), zeros)
    assert torch.allclose(ADVERSARIAL["bce"].of_critic(real, fake), both)
    assert torch.allclose(ADVERSARIAL["bce"].of_generator(fake), F.binary_cross_entropy(fake.sigmoid(), ones))


def test_cross_entropy_of_scores_that_are_sure_is_finite_and_still_pulls():
    scores = torch.tensor([-200.0, 200.0], requires_grad=True)
    ADVERSARIAL["bce"].of_generator(scores).backward()
    assert scores.grad.tolist() == pytest.approx([-0.5, 0.0])


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        ("lsgan", 0.5 * (2 - 1) ** 2 + 0.5 * 0.25**2, 0.5 * 0.75**2),
        ("hinge", 0 + 1.25, -0.25),
        ("wasserstein", -2 + 0.25, -0.25),
    ],
)
def test_losses_at_one_score_each(name, critic, generator):
    real, fake = torch.tensor([2.0]), torch.tensor([0.25])
    assert float(ADVERSARIAL[name].of_critic(real, fake)) == pytest.approx(critic)
    assert float(ADVERSARIAL[name].of_generator(fake)) == pytest.approx(generator)


def test_a_linear_critic_has_the_slope_of_its_weights_everywhere():
    weights = drawn(3, 4, 4)
    real, fake, share = drawn(5, 3, 4, 4), drawn(5, 3, 4, 4, seed=1), torch.rand(5, dtype=torch.float64)

    def critic(x):
        return (x * weights).sum((1, 2, 3))

    slope = float(weights.norm())
    assert float(interpolated_penalty(critic, real, fake, share)) == pytest.approx((slope - 1) ** 2)
    assert float(real_penalty(critic, real)) == pytest.approx(0.5 * slope**2)


def test_a_slope_is_taken_between_the_pictures_at_the_drawn_share():
    """The slope of |x|^2 / 2 is |x|: that says where it was taken."""
    real, fake, share = torch.full((2, 1, 1, 1), 4.0), torch.full((2, 1, 1, 1), 2.0), torch.tensor([0.0, 0.5])
    found = interpolated_penalty(lambda x: x.square().sum((1, 2, 3)) / 2, real, fake, share)
    assert float(found.detach()) == pytest.approx(((2 - 1) ** 2 + (3 - 1) ** 2) / 2)


@pytest.mark.parametrize("kind", ["interpolated", "real"])
def test_penalties_can_be_differentiated_to_the_weights(kind):
    first, second = drawn(6, 3).requires_grad_(), drawn(6, seed=2).requires_grad_()
    real, fake, share = drawn(4, 3, 1, 1, seed=3), drawn(4, 3, 1, 1, seed=4), torch.rand(4, dtype=torch.float64)

    def penalty(first, second):
        def critic(x):
            return torch.tanh(x.flatten(1) @ first.T) @ second

        return interpolated_penalty(critic, real, fake, share) if kind == "interpolated" else real_penalty(critic, real)

    assert torch.autograd.gradcheck(penalty, (first, second))


def test_a_critic_of_constants_has_a_penalty_with_a_gradient():
    weight = torch.zeros(3, requires_grad=True)
    pictures = torch.ones(2, 3, 1, 1)
    interpolated_penalty(lambda x: x.flatten(1) @ weight, pictures, pictures, torch.ones(2)).backward()
    assert weight.grad.isfinite().all()
