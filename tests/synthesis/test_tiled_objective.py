"""The losses of a picture that is seen in tiles, against those of the whole: no statistic and no edge may differ."""

from __future__ import annotations

import pytest
import torch
from tiny_network import noise

from impasto.features import load_network, tiles
from impasto.images import resize
from impasto.observers import Unobserved
from impasto.registry import method
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.synthesis import StyleObjective


def losses_and_gradient(name, **values):
    """The losses of a picture and their gradient, by the objective of a method of that name."""
    config = method(name).Config(network_weights="random", patch_weight=0.0, **values)
    network = load_network("efficientnet-lite0", weights="random")
    image = noise(150, 136, seed=3).requires_grad_()
    objective = StyleObjective(
        network, config, [(noise(120, 144, seed=1), 1.0)], content=noise(150, 136, seed=2), content_layers=("e6",)
    )
    losses = objective(image, 0)
    (gradient,) = torch.autograd.grad(torch.stack(list(losses.values())).sum(), image)
    return {loss: float(value.detach()) for loss, value in losses.items()}, gradient


@pytest.mark.parametrize("name", ["style gatys", "style histogram"])
def test_the_losses_and_the_gradient_of_tiles_are_those_of_the_whole(monkeypatch, name):
    whole, gradient = losses_and_gradient(name)
    monkeypatch.setattr(tiles, "LARGE", 10_000)
    monkeypatch.setattr(tiles, "SIDE", 48)
    ours, tiled = losses_and_gradient(name)
    assert ours == pytest.approx(whole, rel=1e-3)
    scale = float(gradient.abs().max())
    assert float((tiled - gradient).abs().max()) < 1e-3 * scale
    # A seam would be an error that is larger beside the borders of tiles than elsewhere: there is none anywhere.
    borders = (tiled - gradient)[..., 46:50].abs().max(), (tiled - gradient)[..., 44:52, :].abs().max()
    assert max(map(float, borders)) < 1e-3 * scale


def jump(picture, column):
    """How much steeper a picture is across the left edge of a column than between the 12 columns on either side."""
    steps = picture.diff(dim=-1).abs().mean((0, 1))
    beside = torch.cat([steps[column - 13 : column - 1], steps[column : column + 12]])
    return float(steps[column - 1] / beside.mean())


def test_a_picture_made_in_tiles_has_no_seam_and_one_put_together_from_two_has(monkeypatch):
    monkeypatch.setattr(tiles, "LARGE", 10_000)
    monkeypatch.setattr(tiles, "SIDE", 48)
    photo, painting = resize(sample("coffee"), (192, 128)), drawing("swirls", 128)
    config = method("style gatys").Config(iterations=(12,), scales=1, enlarge=1.0, patch_weight=0.0)

    def made(photo):
        return method("style gatys")(config).run({"content": [photo], "style": [painting]}, Unobserved()).output

    picture = made(photo)
    assert [jump(picture, border) for border in (48, 96, 144)] == pytest.approx([1, 1, 1], abs=0.15)
    assert jump(torch.cat([made(photo[..., :96]), made(photo[..., 96:])], dim=-1), 96) > 1.3
