"""Textures, variations and styles from patches: what each promises, and what it refuses in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from impasto.errors import InputError
from impasto.images import read, write
from impasto.observers import Unobserved
from impasto.patches import nearest
from impasto.samples.drawings import drawing
from impasto.single_image.patches import VaryPatches
from impasto.styles.patches import PatchStyle
from impasto.textures.patches import PatchTexture

GOLDEN = Path(__file__).parent / "golden"
QUICK = {"votes": 4, "rounds": 1}


def make(method, inputs, **config):
    ready = method(method.Config(**config))
    return ready.run({name: list(pictures) for name, pictures in inputs.items()}, Unobserved()).output


def texture(*exemplars, **config):
    return make(PatchTexture, {"exemplar": exemplars}, **QUICK | config)


def vary(image, *, mask=None, **config):
    inputs = {"image": [image]} | ({} if mask is None else {"mask": [mask.float().expand(3, -1, -1)]})
    return make(VaryPatches, inputs, **QUICK | config)


def style(content, *styles, **config):
    return make(PatchStyle, {"content": [content], "style": styles}, **QUICK | config)


@pytest.fixture(scope="module")
def pebbles():
    return drawing("pebbles", 64)


@pytest.fixture(scope="module")
def leaves():
    return drawing("leaves", 64)


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("texture", lambda pebbles, leaves: texture(pebbles, seed=3, size="64x64")),
        ("vary", lambda pebbles, leaves: vary(leaves, seed=3)),
        ("style", lambda pebbles, leaves: style(leaves, pebbles, seed=3)),
    ],
)
def test_a_small_picture_of_each_method_is_as_it_was(name, picture, pebbles, leaves):
    made = picture(pebbles, leaves)
    golden = read(GOLDEN / f"{name}.png")
    assert made.shape == golden.shape
    # Other processors round otherwise, and a patch here and there is then another one.
    assert float(((made - golden).abs().amax(0) > 0.02).float().mean()) < 0.1


@pytest.mark.parametrize("size", ["96x40", "40x100", "64x64", "31x33"])
def test_every_method_makes_any_size(pebbles, size):
    width, height = map(int, size.split("x"))
    for made in (texture(pebbles, size=size), vary(pebbles, size=size), style(pebbles, pebbles, size=size)):
        assert made.shape == (3, height, width)
        assert float(made.min()) >= 0
        assert float(made.max()) <= 1


def test_a_texture_is_made_of_the_exemplar_s_patches(pebbles):
    distance = nearest(texture(pebbles, votes=10), pebbles, 7, seed=0, engine="exact").distance.mean()
    noise = nearest(torch.rand(3, 64, 64), pebbles, 7, seed=0, engine="exact").distance.mean()
    assert float(distance) < float(noise) / 20


def test_seeds_differ_and_the_same_seed_does_not(leaves):
    first, again, other = (vary(leaves, seed=seed, variety=0.7) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert float((first - other).abs().mean()) > 0.02


def test_variety_goes_from_faithful_to_free(leaves):
    faithful, free = (vary(leaves, variety=variety, seed=4) for variety in (0.0, 1.0))
    assert float((faithful - leaves).abs().mean()) < float((free - leaves).abs().mean()) / 2


@pytest.mark.parametrize("method", [texture, vary])
def test_a_tile_goes_on_over_its_edges(method):
    columns = torch.arange(48.0)
    stripes = (0.5 + 0.5 * torch.sin(columns / 4)).expand(3, 40, 48) * torch.tensor([1.0, 0.7, 0.4]).view(3, 1, 1)
    tiled = method(stripes, size="56x40", tile=True, votes=10)
    inside = tiled.diff(dim=2).abs().mean()
    seam = (tiled[:, :, 0] - tiled[:, :, -1]).abs().mean()
    assert float(seam) < 2 * float(inside)


def test_a_hole_is_filled_and_the_rest_stays(pebbles):
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[24:40, 20:44] = True
    holed = torch.where(mask, torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1), pebbles)
    whole = vary(holed, mask=mask)
    assert torch.allclose(whole[:, ~mask], holed[:, ~mask], atol=1e-6)
    assert float((whole - holed).abs()[:, mask].mean(1).max()) > 0.1
    magenta = (whole[0] - whole[1] > 0.5) & (whole[2] - whole[1] > 0.5)
    assert not bool(magenta.any())


def test_what_was_in_the_hole_does_not_matter(pebbles):
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[50:64, :12] = True
    one, other = (vary(torch.where(mask, value, pebbles), mask=mask) for value in (0.0, 1.0))
    assert torch.equal(one, other)


def test_a_repeating_pattern_is_continued_through_a_hole():
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    board = (((rows // 8 + columns // 8) % 2).float() * 0.8 + 0.1).expand(3, -1, -1)
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[28:39, 26:38] = True
    whole = vary(torch.where(mask, 0.5, board), mask=mask, votes=10)
    assert float((whole - board).abs()[:, mask].mean()) < 0.1


def test_what_is_kept_stays_and_the_rest_varies(leaves):
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[:, :32] = True
    made = vary(leaves, mask=mask, mask_use="keep", variety=0.9)
    assert torch.allclose(made[:, :, :32], leaves[:, :, :32], atol=1e-6)
    assert float((made - leaves)[:, :, 32:].abs().mean()) > 0.01


def test_a_collage_has_patches_of_every_exemplar():
    red, blue = (torch.rand(3, 40, 30) * torch.tensor(color).view(3, 1, 1) for color in ([1.0, 0, 0], [0, 0, 1.0]))
    made = texture(red, blue, size="60x60", alpha=1e-4)
    assert float(made[1].max()) == 0
    assert min(float((made[0] > made[2]).float().mean()), float((made[2] > made[0]).float().mean())) > 0.05


def test_a_guide_says_what_is_to_be_where():
    random = torch.Generator().manual_seed(0)
    exemplar = 0.2 * torch.rand(3, 48, 48, generator=random)
    exemplar[:, :, 24:] += 0.7  # dark left, light right
    where = torch.zeros(3, 48, 48)
    where[:, :, 24:] = 1
    wanted = torch.zeros(3, 48, 48)
    wanted[:, 24:] = 1  # dark above, light below
    inputs = {"exemplar": [exemplar], "guide": [wanted], "exemplar_guide": [where]}
    made = make(PatchTexture, inputs, **QUICK)
    assert float(made[:, :20].mean()) < 0.25
    assert float(made[:, 28:].mean()) > 0.65


def test_a_style_keeps_the_arrangement_of_the_content(pebbles):
    content = torch.zeros(3, 64, 64)
    content[:, 20:44, 20:44] = 1
    made = style(content, pebbles, content_weight=8).mean(0)
    assert float(made[24:40, 24:40].mean()) > float(made[:16].mean()) + 0.1


@pytest.mark.parametrize(
    ("make_it", "name"), [(texture, "exemplar"), (vary, "image"), (lambda picture: style(picture, picture), "style")]
)
def test_a_picture_of_one_color_is_refused(make_it, name):
    with pytest.raises(InputError, match=f"{name}: all its pixels are of one colour"):
        make_it(torch.full((3, 32, 40), 0.25))


def test_a_content_of_one_color_is_painted(pebbles):
    made = style(torch.full((3, 32, 40), 0.25), pebbles)
    assert made.shape == (3, 32, 40)
    assert bool(made.isfinite().all())


def test_bad_input_is_refused_in_one_line(pebbles):
    with pytest.raises(InputError, match="an exemplar of 64x5 pixels is smaller than a patch of 7"):
        texture(pebbles[:, :5], size="64x64")
    with pytest.raises(InputError, match="mask is 64x60 pixels, but the picture is 64x64"):
        vary(pebbles, mask=torch.ones(60, 64))
    with pytest.raises(InputError, match="paint the hole white"):
        vary(pebbles, mask=torch.zeros(64, 64))
    with pytest.raises(InputError, match="leaves no whole patch of 7x7"):
        vary(pebbles, mask=torch.ones(64, 64))
    with pytest.raises(InputError, match="--exemplar-guide is missing"):
        make(PatchTexture, {"exemplar": [pebbles], "guide": [pebbles]})
    with pytest.raises(InputError, match="--guide is missing"):
        PatchTexture(PatchTexture.Config()).forecast({"exemplar": [(64, 64)], "exemplar_guide": [(64, 64)]})
    with pytest.raises(InputError, match="one map for each of 2 exemplars, got 1"):
        make(PatchTexture, {"exemplar": [pebbles, pebbles], "guide": [pebbles], "exemplar_guide": [pebbles]})
    with pytest.raises(InputError, match="leave out --size"):
        vary(pebbles, mask=torch.ones(64, 64), size="32x32")


def test_a_hundred_megapixels_are_foreseen_to_need_gigabytes(pebbles):
    for method, name in ((PatchTexture, "exemplar"), (VaryPatches, "image")):
        forecast = method(method.Config(size="10000x10000")).forecast({name: [(64, 64)]})
        assert forecast.memory > 8e9
        assert forecast.seconds > 300
        assert forecast.size_within(2_000_000_000) is not None


def main():
    """Make the golden pictures anew."""
    GOLDEN.mkdir(exist_ok=True)
    stones, foliage = drawing("pebbles", 64), drawing("leaves", 64)
    made = {
        "texture": texture(stones, seed=3, size="64x64"),
        "vary": vary(foliage, seed=3),
        "style": style(foliage, stones, seed=3),
    }
    for name, picture in made.items():
        write(picture, GOLDEN / f"{name}.png")


if __name__ == "__main__":
    main()
