"""`impasto export`: a network as a file that other programs run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.environment import runs_root
from impasto.cli.speech import answer, say
from impasto.errors import InputError
from impasto.export import NAMES
from impasto.images.sizes import parse_size

app = App(name="export", help="Write a network as an ONNX file, checked in onnxruntime.")


@app.default
def export(
    what: Annotated[str, Parameter(help=f"{', '.join(NAMES)}, or the folder, name or part of it of a training run")],
    *,
    onnx: Annotated[str, Parameter(help="file to write, such as style.onnx")],
    size: Annotated[str, Parameter(help="WIDTHxHEIGHT, for what is written for one size (default: 512x512)")] = "",
    runs: Annotated[str | None, Parameter(help="folder of the run folders (default: runs, or $IMPASTO_RUNS)")] = None,
    json: Annotated[bool, Parameter(negative="", help="one JSON object on standard output")] = False,
) -> None:
    """Write a network as an ONNX file. What onnxruntime makes of it is compared with PyTorch first."""
    from impasto.export import SIZE, exportable
    from impasto.export.onnx import require, write_onnx

    path = Path(onnx)
    if path.suffix != ".onnx":
        raise InputError(f"--onnx {onnx}: the file's name must end in .onnx")
    if not path.parent.is_dir():
        raise InputError(f"--onnx {onnx}: no such folder {path.parent}")
    require("onnx", "onnxscript", "onnxruntime")
    pictures = parse_size(size) if size else SIZE
    if what in NAMES:
        network = exportable(what, size=pictures)
    else:
        from impasto.runs.model import find_trained, from_bytes, model_of

        run = find_trained(what, runs_root(runs))
        file = model_of(run)
        model = from_bytes(file.read_bytes(), str(file))
        network = exportable(model.kind, model)
    difference = write_onnx(network, path)
    sides: dict[str, list[int | str]] = {name: list(tensor.shape) for name, tensor in network.inputs.items()}
    for name, steps in network.steps.items():
        for dimension, step in steps.items():
            sides[name][dimension] = f"multiple of {step}" if step > 1 else "any"
    if json:
        answer({"onnx": str(path), "inputs": sides, "output": network.output, "difference": difference})
        return
    shapes = "; ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in sides.items())
    say(f"{path}: {shapes}; at most {difference:.1e} away from PyTorch")
