"""How well edges agree with those that a trained network found, and where the soft detector's weights come from.

    python benchmarks/edges.py fit                   fit the weights to scenes drawn by code, and print them
    python benchmarks/edges.py compare FOLDER        judge all detectors by pairs: the photo left, its edges right

A score is the F of precision and recall at a tolerance of 2 px, over all pictures together.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import edge_scenes
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from sklearn.linear_model import LogisticRegression

from impasto.edges.canny import canny
from impasto.edges.gradient import Array
from impasto.edges.lines import lines_of, without_crumbs
from impasto.edges.soft import SMOOTH, sides, soft_edges
from impasto.edges.xdog import xdog
from impasto.features import load_network
from impasto.images import luminance, read
from impasto.metrics.boundaries import BoundaryScore, boundary_score

SCENES, HELD_OUT, DRAWN = 60, 15, 3000
FAR = 3  # pixels from an edge that is no edge
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("fit").set_defaults(run=lambda _: fit())
    compare_parser = commands.add_parser("compare")
    compare_parser.add_argument("folder", type=Path)
    compare_parser.set_defaults(run=lambda given: compare(given.folder))
    given = parser.parse_args()
    given.run(given)


def fit() -> None:
    """Fit a logistic regression to what is on and off the edges of scenes; scenes held out choose its threshold."""
    network, woven, random = load_network(), edge_scenes.textures(), np.random.default_rng(0)
    rows, marks = [], []
    for seed in range(SCENES):
        picture, edges = edge_scenes.scene(seed, woven)
        values = sides(network, tensor(picture)).reshape(-1, 27)
        distance = distance_transform_edt(~edges).ravel()
        for mark, places in ((1, np.flatnonzero(distance <= 1)), (0, np.flatnonzero(distance > FAR))):
            chosen = random.choice(places, min(len(places), DRAWN), replace=False)
            rows.append(values[chosen])
            marks.append(np.full(len(chosen), mark))
    x, y = np.concatenate(rows).astype(np.float64), np.concatenate(marks)
    middle, spread = x.mean(0), x.std(0)
    found = LogisticRegression(C=1e-3, max_iter=1000).fit((x - middle) / spread, y)
    weights = found.coef_[0] / spread
    bias = found.intercept_[0] - weights @ middle
    scores = dict.fromkeys(LEVELS, BoundaryScore(0, 0, 0))
    for seed in range(SCENES, SCENES + HELD_OUT):
        picture, edges = edge_scenes.scene(seed, woven)
        score = cv2.GaussianBlur((sides(network, tensor(picture)) @ weights + bias).astype(np.float32), (0, 0), SMOOTH)
        soft = 1 / (1 + np.exp(-score))
        for level in LEVELS:
            scores[level] += boundary_score(lines_of(soft, threshold=level), edges)
    best = max(LEVELS, key=lambda level: scores[level].f)
    for level, score in scores.items():
        print(f"threshold {level}: {told(score)}")
    shift = np.log(25 / 230) - np.log(best / (1 - best))
    print("WEIGHTS =", tuple(round(float(it), 4) for it in weights))
    print("BIAS =", round(float(bias + shift), 4))


def compare(folder: Path) -> None:
    """Print a table of all detectors, each at several of its settings."""
    network, pairs = load_network(), [pair(path) for path in sorted(folder.rglob("*_AB.jpg"))]
    print(f"{len(pairs)} pairs, {np.mean([true.sum() for _, true in pairs]):.0f} true pixels each")
    detectors: dict[str, Callable[[torch.Tensor], Array]] = {}
    for sigma in (1.5, 2.0, 2.5):
        for low, high in ((0.01, 0.03), (0.02, 0.05), (0.03, 0.08), (0.04, 0.11)):
            detectors[f"canny --sigma {sigma} --low {low} --high {high}"] = lambda photo, s=sigma, lo=low, hi=high: (
                without_crumbs(canny(array(photo), sigma=s, low=lo, high=hi), 5)
            )
    for sigma in (0.8, 1.4):
        for level in (0.5, 0.7, 0.85):
            detectors[f"xdog --sigma {sigma} --level {level}"] = lambda photo, s=sigma, at=level: lines_of(
                1 - xdog(luminance(photo)[0].numpy(), sigma=s, level=at), threshold=0.5
            )
    for name, detector in detectors.items():
        print(name, "|", told(total(detector, pairs)), flush=True)
    found = [(soft_edges(network, photo), true) for photo, true in pairs]
    for threshold in (5, 10, 25, 50, 100):
        scores = [boundary_score(lines_of(soft, threshold=threshold / 255), true) for soft, true in found]
        print(f"soft --threshold {threshold}", "|", told(sum(scores, BoundaryScore(0, 0, 0))), flush=True)


def total(detector: Callable[[torch.Tensor], Array], pairs: list[tuple[torch.Tensor, Array]]) -> BoundaryScore:
    return sum((boundary_score(detector(photo), true) for photo, true in pairs), BoundaryScore(0, 0, 0))


def pair(path: Path) -> tuple[torch.Tensor, Array]:
    """A photo (3, H, W) and its true lines (H, W): dark on white."""
    whole = read(path)
    middle = whole.shape[2] // 2
    return whole[..., :middle].contiguous(), (luminance(whole[..., middle:])[0] < 0.5).numpy()


def tensor(picture: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def array(picture: torch.Tensor) -> Array:
    return picture.permute(1, 2, 0).contiguous().numpy()


def told(score: BoundaryScore) -> str:
    return f"precision {score.precision:.3f} recall {score.recall:.3f} F {score.f:.3f}"


if __name__ == "__main__":
    main()
