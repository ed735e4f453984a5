"""A texture with one scale, two, three ... (the first document, exercise 2.5 and figure 2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows, grouped
from impasto.experiments.pictures import EXEMPLARS, exemplars
from impasto.features import WEIGHTS, NetworkName, WeightsName, load_network, weights_of
from impasto.images import contact_sheet
from impasto.inputs import Inputs
from impasto.methods import MethodConfig
from impasto.runs.job import Job, prepare
from impasto.synthesis import schedule, style_layers
from impasto.tables import Chart, Column, Figure, Sheet, Table
from impasto.textures.gram import GramTexture, GramTextureConfig

COARSEST = 16  # pixels of the short side, at least


class TextureScalesConfig(MethodConfig):
    """Parameters of `experiment texture-scales`."""

    scales: tuple[Annotated[int, Field(ge=1, le=8)], ...] = Field(
        (1, 2, 3, 4), min_length=1, max_length=8, description="numbers of scales"
    )
    size: int = Field(256, ge=32, le=2048, description="long side of exemplars and textures in pixels")
    steps: int = Field(240, ge=1, le=100000, description="optimisation steps of each texture, shared among its scales")
    network: NetworkName = Field("efficientnet-lite0", description="perceptual network")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")


class TextureScales(Experiment[TextureScalesConfig]):
    """Make the same texture with several numbers of scales and the same number of steps."""

    name = "experiment texture-scales"
    title = "How many scales a texture needs"
    question = (
        "A network sees structures up to the size of its receptive field. If the texture is first made small and then "
        "enlarged, it sees larger ones: how does the texture change with the number of scales, for the same steps?"
    )
    Config = TextureScalesConfig
    inputs = (EXEMPLARS, WEIGHTS)
    columns = (
        Column("exemplar"),
        Column("scales", "number of scales"),
        Column("sizes", "of the picture at each scale, in pixels"),
        Column("steps", "at each scale"),
        Column("loss", "at the end, at full size", ".4g"),
        Column("seconds", "wall time", ".1f"),
    )

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """A texture for each exemplar and number of scales."""
        each = [(name, it, n) for name, it in exemplars(inputs, self.config.size).items() for n in self.config.scales]
        cases = []
        for number, (name, exemplar, scales) in enumerate(each, 1):
            job = self._job(exemplar, scales, inputs)
            title = f"{number}/{len(each)} {name}, {_counted(scales)}"
            cases.append(Case(title, partial(self._row, name, exemplar, scales, job), job))
        return cases

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """The size of every style layer's features at every scale (exercise 2.3)."""
        exemplar = exemplars(inputs, self.config.size)[rows[-1].text("exemplar")]
        config = self._texture(exemplar, max(self.config.scales))
        network = load_network(config.network, weights=weights_of(config.network_weights))
        layers = style_layers(network, config)
        lines: list[dict[str, object]] = []
        for scale in schedule(config, *exemplar.shape[-2:]):
            seen = round(scale.height * scale.enlarge), round(scale.width * scale.enlarge)
            sizes = {name: f"{channels}x{height}x{width}" for name, channels, height, width in network.sizes(*seen)}
            line = {"scale": scale.index + 1, "picture": f"{scale.width}x{scale.height}"}
            lines.append({**line, "network sees": f"{seen[1]}x{seen[0]}", **{layer: sizes[layer] for layer in layers}})
        columns = [Column(name) for name in ("scale", "picture", "network sees", *layers)]
        caption = f"Features of {network.name} at each scale: channels x height x width of the style layers."
        return [Table("features", caption, columns, lines)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """The textures in a grid, an exemplar a line; and their losses."""
        pictures: list[torch.Tensor] = []
        captions: list[str] = []
        by_exemplar = grouped(rows, "exemplar")
        given = exemplars(inputs, self.config.size)
        across = 1 + max(map(len, by_exemplar.values()))
        for name, mine in by_exemplar.items():
            pictures += [given[name], *(row.pictures["output"] for row in mine)]
            captions += [name, *(_counted(row.values["scales"]) for row in mine)]
        grid = contact_sheet(pictures, captions, columns=across)

        def draw(axes: Any) -> None:
            for name, mine in by_exemplar.items():
                axes.plot([r.values["scales"] for r in mine], [r.values["loss"] for r in mine], "o-", label=name)
            axes.set(xlabel="scales", ylabel="loss at the end", yscale="log", xticks=list(self.config.scales))
            axes.legend()

        return [
            Sheet("textures", "Each exemplar, and its texture made with more and more scales.", grid),
            Chart("losses", "The same loss at the same size for all; only the way there differs.", draw, (6.0, 3.5)),
        ]

    def _row(self, name: str, exemplar: torch.Tensor, scales: int, job: Job, rows: Rows) -> Row:
        outcome = rows.trace.carry_out(job)
        steps = schedule(self._texture(exemplar, scales), *exemplar.shape[-2:])
        values = {
            "exemplar": name,
            "scales": scales,
            "sizes": ", ".join(f"{scale.width}x{scale.height}" for scale in steps),
            "steps": ", ".join(str(scale.steps) for scale in steps),
            "loss": rows.trace.last.get("loss"),
            "seconds": outcome.seconds,
        }
        return Row(values, dict(list(outcome.images.items())[:1]), rows.trace)

    def _job(self, exemplar: torch.Tensor, scales: int, inputs: Inputs) -> Job:
        given = {"exemplar": [exemplar], "network_weights": inputs.get("network_weights", ())}
        return prepare(GramTexture(self._texture(exemplar, scales)), given)

    def _texture(self, exemplar: torch.Tensor, scales: int) -> GramTextureConfig:
        """The texture's own settings. Raises InputError if there are too many scales for its size or its steps."""
        if min(exemplar.shape[-2:]) // 2 ** (scales - 1) < COARSEST:
            raise InputError(f"scales: {scales} would begin under {COARSEST} pixels a side; use a larger --size")
        each, rest = divmod(self.config.steps, scales)
        if each == 0:
            raise InputError(f"steps must be at least one for each of the {scales} scales, got {self.config.steps}")
        return GramTextureConfig(
            seed=self.config.seed,
            device=self.config.device,
            network=self.config.network,
            network_weights=self.config.network_weights,
            scales=scales,
            iterations=(each + rest, *[each] * (scales - 1)),
        )


def _counted(scales: object) -> str:
    return f"{scales} scale{'s' if scales != 1 else ''}"
