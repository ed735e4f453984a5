"""Textures by statistics of network features: their sizes, seams and seeds, and that they take after the exemplar."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch

from impasto.images import resize
from impasto.observers import Unobserved
from impasto.textures.gram import GramTexture, GramTextureConfig

# A part of the network at one size, and no patches: a step takes milliseconds, and the path is the same.
QUICK = {"layers": ("stem", "e1", "d1"), "enlarge": 1.0, "patch_weight": 0.0, "iterations": (12,)}
# Everything that decides the pixels, so that other defaults leave the golden picture as it is.
GOLDEN = {
    "network": "efficientnet-lite0",
    "network_weights": "auto",
    "layers": ("stem", "e1", "d1"),
    "statistics": "gram",
    "gram_form": "relative",
    "canvas": "laplacian",
    "optimizer": "adam",
    "learning_rate": 0.02,
    "decay": False,
    "scales": 2,
    "iterations": (15, 10),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "noise": 0.2,
    "size": "64x64",
    "seed": 5,
}
# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.562, 0.609, 0.644, 0.707, 0.571, 0.565, 0.484, 0.596, 0.564, 0.600, 0.518, 0.568, 0.433, 0.562, 0.569, 0.586],
    [0.482, 0.533, 0.571, 0.638, 0.493, 0.487, 0.399, 0.520, 0.483, 0.524, 0.436, 0.489, 0.345, 0.483, 0.491, 0.508],
    [0.439, 0.476, 0.505, 0.553, 0.445, 0.442, 0.376, 0.465, 0.439, 0.469, 0.403, 0.443, 0.335, 0.439, 0.445, 0.457],
]


def texture(exemplar: torch.Tensor, **values: object) -> torch.Tensor:
    return GramTexture(GramTextureConfig(**{**QUICK, **values})).run({"exemplar": [exemplar]}, Unobserved()).output


def stripes(height: int, width: int, period: float = 8.0) -> torch.Tensor:
    """Smooth slanting stripes of orange and blue, (3, H, W)."""
    y, x = np.mgrid[:height, :width]
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (x + 0.5 * y) / period)
    return _between((0.9, 0.5, 0.15), (0.1, 0.25, 0.6), wave)


def checkerboard(height: int, width: int, side: int = 6) -> torch.Tensor:
    y, x = np.mgrid[:height, :width]
    return _between((0.95, 0.9, 0.75), (0.2, 0.1, 0.15), ((x // side + y // side) % 2).astype(float))


def spots(side: int, seed: int = 0) -> torch.Tensor:
    """Irregular spots without a direction, (3, H, W)."""
    coarse = torch.rand(1, 1, side // 4, side // 4, generator=torch.Generator().manual_seed(seed))
    smooth = resize(coarse.expand(-1, 3, -1, -1), (side, side))[0, 0].double().numpy()
    return _between((0.2, 0.3, 0.7), (0.8, 0.6, 0.2), 0.5 + 0.5 * np.tanh(8 * (smooth - smooth.mean())))


def _between(one: tuple[float, ...], other: tuple[float, ...], share: np.ndarray) -> torch.Tensor:
    planes = [a * share + b * (1 - share) for a, b in zip(one, other, strict=True)]
    return torch.from_numpy(np.stack(planes)).float()


@pytest.mark.parametrize("exemplar", [(48, 48), (33, 61)])
@pytest.mark.parametrize(
    ("size", "expected"), [("", None), ("40x33", (33, 40)), ("65x71", (71, 65)), ("64", None), ("150%", None)]
)
def test_the_texture_has_the_size_that_is_asked_for(exemplar, size, expected):
    height, width = exemplar
    if not size:
        expected = exemplar
    elif size == "150%":
        expected = (round(height * 1.5), round(width * 1.5))
    elif size == "64":
        expected = (64, 64) if height == width else (round(64 * 33 / 61), 64)
    found = texture(stripes(*exemplar), size=size, iterations=(1,))
    assert found.shape == (3, *expected)
    assert 0 <= float(found.min()) <= float(found.max()) <= 1


@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize("size", ["37x51", "16x16", "100x17"])
def test_odd_and_small_sizes_work_with_every_scale(tile, size):
    found = texture(spots(40), size=size, tile=tile, iterations=(2,), patch_weight=100.0)
    assert found.shape[1:] == tuple(int(side) for side in reversed(size.split("x")))


def seam(picture: torch.Tensor, dim: int) -> float:
    """The mean difference across the border of a dimension, over that between neighbours inside.

    Inside at every fourth place, counted from the border: the strides of a network leave a faint grid of that width.
    """
    differences = (picture.roll(-1, dim) - picture).abs().mean((0, 3 - dim))
    return float(differences[-1] / differences[3:-1:4].mean())


@pytest.mark.parametrize(("canvas", "enlarge"), [("laplacian", 2.0), ("pixels", 1.0), ("fourier", 1.0)])
def test_a_tile_has_no_seam_and_any_other_texture_has_one(canvas, enlarge):
    """Long borders, and means over seeds: one row of a random texture differs from the next by chance."""
    more = {"canvas": canvas, "enlarge": enlarge, "iterations": (30,), "learning_rate": 0.04}

    def mean_seam(tile: bool) -> float:
        places = [(seed, *place) for seed in range(2 if enlarge > 1 else 1) for place in (("128x32", 1), ("32x128", 2))]
        return float(
            np.mean(
                [seam(texture(spots(72), size=size, tile=tile, seed=seed, **more), dim) for seed, size, dim in places]
            )
        )

    tiled, plain = mean_seam(True), mean_seam(False)
    assert 0.8 < tiled < 1.2
    assert plain > 1.35


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture():
    exemplar = spots(48)
    made = [texture(exemplar, seed=seed, patch_weight=100.0, iterations=(6,), scales=2) for seed in (3, 3, 4)]
    assert torch.equal(made[0], made[1])
    assert float((made[0] - made[2]).abs().mean()) > 0.02


def test_the_golden_picture_looks_as_it_did():
    """By the means of its blocks, which are the same on machines that round differently; other seeds are .1 away."""
    found = texture(checkerboard(64, 64), **GOLDEN)
    means = torch.nn.functional.avg_pool2d(found[None], 16)[0].reshape(3, 16)
    assert torch.allclose(means, torch.tensor(GOLDEN_MEANS), atol=0.03)


def spectrum(picture: torch.Tensor) -> np.ndarray:
    """Which share of the variance of the luminance each frequency has, averaged over small windows."""
    grey = picture.double().mean(0).numpy()
    side = 24
    powers = []
    for top in range(0, grey.shape[0] - side + 1, side // 2):
        for left in range(0, grey.shape[1] - side + 1, side // 2):
            window = grey[top : top + side, left : left + side]
            powers.append(np.abs(np.fft.fft2(window - window.mean())) ** 2)
    mean = np.mean(powers, 0)
    return mean / mean.sum()


def color_distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """The exact 2-Wasserstein distance between the colours of two pictures, by POT, of 300 pixels each."""
    random = np.random.default_rng(0)
    first, second = (random.permutation(it.double().flatten(1).T.numpy())[:300] for it in (one, other))
    return float(ot.emd2([], [], ot.dist(first, second))) ** 0.5


@pytest.mark.parametrize(
    ("exemplar", "share"), [(stripes(64, 64), 0.5), (checkerboard(64, 64), 0.9)], ids=["stripes", "checkerboard"]
)
def test_a_texture_takes_after_its_exemplar_by_measures_that_it_did_not_optimise(exemplar, share):
    """By its power spectrum and its colours, it is nearer than the noise that it began from."""
    more = {"layers": ("stem", "e1", "d1", "e2", "d2"), "patch_weight": 1000.0, "projections": 12, "size": "72x72"}
    noise = texture(exemplar, iterations=(1,), scales=1, learning_rate=1e-9, **more)
    made = texture(exemplar, iterations=(40, 25), learning_rate=0.03, **more)
    spectra = [np.abs(spectrum(picture) - spectrum(exemplar)).sum() for picture in (made, noise)]
    assert spectra[0] < share * spectra[1]
    assert color_distance(made, exemplar) < 0.7 * color_distance(noise, exemplar)
    assert color_distance(made, exemplar) < 0.7 * color_distance(made, spots(64))
