"""What can be chosen of a perceptual network, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from impasto.inputs import Input, Inputs, given_file

NetworkName = Literal["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "vgg16", "vgg19"]
Pool = Literal["max", "average"]
Padding = Literal["zero", "reflect", "replicate", "circular"]
WeightsName = Literal["auto", "random", "file"]

NETWORKS: tuple[NetworkName, ...] = get_args(NetworkName)

WEIGHTS = Input(
    "network_weights",
    "trained weights of the perceptual network, a PyTorch file",
    kind="file",
    flag="network_weights",
    optional=True,
    choice="file",
)
"""Goes with a config's field `network_weights: WeightsName`."""


def weights_of(choice: WeightsName, inputs: Inputs | None = None) -> str | Path:
    """The `weights` of `load_network`: the file that is given, or the choice.

    Without inputs, where a cost is foreseen, random ones stand for a file's: the cost does not depend on the numbers.
    """
    if choice != "file":
        return choice
    return "random" if inputs is None else given_file(inputs, "network_weights") or choice
