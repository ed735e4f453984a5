"""The sweeps over layers, optimisers, networks and reconstructions: their runs, the judge, the verdicts, the pages."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from skimage.metrics import mean_squared_error

from impasto.errors import Cancelled, InputError
from impasto.experiments.start import find
from impasto.experiments.style_variants import layers, networks, optimizers, reconstruction
from impasto.experiments.style_variants.claims import claims_table
from impasto.experiments.style_variants.judge import Judge
from impasto.experiments.style_variants.results import Made, Trace, Variant
from impasto.features import load_network
from impasto.images import read, resize, write
from impasto.observers import Step

LITE = {"network": "efficientnet-lite0"}
TINY = {"size": 48, "steps": 2}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The paths of a photo and a painting of smooth colours."""
    folder = tmp_path_factory.mktemp("pair")
    random = torch.Generator().manual_seed(0)
    for name, size in (("photo", (96, 64)), ("painting", (70, 90))):
        write(resize(torch.rand(3, 6, 8, generator=random), size), folder / f"{name}.png")
    return [str(folder / "photo.png"), str(folder / "painting.png")]


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path, monkeypatch):
    """As on a machine where nobody has got the weights of a VGG."""
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_vgg16_has_a_run_for_each_of_its_thirteen_convolutions_and_three_for_style():
    config = layers.StyleLayersConfig(network_weights="random")
    runs = layers.StyleLayers(config).variants()
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
    runs = layers.StyleLayers(layers.StyleLayersConfig(**LITE)).variants()
    of_style = {run.label: run.settings["layers"] for run in runs if run.group == layers.STYLE}
    assert set(of_style[layers.MORE]) - set(of_style[layers.BASE]) == {"e5", "e7", "e9"}
    assert of_style[layers.FEWER] == ("stem", "d0", "e1", "d2", "e2", "e4")


def test_layers_writes_its_rows_judged_alike(pair, tmp_path):
    find("style-layers")(*pair, out=tmp_path, content_layers="stem,e6", layers="stem,e1,e2", **LITE, **TINY)
    rows = table(tmp_path / "table.csv")
    assert [row["variant"] for row in rows] == ["0 stem", "6 e6", layers.BASE, layers.MORE, layers.FEWER]
    judge = Judge("auto", {"efficientnet-lite0"})
    photo, painting = (read(path) for path in pair)
    assert {row["judge"] for row in rows} == {judge.name}
    for row in rows:
        name = row["variant"].replace(" ", "-")
        result = read(tmp_path / "figures" / f"result-{row['group'].replace(' ', '-')}-{name}.png")
        assert result.shape == (3, 32, 48)
        assert float(row["content"]) == pytest.approx(judge.content(result, photo), abs=0.02)
        assert float(row["style"]) == pytest.approx(judge.style(result, painting), abs=0.02)
        assert float(row["own content"]) + float(row["own style"]) <= float(row["loss"]) * 1.0001
    course = table(tmp_path / "losses.csv")
    assert [row["step"] for row in course if row["variant"] == "6 e6"] == ["1", "2"]
    assert len(table(tmp_path / "claims.csv")) == 4
    page = (tmp_path / "report.html").read_text()
    assert page.count("<img") == 5


def test_a_network_that_is_absent_has_a_row_that_says_so(pair, tmp_path):
    find("style-networks")(*pair, out=tmp_path, networks="vgg19,efficientnet-lite0", **TINY)
    absent, present = table(tmp_path / "table.csv")
    assert absent["note"] == "the weights of vgg19 are not on this machine; get them with: impasto weights get vgg19"
    assert absent["loss"] == absent["weights"] == ""
    assert present["weights"].startswith("efficientnet-lite0-")
    assert (tmp_path / "figures" / "networks.png").is_file()
    verdicts = [row["the same"] for row in table(tmp_path / "claims.csv")]
    assert verdicts[-1] == "cannot be said without vgg16:average and vgg19:average"


def test_without_any_network_it_says_how_to_get_one(pair, tmp_path):
    with pytest.raises(InputError, match="impasto weights get vgg19"):
        find("style-networks")(*pair, out=tmp_path, networks="vgg19:max", **TINY)


def test_a_mistyped_network_or_optimiser_is_refused(pair, tmp_path):
    with pytest.raises(InputError, match=r"network must be one of .*did you mean 'vgg19'"):
        find("style-networks")(*pair, out=tmp_path, networks="efficientnet-lite0,vgg91", **TINY)
    with pytest.raises(InputError, match="pool must be one of max, average, got 'mean'"):
        find("style-networks")(*pair, out=tmp_path, networks="vgg19:mean", **TINY)
    with pytest.raises(InputError, match="optimizer must be one of adam, lbfgs, sgd, got 'adan'"):
        find("style-optimizers")(*pair, out=tmp_path, optimizers="adan", **LITE, **TINY)
    with pytest.raises(InputError, match="optimizer: the rate must be a number, got 'fast'"):
        find("style-optimizers")(*pair, out=tmp_path, optimizers="sgd:fast", **LITE, **TINY)


def test_optimisers_take_the_same_steps_from_the_same_loss(pair, tmp_path):
    find("style-optimizers")(*pair, out=tmp_path, optimizers="adam,sgd:0.01,lbfgs", **LITE, size=48, steps=8)
    rows = {row["variant"]: row for row in table(tmp_path / "table.csv")}
    course = table(tmp_path / "losses.csv")
    first = {row["loss"] for row in course if row["step"] == "1"}
    assert len(first) == 1
    for name in ("adam", "sgd:0.01", "lbfgs"):
        assert rows[name]["steps"] == "8"
        assert float(rows[name]["loss"]) < float(next(iter(first)))
    claims = table(tmp_path / "claims.csv")
    assert claims[1]["measured"].startswith("loss: adam ")


def test_a_run_that_breaks_off_has_a_row_that_says_so(pair, tmp_path):
    """Untrained, since a VGG has no bound on its features and its weights may not be here."""
    vgg = {"network": "vgg16", "network_weights": "random"}
    find("style-optimizers")(*pair, out=tmp_path, optimizers="sgd:10,adam", **vgg, size=48, steps=6)
    broken, whole = table(tmp_path / "table.csv")
    assert "no longer finite" in broken["note"]
    assert int(broken["steps"]) < 6
    assert float(whole["loss"]) > 0
    assert (tmp_path / "figures" / "result-optimisers-adam.png").is_file()


def test_reconstructions_are_of_sets_for_style_and_of_single_layers_for_content(pair, tmp_path):
    find("style-reconstruction")(*pair, out=tmp_path, layers="stem,e6", **LITE, size=48, steps=20)
    rows = table(tmp_path / "table.csv")
    assert [(row["group"], row["variant"]) for row in rows] == [
        ("style", "stem only"),
        ("style", "stem to e6"),
        ("content", "stem"),
        ("content", "e6"),
    ]
    shallow = read(tmp_path / "figures" / "result-content-stem.png").permute(1, 2, 0).numpy()
    photo = resize(read(pair[0]), (48, 32)).permute(1, 2, 0).numpy()
    assert float(rows[2]["pixels"]) == pytest.approx(mean_squared_error(shallow, photo) ** 0.5, abs=2e-3)
    assert float(rows[2]["arrangement"]) > 0.9
    assert float(rows[2]["pixels"]) < float(rows[3]["pixels"])


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
    assert Judge("auto", {"vgg16"}).name == "efficientnet-lite0"
    other = Judge("auto", {"efficientnet-lite0"}).name
    assert other in ("efficientnet-lite0", "efficientnet-lite1")  # the second is an extra


def test_the_judges_distances_are_relative_ones_of_features():
    """In NumPy."""
    random = torch.Generator().manual_seed(1)
    picture, other = (torch.rand(3, 48, 64, generator=random) for _ in range(2))
    judge, network = Judge("efficientnet-lite0", ()), load_network("efficientnet-lite0")

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


def test_one_picture_is_no_pair(pair, tmp_path):
    with pytest.raises(InputError, match="style-layers compares one photo and one painting, got 1 picture"):
        find("style-layers")(pair[0], out=tmp_path, **LITE, **TINY)


def test_ctrl_c_keeps_the_rows_that_are_ready(pair, tmp_path):
    class Ends:
        def step(self, step: Step) -> None:
            if step.task.startswith("2/"):
                raise Cancelled

        def checkpoint(self):
            return None

    with pytest.raises(Cancelled):
        find("style-optimizers")(*pair, out=tmp_path, observer=Ends(), **LITE, **TINY)
    assert [row["variant"] for row in table(tmp_path / "table.csv")] == ["adam"]


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


def test_a_preset_can_be_changed_and_an_unknown_one_is_refused(pair, tmp_path):
    find("style-optimizers")(*pair, out=tmp_path, preset="paper", optimizers="adam", **LITE, **TINY)
    page = (tmp_path / "report.html").read_text()
    assert "pixels" in page
    with pytest.raises(InputError, match="preset must be one of paper, got 'papr'; did you mean 'paper'"):
        find("style-optimizers")(*pair, out=tmp_path, preset="papr")


def a_run(label, *losses, group=layers.STYLE, **numbers) -> Made:
    trace = Trace("loss", [0.1 * n for n in range(len(losses))], list(losses))
    values = {"content": 0.5, "style": 0.5, "patches": 0.1, "loss": losses[-1], **numbers}
    return Made(values, {"result": torch.zeros(3, 8, 8)}, Variant(label, group, {}), trace)


def verdicts(kind, *rows):
    return [row["the same"] for row in claims_table(kind.claims, rows).rows]


def test_verdicts_on_layers_follow_the_numbers():
    base = a_run(layers.BASE, 3, 2, 1)
    worse, same = a_run(layers.MORE, 3, 1, 9, style=0.6), a_run(layers.FEWER, 3, 2, 1, style=0.52)
    assert verdicts(layers.StyleLayers, base, worse, same) == ["", "yes", "yes", "yes"]
    equal, worse = a_run(layers.MORE, 3, 2, 1), a_run(layers.FEWER, 3, 2, 1, content=0.7)
    assert verdicts(layers.StyleLayers, base, equal, worse) == ["", "no", "no", "no"]
    assert verdicts(layers.StyleLayers, base)[1:] == [
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
    said = claims_table(layers.StyleLayers.claims, rows).rows[0]["measured"]
    assert said == (
        "nearest to the photo: 0 conv1_1 (content 0.10); to the painting: 12 conv5_3 (style 0.30); "
        "by the worse of both, each a share of the largest: 8 conv4_2 (0.40, 0.40)"
    )


def test_verdicts_on_optimisers_and_networks_follow_the_numbers():
    runs = [a_run("adam", 1, style=0.3), a_run("sgd:0.1", 1, style=0.4), a_run("lbfgs", 1)]
    assert verdicts(optimizers.StyleOptimizers, *runs)[0] == "yes"
    assert verdicts(optimizers.StyleOptimizers, a_run("adam", 1, style=0.39), *runs[1:])[0] == "no"
    better = a_run("sgd:0.3", 0.5, style=0.3)  # the SGD that counts is the one that came farthest
    assert verdicts(optimizers.StyleOptimizers, *runs, better)[0] == "no"
    assert verdicts(optimizers.StyleOptimizers, better, *runs)[0] == "no"
    average, deep = a_run("vgg16:average", 4, 1, style=0.3), a_run("vgg19:average", 4, 1)
    assert verdicts(networks.StyleNetworks, a_run("vgg16:max", 4, 2), average, deep) == ["yes", "", "yes"]
    assert verdicts(networks.StyleNetworks, a_run("vgg16:max", 4, 1), deep, average)[0::2] == ["no", "yes"]


def test_the_verdict_on_scale_is_of_the_sets_in_their_order():
    def sets(first, last):
        return [
            a_run("conv1_1 only", 0.1, group="style", arrangement=0.1, **{"coarse patches": first}),
            a_run("conv1_1 to conv5_1", 0.5, group="style", arrangement=-0.1, **{"coarse patches": last}),
        ]

    nothing = "cannot be said without content"
    assert verdicts(reconstruction.StyleReconstruction, *sets(0.2, 0.1)) == ["yes", "yes", nothing]
    assert verdicts(reconstruction.StyleReconstruction, *sets(0.1, 0.2)) == ["yes", "no", nothing]


def test_the_trace_of_a_run_gives_the_median_time_of_a_step():
    trace = Trace("loss", [5.0, 5.1, 5.2, 9.2], [4, 3, 2, 1])
    assert trace.seconds_per_step == pytest.approx(0.1)
    assert Trace("loss", [5.0], [1]).seconds_per_step is None
