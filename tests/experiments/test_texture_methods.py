"""`experiment texture-methods`: what its table says is what its pictures are, and no method goes missing."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Row
from impasto.experiments.start import find
from impasto.experiments.texture_methods import trials
from impasto.experiments.texture_methods.contenders import Contender, Effort, contenders
from impasto.experiments.texture_methods.curves import Curve
from impasto.experiments.texture_methods.expectations import expectations
from impasto.experiments.texture_methods.measures import GramJudge
from impasto.experiments.texture_methods.results import Line
from impasto.features import load_network
from impasto.images import read, write
from impasto.metrics import (
    autocorrelation_distance,
    nearest_patch_distances,
    position_map,
    sliced_patch_wasserstein,
)
from impasto.observers import Step
from impasto.samples.drawings import drawing

METHODS = ("kwatra", "gram", "texture-network", "quilt", "patches", "sliced-patches", "pyramid")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texture-methods")
    write(drawing("weave", 64), folder / "cloth.png")
    out = folder / "out"
    find("texture-methods")(str(folder / "cloth.png"), out=out, size=64, effort=0.02, training_steps=2, every=1)
    return out


def written(out: Path, row: dict[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
    """A row's texture and its exemplar, from their files."""
    return read(out / f"figures/cloth-{row['method']}.png"), read(out / "figures/cloth-exemplar.png")


def test_every_method_has_a_line(done):
    rows = table(done / "table.csv")
    assert [row["method"] for row in rows] == list(METHODS)
    assert {row["exemplar"] for row in rows} == {"cloth"}
    assert {row["note"] for row in rows} == {""}
    assert all(float(row["seconds"]) > 0 for row in rows)
    assert [row["method"] for row in rows if row["training s"]] == ["texture-network"]
    assert next(row["steps"] for row in rows if row["method"] == "texture-network") == "2"


def test_the_tables_distances_are_those_of_the_written_pictures(done):
    for row in table(done / "table.csv"):
        texture, exemplar = written(done, row)
        coherence, _ = nearest_patch_distances(texture, exemplar)
        pairs = texture[0].numel() * exemplar[0].numel()
        _, completeness = nearest_patch_distances(texture, exemplar, compared=pairs // 4)  # every second patch
        assert float(row["coherence"]) == pytest.approx(coherence, abs=1e-5)
        assert float(row["completeness"]) == pytest.approx(completeness, abs=1e-5)
        assert float(row["patches"]) == pytest.approx(np.mean(sliced_patch_wasserstein(texture, exemplar)), abs=1e-6)
        assert float(row["autocorrelation"]) == pytest.approx(autocorrelation_distance(texture, exemplar), abs=1e-6)


def test_the_tables_copies_are_those_of_the_written_pictures(done):
    for row in table(done / "table.csv"):
        texture, exemplar = written(done, row)
        found = position_map(texture, exemplar)
        # Equally near patches of the pictures may be told apart by the last bit only.
        assert float(row["copied"]) == pytest.approx(found.copied_share, abs=0.01)
        assert float(row["run px"]) == pytest.approx(found.mean_run_length, rel=0.02)
        places = {tuple(place) for place in found.places.flatten(0, 1).tolist()}
        assert float(row["places"]) == pytest.approx(len(places) / found.places[..., 0].numel(), abs=0.01)


def test_the_gram_distance_is_that_of_matrices_multiplied_out(done):
    network = load_network()
    layers = network.default_style_layers

    def matrices(picture: torch.Tensor) -> list[np.ndarray]:
        features = network(picture[None], layers)
        columns = [features[layer][0].flatten(1).double().numpy() for layer in layers]
        return [values @ values.T / values.shape[1] for values in columns]

    for row in table(done / "table.csv"):
        ours, theirs = map(matrices, written(done, row))
        apart = [np.linalg.norm(g - a) / np.linalg.norm(a) for g, a in zip(ours, theirs)]
        assert float(row["Gram"]) == pytest.approx(np.mean(apart), rel=1e-4)


def test_a_copying_method_copies_and_a_statistical_one_does_not(done):
    rows = {row["method"]: row for row in table(done / "table.csv")}
    assert float(rows["quilt"]["copied"]) > 0.5 > float(rows["pyramid"]["copied"])
    assert float(rows["quilt"]["coherence"]) < float(rows["pyramid"]["coherence"])


def test_all_losses_are_in_a_file_of_their_own(done):
    losses, ends = table(done / "losses.csv"), table(done / "loss-ends.csv")
    for end in ends:
        mine = [row for row in losses if row["method"] == end["method"]]
        assert [row["step"] for row in mine] == [str(number) for number in range(1, len(mine) + 1)]
        assert (mine[0]["value"], mine[-1]["value"]) == (end["first"], end["last"])
        seconds = [float(row["seconds"]) for row in mine]
        assert seconds == sorted(seconds)
    assert [end["method"] for end in ends] == list(METHODS)
    page = (done / "report.html").read_text()
    assert "loss-ends" not in page
    assert page.count("<tr>") < 60  # the table of all losses is not on the page


def test_the_page_shows_textures_maps_losses_and_gram_matrices(done):
    page = (done / "report.html").read_text()
    assert page.count('src="data:image/png;base64,') == 3
    assert all(f'alt="{name}"' in page for name in ("textures-cloth", "losses", "gram-cloth"))
    assert {path.name for path in (done / "figures").glob("*-positions.png")} == {
        f"cloth-{name}-positions.png" for name in METHODS
    }


def test_the_expectations_say_what_the_table_says(done):
    rows = {row["method"]: row for row in table(done / "table.csv")}
    times, _, _, copies, structure = table(done / "expectations.csv")
    for name in ("kwatra", "gram", "texture-network"):
        assert f"{name} {float(rows[name]['copied']):.0%} in runs" in copies["measured"]
        assert f"{float(rows[name]['run px']):.1f} px" in structure["measured"]
    assert f"{float(rows['texture-network']['training s']):.3g} s of training" in times["measured"]
    runs = {name: float(rows[name]["run px"]) for name in rows}
    assert copies["the same"] == ("yes" if runs["kwatra"] > 1.1 * runs["gram"] else "no")


def line(method: str, run: float, losses: list[float]) -> Line:
    pictures = {"exemplar": torch.zeros(3, 8, 8), "texture": torch.zeros(3, 8, 8)}
    training = 9.0 if method == "texture-network" else None
    values = {"exemplar": "a", "method": method, "training s": training, "seconds": 1.0, "run px": run}
    return Line(values | {"copied": 0.5, "places": 0.1}, pictures, Curve("loss", list(losses), list(losses)))


def test_a_verdict_follows_the_numbers():
    def verdicts(*rows: Row) -> list[str]:
        return [str(row["the same"]) for row in expectations(rows).rows]

    falling, unstable = [4.0, 3.0, 2.0, 1.0], [1.0, 4.0, 2.0, 3.0]
    like = [line("kwatra", 9, unstable), line("gram", 4, falling), line("texture-network", 2, falling)]
    assert verdicts(*like)[2:] == ["yes", "yes", "yes"]
    unlike = [line("kwatra", 3, falling), line("gram", 4, unstable), line("texture-network", 5, falling)]
    assert verdicts(*unlike)[2:] == ["no", "no", "no"]
    assert verdicts(*unlike)[:2] == ["no", "no"]  # all take a second
    near = [line("kwatra", 4, [4.0, 3.0, 1.0, 2.0]), line("gram", 3.9, falling), line("texture-network", 3.8, falling)]
    assert verdicts(*near)[2:] == ["yes", "no", "no"]  # runs are less than a tenth apart
    assert verdicts(like[0])[0] == "cannot be said without gram, texture-network"


def test_a_method_that_cannot_run_has_a_line_that_says_why(tmp_path, monkeypatch):
    def broken(job, effort, watching=None):
        if job.method.name == "texture kwatra":
            raise RuntimeError("out of thread")
        return trials.carry_out(job, effort, watching)

    monkeypatch.setattr("impasto.experiments.texture_methods.comparison.carry_out", broken)
    labels = ("kwatra", "gram:nonsense", "quilt")
    find("texture-methods")(out=tmp_path, size=64, methods=labels, network_weights="random")
    rows = table(tmp_path / "table.csv")
    assert [row["method"] for row in rows] == list(labels)
    assert rows[0]["note"] == "RuntimeError: out of thread"
    assert "preset must be one of best, paper, got 'nonsense'" in rows[1]["note"]
    assert rows[2]["note"] == ""
    assert float(rows[2]["coherence"]) >= 0
    assert "out of thread" in (tmp_path / "report.html").read_text()


def test_a_cancelled_comparison_keeps_the_methods_that_are_ready(tmp_path):
    class EndsInTheSecond:
        def step(self, step: Step) -> None:
            if "quilt" in step.task and "measured" not in step.task:
                raise Cancelled

        def checkpoint(self) -> None:
            return None

    with pytest.raises(Cancelled):
        find("texture-methods")(
            out=tmp_path,
            size=64,
            methods="pyramid,quilt",
            effort=0.1,
            network_weights="random",
            observer=EndsInTheSecond(),
        )
    assert [row["method"] for row in table(tmp_path / "table.csv")] == ["pyramid"]
    assert "stopped early" in (tmp_path / "report.html").read_text()


def test_what_cannot_work_is_refused_in_one_line(tmp_path):
    write(torch.rand(3, 20, 64), tmp_path / "narrow.png")
    experiment = find("texture-methods")
    with pytest.raises(InputError, match="no method is called 'qilt'; did you mean 'quilt'"):
        experiment(out=tmp_path / "out", methods="qilt")
    with pytest.raises(InputError, match="narrow: 64x20 pixels, needs at least 32 a side; take a larger --size"):
        experiment(str(tmp_path / "narrow.png"), out=tmp_path / "out", size=64)
    with pytest.raises(InputError, match="efficientnet-lite0 has no layer 'e99'"):
        experiment(out=tmp_path / "out", layer="e99", network_weights="random")
    with pytest.raises(InputError, match="effort must be above 0 and at most 100, got 0"):
        experiment(out=tmp_path / "out", effort=0)
    assert not (tmp_path / "out").exists()


def test_steps_are_those_of_the_preset_times_the_effort():
    effort = Effort(size=96, steps=0.5, training=7, seed=3, device="cpu")
    assert Contender("gram").config(effort).iterations == (60, 40, 35)
    assert Contender("gram:paper").config(effort).iterations == (50, 50, 50)
    assert Contender("gram:paper").config(effort).statistics == "gram"
    trained = Contender("texture-network").config(effort)
    assert (trained.steps, trained.side, trained.exemplar_size, trained.seed) == (7, 96, 96, 3)
    assert [each.label for each in contenders(("quilt", "quilt", "kwatra"))] == ["quilt", "kwatra"]


def test_a_curves_trend_is_spearmans():
    values = torch.rand(30, generator=torch.Generator().manual_seed(1)).tolist()
    curve = Curve("loss", list(range(30)), values)
    assert curve.trend == pytest.approx(spearmanr(range(30), values).statistic)
    assert curve.rises == pytest.approx(np.mean(np.diff(values) > 0))
    assert (Curve().trend, Curve().rises) == (None, None)


def test_a_trend_shares_the_ranks_of_equal_losses_and_needs_some_that_differ():
    tied = [3.0, 2.0, 2.0, 2.0, 1.0, 1.0]
    # By hand: mean ranks 6, 4, 4, 4, 1.5, 1.5 against 1..6; Pearson's correlation of the two.
    ranks = np.array([6, 4, 4, 4, 1.5, 1.5])
    assert Curve("loss", tied, tied).trend == pytest.approx(np.corrcoef(ranks, np.arange(1, 7))[0, 1])
    for losses in ([1.0] * 5, [3.0, float("nan"), 1.0], [float("nan")] * 4):
        assert Curve("loss", losses, losses).trend is None


def test_the_shown_layer_may_be_any_of_the_networks():
    judge = GramJudge("vgg16", "random", "relu1_1")
    matrices = judge.matrices(torch.rand(3, 32, 32))
    assert matrices["relu1_1"].shape == (64, 64)
    assert math.isclose(judge.distance(torch.ones(3, 32, 32), torch.ones(3, 32, 32)), 0)
