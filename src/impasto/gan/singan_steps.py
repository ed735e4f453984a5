"""One scale of a single picture's pyramid: its critic, and the steps in which it and its generator are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from impasto.gan.picture_steps import Learned, PictureSteps
from impasto.gan.singan_settings import SinGANConfig
from impasto.gan.texture_loss import TextureLoss
from impasto.networks.initial import draw_weights
from impasto.networks.singan import Convolutions, Pyramid, ScaleCritic
from impasto.training.precision import PrecisionName, laid_out
from impasto.training.update import Losses, optimizer_of

RENEWED = 4  # steps after which one of the pool's pictures is drawn anew


class ScaleSteps(PictureSteps[SinGANConfig, "tuple[Tensor, Tensor]"]):
    """Trains the newest scale of a pyramid; everything that changes, but the pyramid and the generator, is its state.

    A fake is drawn of the picture of the scales below, and of noise.
    """

    def __init__(
        self,
        config: SinGANConfig,
        pyramid: Pyramid,
        real: Tensor,
        before: ScaleSteps | None,
        random: torch.Generator,
        precision: PrecisionName,
        learned: Learned | None = None,
    ) -> None:
        """`before` is the scale below; see `PictureSteps` for the others."""
        super().__init__(config, pyramid.sizes, len(pyramid.generators), real, random, precision, learned)
        self.pyramid = pyramid
        self.G, critic = pyramid.add(), ScaleCritic(pyramid.widths[self.number])
        others = (None, None) if before is None else (before.G, before.D)
        for network, other in zip((self.G, critic), others, strict=True):
            _begin(network, other, random)
            laid_out(network, real.device)
        self.trains(critic, *(optimizer_of("adam", each, config.learning_rate, beta1=0.5) for each in (self.G, critic)))
        self._texture = TextureLoss(config.texture_network, real, config.texture) if config.texture else None
        self._under: Tensor | None = None  # what the picture itself is drawn of
        self._pool = real.new_empty(0)  # (pool, 3, H, W): what fakes are drawn of

    def finish(self) -> None:
        """Leave the generator as it is from here on."""
        self.G.eval().requires_grad_(False)

    def begun(self) -> None:
        """See what the picture itself is drawn of, and so how much noise this scale takes; draw the pool."""
        self._reached()

    @torch.no_grad()
    def _reached(self) -> Tensor:
        """What the picture itself is drawn of."""
        if self._under is None:
            self._under = self._computed(partial(self.pyramid.reconstruction, self.number, self.size))
            missing = float(self.error(self._under).sqrt())
            self.pyramid.sigma[self.number] = self.config.variety * missing if self.number else 1.0
            if self.number and self.config.pool:
                self._pool = torch.cat([self._fresh() for _ in range(self.config.pool)])
        return self._under

    def givens(self, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Pictures of the scales below, all with the same noise."""
        noise = self.pyramid.noise(self.number, self.size, self.random)
        while True:
            yield self._below(step), noise

    def fake(self, given: tuple[Tensor, Tensor]) -> Tensor:
        """What this scale makes of them."""
        return self.pyramid.draw(self.number, *given)

    def given_back(self) -> Tensor:
        """Of the kept noise at the coarsest scale, and of none at the others."""
        return self.pyramid.draw(self.number, self._reached(), None if self.number else self.pyramid.fixed)

    def deceive(self, fake: Tensor) -> Losses:
        """What the critic says, and the texture loss, if there is one."""
        losses = super().deceive(fake)
        if self._texture is None:
            return losses
        return {**losses, "texture": self._texture(fake, lambda: self.reconstruct()["rec"])}

    def _below(self, step: int) -> Tensor:
        """What a fake is drawn of: one of the pool, or a new one."""
        if not self.number:
            return torch.zeros_like(self.real)
        if not len(self._pool):
            return self._fresh()
        if step % RENEWED == RENEWED - 1:
            self._pool[step // RENEWED % len(self._pool)] = self._fresh()[0]
        chosen = int(torch.randint(len(self._pool), (1,), generator=self.random))
        return self._pool[chosen, None]

    @torch.no_grad()
    def _fresh(self) -> Tensor:
        return self._computed(partial(self.pyramid.below, self.pyramid.sizes, self.number, self.random))

    def kept(self) -> dict[str, Tensor]:
        """What the picture is drawn of, the pool, and how much the texture loss counts."""
        texture = {} if self._texture is None else {"texture": self._texture.factor}
        return {"under": self._reached(), "pool": self._pool} | texture

    def restore(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with them."""
        self._under, self._pool = kept["under"], kept["pool"]
        if self._texture is not None:
            self._texture.factor.copy_(kept["texture"])


def _begin(network: Convolutions, other: Convolutions | None, random: torch.Generator) -> None:
    """Give a network the weights of that of the scale below, if it is as wide; else draw them."""
    if other is not None and other.width == network.width:
        network.load_state_dict(other.state_dict())
    else:
        draw_weights(network, random)
