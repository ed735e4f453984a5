"""Give one picture the colours of another: by moments, by a linear map, by histogram, or by its chroma alone.

All take sRGB pictures (3, H, W) in [0, 1], whose sizes may differ, and give float32 ones of the first picture's
size, clamped to [0, 1] unless `clamp=False`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import torch

from impasto.errors import InputError
from impasto.images.color import luminance, rgb_to_yiq, yiq_to_rgb
from impasto.images.perceptual_color import oklab_to_rgb, rgb_to_oklab
from impasto.images.resize import resize

if TYPE_CHECKING:
    from torch import Tensor

LinearMethod = Literal["cholesky", "pca", "image-analogies", "monge"]

LEAST_VARIANCE = (1 / 255) ** 2 / 12
"""Variance of the rounding to 8 bits: what varies less is noise, and is not stretched further than from here."""


def transfer_mean_std(
    image: Tensor, reference: Tensor, *, space: Literal["oklab", "rgb"] = "oklab", clamp: bool = True
) -> Tensor:
    """Give each channel the mean and standard deviation it has in the reference (Reinhard et al. 2001).

    space: where the channels are taken, "oklab" (their l-alpha-beta's successor) or "rgb".
    """
    if space not in ("oklab", "rgb"):
        raise InputError(f'space must be "oklab" or "rgb", got {space!r}')
    x, y = _pixels(image), _pixels(reference)
    if space == "oklab":
        x, y = rgb_to_oklab(x[..., None])[..., 0], rgb_to_oklab(y[..., None])[..., 0]
    out = _match_moments(x, y)
    if space == "oklab":
        out = oklab_to_rgb(out[..., None])[..., 0]
    return _finish(out, image, clamp)


def transfer_linear(
    image: Tensor, reference: Tensor, *, method: LinearMethod = "image-analogies", clamp: bool = True
) -> Tensor:
    """Map RGB by x' = A x + b so that mean and covariance are the reference's: A S_x A^T = S_y, b = m_y - A m_x.

    method, with S = L L^T and S = U D U^T, variances in order:
        "cholesky", A = L_y L_x^-1; and "image-analogies", A = S_y^1/2 S_x^-1/2 with symmetric roots (Hertzmann et al.
        2001): both in Gatys et al. 2016, "Preserving color in neural artistic style transfer", whose published code
        calls the second "pca";
        "pca", A = U_y D_y^1/2 D_x^-1/2 U_x^T, principal axis onto principal axis (Abadpour & Kasaei 2007), each
        turned so that the angle between the two is at most a right one;
        "monge", the A that moves colours least, A = S_x^-1/2 (S_x^1/2 S_y S_x^1/2)^1/2 S_x^-1/2 (Pitie & Kokaram
        2007).

    A covariance's eigenvalues are raised to `LEAST_VARIANCE`, so constant and grey pictures have a map too.
    """
    x, y = _pixels(image), _pixels(reference)
    mean_x, mean_y = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
    S_x, S_y = _covariance(x - mean_x), _covariance(y - mean_y)
    if method == "cholesky":
        L_x, L_y = torch.linalg.cholesky(S_x), torch.linalg.cholesky(S_y)
        A = torch.linalg.solve_triangular(L_x, L_y, upper=False, left=False)
    elif method == "image-analogies":
        A = _power(S_y, 0.5) @ _power(S_x, -0.5)
    elif method == "pca":
        (D_x, U_x), (D_y, U_y) = torch.linalg.eigh(S_x), torch.linalg.eigh(S_y)
        facing = torch.where((U_x * U_y).sum(0) < 0, -1.0, 1.0)
        A = U_y @ torch.diag(facing * (D_y / D_x).sqrt()) @ U_x.T
    elif method == "monge":
        root, inverse_root = _power(S_x, 0.5), _power(S_x, -0.5)
        A = inverse_root @ _power(root @ S_y @ root, 0.5) @ inverse_root
    else:
        raise InputError(f"method must be one of {', '.join(get_args(LinearMethod))}, got {method!r}")
    return _finish(A @ (x - mean_x) + mean_y, image, clamp)


def match_histogram(image: Tensor, reference: Tensor) -> Tensor:
    """Give each RGB channel exactly the histogram of the reference's channel, by sorting.

    The pixel of rank i among n gets the reference's value of rank floor((i + 1/2) m / n) among m: with equal
    sizes the values are a permutation of the reference's. Equal values rank in scan order, so the result is
    the same on every run. No value appears that the reference has not, so there is nothing to clamp.
    """
    return _finish(_match_ranks(_pixels(image), _pixels(reference)), image, clamp=False)


def match_luminance(
    style: Tensor, content: Tensor, *, method: Literal["moments", "histogram"] = "moments", clamp: bool = True
) -> Tensor:
    """Give the style's Y the brightness of the content's; I and Q stay (Hertzmann et al. 2001, section 3.4).

    method: "moments", mean and standard deviation, Y' = (s_c / s_s) (Y - m_s) + m_c; "histogram", all of Y's
        histogram, as `match_histogram`.

    For luminance-only transfer make grey first, where nothing is lost to clamping:
    `match_luminance(take_luminance(style), content)`.
    """
    if method not in ("moments", "histogram"):
        raise InputError(f'method must be "moments" or "histogram", got {method!r}')
    y, i, q = rgb_to_yiq(_pixels(style)[..., None]).unbind(-3)
    ours, theirs = y[None, :, 0], luminance(_pixels(content)[..., None])[..., 0]
    matched = _match_moments(ours, theirs) if method == "moments" else _match_ranks(ours, theirs)
    out = yiq_to_rgb(torch.stack([matched[0, :, None], i, q], dim=-3))
    return _finish(out[..., 0], style, clamp)


def take_luminance(image: Tensor) -> Tensor:
    """A grey picture (3, H, W) of Y alone."""
    _check(image)
    return luminance(image.float()).expand(3, -1, -1).contiguous()


def with_chroma_of(image: Tensor, content: Tensor, *, clamp: bool = True) -> Tensor:
    """Y of one picture with I and Q of another (Gatys et al. 2016, luminance-only transfer).

    A content of another size is resized to the image's.
    """
    _check(image)
    _check(content)
    height, width = image.shape[-2:]
    chroma = rgb_to_yiq(resize(content.float(), (width, height), filter="bilinear"))[1:]
    out = yiq_to_rgb(torch.cat([luminance(image.float()), chroma.to(image.device)]))
    return out.clamp(0, 1) if clamp else out


def _check(image: Tensor) -> None:
    if image.ndim != 3 or image.shape[0] != 3 or image.numel() == 0:
        raise InputError(f"colour transfer takes pictures (3, height, width), got shape {tuple(image.shape)}")


def _pixels(image: Tensor) -> Tensor:
    """The colours of a picture as columns, (3, H * W), in double precision: moments of megapixels need it."""
    _check(image)
    return image.detach().flatten(1).double()


def _finish(pixels: Tensor, image: Tensor, clamp: bool) -> Tensor:
    out = pixels.reshape(image.shape)
    return (out.clamp(0, 1) if clamp else out).float()


def _match_moments(x: Tensor, y: Tensor) -> Tensor:
    """Rows of x (C, N) with the means and standard deviations of the rows of y (C, M)."""
    deviation = x.std(1, correction=0, keepdim=True).clamp_min(LEAST_VARIANCE**0.5)
    scale = y.std(1, correction=0, keepdim=True) / deviation
    return (x - x.mean(1, keepdim=True)) * scale + y.mean(1, keepdim=True)


def _match_ranks(x: Tensor, y: Tensor) -> Tensor:
    """Rows of x (C, N), their values replaced by those of the same rank in the rows of y (C, M)."""
    n, m = x.shape[1], y.shape[1]
    order = x.argsort(dim=1, stable=True)
    rank = (torch.arange(n, device=x.device) * 2 + 1) * m // (2 * n)  # in whole numbers, to be exact
    return torch.empty_like(x).scatter_(1, order, y.sort(dim=1).values[:, rank])


def _covariance(centred: Tensor) -> Tensor:
    """(3, 3) from (3, N), its eigenvalues raised to at least `LEAST_VARIANCE`."""
    values, vectors = torch.linalg.eigh(centred @ centred.T / centred.shape[1])
    return _symmetric(values.clamp_min(LEAST_VARIANCE), vectors)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """A power of a symmetric positive definite (3, 3) matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return _symmetric(values**exponent, vectors)


def _symmetric(values: Tensor, vectors: Tensor) -> Tensor:
    return vectors @ torch.diag(values) @ vectors.T
