"""One update of one optimiser: gradients set to nothing, added up over parts, averaged over processes, and a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import torch

from impasto.optimizers import without_compiler
from impasto.training.team import ALONE, Team

if TYPE_CHECKING:
    from torch import nn

Losses = Mapping[str, "torch.Tensor"]

OptimizerName = Literal["adam", "sgd", "rmsprop"]


def update(
    optimizer: torch.optim.Optimizer, *terms: Callable[[], Losses], team: Team = ALONE, clip: float = 0.0
) -> dict[str, torch.Tensor]:
    """Take one step down the sum of all losses of all terms (the phase of Karras et al. 2021).

    terms: each draws up some losses by name, whose graphs are let go before the next one's; a loss that several have,
        such as of the parts of a batch, is their sum.
    team: the processes whose gradients are averaged, each having an equal part of the batch.
    clip: the largest norm of all gradients together; 0 takes them as they are.

    Returns the losses, detached.
    """
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    optimizer.zero_grad(set_to_none=True)
    found: dict[str, torch.Tensor] = {}
    for term in terms:
        losses = term()
        torch.autograd.backward(torch.stack(list(losses.values())).sum(), inputs=parameters)
        for name, loss in losses.items():
            found[name] = found[name] + loss.detach() if name in found else loss.detach()
    team.average(parameters)
    if clip:
        torch.nn.utils.clip_grad_norm_(parameters, clip)
    optimizer.step()
    return found


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let nothing compute the gradients of a network's parameters, which only others are to learn from."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def optimizer_of(
    name: OptimizerName, network: nn.Module, rate: float, *, beta1: float = 0.5, decay: float = 0.0
) -> torch.optim.Optimizer:
    """The optimiser of all of a network's parameters.

    beta1: of Adam; of SGD it is the momentum, and RMSprop does without.
    decay: weight of half of the squared norm of the parameters (L2).
    """
    parameters = list(network.parameters())
    if name == "rmsprop":
        return _laid_out(torch.optim.RMSprop)(parameters, lr=rate, weight_decay=decay)
    if name == "sgd":
        return _laid_out(torch.optim.SGD)(parameters, lr=rate, momentum=beta1, weight_decay=decay, fused=True)
    return _laid_out(torch.optim.Adam)(parameters, lr=rate, betas=(beta1, 0.999), weight_decay=decay, fused=True)


def adam_of_parts(parts: Sequence[tuple[nn.Module, float]], rate: float, *, beta1: float) -> torch.optim.Optimizer:
    """Adam for several parts of a network, each with its share of the step size, which `set_rate` keeps to."""
    groups = [{"params": list(part.parameters()), "lr": rate * share, "share": share} for part, share in parts]
    return _laid_out(torch.optim.Adam)(groups, lr=rate, betas=(beta1, 0.999), fused=True)


def _laid_out(kind: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """An optimiser whose moments lie in memory as their parameters do, also when they come from a checkpoint.

    A fused step goes through the numbers as they lie, and a checkpoint has all of them in the plain order.
    """
    bare = without_compiler(kind)

    def load_state_dict(self: torch.optim.Optimizer, state: dict[str, object]) -> None:
        bare.load_state_dict(self, state)
        for parameter, values in self.state.items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                    values[name] = torch.empty_like(parameter).copy_(value)

    return type(kind.__name__, (bare,), {"load_state_dict": torch.no_grad()(load_state_dict)})
