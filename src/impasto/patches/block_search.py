"""How well each block of an exemplar fits, for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impasto.errors import InputError


@dataclass(frozen=True)
class BlockSearch:
    """Compares a block with all blocks of an exemplar at once, in the frequency domain."""

    exemplar: torch.Tensor  # (C, H, W), its mean taken away: smaller values lose less
    mean: torch.Tensor  # (C, 1, 1)
    spectra: torch.Tensor  # of the exemplar and its squares, (2, C, h, w // 2 + 1)
    block: int

    @staticmethod
    def of(exemplar: torch.Tensor, block: int) -> BlockSearch:
        """Prepare an exemplar (C, H, W), of any channels. Raises InputError if it is smaller than a block."""
        height, width = exemplar.shape[1:]
        if min(height, width) < block:
            raise InputError(f"an exemplar of {width}x{height} pixels is smaller than a block of {block}")
        mean = exemplar.mean(dim=(1, 2), keepdim=True)
        exemplar = exemplar - mean
        size = (_smooth(height), _smooth(width))
        spectra = torch.fft.rfft2(torch.stack([exemplar, exemplar.square()]), s=size)
        return BlockSearch(exemplar, mean, spectra, block)

    def squares(self, weights: torch.Tensor) -> torch.Tensor:
        """The weighted sums of squares of all blocks, (h, w): what `errors` needs, and the same for equal weights."""
        return self._correlate(self.spectra[1], weights)

    def errors(self, block: torch.Tensor, weights: torch.Tensor, squares: torch.Tensor | None = None) -> torch.Tensor:
        """Return sum over (c, y, x) of weights * (block - exemplar's)^2 for each block of the exemplar, (h, w).

        block, weights: (C, block, block), the weights 0 or more. squares: `squares(weights)`, if it is held.
        """
        if squares is None:
            squares = self.squares(weights)
        weighted = weights * (block - self.mean)
        own = (weighted * (block - self.mean)).sum()
        return (squares - 2 * self._correlate(self.spectra[0], weighted) + own).clamp_min(0)

    def _correlate(self, spectrum: torch.Tensor, block: torch.Tensor) -> torch.Tensor:
        height, width = self.exemplar.shape[1:]
        size = (_smooth(height), _smooth(width))
        product = (spectrum * torch.fft.rfft2(block, s=size).conj()).sum(0)
        whole: torch.Tensor = torch.fft.irfft2(product, s=size)
        return whole[: height - self.block + 1, : width - self.block + 1]


def _smooth(length: int) -> int:
    """The least length, not below `length`, whose only prime factors are 2, 3 and 5: fast to transform."""
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1
