"""`experiment texture-methods`: what its table says is what its pictures are, and no method goes missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from ran import Ran, made, named, ran
from scipy.stats import spearmanr

from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Row
from impasto.experiments.judges import GramJudge
from impasto.experiments.texture_methods import contenders as runs
from impasto.experiments.texture_methods.comparison import TextureMethods
from impasto.experiments.texture_methods.contenders import Contender, Effort, contenders
from impasto.experiments.texture_methods.expectations import expectations
from impasto.experiments.trace import Moment, Trace
from impasto.features import load_network
from impasto.metrics import autocorrelation_distance, nearest_patch_distances, position_map, sliced_patch_wasserstein
from impasto.observers import Step, Unobserved
from impasto.samples.drawings import drawing
from impasto.tables import Chart

METHODS = ("kwatra", "gram", "texture-network", "quilt", "patches", "sliced-patches", "pyramid")


@pytest.fixture(scope="module")
def done() -> Ran:
    cloth = named("exemplar", cloth=drawing("weave", 64))
    return ran(TextureMethods, cloth, size=64, effort=0.02, training_steps=2, every=1)


def written(done: Ran, row: dict[str, object]) -> tuple[torch.Tensor, torch.Tensor]:
    """A row's texture and its exemplar, as their files have them."""
    return done.pictures[f"cloth-{row['method']}"], done.pictures["cloth-exemplar"]


def test_every_method_has_a_line(done):
    assert [row["method"] for row in done.rows] == list(METHODS)
    assert {row["exemplar"] for row in done.rows} == {"cloth"}
    assert not any(row.get("note") for row in done.rows)
    assert all(row["seconds"] > 0 for row in done.rows)
    assert [row["method"] for row in done.rows if row["training s"]] == ["texture-network"]
    assert next(row["steps"] for row in done.rows if row["method"] == "texture-network") == 2


def test_the_tables_distances_are_those_of_the_written_pictures(done):
    for row in done.rows:
        texture, exemplar = written(done, row)
        coherence, _ = nearest_patch_distances(texture, exemplar)
        pairs = texture[0].numel() * exemplar[0].numel()
        _, completeness = nearest_patch_distances(texture, exemplar, compared=pairs // 4)  # every second patch
        assert row["coherence"] == pytest.approx(coherence, abs=1e-5)
        assert row["completeness"] == pytest.approx(completeness, abs=1e-5)
        assert row["patches"] == pytest.approx(np.mean(sliced_patch_wasserstein(texture, exemplar)), abs=1e-6)
        assert row["autocorrelation"] == pytest.approx(autocorrelation_distance(texture, exemplar), abs=1e-6)


def test_the_tables_copies_are_those_of_the_written_pictures(done):
    for row in done.rows:
        texture, exemplar = written(done, row)
        found = position_map(texture, exemplar)
        # Equally near patches of the pictures may be told apart by the last bit only.
        assert row["copied"] == pytest.approx(found.copied_share, abs=0.01)
        assert row["run px"] == pytest.approx(found.mean_run_length, rel=0.02)
        places = {tuple(place) for place in found.places.flatten(0, 1).tolist()}
        assert row["places"] == pytest.approx(len(places) / found.places[..., 0].numel(), abs=0.01)


def test_the_gram_distance_is_that_of_matrices_multiplied_out(done):
    network = load_network()
    layers = network.default_style_layers

    def matrices(picture: torch.Tensor) -> list[np.ndarray]:
        features = network(picture[None], layers)
        columns = [features[layer][0].flatten(1).double().numpy() for layer in layers]
        return [values @ values.T / values.shape[1] for values in columns]

    for row in done.rows:
        ours, theirs = map(matrices, written(done, row))
        apart = [np.linalg.norm(g - a) / np.linalg.norm(a) for g, a in zip(ours, theirs)]
        assert row["Gram"] == pytest.approx(np.mean(apart), rel=1e-4)


def test_a_copying_method_copies_and_a_statistical_one_does_not(done):
    rows = {row["method"]: row for row in done.rows}
    assert rows["quilt"]["copied"] > 0.5 > rows["pyramid"]["copied"]
    assert rows["quilt"]["coherence"] < rows["pyramid"]["coherence"]


def test_all_losses_are_in_a_file_of_their_own(done):
    losses, ends = done.tables["losses"], done.tables["loss-ends"]
    for end in ends:
        mine = [row for row in losses if row["method"] == end["method"]]
        assert [row["step"] for row in mine] == list(range(1, len(mine) + 1))
        assert (mine[0]["value"], mine[-1]["value"]) == (end["first"], end["last"])
        seconds = [row["seconds"] for row in mine]
        assert seconds == sorted(seconds)
    assert [end["method"] for end in ends] == list(METHODS)


def test_textures_maps_losses_and_gram_matrices_are_shown(done):
    assert done.shown == {"table", "expectations", "loss-ends", "textures-cloth", "losses", "gram-cloth"}
    assert done.names[:3] == ["textures-cloth", "losses", "gram-cloth"]
    assert {name for name in done.pictures if name.endswith("-positions")} == {
        f"cloth-{name}-positions" for name in METHODS
    }


def test_the_expectations_say_what_the_table_says(done):
    rows = {row["method"]: row for row in done.rows}
    times, _, _, copies, structure = done.tables["expectations"]
    for name in ("kwatra", "gram", "texture-network"):
        assert f"{name} {rows[name]['copied']:.0%} in runs" in copies["measured"]
        assert f"{rows[name]['run px']:.1f} px" in structure["measured"]
    assert f"{rows['texture-network']['training s']:.3g} s of training" in times["measured"]
    runs = {name: rows[name]["run px"] for name in rows}
    assert copies["the same"] == ("yes" if runs["kwatra"] > 1.1 * runs["gram"] else "no")


def traced(losses) -> Trace:
    return Trace([Moment(step, float(step), 0.0, {"loss": loss}) for step, loss in enumerate(losses, 1)])


def line(method: str, run: float, losses: list[float]) -> Row:
    training = 9.0 if method == "texture-network" else None
    values = {"exemplar": "a", "method": method, "training s": training, "seconds": 1.0, "run px": run}
    return Row(values | {"copied": 0.5, "places": 0.1}, {"texture": torch.zeros(3, 8, 8)}, traced(losses))


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


def test_a_method_that_cannot_run_has_a_line_that_says_why(monkeypatch):
    carry_out = runs.carry_out

    def broken(job, *others):
        if job.method.name == "texture kwatra":
            raise RuntimeError("out of thread")
        return carry_out(job, *others)

    monkeypatch.setattr(runs, "carry_out", broken)
    labels = ("kwatra", "gram:nonsense", "quilt")
    done = ran(TextureMethods, size=64, methods=labels, network_weights="random")
    kwatra, gram, quilt = done.rows
    assert kwatra == {"exemplar": "pebbles", "method": "kwatra", "note": "RuntimeError: out of thread"}
    assert "preset must be one of best, paper, got 'nonsense'" in gram["note"]
    assert not quilt.get("note")
    assert quilt["coherence"] >= 0
    assert "textures-pebbles" in done.pictures


def test_a_cancelled_comparison_keeps_the_methods_that_are_ready():
    class EndsInTheSecond(Unobserved):
        def step(self, step: Step) -> None:
            if "quilt" in step.task:
                raise Cancelled

    values = {"size": 64, "methods": ("pyramid", "quilt"), "effort": 0.1, "network_weights": "random"}
    with pytest.raises(Cancelled) as stopped:
        ran(TextureMethods, observer=EndsInTheSecond(), **values)
    assert [row["method"] for row in Ran(stopped.value.result).rows] == ["pyramid"]
    assert [it.name for it in stopped.value.result.figures if isinstance(it, Chart)] == ["losses", "gram-pebbles"]


def test_what_cannot_work_is_refused_in_one_line():
    with pytest.raises(InputError, match="no method is called 'qilt'; did you mean 'quilt'"):
        made(TextureMethods, methods=("qilt",)).check({})
    with pytest.raises(InputError, match="narrow: 64x20 pixels, needs at least 32 a side; take a larger --size"):
        made(TextureMethods, size=64).check(named("exemplar", narrow=torch.rand(3, 20, 64)))
    with pytest.raises(InputError, match="efficientnet-lite0 has no layer 'e99'"):
        made(TextureMethods, layer="e99", network_weights="random").check({})
    with pytest.raises(InputError, match="effort must be above 0 and at most 100, got 0"):
        made(TextureMethods, effort=0)


def test_steps_are_those_of_the_preset_times_the_effort():
    effort = Effort(size=96, steps=0.5, training=7, seed=3, device="cpu")
    assert Contender("gram").config(effort).iterations == (60, 40, 35)
    assert Contender("gram:paper").config(effort).iterations == (50, 50, 50)
    assert Contender("gram:paper").config(effort).statistics == "gram"
    trained = Contender("texture-network").config(effort)
    assert (trained.steps, trained.side, trained.exemplar_size, trained.seed) == (7, 96, 96, 3)
    assert [each.label for each in contenders(("quilt", "quilt", "kwatra"))] == ["quilt", "kwatra"]


def test_a_traces_trend_is_spearmans():
    values = torch.rand(30, generator=torch.Generator().manual_seed(1)).tolist()
    trace = traced(values)
    assert trace.trend == pytest.approx(spearmanr(range(30), values).statistic)
    assert trace.rises == pytest.approx(np.mean(np.diff(values) > 0))
    assert (Trace().trend, Trace().rises) == (None, None)


def test_a_trend_shares_the_ranks_of_equal_losses_and_needs_some_that_differ():
    # By hand: mean ranks 6, 4, 4, 4, 1.5, 1.5 against 1..6; Pearson's correlation of the two.
    ranks = np.array([6, 4, 4, 4, 1.5, 1.5])
    assert traced([3, 2, 2, 2, 1, 1]).trend == pytest.approx(np.corrcoef(ranks, np.arange(1, 7))[0, 1])
    for losses in ([1.0] * 5, [3.0, float("nan"), 1.0], [float("nan")] * 4):
        assert traced(losses).trend is None


def test_the_shown_layer_may_be_any_of_the_networks():
    judge = GramJudge("vgg16", "random", "relu1_1")
    matrices = judge.matrices(torch.rand(3, 32, 32))
    assert matrices["relu1_1"].shape == (64, 64)
    assert math.isclose(judge.distance(torch.ones(3, 32, 32), torch.ones(3, 32, 32)), 0)
