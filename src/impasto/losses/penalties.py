"""What keeps a critic smooth: penalties on the gradient of its score, at every step or at every k-th."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch

Critic = Callable[["torch.Tensor"], "torch.Tensor"]

PenaltyName = Literal["interpolated", "real"]

TINY = 1e-12  # under a root, which has no gradient at 0, where a critic of constants is


def interpolated_penalty(critic: Critic, real: torch.Tensor, fake: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return mean (|grad D(x)| - 1)^2 at x = share * real + (1 - share) * fake (Gulrajani et al. 2017), a scalar.

    critic: pictures (N, C, H, W) to scores, one for each; it must not normalise over the batch, for then a picture's
        gradient is also that of the others' scores.
    share: (N,) in [0, 1], drawn by the run's own generator.
    """
    share = share[:, None, None, None]
    squares = _squares(critic, share * real + (1 - share) * fake)
    return ((squares + TINY).sqrt() - 1).square().mean()


def real_penalty(critic: Critic, real: torch.Tensor) -> torch.Tensor:
    """Return mean |grad D(x)|^2 / 2 at real pictures x (R1 of Mescheder et al. 2018), a scalar."""
    return 0.5 * _squares(critic, real).mean()


def lazily(step: int, every: int) -> int:
    """How often a penalty counts at this step that is taken at every so-many-th: 0, or as often as it was left out.

    (Karras et al. 2020, section 3.1.)

    >>> [lazily(step, 4) for step in range(6)]
    [4, 0, 0, 0, 4, 0]
    """
    return 0 if step % every else every


def _squares(critic: Critic, pictures: torch.Tensor) -> torch.Tensor:
    """The squared norms (N,) of the score's gradients, which can be differentiated again."""
    pictures = pictures.detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(pictures).sum(), pictures, create_graph=True)
    return slope.flatten(1).square().sum(1)
