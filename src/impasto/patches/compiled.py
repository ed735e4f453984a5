"""PatchMatch on the CPU, by the compiled kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from impasto.patches.matching import Matching

if TYPE_CHECKING:
    import numpy as np


class CompiledSearch:
    """Holds two pictures as the kernels want them."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._queries, self._keys = _interleaved(matching.queries), _interleaved(matching.keys)
        self._rows, self._columns = matching.rows.numpy(), matching.columns.numpy()
        self._counted = matching.counted.contiguous().numpy()
        self._allowed = matching.allowed.contiguous().numpy()
        self._sizes = (matching.patch, len(matching.keys), matching.queries.shape[2], matching.keys.shape[2])

    def scores(self, field: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
        """The sum of squared differences of each query patch and its key, over the key's `norm`; (h, w)."""
        from impasto.patches.kernels import measure

        score = torch.empty(field.shape[:2])
        pictures = self._queries, self._keys, self._rows, self._columns, self._counted
        measure(*pictures, field.numpy(), score.numpy(), norm.numpy(), *self._sizes)
        return score

    def search(
        self,
        field: torch.Tensor,
        norm: torch.Tensor,
        *,
        rounds: int,
        seed: int,
        radius: int,
        hints: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Improve a field; return it and its scores.

        hints: the field and the scores of the opposite search, of which this one can learn.
        """
        from impasto.patches.kernels import improve, turn_round

        field = field.contiguous().clone()
        score = self.scores(field, norm)
        if hints is not None:
            opposite, scores = hints
            turn_round(opposite.numpy(), scores.numpy(), self._allowed, field.numpy(), score.numpy())
        for number in range(rounds):
            improve(
                self._queries,
                self._keys,
                self._rows,
                self._columns,
                self._counted,
                self._allowed,
                field.numpy().copy(),
                field.numpy(),
                score.numpy(),
                norm.numpy(),
                *self._sizes,
                *self._matching.period,
                self._matching.wrap,
                number % 2 == 1,
                radius,
                (seed * 1_000_003 + number) % 2**63,
            )
        return field, score


def _interleaved(picture: torch.Tensor) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = picture.detach().permute(1, 2, 0).float().contiguous().flatten().numpy()
    return array
