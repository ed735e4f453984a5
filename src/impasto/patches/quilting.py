"""The parts of image quilting (Efros & Freeman 2001): where blocks go, which is taken, and where they are cut."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from impasto.errors import InputError

Period = tuple[int, int] | None
"""The (height, width) of a picture that tiles; None for one that does not."""


class Sides(NamedTuple):
    """How many pixels of a block, at each of its sides, are there already."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def block_positions(length: int, block: int, overlap: int, *, wrap: bool = False) -> list[int]:
    """Where blocks begin along a side of `length` pixels, evenly, each overlapping the last by `overlap` or more.

    The first begins and the last ends with the side; with `wrap` the side is a circle, and the last overlaps the first
    as well. Raises InputError if the side is shorter than a block, or the overlap is more than half a block.

    >>> block_positions(10, 4, 1), block_positions(12, 4, 1, wrap=True)
    ([0, 3, 6], [0, 3, 6, 9])
    """
    if not 1 <= overlap <= block // 2:
        raise InputError(f"overlap must be between 1 and half a block of {block} pixels, got {overlap}")
    if length < block:
        raise InputError(f"a side of {length} pixels is shorter than a block of {block}; take a smaller block")
    step = block - overlap
    if wrap:
        count = math.ceil(length / step)
        return [i * length // count for i in range(count)]
    gaps = math.ceil((length - block) / step)
    return [0] + [round(i * (length - block) / gaps) for i in range(1, gaps + 1)]


def sides_there(row: int, column: int, rows: list[int], columns: list[int], block: int, period: Period) -> Sides:
    """What is there of the block at `row`, `column` of the grid when blocks are laid in reading order.

    The last blocks of a picture that tiles meet the first, and in a small one with large overlaps not only the last.
    """
    left, right = _before_and_after(column, columns, block, None if period is None else period[1])
    top, bottom = _before_and_after(row, rows, block, None if period is None else period[0])
    return Sides(left, top, right, bottom)


def _before_and_after(index: int, positions: list[int], block: int, period: int | None) -> tuple[int, int]:
    before = positions[index - 1] + block - positions[index] if index else 0
    after = max(0, positions[index] + block - period) if period is not None and index > 0 else 0
    return before, after


def side_mask(sides: Sides, block: int) -> torch.Tensor:
    """Return the pixels of a block that are there already, as bool (block, block)."""
    there = torch.zeros(block, block, dtype=torch.bool)
    there[:, : sides.left] = True
    there[: sides.top] = True
    there[:, block - sides.right :] = True
    there[block - sides.bottom :] = True
    return there


def boundary_cut(errors: torch.Tensor) -> torch.Tensor:
    """Return the columns (n,) of the cheapest path down through an overlap's errors (n, k).

    From row to row the path goes straight on or one column aside (Efros & Freeman 2001, section 2.1).

    >>> boundary_cut(torch.tensor([[1.0, 0.0, 9.0], [5.0, 5.0, 1.0]])).tolist()
    [1, 2]
    """
    from impasto.patches.quilting_kernels import cheapest_path

    path: torch.Tensor = torch.from_numpy(cheapest_path(errors.cpu().numpy()))
    return path


def cut_mask(errors: torch.Tensor, sides: Sides) -> torch.Tensor:
    """Return which pixels of a block are to be the new ones, as bool (block, block).

    errors: (block, block), the squared differences of the old and the new pixels. Through the overlap at each side
    goes the cheapest cut; a pixel is new if it is beyond all of them. The cut's own pixels are new.
    """
    new = torch.ones(errors.shape, dtype=torch.bool)
    errors = errors.cpu()
    for width, flipped, turned in (
        (sides.left, False, False),
        (sides.top, False, True),
        (sides.right, True, False),
        (sides.bottom, True, True),
    ):
        if not width:
            continue
        seen = errors.T if turned else errors
        seen = seen.flip(1) if flipped else seen
        path = boundary_cut(seen[:, :width].contiguous())
        beyond = torch.arange(seen.shape[1]) >= path[:, None]
        beyond = beyond.flip(1) if flipped else beyond
        new &= beyond.T if turned else beyond
    return new


def pick(errors: torch.Tensor, tolerance: float, generator: torch.Generator) -> tuple[int, int]:
    """Pick at random one of the blocks whose error is at most (1 + tolerance) times the least, by row and column.

    Infinite errors are never picked, unless all are: then any block is.
    """
    flat = errors.flatten().cpu()
    least = float(flat.min())
    near = (flat <= least * (1 + tolerance)).nonzero()[:, 0]
    chosen = int(near[torch.randint(len(near), (), generator=generator)])
    return divmod(chosen, errors.shape[1])
