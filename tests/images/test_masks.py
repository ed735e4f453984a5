"""Masks and maps, however a person painted them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.errors import InputError
from impasto.images.masks import read_mask

HEIGHT, WIDTH = 24, 32
HOLE = np.zeros((HEIGHT, WIDTH), bool)
HOLE[8:16, 10:22] = True
Y, X = np.mgrid[:HEIGHT, :WIDTH]
PHOTO = np.stack([X * 6 + 40, 255 - Y * 8, (X ^ Y) * 7], -1).astype(np.uint8)
RED, WHITE, BLACK = (200, 30, 20), (255, 255, 255), (0, 0, 0)


def layer(color: tuple[int, int, int] | np.ndarray, painted: np.ndarray) -> np.ndarray:
    """A colour, or a picture, where it is painted; clear elsewhere."""
    return np.dstack([np.broadcast_to(color, (HEIGHT, WIDTH, 3)) * painted[:, :, None], painted * 255]).astype(np.uint8)


def two(white: np.ndarray, black: np.ndarray) -> np.ndarray:
    """White paint and black paint on a clear layer."""
    return np.where(white[:, :, None], layer(WHITE, white), layer(BLACK, black))


def faded(color: tuple[int, int, int]) -> np.ndarray:
    """A stroke through which half of what is below can be seen."""
    found = layer(color, HOLE)
    found[:, :, 3] //= 2
    return found


GREY = np.asarray(Image.fromarray(PHOTO).convert("L"))

CLEAR_IN_MEANING = {
    "black and white": HOLE.astype(np.uint8) * 255,
    "bool": HOLE,
    "16 bits": HOLE.astype(np.uint16) * 65535,
    "a tint, as of paper": np.where(HOLE[:, :, None], (255, 250, 240), (12, 8, 0)).astype(np.uint8),
    "a white stroke on a clear layer": layer(WHITE, HOLE),
    "a red stroke on a clear layer": layer(RED, HOLE),
    "a stroke in grey and alpha": np.dstack([HOLE * 255, HOLE * 255]).astype(np.uint8),
    "a photo with a rubbed-out hole": layer(PHOTO, ~HOLE),
    "a grey photo with a rubbed-out hole": np.dstack([GREY, ~HOLE * 255]).astype(np.uint8),
}


@pytest.mark.parametrize("painted", CLEAR_IN_MEANING.values(), ids=CLEAR_IN_MEANING.keys())
def test_a_hole_is_where_it_was_painted(painted):
    mask = read_mask(painted, "mask")
    assert mask.shape == (3, HEIGHT, WIDTH)
    assert torch.equal(mask[1] > 0.5, torch.from_numpy(HOLE))


@pytest.mark.parametrize("ending", ["png", "webp", "tiff", "gif"])
def test_files_with_clear_parts_are_read_alike(ending):
    file = io.BytesIO()
    options = {"lossless": True} if ending == "webp" else {}
    Image.fromarray(layer(WHITE, HOLE)).save(file, ending, **options)
    assert torch.equal(read_mask(file.getvalue(), "mask")[0] > 0.5, torch.from_numpy(HOLE))


def test_a_mask_that_came_as_a_jpeg_is_read():
    file = io.BytesIO()
    Image.fromarray(HOLE.astype(np.uint8) * 255).convert("RGB").save(file, "jpeg", quality=60)
    assert torch.equal(read_mask(file.getvalue(), "mask")[0] > 0.5, torch.from_numpy(HOLE))


def test_a_soft_stroke_counts_as_much_as_it_covers():
    assert read_mask(faded(WHITE), "mask")[0, 12, 12] == pytest.approx(127 / 255)
    assert read_mask(faded(RED), "mask")[0, 12, 12] == pytest.approx(127 / 255)
    assert read_mask(layer((128, 128, 128), HOLE), "mask")[0, 12, 12] == pytest.approx(128 / 255)
    assert read_mask(layer((128, 128, 128), HOLE), "mask")[0, 0, 0] == 0


BORDER = (X < 4) & ~HOLE

TWO_MEANINGS = {
    "a photo": (PHOTO, "is in colour"),
    "red on black": (np.where(HOLE[:, :, None], RED, BLACK).astype(np.uint8), "is in colour"),
    "a black stroke": (layer(BLACK, HOLE), "what is painted (12.5% of it) or what is clear (87.5%)"),
    "a black mask with a hole": (layer(BLACK, ~HOLE), "what is painted (87.5% of it) or what is clear (12.5%)"),
    "black and white and clear": (two(HOLE, BORDER), "what is painted"),
    "strokes of two colours": (np.where(HOLE[:, :, None], layer(RED, HOLE), layer((0, 0, 200), BORDER)), "is clear"),
    "nothing": (layer(WHITE, np.zeros_like(HOLE)), "is clear all over"),
}


@pytest.mark.parametrize(("painted", "says"), TWO_MEANINGS.values(), ids=TWO_MEANINGS.keys())
def test_what_could_be_meant_in_two_ways_is_refused(painted, says):
    with pytest.raises(InputError, match=r"spot\.png: ") as refused:
        read_mask(painted, "mask", name="spot.png")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_background_says_what_clear_parts_are():
    mask = read_mask(two(HOLE, BORDER), "mask", background="black")
    assert torch.equal(mask[0] > 0.5, torch.from_numpy(HOLE))


def test_the_clear_parts_of_a_map_are_one_more_colour():
    red_and_blue = np.where(HOLE[:, :, None], layer(RED, HOLE), layer((0, 0, 200), BORDER))
    colors = read_mask(red_and_blue, "map").mul(255).round().byte().permute(1, 2, 0)
    assert len(colors.reshape(-1, 3).unique(dim=0)) == 3
    assert read_mask(layer(WHITE, HOLE), "map")[0, 0, 0] == 0  # or all would be white
    assert read_mask(layer(BLACK, HOLE), "map")[0, 0, 0] == 1
    with pytest.raises(InputError, match="painted white or what is clear"):
        read_mask(two(HOLE, BORDER), "map")


def test_maps_without_clear_parts_keep_their_colours():
    assert torch.equal(read_mask(PHOTO, "map"), torch.from_numpy(PHOTO).permute(2, 0, 1) / 255)


def test_a_spot_that_is_clear_by_mistake_changes_nothing():
    fine = np.dstack([*[HOLE.astype(np.uint8) * 255] * 3, np.full(HOLE.shape, 254, np.uint8)])
    assert torch.equal(read_mask(fine, "mask")[0] > 0.5, torch.from_numpy(HOLE))
    large = np.kron(fine, np.ones((4, 4, 1), np.uint8))
    large[0, 0, 3] = 0
    assert torch.equal(read_mask(large, "mask")[0] > 0.5, torch.from_numpy(np.kron(HOLE, np.ones((4, 4), bool))))


@pytest.mark.parametrize("background", ["black", "#ffcc00"])
def test_a_background_that_was_meant_for_the_photo_changes_no_clear_meaning(background):
    for painted in (layer(WHITE, HOLE), layer(RED, HOLE), layer(PHOTO, ~HOLE)):
        assert torch.equal(read_mask(painted, "mask", background=background)[0] > 0.5, torch.from_numpy(HOLE))
