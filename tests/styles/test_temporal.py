"""Frames that stay with the one before: the loss in closed form, what they begin with, and nearer to it."""

from __future__ import annotations

import pytest
import torch

from impasto.images import luminance, resize
from impasto.observers import Unobserved
from impasto.styles.clips import Following
from impasto.styles.gatys import GatysStyle, GatysStyleConfig
from impasto.styles.temporal import BEFORE, TRUST, Before, before_of, begun, consistent
from observers import Keep

QUICK = {
    "layers": ("stem", "e1", "d1"),
    "content_layers": ("e2",),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "scales": 1,
    "iterations": (25,),
    "learning_rate": 0.03,
    "frame_iterations": 12,
}
RANDOM = torch.Generator().manual_seed(4)
PICTURE, OTHER = (torch.rand(1, 3, 12, 16, generator=RANDOM) for _ in range(2))
TRUSTED = (torch.rand(1, 1, 12, 16, generator=RANDOM) > 0.4).float()


class Zero:
    """An objective that wants nothing."""

    def __call__(self, image, step):
        return {"style": 0 * image.sum()}

    def limit(self, image):
        return image.clamp(0.25, 0.75)


def test_the_temporal_loss_is_the_weighted_mean_square_where_it_is_trusted():
    objective = consistent(Zero(), Before(OTHER, TRUSTED), (12, 16), weight=7.0)
    image = PICTURE.clone().requires_grad_()
    losses = objective(image, 0)
    assert list(losses) == ["style", "temporal"]
    assert losses["temporal"].item() == pytest.approx(7 * float((TRUSTED * (PICTURE - OTHER) ** 2).mean()))
    losses["temporal"].backward()
    assert torch.allclose(image.grad, 14 * TRUSTED * (PICTURE - OTHER) / PICTURE.numel(), atol=1e-7)
    assert torch.equal(objective.limit(PICTURE), PICTURE.clamp(0.25, 0.75))


def test_a_coarser_scale_gets_the_frame_before_at_its_size():
    objective = consistent(Zero(), Before(OTHER, torch.ones(1, 1, 12, 16)), (6, 8), weight=1.0)
    assert float(objective(resize(OTHER, (8, 6)), 0)["temporal"]) < 1e-10


def test_without_a_frame_before_the_objective_is_as_it_was():
    zero = Zero()
    assert consistent(zero, None, (12, 16), weight=7.0) is zero


def test_a_frame_begins_with_the_one_before_and_elsewhere_with_the_photo_in_its_colours():
    found = begun(Before(OTHER, TRUSTED), PICTURE)
    here = TRUSTED.expand(-1, 3, -1, -1) > 0
    assert torch.equal(found[here], OTHER[here])
    anew = begun(Before(OTHER, torch.zeros(1, 1, 12, 16)), PICTURE)
    assert torch.allclose(anew.mean((2, 3)), OTHER.mean((2, 3)), atol=0.02)  # some colours are clamped


def test_a_grey_method_sees_the_frame_before_without_its_colours():
    inputs = {BEFORE: [OTHER[0]], TRUST: [TRUSTED[0]]}
    grey = before_of(inputs, torch.device("cpu"), grey=True)
    assert torch.equal(grey.picture, luminance(OTHER).expand(-1, 3, -1, -1))
    assert before_of({"content": [OTHER[0]]}, torch.device("cpu")) is None


def test_frames_after_the_first_take_fewer_steps_at_one_scale():
    method = GatysStyle(GatysStyleConfig(scales=3, iterations=(9, 8), frame_iterations=5))
    assert isinstance(method, Following)
    later = method.following()
    assert (later.config.scales, later.config.iterations) == (1, (5,))
    assert GatysStyle(GatysStyleConfig(temporal_weight=0)).following() is None


@pytest.mark.parametrize("keep_color", ["off", "luminance"])
def test_the_heavier_the_weight_the_nearer_to_the_frame_before(photo, painting, keep_color):
    """The next frame has light of its own: without a weight the result changes with it."""
    first = GatysStyle(GatysStyleConfig(**QUICK, keep_color=keep_color))
    made = first.run({"content": [photo], "style": [painting]}, Unobserved()).output
    brighter = (photo * 0.9 + 0.08).clamp(0, 1)
    told = {BEFORE: [made], TRUST: [torch.ones(1, *photo.shape[1:])]}
    distances = []
    for weight in (1e-3, 100.0, 10_000.0):
        config = GatysStyleConfig(**QUICK, keep_color=keep_color, temporal_weight=weight)
        seen = Keep()
        next_made = (
            GatysStyle(config).following().run({"content": [brighter], "style": [painting], **told}, seen).output
        )
        assert "temporal" in seen.steps[-1].losses
        distances.append(float((luminance(next_made) - luminance(made)).abs().mean()))
    assert distances[0] > 1.3 * distances[1] > 1.3 * 1.3 * distances[2]
