"""Hair, behind the head and before it, and hats."""

from __future__ import annotations

import numpy as np

from impasto.samples.portraits.canvas import Array, Surface, curve, ellipse, mixed, moved, shade
from impasto.samples.portraits.features import WHITE
from impasto.samples.portraits.head import Head
from impasto.samples.portraits.traits import Traits

STRAW = (0.93, 0.78, 0.48)


def behind(canvas: Surface, traits: Traits, head: Head) -> None:
    """What is seen of the hair behind the head and the shoulders."""
    dark = shade(traits.hair, 0.72)
    if traits.style == "curls":
        down = 1.35 if traits.long_hair else 0.35
        for x, y in _around(traits, down):
            canvas.fill(ellipse(*head.place(1.10 * x, y), 0.085, 0.085), dark)
        if traits.long_hair:
            canvas.fill(ellipse(*head.place(0, 0.35), 1.08 * head.width, 1.10 * head.height), dark)
    elif traits.long_hair:
        outer = [
            (-0.95, -0.75),
            (-1.22, 0.0),
            (-1.30, 0.85),
            (-1.18, 1.48),
            (-0.55, 1.62),
            (0.55, 1.62),
            (1.18, 1.48),
            (1.30, 0.85),
            (1.22, 0.0),
            (0.95, -0.75),
            (0, -1.1),
        ]
        canvas.fill(curve([head.place(*point) for point in outer], closed=True), dark)
    if traits.bun and traits.long_hair and not traits.hat:
        canvas.fill(ellipse(*head.place(-0.25 * head.side, -1.22), 0.105, 0.10), traits.hair)
        canvas.glaze(ellipse(*head.place(-0.25 * head.side - 0.12, -1.34), 0.040, 0.028), WHITE, 0.22, blur=0.01)


def before(canvas: Surface, traits: Traits, head: Head) -> None:
    """The hair on the head and its fringe, and strands beside the face."""
    if traits.long_hair and traits.style != "curls":
        _strands(canvas, traits, head)
    if traits.style == "curls":
        _curls(canvas, traits, head)
        return
    grown = 1.03 if traits.style == "cropped" else 1.10
    angles = np.linspace(-1.62, 1.62, 30)
    top = np.stack([np.sin(angles), -np.cos(angles) * (1.0 if traits.style == "cropped" else 1.04)], -1) * grown
    over = np.array([head.place(*point) for point in top])
    line = curve([head.place(*point) for point in _hairline(traits, head)])
    cap = canvas.fill(np.concatenate([over, line]), traits.hair)
    gleam = curve([head.place(-0.72, -0.62), head.place(-0.40, -0.86), head.place(0.0, -0.95)])
    shine = np.concatenate([gleam, moved(gleam[::-1], 0.01, 0.045)])
    canvas.glaze(shine, WHITE, 0.25, blur=0.008, within=cap)


def hat(canvas: Surface, traits: Traits, head: Head) -> Array:
    """A woolen hat, a cap or a straw hat; returns points of its outline."""
    return {"beanie": _beanie, "cap": _cap, "straw": _straw}[traits.hat_kind](canvas, traits, head)


def _dome(head: Head, top: float, *right: tuple[float, float]) -> Array:
    """What covers the head, alike on both sides, from its left end over the `top`; `right` is from the end upwards."""
    left = [(-across, down) for across, down in right]
    return curve([head.place(*point) for point in (*left, (0, top), *right[::-1])])


def _beanie(canvas: Surface, traits: Traits, head: Head) -> Array:
    color = traits.hat_color
    dome = _dome(head, -1.44, (1.10, -0.42), (1.02, -0.95), (0.55, -1.34))
    tip = ellipse(*head.place(0, -1.52), 0.062, 0.060)
    canvas.fill(tip, mixed(color, WHITE, 0.65))
    canvas.fill(dome, color)
    canvas.glaze(moved(dome[: len(dome) // 2], 0.03, 0.03), WHITE, 0.12, blur=0.02, within=dome)
    cuff = np.concatenate([
        curve([head.place(-1.14, -0.66), head.place(0, -0.80), head.place(1.14, -0.66)]),
        curve([head.place(1.14, -0.36), head.place(0, -0.50), head.place(-1.14, -0.36)]),
    ])  # fmt: skip
    band = mixed(color, WHITE, 0.35)
    canvas.fill(cuff, band)
    for right in np.linspace(-0.9, 0.9, 9):
        rise = 0.14 * (1 - right * right)
        rib = np.array([head.place(right, -0.62 - rise), head.place(right, -0.42 - rise)])
        canvas.line(rib, shade(band, 0.86), 0.010)
    return np.concatenate([dome, tip, cuff])


def _cap(canvas: Surface, traits: Traits, head: Head) -> Array:
    color, side = traits.hat_color, head.side
    dome = _dome(head, -1.33, (1.08, -0.44), (1.02, -0.90), (0.55, -1.26))
    canvas.fill(dome, color)
    canvas.glaze(moved(dome[: len(dome) // 2], 0.03, 0.03), WHITE, 0.14, blur=0.02, within=dome)
    front = curve([head.place(-0.10 * side, -1.33), head.place(0.25 * side, -0.9), head.place(0.30 * side, -0.5)])
    canvas.line(front, shade(color, 0.82), 0.010)
    brim = [
        (-0.62 * side, -0.56),
        (0.30 * side, -0.74),
        (1.15 * side, -0.60),
        (1.62 * side, -0.36),
        (1.20 * side, -0.34),
        (0.30 * side, -0.46),
    ]
    shape = canvas.fill(curve([head.place(*p) for p in brim], closed=True), shade(color, 0.74))
    button = canvas.fill(ellipse(*head.place(0, -1.34), 0.020, 0.014), shade(color, 0.74))
    return np.concatenate([dome, shape, button])


def _straw(canvas: Surface, traits: Traits, head: Head) -> Array:
    x, y = head.place(0, -0.56)
    brim = ellipse(x, y, 1.66 * head.width, 0.26 * head.height)
    below = canvas.fill(moved(brim, 0, 0.012), shade(STRAW, 0.75))
    canvas.fill(brim, STRAW)
    crown = curve(
        [
            head.place(*p)
            for p in (
                (-0.98, -0.60),
                (-0.88, -1.10),
                (-0.50, -1.36),
                (0.50, -1.36),
                (0.88, -1.10),
                (0.98, -0.60),
                (0, -0.48),
            )
        ],
        closed=True,
    )
    canvas.fill(crown, mixed(STRAW, WHITE, 0.18))
    ribbon = np.concatenate([
        curve([head.place(-0.97, -0.80), head.place(0, -0.70), head.place(0.97, -0.80)]),
        curve([head.place(0.98, -0.58), head.place(0, -0.46), head.place(-0.98, -0.58)]),
    ])  # fmt: skip
    canvas.glaze(ribbon, traits.hat_color, 1.0, within=crown)
    for lift in (-0.95, -1.10, -1.24):
        weave = curve([head.place(-0.9, lift), head.place(0, lift + 0.10), head.place(0.9, lift)])
        canvas.glaze(np.concatenate([weave, moved(weave[::-1], 0, 0.008)]), shade(STRAW, 0.8), 0.6, within=crown)
    return np.concatenate([below, brim, crown])


def _hairline(traits: Traits, head: Head) -> list[tuple[float, float]]:
    """The edge of the hair on the forehead, from the right temple to the left one, in half axes of the head."""
    low, part, side = 0.12 * traits.fringe, 0.55 * np.sin(head.angle), head.side
    right, left = (1.08, -0.02), (-1.08, -0.02)
    if traits.style == "cropped":
        return [(1.02, -0.10), (0.86, -0.42), (0.5, -0.62), (0.0, -0.66), (-0.5, -0.62), (-0.86, -0.42), (-1.02, -0.10)]
    if traits.style == "bangs":
        return [
            right,
            (0.90, -0.22 + low),
            (0.45, -0.30 + low),
            (0, -0.33 + low),
            (-0.45, -0.30 + low),
            (-0.90, -0.22 + low),
            left,
        ]
    if traits.style == "parted":
        return [
            right,
            (0.88, -0.30),
            (part + 0.45, -0.50 + low),
            (part, -0.88),
            (part - 0.45, -0.50 + low),
            (-0.88, -0.30),
            left,
        ]
    swept = [
        (-1.08, -0.02),
        (-0.84, -0.34),
        (-0.55, -0.80),
        (-0.10, -0.56 + low),
        (0.45, -0.36 + low),
        (0.86, -0.26),
        (1.08, -0.02),
    ]
    return [(x, y) for x, y in reversed(swept)] if side > 0 else [(-x, y) for x, y in swept]


def _strands(canvas: Surface, traits: Traits, head: Head) -> None:
    """Hair that falls beside the face, more of it on the side that is turned to the viewer."""
    for sign in (-1, 1):
        wide = 0.36 if sign != head.side else 0.20
        inner = 1.10 - wide
        shape = [
            (sign * 0.70, -0.80),
            (sign * 1.12, -0.30),
            (sign * 1.22, 0.5),
            (sign * 1.12, 1.30),
            (sign * (inner + 0.06), 1.42),
            (sign * (inner + 0.02), 0.6),
            (sign * (inner + 0.04), -0.1),
        ]
        canvas.fill(curve([head.place(*point) for point in shape], closed=True), traits.hair)


def _curls(canvas: Surface, traits: Traits, head: Head) -> None:
    """A crown of curls, lighter ones at the upper left."""
    down = 1.25 if traits.long_hair else 0.15
    canvas.fill(ellipse(*head.place(0, -0.86), 0.86 * head.width, 0.36 * head.height), traits.hair)
    for x, y in _around(traits, down):
        if abs(x) > 0.72 or y < -0.5:
            light = 1 + 0.10 * max(0.0, -(x + y))
            canvas.fill(ellipse(*head.place(1.04 * x, y - 0.02), 0.062, 0.062), shade(traits.hair, light))
    for right in (-0.62, -0.22, 0.20, 0.60):
        lift = -0.68 - 0.10 * (1 - abs(right)) + 0.14 * traits.fringe
        canvas.fill(ellipse(*head.place(right, lift), 0.066, 0.056), shade(traits.hair, 1 + 0.06 * (right < 0)))


def _around(traits: Traits, down: float) -> list[tuple[float, float]]:
    """Places of curls around the head, from as far down on one side over the top to the other, in half axes."""
    random = np.random.default_rng(traits.spots)
    places = []
    lowest = max(down, 0.0)
    for y in np.arange(lowest, 0, -0.27):
        places += [(-1.06, float(y)), (1.06, float(y))]
    for angle in np.linspace(-1.55, 1.55, 11):
        places.append((1.02 * float(np.sin(angle)), -1.02 * float(np.cos(angle))))
    jitter = random.normal(0, 0.035, (len(places), 2))
    return [(x + dx, y + dy) for (x, y), (dx, dy) in zip(places, jitter.tolist(), strict=True)]
