"""Measures as methods: what their tables say is what `impasto.metrics` finds, and their forecasts know the sizes."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import Cancelled, InputError
from impasto.features import load_network
from impasto.inputs import NamedInputs
from impasto.measures.features import MeasureFeatures, MeasureFeaturesConfig
from impasto.measures.flicker import MeasureFlicker, MeasureFlickerConfig
from impasto.measures.patches import FIXED_MEMORY
from impasto.measures.positions import MeasurePositions, MeasurePositionsConfig
from impasto.measures.texture import MeasureTexture, MeasureTextureConfig
from impasto.metrics import color_positions, nearest_patch_distances, pixel_diversity, position_map, seam_error
from impasto.observers import Unobserved
from impasto.samples.drawings import drawing
from impasto.video import write_clip
from observers import Keep, StopAt

EXEMPLAR = drawing("pebbles", 48)
CROP, MIRRORED = EXEMPLAR[:, 4:36, 2:42], EXEMPLAR.flip(2)


def rows(result, name="table"):
    (found,) = (table for table in result.tables if table.name == name)
    assert all(set(row) <= {column.name for column in found.columns} for row in found.rows)
    return found.rows


def test_a_texture_is_measured_by_the_metrics():
    given = NamedInputs({"picture": [MIRRORED, EXEMPLAR], "exemplar": [EXEMPLAR]})
    given.paths = {"picture": ["mirrored.png", "mirrored.png"]}
    result = MeasureTexture(MeasureTextureConfig(patch=5, scales=2)).run(given, Unobserved())
    mirrored, same = rows(result)
    assert mirrored["picture"] == "mirrored.png"
    assert mirrored["picture"] != same["picture"]
    coherence, completeness = nearest_patch_distances(MIRRORED, EXEMPLAR, patch=5)
    assert (mirrored["coherence"], mirrored["completeness"]) == pytest.approx((coherence, completeness), abs=1e-6)
    assert mirrored["seam"] == pytest.approx(seam_error(MIRRORED), abs=1e-6)
    diversity = pytest.approx(pixel_diversity([MIRRORED, EXEMPLAR], EXEMPLAR), abs=1e-6)
    assert result.facts["diversity"] == diversity
    assert rows(result, "diversity")[0]["diversity"] == diversity


def test_the_columns_are_those_of_the_picture_with_the_most_scales():
    small = EXEMPLAR[:, :12, :12]
    given = {"picture": [small, EXEMPLAR], "exemplar": [EXEMPLAR]}
    method = MeasureTexture(MeasureTextureConfig(scales=3))
    (table,) = method.run(given, Unobserved()).tables  # there is no diversity of two sizes
    names = ["picture", "patches", "patches 1/2", "coherence", "completeness", "autocorrelation", "colors", "seam"]
    assert [column.name for column in table.columns if column.name != "patches 1/4"] == names
    assert table.cells()[0][2] == ""
    assert "12x12, 48x48" in method.forecast({"picture": [(12, 12), (48, 48)], "exemplar": [(48, 48)]}).notice


def test_each_picture_is_a_step_and_measuring_can_be_stopped():
    given = {"picture": [CROP, MIRRORED], "exemplar": [EXEMPLAR]}
    method, keep = MeasureTexture(MeasureTextureConfig(scales=1)), Keep()
    method.run(given, keep)
    assert [(step.index, step.total) for step in keep.steps] == [(1, 2), (2, 2)]
    with pytest.raises(Cancelled):
        method.run(given, StopAt(1))


def test_positions_are_those_of_the_map():
    given = {"picture": [CROP], "exemplar": [EXEMPLAR]}
    found = position_map(CROP, EXEMPLAR, patch=5, every=2)
    alone = MeasurePositions(MeasurePositionsConfig(patch=5, every=2, only_map=True)).run(given, Unobserved())
    (row,) = rows(alone)
    assert row["copied in runs"] == 1
    assert row["coverage"] == pytest.approx(found.coverage, abs=1e-6)
    assert row["longest run"] == found.longest_run
    assert alone.facts == {"patch": 5, "every": 2, "patches": 15 * 19}
    assert torch.equal(alone.output, color_positions(found, (32, 40)))
    sheet = MeasurePositions(MeasurePositionsConfig(patch=5, every=2)).run(given, Unobserved()).output
    assert sheet.shape[1] > 2 * 48


def test_a_map_of_large_pictures_is_coarser_unless_it_is_said_how_coarse():
    config = MeasurePositionsConfig()
    assert config.step((256, 256), (256, 256)) == 1
    assert config.step((1024, 1024), (512, 512)) == 6
    assert MeasurePositionsConfig(every=3).step((1024, 1024), (512, 512)) == 3


def test_a_forecast_grows_with_the_pictures_and_the_patch():
    def cost(side, patch):
        sizes = {"picture": [(side, side)], "exemplar": [(side, side)]}
        return MeasurePositions(MeasurePositionsConfig(patch=patch, every=1)).forecast(sizes)

    assert cost(128, 7).seconds == pytest.approx(16 * cost(64, 7).seconds)
    assert cost(64, 14).memory - FIXED_MEMORY == 4 * (cost(64, 7).memory - FIXED_MEMORY)


def test_a_picture_smaller_than_a_patch_is_refused_by_its_name():
    given = NamedInputs({"picture": [CROP], "exemplar": [EXEMPLAR[:, :5]]})
    given.paths = {"exemplar": ["flat.png"]}
    line = "flat.png: 48x5 pixels are less than a patch of 7; take a larger one, or a smaller --patch"
    for method in (MeasureTexture(MeasureTextureConfig()), MeasurePositions(MeasurePositionsConfig())):
        with pytest.raises(InputError, match=f"^{line}$"):
            method.check(given)


def test_layers_have_the_sizes_of_their_features():
    result = MeasureFeatures(MeasureFeaturesConfig()).run({"image": [CROP]}, Unobserved())
    network = load_network(weights="random")
    features = network(CROP[None], ["e1", "e5"])
    sizes = {row["layer"]: (row["channels"], row["height"], row["width"]) for row in rows(result)}
    assert list(sizes) == list(network.layers)
    assert {layer: sizes[layer] for layer in features} == {
        layer: tuple(found.shape[1:]) for layer, found in features.items()
    }


@pytest.fixture
def clips(tmp_path):
    """A clip, the same as half as many frames that are shown twice as long, and one that is over sooner."""
    wide = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 16), (48, 96), mode="bicubic").clamp(0, 1)[0]
    frames = [wide[:, :, 2 * (k // 2) : 2 * (k // 2) + 64] for k in range(8)]
    for name, each, seconds in (("clip", frames, 0.1), ("half", frames[::2], 0.2), ("short", frames[:4], 0.1)):
        write_clip(each, [seconds] * len(each), tmp_path / f"{name}.gif")
    return {name: [tmp_path / f"{name}.gif"] for name in ("clip", "half", "short")}


def test_a_clip_that_only_moves_does_not_flicker_and_is_paired_by_time(clips):
    method = MeasureFlicker(MeasureFlickerConfig())
    keep = Keep()
    (alone,) = rows(method.run({"video": clips["clip"]}, keep))
    assert alone["flicker"] <= alone["most"] < 0.05
    assert "original" not in alone
    assert [step.index for step in keep.steps] == list(range(1, keep.steps[0].total + 1))
    (beside,) = rows(method.run({"video": clips["clip"], "original": clips["half"]}, Unobserved()))
    assert (beside["flicker"], beside["original"]) == pytest.approx((alone["flicker"],) * 2, abs=0.02)


def test_clips_that_do_not_belong_together_are_refused(clips):
    given = {"video": clips["clip"], "original": clips["short"]}
    with pytest.raises(InputError, match=r"short.gif: has \d frames, .*clip.gif has \d, and they do not last as long"):
        MeasureFlicker(MeasureFlickerConfig()).check(given)
