"""What a critic and a generator want of each other: four losses of generative adversarial networks.

All take scores, any real numbers, of which larger means more real; none needs a sigmoid before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

Score = Callable[["torch.Tensor"], "torch.Tensor"]

LossName = Literal["bce", "lsgan", "hinge", "wasserstein"]


@dataclass(frozen=True)
class AdversarialLoss:
    """How far a score (any shape) is from what is wanted: of real pictures, of drawn ones, and by the generator.

    border: the score from which on a picture is rather taken for a real one.
    """

    real: Score
    fake: Score
    drawn: Score
    border: float = 0.0

    def of_critic(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        """The critic's loss, a scalar, for its scores of real pictures and of drawn ones."""
        return self.real(real).mean() + self.fake(fake).mean()

    def of_generator(self, fake: torch.Tensor) -> torch.Tensor:
        """The generator's loss, a scalar, for the critic's scores of its pictures."""
        return self.drawn(fake).mean()


def _softplus(scores: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.softplus(scores)


def _away(scores: torch.Tensor) -> torch.Tensor:
    return -scores


ADVERSARIAL: dict[str, AdversarialLoss] = {
    # Goodfellow et al. 2014: cross-entropy, -log s(D(x)) and -log(1 - s(D(x~))); G's is the one that does not saturate.
    "bce": AdversarialLoss(
        real=lambda scores: _softplus(-scores), fake=_softplus, drawn=lambda scores: _softplus(-scores)
    ),
    # Mao et al. 2017, targets 1 and 0, with their halves.
    "lsgan": AdversarialLoss(
        real=lambda scores: 0.5 * (scores - 1).square(),
        fake=lambda scores: 0.5 * scores.square(),
        drawn=lambda scores: 0.5 * (scores - 1).square(),
        border=0.5,
    ),
    # Lim & Ye 2017; Miyato et al. 2018.
    "hinge": AdversarialLoss(
        real=lambda scores: torch.relu(1 - scores), fake=lambda scores: torch.relu(1 + scores), drawn=_away
    ),
    # Arjovsky et al. 2017; it needs a critic that is kept smooth (see `impasto.losses.penalties`).
    "wasserstein": AdversarialLoss(real=_away, fake=lambda scores: scores, drawn=_away),
}
