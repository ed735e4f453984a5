"""What a step tells of the work that is done: with it the time left is right though fine steps take longer."""

from __future__ import annotations

import pytest

from impasto.images import resize
from impasto.observers import Step, Unobserved
from impasto.registry import method
from impasto.samples.drawings import drawing

RANDOM = {"network_weights": "random"}
RUNS = {
    "texture gram": {"scales": 2, "iterations": (4,), "size": "48x48", **RANDOM},
    "texture kwatra": {"size": "128x128"},
    "texture patches": {"size": "64x64"},
    "texture sliced-patches": {"size": "64x64", "steps": 4},
    "texture quilt": {"size": "64x64"},
    "reconstruct style": {"layers": ("stem", "e1"), "scales": 2, "iterations": (3,), "size": "48", **RANDOM},
}


class Noting(Unobserved):
    def __init__(self) -> None:
        self.done = [0.0]

    def step(self, step: Step) -> None:
        self.done.append(step.done)


@pytest.mark.parametrize("name", RUNS)
def test_shares_rise_to_1_and_fine_steps_are_larger_than_coarse_ones(name):
    kind, observer = method(name), Noting()
    picture = resize(drawing("pebbles", 128), (96, 96))
    config = kind.Config(**RUNS[name])
    kind(config).run({kind.inputs[0].name: [picture]}, observer)
    shares = [after - before for before, after in zip(observer.done, observer.done[1:], strict=False)]
    assert all(share > 0 for share in shares)
    assert observer.done[-1] == 1
    if name != "texture quilt":  # in one pass
        assert max(shares) > 1.5 * min(shares)
