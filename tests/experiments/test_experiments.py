"""Experiments: their tables, figures and pages; and the two that are there."""

import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from pydantic import Field

from impasto.cli.app import run as command_line
from impasto.errors import Cancelled, InputError
from impasto.experiments import EXPERIMENTS
from impasto.experiments.experiment import Chart, Column, Experiment, Row, Sheet
from impasto.experiments.start import find, runner
from impasto.images import read, write
from impasto.inputs import Input
from impasto.methods import MethodConfig
from impasto.observers import Loop, Step, Unobserved
from impasto.parts import Leg, Legs


class SquaresConfig(MethodConfig):
    numbers: tuple[int, ...] = Field((1, 2, 3), min_length=1, description="what is squared")
    scale: float = Field(1.0, ge=0, le=10, description="a factor")


class Squares(Experiment[SquaresConfig]):
    name = "squares"
    title = "Squares <of> numbers"
    question = "What is x times x?"
    Config = SquaresConfig
    inputs = (Input("picture", "pictures", many=True),)
    columns = (Column("x"), Column("square", "x times x", ".2f"), Column("pictures"))

    def rows(self, pictures, observer):
        loop = Loop(observer, total=len(self.config.numbers), keep={})
        for index in loop:
            x = self.config.numbers[index]
            yield Row({"x": x, "square": self.config.scale * x * x, "pictures": " ".join(pictures)})
            loop.report({"loss": 0.0}, preview=lambda: torch.zeros(3, 8, 8))

    def figures(self, rows):
        def draw(axes):
            axes.plot([row.values["x"] for row in rows], [row.values["square"] for row in rows])

        red = torch.zeros(3, 8, 8)
        red[0] = 1
        return [Chart("curve", "A parabola.", draw), Sheet("red", "Red.", red)]


class EndsAt:
    def __init__(self, index):
        self.index = index

    def step(self, step):
        if step.index == self.index:
            raise Cancelled

    def checkpoint(self):
        return None


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


def test_an_experiment_writes_its_table_figures_and_page(tmp_path, capsys):
    files = runner(Squares)(out=tmp_path, numbers="2,5", scale=0.5)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "table.csv",
        "figures/curve.png",
        "figures/red.png",
        "report.html",
    ]
    assert [row["square"] for row in table(tmp_path / "table.csv")] == ["2.0", "12.5"]
    assert read(tmp_path / "figures/curve.png").shape[0] == 3
    page = (tmp_path / "report.html").read_text()
    assert "Squares &lt;of&gt; numbers" in page
    assert "<td>12.50</td>" in page
    sources = Images(tmp_path / "report.html").sources
    assert len(sources) == 2
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert capsys.readouterr().out.splitlines()[:2] == ["x\tsquare\tpictures", "2\t2.00\t"]


def test_pictures_are_known_by_their_files_names(tmp_path):
    for name in ("a/stone.png", "b/stone.png"):
        write(torch.rand(3, 8, 8), tmp_path / name)
    runner(Squares)(str(tmp_path / "a/stone.png"), str(tmp_path / "b/stone.png"), out=tmp_path, numbers=(1,))
    assert table(tmp_path / "table.csv")[0]["pictures"] == "stone stone-2"


def test_without_a_folder_the_results_go_into_one_with_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = runner(Squares)()
    assert files[0].parent.parent == Path("experiments")
    assert files[0].parent.name.startswith("squares-2")


def test_an_early_end_keeps_the_rows_that_are_ready(tmp_path):
    with pytest.raises(Cancelled):
        runner(Squares)(out=tmp_path, observer=EndsAt(2))
    assert [row["x"] for row in table(tmp_path / "table.csv")] == ["1", "2"]
    assert "stopped early" in (tmp_path / "report.html").read_text()


def test_a_wrong_value_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match="scale must be between 0 and 10, got 11"):
        runner(Squares)(out=tmp_path, scale=11)
    with pytest.raises(InputError, match=r"numbers\[1\] must be a whole number, got 'x'"):
        runner(Squares)(out=tmp_path, numbers="1,x")


def test_an_experiment_without_inputs_refuses_pictures(tmp_path):
    with pytest.raises(InputError, match=r"stone.png: the experiment autograd takes no pictures"):
        find("autograd")("stone.png", out=tmp_path)


def test_a_mistyped_experiment_gets_the_nearest_right_name():
    with pytest.raises(InputError, match="no experiment is called 'autogrid'; did you mean 'autograd'"):
        find("autogrid")


def test_the_command_line_names_the_nearest_experiment_too(capsys):
    assert command_line(["experiment", "texture-scale"]) == 2
    assert "did you mean texture-scales?" in capsys.readouterr().err


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_help_for_its_flags(name, capsys):
    assert command_line(["experiment", name, "--help"]) == 0
    said = capsys.readouterr().out
    assert "--out" in said
    assert "--seed" in said


def test_hand_written_gradients_equal_pytorchs(tmp_path, capsys):
    assert command_line(["experiment", "autograd", "--sizes", "5,32", "--repeats", "2", "--out", str(tmp_path)]) == 0
    rows = table(tmp_path / "table.csv")
    assert [(row["operation"], row["size"]) for row in rows] == [
        (operation, size) for size in ("5", "32") for operation in ("ReLU forward", "ReLU backward", "A x backward")
    ]
    assert {row["equal"] for row in rows} == {"True"}
    assert {float(row["max difference"]) for row in rows} == {0.0}
    assert all(float(row["ratio"]) > 0 for row in rows)
    vectors = table(tmp_path / "gradient.csv")
    assert len(vectors) == 5
    assert all(row["PyTorch"] == row["ours"] for row in vectors)
    assert "These two vectors should be the same!" in (tmp_path / "report.html").read_text()
    assert str(tmp_path / "report.html") in capsys.readouterr().out


def test_texture_scales_makes_a_row_for_each_exemplar_and_number_of_scales(tmp_path):
    torch.manual_seed(0)
    write(torch.rand(3, 48, 72), tmp_path / "sand.png")
    out = tmp_path / "out"
    find("texture-scales")(str(tmp_path / "sand.png"), out=out, scales="1,2", size=64, steps=5)
    rows = table(out / "table.csv")
    assert [(row["exemplar"], row["sizes"], row["steps"]) for row in rows] == [
        ("sand", "64x43", "5"),
        ("sand", "32x22, 64x43", "3, 2"),
    ]
    assert all(float(row["loss"]) > 0 for row in rows)
    features = table(out / "features.csv")
    assert [row["picture"] for row in features] == ["32x22", "64x43"]
    assert features[1]["network sees"] == "128x86"
    assert features[1]["stem"] == "32x43x64"
    assert {path.name for path in (out / "figures").iterdir()} == {"textures.png", "losses.png"}


def test_texture_scales_refuses_more_scales_than_the_size_allows(tmp_path):
    with pytest.raises(InputError, match="scales: 4 would begin under 16 pixels"):
        find("texture-scales")(out=tmp_path, scales="4", size=64)


def test_two_legs_are_one_run_in_which_each_has_its_seconds():
    seen = []

    class Noting(Unobserved):
        def step(self, step: Step) -> None:
            seen.append(step)

    legs = Legs([Leg("short", 1), Leg("long", 3)], Noting())
    for number, step in ((0, Step(5, 10, {}, dict, dict)), (1, Step(1, 10, {}, dict, dict, work=0.5))):
        legs.watch(number).step(step)
    assert [step.done for step in seen] == [0.125, 0.625]
    assert [(step.index, step.total) for step in seen] == [(5, 40), (25, 40)]
    assert seen[1].task == "long, step 1 of 10"
