"""A photo painted with the features of a painting: what it takes from either, and that it is resumable."""

from __future__ import annotations

import torch

from impasto.metrics import color_histogram_distance
from impasto.observers import Unobserved
from impasto.styles.neighbours import NeighbourStyle, NeighbourStyleConfig

# A part of the network at two small sizes, without patches: a step takes milliseconds, and the path is the same.
QUICK = {
    "layers": ("stem", "e1", "d1"),
    "content_layers": ("e2",),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "scales": 2,
    "iterations": (12, 12),
    "spacing": 2,
    "positions": 256,
}
# Everything that decides the pixels, so that other defaults leave the golden picture as it is.
GOLDEN = {
    **QUICK,
    "network": "efficientnet-lite0",
    "iterations": (20, 15),
    "freedom": 0.5,
    "keys": 500,
    "polish": 0.4,
    "content_weight": 0.1,
    "hold": 0.0,
    "canvas": "laplacian",
    "optimizer": "adam",
    "learning_rate": 0.03,
    "decay": False,
    "carry": True,
    "gamut_weight": 100.0,
    "size": "64x48",
    "style_size": "match",
    "seed": 5,
}
# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.722, 0.594, 0.608, 0.721, 0.506, 0.764, 0.778, 0.453, 0.534, 0.676, 0.572, 0.545],
    [0.375, 0.280, 0.284, 0.369, 0.213, 0.419, 0.426, 0.167, 0.217, 0.337, 0.256, 0.224],
    [0.171, 0.148, 0.151, 0.171, 0.132, 0.178, 0.182, 0.121, 0.136, 0.163, 0.144, 0.138],
]


def stylized(content: torch.Tensor, styles: list[torch.Tensor], observer=None, **values: object) -> torch.Tensor:
    config = NeighbourStyleConfig(**{**QUICK, **values})
    return NeighbourStyle(config).run({"content": [content], "style": styles}, observer or Unobserved()).output


def test_it_has_the_paintings_colours_and_the_photos_forms(photo, painting):
    found = stylized(photo, [painting], iterations=(40, 30))
    assert found.shape == photo.shape
    assert color_histogram_distance(found, painting) < 0.5 * color_histogram_distance(photo, painting)
    edges = [_edges(it) for it in (found, photo)]
    assert float(torch.corrcoef(torch.stack([it.flatten() for it in edges]))[0, 1]) > 0.2


def _edges(picture: torch.Tensor) -> torch.Tensor:
    """How much the brightness changes, coarsely seen."""
    grey = torch.nn.functional.avg_pool2d(picture.mean(0)[None], 5, stride=1)[0]
    return (grey[1:, 1:] - grey[:-1, 1:]).abs() + (grey[1:, 1:] - grey[1:, :-1]).abs()


def test_a_photo_in_the_style_of_itself_stays_as_it_is(photo):
    found = stylized(photo, [photo], polish=0.0, content_weight=0.0, gamut_weight=0.0)
    assert float((found - photo).abs().mean()) < 0.03


def test_the_content_weight_holds_the_photo(photo, painting):
    free, held = (
        float((stylized(photo, [painting], content_weight=weight, gamut_weight=0.0) - photo).abs().mean())
        for weight in (0.0, 100.0)
    )
    assert held < 0.7 * free


def test_of_several_paintings_all_features_are_there_by_their_shares(photo, painting):
    blue = painting.flip(0)
    red_over_blue = [
        float((found[0] - found[2]).mean())
        for found in (stylized(photo, [painting, blue], blend=blend) for blend in ((1, 0), (1, 1), (0, 1)))
    ]
    assert red_over_blue[0] > red_over_blue[1] > red_over_blue[2]
    assert torch.equal(stylized(photo, [painting, blue], blend=(1, 0)), stylized(photo, [painting, blue], blend=(2, 0)))


def test_turned_paintings_offer_strokes_that_the_painting_has_not(photo):
    """A photo of standing bars, a painting of lying ones."""
    bars = (torch.arange(64) // 4 % 2).float().expand(3, 48, 64) * 0.5 + 0.25
    lying = (torch.arange(48) // 4 % 2).float()[:, None].expand(3, 48, 48) * 0.5 + 0.25
    distances = [
        float((stylized(bars, [lying], rotations=turned, content_weight=0.0, freedom=0.0) - bars).abs().mean())
        for turned in (False, True)
    ]
    assert distances[1] < 0.7 * distances[0]


def test_the_photos_chroma_is_kept_where_luminance_alone_is_painted(photo, painting):
    found = stylized(photo, [painting], keep_color="luminance")
    plain = stylized(photo, [painting])
    redness = [float((it[0] - it[2]).mean()) for it in (photo, found, plain)]
    assert abs(redness[1] - redness[0]) < 0.03 < redness[2] - redness[0]


def test_the_cost_grows_with_the_picture_the_keys_and_the_turns():
    sizes = {side: {"content": [(side, side)], "style": [(side, side)]} for side in (64, 128, 256)}

    def cost(side: int, **values: object):
        return NeighbourStyle(NeighbourStyleConfig(**{**QUICK, **values})).forecast(sizes[side])

    small, large = cost(64), cost(256)
    assert large.seconds > 2 * small.seconds
    assert large.memory > small.memory
    assert cost(256, keys=2**18).seconds > cost(256, keys=16).seconds
    assert cost(256, rotations=True).memory > large.memory


def test_the_golden_picture_looks_as_it_did(photo, painting):
    """By the means of its blocks, which are the same on machines that round differently."""
    found = stylized(photo, [painting], **GOLDEN)
    means = torch.nn.functional.avg_pool2d(found[None], 16)[0].flatten(1)
    assert torch.allclose(means, torch.tensor(GOLDEN_MEANS), atol=0.03)
