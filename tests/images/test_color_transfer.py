"""Colour transfer against closed forms, NumPy and POT."""

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2yiq
from skimage.exposure import match_histograms

from impasto.errors import InputError
from impasto.images import (
    luminance,
    match_histogram,
    match_luminance,
    rgb_to_oklab,
    rgb_to_yiq,
    take_luminance,
    transfer_linear,
    transfer_mean_std,
    with_chroma_of,
)

GENERATOR = torch.Generator().manual_seed(0)
MIX = torch.tensor([[0.5, 0.2, 0.1], [0.1, 0.4, 0.0], [0.2, 0.1, 0.3]])
IMAGE = torch.rand(3, 30, 40, generator=GENERATOR) * 0.5 + 0.2
REFERENCE = torch.einsum("ij,jhw->ihw", MIX, torch.rand(3, 25, 33, generator=GENERATOR)) + 0.1
MIXED = torch.einsum("ij,jhw->ihw", MIX.flip(1), torch.rand(3, 31, 22, generator=GENERATOR))
METHODS = ["cholesky", "pca", "image-analogies", "monge"]


def moments(image: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    pixels = image.flatten(1).double().numpy()
    return pixels.mean(1), np.cov(pixels, bias=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_map_gives_mean_and_covariance(method):
    out = transfer_linear(IMAGE, REFERENCE, method=method, clamp=False)
    assert out.shape == IMAGE.shape
    assert out.dtype == torch.float32
    for ours, wanted in zip(moments(out), moments(REFERENCE), strict=True):
        assert np.abs(ours - wanted).max() < 1e-6


def test_monge_is_the_optimal_transport_of_gaussians():
    (m_x, S_x), (m_y, S_y) = moments(IMAGE), moments(REFERENCE)
    A, b = ot.gaussian.bures_wasserstein_mapping(m_x, m_y, S_x, S_y)
    expected = IMAGE.flatten(1).double().numpy().T @ A + b
    out = transfer_linear(IMAGE, REFERENCE, method="monge", clamp=False)
    assert np.abs(out.flatten(1).numpy().T - expected).max() < 1e-5


def test_cholesky_and_image_analogies_are_their_formulas():
    from scipy.linalg import sqrtm

    (m_x, S_x), (m_y, S_y) = moments(IMAGE), moments(REFERENCE)
    centred = IMAGE.flatten(1).double().numpy() - m_x[:, None]
    A_cholesky = np.linalg.cholesky(S_y) @ np.linalg.inv(np.linalg.cholesky(S_x))
    A_image_analogies = sqrtm(S_y) @ np.linalg.inv(sqrtm(S_x))
    for method, A in (("cholesky", A_cholesky), ("image-analogies", A_image_analogies)):
        out = transfer_linear(IMAGE, REFERENCE, method=method, clamp=False).flatten(1).numpy()
        assert np.abs(out - (A @ centred + m_y[:, None])).max() < 1e-5


def test_pca_lays_each_principal_axis_onto_that_of_the_same_rank():
    """In scikit-learn's components and scores: those of the result are the picture's, stretched to the reference's."""
    from sklearn.decomposition import PCA

    pixels = [picture.flatten(1).double().numpy().T for picture in (MIXED, REFERENCE)]
    ours, theirs = (PCA(3).fit(values) for values in pixels)
    out = transfer_linear(MIXED, REFERENCE, method="pca", clamp=False).flatten(1).double().numpy().T
    facing = np.sign((ours.components_ * theirs.components_).sum(1))
    spreads = [axes.transform(values).std(0) for axes, values in zip((ours, theirs), pixels, strict=True)]
    stretched = ours.transform(pixels[0]) * facing / spreads[0] * spreads[1]
    assert np.abs(theirs.transform(out) - stretched).max() < 1e-5


def test_linear_maps_differ_where_colours_are_mixed():
    outs = [transfer_linear(MIXED, REFERENCE, method=method, clamp=False) for method in METHODS]
    for first in range(len(outs)):
        for second in range(first):
            assert float((outs[first] - outs[second]).abs().max()) > 1e-3


@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_mean_and_deviation_are_given_in_the_space(space):
    out = transfer_mean_std(IMAGE, REFERENCE, space=space, clamp=False)
    in_space = rgb_to_oklab if space == "oklab" else lambda image: image
    ours, wanted = in_space(out.double()).flatten(1), in_space(REFERENCE.double()).flatten(1)
    assert torch.allclose(ours.mean(1), wanted.mean(1), atol=1e-5)
    assert torch.allclose(ours.std(1), wanted.std(1), rtol=2e-3)


def test_histograms_are_exactly_those_of_the_reference():
    reference = torch.rand(3, 40, 30, generator=GENERATOR)
    out = match_histogram(IMAGE, reference)
    assert torch.equal(out.flatten(1).sort(1).values, reference.flatten(1).sort(1).values)
    order = IMAGE.flatten(1).argsort(1)
    assert (out.flatten(1).gather(1, order).diff(dim=1) >= 0).all(), "the order of values is kept"


def test_histograms_of_other_sizes_agree_with_scikit_image():
    out = match_histogram(IMAGE, REFERENCE)
    expected = match_histograms(IMAGE.double().numpy(), REFERENCE.double().numpy(), channel_axis=0)
    assert np.abs(out.numpy() - expected).max() < 0.02, "they interpolate"
    tiny = torch.tensor([0.1, 0.5, 0.9]).expand(3, 1, 3)
    out = match_histogram(IMAGE, tiny)
    values, counts = out[0].unique(return_counts=True)
    assert torch.equal(values, torch.tensor([0.1, 0.5, 0.9]))
    assert counts.tolist() == [400, 400, 400]


def test_ties_are_broken_in_scan_order():
    flat = torch.full((3, 2, 3), 0.5)
    reference = torch.rand(3, 3, 2, generator=GENERATOR)
    assert torch.equal(match_histogram(flat, reference).flatten(1), reference.flatten(1).sort(1).values)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([*METHODS, "rgb", "oklab", "histogram", "luminance"]),
    st.sampled_from(["black", "white", "grey", "red", "random", "grey picture"]),
    st.sampled_from(["black", "white", "grey", "red", "random", "grey picture"]),
)
def test_constant_and_grey_pictures_have_an_answer(method, first, second):
    pictures = {
        "black": torch.zeros(3, 6, 7),
        "white": torch.ones(3, 6, 7),
        "grey": torch.full((3, 6, 7), 0.3),
        "red": torch.tensor([1.0, 0, 0])[:, None, None].expand(3, 6, 7),
        "random": IMAGE,
        "grey picture": IMAGE[:1].expand(3, -1, -1),
    }
    image, reference = pictures[first], pictures[second]
    if method in METHODS:
        out = transfer_linear(image, reference, method=method)
    elif method in ("rgb", "oklab"):
        out = transfer_mean_std(image, reference, space=method)
    else:
        out = (match_histogram if method == "histogram" else match_luminance)(image, reference)
    assert out.shape == image.shape
    assert torch.isfinite(out).all()
    assert 0 <= out.min() <= out.max() <= 1
    if method in METHODS:
        assert torch.allclose(out.mean((1, 2)), reference.mean((1, 2)), atol=0.15), "near, but for clamping"


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_keeps_its_own_colours(method):
    for image in (IMAGE, IMAGE[:1].expand(3, -1, -1), torch.full((3, 5, 5), 0.4)):
        assert torch.allclose(transfer_linear(image, image, method=method), image, atol=1e-5)


def test_chroma_is_taken_from_the_content():
    out = with_chroma_of(IMAGE, REFERENCE[:, :, :30], clamp=False)
    assert torch.allclose(luminance(out), luminance(IMAGE), atol=1e-6)
    same = REFERENCE[:, :20, :30]
    out = with_chroma_of(IMAGE[:, :20, :30], same, clamp=False)
    assert torch.allclose(rgb_to_yiq(out)[1:], rgb_to_yiq(same)[1:], atol=1e-6)


def test_luminance_alone_is_grey():
    out = take_luminance(IMAGE)
    assert torch.equal(out[0], out[2])
    assert torch.allclose(out[:1], luminance(IMAGE))


def test_luminance_moments_are_the_contents():
    out = match_luminance(IMAGE, REFERENCE, clamp=False)
    ours, wanted = luminance(out.double()), luminance(REFERENCE.double())
    assert torch.allclose(ours.mean(), wanted.mean(), atol=1e-6)
    assert torch.allclose(ours.std(correction=0), wanted.std(correction=0), atol=1e-6)
    assert torch.allclose(rgb_to_yiq(out)[1:], rgb_to_yiq(IMAGE)[1:], atol=1e-5)


def test_the_luminance_histogram_is_exactly_the_contents():
    content = REFERENCE[:, :20, :30].reshape(3, 30, 20)
    style = IMAGE[:, :20, :30]
    out = match_luminance(style, content, method="histogram", clamp=False)
    ours, wanted = (rgb2yiq(picture.permute(1, 2, 0).double().numpy()) for picture in (out, content))
    assert np.abs(np.sort(ours[..., 0].ravel()) - np.sort(wanted[..., 0].ravel())).max() < 1e-6
    assert np.abs(ours[..., 1:] - rgb2yiq(style.permute(1, 2, 0).double().numpy())[..., 1:]).max() < 1e-6


def test_wrong_requests_are_refused():
    with pytest.raises(InputError, match="cholesky, pca, image-analogies, monge, got 'svd'"):
        transfer_linear(IMAGE, REFERENCE, method="svd")
    with pytest.raises(InputError, match='"moments" or "histogram"'):
        match_luminance(IMAGE, REFERENCE, method="rank")
    with pytest.raises(InputError, match="space must be"):
        transfer_mean_std(IMAGE, REFERENCE, space="lab")
    with pytest.raises(InputError, match="shape"):
        match_histogram(IMAGE[None], REFERENCE)
