"""`experiment single-image-methods`: its numbers are those of its samples, and its samples those of the commands."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from ran import Ran, assert_same, made, named, ran, written_and_read

from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Row, Rows
from impasto.experiments.single_image_methods.comparison import SingleImageMethods
from impasto.features import load_network
from impasto.gan.singan import TrainSinGAN
from impasto.gan.singan_settings import SinGANConfig
from impasto.generators.sample import Sample, SampleConfig
from impasto.images import luminance
from impasto.inputs import Inputs
from impasto.metrics import position_map, sliced_patch_wasserstein
from impasto.observers import Unobserved
from impasto.runs.execute import perform
from impasto.runs.job import prepare
from impasto.samples.drawings import drawing
from impasto.single_image.patches import VaryPatches, VaryPatchesConfig
from observers import Keep, Resume, StopAt

TINY: dict[str, Any] = {"size": 48, "steps": 2, "samples": 3, "width": 4}
TWO = TINY | {"methods": ("consingan", "patches")}
WAYS = ("fast", "consingan", "patches", "sliced-patches")


class Done(NamedTuple):
    """An experiment on one picture, and the rows with all their samples."""

    method: SingleImageMethods
    picture: torch.Tensor
    rows: list[Row]


def given() -> Inputs:
    picture = drawing("mosaic", 64)[:, :40, :48].contiguous()
    return named("picture", tiles=(picture * 255).round() / 255)


@pytest.fixture(scope="module")
def done() -> Done:
    method, rows = made(SingleImageMethods, seed=5, **TINY), Rows()
    for case in method.cases(given()):
        rows.add(case.make(rows))
    return Done(method, given()["picture"][0], rows)


def test_every_method_has_a_line_and_only_what_trains_a_training(done):
    lines = done.method.table(done.rows).rows
    assert [(line["picture"], line["method"]) for line in lines] == [("tiles", way) for way in WAYS]
    assert [line["trainings"] for line in lines] == [1, 1, None, None]
    assert [line["training s"] is not None for line in lines] == [True, True, False, False]
    assert all(line["samples s"] > 0 for line in lines)
    assert all(row.pictures["samples"].shape == (3, *done.picture.shape) for row in done.rows)


def test_the_frechet_distance_is_that_of_means_and_covariances(done):
    network = load_network()

    def moments(picture: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            values = network(picture[None], ["e3"])["e3"][0].flatten(1).double().numpy()
        return values.mean(1), np.cov(values)

    mean, covariance = moments(done.picture)
    for row in done.rows:
        distances = []
        for sample in row.pictures["samples"]:
            m, c = moments(sample)
            roots = np.sqrt(np.linalg.eigvals(c @ covariance).real.clip(0))
            distances.append(((m - mean) ** 2).sum() + np.trace(c + covariance) - 2 * roots.sum())
        assert row.number("frechet") == pytest.approx(np.mean(distances), rel=1e-3)


def test_the_diversities_are_those_of_pixels_and_of_features_pair_by_pair(done):
    network = load_network()
    own = luminance(done.picture).std()
    for row in done.rows:
        samples = row.pictures["samples"]
        pixels = torch.stack([luminance(sample) for sample in samples]).std(0).mean() / own
        assert row.number("diversity") == pytest.approx(float(pixels), abs=1e-5)
        with torch.inference_mode():
            features = network(samples, ["e3"])["e3"]
        alike = [torch.cosine_similarity(a, b, dim=0).mean() for a, b in combinations(features, 2)]
        assert row.number("feature diversity") == pytest.approx(1 - float(np.mean(alike)), abs=1e-4)


def test_patches_and_copies_are_those_of_the_samples(done):
    for row in done.rows:
        samples = row.pictures["samples"]
        patches = [np.mean(sliced_patch_wasserstein(sample, done.picture, patch=7)) for sample in samples]
        assert row.number("patches") == pytest.approx(np.mean(patches), abs=1e-6)
        copied = [position_map(sample, done.picture, patch=7).copied_share for sample in samples]
        assert row.number("copied") == pytest.approx(np.mean(copied), abs=1e-5)


def test_samples_are_what_the_commands_draw_with_seeds_that_follow_one_another(done):
    inputs = {"image": [done.picture]}
    settings = {"max_size": 48, "steps": 2, "width": 4, "widest": 4, "seed": 5}
    model = TrainSinGAN(SinGANConfig(**settings)).run(inputs, Unobserved()).model
    drawn = list(perform(prepare(Sample(SampleConfig(count=3, seed=5)), {"run": [model]})).pieces.values())
    varied = [VaryPatches(VaryPatchesConfig(seed=5 + each)).run(inputs, Unobserved()).output for each in range(3)]
    samples = {row.text("method"): row.pictures["samples"] for row in done.rows}
    for ours, theirs in ((samples["fast"], drawn), (samples["patches"], varied)):
        assert torch.allclose(ours, torch.stack(theirs), atol=0.5001 / 255)  # as a file has them
    assert not torch.equal(samples["patches"][0], samples["patches"][1])


def test_a_sheet_of_each_picture_and_no_distance_without_a_diversity(done):
    sheet, chart = done.method.figures(done.rows, given())
    assert (sheet.name, chart.name) == ("samples-tiles", "distance")
    means, trainings = done.method.tables(done.rows, given())
    for table in (done.method.table(done.rows), means, trainings):
        assert {"frechet", "patches", "diversity", "feature diversity"} <= {column.name for column in table.columns}


def test_what_is_left_out_is_not_run_and_the_document_s_size_has_the_paper_s_training():
    def runs(**values) -> list[tuple[str, Any]]:
        cases = made(SingleImageMethods, **values, width=4).cases(given())
        return [(case.job.method.name, case.job.method.config) for case in cases]

    narrow = {"width": 4, "widest": 4}
    some = made(SingleImageMethods, methods=("patches", "sliced-patches"))
    assert not some.trains
    assert [name for name, _ in runs(methods=("patches",))] == ["vary patches"]
    (fast,) = runs(methods=("fast",), size=60)
    assert fast[1] == SinGANConfig(max_size=60, **narrow)
    paper, also = runs(methods=("fast",), full=True, seed=3)
    assert paper[1] == SinGANConfig(**{**SinGANConfig.presets["paper"], **narrow}, seed=3)
    assert also[1] == SinGANConfig(seed=3, **narrow)
    assert [size.shape for size in made(SingleImageMethods, full=True)._pictures(given()).values()] == [(3, 208, 250)]


def test_only_trainings_are_repeated_with_the_next_seed():
    values = {"methods": ("consingan", "patches"), "seeds": 2, "seed": 7}
    cases = made(SingleImageMethods, **values).cases(given())
    names = ["1/3 tiles, consingan, seed 7", "2/3 tiles, patches, seed 7", "3/3 tiles, consingan, seed 8"]
    assert [case.name for case in cases] == names
    assert [case.job.method.config.seed for case in cases] == [7, 7, 8]


def test_the_table_has_the_mean_of_the_trainings_and_their_deviation():
    names = ("patches", "diversity", "feature diversity", "copied", "samples s")

    def row(picture: str, way: str, frechet: float, training: float | None) -> Row:
        return Row(
            {"picture": picture, "method": way, "frechet": frechet, "training s": training, **dict.fromkeys(names, 1)}
        )

    rows = [row("a", "fast", 2.0, 4.0), row("a", "patches", 5.0, None), row("a", "fast", 4.0, 8.0)]
    rows += [row("b", "fast", 9.0, 3.0)]
    method = made(SingleImageMethods)
    fast, patches, other = method.table(rows).rows
    assert (fast["trainings"], fast["frechet"], fast["training s"]) == (2, 3.0, 6.0)
    assert fast["deviation"] == pytest.approx(np.std([2, 4], ddof=1))
    assert (patches["frechet"], patches["training s"], patches["deviation"]) == (5.0, None, None)
    assert (other["picture"], other["deviation"]) == ("b", None)
    means, _ = method.tables(rows, {})
    assert [(line["method"], line["pictures"], line["frechet"]) for line in means.rows] == [
        ("fast", 2, 5.0),
        ("patches", 1, 5.0),
    ]


def without_times(found: Ran) -> Ran:
    for name, rows in found.tables.items():
        found.tables[name] = [{key: each for key, each in row.items() if not key.endswith(" s")} for row in rows]
    return found


@pytest.fixture(scope="module")
def seen() -> tuple[Keep, Ran]:
    """A run to its end with the states on its way, and what it found."""
    keep = Keep(states=True)
    return keep, without_times(ran(SingleImageMethods, given(), keep, **TWO))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7, 0.97])
def test_stopped_anywhere_it_ends_with_the_same_table(seen, tmp_path, share):
    steps, states, whole = seen[0].steps, seen[0].states, seen[1]
    last = next(number for number in range(int(share * len(steps)), 0, -1) if states[number])
    begin, further = written_and_read(steps[last].index, states[last], tmp_path), Keep()
    resumed = ran(SingleImageMethods, given(), _Going(begin, further), **TWO)
    assert len(further.steps) == len(steps) - last - 1  # no step is taken twice
    kept = begin.state["keep"]["rows"]
    row, before = resumed.rows[len(kept["rows"])], kept["trace"]["moments"]
    assert row["training s" if row["trainings"] else "samples s"] >= (before[-1][1] if before else 0)
    assert_same(without_times(resumed), whole)


class _Going(Resume):
    """Lets a run go on, and keeps what it sees."""

    def __init__(self, checkpoint, keep: Keep) -> None:
        super().__init__(checkpoint)
        self.step = keep.step


def test_a_cancelled_comparison_keeps_what_is_ready():
    values = {**TINY, "methods": ("sliced-patches", "patches")}
    seen = Keep()
    ran(SingleImageMethods, given(), seen, **values)
    with pytest.raises(Cancelled) as stopped:
        ran(SingleImageMethods, given(), StopAt(len(seen.steps) - 1), **values)
    assert [row["method"] for row in Ran(stopped.value.result).rows] == ["sliced-patches"]


def test_what_cannot_be_used_is_refused_by_its_name_before_anything_is_run():
    with pytest.raises(InputError, match=r"blank, patches: .*one colour"):
        made(SingleImageMethods, methods=("patches",)).check(named("picture", blank=torch.zeros(3, 40, 48)))
    with pytest.raises(InputError, match="narrow"):
        made(SingleImageMethods, size=48).check(named("picture", narrow=torch.rand(3, 12, 48)))
    with pytest.raises(InputError, match="methods"):
        made(SingleImageMethods, methods=("nonsense",))


def test_a_training_that_breaks_off_is_a_line_that_says_why_and_the_others_go_on(monkeypatch):
    monkeypatch.setitem(
        SinGANConfig.presets, "paper", {"learning_rate": 1.0, "penalty_weight": 1e6, "reconstruction": 1e6}
    )
    found = ran(
        SingleImageMethods, given(), **{**TINY, "steps": 40, "samples": 2, "methods": ("paper", "sliced-patches")}
    )
    paper, other = found.rows
    assert "no longer finite" in paper["note"]
    assert paper["frechet"] is None
    assert other["note"] is None
    assert other["frechet"] > 0
    assert [line["pictures"] for line in found.tables["means"]] == [0, 1]
    assert "samples-tiles" in found.pictures
