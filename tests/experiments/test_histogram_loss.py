"""The experiment on Gram matrices and histograms: its measurements against NumPy, its table and page."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from ran import Ran, made, ran

from impasto.errors import InputError
from impasto.experiments.histogram_loss import HistogramLoss, first_as_near, wobble
from impasto.experiments.judges import DriftJudge
from impasto.experiments.trace import Moment, Trace
from impasto.features import load_network
from impasto.observers import Step
from impasto.samples.drawings import drawing

VALUES = {"sizes": (64,), "iterations": 5, "scales": 1, "measure_every": 2, "network_weights": "random"}


@pytest.fixture(scope="module")
def done() -> Ran:
    return ran(HistogramLoss, **VALUES)


@pytest.fixture(scope="module")
def judge() -> DriftJudge:
    return DriftJudge(load_network("efficientnet-lite0", weights="random"), drawing("pebbles", 64), 1.0)


def test_the_exemplar_itself_is_off_by_nothing(judge):
    found = judge.measure(drawing("pebbles", 64))
    for name in ("gram", "mean", "variance", "brightness", "patches"):
        assert found[name] == pytest.approx(0, abs=1e-5)
    assert found["blocks"] == pytest.approx(1)


def test_a_lighter_picture_is_off_by_so_much_and_its_features_by_numpys_numbers(judge):
    exemplar = drawing("pebbles", 64)
    lighter = exemplar * 0.5 + 0.4
    found = judge.measure(lighter)
    weights = np.array([0.299, 0.587, 0.114])
    light, goal = (np.einsum("c,cyx->yx", weights, it.numpy()) for it in (lighter, exemplar))
    assert found["brightness"] == pytest.approx(light.mean() - goal.mean(), abs=1e-4)
    assert found["blocks"] == pytest.approx(0.5, abs=1e-3)
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
    assert found["mean"] == pytest.approx(np.concatenate(means).mean(), rel=1e-3)
    assert found["variance"] == pytest.approx(np.concatenate(deviations).mean(), rel=1e-3)
    assert found["gram"] == pytest.approx(np.mean(grams), rel=1e-3)


def test_the_time_of_measuring_is_not_on_the_clock():
    trace = Trace()

    class Slow:
        def step(self, step):
            time.sleep(0.02)

    trace.watch = Slow()
    trace._note = lambda step: time.sleep(0.02) or ({"loss": 1.0} if step.index % 2 else {})
    started = time.perf_counter()
    for index in range(1, 6):
        trace.step(Step(index, 5, {}, dict))
    assert [moment.step for moment in trace.moments] == [1, 3, 5]
    assert trace.moments[0].seconds <= trace.moments[-1].seconds < 0.5 * (time.perf_counter() - started)


def test_quality_is_reached_at_the_first_step_that_is_as_near():
    values = [(4, 0.5, 0.2), (8, 0.3, 0.1), (10, 0.3, -0.1), (12, 0.4, 0.5)]
    trace = Trace([Moment(step, 0.0, 0.0, {"patches": near, "brightness": light}) for step, near, light in values])
    assert first_as_near(trace, 0.3).step == 8
    assert first_as_near(trace, -1.0) is None
    assert wobble(trace) == pytest.approx(np.std([-0.1, 0.5]), abs=1e-6)


def test_a_run_is_measured_every_few_steps_and_at_its_end(done):
    assert [row["step"] for row in done.tables["course"]] == [2, 4, 5] * 2
    for which, row in zip((slice(3), slice(3, 6)), done.rows):
        course = done.tables["course"][which]
        assert row["patches"] == course[-1]["patches"]
        assert row["Gram"] == course[-1]["gram"]
        assert row["wobble"] == pytest.approx(np.std([it["brightness"] for it in course[1:]]), abs=1e-6)
        assert row["cpu ms/step"] == pytest.approx(1000 * course[-1]["processor"] / 5)


def test_gram_and_histogram_are_told_side_by_side(done):
    gram, histogram = done.rows
    assert (gram["loss"], histogram["loss"]) == ("Gram", "Gram and histogram")
    assert gram["same quality"] <= 5
    assert all(math.isfinite(row["variance"]) for row in (gram, histogram))
    (claim,) = done.tables["claim"]
    assert "45.7 %" in claim["the document"]
    assert claim["per step"] == pytest.approx(100 * histogram["cpu ms/step"] / gram["cpu ms/step"])
    assert done.shown == {"table", "claim", "textures", "mean", "variance", "brightness", "gram", "patches"}


def test_fewer_steps_than_scales_are_refused():
    with pytest.raises(InputError, match=r"^iterations must be at least scales, 6, got 4$"):
        made(HistogramLoss, iterations=4, scales=6)
