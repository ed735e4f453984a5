"""What is varied, in families: each variant differs from the base in one thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Family = Literal[
    "architecture", "learning-rate", "beta1", "optimizer", "loss", "regularizer", "batch-norm", "batch-size"
]

BASE = "base"
SETTINGS: Mapping[Family, Mapping[str, Mapping[str, Any]]] = {
    "architecture": {
        # The appendix's network has no batch norm, and learns nothing from weights of .02.
        "report": {"architecture": "report", "initial": "glorot"},
        "perceptron": {"architecture": "perceptron"},
        "two streams": {"architecture": "two-streams"},
        "average head": {"head": "average"},
        "pooling": {"pooling": True},
        "dense layer": {"dense": 256},
    },
    "learning-rate": {"rate .00005": {"learning_rate": 5e-5}, "rate .001": {"learning_rate": 1e-3}},
    "beta1": {"beta1 0": {"beta1": 0.0}, "beta1 .9": {"beta1": 0.9}},
    # A step of SGD is as long as its gradient, and Adam's step size would move nothing.
    "optimizer": {"sgd": {"optimizer": "sgd", "learning_rate": 0.02}, "rmsprop": {"optimizer": "rmsprop"}},
    "loss": {
        "lsgan": {"loss": "lsgan"},
        "hinge": {"loss": "hinge"},
        # The penalty is of each picture by itself, which forbids batch norm; weights of .02 are too small without it.
        "wasserstein": {"loss": "wasserstein", "penalty": "interpolated", "batch_norm": "none", "initial": "he"},
    },
    "regularizer": {
        "dropout .4": {"dropout": 0.4},
        "l2 .0001": {"l2": 1e-4},
        "penalty R1": {"penalty": "real"},
        "spectral norm": {"spectral_norm": True},
    },
    "batch-norm": {
        "norm everywhere": {"batch_norm": "all"},
        "norm not affine": {"batch_norm": "no-affine"},
        "no norm": {"batch_norm": "none"},
    },
    "batch-size": {"batch 16": {"batch": 16}, "batch 128": {"batch": 128}},
}


@dataclass(frozen=True)
class Variant:
    """One training among all, and its settings beside the base's."""

    family: str
    label: str
    settings: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What is different about it."""
        return ", ".join(f"{name} {_word(value)}" for name, value in self.settings.items())


def variants(only: Collection[Family] = ()) -> list[Variant]:
    """The base, and all variants of these families; of none of them, of all.

    >>> [each.label for each in variants(["beta1"])]
    ['base', 'beta1 0', 'beta1 .9']
    """
    chosen = [Variant(BASE, BASE, {})]
    for family, members in SETTINGS.items():
        if not only or family in only:
            chosen += [Variant(family, label, settings) for label, settings in members.items()]
    return chosen


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
