"""The ways to keep a photo's colours in style transfer, compared (the fourth document, figures 4.10 to 4.15)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

import torch
from pydantic import Field

from impasto.errors import DiskFullError, InputError
from impasto.experiments.colour import figures as drawn
from impasto.experiments.colour.claims import claims, way_of
from impasto.experiments.experiment import Case, Experiment, Row, Rows, whole
from impasto.experiments.pictures import PAIR, photo_and_painting, with_long_side
from impasto.experiments.texture_methods.contenders import STEPS, scaled
from impasto.experiments.trace import Trace
from impasto.images import take_luminance
from impasto.inputs import Inputs
from impasto.methods import MethodConfig
from impasto.metrics import chroma_distance, color_histogram_distance, color_moment_distances, edge_agreement
from impasto.registry import METHODS
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset
from impasto.runs.job import Job, prepare
from impasto.styles.recolor import KeepColorName, in_luminance, recolored
from impasto.tables import Column, Figure, Table

GROUP = "style "  # how the names begin of the methods that may keep a photo's colours
WARM_SIZE = 64  # pixels of the picture that the method is run on first


class ColourConfig(MethodConfig):
    """Parameters of `experiment colour`."""

    keep_color: tuple[KeepColorName, ...] = Field(
        (
            "off",
            "image-analogies",
            "cholesky",
            "pca",
            "histogram",
            "luminance",
            "luminance-matched",
            "luminance-histogram",
        ),
        min_length=1,
        description="ways to keep the photo's colours",
    )
    method: str = Field("gatys", description="style method, NAME or NAME:PRESET, such as gatys:paper")
    size: int = Field(256, ge=64, le=2048, description="long side of the results in pixels")
    effort: float = Field(1.0, gt=0, le=100, description="factor of the method's own numbers of steps")


class Colour(Experiment[ColourConfig]):
    """Transfer the same style in each of several ways to keep the photo's colours."""

    name = "experiment colour"
    title = "Keeping the photo's colours"
    question = (
        "A painting gives a photo its colours too. The colours of the painting can be changed before the transfer, or "
        "the transfer can be one of luminance alone: what does each way keep, what does it lose, and what does it cost?"
    )
    Config = ColourConfig
    inputs = (PAIR,)
    columns = (
        Column("keep_color", "off, or how the photo's colours were kept"),
        Column("mean", "distance of the mean colour from the photo's", ".4f"),
        Column("covariance", "|S - T| / |T|, covariances of R, G and B, the photo's T, in Frobenius norms", ".3f"),
        Column("histogram", "mean way between the histograms of R, G and B and the photo's", ".4f"),
        Column("luminance", "the same for Y", ".4f"),
        Column("chroma", "difference of I and Q from the photo's, pixel by pixel (root mean square)", ".4f"),
        Column("edges", "correlation of the steepness of Y with that of I and Q: do colours follow strokes?", ".3f"),
        Column("numbers", "that are optimised at full size"),
        Column("loss", "at the end; towards another goal for each way", ".4g"),
        Column("seconds", "wall time, after a first small run", ".1f"),
        Column("note"),
    )

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """A transfer for each way."""
        called = _method(self.config.method)
        photo, painting = self._pair(inputs)
        names = tuple(dict.fromkeys(self.config.keep_color))
        jobs = [self._job(called, name, photo, painting, self.config.effort) for name in names]

        @cache
        def warm_up() -> None:  # so that nothing is loaded in the time of the first way, which says what is wrong
            small = [with_long_side(picture, WARM_SIZE) for picture in (photo, painting)]
            with suppress(InputError):
                Trace().carry_out(self._job(called, names[0], small[0], small[1], 1e-9))

        def made(name: KeepColorName, job: Job, rows: Rows) -> Row:
            warm_up()
            return _row(name, job, photo, painting, rows)

        numbered = enumerate(zip(names, jobs, strict=True), 1)
        return [Case(f"{n}/{len(jobs)} {name}", partial(made, name, job), job) for n, (name, job) in numbered]

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """The document's words; the paintings as the transfer saw them; all losses."""
        photo, _ = self._pair(inputs)
        found = whole(rows)
        distances = ("keep_color", "mean", "covariance", "histogram", "luminance", "edges")
        seen = [
            {
                "keep_color": way_of(row),
                **_distances(row.pictures["recoloured"], photo),
                "edges": edge_agreement(row.pictures["recoloured"]),
            }
            for row in found
        ]
        names = list(dict.fromkeys(name for row in found for name in row.trace.last))
        return [
            claims(found),
            Table(
                "paintings",
                "The painting as the transfer saw it, and its distances from the photo.",
                [column for column in self.columns if column.name in distances],
                seen,
            ),
            Table(
                "losses",
                "The losses at the end. Each way has its own goal, so they cannot be compared with each other.",
                [Column("keep_color"), *(Column(name, form=".4g") for name in names)],
                [{"keep_color": way_of(row), **row.trace.last} for row in found],
            ),
        ]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """The document's figures, all ways side by side, and the distances."""
        photo, painting = self._pair(inputs)
        found = whole(rows)
        if not found:
            return ()
        before = [color_histogram_distance(row.pictures["recoloured"], photo) for row in found]
        return [
            *drawn.document(photo, found),
            *drawn.side_by_side(photo, painting, found),
            drawn.distances(found, before),
        ]

    def _pair(self, inputs: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        return photo_and_painting(inputs, self.config.size, self.name)

    def _job(self, called: str, name: KeepColorName, photo: torch.Tensor, painting: torch.Tensor, effort: float) -> Job:
        """The transfer in one way, at the photo's size."""
        kind = find_method(called)
        fields = kind.Config.model_fields
        layer = preset(kind.Config, self.config.method.partition(":")[2] or None)
        given: dict[str, Any] = {"seed": self.config.seed, "device": self.config.device, "keep_color": name}
        if "size" in fields:
            given["size"] = f"{photo.shape[2]}x{photo.shape[1]}"
        for field in STEPS:
            if field in fields:
                given[field] = scaled(layer.values.get(field, fields[field].default), effort)
        return prepare(kind(configure(kind.Config, layer, Layer(given))), {"content": [photo], "style": [painting]})


def _row(name: KeepColorName, job: Job, photo: torch.Tensor, painting: torch.Tensor, rows: Rows) -> Row:
    """Transfer, and measure the result against the photo; one that breaks off has a row that says why."""
    try:
        outcome = rows.trace.carry_out(job)
    except DiskFullError:
        raise
    except InputError as error:  # such as a picture that is no longer finite
        return Row({"keep_color": name, "note": str(error)})
    return measured(name, photo, painting, next(iter(outcome.images.values())), rows.trace, outcome.seconds)


def measured(
    name: KeepColorName, photo: torch.Tensor, painting: torch.Tensor, result: torch.Tensor, trace: Trace, seconds: float
) -> Row:
    """The row of a result, with the painting as the transfer saw it; all (3, H, W) in [0, 1]."""
    seen = recolored(photo[None], [painting[None]], name)[1][0][0]
    values = {
        "keep_color": name,
        **_distances(result, photo),
        "chroma": chroma_distance(result, photo),
        "edges": edge_agreement(result),
        "numbers": (1 if in_luminance(name) else 3) * photo[0].numel(),
        "loss": trace.last.get("loss"),
        "seconds": seconds,
    }
    return Row(values, {"recoloured": seen, "result": result}, trace)


def _distances(picture: torch.Tensor, photo: torch.Tensor) -> dict[str, float]:
    mean, covariance = color_moment_distances(picture, photo)
    return {
        "mean": mean,
        "covariance": covariance,
        "histogram": color_histogram_distance(picture, photo),
        "luminance": color_histogram_distance(take_luminance(picture), take_luminance(photo)),
    }


def _method(label: str) -> str:
    """The words that call a style method with `keep_color`. Raises InputError if `label` is not one's."""
    name = label.partition(":")[0]
    styles = [called for called in METHODS if called.startswith(GROUP)]
    offering = [called for called in styles if "keep_color" in find_method(called).Config.model_fields]
    if GROUP + name not in offering:
        known = ", ".join(called.removeprefix(GROUP) for called in offering)
        raise InputError(f"method: {name!r} is no style method that keeps colours; one of: {known}")
    return GROUP + name
