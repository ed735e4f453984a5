"""How good and how various pictures are, each by itself: balls around the vectors of two sets, and who lies in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from impasto.errors import InputError

BLOCK = 1024  # vectors that are compared with all others at a time
EQUAL = 1e-10  # of the mean squared length: squared distances that differ by less are one distance


@dataclass(frozen=True)
class Balls:
    """Who lies in whose ball. A vector's ball reaches to its k-th nearest other one of its own set.

    made_in_real, real_in_made: (m,) and (n,) bool, whether it lies in any ball of the other set, of
        `neighbours` (Kynkäänniemi et al. 2019, k = 3).
    holds, covered: (m,) int64, in how many balls of real vectors each made one lies, and (n,) bool, whether a real
        one's ball holds any made one, of `density_neighbours` (Naeem et al. 2020, k = 5).
    density_neighbours: that k.
    """

    made_in_real: torch.Tensor
    real_in_made: torch.Tensor
    holds: torch.Tensor
    covered: torch.Tensor
    density_neighbours: int

    @property
    def precision(self) -> float:
        """The share of made vectors that lie among the real ones: how good they are."""
        return float(self.made_in_real.double().mean())

    @property
    def recall(self) -> float:
        """The share of real vectors that lie among the made ones: how much of what there is they can be."""
        return float(self.real_in_made.double().mean())

    @property
    def density(self) -> float:
        """In how many balls of real ones a made one lies, over k; above 1 where made ones gather at the thickest."""
        return float(self.holds.double().mean()) / self.density_neighbours

    @property
    def coverage(self) -> float:
        """The share of real vectors with a made one in their ball."""
        return float(self.covered.double().mean())


def balls(made: torch.Tensor, real: torch.Tensor, *, neighbours: int = 3, density_neighbours: int = 5) -> Balls:
    """Compare all vectors (m, D) with all (n, D), exactly, in blocks: memory is a block's, time is that of m n D.

    A vector on a ball's edge lies in it, as in Kynkäänniemi's own code (`prdc` leaves it out; it matters only where
    vectors come twice). Packages exchange the two sets, and with them precision and recall: here `precision` is always
    the share of the made ones.

    Raises InputError if a set has no more vectors than neighbours are asked for.
    """
    most = max(neighbours, density_neighbours)
    if min(len(made), len(real)) <= most:
        raise InputError(
            f"{most} neighbours need {most + 1} pictures or more in each set, got {len(made)}, {len(real)}"
        )
    centre = real.double().mean(0)  # far from zero, the differences of large numbers would say little
    made, real = made.double() - centre, real.double() - centre
    equal = EQUAL * float(torch.cat([made, real]).square().sum(1).mean())
    of_made, of_real = (_radii(vectors, most) + equal for vectors in (made, real))
    made_in_real, holds = [], []
    real_in_made = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for rows, squared in _squared_distances(made, real):
        made_in_real.append((squared <= of_real[:, neighbours - 1]).any(1))
        real_in_made |= (squared <= of_made[rows, neighbours - 1, None]).any(0)
        inside = squared <= of_real[:, density_neighbours - 1]
        holds.append(inside.sum(1))
        covered |= inside.any(0)
    return Balls(torch.cat(made_in_real), real_in_made, torch.cat(holds), covered, density_neighbours)


def _radii(vectors: torch.Tensor, most: int) -> torch.Tensor:
    """The squared distances (n, most) of each vector from its nearest others, ascending."""
    found = []
    for rows, squared in _squared_distances(vectors, vectors):
        here = torch.arange(len(squared))
        squared[here, here + rows.start] = torch.inf
        found.append(squared.topk(most, dim=1, largest=False).values)
    return torch.cat(found)


def _squared_distances(x: torch.Tensor, y: torch.Tensor) -> Iterator[tuple[slice, torch.Tensor]]:
    """Blocks of rows of the squared distances between vectors (n, D) and (m, D)."""
    lengths = y.square().sum(1)
    for start in range(0, len(x), BLOCK):
        block = x[start : start + BLOCK]
        squared = block.square().sum(1)[:, None] + lengths - 2 * block @ y.T
        yield slice(start, start + len(block)), squared.clamp_min_(0)
