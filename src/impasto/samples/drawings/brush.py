"""Oil paint: strokes of several bristles laid along a flow, and light on the relief that they leave."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from impasto.samples.drawings.fields import Array, blurred, lit

STEPS = 12  # points of a stroke's path
TAPER = np.sin(np.linspace(0.35, np.pi - 0.2, STEPS))[:, None] ** 0.5  # how wide it is at each


@dataclass(frozen=True)
class Brush:
    """A brush by its strokes' width and length in pixels, and how much of the paint varies.

    hue: standard deviation of a stroke's colour from the one under it; bristle: of each bristle from the stroke's.
    """

    width: float
    length: float
    hue: float = 0.05
    bristle: float = 0.035
    wander: float = 0.12  # radians, standard deviation of a stroke's direction from the flow's


@dataclass
class Painting:
    """A square canvas of `size` pixels: colours, and the relief of the paint."""

    size: int
    ground: tuple[int, int, int] = (60, 50, 45)
    layers: Array = field(init=False)  # (size, size, 4), uint8: colour and relief

    def __post_init__(self) -> None:
        self.layers = np.zeros((self.size, self.size, 4), np.uint8)
        self.layers[..., :3] = self.ground

    def stroke_along(
        self, flow: Array, colors: Array, brush: Brush, random: np.random.Generator, where: Array | None = None
    ) -> None:
        """Cover the canvas with strokes, in random order.

        flow: (size, size, 2), the direction of strokes, any length. colors: (size, size, 3) in [0, 1].
        where: (size, size), the chance that a stroke begins there; everywhere by default.
        """
        starts = self._starts(brush, random)
        if where is not None:
            x, y = _pixels(starts, self.size)
            starts = starts[random.random(len(starts)) < where[y, x]]
        paths = _paths(flow, starts, brush, random)
        x, y = _pixels(paths[:, STEPS // 2], self.size)
        paint = colors[y, x] + random.normal(0, brush.hue, (len(paths), 3)) * (1, 0.9, 1.1)
        paint += random.normal(0, brush.hue, (len(paths), 1))
        for path, normal, color in zip(paths, _normals(paths), paint, strict=True):
            self._stroke(path, normal * TAPER, color, brush, random)

    def seen(self, relief: float = 2.2, gloss: float = 0.10) -> Array:
        """The painting in the light of a lamp at the upper left, (size, size, 3) in [0, 1].

        relief: height in pixels of the thickest paint. gloss: how much its edges shine.
        """
        height = blurred(self.layers[..., 3].astype(np.float32) / 255, self.size / 1400) * relief
        diffuse, shine = lit(height)
        shade = np.clip(0.25 + 0.75 * diffuse, 0.55, 1.35)[..., None]
        base = float(np.median(shine))
        glint = np.clip((shine - base) / max(1 - base, 1e-3), 0, 1)[..., None]
        color = self.layers[..., :3].astype(np.float32) / 255
        lit_color: Array = np.clip(color * shade + gloss * glint, 0, 1).astype(np.float32)
        return lit_color

    def _starts(self, brush: Brush, random: np.random.Generator) -> Array:
        """Places on a jittered grid that is dense enough for strokes to overlap."""
        gap = max(brush.width * 0.72, 1.0)
        line = np.arange(-brush.width, self.size + brush.width, gap)
        along = np.arange(-brush.length / 2, self.size + brush.length / 2, max(gap, brush.length * 0.42))
        starts = np.stack(np.meshgrid(along, line), axis=-1).reshape(-1, 2)
        starts = starts + random.uniform(-gap, gap, starts.shape)
        return np.asarray(random.permutation(starts), np.float32)

    def _stroke(self, path: Array, normal: Array, color: Array, brush: Brush, random: np.random.Generator) -> None:
        import cv2

        count = min(max(int(brush.width / 2.2), 2), 12)
        width = brush.width * random.uniform(0.75, 1.15)
        thickness = max(1, round(1.35 * width / count))
        across = np.linspace(-0.5, 0.5, count)
        tones = color + random.normal(0, brush.bristle, (count, 1)) + random.normal(0, brush.bristle / 2, (count, 3))
        body = random.uniform(95, 170)
        heights = body + 55 * (2 * across) ** 2 + random.normal(0, 22, count)  # a brush pushes paint to its edges
        ends = random.integers(0, 3, (count, 2)).tolist()
        lines = path + (across * width)[:, None, None] * normal
        points = np.round(lines * 8).astype(np.int32)[:, :, None]
        paint = np.column_stack([np.clip(255 * tones, 0, 255), np.clip(heights, 30, 255)]).tolist()
        for index in random.permutation(count).tolist():
            first, last = ends[index]
            line = points[index, first : STEPS - last]
            cv2.polylines(self.layers, [line], False, paint[index], thickness, cv2.LINE_8, 3)


def _normals(paths: Array) -> Array:
    """Unit vectors (N, STEPS, 2) across paths."""
    tangents = np.gradient(paths, axis=1)
    tangents /= np.linalg.norm(tangents, axis=2, keepdims=True) + 1e-6
    return np.stack([-tangents[..., 1], tangents[..., 0]], axis=2)


def _paths(flow: Array, starts: Array, brush: Brush, random: np.random.Generator) -> Array:
    """Paths (N, STEPS, 2) that follow the flow both ways from each start, all lengths varied."""
    count = len(starts)
    stride = brush.length / STEPS * random.uniform(0.6, 1.3, (count, 1))
    angle = random.normal(0, brush.wander, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(count, 2, 2)
    paths = np.empty((count, STEPS, 2), np.float32)
    middle = STEPS // 2
    for steps, sense in ((range(middle, STEPS), 1.0), (range(middle, -1, -1), -1.0)):
        place, before = starts.astype(np.float64), None
        for step in steps:
            paths[:, step] = place
            x, y = _pixels(place, flow.shape[0])
            way = sense * np.einsum("nij,nj->ni", turn, flow[y, x])
            way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-6
            before = way if before is None else 0.75 * way + 0.25 * before
            place = place + stride * before
    return paths


def _pixels(points: Array, size: int) -> tuple[Array, Array]:
    """The pixel indices x and y of points (N, 2), clipped to the canvas."""
    whole = np.clip(points, 0, size - 1).astype(int)
    return whole[..., 0], whole[..., 1]
