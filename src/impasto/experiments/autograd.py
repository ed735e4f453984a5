"""Backward passes written by hand against PyTorch's own (the first document, exercise 1 and figure 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from timeit import repeat
from typing import Any

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.experiments.experiment import FIXED_MEMORY, Case, Experiment, Row, Rows
from impasto.inputs import Inputs
from impasto.methods import Forecast, MethodConfig
from impasto.randomness import generator
from impasto.tables import Chart, Column, Figure, Table

CALL, OPERATIONS = 1e-5, 3e10  # seconds of a call, and what a processor computes in a second


class AutogradConfig(MethodConfig):
    """Parameters of `experiment autograd`."""

    sizes: tuple[int, ...] = Field((5, 64, 256, 1024), min_length=1, max_length=12, description="sides of the matrices")
    repeats: int = Field(20, ge=1, le=1000, description="timings of each function; the median counts")


@dataclass(frozen=True)
class Comparison:
    """The same function twice, ours and PyTorch's; each gives one tensor or several."""

    operation: str
    ours: Callable[[], tuple[torch.Tensor, ...]]
    pytorch: Callable[[], tuple[torch.Tensor, ...]]


class Autograd(Experiment[AutogradConfig]):
    """Compare values and times of the hand-written backward passes with those of PyTorch."""

    name = "experiment autograd"
    title = "Backward passes written by hand"
    question = (
        "Do the forward and backward passes of ReLU and the backward pass of a matrix product, written by hand, "
        "give the numbers that PyTorch's own give, and what do they cost?"
    )
    Config = AutogradConfig
    columns = (
        Column("operation", "A x backward gives both gradients, dz/dA and dz/dx"),
        Column("size", "side n of the square matrix A; x and dz/dy are n x n, and n x 1 for n below 10"),
        Column("equal", "whether all values are the same, bit for bit"),
        Column("max difference", "largest absolute difference of a value", ".3g"),
        Column("ours us", "microseconds of the hand-written function, median", ".1f"),
        Column("PyTorch us", "microseconds of PyTorch's, median", ".1f"),
        Column("ratio", "ours / PyTorch", ".2f"),
    )

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every operation at every size."""
        del inputs
        return [
            Case(f"{each.operation}, {size} x {size}", partial(self._row, each, size), foreseen=self._cost(size))
            for size in self.config.sizes
            for each in self._comparisons(size)
        ]

    def _cost(self, size: int) -> Forecast:
        calls = 2 * (self.config.repeats + 1)
        return Forecast(calls * (CALL + 2 * size**3 / OPERATIONS), FIXED_MEMORY)

    def _row(self, case: Comparison, size: int, rows: Rows) -> Row:
        pairs = list(zip(case.ours(), case.pytorch(), strict=True))
        equal = all(torch.equal(ours, pytorch) for ours, pytorch in pairs)
        difference = max(float((ours - pytorch).abs().max()) for ours, pytorch in pairs)
        times = self._microseconds(case.ours), self._microseconds(case.pytorch)
        values = (case.operation, size, equal, difference, *times, times[0] / times[1])
        return Row(dict(zip([column.name for column in self.columns], values, strict=True)), trace=rows.trace)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """The document's figure 1: the two gradients of y = A x with respect to x, side by side."""
        del rows, inputs
        case = self._comparisons(5)[-1]
        pairs = zip(case.pytorch()[1].flatten().tolist(), case.ours()[1].flatten().tolist(), strict=True)
        columns = (Column("PyTorch", form=".4f"), Column("ours", form=".4f"))
        values = [{"PyTorch": theirs, "ours": ours} for theirs, ours in pairs]
        return [Table("gradient", "dz/dx of y = A x, A 5 x 5. These two vectors should be the same!", columns, values)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Times over sizes."""
        del inputs

        def draw(axes: Any) -> None:
            for operation in dict.fromkeys(row.values["operation"] for row in rows):
                mine = [row.values for row in rows if row.values["operation"] == operation]
                axes.plot([row["size"] for row in mine], [row["ratio"] for row in mine], "o-", label=operation)
            axes.axhline(1, color="0.5", linewidth=1, linestyle="--")
            axes.set(xscale="log", yscale="log", xlabel="side of the matrix", ylabel="time, ours / PyTorch")
            axes.legend()

        return [Chart("times", "What the hand-written functions cost; below 1 they are faster.", draw)]

    def _comparisons(self, size: int) -> list[Comparison]:
        """The functions at one size, on random numbers."""
        from impasto.autograd import matmul_backward, relu_backward, relu_forward  # needs torch, which --help does not

        random = generator(self.config.seed)
        device = pick_device(self.config.device)
        columns = 1 if size < 10 else size  # the document's own x is a vector of five
        a, x, dz_dy = (torch.randn(size, n, generator=random).to(device) for n in (size, columns, columns))
        leaf, weight = x.clone().requires_grad_(), a.clone().requires_grad_()
        rectified, product = torch.relu(leaf), weight @ leaf

        def grad(y: torch.Tensor, *of: torch.Tensor) -> Callable[[], tuple[torch.Tensor, ...]]:
            return lambda: torch.autograd.grad(y, of, dz_dy, retain_graph=True)

        return [
            Comparison("ReLU forward", lambda: (relu_forward(x),), lambda: (torch.relu(x),)),
            Comparison("ReLU backward", lambda: (relu_backward(x, dz_dy),), grad(rectified, leaf)),
            Comparison("A x backward", lambda: matmul_backward(a, x, dz_dy), grad(product, weight, leaf)),
        ]

    def _microseconds(self, function: Callable[[], object]) -> float:
        """The median time of a call."""
        return 1e6 * median(repeat(function, number=1, repeat=self.config.repeats))
