"""The sizes of a pyramid's scales, and how large one may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

BordersName = Literal["zero", "noise"]

Size = tuple[int, int]  # (width, height)

SCALES, WIDEST = 40, 1024  # the most that there may be, and the most channels


def factor_and_count(size: Size, factor: float, coarsest: int) -> tuple[float, int]:
    """The factor between neighbouring scales, and how many there are: the coarsest short side is `coarsest`.

    There is one scale more than `factor` alone would give, and the factor is then adjusted, as in the authors' code.

    >>> factor, count = factor_and_count((244, 164), 0.75, 25)
    >>> round(factor, 4), count
    (0.7905, 9)
    """
    short = min(size)
    if short <= coarsest:
        return 1.0, 1
    steps = math.ceil(math.log(coarsest / short) / math.log(factor)) + 1
    return (coarsest / short) ** (1 / steps), steps + 1


def sizes_of(size: Size, factor: float, count: int) -> list[Size]:
    """The sizes of all scales, from the coarsest; the finest is `size`. Rounded up, but for what a root has lost."""
    return sizes_by(size, [factor**power for power in range(count - 1, -1, -1)])


def stage_shares(short: int, coarsest: int, stages: int) -> list[float]:
    """The sizes of growing stages as shares of the finest, whose short side is `short`; the coarsest's is `coarsest`.

    They lie near to one another where pictures are small (Hinz et al. 2021). Fewer, if the picture is no larger.

    >>> [math.ceil(164 * share - 1e-6) for share in stage_shares(164, 25, 6)]
    [25, 31, 41, 59, 113, 164]
    """
    last = stages - 1
    if short <= coarsest or not last:
        return [1.0]
    ratio, bend = (coarsest / short) ** (1 / last), (last - 1) / math.log(last) if last > 1 else 0.0
    return [ratio ** (1 + bend * math.log(last - number)) for number in range(last)] + [1.0]


def sizes_by(size: Size, shares: Sequence[float]) -> list[Size]:
    """A size at each of some shares of it, rounded up, but for what a root has lost."""
    return [tuple(max(1, math.ceil(side * share - 1e-6)) for side in size) for share in shares]  # type: ignore[misc]
