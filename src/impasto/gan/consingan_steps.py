"""One stage of a generator that grows on a single picture: its critic, and the steps in which both are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from impasto.gan.consingan_settings import ConSinGANConfig
from impasto.gan.picture_steps import Learned, PictureSteps
from impasto.networks.consingan import GrowingGenerator, StageCritic
from impasto.networks.initial import draw_weights
from impasto.networks.pyramid_sizes import Size
from impasto.training.precision import PrecisionName, laid_out
from impasto.training.update import adam_of_parts, optimizer_of


class StageSteps(PictureSteps[ConSinGANConfig, "tuple[list[Tensor | None], Tensor]"]):
    """Trains the newest stages of a generator; everything that changes, but the generator, is its state.

    A fake is drawn of the noise of every stage.
    """

    def __init__(
        self,
        config: ConSinGANConfig,
        generator: GrowingGenerator,
        real: Tensor,
        before: StageSteps | None,
        random: torch.Generator,
        precision: PrecisionName,
        learned: Learned | None = None,
    ) -> None:
        """`before` is the stage below; see `PictureSteps` for the others."""
        super().__init__(config, generator.sizes, len(generator.stages), real, random, precision, learned)
        self.generator, critic = generator, StageCritic(config.width)
        generator.add()
        if before is None:
            draw_weights(generator, random)
            draw_weights(critic, random)
        else:
            critic.load_state_dict(before.D.state_dict())
        laid_out(generator, real.device)
        laid_out(critic, real.device)
        self._lowest = max(0, len(generator.stages) - config.together)
        adam_D = optimizer_of("adam", critic, config.learning_rate, beta1=0.5)
        self.trains(critic, adam_of_parts(self._trained(), config.learning_rate, beta1=0.5), adam_D)
        self._own: Tensor | None = None  # features of the picture itself, below all that is trained

    def _trained(self) -> list[tuple[nn.Module, float]]:
        """What is trained, each part with its step size for the newest's; nothing else has gradients from here on."""
        stages, lowest = self.generator.stages, self._lowest
        share = self.config.lower_rate
        parts = [(stages[number], share ** (len(stages) - 1 - number)) for number in range(lowest, len(stages))]
        parts += [(self.generator.first, share ** (len(stages) - 1))] if not lowest else []
        parts += [(self.generator.last, 1.0)]
        self.generator.requires_grad_(False).eval()
        for part, _ in parts:
            part.requires_grad_(True).train()
        return parts

    def finish(self) -> None:
        """Nothing: the next stage goes on with it."""

    def begun(self) -> None:
        """See how much noise this stage takes, by what is missing without any; and what the picture is drawn of."""
        if self._own is None:
            missing = float(self.error(self._drawn_back()).sqrt()) if self.number else 0.0
            self.generator.sigma[self.number] = self.config.variety * missing if self.number else 1.0
            self._own = self._below(self._noises_of_picture)

    def givens(self, step: int) -> Iterator[tuple[list[Tensor | None], Tensor]]:
        """The same fresh noise for all fakes of a step, and what stages that are not trained make of it."""
        del step
        noises = self.generator.noises(self._sizes, self.random)
        below = self._below(noises)
        while True:
            yield noises, below

    def fake(self, given: tuple[list[Tensor | None], Tensor]) -> Tensor:
        """What the generator makes of that."""
        return self._picture(*given)

    def given_back(self) -> Tensor:
        """Of the kept noise at the first stage, and of none at the others."""
        assert self._own is not None
        return self._picture(self._noises_of_picture, self._own)

    @torch.no_grad()
    def _drawn_back(self) -> Tensor:
        noises = self._noises_of_picture
        return self._computed(lambda: self._picture(noises, self._below(noises)))

    @torch.no_grad()
    def _below(self, noises: list[Tensor | None]) -> Tensor:
        """Features of that noise below all that is trained; of nothing, where all is."""
        if not self._lowest:
            return self.real.new_empty(0)
        return self._computed(partial(self.generator.features, noises[: self._lowest], self._sizes))

    def _picture(self, noises: list[Tensor | None], below: Tensor) -> Tensor:
        begun = below if self._lowest else None
        return self.generator.picture(self.generator.features(noises, self._sizes, begun, self._lowest))

    @property
    def _sizes(self) -> tuple[Size, ...]:
        return self.generator.sizes[: self.number + 1]

    @property
    def _noises_of_picture(self) -> list[Tensor | None]:
        return [self.generator.fixed, *[None] * self.number]

    def kept(self) -> dict[str, Tensor]:
        """The features of the picture itself."""
        assert self._own is not None
        return {"own": self._own}

    def restore(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with them."""
        self._own = kept["own"]
