"""Where each patch of a picture comes from: the position map, and what of the picture was copied in one piece."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impasto.patches import Matching, nearest_exact


@dataclass(frozen=True)
class PositionMap:
    """For each patch of an output, the place of the exemplar's nearest patch (upper left pixels).

    A *run* is a maximal stretch of neighbouring patches, along one row or one column of the map, that all have the
    same displacement: one step to the right in the output is one step to the right in the exemplar. There, the output
    is a copy of a piece of the exemplar (as far as `distance` is small).
    """

    places: torch.Tensor  # (h, w, 2) int64: row and column in the exemplar
    starts: torch.Tensor  # (h, w, 2) int64: row and column in the output
    exemplar: tuple[int, int]  # (height, width) of the exemplar
    patch: int
    distance: float  # root mean square difference between a value of a patch and of its nearest one

    @property
    def copied_share(self) -> float:
        """The share of patches that lie in a run of at least as many pixels as a patch is wide.

        1 for a crop of the exemplar; near 0 where neighbours in the output come from anywhere.
        """
        along_rows, along_columns = self._run_lengths(1), self._run_lengths(0)
        least = [max(2, min(self._least_run, side)) for side in self.places.shape[:2]]
        copied = (along_rows >= least[1]) | (along_columns >= least[0])
        return float(copied.float().mean())

    @property
    def mean_run_length(self) -> float:
        """The mean length in patches of the runs along rows: the number of patches over the number of runs."""
        same = self._continues(1)
        return same.shape[0] * (same.shape[1] + 1) / float((~same).sum() + same.shape[0])

    @property
    def longest_run(self) -> int:
        """The length in patches of the longest run along a row."""
        return int(self._run_lengths(1).max())

    @property
    def coverage(self) -> float:
        """The share of the exemplar's patches that are nearest to at least one patch of the output."""
        height, width = (side - self.patch + 1 for side in self.exemplar)
        used = torch.zeros(height, width, dtype=torch.bool)
        used[self.places[..., 0], self.places[..., 1]] = True
        return float(used.float().mean())

    @property
    def _least_run(self) -> int:
        steps = self.starts[:, 1:, 1] - self.starts[:, :-1, 1]
        every = int(steps.max()) if steps.numel() else 1
        return -(-self.patch // every)

    def _continues(self, axis: int) -> torch.Tensor:
        """Whether each patch but the first has the displacement of the one before it along `axis`."""
        displacement = self.places - self.starts
        return (displacement.diff(dim=axis) == 0).all(dim=-1)

    def _run_lengths(self, axis: int) -> torch.Tensor:
        """For each patch, (h, w), the length of the run along `axis` that it lies in."""
        same = self._continues(axis)
        same = same if axis == 1 else same.T
        begins = torch.nn.functional.pad(~same, (1, 0), value=True)
        runs = begins.flatten().cumsum(0) - 1
        lengths = torch.bincount(runs)[runs].view(begins.shape)
        return lengths if axis == 1 else lengths.T


def position_map(output: torch.Tensor, exemplar: torch.Tensor, *, patch: int = 7, every: int = 1) -> PositionMap:
    """Find for each patch of `output` (3, H, W) the nearest patch of `exemplar` (3, h, w), by exact search.

    Of equally near patches the first in reading order counts. `every` looks at every second (third ...) patch of the
    output in both directions; the time is proportional to the patches looked at times those of the exemplar.

    Raises InputError if a picture is smaller than a patch.

    >>> picture = torch.rand(3, 20, 20)
    >>> found = position_map(picture[:, 4:16, 2:18], picture, patch=5)
    >>> found.places[0, 0].tolist(), found.copied_share
    ([4, 2], 1.0)
    """
    matching = Matching.of(output, exemplar, patch, stride=every)
    match = nearest_exact(matching)
    starts = torch.stack(torch.meshgrid(matching.rows, matching.columns, indexing="ij"), dim=-1)
    return PositionMap(
        places=match.field.long().cpu(),
        starts=starts.cpu(),
        exemplar=(exemplar.shape[1], exemplar.shape[2]),
        patch=patch,
        distance=float(match.distance.mean().sqrt()),
    )
