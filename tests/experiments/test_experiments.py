"""Experiments as methods: their tables and figures, an early end, going on after one; and the two simplest of them."""

from __future__ import annotations

import csv
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from pydantic import Field
from ran import assert_same, made, named, ran, written_and_read

from impasto.cli.app import run as command_line
from impasto.errors import Cancelled, DiskFullError, InputError
from impasto.experiments.autograd import Autograd
from impasto.experiments.colour.comparison import Colour, ColourConfig
from impasto.experiments.experiment import SHOWING, Case, Experiment, Row
from impasto.experiments.style_optimizers import StyleOptimizers
from impasto.experiments.texture_scales import TextureScales
from impasto.experiments.trace import Trace
from impasto.inputs import Input, given_names
from impasto.methods import MethodConfig
from impasto.observers import Loop, Unobserved
from impasto.registry import METHODS
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on
from impasto.runs.job import prepare
from impasto.samples.drawings import drawing
from impasto.tables import Chart, Column, Sheet
from observers import Keep, Resume, StopAt

EXPERIMENTS = [name for name in METHODS if name.startswith("experiment ")]
PAIR = {"picture": [drawing("mosaic", 64)[:, :40], drawing("swirls", 48)]}


class SquaresConfig(MethodConfig):
    numbers: tuple[int, ...] = Field((1, 2, 3), min_length=1, description="what is squared")
    scale: float = Field(1.0, ge=0, le=10, description="a factor")


class Squares(Experiment[SquaresConfig]):
    """Each square is a sum, of four steps."""

    name = "experiment squares"
    title = "Squares <of> numbers"
    question = "What is x times x?"
    Config = SquaresConfig
    inputs = (Input("picture", "pictures", many=True, optional=True),)
    columns = (Column("x"), Column("square", "x times x", ".2f"), Column("pictures"))

    def cases(self, inputs):
        names = " ".join(given_names(inputs, "picture"))
        return [Case(f"square of {x}", partial(self._row, x, names)) for x in self.config.numbers]

    def figures(self, rows, inputs):
        def draw(axes):
            axes.plot([row.values["x"] for row in rows], [row.values["square"] for row in rows])

        reddest = max(rows, key=lambda row: row.number("square"))
        return [Chart("curve", "A parabola.", draw), Sheet("red", "Red.", reddest.pictures["red"])]

    def _row(self, x, names, rows):
        total = torch.zeros(())
        loop = Loop(rows.trace, total=4, keep={"total": total})
        for _ in loop:
            total += self.config.scale * x * x / 4
            loop.report({"loss": float(total)}, preview=partial(total.expand, 3, 8, 8))
        values = {"x": x, "square": float(total), "pictures": names, "sums": str(rows.trace.losses)}
        return Row(values, {"red": total.expand(3, 8, 8) / 1000}, rows.trace)


class Images(HTMLParser):
    def __init__(self, path: Path):
        super().__init__()
        self.sources = []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.sources.append(dict(attrs)["src"])


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_an_experiment_has_a_row_for_each_case_and_figures():
    done = ran(Squares, numbers=(2, 5), scale=0.5)
    assert [(row["x"], row["square"]) for row in done.rows] == [(2, 2.0), (5, 12.5)]
    assert done.names == ["curve", "red"]


def test_pictures_are_known_by_their_files_names():
    inputs = named("picture", stone=torch.rand(3, 8, 8), sand=torch.rand(3, 8, 8))
    inputs.paths = {"picture": ["stone", "stone"]}
    assert ran(Squares, inputs, numbers=(1,)).rows[0]["pictures"] == "stone stone-2"


def test_its_run_has_a_folder_with_tables_figures_and_a_page(tmp_path):
    job = prepare(made(Squares, numbers=(2, 5), scale=0.5), {})
    outcome = carry_on(enter(job, tmp_path, place=tmp_path / "out"), job=job)
    assert outcome.state == "done"
    assert [row["square"] for row in table(tmp_path / "out/tables/table.csv")] == ["2.0", "12.5"]
    page = (tmp_path / "out/report.html").read_text()
    assert "Squares &lt;of&gt; numbers" in page
    assert "What is x times x?" in page
    assert "<td>12.50</td>" in page
    sources = Images(tmp_path / "out/report.html").sources
    assert len(sources) >= 2
    assert all(source.startswith("data:image/") for source in sources)


def test_an_early_end_keeps_the_rows_that_are_ready():
    with pytest.raises(Cancelled) as stopped:
        ran(Squares, observer=StopAt(12))  # a row is four steps and its end
    assert [row["x"] for row in stopped.value.result.tables[0].rows] == [1, 2]
    assert [figure.name for figure in stopped.value.result.figures] == ["curve", "red"]
    with pytest.raises(Cancelled) as stopped:
        ran(Squares, observer=StopAt(3))
    assert stopped.value.result is None


@pytest.mark.parametrize("last", range(1, 16))
def test_it_goes_on_in_the_row_that_was_begun_and_takes_no_step_twice(last, tmp_path):
    class GoesOn(Keep, Resume):
        def __init__(self, checkpoint):
            Keep.__init__(self)
            Resume.__init__(self, checkpoint)

    whole = Keep(states=True)
    uninterrupted = ran(Squares, observer=whole)
    after = GoesOn(written_and_read(whole.steps[last - 1].index, whole.states[last - 1], tmp_path))
    assert_same(ran(Squares, observer=after), uninterrupted)
    assert last + len(after.steps) == len(whole.steps)


def test_a_forecast_is_that_of_all_runs():
    kind = made(StyleOptimizers, network="efficientnet-lite0", optimizers=("adam", "sgd"), size=32, steps=4)
    cost = kind.forecast({"picture": [(64, 40), (48, 48)]})
    assert cost.seconds == pytest.approx(SHOWING + sum(case.cost.seconds for case in kind.cases(PAIR)))
    assert cost.memory > 10**8
    assert kind.forecast({"picture": [(64, 40)]}) is None  # what is wrong is told by `check`
    with pytest.raises(InputError, match="style-optimizers compares one photo and one painting, got 1 picture"):
        kind.check({"picture": PAIR["picture"][:1]})


def test_a_wrong_value_is_refused_in_one_line():
    with pytest.raises(InputError, match="scale must be between 0 and 10, got 11"):
        made(Squares, scale=11)
    with pytest.raises(InputError, match=r"numbers\[1\] must be a whole number, got 'x'"):
        made(Squares, numbers=["1", "x"])


def test_an_experiment_without_inputs_refuses_pictures():
    with pytest.raises(InputError, match=r"experiment autograd takes no picture"):
        prepare(made(Autograd), {"picture": [torch.rand(3, 8, 8)]})


def test_the_command_line_names_the_nearest_experiment(capsys):
    assert command_line(["experiment", "texture-scale"]) == 2
    assert "did you mean texture-scales?" in capsys.readouterr().err


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_help_for_its_flags(name, capsys):
    assert command_line([*name.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert "--out" in said
    assert "--seed" in said


def test_hand_written_gradients_equal_pytorchs():
    done = ran(Autograd, sizes=(5, 32), repeats=2)
    assert [(row["operation"], row["size"]) for row in done.rows] == [
        (operation, size) for size in (5, 32) for operation in ("ReLU forward", "ReLU backward", "A x backward")
    ]
    assert all(row["equal"] is True for row in done.rows)
    assert {row["max difference"] for row in done.rows} == {0.0}
    assert all(row["ratio"] > 0 for row in done.rows)
    vectors = done.tables["gradient"]
    assert len(vectors) == 5
    assert all(row["PyTorch"] == row["ours"] for row in vectors)


def test_an_experiments_command_prints_its_tables_and_writes_its_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line(["experiment", "autograd", "--sizes", "5,8", "--repeats", "1", "--out", "out"]) == 0
    assert capsys.readouterr().out.startswith("operation\tsize\tequal\tmax difference\t")
    assert [row["size"] for row in table(tmp_path / "out/tables/table.csv")] == ["5"] * 3 + ["8"] * 3
    assert len(table(tmp_path / "out/tables/gradient.csv")) == 5
    assert (tmp_path / "out/figures/times.png").is_file()
    assert "These two vectors should be the same!" in (tmp_path / "out/report.html").read_text()


def test_texture_scales_makes_a_row_for_each_exemplar_and_number_of_scales():
    torch.manual_seed(0)
    sand = named("exemplar", sand=torch.rand(3, 48, 72))
    done = ran(TextureScales, sand, scales=(1, 2), size=64, steps=5)
    assert [(row["exemplar"], row["sizes"], row["steps"]) for row in done.rows] == [
        ("sand", "64x43", "5"),
        ("sand", "32x22, 64x43", "3, 2"),
    ]
    assert all(row["loss"] > 0 for row in done.rows)
    features = done.tables["features"]
    assert [row["picture"] for row in features] == ["32x22", "64x43"]
    assert features[1]["network sees"] == "128x86"
    assert features[1]["stem"] == "32x43x64"
    assert done.names == ["textures", "losses"]


def test_texture_scales_refuses_more_scales_than_the_size_allows():
    with pytest.raises(InputError, match="scales: 4 would begin under 16 pixels"):
        made(TextureScales, scales=(4,), size=64).check({})


def test_a_trace_tells_its_watch_of_no_model_and_no_piece():
    watch, trace = Keep(), Trace()
    trace.watch = watch
    loop = Loop(trace, total=1, keep={})
    for _ in loop:
        loop.report({"loss": 1.0}, preview=dict, model=dict, pieces={"1": None})
    assert (watch.steps[0].model, watch.steps[0].pieces, trace.losses) == (None, {}, [1.0])
    assert isinstance(Trace().watch, Unobserved)


def test_a_full_disk_is_no_failure_of_what_is_compared(monkeypatch):
    """A line of the table would say that a transfer had failed."""

    def full(*_: object, **__: object):
        raise DiskFullError("runs/a: no space")

    monkeypatch.setattr(Trace, "carry_out", full)
    experiment = Colour(ColourConfig(size=64, method="fast"))
    photo, painting = drawing("mosaic", 32), drawing("weave", 32)
    with pytest.raises(DiskFullError):
        experiment.run({"picture": [photo, painting]}, Unobserved())
