"""Two styles by scale: at the ends it is one of them alone, and in between each layer has the one of its size."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from impasto.errors import InputError
from impasto.features import load_network
from impasto.images import transfer_linear
from impasto.observers import Unobserved
from impasto.styles.gatys import GatysStyle, GatysStyleConfig
from impasto.synthesis import Scale

QUICK = {
    "layers": ("stem", "e1", "e2"),
    "content_layers": ("e2",),
    "enlarge": 1.0,
    "patch_weight": 10.0,
    "scales": 1,
    "iterations": (4,),
    "gamut_weight": 0.0,  # else the colours that are allowed are those of both
    "style_size": "100%",
}


def stylized(content: torch.Tensor, *styles: torch.Tensor, **values: object) -> torch.Tensor:
    config = GatysStyleConfig(**{**QUICK, **values})
    return GatysStyle(config).run({"content": [content], "style": list(styles)}, Unobserved()).output


@pytest.fixture(scope="module")
def waves() -> torch.Tensor:
    """Broad bluish waves, as large as the painting."""
    y = torch.arange(56.0)[:, None] + 3 * torch.sin(torch.arange(40.0) / 6)
    return torch.stack([0.3 + 0.1 * (y / 9).sin(), 0.4 + 0.2 * (y / 9).sin(), 0.6 + 0.3 * (y / 9).cos()]).clamp(0, 1)


def test_if_nothing_is_fine_it_is_the_first_painting_alone(photo, painting, waves):
    assert torch.equal(stylized(photo, waves, painting, mix="scales", strokes=0.01), stylized(photo, waves))


def test_if_all_is_fine_it_is_the_second_alone_in_the_first_ones_colours(photo, painting, waves):
    found = stylized(photo, waves, painting, mix="scales", strokes=1024)
    assert torch.equal(found, stylized(photo, transfer_linear(painting, waves)))


def test_in_between_it_is_neither_and_has_the_first_ones_colours(photo, painting, waves):
    longer = {"iterations": (25,), "content_weight": 0.0, "learning_rate": 0.03}
    found = stylized(photo, waves, painting, mix="scales", **longer)
    assert float((found - stylized(photo, waves, **longer)).abs().mean()) > 0.01
    assert float((found.mean((1, 2)) - waves.mean((1, 2))).abs().max()) < 0.06


def fine(factor: float, strokes: float) -> set[str]:
    method = GatysStyle(GatysStyleConfig(mix="scales", strokes=strokes))
    network = load_network("efficientnet-lite0", weights="random")
    size = round(256 * factor)
    scale = Scale(index=0, height=size, width=size, factor=factor, first=0, steps=1, enlarge=1.0)
    return method._fine(network, scale)


def test_layers_are_fine_by_how_far_their_places_are_apart():
    """EfficientNet-Lite0's strides: stem 2, the second block's input 2 and output 4, the sixth's input 8."""
    assert {"stem", "e1"} <= fine(1.0, 3.0)
    assert not {"e4", "e6", "e8"} & fine(1.0, 3.0)
    assert "patches" in fine(1.0, 3.0)  # of 5 pixels: half is 2.5
    assert "patches" not in fine(0.5, 3.0)


@pytest.mark.parametrize("strokes", [1.5, 3.0, 6.0, 12.0, 40.0])
def test_at_half_the_size_all_are_twice_as_far_apart(strokes):
    assert fine(0.5, 2 * strokes) == fine(1.0, strokes)


def test_it_takes_two_paintings_and_no_shares(photo, painting, waves):
    for styles in ([painting], [painting, waves, painting]):
        with pytest.raises(InputError, match=rf"mix scales takes two styles, .* got {len(styles)}"):
            stylized(photo, *styles, mix="scales")
    with pytest.raises(ValidationError, match="blend gives shares"):
        GatysStyleConfig(mix="scales", blend=(1, 2))
