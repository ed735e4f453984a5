"""A texture with one scale, two, three ... (the first document, exercise 2.5 and figure 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.experiments.experiment import Chart, Column, Experiment, Figure, Row, Sheet, Table
from impasto.experiments.start import runner
from impasto.features import NetworkName, load_network
from impasto.images import contact_sheet, fit_long_side, resize
from impasto.methods import Input, MethodConfig
from impasto.observers import Observer
from impasto.parts import Leg, Legs
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.samples.drawings import drawing
from impasto.synthesis import SynthesisConfig, schedule, style_layers
from impasto.textures.gram import GramTextureConfig

DEFAULT = "pebbles"  # the drawing that is used when no exemplar is given
COARSEST = 16  # pixels of the short side, at least


class TextureScalesConfig(MethodConfig):
    """Parameters of `experiment texture-scales`."""

    scales: tuple[Annotated[int, Field(ge=1, le=8)], ...] = Field(
        (1, 2, 3, 4), min_length=1, max_length=8, description="numbers of scales"
    )
    size: int = Field(256, ge=32, le=2048, description="long side of exemplars and textures in pixels")
    steps: int = Field(240, ge=1, le=100000, description="optimisation steps of each texture, shared among its scales")
    network: NetworkName = Field("efficientnet-lite0", description="perceptual network")
    network_weights: str = Field("auto", description="auto, random, or the path of a weights file")


class TextureScales(Experiment[TextureScalesConfig]):
    """Make the same texture with several numbers of scales and the same number of steps."""

    name = "texture-scales"
    title = "How many scales a texture needs"
    question = (
        "A network sees structures up to the size of its receptive field. If the texture is first made small and then "
        "enlarged, it sees larger ones: how does the texture change with the number of scales, for the same steps?"
    )
    Config = TextureScalesConfig
    inputs = (Input("exemplar", f"pictures whose textures are wanted (default: a drawing, {DEFAULT})", many=True),)
    columns = (
        Column("exemplar"),
        Column("scales", "number of scales"),
        Column("sizes", "of the picture at each scale, in pixels"),
        Column("steps", "at each scale"),
        Column("loss", "at the end, at full size", ".4g"),
        Column("seconds", "wall time", ".1f"),
    )

    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Make a texture for each exemplar and number of scales."""
        exemplars = self._exemplars(pictures)
        cases = [(name, scales) for name in exemplars for scales in self.config.scales]
        jobs = [(name, scales, self._job(exemplars[name], scales)) for name, scales in cases]
        legs = Legs(
            [_leg(f"{n}/{len(jobs)} {name}", scales, job) for n, (name, scales, job) in enumerate(jobs, 1)], observer
        )
        for number, (name, scales, job) in enumerate(jobs):
            outcome = perform(job, job.pictures(), [legs.watch(number)])
            steps = _schedule(job)
            values = {
                "exemplar": name,
                "scales": scales,
                "sizes": ", ".join(f"{scale.width}x{scale.height}" for scale in steps),
                "steps": ", ".join(str(scale.steps) for scale in steps),
                "loss": outcome.losses.get("loss"),
                "seconds": outcome.seconds,
            }
            yield Row(values, {"exemplar": exemplars[name], **dict(list(outcome.images.items())[:1])})
            if outcome.state == "cancelled":
                return

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """The size of every style layer's features at every scale (exercise 2.3)."""
        if not rows:
            return ()
        picture = rows[-1].pictures["exemplar"]
        job = self._job(picture, max(self.config.scales))
        config: SynthesisConfig = job.method.config
        network = load_network(self.config.network, weights=self.config.network_weights)
        layers = style_layers(network, config)
        lines: list[dict[str, object]] = []
        for scale in _schedule(job):
            seen = round(scale.height * scale.enlarge), round(scale.width * scale.enlarge)
            sizes = {name: f"{channels}x{height}x{width}" for name, channels, height, width in network.sizes(*seen)}
            line = {"scale": scale.index + 1, "picture": f"{scale.width}x{scale.height}"}
            lines.append({**line, "network sees": f"{seen[1]}x{seen[0]}", **{layer: sizes[layer] for layer in layers}})
        columns = [Column(name) for name in ("scale", "picture", "network sees", *layers)]
        caption = f"Features of {network.name} at each scale: channels x height x width of the style layers."
        return [Table("features", caption, columns, lines)]

    def figures(self, rows: Sequence[Row]) -> Sequence[Figure]:
        """The textures in a grid, an exemplar a line; and their losses."""
        pictures: list[torch.Tensor] = []
        captions: list[str] = []
        by_exemplar: dict[Any, list[Row]] = {}
        for row in rows:
            by_exemplar.setdefault(row.values["exemplar"], []).append(row)
        for name, mine in by_exemplar.items():
            pictures.append(mine[0].pictures["exemplar"])
            captions.append(str(name))
            for row in mine:
                pictures.append(row.pictures.get("output", torch.ones_like(pictures[-1])))
                scales = row.values["scales"]
                captions.append(f"{scales} scale{'s' if scales != 1 else ''}")
        grid = contact_sheet(pictures, captions, columns=1 + max(map(len, by_exemplar.values())))

        def draw(axes: Any) -> None:
            for name, mine in by_exemplar.items():
                axes.plot([r.values["scales"] for r in mine], [r.values["loss"] for r in mine], "o-", label=name)
            axes.set(xlabel="scales", ylabel="loss at the end", yscale="log", xticks=list(self.config.scales))
            axes.legend()

        return [
            Sheet("textures", "Each exemplar, and its texture made with more and more scales.", grid),
            Chart("losses", "The same loss at the same size for all; only the way there differs.", draw, (6.0, 3.5)),
        ]

    def _exemplars(self, pictures: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        size = self.config.size
        if not pictures:
            return {DEFAULT: drawing(DEFAULT, size)}
        return {
            name: resize(picture, fit_long_side((picture.shape[-1], picture.shape[-2]), size))
            for name, picture in pictures.items()
        }

    def _job(self, exemplar: torch.Tensor, scales: int) -> Job:
        short = min(exemplar.shape[-2:])
        if short // 2 ** (scales - 1) < COARSEST:
            raise InputError(f"scales: {scales} would begin under {COARSEST} pixels a side; use a larger --size")
        each, rest = divmod(self.config.steps, scales)
        if each == 0:
            raise InputError(f"steps must be at least one for each of the {scales} scales, got {self.config.steps}")
        config = GramTextureConfig(
            seed=self.config.seed,
            device=self.config.device,
            network=self.config.network,
            network_weights=self.config.network_weights,
            scales=scales,
            iterations=(each + rest, *[each] * (scales - 1)),
        )
        return prepare("texture gram", config, {"exemplar": [exemplar]})


def _schedule(job: Job) -> Any:
    width, height = job.sources[0].record.size
    return schedule(job.method.config, height, width)


def _leg(name: str, scales: int, job: Job) -> Leg:
    return Leg(f"{name}, {scales} scale{'s' if scales != 1 else ''}", job.forecast.seconds if job.forecast else 1.0)


run = runner(TextureScales)
