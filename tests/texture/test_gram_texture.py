"""Textures by statistics of network features: their sizes, seams and seeds, and that they take after the exemplar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import ot
import pytest
import torch

from impasto.images import resize
from impasto.observers import Unobserved
from impasto.texture.gram import GramTexture, GramTextureConfig

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


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


def seam(picture: torch.Tensor) -> list[float]:
    """For rows and columns: the mean difference across the border, over that between neighbours inside."""
    ratios = []
    for dim in (1, 2):
        differences = (picture.roll(-1, dim) - picture).abs().mean((0, 3 - dim))
        ratios.append(float(differences[-1] / differences[4:-5].mean()))
    return ratios


@pytest.mark.parametrize("canvas", ["laplacian", "pixels", "fourier"])
def test_a_tile_has_no_seam_and_any_other_texture_has_one(canvas):
    """Means over seeds: one row of a random texture differs from the next by chance."""

    def mean_seam(tile: bool) -> float:
        made = [
            texture(spots(72), size="48x48", canvas=canvas, tile=tile, iterations=(40,), enlarge=2.0, seed=seed)
            for seed in range(3)
        ]
        return float(np.mean([seam(picture) for picture in made]))

    tiled, plain = mean_seam(True), mean_seam(False)
    assert tiled < 1.25
    assert plain > 1.6
    assert plain > 1.5 * tiled


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture():
    exemplar = spots(48)
    made = [texture(exemplar, seed=seed, patch_weight=100.0, iterations=(6,)) for seed in (3, 3, 4)]
    assert torch.equal(made[0], made[1])
    assert float((made[0] - made[2]).abs().mean()) > 0.02


def test_the_golden_picture_looks_as_it_did():
    """Means of 16 x 16 pixels (rows of red, green, blue): they say the same on machines that round differently."""
    found = texture(checkerboard(64, 64), **GOLDEN)
    means = torch.nn.functional.avg_pool2d(found[None], 16)[0].reshape(3, 16)
    assert torch.allclose(means, torch.tensor(EXPECTED), atol=0.03)


EXPECTED = [[0.0] * 16] * 3


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


@pytest.mark.parametrize("exemplar", [stripes(64, 64), checkerboard(64, 64)], ids=["stripes", "checkerboard"])
def test_a_texture_takes_after_its_exemplar_by_measures_that_it_did_not_optimise(exemplar):
    """Its power spectrum and its colours, against those of the noise it began from, and of another exemplar."""
    begun = {"size": "72x72", "seed": 1}
    noise = texture(exemplar, iterations=(1,), scales=1, learning_rate=1e-9, **begun)
    made = texture(exemplar, iterations=(60, 40), **begun)
    other = spots(64)

    def spectral(picture: torch.Tensor, goal: torch.Tensor) -> float:
        return float(np.abs(spectrum(picture) - spectrum(goal)).sum())

    assert spectral(made, exemplar) < 0.6 * spectral(noise, exemplar)
    assert spectral(made, exemplar) < 0.6 * spectral(made, other)
    assert color_distance(made, exemplar) < 0.6 * color_distance(noise, exemplar)
    assert color_distance(made, exemplar) < 0.6 * color_distance(made, other)
