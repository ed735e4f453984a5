"""The nearest of given feature vectors, by the angle between vectors."""

from __future__ import annotations

import torch

BLOCK = 1 << 24  # cosines that are held at a time


def directions(vectors: torch.Tensor) -> torch.Tensor:
    """Unit vectors (n, C) along `vectors` (n, C) less their mean; zero where nothing is left.

    The angle between two such is the centred cosine distance of Kolkin et al. 2022, section 3.2. Features are hardly
    ever negative, so as they are nearly all would point the same way.
    """
    centred = vectors - vectors.mean(0)
    unit: torch.Tensor = centred / centred.norm(dim=1, keepdim=True).clamp_min(1e-8)
    return unit


def nearest_directions(queries: torch.Tensor, keys: torch.Tensor, *, block: int = BLOCK) -> torch.Tensor:
    """For each of `queries` (n, C) the number of the one of `keys` (m, C) at the least angle, int64 (n,).

    Both are unit vectors. The matrix of cosines goes by in blocks of about `block`; the whole is never there.

    >>> nearest_directions(torch.tensor([[0.6, 0.8]]), torch.eye(2))
    tensor([1])
    """
    found = torch.empty(len(queries), dtype=torch.int64, device=queries.device)
    rows = max(1, block // len(keys))
    for first in range(0, len(queries), rows):
        part = slice(first, first + rows)
        found[part] = (queries[part] @ keys.T).argmax(dim=1)
    return found
