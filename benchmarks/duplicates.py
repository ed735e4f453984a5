"""What `data dedup` finds of planted duplicates, beside perceptual hashes and network features; and how grouping grows.

    python benchmarks/duplicates.py planted SET [--base 20000] [--planted 300]    # needs ImageHash
    python benchmarks/duplicates.py grouping

Copies of some pictures are changed in one way each, and put behind the set, one way at a time.
"""

from __future__ import annotations

import argparse
import io
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from impasto.data.dataset import Pictures
from impasto.data.open import open_data
from impasto.features import load_network
from impasto.features.vectors import LayerMeans
from impasto.images import resize
from impasto.observers import Unobserved
from impasto.preparation.duplicate_pairs import Search
from impasto.preparation.duplicates import VIEW, Duplicates, codes_of
from impasto.preparation.duplicates_settings import DuplicatesConfig
from impasto.preparation.grouping import equal_codes

Array = np.ndarray
SIDE = 64  # at which the network sees a picture

CHANGES: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "copy": lambda picture, _: picture,
    "mirror": lambda picture, _: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "crop of 3 %": lambda picture, random: cropped(picture, 1, random),
    "crop of 6 %": lambda picture, random: cropped(picture, 2, random),
    "crop of 9 %": lambda picture, random: cropped(picture, 3, random),
    "JPEG 75": lambda picture, _: saved(picture, 75),
    "JPEG 50": lambda picture, _: saved(picture, 50),
    "JPEG 25": lambda picture, _: saved(picture, 25),
    "brightness 70 %": lambda picture, _: picture.point(lambda value: 0.7 * value),
    "brightness 90 %": lambda picture, _: picture.point(lambda value: 0.9 * value),
    "brightness 110 %": lambda picture, _: picture.point(lambda value: min(255, 1.1 * value)),
    "brightness 130 %": lambda picture, _: picture.point(lambda value: min(255, 1.3 * value)),
}


def cropped(picture: Image.Image, pixels: int, random: np.random.Generator) -> Image.Image:
    left, top = random.integers(0, pixels + 1, 2)
    width, height = picture.size
    box = (int(left), int(top), int(left) + width - pixels, int(top) + height - pixels)
    return picture.crop(box).resize(picture.size, Image.Resampling.BICUBIC)


def saved(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def image(pixels: Array) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def planted(pixels: Array, change: str) -> Array:
    random = np.random.default_rng(1)
    return np.stack([np.asarray(CHANGES[change](image(each), random)).transpose(2, 0, 1) for each in pixels])


Found = tuple[Array, Array]
"""For each planted picture the number of the one for which it goes, or -1; how many pictures of the set itself go."""


def ours(config: DuplicatesConfig, base: Array) -> Callable[[Array], tuple[Array, int]]:
    """By `data dedup`; its network learns of the set alone."""
    network = Duplicates(config)._trained(Pictures.of(torch.from_numpy(base)), Unobserved())

    def found(more: Array) -> tuple[Array, int]:
        data = Pictures.of(torch.from_numpy(np.concatenate([base, more])))
        mirrored = codes_of(network, len(data), data, mirrored=True) if config.mirrored else None
        goes = np.full(len(data), -1)
        for pair in Search(data, codes_of(network, len(data), data), mirrored, config).pairs():
            goes[pair.go] = pair.stay
        return goes[len(base) :], int((goes[: len(base)] >= 0).sum())

    return found


def by_distance(
    vectors: Callable[[Array], Array], base: Array, distances: Callable[[Array, Array], Array], most: float
) -> Callable[[Array], tuple[Array, int]]:
    """Everything within a distance of an earlier picture goes, which is found by comparing all with all."""
    known = vectors(base)
    go = 0
    for start in range(0, len(known), 500):
        rows = known[start : start + 500]
        near = distances(rows, known[: start + 500]) <= most
        go += int((near & (np.arange(near.shape[1]) < np.arange(start, start + len(rows))[:, None])).any(1).sum())

    def found(more: Array) -> tuple[Array, int]:
        apart = distances(vectors(more), known)
        return np.where(apart.min(1) <= most, apart.argmin(1), -1), go

    return found


def hashes(kind: str) -> Callable[[Array], Array]:
    import imagehash  # pip install ImageHash

    function = getattr(imagehash, kind)
    return lambda pixels: np.packbits([function(image(each)).hash.ravel() for each in pixels], 1).view(np.uint64)


def features(pixels: Array) -> Array:
    network = LayerMeans(load_network(), side=SIDE)
    found = [
        network(resize(torch.from_numpy(part).float() / 255, (SIDE, SIDE)))
        for part in np.array_split(pixels, -(-len(pixels) // 64))
    ]
    return np.asarray(torch.nn.functional.normalize(torch.cat(found)))


def bits_apart(one: Array, two: Array) -> Array:
    return np.bitwise_count(one ^ two.T)


def cosine_apart(one: Array, two: Array) -> Array:
    return 1 - one @ two.T


def rivals(base: Array) -> Iterator[tuple[str, Callable[[Array], tuple[Array, int]]]]:
    yield "data dedup", ours(DuplicatesConfig(), base)
    yield "data dedup --apart 0 --alike 0", ours(DuplicatesConfig(apart=0, alike=0), base)
    equal = DuplicatesConfig(apart=0, alike=0, mirrored=False)
    yield "the same --no-mirrored, as published", ours(equal, base)
    for kind in ("phash", "dhash", "average_hash"):
        vectors = hashes(kind)
        for most in (0, 4, 8):
            yield f"{kind}, {most} bits", by_distance(vectors, base, bits_apart, most)
    for most in (0.01, 0.03):
        yield f"features, cosine {1 - most}", by_distance(features, base, cosine_apart, most)


def compare(place: Path, count: int, few: int) -> None:
    data = open_data(place).dataset(VIEW)
    base = data.take(range(min(count, len(data)))).pictures.numpy().copy()
    chosen = np.random.default_rng(0).permutation(len(base))[:few]
    print(f"{len(base)} pictures, {few} planted of each kind")
    print("\t".join(["method", *CHANGES, "wrong", "of the set", "seconds"]), flush=True)
    more = {change: planted(base[chosen], change) for change in CHANGES}
    for name, found in rivals(base):
        started, row, wrong, go = time.process_time(), [], 0, 0
        for change in CHANGES:
            goes, go = found(more[change])
            # An original that is itself like an earlier picture of the set has that one's number.
            right = goes == chosen
            wrong += int(((goes >= 0) & ~right & ~same(base, goes, chosen)).sum())
            row.append(f"{((goes >= 0) & (right | same(base, goes, chosen))).mean():.3f}")
        seconds = (time.process_time() - started) / len(CHANGES)
        print("\t".join([name, *row, str(wrong), str(go), f"{seconds:.1f}"]), flush=True)


def same(base: Array, goes: Array, chosen: Array) -> Array:
    """Whether what a picture goes for is nearly its original: their greys correlate."""
    one, two = (base[np.maximum(each, 0)].mean(1).reshape(len(each), -1) for each in (goes, chosen))
    one, two = (each - each.mean(1, keepdims=True) for each in (one, two))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1) + 1e-9
    return np.maximum((one * two).sum(1) / lengths, 0) > 0.9


def grouping() -> None:
    """The time for codes of 128 bits, a twentieth of them twice."""
    random, least = np.random.default_rng(0), {}
    for count in (10**5, 10**6, 10**7):
        codes = random.integers(0, 2**64, (count, 2), dtype=np.uint64)
        codes[count // 2 : count // 2 + count // 20] = codes[: count // 20]
        times = []
        for _ in range(3 if count == 10**7 else 9):
            started = time.perf_counter()
            later, first = equal_codes(codes)
            times.append(time.perf_counter() - started)
        assert np.array_equal(later - count // 2, first)
        least[count] = min(times)
        print(f"{count:>10,} codes: {least[count]:.3f} s", flush=True)
    print(f"exponent from 10^5 to 10^7: {math.log10(least[10**7] / least[10**5]) / 2:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("planted")
    command.add_argument("set", type=Path)
    command.add_argument("--base", type=int, default=20_000)
    command.add_argument("--planted", type=int, default=300)
    commands.add_parser("grouping")
    words = parser.parse_args()
    grouping() if words.command == "grouping" else compare(words.set, words.base, words.planted)


if __name__ == "__main__":
    main()
