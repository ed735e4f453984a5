"""The experiment on Gram matrices and histograms: its measurements against NumPy, its table and page."""

from __future__ import annotations

import csv
import math
import time

import numpy as np
import pytest

from impasto.errors import InputError
from impasto.experiments.histogram_loss.drift import Drift, Judge
from impasto.experiments.start import find
from impasto.features import load_network
from impasto.observers import Step
from impasto.samples.drawings import drawing


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(load_network("efficientnet-lite0", weights="random"), drawing("pebbles", 64), 1.0)


def test_the_exemplar_itself_is_off_by_nothing(judge):
    found = judge.measure(drawing("pebbles", 64), 3, 1.0, 2.0)
    assert (found.step, found.seconds, found.processor) == (3, 1.0, 2.0)
    for name in ("gram", "mean", "variance", "brightness", "patches"):
        assert getattr(found, name) == pytest.approx(0, abs=1e-5)
    assert found.blocks == pytest.approx(1)


def test_a_lighter_picture_is_off_by_so_much_and_its_features_by_numpys_numbers(judge):
    exemplar = drawing("pebbles", 64)
    lighter = exemplar * 0.5 + 0.4
    found = judge.measure(lighter, 1, 0.0, 0.0)
    weights = np.array([0.299, 0.587, 0.114])
    light, goal = (np.einsum("c,cyx->yx", weights, it.numpy()) for it in (lighter, exemplar))
    assert found.brightness == pytest.approx(light.mean() - goal.mean(), abs=1e-4)
    assert found.blocks == pytest.approx(0.5, abs=1e-3)
    network = load_network("efficientnet-lite0", weights="random")
    layers = network.default_style_layers
    means, deviations, grams = [], [], []
    for layer in layers:
        ours, theirs = (network(it[None], [layer])[layer][0].flatten(1).double().numpy() for it in (lighter, exemplar))
        stds = [np.maximum(it.std(1), 0.01 * it.std(1).mean()) for it in (ours, theirs)]
        means.append(np.abs(ours.mean(1) - theirs.mean(1)) / stds[1])
        deviations.append(np.abs(np.log2(stds[0] / stds[1])))
        a, b = (it @ it.T / it.shape[1] for it in (ours, theirs))
        grams.append(((a - b) ** 2).sum() / (b**2).sum())
    assert found.mean == pytest.approx(np.concatenate(means).mean(), rel=1e-3)
    assert found.variance == pytest.approx(np.concatenate(deviations).mean(), rel=1e-3)
    assert found.gram == pytest.approx(np.mean(grams), rel=1e-3)


def test_a_run_is_measured_every_few_steps_and_at_its_end(judge):
    far, near = drawing("pebbles", 64, seed=1), drawing("pebbles", 64)
    pictures = [far.lerp(near, step / 10) for step in range(11)]
    drift, started = Drift(judge, every=4), time.perf_counter()
    for index in range(1, 11):
        drift.step(Step(index, 10, {}, lambda index=index: pictures[index], dict))
    assert [it.step for it in drift.standings] == [4, 8, 10]
    assert drift.standings[0].seconds <= drift.standings[-1].seconds < 0.5 * (time.perf_counter() - started)
    assert drift.reached(drift.standings[1].patches).step == 8
    assert drift.reached(-1.0) is None
    assert drift.wobble() == pytest.approx(np.std([it.brightness for it in drift.standings[1:]]), abs=1e-6)


def test_gram_and_histogram_are_told_side_by_side(tmp_path):
    find("histogram-loss")(sizes="64", iterations=6, scales=1, measure_every=2, network_weights="random", out=tmp_path)
    with (tmp_path / "table.csv").open(newline="") as file:
        gram, histogram = csv.DictReader(file)
    assert (gram["loss"], histogram["loss"]) == ("Gram", "Gram and histogram")
    assert int(gram["same quality"]) <= 6
    assert all(math.isfinite(float(row["variance"])) for row in (gram, histogram))
    with (tmp_path / "claim.csv").open(newline="") as file:
        (claim,) = csv.DictReader(file)
    assert "45.7 %" in claim["the document"]
    assert float(claim["per step"]) == pytest.approx(
        100 * float(histogram["cpu ms/step"]) / float(gram["cpu ms/step"]), rel=1e-4
    )
    with (tmp_path / "course.csv").open(newline="") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [2, 4, 6] * 2
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_fewer_steps_than_scales_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"^iterations must be at least scales, 6, got 4$"):
        find("histogram-loss")(iterations=4, scales=6, out=tmp_path)
