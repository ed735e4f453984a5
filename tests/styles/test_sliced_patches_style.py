"""Styles by patch distributions: the content's arrangement, the style's patches, and a golden picture."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import InputError
from impasto.images import luminance, resize
from impasto.metrics import sliced_patch_wasserstein
from impasto.observers import Unobserved
from impasto.samples.drawings import drawing
from impasto.styles.sliced_patches import SlicedPatchesStyle, SlicedPatchesStyleConfig

# Everything that decides the pixels, so that other defaults leave the golden picture as it is.
GOLDEN = {
    "steps": 12,
    "patch": 5,
    "projections": 32,
    "fine": 0.5,
    "projection_sets": 4,
    "ratio": 0.5,
    "form": "squared",
    "learning_rate": 0.03,
    "decay": True,
    "patch_stride": 1,
    "coarsest": 16,
    "content_weight": 0.5,
    "size": "64x64",
    "seed": 5,
}
# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.370, 0.349, 0.320, 0.358, 0.348, 0.375, 0.455, 0.302, 0.424, 0.419, 0.348, 0.292, 0.341, 0.379, 0.317, 0.399],
    [0.305, 0.344, 0.289, 0.297, 0.268, 0.374, 0.388, 0.331, 0.366, 0.410, 0.327, 0.274, 0.287, 0.324, 0.290, 0.337],
    [0.284, 0.412, 0.265, 0.216, 0.228, 0.350, 0.387, 0.363, 0.340, 0.371, 0.255, 0.294, 0.213, 0.250, 0.249, 0.296],
]
QUICK = {"steps": 8, "projections": 16, "projection_sets": 4, "patch": 5, "coarsest": 16}


def style(content: torch.Tensor, *styles: torch.Tensor, **values: object) -> torch.Tensor:
    method = SlicedPatchesStyle(SlicedPatchesStyleConfig(**{**QUICK, **values}))
    return method.run({"content": [content], "style": styles}, Unobserved()).output


def square() -> torch.Tensor:
    """A light square on dark ground."""
    content = torch.zeros(3, 64, 64)
    content[:, 20:44, 20:44] = 1
    return content


def blobs() -> torch.Tensor:
    """Light and dark spots, some pixels wide."""
    few = torch.rand(1, 12, 12, generator=torch.Generator().manual_seed(1))
    return resize(few, (48, 48)).expand(3, -1, -1)


@pytest.mark.parametrize("size", ["96x40", "31x33"])
def test_a_picture_of_any_size(size):
    width, height = map(int, size.split("x"))
    made = style(square(), drawing("pebbles", 48), drawing("leaves", 32), size=size, steps=3)
    assert made.shape == (3, height, width)
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


def test_patches_come_to_be_those_of_the_style():
    content, painting = drawing("leaves", 64), drawing("pebbles", 64)
    more = {"steps": 50, "projections": 32, "projection_sets": 8, "content_weight": 0.3}
    made = style(content, painting, **more)
    barely = style(content, painting, **more | {"steps": 1, "learning_rate": 1e-6})
    assert sliced_patch_wasserstein(made, painting)[0] < sliced_patch_wasserstein(barely, painting)[0] / 2


def test_the_light_and_dark_of_the_content_hold_its_arrangement():
    ramp = torch.linspace(0, 1, 48).expand(3, 48, 48)  # a style of every light

    def likeness(weight: float) -> float:
        more = {"content_weight": weight, "steps": 40, "coarsest": 6}
        made = luminance(style(blobs(), ramp, **more))
        return float(torch.corrcoef(torch.stack([made.flatten(), luminance(blobs()).flatten()]))[0, 1])

    assert likeness(2.0) > max(0.5, likeness(0.0) + 0.1)


def test_styles_are_used_at_the_size_that_is_asked_for():
    painting = drawing("mosaic", 96)
    small = style(square(), painting, style_size="50%")
    assert torch.equal(small, style(square(), resize(painting, (48, 48))))
    assert not torch.equal(small, style(square(), painting))


def test_what_cannot_be_is_refused_in_one_line():
    with pytest.raises(InputError, match="style: all its pixels are of one colour"):
        style(square(), torch.full((3, 20, 20), 0.5))
    with pytest.raises(InputError, match="style: 20x4 pixels are less than a patch of 5"):
        style(square(), torch.rand(3, 4, 20))
    with pytest.raises(InputError, match="--exemplar-guide is missing"):
        SlicedPatchesStyle(SlicedPatchesStyleConfig()).forecast({"guide": [(64, 64)]})


def test_a_forecast_grows_with_the_pixels():
    def forecast(size):
        sizes = {"content": [(250, 166)], "style": [(300, 200)]}
        return SlicedPatchesStyle(SlicedPatchesStyleConfig(size=size)).forecast(sizes)

    small, large, huge = (forecast(size) for size in ("250x166", "1000x664", "10000x10000"))
    assert small.seconds < large.seconds < 40 * small.seconds
    assert huge.memory > 25e9


def test_the_golden_picture():
    made = style(drawing("leaves", 64), drawing("pebbles", 64), **GOLDEN)
    means = torch.nn.functional.avg_pool2d(made[None], 16)[0].flatten(1)
    torch.testing.assert_close(means, torch.tensor(GOLDEN_MEANS), atol=0.02, rtol=0)
