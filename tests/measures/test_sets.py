"""`measure sets` on folders of small pictures, with the embedded network and with ones written as ONNX files."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from impasto.errors import InputError
from impasto.features import NETWORKS, load_network
from impasto.features.onnx import DEVIATION, MEAN, OnnxVectors
from impasto.features.vectors import LAYERS, LayerMeans
from impasto.images import write
from impasto.measures import sets as measure
from impasto.measures.sets import MeasureSets, MeasureSetsConfig
from impasto.observers import Unobserved
from impasto.runs.configure import Layer, configure
from impasto.runs.job import prepare
from impasto.samples.drawings import drawing


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Twelve parts of a drawing; the first six of them, twice; twelve of another drawing."""
    place = tmp_path_factory.mktemp("sets")
    weave, pebbles = (drawing(name, 96) for name in ("weave", "pebbles"))
    parts = [weave[:, 8 * k : 8 * k + 24, :32] for k in range(6)] + [
        weave[:, 40:72, 8 * k : 8 * k + 24] for k in range(6)
    ]
    others = [pebbles[:, 6 * k : 6 * k + 24, 4 * k : 4 * k + 30] for k in range(12)]
    for name, pictures in (("real", parts), ("half", [*parts[:6], *parts[:6]]), ("other", others)):
        (place / name).mkdir()
        for number, picture in enumerate(pictures):
            write(picture, place / name / f"{number}.png")
    return place


def values(made, real, **config):
    given = {"made": [str(made)], "real": [str(real)]}
    method = MeasureSets(configure(MeasureSetsConfig, Layer({"side": 32, "resamples": 4, **config})))
    job = prepare(method, given)
    result = method.run(job.inputs(), Unobserved())
    return {row["measure"]: row for row in result.tables[0].rows}, result


def test_precision_is_of_the_made_and_recall_of_the_real_ones(folders, monkeypatch):
    monkeypatch.setattr(measure, "BATCH", 5)
    same, result = values(folders / "real", folders / "real")
    assert same["Fréchet distance"]["value"] == pytest.approx(0, abs=1e-6)
    assert all(same[name]["value"] == 1 for name in ("precision", "recall", "coverage"))
    assert [row["pictures"] for row in result.tables[1].rows] == [12, 12]
    fewer, _ = values(folders / "half", folders / "real", neighbours=2)
    assert fewer["precision"]["value"] == 1
    assert fewer["recall"]["value"] < 1
    other, _ = values(folders / "other", folders / "real")
    assert other["precision"]["value"] == other["coverage"]["value"] == 0
    assert other["KID"]["value"] > 0
    assert other["Fréchet distance"]["low"] < other["Fréchet distance"]["value"] < other["Fréchet distance"]["high"]
    assert "MADE" in other["precision"]["what it is"]
    assert "REAL" in other["recall"]["what it is"]


def test_arrays_are_measured_as_pictures_are_and_without_a_word(tmp_path, recwarn):
    torch.set_warn_always(True)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    np.savez(tmp_path / "train.npz", data=pixels)
    (tmp_path / "files").mkdir()
    for number, each in enumerate(pixels):
        Image.fromarray(each).save(tmp_path / "files" / f"{number}.png")
    found, _ = values(tmp_path / "train.npz", tmp_path / "files")
    torch.set_warn_always(False)
    assert found["Fréchet distance"]["value"] == pytest.approx(0, abs=1e-6)
    assert found["coverage"]["value"] == 1
    assert not [each.message for each in recwarn.list if "writable" in str(each.message)]


def test_few_pictures_and_wrong_layers_are_refused_before_anything_is_seen(folders):
    with pytest.raises(InputError, match=r"made: 12 pictures in .*half; 40 neighbours need 41 or more"):
        values(folders / "half", folders / "real", neighbours=40)
    with pytest.raises(InputError, match=r"has no layer 'p99'"):
        values(folders / "half", folders / "real", layer="p99")
    with pytest.raises(InputError, match="efficientnet-lite0 needs at least 16 pixels a side, got 8"):
        values(folders / "half", folders / "real", side=8)


def test_damaged_pictures_that_leave_too_few_are_one_line(folders, tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.png").write_bytes(b"nothing" if number else (folders / "real" / "0.png").read_bytes())
    with pytest.raises(InputError, match=r"^made: 1 of 6 pictures in .* can be read; 3 neighbours need 4 or more$"):
        values(tmp_path, folders / "real", density_neighbours=2)


def test_every_network_has_the_layer_that_is_taken():
    assert set(LAYERS) == set(NETWORKS)
    for name in ("efficientnet-lite0", "efficientnet-lite2"):
        network = load_network(name, weights="random")
        found = LayerMeans(network, side=64)
        assert network.reach(found.layer)[0] == 16
    picture = torch.rand(2, 3, 64, 64)
    network = load_network(weights="random")
    assert torch.allclose(LayerMeans(network, side=64)(picture), network(picture, ["p10"])["p10"].mean((2, 3)))


def onnx_file(path, shape, *, mean=None, kind=TensorProto.FLOAT):
    """A network that gives the means of the channels of what it sees, or its features as they are."""
    nodes, name = [], "picture"
    if kind != TensorProto.FLOAT:
        nodes, name = [helper.make_node("Cast", ["picture"], ["cast"], to=TensorProto.FLOAT)], "cast"
    if mean is None:
        nodes.append(helper.make_node("Identity", [name], ["vectors"]))
    else:
        nodes.append(helper.make_node("ReduceMean", [name], ["vectors"], axes=mean, keepdims=0))
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("picture", kind, shape)],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_an_onnx_file_gets_pictures_as_it_wants_them(tmp_path):
    pictures = (torch.rand(5, 3, 8, 8) * 255).round() / 255
    means = pictures.mean((2, 3)).numpy()
    first = OnnxVectors(onnx_file(tmp_path / "a.onnx", ["n", 3, "h", "w"], mean=[2, 3]), side=8)
    assert (first.side, first.dimensions) == (8, 3)
    assert first(pictures).numpy() == pytest.approx(means, abs=1e-6)
    last = OnnxVectors(onnx_file(tmp_path / "b.onnx", [2, 8, 8, 3]), values="-1..1")  # two at a time, means taken here
    assert last.side == 8
    assert last(pictures).numpy() == pytest.approx(2 * means - 1, abs=1e-6)
    scaled = OnnxVectors(onnx_file(tmp_path / "c.onnx", ["n", 3, 8, 8]), values="imagenet")
    assert scaled(pictures).numpy() == pytest.approx((means - np.array(MEAN)) / np.array(DEVIATION), abs=1e-5)
    whole = OnnxVectors(onnx_file(tmp_path / "d.onnx", ["n", 3, 8, 8], kind=TensorProto.UINT8))
    assert whole(pictures).numpy() == pytest.approx(255 * means, abs=1e-3)
    assert OnnxVectors(onnx_file(tmp_path / "e.onnx", ["n", 3, "h", "w"])).side == 299


def test_files_that_are_no_such_network_are_one_line(tmp_path, folders):
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(InputError, match=r"text.onnx: is no ONNX file that onnxruntime can run: .*"):
        OnnxVectors(tmp_path / "text.onnx")
    with pytest.raises(InputError, match=r"must take one batch of RGB pictures, .*; it takes picture \[1, 4, 8, 8\]"):
        OnnxVectors(onnx_file(tmp_path / "four.onnx", [1, 4, 8, 8]))
    with pytest.raises(InputError, match="takes pictures of 8 pixels a side; leave --side out"):
        OnnxVectors(onnx_file(tmp_path / "eight.onnx", ["n", 3, 8, 8]), side=9)
    with pytest.raises(InputError, match=r"must be \(N, D\) .*, got \(1, 8, 8\)"):
        OnnxVectors(onnx_file(tmp_path / "grey.onnx", ["n", 3, 8, 8], mean=[1]))
    model = onnx.load(onnx_file(tmp_path / "far.onnx", ["n", 3, 8, 8]))
    weights = onnx.TensorProto(name="w", dims=[1], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    weights.external_data.append(onnx.StringStringEntryProto(key="location", value="/etc/hostname"))
    model.graph.initializer.append(weights)
    model.graph.node[0].CopyFrom(helper.make_node("Mul", ["picture", "w"], ["vectors"]))
    (tmp_path / "far.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="is no ONNX file that onnxruntime can run"):
        OnnxVectors(tmp_path / "far.onnx")
