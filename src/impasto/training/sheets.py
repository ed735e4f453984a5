"""Sheets of samples: many small pictures in rows; of the same noise each time, one sees them learn."""

from __future__ import annotations

import math

import torch

GAP = 2  # pixels between pictures, white


def grid(pictures: torch.Tensor, columns: int = 0) -> torch.Tensor:
    """Pictures (N, 3, H, W) in [0, 1] in rows, (3, H', W').

    columns: how many in a row; 0 makes it about square.
    """
    count, _, height, width = pictures.shape
    columns = min(count, columns or math.ceil(count**0.5))
    rows = -(-count // columns)
    sheet = blank(rows, columns, (width, height)).to(pictures)
    for number, picture in enumerate(pictures):
        place(sheet, number, picture, columns)
    return sheet


def blank(rows: int, columns: int, size: tuple[int, int]) -> torch.Tensor:
    """An empty sheet for pictures of `size` (width, height)."""
    width, height = sheet_size(rows, columns, size)
    return torch.ones(3, height, width)


def sheet_size(rows: int, columns: int, size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of a sheet of pictures of `size`."""
    return columns * (size[0] + GAP) - GAP, rows * (size[1] + GAP) - GAP


def place(sheet: torch.Tensor, number: int, picture: torch.Tensor, columns: int) -> None:
    """Put a picture where it belongs on a sheet."""
    height, width = picture.shape[1:]
    top, left = number // columns * (height + GAP), number % columns * (width + GAP)
    sheet[:, top : top + height, left : left + width] = picture


def cut(sheet: torch.Tensor, count: int, size: tuple[int, int]) -> torch.Tensor:
    """The first pictures of a sheet, (count, 3, H, W), which are of `size` (width, height)."""
    width, height = size
    columns = (sheet.shape[2] + GAP) // (width + GAP)
    corners = [(number // columns * (height + GAP), number % columns * (width + GAP)) for number in range(count)]
    return torch.stack([sheet[:, top : top + height, left : left + width] for top, left in corners])
