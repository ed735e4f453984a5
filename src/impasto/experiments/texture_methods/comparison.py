"""The comparison itself: every method makes a texture of every exemplar, and is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from pydantic import Field

from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Column, Experiment, Figure, Row, Table
from impasto.experiments.start import runner
from impasto.experiments.texture_methods import figures as drawn
from impasto.experiments.texture_methods.contenders import DEFAULT, Contender, Effort, contenders
from impasto.experiments.texture_methods.expectations import expectations
from impasto.experiments.texture_methods.measures import GramJudge, check_exemplar, measure
from impasto.experiments.texture_methods.results import Line, by_exemplar, lines
from impasto.experiments.texture_methods.trials import carry_out, foreseen, job_of, warm_up
from impasto.features import NetworkName
from impasto.images import fit_long_side, resize
from impasto.methods import Input, MethodConfig
from impasto.metrics import color_positions, position_key
from impasto.observers import Observer, Step
from impasto.parts import Leg, Legs
from impasto.runs.job import Job
from impasto.samples.drawings import drawing

EXEMPLAR = "pebbles"  # the drawing that is used when no exemplar is given
MEASURING = 5.0  # seconds, about


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
    network_weights: str = Field("auto", description="auto, random, or the path of a weights file")
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
    def title(self) -> str:
        """What the bar shows."""
        return f"{self.exemplar}, {self.contender.label}"


class TextureMethods(Experiment[TextureMethodsConfig]):
    """Compare methods of making a texture in time, loss, position maps, Gram matrices and distances."""

    name = "texture-methods"
    title = "Ways to make a texture"
    question = (
        "Texture optimisation (Kwatra et al.), Gram matrices (Gatys et al.), a feed-forward network (Ulyanov et al.) "
        "and what came before and after them: what do they cost, what do they copy, and how near do they come?"
    )
    Config = TextureMethodsConfig
    inputs = (Input("exemplar", f"pictures whose textures are wanted (default: a drawing, {EXEMPLAR})", many=True),)
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

    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Run every method on every exemplar; one that fails has a line that says why."""
        chosen = contenders(self.config.methods)
        judge = self._judge()
        exemplars = self._exemplars(pictures)
        tasks = [self._task(name, picture, each) for name, picture in exemplars.items() for each in chosen]
        legs = [leg for number, task in enumerate(tasks, 1) for leg in _legs(f"{number}/{len(tasks)}", task)]
        watching = Legs(legs, observer)
        warm: set[str] = set()
        for number, task in enumerate(tasks):
            if task.contender.label not in warm:
                warm.add(task.contender.label)
                warm_up(task.contender, task.picture, self._effort)
            try:
                yield self._line(task, judge, watching.watch(2 * number))
            except Cancelled:
                raise
            except Exception as error:  # one method's failure must not cost the results of the others
                yield _failed(task, str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}")
            _measured(watching.watch(2 * number + 1), task.picture)

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """What was expected; and each method's loss, at its ends and at all steps."""
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
        for line in lines(rows):
            curve, whose = line.curve, {"exemplar": line.exemplar, "method": line.label, "loss": line.curve.name}
            if curve.losses:
                values = {
                    "first": curve.losses[0],
                    "last": curve.losses[-1],
                    "trend": curve.trend,
                    "rises": curve.rises,
                }
                of_ends.append({**whose, **values})
            for step, (seconds, loss) in enumerate(zip(curve.seconds, curve.losses, strict=True), 1):
                of_steps.append({**whose, "step": step, "seconds": seconds, "value": loss})
        caption = "Each method's own loss; only its course can be compared, not its value."
        steps = [Column(name) for name in ("exemplar", "method", "loss", "step", "seconds", "value")]
        return [
            expectations(rows),
            Table("loss-ends", caption, ends, of_ends),
            Table("losses", "", steps, of_steps, shown=False),
        ]

    def figures(self, rows: Sequence[Row]) -> Sequence[Figure]:
        """Textures over position maps and Gram matrices, for each exemplar; the losses of all."""
        judge = self._judge()
        found: list[Figure] = [drawn.losses(rows)]
        for name, mine in by_exemplar(rows).items():
            found += [drawn.textures(name, mine), drawn.gram_matrices(name, mine, judge), *drawn.written(name, mine)]
        return sorted(found, key=lambda figure: not figure.name.startswith("textures-"))

    @property
    def _effort(self) -> Effort:
        config = self.config
        return Effort(config.size, config.effort, config.training_steps, config.seed, config.device)

    def _judge(self) -> GramJudge:
        return GramJudge(self.config.network, self.config.network_weights, self.config.layer)

    def _exemplars(self, pictures: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        size = self.config.size
        given = pictures or {EXEMPLAR: drawing(EXEMPLAR, size)}
        found = {}
        for name, picture in given.items():
            resized = resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), size))
            found[name] = (resized.clamp(0, 1) * 255).round() / 255  # as the file that is written has it
            check_exemplar(name, found[name], self.config.patch)
        return found

    def _task(self, name: str, picture: torch.Tensor, contender: Contender) -> Task:
        try:
            return Task(name, picture, contender, job_of(contender, picture, self._effort))
        except InputError as error:
            return Task(name, picture, contender, None, str(error))

    def _line(self, task: Task, judge: GramJudge, observer: Observer) -> Line:
        if task.job is None:
            return _failed(task, task.refusal)
        trial = carry_out(task.job, self._effort, observer)
        measured = measure(trial.texture, task.picture, judge, patch=self.config.patch, every=self.config.every)
        values = {
            "exemplar": task.exemplar,
            "method": task.contender.label,
            "training s": trial.training,
            "seconds": trial.seconds,
            "cpu s": trial.processor,
            "steps": trial.steps,
            **measured.numbers,
        }
        size = (trial.texture.shape[1], trial.texture.shape[2])
        pictures = {"texture": trial.texture, "map": color_positions(measured.positions, size), **_given(task)}
        return Line(values, pictures, trial.curve)


def _failed(task: Task, why: str) -> Line:
    return Line({"exemplar": task.exemplar, "method": task.contender.label, "note": why}, _given(task))


def _given(task: Task) -> dict[str, torch.Tensor]:
    size = (task.picture.shape[1], task.picture.shape[2])
    return {"exemplar": task.picture, "key": position_key(size)}


def _legs(number: str, task: Task) -> list[Leg]:
    seconds = foreseen(task.job) if task.job else 0.0
    return [Leg(f"{number} {task.title}", max(seconds, 0.1)), Leg(f"{number} {task.title}: measured", MEASURING)]


def _measured(observer: Observer, picture: torch.Tensor) -> None:
    """Tell the bar that a method's measures are there."""
    observer.step(Step(1, 1, {}, lambda: picture, dict))


run = runner(TextureMethods)
