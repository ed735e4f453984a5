"""Vectors of pictures by any network in an ONNX file, such as Inception."""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from impasto.errors import InputError
from impasto.images.sources import file_bytes

Values = Literal["0..1", "-1..1", "0..255", "imagenet"]
"""What a network's pictures are: values in a range, or those of [0, 1] less the mean of ImageNet over its deviation."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's R, G and B
TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
MOST_DIMENSIONS = 8192  # a covariance of more is half a gigabyte


class OnnxVectors:
    """What the first output of an ONNX file says of a picture; of features (N, D, h, w) their means."""

    def __init__(self, path: Path, *, layer: str = "", side: int = 0, values: Values = "0..1") -> None:
        """`side` is needed only where the file leaves it open; then it is by default 299, Inception's.

        Raises InputError if onnxruntime is not installed, the file is no network that takes pictures in RGB, or a layer
        of it is asked for.
        """
        if layer:
            raise InputError(f"layer {layer!r}: an ONNX file has no layers to choose from; leave --layer out")
        self._session, data = _session(path)
        taken = self._session.get_inputs()
        if len(taken) != 1 or len(taken[0].shape) != 4 or 3 not in (taken[0].shape[1], taken[0].shape[3]):
            shapes = ", ".join(f"{each.name} {each.shape}" for each in taken)
            raise InputError(
                f"{path}: must take one batch of RGB pictures, (N, 3, H, W) or (N, H, W, 3); it takes {shapes}"
            )
        if taken[0].type not in TYPES:
            raise InputError(f"{path}: takes {taken[0].type}; it must be one of {', '.join(TYPES)}")
        self._path, self._name = path, taken[0].name
        self._type: torch.dtype = getattr(torch, TYPES[taken[0].type])
        self._last = taken[0].shape[1] != 3  # the channels
        batch, *sides = (taken[0].shape[number] for number in ((0, 1, 2) if self._last else (0, 2, 3)))
        self._batch = batch if isinstance(batch, int) else 0  # 0: any
        self.fixed = any(isinstance(each, int) for each in sides)  # whether all pictures must have that side
        self.side = _side(path, sides, side)
        self.values: Values = "0..255" if self._type == torch.uint8 else values
        self.dimensions = self(torch.zeros(1, 3, self.side, self.side)).shape[1]
        digest = hashlib.sha256(data).hexdigest()
        output = self._session.get_outputs()[0].name
        self.facts: dict[str, Any] = {
            **{"network": path.name, "source": "ONNX file", "sha256": digest, "layer": output},
            **{"side": self.side, "values": self.values, "dimensions": self.dimensions},
        }

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """The vectors (N, D), float32, of pictures (N, 3, side, side) in [0, 1]. Or raises InputError."""
        count = len(pictures)
        if self._batch and count % self._batch:  # a network of so many at a time: the last are filled up
            more = pictures[-1:].expand(self._batch - count % self._batch, -1, -1, -1)
            pictures = torch.cat([pictures, more])
        parts = torch.split(pictures, self._batch or max(1, count))
        return torch.cat([self._vectors(part) for part in parts])[:count]

    def maps(self, picture: torch.Tensor) -> torch.Tensor:
        """The features (D, h, w), float32, of one picture (3, H, W) in [0, 1]. Or raises InputError."""
        found = self._output(picture.expand(self._batch or 1, -1, -1, -1))
        if found.ndim != 4:
            raise InputError(
                f"{self._path}: says {tuple(found.shape)} of pictures; features of each place are wanted, "
                "(N, D, h, w): take a file that ends in a convolution"
            )
        return found[0]

    def _vectors(self, pictures: torch.Tensor) -> torch.Tensor:
        found = self._output(pictures)
        if found.ndim == 4:
            found = found.mean((2, 3))
        if found.ndim != 2 or len(found) != len(pictures) or not 1 <= found.shape[1] <= MOST_DIMENSIONS:
            raise InputError(
                f"{self._path}: its first output must be (N, D) or (N, D, h, w) with D up to {MOST_DIMENSIONS}, "
                f"got {tuple(found.shape)}"
            )
        return found

    def _output(self, pictures: torch.Tensor) -> torch.Tensor:
        """The first output as it is; of features, with the channels before the places."""
        given = scaled(pictures, self.values).to(self._type)
        given = given.permute(0, 2, 3, 1).contiguous() if self._last else given.contiguous()
        try:
            output = self._session.run(None, {self._name: given.numpy()})[0]
        except Exception as error:  # onnxruntime's own kinds, which have no common name
            raise InputError(f"{self._path}: does not run: {_first_line(error)}") from error
        found = torch.as_tensor(output).float()
        return found.permute(0, 3, 1, 2) if found.ndim == 4 and self._last else found


def scaled(pictures: torch.Tensor, values: Values) -> torch.Tensor:
    """Pictures (N, 3, H, W) in [0, 1] as a network wants them."""
    assert values in get_args(Values)
    if values == "imagenet":
        mean, deviation = (torch.tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
        return (pictures - mean) / deviation
    return {"0..1": pictures, "-1..1": 2 * pictures - 1, "0..255": (255 * pictures).round()}[values]


def _session(path: Path) -> tuple[Any, bytes]:
    """The file, ready to run, and its bytes. Only these are read: no weights that it may say lie elsewhere."""
    if find_spec("onnxruntime") is None:
        raise InputError("a network in an ONNX file needs onnxruntime: pip install 'impasto[export]'")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it would report to its makers, and leave a file in TMPDIR
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # what is wrong comes as an error
    data = file_bytes(path)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]), data
    except Exception as error:
        raise InputError(f"{path}: is no ONNX file that onnxruntime can run: {_first_line(error)}") from error


def _side(path: Path, sides: list[Any], wanted: int) -> int:
    """The side of the square that a network sees."""
    fixed = {side for side in sides if isinstance(side, int) and side > 0}
    if len(fixed) > 1:
        raise InputError(f"{path}: takes pictures of {sides[1]}x{sides[0]}; only squares are made")
    side = next(iter(fixed), wanted or 299)
    if wanted and side != wanted:
        raise InputError(f"{path}: takes pictures of {side} pixels a side; leave --side out")
    return int(side)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
