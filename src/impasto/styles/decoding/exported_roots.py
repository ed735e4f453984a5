"""Matrix square roots for runtimes that have no eigenvalues: an operator of our own."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 30
"""An eigenvalue of c times the largest takes about log(1 / c) / log(2.25) rounds to come, and five more to settle."""


def iterated_roots(matrix: Tensor, rounds: int = ROUNDS) -> tuple[Tensor, Tensor]:
    """The square root of a symmetric positive definite matrix (C, C), and its inverse, in products alone.

    The coupled Newton-Schulz iteration (Higham 2008, "Functions of Matrices", equation 6.35).
    """
    identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    scale = matrix.square().sum().sqrt()
    root, inverse = matrix / scale, identity
    for _ in range(rounds):
        step = 1.5 * identity - 0.5 * inverse @ root
        root, inverse = root @ step, step @ inverse
    return root * scale.sqrt(), inverse / scale.sqrt()


@torch.library.custom_op("impasto::matrix_square_roots", mutates_args=())
def exported_roots(matrix: Tensor) -> Tensor:
    """`iterated_roots`, (2, C, C), as one node of an exported program."""
    return torch.stack(iterated_roots(matrix))


@exported_roots.register_fake
def _(matrix: Tensor) -> Tensor:
    return matrix.new_empty((2, *matrix.shape))
