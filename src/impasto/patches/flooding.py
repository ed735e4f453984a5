"""PatchMatch with tensors only, for GPUs: all patches at once learn from neighbours near and far (jump flooding)."""

from __future__ import annotations

import torch

from impasto.patches.matching import Matching

JUMPS = (8, 4, 2, 1)  # how far, in patches, the neighbours are that a round looks at, one after another


class TensorSearch:
    """Holds two pictures, on any device."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        device = matching.keys.device
        self._rows, self._columns = matching.rows.to(device), matching.columns.to(device)

    def scores(self, field: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
        """The sum of squared differences of each query patch and its key, over the key's `norm`; (h, w)."""
        y, x = field[..., 0].long(), field[..., 1].long()
        total = torch.zeros(field.shape[:2], device=field.device)
        matching = self._matching
        for dy in range(matching.patch):
            for dx in range(matching.patch):
                ours = matching.queries[:, (self._rows + dy)[:, None], self._columns + dx]
                total += (ours - matching.keys[:, y + dy, x + dx]).square().sum(0)
        return torch.where(matching.counted, total / norm[y, x], 0.0)

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
        random = torch.Generator(device=field.device).manual_seed(seed % 2**63)
        best = field.clone(), self.scores(field, norm)
        if hints is not None:
            best = self._better(best, self._turned_round(hints[0], best[0]), norm)
        for _ in range(rounds):
            for jump in JUMPS:
                for step in ((-jump, 0), (jump, 0), (0, -jump), (0, jump)):
                    best = self._better(best, self._neighbours(best[0], step), norm)
            reach = radius
            while reach >= 1:
                best = self._better(best, self._around(best[0], reach, random), norm)
                reach //= 2
        return best

    def _better(
        self, best: tuple[torch.Tensor, torch.Tensor], candidates: torch.Tensor, norm: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Of a field with its scores and of candidates (h, w, 2) what is nearer, patch by patch."""
        field, score = best
        kh, kw = self._matching.allowed.shape
        y, x = candidates[..., 0], candidates[..., 1]
        inside = (y >= 0) & (x >= 0) & (y < kh) & (x < kw) & self._matching.counted
        candidates = torch.where(inside[..., None], candidates, field)
        inside &= self._matching.allowed[candidates[..., 0].long(), candidates[..., 1].long()]
        theirs = self.scores(candidates, norm)
        taken = inside & (theirs < score)
        return torch.where(taken[..., None], candidates, field), torch.where(taken, theirs, score)

    def _neighbours(self, field: torch.Tensor, step: tuple[int, int]) -> torch.Tensor:
        """What the neighbours `step` patches away suggest; the field's own where there is none."""
        h, w = field.shape[:2]
        height, width = self._matching.period
        i, j = torch.arange(h, device=field.device) + step[0], torch.arange(w, device=field.device) + step[1]
        down = self._rows - self._rows[i % h] - torch.div(i, h, rounding_mode="floor") * height
        right = self._columns - self._columns[j % w] - torch.div(j, w, rounding_mode="floor") * width
        shift = torch.stack([down[:, None].expand(h, w), right.expand(h, w)], dim=-1).int()
        suggested = field[(i % h)[:, None], j % w] + shift
        if self._matching.wrap:
            return suggested
        there = ((i >= 0) & (i < h))[:, None] & (j >= 0) & (j < w)
        return torch.where(there[..., None], suggested, field)

    def _around(self, field: torch.Tensor, reach: int, random: torch.Generator) -> torch.Tensor:
        """Places within `reach` of the field's own."""
        kh, kw = self._matching.allowed.shape
        limit = field.new_tensor([kh - 1, kw - 1])
        low, high = (field - reach).clamp_min(0), torch.minimum(field + reach, limit)
        chance = torch.rand(field.shape, generator=random, device=field.device)
        return torch.minimum(low + (chance * (high - low + 1)).int(), high)

    def _turned_round(self, opposite: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
        """For each query patch a key patch whose nearest query it is; its own where there is none."""
        counted = self._matching.allowed  # the opposite search's queries are the keys here
        turned = field.clone()
        places = opposite[counted].long()
        first = torch.full(field.shape[:2], counted.numel(), device=field.device).flatten()
        number = torch.arange(counted.numel(), device=field.device).view(counted.shape)[counted]
        first.scatter_reduce_(0, places[:, 0] * field.shape[1] + places[:, 1], number, "amin")
        first = first.view(field.shape[:2])
        found = first < counted.numel()
        taken = first[found]
        width = counted.shape[1]
        turned[found] = torch.stack([taken // width, taken % width], dim=1).int()
        return turned
