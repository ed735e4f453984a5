"""What is shown, kept and measured of a generator while it learns."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch

from impasto.data import Dataset, signed, unit
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.losses.adversarial import ADVERSARIAL
from impasto.model import Model
from impasto.networks.adversaries import Adversaries, as_pictures, built, described, settled
from impasto.networks.latents import draw_latents
from impasto.networks.two_streams import TwoStreams
from impasto.randomness import generator, step_seed
from impasto.training.average import Average
from impasto.training.best import Best
from impasto.training.likeness import AT_ONCE, Likeness
from impasto.training.sheets import grid

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
        return self._model(self._best.tensors or self._tensors(self._settled()))

    def kept(self, index: int) -> dict[str, Callable[[], Model]]:
        """What there is now, under a name, if it is time to keep it."""
        name = self._config.model_at(index)
        return {name: lambda: self._model(self._tensors(self._settled()))} if name else {}

    def measure(self, index: int) -> dict[str, float] | None:
        """How far what is drawn is from the data, and how often the critic is right, if it is time; keeps the best."""
        if not self._config.measures_at(index):
            return None
        network = self._settled()
        found = self._likeness(lambda start, end: self._pictures(network, end - start, step_seed(1, start)))
        self._best.offer(found, index + 1, self._tensors(network))
        return {"frechet": found, **self._accuracies(network)}

    def facts(self) -> dict[str, Any]:
        """Which step the model is of, if that was measured."""
        return {"best": {"step": self._best.step, "frechet": self._best.score}} if self._best.tensors else {}

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self._data, self._config.measure_pictures, next(self._networks.parameters()).device)

    @torch.no_grad()
    def _accuracies(self, network: torch.nn.Module) -> dict[str, float]:
        """The shares of pictures of the data, and of as many drawn ones, that the critic takes for what they are."""
        shape, critic, chosen = self._networks.shape, self._networks.critic, self._likeness.chosen
        border, prepare = ADVERSARIAL[self._config.loss].border, signed if shape.output == "tanh" else unit
        right: dict[str, list[torch.Tensor]] = {"real": [], "fake": []}
        critic.eval()
        for start in range(0, len(chosen), AT_ONCE):
            batch = self._data.take(chosen[start : start + AT_ONCE])
            z, y = self._latents(len(batch.labels), step_seed(1, start))
            x, labels = batch.pictures[:, : shape.channels].to(z.device), batch.labels.to(z.device)
            right["real"].append(critic(prepare(x), labels if shape.joined else None) > border)
            right["fake"].append(critic(network(z, y), y) < border)
        critic.train()
        return {f"accuracy/{name}": float(torch.cat(each).float().mean()) for name, each in right.items()}

    def _model(self, tensors: dict[str, torch.Tensor]) -> Model:
        side = self._config.side
        return Model("dcgan", described(self._networks), tensors, (side, side))

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
        shape, (z, y) = self._networks.shape, self._latents(count, seed)
        if not masks or not isinstance(network, TwoStreams):
            return as_pictures(network(z, y), shape)
        drawn, mask = network.masked(z, y)
        return torch.cat([as_pictures(drawn, shape), mask.expand(-1, 3, -1, -1)], dim=3)

    def _latents(self, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What so many pictures are drawn from (N, L), and their classes (N,) in turn, if there are any."""
        shape, device = self._networks.shape, next(self._networks.parameters()).device
        z = draw_latents(shape.distribution, count, shape.latent, generator(seed)).to(device)
        return z, torch.arange(count, device=device) % shape.classes if shape.joined else None
