"""Contact sheets: pictures in a grid with captions, on white."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from impasto.errors import InputError
from impasto.images.read import read
from impasto.images.resize import resize
from impasto.images.sizes import check_size, fit_long_side

if TYPE_CHECKING:
    from torch import Tensor

_PAPER, _INK = "#ffffff", "#1f2328"
_MAX_LINES = 3
_LEAST_CELL, _LARGEST_CELL = 96, 384

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def contact_sheet(
    images: Sequence[Tensor],
    captions: Sequence[str] | None = None,
    columns: int | None = None,
    *,
    cell: int | tuple[int, int] | None = None,
    title: str | None = None,
) -> Tensor:
    """Lay pictures (3, H, W) out in a grid, each scaled to fit its cell, with its caption centred below.

    columns: how many in a row; by default the grid is about square.
    cell: (width, height) of a picture's place in pixels, or one number for both; by default as large as the
        largest picture, within 96 to 384.
    title: a heading above the grid.

    Captions are wrapped to three lines and cut with an ellipsis; the font comes with a library, none is needed
    on the system. Returns (3, H, W), sRGB in [0, 1]. Raises InputError if there are no pictures, if captions and
    pictures differ in number, or if the sheet would be larger than 32768 pixels.
    """
    if not images:
        raise InputError("a contact sheet needs at least one picture")
    if captions is not None and len(captions) != len(images):
        raise InputError(f"{len(images)} pictures need as many captions, got {len(captions)}")
    columns = math.ceil(math.sqrt(len(images))) if columns is None else columns
    if columns < 1:
        raise InputError(f"columns must be at least 1, got {columns}")
    columns = min(columns, len(images))
    place = _cell_size(images, cell)
    margin = max(8, min(place) // 12)
    text_size = max(12, min(18, place[0] // 16))
    font, title_font = load_font(text_size), load_font(round(text_size * 1.5))

    lines = [wrap(caption, font, place[0]) for caption in captions or [""] * len(images)]
    starts = range(0, len(images), columns)
    line_height = round(text_size * 1.35)
    text_heights = [max(len(text) for text in lines[i : i + columns]) * line_height for i in starts]
    gap = text_size // 2  # between a picture and its caption

    width = margin + columns * (place[0] + margin)
    headings = wrap(title, title_font, width - 2 * margin) if title else []
    heading_height = round(text_size * 1.5 * 1.35)
    top = margin + (len(headings) * heading_height + margin if headings else 0)
    rows = [place[1] + (gap + text if text else 0) + margin for text in text_heights]
    height = top + sum(rows)
    check_size((width, height))

    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, heading in enumerate(headings):
        draw.text((margin, margin + i * heading_height), heading, _INK, title_font)
    for index, picture in enumerate(images):
        row, column = divmod(index, columns)
        x, y = margin + column * (place[0] + margin), top + sum(rows[:row])
        drawn = _fitted(picture, place)
        # pictures stand on their captions: centred across, at the foot of the cell
        sheet.paste(drawn, (x + (place[0] - drawn.width) // 2, y + place[1] - drawn.height))
        for i, line in enumerate(lines[index]):
            middle = (x + place[0] / 2, y + place[1] + gap + i * line_height)
            draw.text(middle, line, _INK, font, anchor="ma")
    return read(sheet, max_pixels=width * height)


def load_font(size: int) -> Font:
    """DejaVu Sans, which matplotlib brings and which has Greek, Cyrillic and arrows; else Pillow's own font."""
    library = find_spec("matplotlib")  # importing it to ask for the path would take a second
    if library is not None and library.origin is not None:
        path = Path(library.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def wrap(text: str, font: Font, width: int, max_lines: int = _MAX_LINES) -> list[str]:
    """Break text into at most `max_lines` lines of `width` pixels, at spaces where there are some.

    Line breaks in the text are kept; what does not fit is replaced by an ellipsis.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            joined = f"{line} {word}" if line else word
            if font.getlength(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            while font.getlength(word) > width and len(word) > 1 and len(lines) <= max_lines:
                head = _longest_head(word, font, width)
                lines.append(head)
                word = word[len(head) :]
            line = word
        if line:
            lines.append(line)
    if len(lines) <= max_lines:
        return lines
    last = lines[max_lines - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: max_lines - 1], last.rstrip() + "…"]


def _longest_head(word: str, font: Font, width: int) -> str:
    """The longest beginning of a word that fits, at least one letter; file names break after - _ . and /."""
    end = next((i for i in range(len(word), 1, -1) if font.getlength(word[:i]) <= width), 1)
    seam = max(word.rfind(mark, 0, end) for mark in "-_./") + 1
    return word[: seam if seam > end // 2 else end]


def _cell_size(images: Sequence[Tensor], cell: int | tuple[int, int] | None) -> tuple[int, int]:
    if isinstance(cell, tuple):
        check_size(cell)
        return cell
    if cell is None:
        height, width = (max(image.shape[axis] for image in images) for axis in (-2, -1))
        long = min(max(width, height, _LEAST_CELL), _LARGEST_CELL)
        return fit_long_side((width, height), long)
    check_size((cell, cell))
    return cell, cell


def _fitted(image: Tensor, place: tuple[int, int]) -> Image.Image:
    """A picture scaled to touch two sides of its place."""
    height, width = image.shape[-2:]
    scale = min(place[0] / width, place[1] / height)
    size = max(1, min(place[0], round(width * scale))), max(1, min(place[1], round(height * scale)))
    small = resize(image.detach().float().cpu(), size)
    return Image.fromarray((small * 255).round().byte().permute(1, 2, 0).contiguous().numpy())
