"""How a run tells the world about itself, and how it goes on where a killed one stopped.

An algorithm wraps its iterations in a `Loop`. Everything else (bars, run folders, checkpoints,
cancelling, tests) is an `Observer`; the algorithm never knows who is looking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Protocol

import torch

from impasto.errors import InputError
from impasto.model import Model


@dataclass(frozen=True)
class Piece:
    """A finished part of a result: a picture (3, H, W) in [0, 1].

    alone: the values of the config that make it by itself, for the recipe that is written into it.
    file: what its file is called, without an ending, where the pieces get a folder of their own; "" as the piece.
    """

    picture: torch.Tensor
    alone: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""


@dataclass(frozen=True)
class Step:
    """One finished iteration: `index` of `total` (counted from 1), its losses, and what is made only on demand."""

    index: int
    total: int
    losses: Mapping[str, float]
    preview: Callable[[], torch.Tensor]  # () -> (3, H, W) in [0, 1], the picture so far
    state: Callable[[], dict[str, Any]] | None = None  # () -> all the rest depends on; None: no place to go on from
    model: Callable[[], Model] | None = None  # () -> the model as trained so far, where one is trained
    task: str = ""  # what is being done, where the steps are of several runs: "2/5 More leaves, step 30 of 230"
    work: float | None = None  # share of the run's work that is done, where some steps are more work than others
    measures: Mapping[str, float] = field(default_factory=dict)  # what is measured now and then: measures.csv
    pieces: Mapping[str, Piece] = field(default_factory=dict)  # parts of the result, by name: written now, not held
    models: Mapping[str, Callable[[], Model]] = field(default_factory=dict)  # to be kept as they are now, by name
    sheet: str = ""  # the name under which this step's preview is kept, beside those of every tenth
    copies: Mapping[str, Path] = field(default_factory=dict)  # files that are parts of it as they are, by name

    @property
    def done(self) -> float:
        """The share of the run's work that is done, up to 1."""
        return self.index / self.total if self.work is None else self.work


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after `index` steps, as `Step.state` gave it."""

    index: int
    state: dict[str, Any]


class Observer(Protocol):
    """Somebody who watches a run."""

    def step(self, step: Step) -> None:
        """Take note of a finished step; raise `Cancelled` to end the run."""

    def checkpoint(self) -> Checkpoint | None:
        """Where to go on from, or None to begin at the beginning."""


class Unobserved:
    """An observer that looks away: for plain function calls, and for observers that give nothing to go on from."""

    def step(self, step: Step) -> None:
        """Do nothing."""

    def checkpoint(self) -> Checkpoint | None:
        """Begin at the beginning."""
        return None


class Loop:
    """The iterations `first .. first + count` of a run of `total`, resumable.

    `keep` names everything that changes from step to step: tensors (restored in place), optimisers,
    modules, `torch.Generator`s. A resumed run skips the iterations that are done and restores `keep` in
    the loop that was interrupted, so a run of several loops (one per scale, say) needs nothing more
    than to build each loop's things as usual. But the loops that were skipped have changed nothing in this process:
    what later ones learned from them (the networks of the scales before, what was computed between two loops) belongs
    into the `keep` of every loop that builds on it.

    `span` is where the loop begins and ends as shares of the whole run's work (see `spans`), from which it is said how
    long the run will go on; without it all steps of the run count alike.

    >>> image = torch.zeros(3, 4, 4)
    >>> loop = Loop(Unobserved(), total=2, keep={"image": image})
    >>> for _ in loop:
    ...     image += 1
    ...     loop.report({"loss": 0.5}, preview=lambda: image)
    >>> float(image.mean())
    2.0
    """

    def __init__(
        self,
        observer: Observer,
        *,
        total: int,
        keep: Mapping[str, Any],
        first: int = 0,
        count: int | None = None,
        span: tuple[float, float] | None = None,
    ) -> None:
        self._observer = observer
        self.first = first  # the number of its first step
        self._span = span
        self._total = total
        self._keep = keep
        self._last = first + (total - first if count is None else count)
        self._index = first
        checkpoint = observer.checkpoint()
        if checkpoint is not None and checkpoint.index > first:
            self._index = min(checkpoint.index, self._last)
            if checkpoint.index <= self._last:
                restore(self._keep, checkpoint.state)

    def __iter__(self) -> Iterator[int]:
        """Yield the number of each step still to be done, counted from 0 over the whole run."""
        while self._index < self._last:
            self._index += 1
            yield self._index - 1

    def report(
        self,
        losses: Mapping[str, float],
        preview: Callable[[], torch.Tensor],
        model: Callable[[], Model] | None = None,
        *,
        measures: Mapping[str, float] | None = None,
        pieces: Mapping[str, Piece] | None = None,
        models: Mapping[str, Callable[[], Model]] | None = None,
        sheet: str = "",
        state: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        """Tell the observer that the current step is done. Call it last in the loop's body.

        state: gives the `snapshot` of all that is kept, if there is more to do than to take it.
        """
        self._observer.step(
            Step(
                self._index,
                self._total,
                losses,
                preview,
                state or partial(snapshot, self._keep),
                model,
                work=self._work(),
                measures=measures or {},
                pieces=pieces or {},
                models=models or {},
                sheet=sheet,
            )
        )

    def _work(self) -> float | None:
        if self._span is None:
            return None
        return within(self._span, (self._index - self.first) / (self._last - self.first))


def within(span: tuple[float, float], share: float) -> float:
    """Where a share of a span ends.

    >>> within((0.5, 1.0), 0.25)
    0.625
    """
    begin, end = span
    return begin * (1 - share) + end * share


def spans(work: Sequence[float]) -> list[tuple[float, float]]:
    """Where each part of a run begins and ends, as shares of the whole, for parts of so much work, which is not none.

    >>> spans([1, 3])
    [(0.0, 0.25), (0.25, 1.0)]
    """
    return list(pairwise(end / sum(work) for end in accumulate(work, initial=0)))


def snapshot(keep: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the state of everything in `keep`: tensors, generators, and whatever has a `state_dict`."""
    state: dict[str, Any] = {}
    for name, thing in keep.items():
        if isinstance(thing, torch.Tensor):
            state[name] = thing.detach().clone()
        elif isinstance(thing, torch.Generator):
            state[name] = thing.get_state()
        else:
            state[name] = thing.state_dict()
    return state


def restore(keep: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Put a `snapshot` back, in place. Raises InputError if it is one of other things."""
    with fitting():
        for name, thing in keep.items():
            if isinstance(thing, torch.Tensor):
                with torch.no_grad():
                    thing.copy_(state[name])
            elif isinstance(thing, torch.Generator):
                thing.set_state(state[name].cpu())
            else:
                thing.load_state_dict(state[name])


@contextmanager
def fitting() -> Iterator[None]:
    """Raise InputError for a checkpoint, which may have come from anywhere, that does not fit the run."""
    try:
        yield
    except InputError:  # somebody knows more
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError("the checkpoint is not of this run; take out the folder checkpoint to begin anew") from error
