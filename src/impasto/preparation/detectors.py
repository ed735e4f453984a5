"""Where faces are: by the cascades that come with OpenCV (Viola & Jones 2001), or by YuNet (Wu, Peng & Yu 2023)."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from impasto.errors import InputError

Array = np.ndarray[Any, np.dtype[Any]]

FRONT, OTHER, PROFILE = "haarcascade_frontalface_alt2", "haarcascade_frontalface_default", "haarcascade_profileface"
EYE = "haarcascade_eye"
STEP = 1.1  # from one size that is looked at to the next
SURE, NEIGHBOURS, PROFILES = 3, 2, 4  # overlapping finds that make a face, of the first, the second, the third
BOTH = 0.3  # of the smaller of two boxes: if they share more, they are one face
TILT = 40.0  # degrees: eyes that are more askew are none
LEAST_SCORE = 0.6  # of YuNet


@dataclass(frozen=True)
class Face:
    """A face: the middle and the side of its box in pixels, and by how many degrees its eyes lean, if they are seen."""

    x: float
    y: float
    side: float
    angle: float | None = None


class Cascades:
    """Faces by several cascades; a find that only one of the weaker ones makes is none."""

    def __init__(self, *, turned: bool) -> None:
        """turned: look for profiles too."""
        self._turned = turned
        self._own = threading.local()  # a cascade serves one thread at a time

    def find(self, pixels: Array, smallest: int) -> list[Face]:
        """The faces of pixels (H, W, 3), uint8, that have at least `smallest` pixels a side, largest first."""
        import cv2

        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        width = grey.shape[1]
        found = [(box, 2) for box in self._boxes(FRONT, grey, SURE, smallest)]
        found += [(box, 1) for box in self._boxes(FRONT, grey, 1, smallest)]
        found += [(box, 1) for box in self._boxes(OTHER, grey, NEIGHBOURS, smallest)]
        if self._turned:
            found += [(box, 1) for box in self._boxes(PROFILE, grey, PROFILES, smallest)]
            mirrored = self._boxes(PROFILE, np.ascontiguousarray(grey[:, ::-1]), PROFILES, smallest)
            found += [((width - x - side, y, side), 1) for x, y, side in mirrored]
        faces = [self._face(grey, box) for box in agreed(found)]
        return sorted(faces, key=lambda face: (-face.side, face.y, face.x))

    def _face(self, grey: Array, box: tuple[int, int, int]) -> Face:
        x, y, side = box
        part = np.ascontiguousarray(grey[y : y + round(0.62 * side), x : x + side])
        eyes = self._boxes(EYE, part, 4, max(4, side // 8)) if min(part.shape) >= 20 else []
        middles = [(left + size / 2, top + size / 2) for left, top, size in eyes if size < 0.45 * side]
        return Face(x + side / 2, y + side / 2, side, lean(middles, side))

    def _boxes(self, name: str, grey: Array, neighbours: int, smallest: int) -> list[tuple[int, int, int]]:
        import cv2

        if not hasattr(self._own, name):
            folder = Path(cv2.__file__).parent / "data"  # of the wheel, which has no types
            setattr(self._own, name, cv2.CascadeClassifier(str(folder / f"{name}.xml")))
        cascade = getattr(self._own, name)
        boxes = cascade.detectMultiScale(grey, STEP, neighbours, minSize=(smallest, smallest))
        return sorted((int(x), int(y), int(side)) for x, y, side, _ in boxes)


class YuNet:
    """Faces and eyes by a small network, from its ONNX file."""

    def __init__(self, file: Path) -> None:
        """Raises InputError for a file that is no such network."""
        import cv2

        try:
            self._network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), LEAST_SCORE)
            self._network.detect(np.zeros((320, 320, 3), np.uint8))
        except cv2.error as error:
            raise InputError(f"{file}: is no YuNet in ONNX, which finds faces: give its .onnx file") from error
        self._lock = threading.Lock()

    def find(self, pixels: Array, smallest: int) -> list[Face]:
        """As `Cascades.find`."""
        height, width = pixels.shape[:2]
        with self._lock:
            self._network.setInputSize((width, height))
            _, rows = self._network.detect(np.ascontiguousarray(pixels[..., ::-1]))
        faces = []
        for x, y, wide, high, right_x, right_y, left_x, left_y, *_ in [] if rows is None else rows.tolist():
            if max(wide, high) >= smallest:
                angle = math.degrees(math.atan2(left_y - right_y, left_x - right_x))
                faces.append(Face(x + wide / 2, y + high / 2, max(wide, high), angle))
        return sorted(faces, key=lambda face: (-face.side, face.y, face.x))


def agreed(found: list[tuple[tuple[int, int, int], int]]) -> list[tuple[int, int, int]]:
    """The boxes (left, top, side) whose votes, with those of the boxes that overlap them, are two or more.

    >>> agreed([((0, 0, 10), 2), ((50, 0, 10), 1), ((52, 1, 10), 1), ((90, 0, 10), 1)])
    [(0, 0, 10), (50, 0, 10)]
    """
    kept: list[tuple[tuple[int, int, int], int]] = []
    for box, votes in sorted(found, key=lambda each: -each[1]):
        same = next((k for k, (other, _) in enumerate(kept) if shared(box, other) > BOTH), None)
        if same is None:
            kept.append((box, votes))
        else:
            kept[same] = kept[same][0], kept[same][1] + votes
    return [box for box, votes in kept if votes > 1]


def shared(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """The share of the smaller of two boxes (left, top, side) that both have."""
    wide, high = (max(0, min(one[k] + one[2], other[k] + other[2]) - max(one[k], other[k])) for k in (0, 1))
    return wide * high / min(one[2], other[2]) ** 2


def lean(eyes: list[tuple[float, float]], side: float) -> float | None:
    """The angle in degrees of the line through two eyes, downwards to the right; None without two that can be a pair.

    >>> lean([(10.0, 10.0), (40.0, 10.0), (25.0, 40.0)], 60), lean([(10.0, 10.0)], 60)
    (0.0, None)
    """
    pairs = [
        (abs(right[1] - left[1]), math.degrees(math.atan2(right[1] - left[1], right[0] - left[0])))
        for left in eyes
        for right in eyes
        if 0.25 * side < right[0] - left[0] < 0.65 * side
    ]
    likely = [angle for _, angle in sorted(pairs) if abs(angle) <= TILT]
    return likely[0] if likely else None
