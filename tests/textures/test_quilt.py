"""Quilts: made of the exemplar's blocks, of any size, without a seam if they tile, and in the likeness of a guide."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import InputError
from impasto.images import luminance, resize
from impasto.observers import Unobserved
from impasto.runs import limits
from impasto.runs.job import prepare
from impasto.samples.drawings import drawing
from impasto.textures.quilt import Quilt, QuiltConfig, blurred
from observers import Keep

# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.347, 0.41, 0.367, 0.37, 0.356, 0.362, 0.347, 0.335, 0.383, 0.371, 0.35, 0.343, 0.303, 0.423, 0.309, 0.371],
    [0.312, 0.365, 0.306, 0.348, 0.329, 0.345, 0.299, 0.299, 0.354, 0.339, 0.308, 0.32, 0.28, 0.409, 0.276, 0.31],
    [0.271, 0.329, 0.267, 0.323, 0.294, 0.326, 0.267, 0.263, 0.323, 0.311, 0.272, 0.293, 0.262, 0.392, 0.255, 0.258],
]


def quilt(exemplar, observer=None, guide=None, **values):
    inputs = {"exemplar": [exemplar]} | ({} if guide is None else {"guide": [guide]})
    return Quilt(QuiltConfig(**values)).run(inputs, observer or Unobserved()).output


def noise(height, width, seed=0):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("tile", [False, True])
def test_every_pixel_is_that_of_a_block_of_the_exemplar_that_covers_it(tile):
    exemplar, watch = noise(30, 40), Keep(states=True)
    made = quilt(exemplar, watch, size="50x45", block=12, overlap=3, tile=tile)
    sources = watch.states[-1]["sources"]
    config = QuiltConfig(block=12, overlap=3, tile=tile)
    (laid,) = Quilt(config)._passes((40, 30), (50, 45), guided=False)
    explained = torch.zeros(45, 50, dtype=torch.bool)
    for i, y in enumerate(laid.rows):
        for j, x in enumerate(laid.columns):
            top, left = sources[i, j].tolist()
            rows, columns = (torch.arange(12) + y) % 45, (torch.arange(12) + x) % 50
            same = (made[:, rows[:, None], columns[None]] == exemplar[:, top : top + 12, left : left + 12]).all(0)
            explained[rows[:, None], columns[None]] |= same
    assert bool(explained.all())
    assert int(sources.min()) >= 0


@pytest.mark.parametrize("exemplar", [(48, 48), (33, 61)])
@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize(
    ("size", "expected"), [("", None), ("40x33", (33, 40)), ("7x90", (90, 7)), ("1x1", (1, 1)), ("150%", None)]
)
def test_the_texture_has_the_size_that_is_asked_for(exemplar, tile, size, expected):
    if tile and size == "1x1":
        with pytest.raises(InputError, match="block must be at least"):
            quilt(noise(*exemplar), size=size, tile=tile)
        return
    expected = expected or tuple(round(side * (1.5 if size else 1)) for side in exemplar)
    assert quilt(noise(*exemplar), size=size, tile=tile).shape == (3, *expected)


def seam(picture, dim):
    """The mean difference across the border of a dimension, over the mean between neighbours inside."""
    differences = (picture.roll(-1, dim) - picture).abs().mean((0, 3 - dim))
    return float(differences[-1] / differences[:-1].mean())


@pytest.mark.parametrize("name", ["leaves", "pebbles"])
def test_a_tile_has_no_seam_and_any_other_quilt_has_one(name):
    exemplar = drawing(name, 96)
    tiles, plain = (
        [seam(quilt(exemplar, size="96x96", tile=tile, seed=seed), dim) for seed in (0, 1) for dim in (1, 2)]
        for tile in (True, False)
    )
    assert sum(tiles) / len(tiles) < 1.4
    assert sum(plain) / len(plain) > 1.4 * sum(tiles) / len(tiles)


def test_cuts_leave_less_of_a_seam_than_blocks_laid_at_random():
    exemplar = drawing("pebbles", 96)
    edges = [
        float(picture.diff(dim=1).square().mean() + picture.diff(dim=2).square().mean())
        for picture in (quilt(exemplar, size="128x128"), quilt(exemplar, size="128x128", tolerance=10.0), exemplar)
    ]
    assert edges[2] * 0.8 < edges[0] < edges[2] * 1.1
    assert edges[0] < edges[1]


def test_a_repeating_pattern_goes_on_without_a_fault():
    """Tolerance 0 and no cost of copying, as in the paper: stripes of 8 pixels must go on for ever."""
    stripes = ((torch.arange(64) // 4 % 2).float()).expand(3, 64, 64).contiguous()
    made = quilt(stripes, size="150x90", block=20, tolerance=0.0, copying=0.0)
    assert torch.equal(made, made[:, :1].expand(-1, 90, -1))
    assert torch.equal(made[:, :, 8:], made[:, :, :-8])


def test_copies_cost():
    """A stochastic exemplar: in the paper's way blocks copy on to its edge, and at a cost they do not."""

    def copied(copying: float) -> float:
        watch = Keep(states=True)
        quilt(noise(64, 64), watch, size="128x64", block=16, copying=copying, tolerance=0.0)
        sources = watch.states[-1]["sources"]
        (laid,) = Quilt(QuiltConfig(block=16))._passes((64, 64), (128, 64), guided=False)
        gaps = torch.tensor(laid.columns).diff()
        return float(
            ((sources[:, 1:, 1] - sources[:, :-1, 1] == gaps) & (sources[:, 1:, 0] == sources[:, :-1, 0]))
            .float()
            .mean()
        )

    assert copied(0.0) > 0.4
    assert copied(1.0) == 0


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads():
    exemplar = drawing("pebbles", 64)
    first, other = (quilt(exemplar, size="90x90", seed=seed) for seed in (3, 4))
    torch.set_num_threads(2)
    assert torch.equal(first, quilt(exemplar, size="90x90", seed=3))
    assert float((first - other).abs().mean()) > 0.02


def correlation(one, other):
    a, b = (blurred(luminance(picture), 4.0).flatten() for picture in (one, other))
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


def test_a_guided_texture_takes_after_the_guide_and_is_still_made_of_the_exemplar():
    exemplar = resize(drawing("pebbles", 96), (96, 96))
    y, x = torch.meshgrid(torch.arange(80), torch.arange(80), indexing="ij")
    guide = (((y - 40) ** 2 + (x - 40) ** 2) < 26**2).float().expand(3, -1, -1)
    guided, free = quilt(exemplar, guide=guide), quilt(exemplar, size="80x80")
    assert guided.shape == guide.shape
    assert correlation(guided, guide) > 0.6
    assert correlation(guided, guide) > correlation(free, guide) + 0.3
    colors = {tuple(color) for color in exemplar.flatten(1).T.tolist()}
    assert {tuple(color) for color in guided.flatten(1).T.tolist()} <= colors


def test_alpha_leads_from_likeness_to_coherence():
    exemplar, guide = drawing("pebbles", 80), drawing("swirls", 64)
    likeness, errors = [], []
    for alpha in (0.02, 0.5, 0.98):
        watch = Keep()
        likeness.append(correlation(quilt(exemplar, watch, guide, alpha=(alpha,), passes=1), guide))
        errors.append(sum(step.losses["overlap"] for step in watch.steps) / len(watch.steps))
    assert likeness == sorted(likeness, reverse=True)
    assert errors == sorted(errors, reverse=True)
    assert likeness[0] > 0.8 > 0.4 > likeness[2]


def test_a_blur_is_a_gaussian():
    point = torch.zeros(1, 41, 41)
    point[0, 20, 20] = 1
    spread = blurred(point, 3.0)
    places = torch.arange(41.0) - 20
    assert float(spread.sum()) == pytest.approx(1, abs=1e-5)
    assert float((spread.sum(1)[0] * places**2).sum()) == pytest.approx(9, rel=0.05)
    assert torch.allclose(blurred(torch.full((1, 3, 2), 0.4), 5.0), torch.tensor(0.4))


@pytest.mark.parametrize("size", [(40, 30), (60, 45)])
def test_a_guide_of_a_tile_goes_on_over_its_edges(size):
    """Moved round by a quarter, it asks for the same lightness, moved by a quarter; not so for a picture with edges."""
    random = torch.Generator().manual_seed(0)
    exemplar, guide = torch.rand(3, 32, 32, generator=random), torch.rand(3, 30, 40, generator=random)
    step = size[0] // 4

    def asked(guide: torch.Tensor, *, tile: bool) -> torch.Tensor:
        return Quilt(QuiltConfig(tile=tile, blur=3.0))._lightness(guide, exemplar, (size[1], size[0]))[0]

    for tile in (True, False):
        moved, first = asked(guide.roll(10, 2), tile=tile), asked(guide, tile=tile)
        assert torch.allclose(moved, first.roll(step, 2), atol=1e-3) == tile


@pytest.mark.parametrize("tile", [False, True])
def test_an_exemplar_of_nearly_one_color_gives_a_texture_of_it(tile):
    exemplar = torch.full((3, 32, 32), 0.3)
    exemplar[:, 4, 5] = 0.30001
    made = quilt(exemplar, guide=torch.full((3, 40, 40), 0.7), size="70x50", tile=tile)
    assert torch.allclose(made, torch.full((3, 50, 70), 0.3), atol=1e-4)


def test_an_exemplar_of_one_color_is_refused():
    with pytest.raises(InputError, match="exemplar: all its pixels are of one colour"):
        quilt(torch.full((3, 32, 32), 0.3), size="70x50")


@pytest.mark.parametrize(
    ("values", "size", "words"),
    [
        (
            {"block": 50},
            (40, 60),
            "block: the exemplar, 40x60 pixels, is smaller than a block of 50; take a smaller block",
        ),
        ({}, (5, 60), "block: the exemplar, 5x60 pixels, is smaller than a block of 6"),
        ({"block": 3}, (40, 60), "block must be at least 6 pixels, got 3"),
        ({"block": 20, "overlap": 11}, (40, 60), "overlap must be at most half a block, 10 pixels, got 11"),
        (
            {"block": 30, "tile": True, "size": "20x90"},
            (40, 60),
            "size: a tile of 20x90 pixels is smaller than a block of 30",
        ),
        ({"alpha": (2.0,)}, (40, 60), "alpha must be between 0 and 1, got 2.0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_the_run(values, size, words):
    picture = torch.rand(3, size[1], size[0])
    with pytest.raises(InputError) as found:
        prepare(Quilt(QuiltConfig(**values)), {"exemplar": [picture]})
    assert str(found.value).startswith(words)
    assert "\n" not in str(found.value)


def test_a_guide_that_cannot_be_read_is_refused(tmp_path):
    broken = tmp_path / "guide.png"
    broken.write_bytes(b"no picture")
    for path, words in ((tmp_path / "none.png", "no such file"), (broken, "guide.png")):
        with pytest.raises(InputError, match=words):
            prepare(Quilt(QuiltConfig()), {"exemplar": [noise(40, 40)], "guide": [path]})


def test_a_guide_gives_the_size():
    job = prepare(Quilt(QuiltConfig()), {"exemplar": [noise(40, 40)], "guide": [noise(30, 50)]})
    assert job.forecast.size == (50, 30)
    assert job.method.run(job.inputs(), Unobserved()).output.shape == (3, 30, 50)


def test_what_does_not_fit_into_memory_is_refused_with_the_size_that_would(monkeypatch):
    monkeypatch.setattr(limits, "available_memory", lambda: 2_000_000_000)
    with pytest.raises(InputError, match=r"needs about .* GB of memory, 2.0 GB are free; --size \d+x\d+ would fit"):
        prepare(Quilt(QuiltConfig(size="10000x10000")), {"exemplar": [noise(64, 64)]})


def test_the_golden_picture_looks_as_it_did():
    """By the means of its blocks, which are the same on machines that round differently; other seeds are .1 away."""
    found = quilt(drawing("pebbles", 64), size="64x64", block=16, overlap=4, tolerance=0.1, copying=0.05, seed=5)
    means = torch.nn.functional.avg_pool2d(found[None], 16)[0].reshape(3, 16)
    assert torch.allclose(means, torch.tensor(GOLDEN_MEANS), atol=0.02), means.tolist()
