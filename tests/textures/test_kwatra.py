"""Texture optimisation: its energy falls, its pictures are sharp and take after the exemplar."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.observers import Unobserved
from impasto.patches import nearest, vote
from impasto.patches.agreement import vote_by_agreement
from impasto.patches.texture_energy import SOFTNESS, carry_field, robust_weights, texture_energy
from impasto.runs import limits
from impasto.runs.job import prepare
from impasto.samples.drawings import drawing
from impasto.textures.kwatra import Kwatra, KwatraConfig
from impasto.textures.stages import stages
from observers import Keep

# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.405, 0.398, 0.367, 0.326, 0.347, 0.365, 0.321, 0.256, 0.317, 0.369, 0.347, 0.314, 0.318, 0.330, 0.322, 0.334],
    [0.352, 0.364, 0.301, 0.303, 0.307, 0.346, 0.279, 0.244, 0.287, 0.333, 0.292, 0.290, 0.282, 0.290, 0.264, 0.300],
    [0.297, 0.336, 0.263, 0.283, 0.259, 0.322, 0.246, 0.237, 0.259, 0.304, 0.248, 0.269, 0.250, 0.259, 0.226, 0.273],
]


def texture(exemplar, observer=None, **values):
    return Kwatra(KwatraConfig(**values)).run({"exemplar": [exemplar]}, observer or Unobserved()).output


def noise(height, width, seed=0):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("search", ["fast", "exact"])
@pytest.mark.parametrize("tile", [False, True])
def test_the_energy_never_rises_within_a_patch_size(search, tile):
    watch = Keep()
    exemplar = drawing("pebbles", 72)
    values = {"size": "60x76", "search": search, "tile": tile, "steps": (6, 5), "levels": 2, "start": "random"}
    texture(exemplar, watch, **values)
    plan = stages((72, 72), (60, 76), (32, 16, 8), (6, 5), levels=2, tile=tile)
    assert len({stage.size for stage in plan}) == 2
    energies = [step.losses["energy"] for step in watch.steps]
    assert len(energies) == sum(stage.steps for stage in plan)
    first = 0
    for stage in plan:
        there = np.array(energies[first : first + stage.steps])
        assert (np.diff(there) <= 1e-6).all()
        assert there[-1] < there[0]
        first += stage.steps


@pytest.mark.parametrize("exponent", [0.8, 1.0, 2.0])
@pytest.mark.parametrize("wrap", [False, True])
def test_neither_half_of_a_step_raises_the_energy(exponent, wrap):
    """The energy is taken from the patches themselves, after the search and after the least squares."""
    keys, picture, patch = drawing("mosaic", 48), noise(40, 44), 8

    def energy(picture, field):
        match = nearest(picture, keys, patch, seed=0, rounds=0, stride=2, wrap=wrap, start=field)
        assert torch.equal(match.field, field)
        ys, xs = (range(0, side if wrap else side - patch + 1, 2) for side in picture.shape[1:])
        total = 0.0
        for i, y in enumerate(ys):
            for j, x in enumerate(xs):
                rows, columns = (torch.arange(patch) + y) % 40, (torch.arange(patch) + x) % 44
                top, left = field[i, j].tolist()
                there = keys[:, top : top + patch, left : left + patch]
                total += (float((picture[:, rows[:, None], columns] - there).square().mean()) + SOFTNESS) ** (
                    exponent / 2
                )
        found = texture_energy(match.distance, exponent)
        assert found == pytest.approx(total / (len(ys) * len(xs)), rel=1e-4)
        return found

    match = nearest(picture, keys, patch, seed=1, stride=2, wrap=wrap)
    energies = [energy(picture, match.field)]
    for step in range(3):
        weights = robust_weights(match.distance, exponent)
        picture = vote(match.field, keys, (40, 44), patch, stride=2, wrap=wrap, weights=weights)
        energies.append(energy(picture, match.field))
        match = nearest(picture, keys, patch, seed=2 + step, rounds=1, stride=2, wrap=wrap, start=match)
        energies.append(energy(picture, match.field))
    assert all(after <= before + 1e-6 for before, after in zip(energies, energies[1:], strict=False))


def test_the_weights_are_the_slope_of_the_energy():
    """d^(r - 2) is, but for the constant r / 2, the derivative of d^r by d^2."""
    distance = torch.tensor([0.0, 0.01, 0.3], dtype=torch.float64, requires_grad=True)
    ((distance + SOFTNESS).pow(0.4)).sum().backward()
    assert torch.allclose(0.4 * robust_weights(distance.detach(), 0.8), distance.grad)
    assert texture_energy(distance.detach(), 2.0) == pytest.approx(float(distance.detach().mean()) + SOFTNESS)


def plain_agreement(field, values, size, patch, weights, stride, wrap, sharpness):
    """The same vote in plain loops."""
    result = torch.zeros(len(values), *size)
    rows, columns = (
        list(range(0, side, stride)) if wrap else sorted({*range(0, side - patch + 1, stride), side - patch})
        for side in size
    )
    votes = {}
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            for dy in range(patch):
                for dx in range(patch):
                    here = votes.setdefault(((y + dy) % size[0], (x + dx) % size[1]), {})
                    source = (int(field[i, j, 0]) + dy, int(field[i, j, 1]) + dx)
                    here[source] = here.get(source, 0.0) + float(weights[i, j])
    for (y, x), here in votes.items():
        shares = {source: weight**sharpness for source, weight in here.items()}
        result[:, y, x] = sum(values[:, a, b] * share for (a, b), share in shares.items()) / sum(shares.values())
    return result


@settings(deadline=None, max_examples=12)
@given(st.integers(6, 15), st.integers(6, 15), st.integers(1, 3), st.booleans(), st.integers(0, 2**31))
def test_a_vote_by_agreement_is_that_of_plain_loops(height, width, stride, wrap, seed):
    random, patch = torch.Generator().manual_seed(seed), 5
    values = torch.rand(3, 9, 8, generator=random)
    shape = [len(range(0, s, stride)) if wrap else len({*range(0, s - 4, stride), s - 5}) for s in (height, width)]
    field = torch.stack([torch.randint(2, shape, generator=random) for _ in range(2)], dim=-1).int()
    weights = torch.rand(shape, generator=random) + 0.1
    found = vote_by_agreement(field, values, (height, width), patch, weights, stride=stride, wrap=wrap, sharpness=3.0)
    expected = plain_agreement(field, values, (height, width), patch, weights, stride, wrap, 3.0)
    assert torch.allclose(found, expected, atol=1e-5)


def test_a_carried_field_keeps_coherent_copies():
    """Where all patches are shifted alike, those in between and at twice the size are shifted alike as well."""
    rows, columns = torch.arange(0, 20, 4), torch.arange(0, 30, 4)
    field = torch.stack(torch.meshgrid(rows + 3, columns + 5, indexing="ij"), -1).int()
    finer = torch.arange(0, 38, 2), torch.arange(0, 58, 2)
    carried = carry_field(field, (rows, columns), finer, (2.0, 2.0))
    expected = torch.stack(torch.meshgrid(finer[0] + 6, finer[1] + 10, indexing="ij"), -1).int()
    assert torch.equal(carried, expected)


@pytest.mark.parametrize("exemplar", [(48, 48), (33, 61)])
@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize(
    ("size", "expected"), [("", None), ("40x33", (33, 40)), ("9x90", (90, 9)), ("1x1", (1, 1)), ("150%", None)]
)
def test_the_texture_has_the_size_that_is_asked_for(exemplar, tile, size, expected):
    if tile and size == "1x1":
        with pytest.raises(InputError, match="a tile of 1x1 pixels is smaller than a patch of 8"):
            texture(noise(*exemplar), size=size, tile=tile)
        return
    expected = expected or tuple(round(side * (1.5 if size else 1)) for side in exemplar)
    made = texture(noise(*exemplar), size=size, tile=tile, steps=(1,))
    assert made.shape == (3, *expected)
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


@settings(deadline=None, max_examples=200)
@given(
    st.tuples(st.integers(8, 600), st.integers(8, 600)),
    st.tuples(st.integers(8, 3000), st.integers(8, 3000)),
    st.integers(0, 8),
    st.booleans(),
)
def test_stages_go_from_coarse_to_fine_and_every_patch_fits(exemplar, size, levels, tile):
    plan = stages(exemplar, size, (32, 16, 8), (8, 4), levels=levels, tile=tile)
    assert plan[-1].exemplar == exemplar[::-1]
    if tile:
        assert plan[-1].size == size[::-1]
    assert [stage.size for stage in plan] == sorted((stage.size for stage in plan), key=sum)
    for stage in plan:
        assert 8 <= stage.patch <= min(*stage.exemplar, *stage.size)
        stage.positions(wrap=tile)


def seam(picture, dim):
    differences = (picture.roll(-1, dim) - picture).abs().mean((0, 3 - dim))
    return float(differences[-1] / differences[:-1].mean())


def test_a_tile_has_no_seam_and_any_other_texture_has_one():
    exemplar = drawing("pebbles", 96)
    tiles, plain = (
        [seam(texture(exemplar, size="96x96", tile=tile, seed=seed), dim) for seed in (0, 1) for dim in (1, 2)]
        for tile in (True, False)
    )
    assert sum(tiles) / len(tiles) < 1.4
    assert sum(plain) / len(plain) > 1.5 * sum(tiles) / len(tiles)


def test_a_texture_is_as_sharp_as_its_exemplar_and_a_mean_of_patches_is_not():
    exemplar = drawing("pebbles", 96)
    sharp, mean = (texture(exemplar, size="120x120", sharpness=sharpness) for sharpness in (4.0, 0.0))
    edges = [float(picture.diff(dim=2).square().mean()) for picture in (sharp, mean, exemplar)]
    assert edges[0] > 0.85 * edges[2]
    assert edges[1] < edges[0]


def test_the_texture_takes_after_the_exemplar_by_patches_that_it_did_not_optimise():
    """The mean distance to the nearest patch of 11 pixels, by scikit-learn, against those of other pictures."""
    from sklearn.neighbors import NearestNeighbors

    exemplar = drawing("leaves", 96)

    def patches(picture):
        return picture.unfold(1, 11, 3).unfold(2, 11, 3).permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1).numpy()

    index = NearestNeighbors(n_neighbors=1).fit(patches(exemplar))
    made, random = (
        float(index.kneighbors(patches(picture))[0].mean())
        for picture in (
            texture(exemplar, size="80x80"),
            texture(exemplar, size="80x80", start="random", steps=(1,), sharpness=0.0, levels=1),
        )
    )
    assert made < 0.9 * random


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads():
    exemplar = drawing("pebbles", 64)
    first, other = (texture(exemplar, size="90x70", seed=seed) for seed in (3, 4))
    torch.set_num_threads(2)
    assert torch.equal(first, texture(exemplar, size="90x70", seed=3))
    assert float((first - other).abs().mean()) > 0.02


def test_a_preview_is_a_picture_of_the_final_size():
    watch = Keep()
    texture(noise(64, 64), watch, size="90x30", levels=2, steps=(1,))
    assert {tuple(step.preview().shape) for step in watch.steps} == {(3, 30, 90)}


def test_an_exemplar_of_one_color_is_refused():
    with pytest.raises(InputError, match="exemplar: all its pixels are of one colour"):
        texture(torch.full((3, 40, 40), 0.3), size="70x50")


@pytest.mark.parametrize(
    ("values", "size", "words"),
    [
        ({}, (7, 60), "patches: the exemplar, 7x60 pixels, is smaller than a patch of 8; take a larger exemplar"),
        ({"tile": True, "size": "5x90"}, (40, 60), "size: a tile of 5x90 pixels is smaller than a patch of 8"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_the_run(values, size, words):
    with pytest.raises(InputError) as found:
        prepare(Kwatra(KwatraConfig(**values)), {"exemplar": [torch.rand(3, size[1], size[0])]})
    assert str(found.value) == words


def test_what_does_not_fit_into_memory_is_refused_with_the_size_that_would(monkeypatch):
    monkeypatch.setattr(limits, "available_memory", lambda: 2_000_000_000)
    with pytest.raises(InputError, match=r"needs about .* GB of memory, 2.0 GB are free; --size \d+x\d+ would fit"):
        prepare(Kwatra(KwatraConfig(size="10000x10000")), {"exemplar": [noise(64, 64)]})


def test_the_golden_picture_looks_as_it_did():
    """By the means of its blocks, which are the same on machines that round differently; other seeds are .1 away."""
    values = {"levels": 2, "patches": (16, 8), "steps": (4, 3), "exponent": 0.8, "sharpness": 2.0, "start": "quilt"}
    found = texture(drawing("pebbles", 64), size="64x64", seed=5, **values)
    means = torch.nn.functional.avg_pool2d(found[None], 16)[0].reshape(3, 16)
    assert torch.allclose(means, torch.tensor(GOLDEN_MEANS), atol=0.03), means.tolist()
