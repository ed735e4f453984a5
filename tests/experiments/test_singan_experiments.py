"""Experiments on a generator of a single picture: what is varied, what is measured, and what comes of the claims."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import InputError
from impasto.experiments.experiment import Row
from impasto.experiments.singan.loss_curves import SinGANLosses, SinGANLossesConfig
from impasto.experiments.singan.sketch import SinGANSketch, SinGANSketchConfig, sketch_of
from impasto.experiments.singan.sweep import measured
from impasto.experiments.singan.sweeps import (
    SinGANReconstruction,
    SinGANReconstructionConfig,
    SinGANResidual,
    SinGANResidualConfig,
    SinGANScales,
    SinGANScalesConfig,
    SinGANSizes,
    SinGANSizesConfig,
)
from impasto.experiments.singan.texture_loss import SinGANTextureLoss, SinGANTextureLossConfig
from impasto.experiments.singan.variation import correlation, entropy, local_deviation
from impasto.experiments.trace import Moment, Trace
from impasto.samples.drawings import drawing


def test_the_picture_itself_is_as_near_and_as_alike_as_can_be():
    picture = drawing("mosaic", 64)[:, :40, :48].contiguous()
    found = measured(torch.stack([picture] * 3), picture, picture, picture)
    assert found == {"distance": 0, "diversity": 0, "contrast": pytest.approx(1), "reconstruction": 0}
    half = measured(torch.stack([0.5 * picture, 0.25 + 0.5 * picture]), picture, 0.9 * picture, picture)
    assert half["contrast"] < 0.7
    assert half["distance"] > 0.05
    assert half["diversity"] > 0.1
    assert half["reconstruction"] == pytest.approx(float(0.1 * picture.square().mean().sqrt()), rel=1e-5)


def test_trainings_are_the_documents_if_all_of_it_is_wanted():
    full = SinGANResidual(SinGANResidualConfig(full=True))
    trainings = [full.config.training(each.settings, 1) for each in full.variants()]
    assert [(it.residual, it.steps) for it in trainings] == [(False, 2000), (False, 1000), (True, 2000)]
    assert all(it.max_size == 250 and it.generator_steps == 3 and it.widest == 128 and it.seed == 1 for it in trainings)
    alphas = SinGANReconstruction(SinGANReconstructionConfig(full=True))
    chosen = [alphas.config.training(each.settings, 0) for each in alphas.variants()]
    assert [(it.reconstruction, it.steps) for it in chosen] == [(0, 500), (0.1, 500), (1, 500), (10, 500)]
    limits = SinGANSizes(SinGANSizesConfig(full=True))
    assert [each.size for each in limits.variants()] == [None, None, 520]
    assert [limits.config.training(each.settings, 0).coarsest for each in limits.variants()] == [25, 12, 25]


@pytest.mark.parametrize(("without", "same"), [(0.5, "yes"), (0.95, "no")])
def test_the_claim_of_contrast_is_judged_by_the_numbers(without, same):
    names = ("picture", "seed", "scales", "factor", "distance", "diversity", "reconstruction", "seconds")
    rows = [
        Row({**dict.fromkeys(names, 1), "variant": it, "contrast": at})
        for it, at in (("alpha 0", without), ("alpha 10", 0.9))
    ]
    claims, _ = SinGANReconstruction(SinGANReconstructionConfig()).tables(rows, {})
    (line,) = claims.rows
    assert line["the same"] == same
    assert line["measured"] == f"alpha 0: {without:.3f}, alpha 10: 0.900"


def test_weights_of_the_texture_loss_are_those_that_are_asked_for():
    config = SinGANTextureLossConfig(shares=(1.0, 0.0, 0.1), full=True)
    each = SinGANTextureLoss(config).variants()
    assert [it.label for it in each] == ["R 0", "R 0.1, efficientnet-lite0", "R 1, efficientnet-lite0"]
    assert [config.training(it.settings, 0).texture for it in each] == [0, 0.1, 1]
    assert {config.training(it.settings, 0).steps for it in each} == {500}


@pytest.mark.parametrize(("dominated", "wanted"), [(0.2, ["yes", "yes"]), (0.05, ["no", "no"])])
def test_the_claims_of_the_texture_loss_are_judged_by_the_numbers(dominated, wanted):
    names = ("picture", "seed", "scales", "factor", "diversity", "contrast", "reconstruction", "seconds")
    found = {"R 0": 0.1, "R 0.1, efficientnet-lite0": 0.1, "R 10, efficientnet-lite0": dominated}
    rows = [Row({**dict.fromkeys(names, 1), "variant": it, "distance": at}) for it, at in found.items()]
    claims, _ = SinGANTextureLoss(SinGANTextureLossConfig(shares=(0.0, 0.1, 10.0))).tables(rows, {})
    assert [line["the same"] for line in claims.rows] == wanted


def test_a_sketch_is_dark_lines_where_the_picture_has_edges():
    picture = torch.full((3, 64, 64), 0.2)
    picture[:, :, 32:] = 0.9
    sketch = sketch_of(picture)
    assert sketch.shape == picture.shape
    assert float(sketch[0, 8:-8, 28:36].amin(1).max()) < 0.5  # a line in each row
    assert float(sketch[:, :, :20].min()) > 0.5


@pytest.mark.parametrize(("last", "same"), [(0.05, "yes"), (0.3, "no")])
def test_the_claim_of_the_sketch_is_judged_by_where_samples_begin(last, same):
    experiment = SinGANSketch(SinGANSketchConfig())
    distances = {"distance 0": 0.2, "distance 1": 0.1, "distance 2": last, "distance 3": 0.01}
    diversities = {f"diversity {start}": 0.5 for start in range(4)}
    row = Row({"picture": "a", "seed": 0, "seconds": 1.0, **distances, **diversities})
    assert [line["from scale"] for line in experiment.table([row]).rows] == ["N", "N-1", "N-2", "N-3"]
    (claims,) = experiment.tables([row], {})
    assert claims.rows[0]["the same"] == same


def curves(fakes: list[float], reals: list[float], ours: list[float]) -> Row:
    moments = [
        Moment(
            step,
            0.0,
            0.0,
            {"0/D/real": real, "0/D/fake": fake, "0/D": fake - real, "0/G/rec": 1, "0/G/fake": mine, "0/G": 1 + mine},
        )
        for step, (fake, real, mine) in enumerate(zip(fakes, reals, ours, strict=True))
    ]
    return Row({"picture": "a", "seed": 0}, {}, Trace(moments))


def test_what_the_losses_have_to_do_with_one_another():
    fakes, falling = [0.1 * (step % 7) for step in range(40)], [1 - 0.01 * step for step in range(40)]
    method = SinGANLosses(SinGANLossesConfig())
    (line,) = method.table([curves(fakes, falling, [-fake for fake in fakes])]).rows
    assert line["correlation"] == pytest.approx(-1)
    assert line["apart"] == pytest.approx(0, abs=1e-6)
    assert line["D(x) begins"] > line["D(x) ends"]
    (claims,) = method.tables([curves(fakes, falling, [-fake for fake in fakes])], {})
    assert [each["the same"] for each in claims.rows] == ["yes", "yes"]
    (claims,) = method.tables([curves(fakes, falling[::-1], fakes)], {})
    assert [each["the same"] for each in claims.rows] == ["no", "no"]
    charts = method.figures([curves(fakes, falling, fakes)], {})
    assert [chart.name for chart in charts] == ["losses-0"]


def test_what_is_flat_tells_nothing_and_noise_much():
    picture = torch.full((3, 40, 60), 0.5)
    picture[:, :, 30:] = torch.rand(1, 40, 30)
    for told in (entropy(picture), local_deviation(picture)):
        assert told.shape == (40, 60)
        assert float(told[:, :20].max()) < 1e-5
        assert float(told[:, 40:].min()) > 0.1
    assert correlation(entropy(picture), entropy(picture) ** 2) == pytest.approx(1)
    assert correlation(entropy(picture), -entropy(picture)) == pytest.approx(-1)


def test_what_comes_to_the_same_training_is_trained_once():
    picture = {"picture": [drawing("mosaic", 64)[:, :40, :48].contiguous()]}
    method = SinGANScales(SinGANScalesConfig(size=48, seeds=1, factors=(0.5, 0.55, 0.9), steps=1, width=2))
    assert [case.name.partition(" ")[2] for case in method.cases(picture)] == [
        "picture 1, factor 0.5, seed 0",
        "picture 1, factor 0.9, seed 0",
    ]
    with pytest.raises(InputError, match="values that are varied must differ"):
        SinGANScales(SinGANScalesConfig(factors=(0.5, 0.50000001))).cases(picture)


def test_what_was_learned_larger_is_compared_at_the_usual_size():
    method = SinGANSizes(SinGANSizesConfig(size=48))
    large = torch.rand(3, 80, 96)
    drawn, picture = method.compared(torch.rand(2, 3, 160, 192), large)
    assert (drawn.shape, picture.shape) == ((2, 3, 80, 96), (3, 40, 48))
    small = torch.rand(3, 40, 48)
    assert method.compared(drawn, small)[1] is small


def test_a_sketch_that_leaves_no_scale_to_paint_is_refused_before_anything_is_trained():
    with pytest.raises(InputError, match=r"scales 9: .* has \d, and the finest must paint: take fewer"):
        SinGANSketch(SinGANSketchConfig(scales=9)).check({"picture": [drawing("mosaic", 64)]})
