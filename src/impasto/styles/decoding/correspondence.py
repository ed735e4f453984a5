"""Which place of a painting is most like each place of a photo, and what the painting has there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.styles.decoding.transport import planes, rows

BLOCK = 2048  # places of the photo that are compared at once
MOST = 2**23  # distances that are held at once: 32 MiB
SOME = 4  # every fourth of them shows which places of the painting nothing is near to
ROUNDS = 2  # of asking the four neighbours
ALIKE = 0.1  # variance of a place from its neighbours, over that of the painting's places, below which it is alike
PLASTIC = 0.7548776662466927  # the inverse of the plastic number; with its square the most even (Roberts 2018)
WINDOW = (1.0, 3.0, 1.0)  # weights of the three rows, and columns, of a patch


def nearest(queries: Tensor, keys: Tensor, alpha: float) -> Tensor:
    """For each query the number of the best key: (Q,) for descriptors (Q, D) and (K, D).

    The best one has the least |q - k|^2 / (alpha + min_q |q - k|^2), so that keys that nothing is near to are taken
    too (Granot et al. 2022, equation 2); here `alpha` is in units of the second term's mean, and the least is taken
    over some of the queries.
    """
    norms = keys.square().sum(1, keepdim=True)
    some = queries[::SOME]
    reached = torch.full_like(norms, torch.inf)
    for part in _blocks(some, keys):
        away = torch.addmm(norms, keys, part.T, alpha=-2) + part.square().sum(1)
        reached = torch.minimum(reached, away.amin(1, keepdim=True))
    reached = reached.clamp_min(0)
    weights = 1 / (alpha * reached.mean() + reached + 1e-9)
    # The weighted distances as one product: w (|q|^2 - 2 q k + |k|^2).
    right = torch.cat([-2 * weights * keys, weights, weights * norms], dim=1).T
    left = torch.cat([queries, queries.square().sum(1, keepdim=True), torch.ones_like(queries[:, :1])], dim=1)
    return torch.cat([(part @ right).argmin(1) for part in _blocks(left, keys)])


def stirred(queries: Tensor, size: tuple[int, int], keys: Tensor, amount: float) -> Tensor:
    """Descriptors (h * w, D) that differ a little from one another where they were alike, as in a clear sky.

    They would all find the same place, and the painting's patch there would be laid beside itself like tiles. What is
    added is the fractional part of multiples of irrational numbers: without a period, and the same each time.

    size: (h, w). keys: what will be compared with them, (K, D). amount: in deviations of the keys.
    """
    (height, width), deviations = size, keys.std(0, correction=0)
    grid = planes(queries / deviations.clamp_min(1e-6), height, width)
    unlike = (grid - F.avg_pool2d(grid, 3, 1, 1, count_include_pad=False)).square().mean(1).flatten()
    number = torch.arange(1, queries.shape[1] + 1, device=queries.device)
    down = torch.arange(height, device=queries.device)[:, None, None] * (number * PLASTIC % 1)
    right = torch.arange(width, device=queries.device)[:, None] * (number * PLASTIC**2 % 1)
    shares = ((down + right) % 1 - 0.5).reshape(-1, queries.shape[1]) * 12**0.5  # of variance 1
    amounts = amount * (1 - unlike / ALIKE).clamp_min(0)
    return queries + amounts[:, None] * deviations * shares


def _blocks(queries: Tensor, keys: Tensor) -> Sequence[Tensor]:
    """The queries, some at a time; all at once in a graph, which cannot have as many blocks as it happens to need."""
    if torch.compiler.is_exporting():
        return [queries]
    return torch.split(queries, min(BLOCK, max(1, MOST // len(keys))))


def cohere(
    places: Tensor, queries: Tensor, size: tuple[int, int], keys: Tensor, keys_size: tuple[int, int], patience: float
) -> Tensor:
    """Let neighbours be copied from neighbours: `places` (h * w,) with fewer jumps.

    A cell takes the place beside its neighbour's if that is at most 1 + `patience` times as far from it as its own
    (the coherence of Hertzmann et al. 2001, section 3.2); in the rounds after the first one only if it is nearer.

    queries, keys: descriptors (h * w, D) and (h' * w', D). size, keys_size: (h, w) and (h', w').
    """
    (height, width), (last, columns_) = size, keys_size
    queries = queries.reshape(height, width, -1)
    row = places.reshape(height, width) // columns_
    column = places.reshape(height, width) - row * columns_  # a remainder by a size cannot be exported

    def distance(row: Tensor, column: Tensor) -> Tensor:
        return (queries - keys[row * columns_ + column]).square().sum(-1)

    best = distance(row, column)
    # Every other cell at a time: a cell that asks must find its neighbour where it was.
    squares = (torch.arange(height, device=places.device)[:, None] + torch.arange(width, device=places.device)) % 2
    asking = [squares == square for square in range(2)]
    for number in range(ROUNDS):
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            for asks in asking:
                near_row = (_neighbour(row, down, right) + down).clamp(0, last - 1)
                near_column = (_neighbour(column, down, right) + right).clamp(0, columns_ - 1)
                near = distance(near_row, near_column)
                nearer = near < best * (1 + patience) if number == 0 else near < best
                taken = nearer & asks
                row, column = torch.where(taken, near_row, row), torch.where(taken, near_column, column)
                best = torch.where(taken, near, best)
    return (row * columns_ + column).flatten()


def _neighbour(plane: Tensor, down: int, right: int) -> Tensor:
    """Each cell's neighbour above (down = 1), to the left (right = 1), and so on; its own at the border."""
    dimension = 0 if down else 1
    length = plane.shape[dimension]
    if down + right > 0:
        return torch.cat([plane.narrow(dimension, 0, 1), plane.narrow(dimension, 0, length - 1)], dimension)
    return torch.cat([plane.narrow(dimension, 1, length - 1), plane.narrow(dimension, length - 1, 1)], dimension)


def blocks(features: Tensor, scale: int) -> Tensor:
    """Cells of `scale` x `scale` pixels of features (1, C, h, w) as rows (cells, scale * scale * C)."""
    _, channels, height, width = features.shape
    parts = features.permute(0, 2, 3, 1).reshape(height // scale, scale, width // scale, scale, channels)
    return parts.transpose(1, 2).reshape(-1, scale * scale * channels)


def joined(blocks: Tensor, height: int, width: int, scale: int) -> Tensor:
    """The inverse of `blocks`: features (1, C, h, w), channels last, of `height` x `width` cells."""
    parts = blocks.reshape(height, width, scale, scale, -1).transpose(1, 2)
    return parts.reshape(1, height * scale, width * scale, -1).permute(0, 3, 1, 2)


def vote(source: Tensor, places: Tensor, height: int, width: int) -> Tensor:
    """Features (1, C, height, width) put together from the 3x3 patches of a source around `places`.

    source: (1, C, h, w). places: (height * width,), numbers of the source's cells. A pixel is the weighted mean of
    what the patches of its neighbours say of it.
    """
    around = F.pad(source, (1, 1, 1, 1), mode="replicate")
    total: Tensor | None = None
    for down in range(3):
        for right in range(3):
            shifted = around[..., down : down + source.shape[-2], right : right + source.shape[-1]]
            said = planes(rows(shifted)[places], height, width)
            said = torch.cat([said, torch.ones_like(said[:, :1])], dim=1) * (WINDOW[down] * WINDOW[right])
            # What the patch around a pixel says of its neighbour goes to that neighbour.
            said = F.pad(said, (right, 2 - right, down, 2 - down))
            total = said if total is None else total + said
    assert total is not None
    return (total[:, :-1] / total[:, -1:])[..., 1:-1, 1:-1]
