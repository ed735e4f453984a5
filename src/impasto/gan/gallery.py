"""What is shown, kept and measured of a generator while it learns."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from impasto.data import Dataset
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.model import Model
from impasto.networks.adversaries import Adversaries, as_pictures, built, described, settled
from impasto.networks.latents import draw_latents
from impasto.networks.two_streams import TwoStreams
from impasto.randomness import generator, step_seed
from impasto.training.average import Average
from impasto.training.best import Best
from impasto.training.likeness import Likeness
from impasto.training.sheets import grid

KIND = "dcgan"
COLUMNS = 16  # classes of which each has a column of its own on a sheet


class Gallery:
    """Samples of the mean generator, always of the same noise; nothing here changes what is trained."""

    def __init__(self, config: DCGANConfig, networks: Adversaries, average: Average, best: Best, data: Dataset) -> None:
        self._config, self._networks, self._average, self._best, self._data = config, networks, average, best, data

    def sheet(self) -> torch.Tensor:
        """What the mean generator draws now, (3, H, W); of two streams, each beside its mask."""
        return self._sheet(self._settled())

    def final_sheet(self) -> torch.Tensor:
        """The same of the model that the training leaves behind."""
        network = built(self.model()).generator.to(next(self._networks.parameters()).device)
        return self._sheet(network.eval())

    def model(self) -> Model:
        """The best so far, if that was measured, else what there is now."""
        tensors = self._best.tensors or self._tensors(self._settled())
        side = self._config.side
        return Model(KIND, described(self._networks), tensors, (side, side))

    def measure(self, index: int) -> dict[str, float] | None:
        """How far what is drawn is from the data, if it is time; the best is kept."""
        if not self._config.measures_at(index):
            return None
        network = self._settled()
        found = self._likeness(lambda start, end: self._pictures(network, end - start, step_seed(1, start)))
        self._best.offer(found, index + 1, self._tensors(network))
        return {"frechet": found}

    def facts(self) -> dict[str, Any]:
        """Which step the model is of, if that was measured."""
        return {"best": {"step": self._best.step, "frechet": self._best.score}} if self._best.tensors else {}

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self._data, self._config.measure_pictures, next(self._networks.parameters()).device)

    def _settled(self) -> torch.nn.Module:
        return settled(self._average.module, self._networks.shape, self._config.seed)

    def _tensors(self, network: torch.nn.Module) -> dict[str, torch.Tensor]:
        parts = {"generator": network, "critic": self._networks.critic}
        return {f"{part}.{name}": value for part, it in parts.items() for name, value in it.state_dict().items()}

    def _sheet(self, network: torch.nn.Module) -> torch.Tensor:
        classes = self._networks.shape.joined
        columns = classes if 1 < classes <= COLUMNS else 0
        count = self._config.samples // columns * columns or columns if columns else self._config.samples
        return grid(self._pictures(network, count, self._config.seed, masks=True), columns).cpu()

    @torch.no_grad()
    def _pictures(self, network: torch.nn.Module, count: int, seed: int, *, masks: bool = False) -> torch.Tensor:
        """So many pictures (N, 3, H, W) in [0, 1], of each class in turn."""
        shape, device = self._networks.shape, next(network.parameters()).device
        z = draw_latents(shape.distribution, count, shape.latent, generator(seed)).to(device)
        y = torch.arange(count, device=device) % shape.classes if shape.joined else None
        if not masks or not isinstance(network, TwoStreams):
            return as_pictures(network(z, y), shape)
        drawn, mask = network.masked(z, y)
        return torch.cat([as_pictures(drawn, shape), mask.expand(-1, 3, -1, -1)], dim=3)
