"""What each method foresees against what it then takes, for the cases of the tests (`tests/tiny.py`) made larger.

    python benchmarks/forecasts.py --size 192 --threads 2
    python benchmarks/forecasts.py --only "style gatys" "vary patches: mask" --size 256

The pictures have that many pixels on their long side, and each method its defaults; what trains, and the experiments,
keep their tiny settings, but train for longer; everything is as the tests have it with `--tiny`. Each case has run once
before, tiny, so that nothing is compiled or imported while it is timed. Told are seconds of wall time; a forecast is
meant to be within a factor of three on a quiet machine, or within half a second, which nobody plans for.
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

TINY = ("train", "experiment", "measure sets")  # groups of methods, and methods, that keep their tiny settings
LONGER = {
    "train texture-network": {"steps": 60},
    "train style-network": {"steps": 60},
    "train dcgan": {"pictures": 600, "sheet_every": 100, "measure_every": 100},
}
FACTOR, NEGLIGIBLE = 3, 0.5


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
    wrong = count = 0
    for case in CASES:
        if given.only and case.name not in given.only:
            continue
        perform(case.job(tiny))
        if given.tiny or case.method.startswith(TINY):
            longer = {} if given.tiny else LONGER.get(case.method, {})
            foreseen, taken = measured(replace(case, config={**case.config, **longer}), tiny)
        else:
            foreseen, taken = measured(replace(case, config={}), large)
        if foreseen is None:
            print(f"{case.name:32} {'-':>10} {taken:10.2f}", flush=True)
            continue
        right = foreseen / FACTOR <= taken <= foreseen * FACTOR or abs(foreseen - taken) < NEGLIGIBLE
        wrong, count = wrong + (not right), count + 1
        print(
            f"{case.name:32} {foreseen:10.2f} {taken:10.2f} {taken / foreseen:7.2f}{'' if right else ' !'}", flush=True
        )
    print(f"{wrong} of {count} are not within a factor of {FACTOR}")


def measured(case: Case, place: Place) -> tuple[float | None, float]:
    """The seconds that a run is said to take, and those that it takes."""
    job = case.job(place)
    started = time.perf_counter()
    perform(job)
    return job.forecast and job.forecast.seconds, time.perf_counter() - started


if __name__ == "__main__":
    main()
