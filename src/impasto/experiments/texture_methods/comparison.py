"""The comparison itself: every method makes a texture of every exemplar, and is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import torch
from pydantic import Field

from impasto.errors import Cancelled, DiskFullError, InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows, grouped
from impasto.experiments.judges import GramJudge
from impasto.experiments.pictures import EXEMPLARS, exemplars
from impasto.experiments.texture_methods import contenders as runs
from impasto.experiments.texture_methods import figures as drawn
from impasto.experiments.texture_methods.contenders import DEFAULT, Contender, Effort, contenders
from impasto.experiments.texture_methods.expectations import expectations
from impasto.features import WEIGHTS, NetworkName, WeightsName, weights_of
from impasto.inputs import Inputs
from impasto.methods import MethodConfig
from impasto.metrics import (
    PositionMap,
    autocorrelation_distance,
    color_positions,
    position_map,
    sliced_patch_wasserstein,
)
from impasto.registry import method as find_method
from impasto.runs.job import Job
from impasto.tables import Column, Figure, Table

PAIRS = 1 << 30  # of patches that are compared, about, if `every` is left open
SPARSER = 2  # a mean distance needs fewer patches than a map
SECONDS_PER_VALUE = 1.5e-10  # for each value of each pair, in both directions


class TextureMethodsConfig(MethodConfig):
    """Parameters of `experiment texture-methods`."""

    methods: tuple[str, ...] = Field(
        DEFAULT, min_length=1, max_length=32, description="methods, each NAME or NAME:PRESET, such as gram:paper"
    )
    size: int = Field(256, ge=64, le=2048, description="long side of exemplars and textures in pixels")
    training_steps: int = Field(300, ge=1, le=1_000_000, description="steps of the texture network's training")
    effort: float = Field(1.0, gt=0, le=100, description="factor of the other methods' own numbers of steps")
    patch: int = Field(7, ge=3, le=31, description="side of the patches that are compared")
    every: int = Field(0, ge=0, le=64, description="look at every N-th patch in both directions; 0 chooses")
    network: NetworkName = Field("efficientnet-lite0", description="network whose Gram matrices are compared")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")
    layer: str = Field("", description="layer whose Gram matrices are shown (default: the middle style layer)")


@dataclass(frozen=True)
class Task:
    """One method and one exemplar; why it cannot begin, if it cannot."""

    exemplar: str
    picture: torch.Tensor
    contender: Contender
    job: Job | None
    refusal: str = ""

    @property
    def names(self) -> dict[str, object]:
        """The first columns."""
        return {"exemplar": self.exemplar, "method": self.contender.label}


class TextureMethods(Experiment[TextureMethodsConfig]):
    """Compare methods of making a texture in time, loss, position maps, Gram matrices and distances."""

    name = "experiment texture-methods"
    title = "Ways to make a texture"
    question = (
        "Texture optimisation (Kwatra et al.), Gram matrices (Gatys et al.), a feed-forward network (Ulyanov et al.) "
        "and what came before and after them: what do they cost, what do they copy, and how near do they come?"
    )
    Config = TextureMethodsConfig
    inputs = (EXEMPLARS, WEIGHTS)
    columns = (
        Column("exemplar"),
        Column("method", "texture-network is train texture-network and then sample; the others are texture NAME"),
        Column("training s", "seconds of the training, once for an exemplar", ".1f"),
        Column(
            "seconds", "of a picture, after a first small run; where that is under a second, the median of 3", ".3g"
        ),
        Column("cpu s", "processor seconds of all threads, the training included", ".3g"),
        Column("steps", "of the run; of the training, if there is one"),
        Column("patches", "sliced Wasserstein distance of patches, mean over full, half and quarter size", ".4f"),
        Column("coherence", "distance of the texture's patches from the exemplar's nearest (root mean square)", ".4f"),
        Column("completeness", "distance of the exemplar's patches from the texture's nearest", ".4f"),
        Column("autocorrelation", "difference of the autocorrelations (root mean square)", ".3f"),
        Column("Gram", "|G - A| / |A| of Gram matrices, mean over layers; gram and the network optimise these", ".3f"),
        Column("copied", "share of patches that were copied in runs at least as long as a patch", ".2f"),
        Column("run px", "mean length of a run: neighbours that lie beside each other in the exemplar too", ".1f"),
        Column("places", "different places in the exemplar for each patch looked at: 1 if none comes twice", ".2f"),
        Column("note", "why a method made nothing"),
    )

    @property
    def trains(self) -> bool:
        """Whether one of the methods does."""
        return any(find_method(contender.method).makes == "model" for contender in contenders(self.config.methods))

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every method on every exemplar."""
        judge, pictures = self._judge(inputs), self._exemplars(inputs)
        tasks = [
            self._task(name, picture, contender)
            for name, picture in pictures.items()
            for contender in contenders(self.config.methods)
        ]
        warm_up = cache(lambda contender: runs.warm_up(contender, tasks[0].picture, self._effort))

        def made(task: Task, rows: Rows) -> Row:
            warm_up(task.contender)
            return self._row(task, judge, rows)

        titles = [f"{n}/{len(tasks)} {task.exemplar}, {task.contender.label}" for n, task in enumerate(tasks, 1)]
        return [
            Case(title, partial(made, task), task.job, self._measuring(task.picture))
            for title, task in zip(titles, tasks, strict=True)
        ]

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What was expected; and each method's loss, at its ends and at all steps."""
        del inputs
        ends = (
            Column("exemplar"),
            Column("method"),
            Column("loss", "its name"),
            Column("first", "", ".4g"),
            Column("last", "", ".4g"),
            Column("trend", "Spearman's rank correlation of loss and step", ".2f"),
            Column("rises", "share of steps after which it is higher", ".2f"),
        )
        of_ends: list[dict[str, object]] = []
        of_steps: list[dict[str, object]] = []
        for row in rows:
            trace, losses = row.trace, row.trace.losses
            whose = {"exemplar": row.values["exemplar"], "method": row.values["method"], "loss": trace.name}
            if losses:
                values = {"first": losses[0], "last": losses[-1], "trend": trace.trend, "rises": trace.rises}
                of_ends.append({**whose, **values})
            for step, (moment, loss) in enumerate(zip(trace.moments, losses, strict=True), 1):
                of_steps.append({**whose, "step": step, "seconds": moment.seconds, "value": loss})
        caption = "Each method's own loss; only its course can be compared, not its value."
        steps = [Column(name) for name in ("exemplar", "method", "loss", "step", "seconds", "value")]
        return [
            expectations(rows),
            Table("loss-ends", caption, ends, of_ends),
            Table("losses", "", steps, of_steps, shown=False),
        ]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Textures over position maps and Gram matrices, for each exemplar; the losses of all."""
        judge, pictures = self._judge(inputs), self._exemplars(inputs)
        textures: list[Figure] = []
        others: list[Figure] = [drawn.losses(rows)]
        for name, mine in grouped(rows, "exemplar").items():
            textures.append(drawn.textures(name, pictures[name], mine))
            others.append(drawn.gram_matrices(name, pictures[name], mine, judge))
            others += drawn.written(name, pictures[name], mine)
        return [*textures, *others]

    @property
    def _effort(self) -> Effort:
        config = self.config
        return Effort(config.size, config.effort, config.training_steps, config.seed, config.device)

    def _judge(self, inputs: Inputs) -> GramJudge:
        return GramJudge(self.config.network, weights_of(self.config.network_weights, inputs), self.config.layer)

    def _exemplars(self, inputs: Inputs) -> dict[str, torch.Tensor]:
        """As the files that are written have them. Raises InputError for one that is too small to be compared."""
        found = {}
        for name, picture in exemplars(inputs, self.config.size).items():
            height, width = picture.shape[1:]
            least = max(32, self.config.patch)
            if min(height, width) < least:
                raise InputError(
                    f"{name}: {width}x{height} pixels, needs at least {least} a side; take a larger --size"
                )
            found[name] = (picture.clamp(0, 1) * 255).round() / 255
        return found

    def _task(self, name: str, picture: torch.Tensor, contender: Contender) -> Task:
        try:
            return Task(name, picture, contender, contender.job(picture, self._effort))
        except InputError as error:
            return Task(name, picture, contender, None, str(error))

    def _row(self, task: Task, judge: GramJudge, rows: Rows) -> Row:
        """Run a method and measure its texture; one that fails has a row that says why."""
        if task.job is None:
            return Row({**task.names, "note": task.refusal})
        try:
            trial = runs.carry_out(task.job, task.picture, self._effort, rows.trace)
            numbers, positions = self._measured(trial.texture, task.picture, judge)
        except (Cancelled, DiskFullError):
            raise
        except Exception as error:  # one method's failure must not cost the results of the others
            why = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            return Row({**task.names, "note": why})
        values = {
            **task.names,
            "training s": trial.training,
            "seconds": trial.seconds,
            "cpu s": trial.processor,
            "steps": rows.trace.total,
            **numbers,
        }
        colored = color_positions(positions, (trial.texture.shape[1], trial.texture.shape[2]))
        return Row(values, {"texture": trial.texture, "map": colored}, rows.trace)

    def _every(self, texture: torch.Tensor, exemplar: torch.Tensor) -> int:
        """From one patch that is looked at to the next."""
        return self.config.every or max(1, round(math.sqrt(texture[0].numel() * exemplar[0].numel() / PAIRS)))

    def _measuring(self, exemplar: torch.Tensor) -> float:
        """Seconds, about, to measure a texture of an exemplar's size."""
        pairs = (exemplar[0].numel() / self._every(exemplar, exemplar)) ** 2
        return SECONDS_PER_VALUE * 3 * self.config.patch**2 * pairs / torch.get_num_threads()

    def _measured(
        self, texture: torch.Tensor, exemplar: torch.Tensor, judge: GramJudge
    ) -> tuple[dict[str, float], PositionMap]:
        """What the table says of a texture (3, H, W), and where its patches come from."""
        patch = self.config.patch
        every = self._every(texture, exemplar)
        positions = position_map(texture, exemplar, patch=patch, every=every)
        patches = sliced_patch_wasserstein(texture, exemplar, patch=patch)
        looked_at = positions.places.shape[0] * positions.places.shape[1]
        height, width = (side - patch + 1 for side in positions.exemplar)
        numbers = {
            "patches": sum(patches) / len(patches),
            "coherence": positions.distance,
            "completeness": position_map(exemplar, texture, patch=patch, every=SPARSER * every).distance,
            "autocorrelation": autocorrelation_distance(texture, exemplar),
            "Gram": judge.distance(texture, exemplar),
            "copied": positions.copied_share,
            "run px": positions.mean_run_length * every,
            "places": positions.coverage * height * width / looked_at,
        }
        return numbers, positions
