"""A rose window: petals of streaked, glowing glass in dark lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import Array, Color, blurred, grid, lit, noise, smoothstep, streaks, to_tensor

if TYPE_CHECKING:
    import torch

RUBY: Color = (0.78, 0.07, 0.13)
AMBER: Color = (0.98, 0.66, 0.10)
COBALT: Color = (0.06, 0.20, 0.72)
AZURE: Color = (0.16, 0.58, 0.88)
EMERALD: Color = (0.05, 0.55, 0.32)
VIOLET: Color = (0.45, 0.14, 0.58)
ROSE: Color = (0.95, 0.50, 0.55)
CREAM: Color = (0.99, 0.91, 0.66)
CORNERS = (COBALT, AZURE, EMERALD, VIOLET, COBALT, AMBER, RUBY, AZURE)


@dataclass(frozen=True)
class Ring:
    """One ring of the rose: it ends at `radius` (of the side), in arches that are `arch` high if there are any."""

    radius: float
    facets: int
    colors: tuple[Color, ...]
    arch: float = 0.0
    turn: float = 0.0  # of a facet


ROSE_WINDOW = (
    Ring(0.042, 1, (AMBER,)),
    Ring(0.095, 8, (CREAM, AMBER), arch=0.012),
    Ring(0.148, 8, (RUBY, ROSE), turn=0.5),
    Ring(0.180, 24, (COBALT, CREAM)),
    Ring(0.275, 16, (AZURE, COBALT, VIOLET, COBALT), arch=0.034),
    Ring(0.340, 16, (AMBER, RUBY, EMERALD, RUBY), arch=0.020, turn=0.5),
    Ring(0.372, 40, (CREAM, COBALT, AZURE)),
    Ring(0.462, 24, (EMERALD, AZURE, COBALT, VIOLET, RUBY, AMBER), arch=0.026),
    Ring(0.496, 24, (COBALT, RUBY), turn=0.5),
)


def stained_glass(size: int = 512, seed: int = 0) -> torch.Tensor:
    """A window (3, size, size) in [0, 1]: jewel colours, dark lines."""
    random = np.random.default_rng(seed)
    side = 2 * size
    x, y = grid(side)
    x = x + 0.0025 * noise(side, 9, random)
    y = y + 0.0025 * noise(side, 9, random)
    facet, edge, colors = _corners(x, y, random)
    number = len(colors)
    radius, angle = np.hypot(x - 0.5, y - 0.5), np.arctan2(y - 0.5, x - 0.5) / (2 * np.pi) + 0.5
    inner = np.zeros_like(x)
    for ring in ROSE_WINDOW:
        turned = angle * ring.facets + ring.turn
        index = np.floor(turned).astype(int) % ring.facets
        across = turned - np.floor(turned)
        outer = ring.radius + ring.arch * (np.sin(np.pi * across) ** 0.8 - 0.6)
        spoke = np.minimum(across, 1 - across) * 2 * np.pi * radius / ring.facets if ring.facets > 1 else np.inf
        inside = (radius >= inner) & (radius < outer)
        facet = np.where(inside, number + index, facet)
        near = np.minimum(np.where(inner > 0, radius - inner, np.inf), np.minimum(outer - radius, spoke))
        edge = np.where(inside, near, np.where(radius >= outer, np.minimum(edge, radius - outer), edge))
        colors += [ring.colors[i % len(ring.colors)] for i in range(ring.facets)]
        number += ring.facets
        inner = outer
    shade = random.normal(0, 0.04, (number, 3)) + random.normal(0, 0.06, (number, 1))
    palette = np.clip(np.asarray(colors) + shade, 0, 1).astype(np.float32)
    glass = _glass(palette[facet], facet, edge.astype(np.float32), random)
    return to_tensor(_leaded(glass, edge.astype(np.float32), random), size)


def _corners(x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array, list[Color]]:
    """Irregular facets for all that is outside the rose: whose each pixel is, its distance to the edge, the colours."""
    from scipy.spatial import cKDTree

    places: list[tuple[float, float]] = []
    for _ in range(1500):
        place = random.uniform(-0.1, 1.1, 2)
        if all(np.hypot(place[0] - px, place[1] - py) > 0.058 for px, py in places):
            places.append((place[0], place[1]))
    middles = np.asarray(places)
    distances, owners = cKDTree(middles).query(np.stack([x.ravel(), y.ravel()], axis=1), k=2)
    apart = np.linalg.norm(middles[owners[:, 0]] - middles[owners[:, 1]], axis=1)
    edge = (distances[:, 1] ** 2 - distances[:, 0] ** 2) / (2 * apart)
    colors = [CORNERS[random.integers(len(CORNERS))] for _ in places]
    return owners[:, 0].reshape(x.shape), edge.reshape(x.shape), colors


def _glass(colors: Array, facet: Array, edge: Array, random: np.random.Generator) -> Array:
    """Glass lit from behind: brighter in the middle and towards one side of each facet, with streaks."""
    side = edge.shape[0]
    x, y = grid(side)
    angles = random.uniform(0, 2 * np.pi, int(facet.max()) + 1)[facet]
    drift = 9 * ((x % 0.11) * np.cos(angles) + (y % 0.11) * np.sin(angles)) - 0.4
    streak = streaks(side, (14, 60), random) + 0.7 * streaks(side, (50, 12), random)
    glow = 0.70 + 0.34 * smoothstep(0.0, 0.030, edge) + 0.10 * np.clip(drift, -1, 1)
    glow = glow + 0.075 * streak + 0.05 * noise(side, 70, random)
    bright = np.clip(glow - 1.0, 0, 1)[..., None]
    return np.asarray(colors * glow[..., None] + 0.6 * bright * (1 - colors), np.float32)


def _leaded(glass: Array, edge: Array, random: np.random.Generator) -> Array:
    """Lay round bars of lead along the edges, and let the light of the glass spill over them."""
    side = edge.shape[0]
    half = 0.0048
    bar = np.clip(1 - (edge / half) ** 2, 0, 1)
    relief = np.sqrt(bar) * half * side * 0.55 + 0.25 * noise(side, 120, random) * (bar > 0)
    diffuse, shine = lit(blurred(relief.astype(np.float32), side / 1024))
    lead = np.array((0.075, 0.075, 0.09)) * diffuse[..., None] + 0.20 * shine[..., None] ** 2 * bar[..., None]
    cover = smoothstep(half * 1.12, half * 0.88, edge)[..., None]
    shadow = 1 - 0.35 * smoothstep(half * 2.4, half, edge)[..., None]
    picture = (np.clip(glass, 0, 1.1) * shadow * (1 - cover) + lead * cover).astype(np.float32)
    halo = np.stack([blurred(np.ascontiguousarray(picture[..., c]), side / 90) for c in range(3)], axis=-1)
    return np.asarray(0.90 * picture + 0.20 * halo, np.float32)
