"""The Fréchet distance between two sets of vectors, from means and covariances that are gathered as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from impasto.errors import InputError


class Moments:
    """The mean and the covariance of vectors that come batch by batch, in float64.

    Each batch's own are merged with those so far, so that nothing is lost to large sums (Chan, Golub & LeVeque 1979).
    """

    def __init__(self, dimensions: int, device: torch.device | str = "cpu") -> None:
        self.count = 0
        self.mean = torch.zeros(dimensions, dtype=torch.float64, device=device)
        self.scatter = torch.zeros(dimensions, dimensions, dtype=torch.float64, device=device)

    @classmethod
    def of(cls, vectors: torch.Tensor) -> Moments:
        """Those of vectors (n, D)."""
        made = cls(vectors.shape[1], vectors.device)
        made.add(vectors)
        return made

    def add(self, vectors: torch.Tensor) -> None:
        """Take vectors (n, D) in; n may be 0."""
        if len(vectors):
            vectors = vectors.to(self.mean)
            mean = vectors.mean(0)
            centred = vectors - mean
            self._merge(len(vectors), mean, centred.T @ centred)

    def together(self, other: Moments) -> Moments:
        """Those of both sets of vectors as one."""
        both = Moments(len(self.mean), self.mean.device)
        for each in (self, other):
            if each.count:
                both._merge(each.count, each.mean, each.scatter)
        return both

    @property
    def covariance(self) -> torch.Tensor:
        """(D, D), with n - 1 below the line. Raises InputError for fewer than two vectors."""
        if self.count < 2:
            raise InputError(f"a covariance needs 2 vectors or more, got {self.count}")
        return self.scatter / (self.count - 1)

    def state_dict(self) -> dict[str, Any]:
        """All that it knows."""
        return {"count": self.count, "mean": self.mean.clone(), "scatter": self.scatter.clone()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.count = int(state["count"])
        self.mean.copy_(state["mean"])
        self.scatter.copy_(state["scatter"])

    def _merge(self, count: int, mean: torch.Tensor, scatter: torch.Tensor) -> None:
        together = self.count + count
        apart = mean - self.mean
        self.scatter += scatter + torch.outer(apart, apart) * (self.count * count / together)
        self.mean += apart * (count / together)
        self.count = together


def frechet_distance(first: Moments, second: Moments) -> float:
    """The squared Fréchet distance between the Gaussians with these moments, as "FID" is everywhere.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson & Landau 1982; Heusel et al. 2017). It is the same in both
    directions, and of n vectors each on average too large by about a constant over n: compare sets of one size.
    """
    return squared_distance(first.mean, first.covariance, second.mean, second.covariance)


def squared_distance(mean1: torch.Tensor, cov1: torch.Tensor, mean2: torch.Tensor, cov2: torch.Tensor) -> float:
    """The same of means (D,) and covariances (D, D), float64; these may be of any rank."""
    values, vectors = torch.linalg.eigh(cov1)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    # C1 C2 has the eigenvalues of the symmetric C1^(1/2) C2 C1^(1/2), which are real and not negative.
    cross = torch.linalg.eigvalsh(root @ cov2 @ root).clamp_min(0).sqrt().sum()
    distance = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * cross
    return max(0.0, float(distance))


def resampled_frechet(
    first: torch.Tensor, second: torch.Tensor, weights1: torch.Tensor, weights2: torch.Tensor
) -> torch.Tensor:
    """The distances (B,) between vectors (n, D) and (m, D) that are counted (B, n) and (B, m) times."""
    centre = second.double().mean(0)
    sets = [vectors.double() - centre for vectors in (first, second)]
    found = []
    for one, two in zip(weights1, weights2, strict=True):
        found.append(squared_distance(*_weighted(sets[0], one), *_weighted(sets[1], two)))
    return torch.tensor(found, dtype=torch.float64)


def _weighted(vectors: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean and the covariance of vectors (n, D), each counted so many times."""
    weights = weights.to(vectors)
    count = weights.sum()
    mean = weights @ vectors / count
    centred = vectors - mean
    return mean, (centred * weights[:, None]).T @ centred / (count - 1)
