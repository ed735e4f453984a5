"""What each method foresees against what it then takes, for the cases of the tests (`tests/tiny.py`) made larger.

    python benchmarks/forecasts.py --size 192 --threads 2
    python benchmarks/forecasts.py --only "style gatys" "vary patches: mask" --size 256

The pictures have that many pixels on their long side, and each method its defaults; what trains, and the experiments,
keep their tiny settings, and so does everything with `--tiny`. Each case has run once before, tiny, so that nothing is
compiled or imported while it is timed. Told are seconds of wall time; a forecast is meant to be within a factor of
three on a quiet machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from impasto.images import fit_long_side, read, resize, write
from impasto.runs.execute import perform

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from tiny import CASES, PICTURES, Case, Place

TINY = ("train", "experiment")  # groups of methods that keep their tiny settings
FACTOR = 3


class Enlarged(Place):
    """The same things with larger pictures."""

    def __init__(self, folder: Path, size: int) -> None:
        super().__init__(folder)
        self._size = size

    def path(self, thing: str) -> Path:
        new = not (self.folder / thing).exists()
        path = super().path(thing)
        if new and thing in PICTURES:
            picture = read(path)
            write(resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), self._size)), path)
        return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="names of cases (default: all)")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="everything as the tests have it")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        tiny, large = (Path(folder) / name for name in ("tiny", "large"))
        for each in (tiny, large):
            each.mkdir()
        compare(given, Place(tiny), Place(tiny) if given.tiny else Enlarged(large, given.size))


def compare(given: argparse.Namespace, tiny: Place, large: Place) -> None:
    """Print a line for each case, and how many forecasts were wrong."""
    print(f"{'case':32} {'foreseen s':>10} {'taken s':>10} {'ratio':>7}")
    ratios = []
    for case in CASES:
        if given.only and case.name not in given.only:
            continue
        perform(case.job(tiny))
        keeps = given.tiny or case.method.split()[0] in TINY
        foreseen, taken = measured(case, tiny) if keeps else measured(replace(case, config={}), large)
        if foreseen is None:
            print(f"{case.name:32} {'-':>10} {taken:10.2f}", flush=True)
            continue
        ratios.append(taken / foreseen)
        print(f"{case.name:32} {foreseen:10.2f} {taken:10.2f} {ratios[-1]:7.2f}", flush=True)
    wrong = sum(not 1 / FACTOR <= ratio <= FACTOR for ratio in ratios)
    print(f"{wrong} of {len(ratios)} are not within a factor of {FACTOR}")


def measured(case: Case, place: Place) -> tuple[float | None, float]:
    """The seconds that a run is said to take, and those that it takes."""
    job = case.job(place)
    started = time.perf_counter()
    perform(job)
    return job.forecast and job.forecast.seconds, time.perf_counter() - started


if __name__ == "__main__":
    main()
