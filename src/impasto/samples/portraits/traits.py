"""What portraits differ in: chosen by a seed and a number, each by itself, so that any of them can be drawn alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from impasto.samples.portraits.canvas import Color
from impasto.samples.portraits.palette import CLOTHES, EYES, FRAMES, GROUNDS, HAIRS, SKINS

Turned = Literal["left", "right"]
Hair = Literal["swept", "bangs", "parted", "curls", "cropped"]
Hat = Literal["beanie", "cap", "straw"]


@dataclass(frozen=True)
class Traits:
    """Everything about one portrait. The first five are its attributes; the rest varies within them.

    turned: where the face looks, as seen by whoever looks at the picture. angle: by so many radians.
    """

    glasses: bool
    hat: bool
    smile: bool
    long_hair: bool
    turned: Turned
    angle: float
    skin: Color
    hair: Color
    clothes: Color
    trim: Color
    ground: Color
    eyes: Color
    frame: Color
    hat_color: Color
    style: Hair
    hat_kind: Hat
    round_glasses: bool
    striped: bool
    freckles: bool
    bun: bool
    earring: bool
    fringe: float  # of the hair on the forehead, from 0 to 1
    width: float  # of the head, about 1
    height: float
    eye: float  # size of the eyes, about 1
    brow: float  # height of the eyebrows, from -1 to 1
    scale: float
    lean: tuple[float, float]  # of the head from the middle of the picture
    spots: int  # seed of what is strewn

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes as a table has them: yes or no, left or right."""
        switches = {"glasses": self.glasses, "hat": self.hat, "smile": self.smile, "long_hair": self.long_hair}
        return {name: "yes" if value else "no" for name, value in switches.items()} | {"turned": self.turned}


def traits(seed: int, number: int) -> Traits:
    """The traits of portrait `number` of a seed. Attributes are independent; 2 of 5 have glasses, and 2 of 5 a hat."""
    random = np.random.default_rng([seed, number])
    glasses, hat, smile, long_hair, left = (bool(random.random() < share) for share in (0.4, 0.4, 0.5, 0.5, 0.5))
    clothes, ground = _one(random, CLOTHES), _one(random, GROUNDS)
    skin = _varied(_one(random, SKINS), random, 0.02)
    hair = _one(random, tuple(color for color in HAIRS if _apart(color, skin)))
    styles: tuple[Hair, ...] = ("swept", "bangs", "parted", "curls", "cropped")
    hats: tuple[Hat, ...] = ("beanie", "cap", "straw")
    style = styles[random.integers(4 if long_hair else 5)]
    return Traits(
        glasses=glasses,
        hat=hat,
        smile=smile,
        long_hair=long_hair,
        turned="left" if left else "right",
        angle=float(random.uniform(0.27, 0.5)) * (-1 if left else 1),
        skin=skin,
        hair=_varied(hair, random, 0.03),
        clothes=clothes,
        trim=_one(random, CLOTHES, but=clothes),
        ground=_varied(ground, random, 0.04),
        eyes=_one(random, EYES),
        frame=_one(random, FRAMES),
        hat_color=_one(random, CLOTHES, but=clothes),
        style=style,
        hat_kind=hats[random.integers(3)],
        round_glasses=bool(random.random() < 0.6),
        striped=bool(random.random() < 0.35),
        freckles=bool(random.random() < 0.2),
        bun=bool(random.random() < 0.25),
        earring=bool(random.random() < 0.3),
        fringe=float(random.random()),
        width=float(random.uniform(0.93, 1.07)),
        height=float(random.uniform(0.95, 1.06)),
        eye=float(random.uniform(0.9, 1.15)),
        brow=float(random.uniform(-1, 1)),
        scale=float(random.uniform(0.94, 1.06)),
        lean=(float(random.uniform(-0.025, 0.025)), float(random.uniform(-0.015, 0.02))),
        spots=int(random.integers(2**31)),
    )


def _apart(one: Color, other: Color) -> bool:
    """Whether two colours can be told from one another at a glance."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 0.45


def _one(random: np.random.Generator, colors: tuple[Color, ...], but: Color | None = None) -> Color:
    left = [color for color in colors if color != but]
    return left[random.integers(len(left))]


def _varied(color: Color, random: np.random.Generator, deviation: float) -> Color:
    values: Any = np.clip(np.asarray(color) + random.normal(0, deviation, 3), 0, 1)
    return (float(values[0]), float(values[1]), float(values[2]))
