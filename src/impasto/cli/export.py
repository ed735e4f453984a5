"""`impasto export`: a network as a file that other programs run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.complaints import near
from impasto.cli.environment import runs_root
from impasto.cli.output import answer, say
from impasto.errors import InputError
from impasto.images.sizes import parse_size
from impasto.kinds import READY_MADE

app = App(name="export", help="Write a network as an ONNX file, checked in onnxruntime.")


@app.default
def export(
    what: Annotated[
        str, Parameter(help=f"{', '.join(READY_MADE)}, or the folder, name or part of it of a training run")
    ],
    *,
    onnx: Annotated[str, Parameter(help="file to write, such as style.onnx")],
    size: Annotated[
        str, Parameter(help="WIDTHxHEIGHT of the pictures; about, with --any-size (default: 512x512)")
    ] = "",
    any_size: Annotated[
        bool, Parameter(negative="", help="for pictures of any sizes; takes minutes, and --size says of about which")
    ] = False,
    runs: Annotated[str | None, Parameter(help="folder of the run folders (default: runs, or $IMPASTO_RUNS)")] = None,
    json: Annotated[bool, Parameter(negative="", help="one JSON object on standard output")] = False,
) -> None:
    """Write a network as an ONNX file. What onnxruntime makes of it is compared with PyTorch first."""
    from impasto.export import SIZE, exportable, exporters
    from impasto.export.onnx import require, write_onnx
    from impasto.images import check_place

    path = Path(onnx)
    if path.suffix != ".onnx":
        raise InputError(f"--onnx {onnx}: the file's name must end in .onnx")
    if not path.parent.is_dir():
        raise InputError(f"--onnx {onnx}: no such folder {path.parent}")
    check_place(path)
    if size and what not in READY_MADE:
        raise InputError(f"--size {size}: a trained network says itself which sizes it takes; leave --size out")
    if any_size and what not in READY_MADE:
        raise InputError("--any-size: a trained network says itself which sizes it takes; leave --any-size out")
    pictures = parse_size(size) if size else SIZE
    require("onnx", "onnxscript", "onnxruntime")
    if what in READY_MADE:
        _check_size(f"style {what}", pictures)
        say(f"about {'3 min' if any_size else '20 s'}")
        network = exportable(what, size=pictures, any_size=any_size)
    else:
        from impasto.runs.model import find_trained, read_model

        try:
            run = find_trained(what, runs_root(runs), list(exporters()))
        except InputError as error:
            raise InputError(f"{error}{near(what, READY_MADE)}") from None
        model = read_model(run)
        network = exportable(model.kind, model)
    difference = write_onnx(network, path)
    sides: dict[str, list[int | str]] = {name: list(tensor.shape) for name, tensor in network.inputs.items()}
    for name, steps in network.steps.items():
        for dimension, step in steps.items():
            sides[name][dimension] = f"multiple of {step} from {2 * step}" if step > 1 else "any"
    if json:
        answer({"onnx": str(path), "inputs": sides, "output": network.output, "difference": difference})
        return
    shapes = "; ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in sides.items())
    say(f"{path}: {shapes}; at most {difference:.1e} away from PyTorch")


def _check_size(method: str, size: tuple[int, int]) -> None:
    """Raise InputError if pictures of that size are too many for the method, which the check runs once."""
    from impasto.registry import method as find_method
    from impasto.runs.limits import check_memory, check_pixels

    kind = find_method(method)
    config = kind.Config(size=f"{size[0]}x{size[1]}")  # type: ignore[call-arg]
    forecast = kind(config).forecast({"content": [size], "style": [size]})
    if forecast is not None:
        check_pixels(forecast)
        check_memory(forecast)
