"""A photo that tiles stays a tile when it is painted with --tile: across its edges it is no steeper than inside."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch

import impasto
from impasto.cli.app import run
from impasto.errors import InputError
from impasto.images import write
from impasto.metrics.statistics import seam_error
from impasto.model import Model
from impasto.networks.style import StyleNetwork, paint
from impasto.samples.drawings import drawing
from impasto.styles.tiles import painted_tile
from impasto.video import open_clip, write_clip
from tiny import PAINTED, PATCHES, SLICED

METHODS = {
    "gatys": PAINTED,
    "histogram": PAINTED,
    "sliced-features": PAINTED | {"directions": 8},
    "neighbours": PAINTED | {"keys": 256, "positions": 256},
    "fast": {"coarsest": 64},
    "patches": PATCHES | {"variety": 0.2},
    "sliced-patches": SLICED | {"steps": 20},
}

QUICK = "--iterations 2 --enlarge 1 --layers stem --content-layers stem"


def tile(width: int, height: int) -> torch.Tensor:
    """Waves of whole periods, in other colours each way, 3 channels."""
    down, across = (torch.arange(side) * 2 * math.pi / side for side in (height, width))
    waves = [
        torch.sin(a * across[None] + b * down[:, None] + a) + torch.cos(b * across[None] - a * down[:, None])
        for a, b in ((1, 1), (2, 1), (1, 2))
    ]
    return 0.5 + 0.24 * torch.stack(waves)


@pytest.fixture(scope="module")
def painting() -> torch.Tensor:
    return drawing("swirls", 96)[:, :48, :40].contiguous()


def painted(method: str, photo: torch.Tensor, painting: torch.Tensor, **config: object) -> torch.Tensor:
    return impasto.stylize(photo, painting, method, **{**METHODS[method], **config}).tensor


def at_the_border(picture: torch.Tensor) -> float:
    """The mean step from the last row to the first, of rows and columns the larger, over the steepest one inside."""
    found = []
    for dim in (1, 2):
        inside = picture.diff(dim=dim).abs().mean((0, 3 - dim)).max()
        found.append(float((picture.select(dim, 0) - picture.select(dim, -1)).abs().mean() / inside))
    return max(found)


@pytest.mark.parametrize("method", METHODS)
def test_a_painted_tile_has_no_seam(method, painting):
    photo = tile(56, 48)
    assert at_the_border(photo) < 1
    assert at_the_border(painted(method, photo, painting)) > 1
    made = painted(method, photo, painting, tile=True)
    assert at_the_border(made) < 1
    assert seam_error(made) < 1.35


@pytest.mark.parametrize(
    ("method", "config"),
    [
        ("gatys", {"keep_color": "luminance"}),
        ("gatys", {"size": "75x61"}),
        ("histogram", {"canvas": "pixels"}),
        ("neighbours", {"size": "61", "rotations": True}),
        ("fast", {"size": "70x51", "keep_color": "pca"}),
        ("fast", {"size": "40x130"}),
        ("patches", {"size": "140%"}),
        ("sliced-patches", {"size": "63x49"}),
    ],
)
def test_nor_at_another_size_or_with_other_settings(method, config, painting):
    assert at_the_border(painted(method, tile(56, 48), painting, tile=True, **config)) < 1


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("style", "fast"), "--temporal-blend 0"),
        (("style", "gatys", *QUICK.split()), "--temporal-weight 0"),
        (("style", "patches"), ""),
    ],
)
def test_frames_are_tiles_if_each_is_made_by_itself(words, mend, painting, tmp_path, capsys):
    walk, other, out = (str(tmp_path / name) for name in ("walk.gif", "painting.png", "out.gif"))
    write_clip([tile(48, 40).roll(3 * number, 2) for number in range(2)], [0.1] * 2, walk)
    write(painting, other)
    command = [*words[:2], walk, other, *words[2:], "--tile", "--no-record", "-q", "-o", out]
    if mend:
        assert run(command) == 2
        assert capsys.readouterr().err == (
            f"impasto: tile: a frame that follows the one before has a seam; add {mend}, "
            "so that each is made by itself\n"
        )
    assert run([*command, *mend.split()]) == 0
    for frame in open_clip(out).frames():
        assert at_the_border(frame) < 1


@pytest.mark.parametrize("size", ["", "61x75", "150%"])
def test_a_trained_network_paints_tiles_too(size):
    torch.manual_seed(5)
    network = StyleNetwork()
    config = {"widths": list(network.widths), "blocks": network.blocks}
    model = Model("style-network", config, dict(network.state_dict()), (64, 64))
    plain, made = (
        impasto.run("style network", {"run": model, "content": tile(56, 48)}, size=size, tile=way).tensor
        for way in (False, True)
    )
    assert plain.shape == made.shape
    assert seam_error(plain) > 1.5
    assert seam_error(made) < 1.35


def test_a_tile_is_painted_as_among_others_of_its_kind():
    torch.manual_seed(5)
    network = StyleNetwork()
    photo = tile(64, 48)
    among = paint(network, photo.repeat(1, 7, 7))[:, 3 * 48 : 4 * 48, 3 * 64 : 4 * 64]
    made = painted_tile(partial(paint, network), photo, network.seen)
    alone = paint(network, photo)
    assert (made - among).abs().mean() < 0.3 * (alone - among).abs().mean()


@pytest.mark.parametrize("blocks", [0, 1, 5, 8])
def test_how_far_a_style_network_sees_follows_its_blocks(blocks):
    """By gradients, without what all pixels share, the statistics."""
    network = StyleNetwork((4, 4, 4), blocks).double().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.GroupNorm):
            module.forward = lambda features: features
    photo = torch.rand(1, 3, 256, 256).double().requires_grad_()
    picture = network(photo)
    reach = 0
    for place in range(126, 130):
        (slope,) = torch.autograd.grad(picture[0, 0, place, place], photo, retain_graph=True)
        rows = slope[0].abs().sum((0, 2)).nonzero()[:, 0]
        reach = max(reach, int((rows - place).abs().max()))
    assert network.seen // 2 - 12 < reach <= network.seen // 2


def test_where_it_cannot_be_it_is_no_parameter(painting):
    with pytest.raises(InputError, match="tile"):
        impasto.run("style strength", [painting, painting], tile=True)
