"""Generators trained in many ways: the judge's functions by closed forms, the verdicts, and what is kept of a run."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from ran import assert_same, made, ran, written_and_read
from scipy.spatial.distance import pdist

from impasto.data import Pictures
from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Row
from impasto.experiments.gan_hyperparameters import variants
from impasto.experiments.gan_hyperparameters.claims import claims_table
from impasto.experiments.gan_hyperparameters.comparison import GanHyperparameters
from impasto.experiments.gan_hyperparameters.judgement import Course, change, deviation, diversity, more
from impasto.experiments.gan_hyperparameters.results import Finding
from impasto.experiments.gan_hyperparameters.trainings import GanHyperparametersConfig
from impasto.experiments.trace import Moment, Trace
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.training.sheets import cut, grid
from observers import Keep, Resume, StopAt

TINY = {"steps": 2, "points": 1, "width": 2, "batch": 2, "measure_pictures": 4, "samples": 3}


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def course(*frechet: float, **values) -> Course:
    """A training that was measured every 10 steps, whose samples are sound."""
    steps = [10 * (number + 1) for number in range(len(frechet))]
    return Course(steps, frechet, **{"diversity": [1.0] * len(frechet), "change": [0.1] * len(frechet)} | values)


@pytest.fixture(scope="module")
def data():
    """Twelve pictures of noise, in colour."""
    return {"data": [Pictures.of((noise(12, 3, 28, 28) * 255).byte(), name="noise")]}


def test_diversity_is_the_root_mean_square_difference_of_all_pairs():
    samples = noise(7, 3, 4, 5)
    pairs = pdist(samples.flatten(1).double().numpy(), "sqeuclidean") / samples[0].numel()
    assert diversity(samples) == pytest.approx(np.sqrt(pairs.mean()), rel=1e-5)
    assert diversity(samples[:1].expand(7, -1, -1, -1)) == 0


def test_change_is_nothing_standing_still_and_one_for_samples_drawn_anew():
    samples = noise(2000, 1, 2, 2)
    assert change(samples, samples) == 0
    assert change(samples, noise(2000, 1, 2, 2, seed=1)) == pytest.approx(1, abs=0.02)


def test_change_of_samples_that_move_together_is_their_way_over_their_diversity():
    samples = noise(50, 3, 4, 4)
    assert change(samples, samples + 0.3) == pytest.approx(0.3 / diversity(samples), rel=1e-5)
    assert change(samples[:1].repeat(2, 1, 1, 1), samples[:1].repeat(2, 1, 1, 1)) is None


def test_a_course_knows_its_best_its_end_and_its_late_change():
    it = course(9, 3, 4, 5, change=[math.nan, 9, 0.2, 0.4])
    assert (it.best, it.best_step, it.end) == (3, 20, 5)
    assert it.oscillation == pytest.approx(0.3)
    assert course(9, 3, broke=35).end == math.inf


def test_setbacks_are_the_mean_rise_of_the_second_half_in_which_falls_count_one():
    assert course(1, 9, 8, 16, 4, 8).setbacks == pytest.approx((1 + 2) / 2)
    assert course(9, 8, 7, 6, 5, 4).setbacks == 1
    assert math.isnan(course(9).setbacks)


def test_a_level_is_reached_where_a_line_of_logarithms_crosses_it():
    assert course(100, 25).reached(50) == pytest.approx(15)
    assert course(100, 25).reached(200) == 10
    assert course(100, 25).reached(24) == math.inf


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (course(9, 4, 5), ""),
        (course(9, 4, 8.1), "collapsed"),
        (course(9, 4, 8.1, 5), "collapsed and came back"),
        (course(9, 4, 5, diversity=[1, 1, 0.24]), "all alike"),
        (course(9, 4, broke=27), "not finite"),
        (Course([], [], [], [], broke=3), "not finite"),
    ],
)
def test_what_went_wrong_is_told(found, state):
    assert found.state == state
    assert bool(found.note()) == bool(state)


def test_a_relapse_is_measured_from_the_best_before_it():
    assert course(8, 4, 12, 3, 6).relapse == (3, 20)
    assert course(9, 8, 7).relapse == (1, 0)


def test_more_is_by_a_tenth_in_the_mean_and_of_every_seed():
    assert more([2, 3], [1, 1.5]) is True
    assert more([1.05, 1.05], [1, 1]) is False
    assert more([1, 9], [2, 3]) is None  # the seeds disagree
    assert more([math.inf, math.inf], [2, 3]) is True
    assert more([math.nan], [1]) is False
    assert deviation([1.0]) is None


def test_a_sheet_is_cut_into_the_pictures_that_it_was_made_of():
    pictures = noise(5, 3, 4, 6)
    assert torch.equal(cut(grid(pictures), 5, (6, 4)), pictures)
    assert torch.equal(cut(grid(pictures, 2), 3, (6, 4)), pictures[:3])


def test_every_variant_differs_from_the_base_in_what_it_says_and_can_be_trained_at_both_sides():
    for side in (28, 32):
        config = GanHyperparametersConfig(side=side)
        base, *others = variants.variants()
        plain = config.training(base)
        assert (plain.learning_rate, plain.beta1, plain.batch, plain.loss) == (2e-4, 0.5, 64, "bce")
        assert (plain.architecture, plain.batch_norm, plain.labels) == ("dcgan", "guidelines", "off")
        assert len({it.label for it in others}) == len(others) > 20
        for variant in others:
            trained = config.training(variant)
            assert isinstance(trained, DCGANConfig)
            assert trained.steps == 2000
            assert sum(trained.measures_at(index) for index in range(2000)) == 10
            changed = {name for name in DCGANConfig.model_fields if getattr(trained, name) != getattr(plain, name)}
            assert changed - {"pictures", "measure_every"} == set(variant.settings)


def finding(label: str, *courses: Course) -> Finding:
    trace = Trace([Moment(1, 0.0, 0.0, {})])
    rows = [Row({"variant": label, "family": "any", "seed": seed}, trace=trace) for seed in range(len(courses))]
    return Finding(rows, courses)


def verdicts(**found: tuple[Course, ...]) -> dict[str, str]:
    """By the first words of what the document says."""
    names = {"rate": "rate .001", "everywhere": "norm everywhere", "average": "average head", "base": "base"}
    made = {names[name]: finding(names[name], *courses) for name, courses in found.items()}
    return {str(row["says"]): str(row["the same"]) for row in claims_table(made).rows}


def test_verdicts_come_from_the_numbers():
    base = (course(9, 4, 4), course(9, 5, 5))
    found = verdicts(
        base=base,
        rate=(course(9, 8, broke=21), course(9, 8, 7)),
        everywhere=(course(9, 4, 4, change=[0.5] * 3), course(9, 4, 4, change=[0.4] * 3)),
        average=(course(20, 10, 4), course(20, 19, 4)),
    )
    by_start = {says[:22]: verdict for says, verdict in found.items()}
    assert by_start["The suggested learning"] == "yes"
    assert by_start["Batch norm in all laye"] == "yes"
    assert by_start["... but hurt convergen"] == "yes"
    assert by_start["Global average pooling"] == "no"
    assert by_start["As models are trained "] == "no"
    assert by_start["Momentum beta1 of .9 r"] == "cannot be said without beta1 .9"
    assert verdicts(base=base, rate=(course(9, 9, 9), course(9, 4, 4)))[next(iter(found))] == "not told apart"


def test_the_table_has_a_line_for_each_variant_and_the_page_all_trainings(data):
    found = ran(GanHyperparameters, data, only=("beta1",), seeds=2, **TINY)
    assert [row["variant"] for row in found.rows] == ["base", "beta1 0", "beta1 .9"]
    assert [row["seed"] for row in found.tables["runs"]] == [0, 1] * 3
    assert {row["step"] for row in found.tables["courses"]} == {2}
    assert {"samples-beta1", "course-beta1", "frechet-beta1"} <= set(found.names)
    ends = [row["end"] for row in found.tables["runs"] if row["variant"] == "base"]
    assert found.rows[0]["end"] == pytest.approx(np.mean(ends))
    assert found.rows[0]["end +-"] == pytest.approx(np.std(ends, ddof=1))


def test_a_training_that_breaks_is_a_line_and_the_others_go_on(data, monkeypatch):
    wild = {"optimizer": "sgd", "loss": "lsgan", "learning_rate": 10.0}
    monkeypatch.setattr(variants, "SETTINGS", {"beta1": {"wild": wild, "tame": {"beta1": 0.4}}})
    found = ran(GanHyperparameters, data, seeds=1, **{**TINY, "steps": 12})
    wild, tame = found.rows[1:]
    assert wild["note"] == "not finite (1 of 1)"
    assert wild["end"] is None
    assert tame["end"] > 0


def test_stopped_between_the_samples_that_are_compared_it_ends_the_same(data, tmp_path, monkeypatch):
    """Of 4 steps, measured after 2 and 4, samples are kept after 1 and 3 to be compared."""
    monkeypatch.setattr(variants, "SETTINGS", {})
    values = {**TINY, "steps": 4, "points": 2, "seeds": 1}
    whole = ran(GanHyperparameters, data, **values)
    seen = Keep(states=True)
    with pytest.raises(Cancelled):
        made(GanHyperparameters, **values).run(data, _Both(seen, StopAt(3)))
    begin = written_and_read(seen.steps[-1].index, seen.states[-1], tmp_path)
    assert_same(without_times(ran(GanHyperparameters, data, Resume(begin), **values)), without_times(whole))
    assert all(row["change"] > 0 for row in whole.tables["courses"])


class _Both(Keep):
    """Keeps what it sees, and lets another end it."""

    def __init__(self, keep: Keep, stop: StopAt) -> None:
        self._keep, self._stop = keep, stop

    def step(self, step) -> None:
        self._keep.step(step)
        self._stop.step(step)


def without_times(found):
    for rows in found.tables.values():
        for row in rows:
            row.pop("seconds", None), row.pop("ms a step", None)
    return found


def test_settings_that_cannot_be_are_refused_before_anything_is_trained(data):
    with pytest.raises(InputError, match="only"):
        made(GanHyperparameters, only=("beta",))
    with pytest.raises(InputError, match="28x28, where side is 32"):
        made(GanHyperparameters, side=32, **TINY).check(data)
    with pytest.raises(InputError, match="seed"):
        made(GanHyperparameters, seed=2**63 - 1, seeds=2, **TINY).check(data)
