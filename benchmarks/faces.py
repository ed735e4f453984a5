"""How many faces are found of those that a person sees, and how many finds are none.

    python benchmarks/faces.py FOLDER BOXES.json [YUNET.onnx]

BOXES.json has the true boxes by the photo's name without its ending: {"group": [[left, top, width, height], ...]}.
A find is right if its middle is within .4 of the side of a true box's, and it is at most 2.2 times as large or small;
each true box counts once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from impasto.edges.gradient import Array
from impasto.images import read
from impasto.preparation.detectors import FRONT, OTHER, Cascades, Face, YuNet

SMALLEST = 24


def main() -> None:
    folder, boxes = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    photos = {name: (255 * read(folder / f"{name}.jpg")).round().byte().permute(1, 2, 0).numpy() for name in boxes}
    finders: dict[str, Callable[[Array], list[Face]]] = {
        "one cascade (default, 5 neighbours)": lambda photo: alone(OTHER, photo, 5),
        "one cascade (alt2, 3 neighbours)": lambda photo: alone(FRONT, photo, 3),
        "ours": lambda photo: Cascades(turned=False).find(np.ascontiguousarray(photo), SMALLEST),
        "ours, --turned": lambda photo: Cascades(turned=True).find(np.ascontiguousarray(photo), SMALLEST),
    }
    for file in sys.argv[3:]:
        finders[file] = partial(YuNet(Path(file)).find, smallest=SMALLEST)
    for name, find in finders.items():
        right = wrong = 0
        started = time.process_time()
        for photo, pixels in photos.items():
            hits = matched(find(pixels), boxes[photo])
            right, wrong = right + sum(hits), wrong + len(hits) - sum(hits)
        count = sum(map(len, boxes.values()))
        print(
            f"{name} | {right} of {count}, {wrong} wrong | {right / (right + wrong):.3f} | {right / count:.3f}"
            f" | {time.process_time() - started:.1f} s",
            flush=True,
        )


def alone(name: str, photo: Array, neighbours: int) -> list[Face]:
    """The faces of one cascade."""
    grey = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY)
    cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}{name}.xml")
    found = cascade.detectMultiScale(grey, 1.1, neighbours, minSize=(SMALLEST, SMALLEST))
    return [Face(x + side / 2, y + side / 2, side) for x, y, side, _ in found]


def matched(faces: list[Face], boxes: list[list[float]]) -> list[bool]:
    """Which of the faces are right."""
    left, hits = list(boxes), []
    for face in faces:
        near = [box for box in left if fits(face, box)]
        hits.append(bool(near))
        if near:
            left.remove(
                min(near, key=lambda box: abs(box[0] + box[2] / 2 - face.x) + abs(box[1] + box[3] / 2 - face.y))
            )
    return hits


def fits(face: Face, box: list[float]) -> bool:
    left, top, width, height = box
    side = max(width, face.side)
    near = abs(left + width / 2 - face.x) < 0.4 * side and abs(top + height / 2 - face.y) < 0.4 * side
    return near and side / min(width, face.side) < 2.2


if __name__ == "__main__":
    main()
