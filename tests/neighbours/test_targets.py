"""Features put together from those of exemplars, on layers small enough to do by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import block_reduce

from impasto.neighbours.targets import HypercolumnTarget, LayerTarget, drawn, hypercolumns

WEIGHTS = {"fine": 1.0, "coarse": 2.0}


def layers(height: int, width: int, seed: int) -> dict[str, torch.Tensor]:
    """Two layers, of one and of half the size."""
    random = torch.Generator().manual_seed(seed)
    return {
        "fine": torch.rand(1, 3, height, width, generator=random),
        "coarse": torch.rand(1, 4, height // 2, width // 2, generator=random),
    }


def flat(height: int, width: int, seed: int) -> dict[str, torch.Tensor]:
    """The same with both of one size, so that nothing has to be resized."""
    random = torch.Generator().manual_seed(seed)
    return {name: torch.rand(1, 2 + i, height, width, generator=random) for i, name in enumerate(WEIGHTS)}


def target(exemplars, grid, most=10_000) -> HypercolumnTarget:
    return HypercolumnTarget(WEIGHTS, exemplars, grid, most, torch.Generator().manual_seed(0))


def test_a_large_layer_is_averaged_and_a_small_one_interpolated():
    found = hypercolumns(layers(8, 12, 0), (4, 6))
    means = block_reduce(layers(8, 12, 0)["fine"][0].numpy(), (1, 2, 2), np.mean)
    assert np.abs(found["fine"][0].numpy() - means).max() < 1e-6
    ramp = torch.arange(4.0).expand(1, 1, 4, 4)
    assert torch.allclose(hypercolumns({"a": ramp}, (8, 8))["a"][0, 0, 3, 1:7], torch.arange(0.25, 3.0, 0.5))


def test_a_shuffled_exemplar_finds_where_each_place_was():
    exemplar = flat(5, 6, 1)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(4))
    shuffled = {name: it.flatten(2)[..., order].view(it.shape) for name, it in exemplar.items()}
    wanted = target([(exemplar, (5, 6), 1.0)], (5, 6))
    wanted.seek(shuffled)
    assert torch.equal(wanted.neighbours, order)
    assert float(wanted.distance(shuffled)) < 1e-10
    assert float(wanted.distance(exemplar)) > 0.1


def test_neighbours_and_distance_by_hand():
    exemplar, other, picture = flat(4, 5, 1), flat(3, 4, 2), flat(5, 4, 3)
    wanted = target([(exemplar, (4, 5), 0.5), (other, (3, 4), 0.5)], (5, 4))
    wanted.seek(picture)

    def rows(features: dict[str, torch.Tensor], name: str) -> np.ndarray:
        return features[name][0].flatten(1).T.double().numpy()

    def joined(per_layer: dict[str, np.ndarray]) -> np.ndarray:
        parts = []
        for name, weight in WEIGHTS.items():
            centred = per_layer[name] - per_layer[name].mean(0)
            parts.append(weight * centred / np.sqrt((centred**2).sum(1).mean()))
        return np.concatenate(parts, axis=1)

    keys = {name: np.concatenate([rows(exemplar, name), rows(other, name)]) for name in WEIGHTS}
    all_keys, queries = joined(keys), joined({name: rows(picture, name) for name in WEIGHTS})
    expected = []
    for query in queries:
        cosines = [query @ key / (np.linalg.norm(query) * np.linalg.norm(key)) for key in all_keys]
        expected.append(int(np.argmax(cosines)))
    assert wanted.neighbours.tolist() == expected
    distance = sum(
        weight * ((rows(picture, name) - keys[name][expected]) ** 2).sum(1).mean() / (keys[name] ** 2).sum(1).mean()
        for name, weight in WEIGHTS.items()
    ) / sum(WEIGHTS.values())
    assert float(wanted.distance(picture)) == pytest.approx(distance, rel=1e-4)


def test_each_layer_finds_neighbours_of_its_own():
    """Where the layers were shuffled each in its own way, only split can both be met."""
    exemplar = flat(6, 6, 1)
    picture = {name: _shuffled(it, seed) for seed, (name, it) in enumerate(exemplar.items())}
    split = LayerTarget(WEIGHTS, [(exemplar, 1.0)], picture, most=200)
    assert float(split.distance(picture, torch.Generator().manual_seed(0), seek=True)) < 1e-10
    together = target([(exemplar, (6, 6), 1.0)], (6, 6))
    together.seek(picture)
    assert float(together.distance(picture)) > 0.01


def _shuffled(layer: torch.Tensor, seed: int) -> torch.Tensor:
    order = torch.randperm(layer[0, 0].numel(), generator=torch.Generator().manual_seed(seed))
    return layer.flatten(2)[..., order].view(layer.shape)


def test_the_neighbours_that_were_found_are_held_until_they_are_sought_again():
    exemplar, picture, changed = layers(8, 8, 1), layers(8, 8, 2), layers(8, 8, 3)
    split = LayerTarget(WEIGHTS, [(exemplar, 1.0)], picture, most=10)
    split.distance(picture, torch.Generator().manual_seed(5), seek=True)
    before = {name: it.clone() for name, it in split.neighbours.items()}
    held = split.distance(changed, torch.Generator().manual_seed(5), seek=False)
    assert all(torch.equal(before[name], it) for name, it in split.neighbours.items())
    assert float(split.distance(changed, torch.Generator().manual_seed(5), seek=True)) < float(held)
    assert {len(it) for it in split.keep().values()} == {10}


@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4), most=st.integers(4, 60))
def test_what_is_drawn_is_each_table_s_share_and_nothing_twice(sizes, most):
    share = 1 / len(sizes)
    found = drawn(sizes, [share] * len(sizes), most, torch.Generator().manual_seed(0)).tolist()
    assert len(set(found)) == len(found)
    first = 0
    for size in sizes:
        assert sum(first <= it < first + size for it in found) == min(size, round(most * share))
        first += size


def test_masked_distances_are_those_of_the_places_inside():
    exemplar, picture = flat(6, 8, 1), flat(6, 8, 2)
    mask = torch.zeros(1, 1, 12, 16)
    mask[..., :8] = 1.0
    wanted = target([(exemplar, (6, 8), 1.0)], (6, 8))
    wanted.seek(picture)
    left, right = wanted.distance(picture, mask), wanted.distance(picture, 1 - mask)
    assert float(left + right) == pytest.approx(float(wanted.distance(picture)), rel=1e-5)
    changed = {name: it.clone() for name, it in picture.items()}
    for it in changed.values():
        it[..., 4:] += 1.0
    assert float(wanted.distance(changed, mask)) == pytest.approx(float(left), rel=1e-6)
    assert float(wanted.distance(changed, 1 - mask)) > 1.1 * float(right)
    split = LayerTarget(WEIGHTS, [(exemplar, 1.0)], picture, most=200)
    everywhere, half, rest = (
        float(split.distance(picture, torch.Generator().manual_seed(0), seek=True, mask=each))
        for each in (None, mask, 1 - mask)
    )
    assert half + rest == pytest.approx(everywhere, rel=1e-5)
    assert 0 < half < everywhere
