"""Write a network as an ONNX file, and check it in onnxruntime against PyTorch."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.errors import InputError
from impasto.export import Exportable
from impasto.images.write import write_atomically

OPSET = 18
TOLERANCE = 1e-3
LARGEST = 8192  # of a side that may have any size


def to_onnx(network: Exportable) -> bytes:
    """The network as an ONNX model. Raises InputError if the extra `export` is not installed."""
    require("onnx", "onnxscript")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = logging.getLogger("torch.onnx").level
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it says what torchvision could do if it were here
        try:
            program: Any = torch.onnx.export(
                network.module.eval(),
                tuple(network.inputs.values()),
                input_names=list(network.inputs),
                output_names=[network.output],
                dynamic_shapes=_shapes(network) if network.steps else None,
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
                optimize=False,
                custom_translation_table=dict(network.translations),
            )
        finally:
            logging.getLogger("torch.onnx").setLevel(level)
    _tidy(program.model)
    data: bytes = program.model_proto.SerializeToString()
    return data


def _tidy(model: Any) -> None:
    """Fold what is constant, and drop what is doubled or unused, in a graph as PyTorch wrote it.

    PyTorch's own way also tries hundreds of patterns at each node, twice. onnxruntime has patterns of its own for when
    a file is opened: the result was as fast with these alone (10 ms, `style fast` at 64 px), written in half the time.
    """
    import onnxscript.optimizer
    from onnx_ir import passes
    from onnx_ir.passes import common

    onnxscript.optimizer.fold_constants(model)
    passes.Sequential(
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.LiftSubgraphInitializersToMainGraphPass(),  # of loops; onnxruntime warns of those it has no use for
        common.DeduplicateInitializersPass(),
        common.CommonSubexpressionEliminationPass(),
        common.RemoveUnusedNodesPass(),
        common.NameFixPass(),  # PyTorch's names are doubled here and there
    )(model)


def check(data: bytes, network: Exportable, inputs: Mapping[str, Tensor]) -> float:
    """The largest difference, anywhere, between what onnxruntime and PyTorch make of the inputs.

    Raises InputError if it is more than `TOLERANCE`.
    """
    require("onnxruntime")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it would report to its makers, and leave a file in TMPDIR
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    found = session.run([network.output], {name: it.numpy() for name, it in inputs.items()})[0]
    with torch.inference_mode():
        expected = network.module(*inputs.values())
    difference = float((torch.from_numpy(found) - expected).abs().max())
    if not difference <= TOLERANCE:
        raise InputError(f"onnxruntime gives values {difference:.1e} away from PyTorch's; the model is not written")
    return difference


def write_onnx(network: Exportable, path: Path) -> float:
    """Write the network where `path` says, once it is checked; returns the largest difference that was found.

    It is checked with the example, and with larger ones where sides may have any size.
    """
    data = to_onnx(network)
    difference = max(check(data, network, inputs) for inputs in (network.inputs, *_larger(network)))
    write_atomically(path, data)
    return difference


def _larger(network: Exportable) -> list[dict[str, Tensor]]:
    """Other inputs, a step larger along each side that may have any size; none if there is no such."""
    if not network.steps:
        return []
    found = {}
    for name, example in network.inputs.items():
        steps = network.steps.get(name, {})
        more = [steps.get(dimension, 0) for dimension in range(example.ndim)]
        found[name] = torch.nn.functional.pad(example, [it for side in more[:1:-1] for it in (0, side)], mode="reflect")
    return [found]


def require(*modules: str) -> None:
    """Raise InputError, with the mend, if a module is not installed."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise InputError(f"export needs {' and '.join(missing)}: pip install 'impasto[export]'")


def _shapes(network: Exportable) -> tuple[dict[int, Any], ...]:
    """How each input's sides may change, as `torch.export` takes it."""
    shapes = []
    for number, name in enumerate(network.inputs):
        sides = {}
        for dimension, step in network.steps.get(name, {}).items():
            count = torch.export.Dim(f"side_{number}_{dimension}", min=2, max=LARGEST // step)
            sides[dimension] = step * count if step > 1 else count
        shapes.append(sides)
    return tuple(shapes)
