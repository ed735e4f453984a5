"""The comparison itself: one photo, one painting, and a transfer for each way to keep the photo's colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.experiments.colour import figures as drawn
from impasto.experiments.colour.claims import claims
from impasto.experiments.colour.results import way, ways
from impasto.experiments.experiment import Column, Experiment, Figure, Row, Table
from impasto.experiments.pairs import PAIR, photo_and_painting, with_long_side
from impasto.experiments.start import runner
from impasto.experiments.texture_methods.contenders import STEPS, scaled
from impasto.methods import MethodConfig
from impasto.observers import Observer
from impasto.parts import Leg, Legs
from impasto.registry import METHODS
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.styles.recolor import KeepColorName

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

    name = "colour"
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

    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Make a transfer for each way; one that breaks off has a row that says why."""
        called = _method(self.config.method)
        photo, painting = photo_and_painting(pictures, self.config.size, self.name)
        names = tuple(dict.fromkeys(self.config.keep_color))
        jobs = [self._job(called, name, photo, painting, self.config.effort) for name in names]
        legs = Legs([Leg(f"{n}/{len(jobs)} {names[n - 1]}", _foreseen(job)) for n, job in enumerate(jobs, 1)], observer)
        with suppress(InputError):  # so that nothing is loaded in the time of the first way, which says what is wrong
            small = [with_long_side(picture, WARM_SIZE) for picture in (photo, painting)]
            warm = self._job(called, names[0], small[0], small[1], 1e-9)
            perform(warm, warm.pictures(), [])
        for number, (name, job) in enumerate(zip(names, jobs, strict=True)):
            try:
                outcome = perform(job, job.pictures(), [legs.watch(number)])
            except InputError as error:  # such as a picture that is no longer finite
                yield Row({"keep_color": name, "note": str(error)}, {"photo": photo, "painting": painting})
                continue
            if not outcome.images:
                return
            result = next(iter(outcome.images.values()))
            yield way(name, photo, painting, result, seconds=outcome.seconds, losses=outcome.losses)
            if outcome.state == "cancelled":
                return

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """The document's words; the paintings as the transfer saw them; all losses."""
        found = ways(rows)
        distances = ("keep_color", "mean", "covariance", "histogram", "luminance", "edges")
        names = list(dict.fromkeys(name for each in found for name in each.losses))
        losses = [{"keep_color": each.name, **each.losses} for each in found]
        return [
            claims(rows),
            Table(
                "paintings",
                "The painting as the transfer saw it, and its distances from the photo.",
                [column for column in self.columns if column.name in distances],
                [each.before for each in found],
            ),
            Table(
                "losses",
                "The losses at the end. Each way has its own goal, so they cannot be compared with each other.",
                [Column("keep_color"), *(Column(name, form=".4g") for name in names)],
                losses,
            ),
        ]

    def figures(self, rows: Sequence[Row]) -> Sequence[Figure]:
        """The document's figures, all ways side by side, and the distances."""
        found = ways(rows)
        if not found:
            return ()
        return [*drawn.document(found), *drawn.side_by_side(found), drawn.distances(found)]

    def _job(self, called: str, name: KeepColorName, photo: torch.Tensor, painting: torch.Tensor, effort: float) -> Job:
        """The transfer in one way, at the photo's size."""
        kind = find_method(called).Config
        fields = kind.model_fields
        layer = preset(kind, self.config.method.partition(":")[2] or None)
        given: dict[str, Any] = {"seed": self.config.seed, "device": self.config.device, "keep_color": name}
        if "size" in fields:
            given["size"] = f"{photo.shape[2]}x{photo.shape[1]}"
        for field in STEPS:
            if field in fields:
                given[field] = scaled(layer.values.get(field, fields[field].default), effort)
        return prepare(called, configure(kind, layer, Layer(given)), {"content": [photo], "style": [painting]})


def _foreseen(job: Job) -> float:
    return job.forecast.seconds if job.forecast else 1.0


def _method(label: str) -> str:
    """The words that call a style method with `keep_color`. Raises InputError if `label` is not one's."""
    name = label.partition(":")[0]
    styles = [called for called in METHODS if called.startswith(GROUP)]
    offering = [called for called in styles if "keep_color" in find_method(called).Config.model_fields]
    if GROUP + name not in offering:
        known = ", ".join(called.removeprefix(GROUP) for called in offering)
        raise InputError(f"method: {name!r} is no style method that keeps colours; one of: {known}")
    return GROUP + name


run = runner(Colour)
