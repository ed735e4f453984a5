"""Contact sheets: geometry, aspect, captions."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from impasto.errors import InputError
from impasto.images import contact_sheet
from impasto.images.sheet import load_font, wrap

RED = torch.tensor([0.8, 0.2, 0.2])[:, None, None]
FONT = ImageFont.load_default(14)


def red_box(sheet: torch.Tensor) -> tuple[int, int]:
    """Width and height of the part that has exactly the red of the pictures."""
    red = ((sheet - RED).abs() < 0.01).all(0)
    rows, columns = red.any(1).nonzero(), red.any(0).nonzero()
    return int(columns.max() - columns.min() + 1), int(rows.max() - rows.min() + 1)


@pytest.mark.parametrize(("height", "width"), [(50, 100), (100, 50), (64, 64), (8, 31)])
def test_aspect_is_kept_within_the_cell(height, width):
    sheet = contact_sheet([RED.expand(3, height, width)], cell=200)
    box = red_box(sheet)
    assert max(box) == 200
    assert box[0] / box[1] == pytest.approx(width / height, rel=0.03)


def test_the_grid_has_the_columns_asked_for():
    images = [RED.expand(3, 40, 40)] * 5
    wide, tall = contact_sheet(images, columns=5, cell=100), contact_sheet(images, columns=1, cell=100)
    assert wide.shape[2] == tall.shape[1] == 5 * 100 + 6 * 8
    assert wide.shape[1] == tall.shape[2] == 100 + 2 * 8
    assert contact_sheet(images, cell=100).shape == (3, 2 * 100 + 3 * 8, 3 * 100 + 4 * 8)


def test_the_paper_is_white_and_captions_are_dark():
    plain = contact_sheet([RED.expand(3, 40, 40)] * 2, cell=100)
    captioned = contact_sheet([RED.expand(3, 40, 40)] * 2, ["first", "second one"], cell=100)
    assert (plain[:, 0] == 1).all()
    assert captioned.shape[1] > plain.shape[1]
    below = captioned[:, plain.shape[1] - 8 :]
    assert below.min() < 0.3
    assert below.max() == 1


def test_a_title_stands_above():
    plain = contact_sheet([RED.expand(3, 40, 40)], cell=200)
    titled = contact_sheet([RED.expand(3, 40, 40)], cell=200, title="Textures")
    assert titled.shape[1] > plain.shape[1]
    assert titled[:, : titled.shape[1] - plain.shape[1]].min() < 0.3


def test_the_same_input_gives_the_same_sheet():
    images = [torch.rand(3, 9, 12, generator=torch.Generator().manual_seed(k)) for k in range(3)]
    assert torch.equal(contact_sheet(images, ["a", "b", "c"]), contact_sheet(images, ["a", "b", "c"]))


@given(st.text(max_size=200), st.integers(20, 300))
def test_captions_fit_their_width(text, width):
    lines = wrap(text, FONT, width)
    assert len(lines) <= 3
    assert all(FONT.getlength(line) <= width or len(line) == 1 for line in lines)


def test_long_captions_are_wrapped_and_cut():
    assert wrap("one two", FONT, 300) == ["one two"]
    assert wrap("line\nbreak", FONT, 300) == ["line", "break"]
    lines = wrap("a long caption about a picture of bricks in the sun " * 5, FONT, 120)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert wrap("gram-histogram-sliced.png", FONT, 120) == ["gram-histogram-", "sliced.png"]


def test_the_font_has_greek_and_arrows():
    font = load_font(20)
    missing = font.getmask("\uffff")
    for letter in "σμ→×Жé":
        assert bytes(font.getmask(letter)) != bytes(missing)


def test_wrong_requests_are_refused():
    with pytest.raises(InputError, match="at least one picture"):
        contact_sheet([])
    with pytest.raises(InputError, match="2 pictures need as many captions, got 1"):
        contact_sheet([RED.expand(3, 4, 4)] * 2, ["a"])
    with pytest.raises(InputError, match="columns"):
        contact_sheet([RED.expand(3, 4, 4)], columns=0)
    with pytest.raises(InputError, match="32768"):
        contact_sheet([RED.expand(3, 4, 4)] * 400, columns=400, cell=300)
