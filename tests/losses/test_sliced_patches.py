from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import Tensor

from impasto.losses import SlicedForm, draw_projections, patch_responses, sliced_patch_distance, sorted_responses
from impasto.losses.sliced_patches import transport


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def astronaut(size: int) -> Tensor:
    picture = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255
    return torch.nn.functional.interpolate(picture, size=size, mode="area")


def test_responses_are_the_patches_seen_along_unit_directions() -> None:
    projections = draw_projections(seeded(), 4, 3)
    image = torch.rand(1, 3, 6, 5)
    patches = torch.nn.functional.unfold(image, 3)[0]  # (27, 12)
    expected = projections.kernels.flatten(1) @ patches
    torch.testing.assert_close(patch_responses(image, projections), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(projections.kernels.flatten(1).norm(dim=1), torch.ones(4))


@pytest.mark.parametrize(("form", "power"), [("squared", 2), ("absolute", 1)])
def test_the_exact_distance_equals_pots(form: SlicedForm, power: int) -> None:
    projections = draw_projections(seeded(), 6, 5)
    image, exemplar = torch.rand(1, 3, 20, 24), astronaut(64)[..., 10:30, 5:29]
    reference = sorted_responses(exemplar, projections, exact=True)
    found = sliced_patch_distance(image, reference, projections, form=form, exact=True)
    ours, theirs = (patch_responses(x, projections).T.double().numpy() for x in (image, exemplar))
    expected = ot.wasserstein_1d(ours, theirs, p=power).mean()
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_exact_distance_equals_pots_sliced_one() -> None:
    projections = draw_projections(seeded(), 8, 3)
    image, exemplar = torch.rand(1, 3, 12, 12), torch.rand(1, 3, 12, 12) ** 2
    reference = sorted_responses(exemplar, projections, exact=True)
    found = sliced_patch_distance(image, reference, projections, exact=True)
    ours, theirs = (torch.nn.functional.unfold(x, 3)[0].T.double().numpy() for x in (image, exemplar))
    directions = projections.kernels.flatten(1).T.double().numpy()
    expected = ot.sliced_wasserstein_distance(ours, theirs, projections=directions)
    assert float(found) == pytest.approx(expected**2, rel=1e-4)


def test_for_unequal_sizes_the_gradient_is_that_of_the_true_distance() -> None:
    values = torch.randn(1, 30, dtype=torch.float64)
    reference = torch.randn(1, 47, dtype=torch.float64).sort().values
    moved = 2 * (values - transport(values, reference, exact=True)) / 30
    numeric = torch.zeros(30, dtype=torch.float64)
    for i in range(30):
        for sign in (1, -1):
            nudged = values.clone()
            nudged[0, i] += sign * 1e-6
            numeric[i] += sign * ot.wasserstein_1d(nudged[0].numpy(), reference[0].numpy(), p=2) / 2e-6
    torch.testing.assert_close(moved[0], numeric, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", ["squared", "absolute"])
@pytest.mark.parametrize("size", [96, 70])
@pytest.mark.parametrize("stride", [1, 2])
def test_counting_gives_the_gradient_of_sorting(form: SlicedForm, size: int, stride: int) -> None:
    projections = draw_projections(seeded(3), 8, 5, stride=stride)
    image = torch.rand(1, 3, 96, 96, generator=seeded(4)).requires_grad_()
    gradients = []
    for exact in (True, False):
        reference = sorted_responses(astronaut(size), projections, exact=exact)
        loss = sliced_patch_distance(image, reference, projections, form=form, exact=exact)
        gradients.append(torch.autograd.grad(loss, image)[0])
    error = (gradients[1] - gradients[0]).norm() / gradients[0].norm()
    # The absolute form's gradient is a sign, which may differ where nothing is left to move.
    assert error < (1e-2 if form == "squared" else 5e-2)


def test_a_picture_is_at_distance_zero_from_itself() -> None:
    projections = draw_projections(seeded(), 8, 5)
    image = astronaut(64)
    for exact in (True, False):
        reference = sorted_responses(image, projections, exact=exact)
        assert sliced_patch_distance(image, reference, projections, exact=exact) < 1e-7


def test_a_flat_picture_gets_the_mean_of_the_reference() -> None:
    reference = torch.randn(2, 50).sort(dim=1).values
    target = transport(torch.full((2, 40), 0.25), reference)
    torch.testing.assert_close(target, reference.mean(1, keepdim=True).expand(2, 40), rtol=1e-4, atol=1e-5)


@given(height=st.integers(5, 20), width=st.integers(5, 20), stride=st.integers(1, 3), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_any_two_sizes_can_be_compared(height: int, width: int, stride: int, seed: int) -> None:
    projections = draw_projections(seeded(seed), 3, 5, stride=stride)
    image = torch.rand(1, 3, height, width).requires_grad_()
    reference = sorted_responses(torch.rand(1, 3, 17, 11), projections)
    loss = sliced_patch_distance(image, reference, projections)
    (gradient,) = torch.autograd.grad(loss, image)
    assert loss >= 0
    assert gradient.isfinite().all()


def test_a_wrapped_picture_has_a_patch_at_every_pixel_wherever_it_begins() -> None:
    projections = draw_projections(seeded(), 3, 5)
    image = torch.rand(1, 3, 12, 10)
    first = sorted_responses(image, projections, wrap=True, exact=True)
    moved = sorted_responses(image.roll((3, 4), (-2, -1)), projections, wrap=True, exact=True)
    assert first.shape == (3, 120)
    torch.testing.assert_close(first, moved, rtol=1e-4, atol=1e-5)


def test_going_down_the_gradient_reaches_the_exemplars_patches() -> None:
    generator = seeded(1)
    exemplar = astronaut(48)
    image = torch.rand(1, 3, 48, 48, generator=generator).requires_grad_()
    adam = torch.optim.Adam([image], lr=0.02)
    held = draw_projections(seeded(9), 32, 5)
    goal = sorted_responses(exemplar, held, exact=True)
    before = float(sliced_patch_distance(image.detach(), goal, held, exact=True))
    for _ in range(60):
        projections = draw_projections(generator, 32, 5, stride=2)
        loss = sliced_patch_distance(image, sorted_responses(exemplar, projections), projections)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert float(sliced_patch_distance(image.detach(), goal, held, exact=True)) < before / 10


def test_projections_come_from_the_generator() -> None:
    first, again = (draw_projections(seeded(5), 4, 7, stride=3) for _ in range(2))
    assert torch.equal(first.kernels, again.kernels)
    assert first.offset == again.offset
    assert np.unique([draw_projections(seeded(i), 1, 3, stride=2).offset for i in range(20)], axis=0).shape == (4, 2)
