"""The colours of portraits."""

from __future__ import annotations

from impasto.samples.portraits.canvas import Color


def _colors(codes: str) -> tuple[Color, ...]:
    numbers = ([int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)] for code in codes.split())
    return tuple((red, green, blue) for red, green, blue in numbers)


SKINS = _colors("#fbdcc4 #f4c9a4 #e8b18a #d8986c #bb7b4f #96603c #74462b #573320")
HAIRS = _colors("#2a211f #3c2920 #5a3825 #7b4a2a #a8552c #c9873f #e3b964 #8d8a8c #d9d4cd")
CLOTHES = _colors("#e4572e #f3a712 #2e86ab #2a9d8f #6a4c93 #d1495b #3d5a80 #f4f1de #8ab17d #33415c")
GROUNDS = _colors("#a8d8ea #ffd3b6 #c7e9b0 #fff1a8 #d9c6f0 #ffb7c3 #9ad1c9 #f6c177 #b8c9e8 #f2e3cf")
EYES = _colors("#4a2f1d #6b4423 #3f6b4f #3a6ea5 #5b6770 #2b2320")
FRAMES = _colors("#1d1d28 #b3282d #1f5f8b #7a4a21 #f2f2f2 #11705b #d38b1f #6b2f7b")
