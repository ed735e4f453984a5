"""The sweeps over layers, optimisers, networks and reconstructions: their runs, the judge, the verdicts, the pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from ran import made, ran
from skimage.metrics import mean_squared_error

from impasto.errors import Cancelled, InputError
from impasto.experiments import style_layers as layers
from impasto.experiments import style_networks as networks
from impasto.experiments import style_optimizers as optimizers
from impasto.experiments import style_reconstruction as reconstruction
from impasto.experiments.experiment import Row
from impasto.experiments.judges import TransferJudge, transfer_judge
from impasto.experiments.style_layers import StyleLayers
from impasto.experiments.style_networks import StyleNetworks
from impasto.experiments.style_optimizers import StyleOptimizers
from impasto.experiments.style_reconstruction import StyleReconstruction
from impasto.experiments.sweep_results import claims_table
from impasto.experiments.trace import Moment, Trace
from impasto.features import load_network
from impasto.features.weights import find
from impasto.images import resize
from observers import StopAt

LITE = {"network": "efficientnet-lite0"}
TINY = {"size": 32, "steps": 2}
THREE = {**LITE, "optimizers": ("adam", "sgd:0.01", "lbfgs"), "size": 32, "steps": 5}


@pytest.fixture(scope="module")
def pair():
    """A photo and a painting of smooth colours."""
    random = torch.Generator().manual_seed(0)
    return {"picture": [resize(torch.rand(3, 6, 8, generator=random), size) for size in ((96, 64), (70, 90))]}


@pytest.fixture(scope="module")
def three(pair):
    """The same transfer by three optimisers."""
    return ran(StyleOptimizers, pair, **THREE)


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path, monkeypatch):
    """As on a machine where nobody has got the weights of a VGG."""
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))


def test_vgg16_has_a_run_for_each_of_its_thirteen_convolutions_and_three_for_style():
    config = layers.StyleLayersConfig(network_weights="random")
    runs = StyleLayers(config).variants({})
    contents = [run for run in runs if run.group == layers.CONTENT]
    assert [run.label for run in contents][::4] == ["0 conv1_1", "4 conv3_1", "8 conv4_2", "12 conv5_3"]
    assert [run.settings["content_layers"] for run in contents][8] == ("conv4_2",)
    of_style = {run.label: run.settings["layers"] for run in runs if run.group == layers.STYLE}
    assert of_style == {
        layers.BASE: ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
        layers.MORE: ("conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1", "conv5_2"),
        layers.FEWER: ("conv1_1", "conv2_1", "conv3_1"),
    }


def test_layers_of_another_network_are_its_own():
    runs = made(StyleLayers, **LITE).variants({})
    of_style = {run.label: run.settings["layers"] for run in runs if run.group == layers.STYLE}
    assert set(of_style[layers.MORE]) - set(of_style[layers.BASE]) == {"e5", "e7", "e9"}
    assert of_style[layers.FEWER] == ("stem", "d0", "e1", "d2", "e2", "e4")


def test_layers_has_its_rows_judged_alike(pair):
    done = ran(StyleLayers, pair, content_layers=("stem", "e6"), layers=("stem", "e1", "e2"), **LITE, **TINY)
    assert [row["variant"] for row in done.rows] == ["0 stem", "6 e6", layers.BASE, layers.MORE, layers.FEWER]
    judge = transfer_judge("auto", {"efficientnet-lite0"})
    photo, painting = pair["picture"]
    assert {row["judge"] for row in done.rows} == {judge.name}
    for row in done.rows:
        result = done.pictures[f"result-{row['group']}-{row['variant']}".replace(" ", "-")]
        assert result.shape == (3, 21, 32)
        assert row["content"] == pytest.approx(judge.content(result, photo), abs=0.02)
        assert row["style"] == pytest.approx(judge.style(result, painting), abs=0.02)
        assert row["own content"] + row["own style"] <= row["loss"] * 1.0001
    assert [row["step"] for row in done.tables["losses"] if row["variant"] == "6 e6"] == [1, 2]
    assert len(done.tables["claims"]) == 4
    charts = {"distances", "losses-content-layer", "losses-style-layers"}
    assert done.shown == {"table", "claims", "losses", "content-layer", "style-layers"} | charts


def test_a_network_that_is_absent_has_a_row_that_says_so(pair):
    done = ran(StyleNetworks, pair, networks=("vgg19", "efficientnet-lite0"), **TINY)
    absent, present = done.rows
    assert absent["note"] == "the weights of vgg19 are not on this machine; get them with: impasto weights get vgg19"
    assert "loss" not in absent
    assert present["weights"].startswith("efficientnet-lite0-")
    assert "networks" in done.pictures
    verdicts = [row["the same"] for row in done.tables["claims"]]
    assert verdicts[-1] == "cannot be said without vgg16:average and vgg19:average"


def test_without_any_network_it_says_how_to_get_one(pair):
    with pytest.raises(InputError, match="impasto weights get vgg19"):
        ran(StyleNetworks, pair, networks=("vgg19:max",), **TINY)


def test_a_mistyped_network_or_optimiser_is_refused(pair):
    with pytest.raises(InputError, match=r"network must be one of .*did you mean 'vgg19'"):
        ran(StyleNetworks, pair, networks=("efficientnet-lite0", "vgg91"), **TINY)
    with pytest.raises(InputError, match="pool must be one of max, average, got 'mean'"):
        ran(StyleNetworks, pair, networks=("vgg19:mean",), **TINY)
    with pytest.raises(InputError, match="optimizer must be one of adam, lbfgs, sgd, got 'adan'"):
        ran(StyleOptimizers, pair, optimizers=("adan",), **LITE, **TINY)
    with pytest.raises(InputError, match="optimizer: the rate must be a number, got 'fast'"):
        ran(StyleOptimizers, pair, optimizers=("sgd:fast",), **LITE, **TINY)


def test_optimisers_take_the_same_steps_from_the_same_loss(three):
    rows = {row["variant"]: row for row in three.rows}
    (first,) = {row["loss"] for row in three.tables["losses"] if row["step"] == 1}
    for name in THREE["optimizers"]:
        assert rows[name]["steps"] == 5
        assert rows[name]["loss"] < first
    assert three.tables["claims"][1]["measured"].startswith("loss: adam ")


def test_a_given_file_of_weights_is_used(pair, tmp_path):
    mine = shutil.copy(find("efficientnet-lite0"), tmp_path / "mine.pth")
    given = {**pair, "network_weights": [Path(mine)]}
    values = {"optimizers": ("adam",), **LITE, **TINY}
    (row,) = ran(StyleOptimizers, given, network_weights="file", **values).rows
    (usual,) = ran(StyleOptimizers, pair, **values).rows
    assert row["weights"] == "mine.pth"
    assert row["loss"] == usual["loss"]


def test_a_run_that_breaks_off_has_a_row_that_says_so(pair):
    """Untrained, since a VGG has no bound on its features and its weights may not be here."""
    vgg = {"network": "vgg16", "network_weights": "random"}
    done = ran(StyleOptimizers, pair, optimizers=("sgd:10", "adam"), **vgg, size=48, steps=4)
    broken, whole = done.rows
    assert "no longer finite" in broken["note"]
    assert broken["steps"] < 4
    assert whole["loss"] > 0
    assert "result-optimisers-adam" in done.pictures
    assert "result-optimisers-sgd-10" not in done.pictures


def test_reconstructions_are_of_sets_for_style_and_of_single_layers_for_content(pair):
    done = ran(StyleReconstruction, pair, layers=("stem", "e6"), **LITE, size=48, steps=20)
    rows = done.rows
    assert [(row["group"], row["variant"]) for row in rows] == [
        ("style", "stem only"),
        ("style", "stem to e6"),
        ("content", "stem"),
        ("content", "e6"),
    ]
    shallow = done.pictures["result-content-stem"].permute(1, 2, 0).numpy()
    photo = resize(pair["picture"][0], (48, 32)).permute(1, 2, 0).numpy()
    assert rows[2]["pixels"] == pytest.approx(mean_squared_error(shallow, photo) ** 0.5, abs=1e-5)
    assert rows[2]["arrangement"] > 0.9
    assert rows[2]["pixels"] < rows[3]["pixels"]


def test_arrangement_is_the_correlation_of_what_is_large():
    picture = resize(torch.rand(3, 4, 6, generator=torch.Generator().manual_seed(2)), (96, 64))
    assert reconstruction.arrangement(picture, picture) == pytest.approx(1)
    assert reconstruction.arrangement(1 - picture, picture) == pytest.approx(-1)
    noise = 0.3 * torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(3))
    assert reconstruction.arrangement(picture + noise, picture) > 0.9
    ours, theirs = ((each - each.mean((1, 2), keepdim=True)).numpy() for each in (picture.flip(2), picture))
    small = [each.reshape(3, 8, 8, 12, 8).mean((2, 4)).ravel() for each in (ours, theirs)]  # about the same reduction
    expected = np.corrcoef(*small)[0, 1]
    assert reconstruction.arrangement(picture.flip(2), picture) == pytest.approx(expected, abs=0.05)


def test_the_judge_is_a_network_that_no_run_optimised():
    assert transfer_judge("auto", {"vgg16"}).name == "efficientnet-lite0"
    other = transfer_judge("auto", {"efficientnet-lite0"}).name
    assert other in ("efficientnet-lite0", "efficientnet-lite1")  # the second is an extra


def test_the_judges_distances_are_relative_ones_of_features():
    """In NumPy."""
    random = torch.Generator().manual_seed(1)
    picture, other = (torch.rand(3, 48, 64, generator=random) for _ in range(2))
    judge, network = TransferJudge("efficientnet-lite0"), load_network("efficientnet-lite0")

    def features(image, layer):
        with torch.no_grad():
            return network(image[None], [layer])[layer][0].flatten(1).double().numpy()

    ours, theirs = features(picture, "e6"), features(other, "e6")
    assert judge.content(picture, other) == pytest.approx(
        np.linalg.norm(ours - theirs) / np.linalg.norm(theirs), rel=1e-4
    )
    apart = []
    for layer in network.default_style_layers:
        grams = [values @ values.T / values.shape[1] for values in (features(picture, layer), features(other, layer))]
        apart.append(np.linalg.norm(grams[0] - grams[1]) / np.linalg.norm(grams[1]))
    assert judge.style(picture, other) == pytest.approx(np.mean(apart), rel=1e-4)
    assert judge.content(picture, picture) == judge.style(picture, picture) == 0


def test_one_picture_is_no_pair(pair):
    with pytest.raises(InputError, match="style-layers compares one photo and one painting, got 1 picture"):
        ran(StyleLayers, {"picture": pair["picture"][:1]}, **LITE, **TINY)


def test_ctrl_c_keeps_the_rows_that_are_ready(pair):
    with pytest.raises(Cancelled) as stopped:
        ran(StyleOptimizers, pair, StopAt(4), optimizers=("adam", "sgd"), **LITE, **TINY)
    (main, claims, _) = stopped.value.result.tables
    assert [row["variant"] for row in main.rows] == ["adam"]
    assert claims.rows[0]["the same"] == "cannot be said without sgd"


@pytest.mark.parametrize(
    "config",
    [
        layers.StyleLayersConfig,
        optimizers.StyleOptimizersConfig,
        networks.StyleNetworksConfig,
        reconstruction.StyleReconstructionConfig,
    ],
)
def test_the_preset_paper_is_valid_and_larger(config):
    paper = config(**config.presets["paper"])
    assert paper.size > config().size
    assert paper.steps > config().steps
    assert paper.gram_form == "paper"
    assert paper.canvas == "pixels"


def test_a_preset_can_be_changed_and_an_unknown_one_is_refused(pair):
    paper = made(StyleOptimizers, "paper", optimizers=("adam",), **LITE, **TINY).config
    assert (paper.canvas, paper.size, paper.optimizers) == ("pixels", 32, ("adam",))
    assert ran(StyleOptimizers, pair, None, "paper", optimizers=("adam",), **LITE, **TINY).rows[0]["loss"] > 0
    with pytest.raises(InputError, match="preset must be one of paper, got 'papr'; did you mean 'paper'"):
        made(StyleOptimizers, "papr")


def a_run(label, *losses, group=layers.STYLE, **numbers) -> Row:
    trace = Trace([Moment(n + 1, 0.1 * n, 0.1 * n, {"loss": loss}) for n, loss in enumerate(losses)])
    values = {"group": group, "variant": label, "content": 0.5, "style": 0.5, "patches": 0.1, "loss": losses[-1]}
    return Row(values | numbers, {"result": torch.zeros(3, 8, 8)}, trace)


def verdicts(kind, *rows):
    return [row["the same"] for row in claims_table(kind.claims, rows).rows]


def test_verdicts_on_layers_follow_the_numbers():
    base = a_run(layers.BASE, 3, 2, 1)
    worse, same = a_run(layers.MORE, 3, 1, 9, style=0.6), a_run(layers.FEWER, 3, 2, 1, style=0.52)
    assert verdicts(StyleLayers, base, worse, same) == ["", "yes", "yes", "yes"]
    equal, worse = a_run(layers.MORE, 3, 2, 1), a_run(layers.FEWER, 3, 2, 1, content=0.7)
    assert verdicts(StyleLayers, base, equal, worse) == ["", "no", "no", "no"]
    assert verdicts(StyleLayers, base)[1:] == [
        f"cannot be said without {layers.MORE}",
        f"cannot be said without {layers.MORE}",
        f"cannot be said without {layers.FEWER}",
    ]


def test_the_best_content_layers_are_named():
    rows = [
        a_run("0 conv1_1", 1, group=layers.CONTENT, content=0.1, style=0.9),
        a_run("8 conv4_2", 1, group=layers.CONTENT, content=0.4, style=0.4),
        a_run("12 conv5_3", 1, group=layers.CONTENT, content=0.8, style=0.3),
    ]
    said = claims_table(StyleLayers.claims, rows).rows[0]["measured"]
    assert said == (
        "nearest to the photo: 0 conv1_1 (content 0.10); to the painting: 12 conv5_3 (style 0.30); "
        "by the worse of both, each a share of the largest: 8 conv4_2 (0.40, 0.40)"
    )


def test_verdicts_on_optimisers_and_networks_follow_the_numbers():
    runs = [a_run("adam", 1, style=0.3), a_run("sgd:0.1", 1, style=0.4), a_run("lbfgs", 1)]
    assert verdicts(StyleOptimizers, *runs)[0] == "yes"
    assert verdicts(StyleOptimizers, a_run("adam", 1, style=0.39), *runs[1:])[0] == "no"
    better = a_run("sgd:0.3", 0.5, style=0.3)  # the SGD that counts is the one that came farthest
    assert verdicts(StyleOptimizers, *runs, better)[0] == "no"
    assert verdicts(StyleOptimizers, better, *runs)[0] == "no"
    average, deep = a_run("vgg16:average", 4, 1, style=0.3), a_run("vgg19:average", 4, 1)
    assert verdicts(StyleNetworks, a_run("vgg16:max", 4, 2), average, deep) == ["yes", "", "yes"]
    assert verdicts(StyleNetworks, a_run("vgg16:max", 4, 1), deep, average)[0::2] == ["no", "yes"]


def test_the_verdict_on_scale_is_of_the_sets_in_their_order():
    def sets(first, last):
        return [
            a_run("conv1_1 only", 0.1, group="style", arrangement=0.1, **{"coarse patches": first}),
            a_run("conv1_1 to conv5_1", 0.5, group="style", arrangement=-0.1, **{"coarse patches": last}),
        ]

    nothing = "cannot be said without content"
    assert verdicts(StyleReconstruction, *sets(0.2, 0.1)) == ["yes", "yes", nothing]
    assert verdicts(StyleReconstruction, *sets(0.1, 0.2)) == ["yes", "no", nothing]


def test_the_trace_of_a_run_gives_the_median_time_of_a_step():
    def taken(*seconds):
        return Trace([Moment(1, each, each, {"loss": 1.0}) for each in seconds]).seconds_per_step

    assert taken(5.0, 5.1, 5.2, 9.2) == pytest.approx(0.1)
    assert taken(5.0) is None
