"""How far a picture's colours are from those of the photo it was made from, and whether they follow its strokes."""

from __future__ import annotations

import torch

from impasto.errors import InputError
from impasto.images import rgb_to_yiq


def color_moment_distances(output: torch.Tensor, photo: torch.Tensor) -> tuple[float, float]:
    """Return the distances of the mean colours and of the covariances of two pictures, of any sizes.

    The first is |m - n|, in units of the value range; the second |S - T| / |T| in Frobenius norms, with T the photo's.

    >>> color_moment_distances(torch.zeros(3, 2, 2), torch.eye(3)[:, :, None].expand(3, 3, 2))
    (0.5773502691896257, 1.0)
    """
    ours, theirs = (picture.flatten(1).double() for picture in (output, photo))
    covariances = [torch.cov(pixels, correction=0) for pixels in (ours, theirs)]
    apart = (covariances[0] - covariances[1]).norm() / covariances[1].norm().clamp_min(1e-12)
    return float((ours.mean(1) - theirs.mean(1)).norm()), float(apart)


def chroma_distance(output: torch.Tensor, photo: torch.Tensor) -> float:
    """Return the root mean square difference, pixel by pixel, of I and Q: 0 where every place has kept its colour.

    Raises InputError for pictures of different sizes.
    """
    if output.shape != photo.shape:
        sizes = [f"{picture.shape[2]}x{picture.shape[1]}" for picture in (output, photo)]
        raise InputError(f"chroma is compared pixel by pixel, in pictures of one size; got {sizes[0]} and {sizes[1]}")
    difference = rgb_to_yiq(output.double())[1:] - rgb_to_yiq(photo.double())[1:]
    return float(difference.square().sum(0).mean().sqrt())


def edge_agreement(picture: torch.Tensor) -> float:
    """Return how far colour changes where lightness does: the correlation of the steepness of Y and of I and Q.

    Pearson's coefficient over all pixels but those of the last row and column: 1 if both change at the same places,
    in the same measure, about 0 if the places have nothing to do with each other. 0 too if either never changes.
    """
    planes = rgb_to_yiq(picture.double())
    squares = (
        planes[:, :-1, :-1].sub(planes[:, 1:, :-1]).square() + planes[:, :-1, :-1].sub(planes[:, :-1, 1:]).square()
    )
    steepness = torch.stack([squares[0], squares[1] + squares[2]]).sqrt().flatten(1)
    if bool((steepness.amax(1) - steepness.amin(1) < 1e-6).any()):
        return 0.0
    return float(torch.corrcoef(steepness)[0, 1])
