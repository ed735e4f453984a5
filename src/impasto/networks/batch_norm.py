"""Batch norm (Ioffe & Szegedy 2015) whose statistics are those of the whole batch, also where processes share it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

Total = Callable[[Tensor], Tensor]
"""The sum of a tensor over the processes, which gradients can go back through."""


class BatchNorm(nn.BatchNorm2d):
    """torch's own, for features (N, C, H, W) or (N, C); torch's for several processes refuses processors."""

    total: Total | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Normalise by the statistics of the batch in training, by the running ones otherwise."""
        if self.total is None or not self.training:
            return super().forward(features)
        axes = [axis for axis in range(features.ndim) if axis != 1]
        shape = [1, -1] + [1] * (features.ndim - 2)
        count = self.total(features.new_full((), features.numel() / features.shape[1]))
        mean = self.total(features.sum(axes)) / count
        centred = features - mean.reshape(shape)
        variance = self.total(centred.square().sum(axes)) / count
        self._follow(mean.detach(), (variance * count / (count - 1)).detach())
        scaled = centred * (variance + self.eps).rsqrt().reshape(shape)
        if self.weight is None:
            return scaled
        return scaled * self.weight.reshape(shape) + self.bias.reshape(shape)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in (2, 4):
            raise ValueError(f"batch norm takes features (N, C, H, W) or (N, C), got {input.ndim} dimensions")


def share_statistics(network: nn.Module, total: Total | None) -> None:
    """Let all batch norm of a network take the statistics of all processes' parts of a batch."""
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.total = total


def settle(network: nn.Module, batches: Callable[[int], object], count: int) -> None:
    """Give all batch norm of a network the mean statistics over `count` batches (Wu & Johnson 2021, section 3).

    batches: carries the batch of that number through the network. It ends in eval mode.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    share_statistics(network, None)  # one process may do so by itself
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all
    if norms:
        network.train()
        for number in range(count):
            batches(number)
    network.eval()
