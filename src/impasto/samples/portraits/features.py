"""What a face has: ears, eyes, a nose, a mouth, and perhaps glasses."""

from __future__ import annotations

import numpy as np

from impasto.samples.portraits.canvas import Array, Color, Surface, curve, ellipse, mixed, moved, rounded, shade
from impasto.samples.portraits.head import Head
from impasto.samples.portraits.traits import Traits

WHITE: Color = (0.99, 0.98, 0.96)
INK: Color = (0.13, 0.10, 0.13)
LIPS: Color = (0.74, 0.25, 0.27)
MOUTH: Color = (0.45, 0.10, 0.14)
TONGUE: Color = (0.93, 0.45, 0.45)
BLUSH: Color = (0.95, 0.35, 0.32)
GOLD: Color = (0.96, 0.78, 0.25)

EYE = 25.0  # degrees from the nose
EYE_DOWN, NOSE_DOWN, MOUTH_DOWN = 0.04, 0.30, 0.58


def ear(canvas: Surface, traits: Traits, head: Head) -> None:
    """The ear that is seen, on the side that is turned to the viewer."""
    x, y = head.place(-0.93 * head.side, 0.12)
    skin = shade(traits.skin, 0.95)
    canvas.fill(ellipse(x, y, 0.20 * head.width, 0.19 * head.height, angle=0.2 * head.side), skin)
    canvas.fill(ellipse(x, y, 0.10 * head.width, 0.11 * head.height, angle=0.2 * head.side), shade(traits.skin, 0.8))
    if traits.earring:
        canvas.fill(ellipse(x, y + 0.25 * head.height, 0.016, 0.016), GOLD)


def skin(canvas: Surface, traits: Traits, head: Head) -> None:
    """The face itself, lit from the upper left, with red cheeks and perhaps freckles."""
    outline = canvas.fill(head.outline(), traits.skin)
    shadow = mixed(shade(traits.skin, 0.78), BLUSH, 0.08)
    lit = moved(outline, -0.13 * head.width, -0.10 * head.height)
    crescent = np.concatenate([outline, outline[:1], lit[:1], lit[::-1]])
    canvas.glaze(crescent, shadow, 0.55, blur=0.006, within=outline)
    canvas.glaze(ellipse(*head.place(-0.35, -0.55), 0.30 * head.width, 0.22 * head.height), WHITE, 0.16, blur=0.02)
    for degrees in (-42, 42):
        x, y = head.at(degrees, 0.36)
        cheek = ellipse(x, y, 0.24 * head.width * head.narrow(degrees), 0.15 * head.height)
        canvas.glaze(cheek, BLUSH, 0.34, blur=0.012, within=outline)
    if traits.freckles:
        random = np.random.default_rng(traits.spots)
        for degrees, down in zip(random.uniform(-48, 48, 14), random.uniform(0.18, 0.40, 14), strict=True):
            canvas.fill(ellipse(*head.at(degrees, down), 0.006, 0.006), shade(traits.skin, 0.7))


def eyes(canvas: Surface, traits: Traits, head: Head) -> None:
    """Two eyes that look where the face looks, with lids, lashes and brows."""
    high, wide = 0.185 * head.height * traits.eye, 0.205 * head.width * traits.eye
    brow = mixed(shade(traits.hair, 0.75), INK, 0.35)
    for sign in (-1, 1):
        degrees = sign * EYE
        x, y = head.at(degrees, EYE_DOWN)
        narrow = head.narrow(degrees)
        white = canvas.fill(ellipse(x, y, wide * narrow, high), WHITE)
        gaze = x + 0.30 * wide * narrow * head.side, y + 0.06 * high
        iris = ellipse(*gaze, 0.66 * wide * narrow**0.5, 0.72 * high)
        canvas.glaze(iris, traits.eyes, 1.0, within=white)
        canvas.glaze(ellipse(*gaze, 0.36 * wide * narrow**0.5, 0.42 * high), INK, 1.0, within=white)
        canvas.fill(ellipse(gaze[0] - 0.22 * wide, gaze[1] - 0.28 * high, 0.20 * wide * narrow, 0.20 * high), WHITE)
        lid = [
            (x - 1.05 * wide * narrow, y - 0.15 * high),
            (x, y - 1.06 * high),
            (x + 1.05 * wide * narrow, y - 0.15 * high),
        ]
        canvas.line(curve(lid), INK, 0.013)
        if traits.long_hair:
            end = lid[0] if sign < 0 else lid[2]
            canvas.line(np.array([end, (end[0] + sign * 0.022 * narrow, end[1] - 0.016)]), INK, 0.011)
        lift = y - (1.85 + 0.18 * traits.brow) * high
        arc = [
            (x - wide * narrow, lift + 0.28 * high),
            (x, lift - 0.18 * high),
            (x + wide * narrow, lift + 0.28 * high),
        ]
        canvas.line(curve(arc), brow, 0.018)


def nose(canvas: Surface, traits: Traits, head: Head) -> None:
    """A round nose that points where the face looks."""
    x, y = head.at(4 * head.side, NOSE_DOWN)
    x += 0.05 * head.width * head.side
    canvas.glaze(ellipse(x, y + 0.008, 0.135 * head.width, 0.10 * head.height), shade(traits.skin, 0.72), 0.9)
    canvas.fill(ellipse(x, y, 0.125 * head.width, 0.095 * head.height), mixed(traits.skin, BLUSH, 0.16))
    canvas.glaze(ellipse(x - 0.008, y - 0.010, 0.010, 0.007), WHITE, 0.6)


def mouth(canvas: Surface, traits: Traits, head: Head) -> None:
    """A laugh with teeth, or a small straight mouth."""
    x, y = head.at(2 * head.side, MOUTH_DOWN)
    narrow = head.narrow(0)
    if not traits.smile:
        wide = 0.19 * head.width * narrow
        canvas.line(np.array([(x - wide, y), (x + wide, y)]), mixed(LIPS, shade(traits.skin, 0.5), 0.25), 0.019)
        return
    wide, deep = 0.46 * head.width * narrow, 0.34 * head.height
    y -= 0.09 * head.height
    upper = curve([(x - wide, y), (x, y + 0.22 * deep), (x + wide, y)])
    lower = curve(
        [
            (x + wide, y),
            (x + 0.72 * wide, y + 0.66 * deep),
            (x, y + deep),
            (x - 0.72 * wide, y + 0.66 * deep),
            (x - wide, y),
        ]
    )
    opening = canvas.fill(np.concatenate([upper, lower]), MOUTH)
    canvas.glaze(ellipse(x, y + 1.02 * deep, 0.60 * wide, 0.42 * deep), TONGUE, 1.0, within=opening)
    teeth = np.concatenate([upper, moved(upper[::-1], 0.0, 0.34 * deep)])
    canvas.glaze(teeth, WHITE, 1.0, within=opening)
    canvas.line(opening, mixed(LIPS, shade(traits.skin, 0.5), 0.35), 0.010, closed=True)


def glasses(canvas: Surface, traits: Traits, head: Head) -> Array:
    """Glasses before the eyes; returns points of their outline."""
    rims, seen = [], []
    wide, high, thick = 0.335 * head.width, 0.285 * head.height, 0.021
    for sign in (-1, 1):
        x, y = head.at(sign * EYE, EYE_DOWN + 0.02)
        narrow = head.narrow(sign * EYE)
        shape = ellipse if traits.round_glasses else rounded
        rims.append(shape(x, y, wide * narrow, high * (1.0 if traits.round_glasses else 0.88)))
    for rim in rims:
        canvas.glaze(rim, (0.78, 0.90, 1.0), 0.28)
        middle, half = rim.mean(0), np.ptp(rim, 0) / 2
        glare = np.array([(-0.55, 0.30), (0.10, -0.75), (0.35, -0.75), (-0.30, 0.45)]) * half + middle
        canvas.glaze(glare, WHITE, 0.40, within=rim)
    left, right = rims
    y = float(left[:, 1].mean())
    bridge = curve(
        [
            (left[:, 0].max(), y - 0.01),
            ((left[:, 0].max() + right[:, 0].min()) / 2, y - 0.028),
            (right[:, 0].min(), y - 0.01),
        ]
    )
    near = left[:, 0].min() if head.side > 0 else right[:, 0].max()
    temple = np.array([(near, y - 0.02), (head.place(-0.97 * head.side, 0.0)[0], y - 0.045)])
    for rim in rims:
        canvas.line(rim, traits.frame, thick, closed=True)
    for part in (bridge, temple):
        canvas.line(part, traits.frame, thick)
        seen.append(part)
    points = np.concatenate([*rims, *seen])
    around = thick / 2 + 0.006  # what is drawn of a line beyond half its width
    return np.concatenate([points - around, points + around])
