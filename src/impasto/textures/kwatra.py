"""Texture optimisation (Kwatra, Essa, Bobick & Kwatra 2005): every patch of the texture is like one of the exemplar."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch
from pydantic import Field, field_validator

from impasto.devices import pick_device
from impasto.images import periodic_resize, reduced, reduced_to, refuse_constant, resize, result_size
from impasto.inputs import Input, Inputs, Sizes, called, given_picture, given_pictures
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer, spans
from impasto.patches import Match, nearest, patch_positions, vote
from impasto.patches.agreement import vote_by_agreement
from impasto.patches.sewing import sewn
from impasto.patches.texture_energy import carry_field, robust_weights, texture_energy
from impasto.randomness import generator, step_seed
from impasto.textures.stages import Stage, stages
from impasto.threads import threads_for


class KwatraConfig(MethodConfig):
    """Parameters of `texture kwatra`."""

    size: str = Field(
        "", description="WIDTHxHEIGHT, long side, or 150% (default: the exemplar's, at most --exemplar-size)"
    )
    tile: bool = Field(False, description="make the texture tile without a seam")
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger exemplars are reduced to")
    levels: int = Field(0, ge=0, le=8, description="picture sizes, coarse to fine, each twice the last; 0 chooses")
    patches: tuple[int, ...] = Field(
        (32, 16, 8),
        min_length=1,
        max_length=8,
        description="sides of the patches in pixels, one after another at a level",
    )
    steps: tuple[int, ...] = Field(
        (8, 4, 4),
        min_length=1,
        max_length=8,
        description="steps a patch size: coarsest level, next, ..., the last for all finer",
    )
    exponent: float = Field(0.8, ge=0.1, le=2, description="r of the energy: below 2, bad matches weigh less")
    start: Literal["quilt", "random"] = Field("quilt", description="begin with a small quilt, or with random patches")
    search: Literal["fast", "exact"] = Field(
        "fast", description="nearest patches by PatchMatch, or all compared with all"
    )
    sharpness: float = Field(
        2.0, ge=0, le=100, description="of the last vote: how far patches that agree outvote others; 0 takes the mean"
    )

    @field_validator("patches")
    @classmethod
    def _check_patches(cls, patches: tuple[int, ...]) -> tuple[int, ...]:
        if not all(4 <= patch <= 256 for patch in patches):
            raise ValueError(f"patches must be between 4 and 256 pixels, got {', '.join(map(str, patches))}")
        return tuple(sorted(patches, reverse=True))

    @field_validator("steps")
    @classmethod
    def _check_steps(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= count <= 1000 for count in steps):
            raise ValueError(f"steps must be between 1 and 1000, got {', '.join(map(str, steps))}")
        return steps


class Kwatra(Method[KwatraConfig]):
    """Optimise a texture until each of its patches is like some patch of the exemplar, coarse to fine."""

    name = "texture kwatra"
    inputs = (Input("exemplar", "the picture whose texture is wanted", exemplar=True),)
    Config = KwatraConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Find each patch's nearest (E), then the picture that is nearest to all of these (M), again and again."""
        device = pick_device(self.config.device)
        self.check(inputs)
        exemplar = given_picture(inputs, "exemplar").to(device)
        width, height = self._size((exemplar.shape[2], exemplar.shape[1]))
        exemplar = reduced(exemplar, self.config.exemplar_size)
        plan = self._stages((exemplar.shape[2], exemplar.shape[1]), (width, height))
        with threads_for(width * height):
            texture = self._optimized(exemplar, plan, (width, height), observer)
        return Result({"output": texture}, {"stages": [str(stage) for stage in plan]})

    def _optimized(
        self, exemplar: torch.Tensor, plan: list[Stage], size: tuple[int, int], observer: Observer
    ) -> torch.Tensor:
        config, (width, height) = self.config, size
        total, first = sum(stage.steps for stage in plan), 0
        work = spans([stage.steps * math.prod(stage.size) for stage in plan])

        def shown(texture: torch.Tensor) -> torch.Tensor:
            return resized(texture, plan[-1].size)[:, :height, :width].cpu()

        keys = resized(exemplar, plan[0].exemplar)
        with threads_for(plan[0].size[0] * plan[0].size[1]):
            texture, match = self._begin(plan[0], keys, generator(config.seed))
        for number, stage in enumerate(plan):
            if number:
                keys = resized(exemplar, stage.exemplar)
                match = self._carried(match, plan[number - 1], stage)
                texture = periodic_resize(texture[None], stage.size)[0] if config.tile else resized(texture, stage.size)
            keep = {"texture": texture, "field": match.field, "distance": match.distance}
            loop = Loop(observer, total=total, keep=keep, first=first, count=stage.steps, span=work[number])
            for step in loop:
                with threads_for(stage.size[0] * stage.size[1]):
                    nearer = self._nearest(texture, keys, stage, match, step, rounds=4 if step == first else 2)
                    match.field.copy_(nearer.field)
                    match.distance.copy_(nearer.distance)
                    texture.copy_(self._least_squares(match, keys, stage))
                energy = texture_energy(match.distance, config.exponent)
                loop.report({"energy": energy}, preview=partial(shown, texture))
            first += stage.steps
        if config.sharpness:
            texture = self._agreed(match, keys, plan[-1])
        return texture[:, :height, :width].clamp(0, 1).cpu().contiguous()

    def check(self, inputs: Inputs) -> None:
        """Refuse exemplars of one colour."""
        refuse_constant(given_pictures(inputs, "exemplar"), called(inputs, "exemplar"))

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds by the pixels that all steps look at, or by the pairs of patches that are compared."""
        own, size = reduced_to(sizes["exemplar"][0], self.config.exemplar_size), self._size(sizes["exemplar"][0])
        plan = self._stages(own, size)
        seconds = sum(4e-7 * stage.size[0] * stage.size[1] * stage.steps for stage in plan)
        fixed = 420_000_000 + 200 * own[0] * own[1]
        if self.config.search == "exact":
            seconds += sum(2e-10 * stage.steps * stage.queries * stage.keys * stage.patch**2 for stage in plan)
            fixed += 300_000_000 + max(24 * stage.keys * stage.patch**2 for stage in plan)  # the exemplar's patches
        return Forecast(seconds, fixed + 100 * size[0] * size[1], size, fixed, notice=self._notice())

    def _notice(self) -> str:
        """What is to be compiled on this machine first; only a run on the CPU searches and votes by kernels."""
        config = self.config
        if pick_device(config.device).type != "cpu":
            return ""
        from impasto.compilation import is_compiled  # with numba, which is imported where it is used
        from impasto.patches.agreement_kernels import agreeing_votes
        from impasto.patches.kernels import gather_votes, improve, measure

        search = [measure, improve] if config.search == "fast" else []
        voting = [gather_votes, *([agreeing_votes] if config.sharpness else [])]
        if all(map(is_compiled, search + voting)):
            return ""
        seconds = 3 if all(map(is_compiled, search)) else 20
        return f"compiling the patch kernels, once on this machine: about {seconds} s"

    def _size(self, exemplar: tuple[int, int]) -> tuple[int, int]:
        return result_size(self.config.size, exemplar, self.config.exemplar_size)

    def _stages(self, exemplar: tuple[int, int], size: tuple[int, int]) -> list[Stage]:
        config = self.config
        return stages(exemplar, size, config.patches, config.steps, levels=config.levels, tile=config.tile)

    def _begin(self, stage: Stage, keys: torch.Tensor, random: torch.Generator) -> tuple[torch.Tensor, Match]:
        """A quilt of the exemplar at the coarsest level, or patches drawn at random as in the paper; and any match."""
        wrap = self.config.tile
        rows, columns = stage.positions(wrap=wrap)
        field = self._drawn(len(rows), len(columns), stage, keys, random)
        match = Match(field, torch.zeros(field.shape[:2], device=keys.device))
        if self.config.start == "quilt":
            block = min(max(4, min(keys.shape[1:]) // 4), *stage.size)
            return sewn(keys, stage.size, block, random, wrap=wrap), match
        stride = max(1, stage.patch // 2)
        shape = [len(patch_positions(side, stage.patch, stride, wrap=wrap)) for side in stage.size]
        places = self._drawn(shape[0], shape[1], stage, keys, random)
        # Hardly blended: a mean of patches is flat, and then flat patches are what it is most like.
        weights = (10.0 ** (8 * torch.rand(shape, generator=random))).to(keys.device)
        return vote(places, keys, stage.size, stage.patch, stride=stride, wrap=wrap, weights=weights), match

    def _drawn(
        self, rows: int, columns: int, stage: Stage, keys: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """A field (rows, columns, 2) of patches drawn at random."""
        places = [
            torch.randint(side - stage.patch + 1, (rows, columns), generator=random, dtype=torch.int32)
            for side in keys.shape[1:]
        ]
        return torch.stack(places, dim=-1).to(keys.device)

    def _carried(self, match: Match, before: Stage, stage: Stage) -> Match:
        """The match of one stage as a guess for the next."""
        wrap = self.config.tile
        scale = stage.size[0] / before.size[0], stage.size[1] / before.size[1]
        field = carry_field(match.field, before.positions(wrap=wrap), stage.positions(wrap=wrap), scale)
        return Match(field, torch.zeros(field.shape[:2], device=field.device))

    def _nearest(
        self, texture: torch.Tensor, keys: torch.Tensor, stage: Stage, match: Match, step: int, rounds: int
    ) -> Match:
        return nearest(
            texture,
            keys,
            stage.patch,
            seed=step_seed(self.config.seed, step),
            rounds=rounds,
            stride=stage.stride,
            wrap=self.config.tile,
            start=match,
            engine="exact" if self.config.search == "exact" else "auto",
        )

    def _least_squares(self, match: Match, keys: torch.Tensor, stage: Stage) -> torch.Tensor:
        """The picture with the least sum of weighted squared distances to the patches that were found."""
        weights = robust_weights(match.distance, self.config.exponent)
        stride, wrap = stage.stride, self.config.tile
        return vote(match.field, keys, stage.size, stage.patch, stride=stride, wrap=wrap, weights=weights)

    def _agreed(self, match: Match, keys: torch.Tensor, stage: Stage) -> torch.Tensor:
        """The picture by the patches that agree."""
        return vote_by_agreement(
            match.field,
            keys,
            stage.size,
            stage.patch,
            robust_weights(match.distance, 0.0),
            stride=stage.stride,
            wrap=self.config.tile,
            sharpness=self.config.sharpness,
        )


def resized(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """A picture (C, H, W) at `size` = (height, width)."""
    return resize(image, (size[1], size[0]))
