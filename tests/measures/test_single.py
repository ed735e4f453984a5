"""`measure single`: distances and diversities against closed forms, what is copied, and networks from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

import impasto
from impasto.errors import InputError
from impasto.features import load_network
from impasto.metrics.single_image import feature_diversity, single_image_frechet
from impasto.samples.drawings import drawing


@pytest.fixture(scope="module")
def weave() -> torch.Tensor:
    return drawing("weave", 64)


def measured(pictures, image, **values: object):
    found = impasto.run("measure single", {"picture": pictures, "image": image}, **values)
    table, summary = found.tables
    return table.rows, {row["measure"]: row["value"] for row in summary.rows}


def test_the_distance_is_frechets_of_vectors_at_all_places():
    """Against SciPy's square root of the product of the covariances."""
    random = torch.Generator().manual_seed(0)
    first, second = torch.rand(5, 9, 8, generator=random), torch.rand(5, 7, 6, generator=random) ** 2
    rows = [features.flatten(1).T.double().numpy() for features in (first, second)]
    means, covariances = [each.mean(0) for each in rows], [np.cov(each, rowvar=False) for each in rows]
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = ((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert single_image_frechet(first, second) == pytest.approx(expected, rel=1e-6)
    assert single_image_frechet(first + 0.5, first) == pytest.approx(5 * 0.25, rel=1e-6)
    assert single_image_frechet(first.flip(1), first) == pytest.approx(0, abs=1e-6)  # wherever they are


def test_diversity_is_the_mean_of_all_pairs():
    random = torch.Generator().manual_seed(1)
    maps = [torch.randn(6, 4, 5, generator=random) for _ in range(4)]
    pairs = [(maps[a], maps[b]) for a in range(4) for b in range(a)]
    expected = np.mean([1 - float(torch.cosine_similarity(a, b, dim=0).mean()) for a, b in pairs])
    assert feature_diversity(maps) == pytest.approx(expected, rel=1e-5)
    assert feature_diversity([maps[0], maps[0], 2 * maps[0]]) == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError, match="two pictures, got 1"):
        feature_diversity(maps[:1])


def test_the_picture_itself_is_at_no_distance_and_all_copied_and_noise_is_not(weave):
    noise = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    rows, summary = measured([weave, weave], weave)
    assert rows[0]["frechet"] == pytest.approx(0, abs=1e-3)
    assert rows[0]["patches"] == pytest.approx(0, abs=1e-6)
    assert rows[0]["copied"] == 1
    assert summary["diversity"] == summary["feature diversity"] == 0
    other, _ = measured([noise], weave)
    assert other[0]["frechet"] > 10 * abs(rows[0]["frechet"])
    assert other[0]["copied"] < 0.2


def test_pictures_of_several_sizes_have_distances_and_no_diversity(weave):
    rows, summary = measured([weave[:, :40], weave[:, :, :50]], weave)
    assert len(rows) == 2
    assert list(summary) == ["frechet", "patches", "copied"]
    assert summary["frechet"] == pytest.approx((rows[0]["frechet"] + rows[1]["frechet"]) / 2, abs=1e-5)


def test_it_is_the_layers_features_that_are_compared(weave):
    made = weave.flip(0)
    features = [load_network()(it[None], ["e3"])["e3"][0] for it in (made, weave)]
    rows, _ = measured([made], weave)
    assert rows[0]["frechet"] == pytest.approx(single_image_frechet(*features), rel=1e-3)
    deeper, _ = measured([made], weave, layer="d0")
    assert deeper[0]["frechet"] != rows[0]["frechet"]


def test_a_network_in_a_file_gives_a_vector_for_each_place(weave, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    shape = ["n", 3, "h", "w"]

    def write(node, rank: int) -> str:
        ends = [helper.make_tensor_value_info(name, kind, of) for name, of in (("x", shape), ("y", [None] * rank))]
        graph = helper.make_graph([node], "g", ends[:1], ends[1:])
        path = tmp_path / f"{node.op_type}.onnx"
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, path)
        return str(path)

    halves = write(helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2]), 4)
    made = weave * 0.5
    found = impasto.run("measure single", {"picture": [made], "image": weave, "onnx": halves})
    pooled = [torch.nn.functional.avg_pool2d(it, 2) for it in (made, weave)]
    assert found.tables[0].rows[0]["frechet"] == pytest.approx(single_image_frechet(*pooled), abs=1e-5)
    flat = write(helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0), 2)
    with pytest.raises(InputError, match="features of each place are wanted"):
        impasto.run("measure single", {"picture": [made], "image": weave, "onnx": flat})
