"""Textures from the patches of exemplars, coarse to fine (Granot, Feinstein, Shocher, Bagon & Irani 2022)."""

from __future__ import annotations

from pydantic import Field

from impasto.devices import pick_device
from impasto.images import reduced, reduced_to, result_size
from impasto.inputs import Input, Inputs, Sizes, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.patchwork import PatchworkConfig, Plan, rebuild
from impasto.patchwork.cost import forecast
from impasto.patchwork.maps import GUIDES, check_exemplars, check_paired, guides
from impasto.patchwork.starts import scattered

COARSEST = (12, 64)  # short side in pixels of the coarsest level, for variety 0 and 1


class PatchTextureConfig(PatchworkConfig):
    """Parameters of `texture patches`."""

    variety: float = Field(
        0.3, ge=0, le=1, description="from 0, large parts stay together, to 1, small ones: sets --coarsest"
    )
    coarsest: int | None = Field(
        None, ge=4, le=4096, description="short side in pixels of the coarsest level (paper: 14)"
    )
    alpha: float = Field(
        0.02, ge=0, le=1e9, description="small: all of the exemplar is seen again; 0: no care for that (paper: .005)"
    )
    evenness: float = Field(
        0.8, ge=0, le=100, description="how much patches are shunned that are used more often than others"
    )
    tile: bool = Field(False, description="make the texture tile without a seam")

    main = "size seed tile variety guide exemplar_guide exemplar_size"


class PatchTexture(Method[PatchTextureConfig]):
    """Make a texture of any size from the patches of one exemplar, or of several together."""

    name = "texture patches"
    inputs = (Input("exemplar", "the picture whose texture is wanted, or several", many=True, exemplar=True), *GUIDES)
    Config = PatchTextureConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Start from scattered pixels, and replace patches by their nearest, coarse to fine."""
        config, device = self.config, pick_device(self.config.device)
        originals = [exemplar.to(device) for exemplar in given_pictures(inputs, "exemplar")]
        exemplars = [reduced(exemplar, config.exemplar_size) for exemplar in originals]
        width, height = self._size((originals[0].shape[2], originals[0].shape[1]))
        guide, exemplar_guides = guides(inputs, originals, config)
        plan = Plan(
            exemplars,
            (height, width),
            coarsest=self._coarsest,
            ratio=config.ratio,
            patch=config.patch,
            wrap=config.tile,
            exemplar_guides=exemplar_guides,
            guide=guide,
        )
        self.check(inputs)
        output = rebuild(config, plan, start=lambda level: scattered(level, config.seed), observer=observer)
        return Result({"output": output.clamp(0, 1).cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse exemplars of one colour, and guides that do not fit."""
        check_exemplars(inputs, self.config, "exemplar")

    def forecast(self, sizes: Sizes) -> Forecast:
        """Searching is nearly all of it. Raises InputError for guides on one side only."""
        check_paired(sizes)
        exemplars = [reduced_to(size, self.config.exemplar_size) for size in sizes["exemplar"]]
        return forecast(self.config, self._size(sizes["exemplar"][0]), exemplars, coarsest=self._coarsest)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        return result_size(self.config.size, own, self.config.exemplar_size)

    @property
    def _coarsest(self) -> int:
        return self.config.coarsest or round(COARSEST[0] * (COARSEST[1] / COARSEST[0]) ** self.config.variety)
