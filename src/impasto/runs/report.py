"""report.html: one self-contained page about a run."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from impasto.images.encode import encode
from impasto.images.read import read
from impasto.images.resize import resize
from impasto.images.sizes import fit_long_side
from impasto.images.write import write_atomically
from impasto.runs.folder import RunFolder
from impasto.runs.losses import read_losses
from impasto.runs.model import model_file, use_of
from impasto.runs.recipe import as_utf8
from impasto.runs.sources import from_copies

SIDE = 512  # pixels of the longer side of a picture in the page; the output is shown whole
THUMB = 160
INK = "#010203"  # stands for the page's own ink in matplotlib's SVG


def write_report(folder: RunFolder) -> Path:
    """Write the page from what the run's folder holds."""
    from jinja2 import Environment, PackageLoader

    record = folder.read()
    inputs = []
    for source in from_copies([it for it in record.inputs if it.copy_path and not it.model], folder.path):
        width, height = source.record.size
        where = Path(source.record.path).name or "from memory"
        picture = encode(_small(source.tensor(record.background), SIDE), "jpeg", quality=88)
        caption = f"{'standard input' if where == '-' else where}, {width}x{height}"
        inputs.append({"name": source.record.name, "caption": caption, "data": _data_url(picture, "jpeg")})
    outputs = [
        {"name": name, "caption": name, "data": _data_url((folder.path / name).read_bytes(), "png")}
        for name in record.files
        if name.endswith(".png") and (folder.path / name).is_file()
    ]
    previews = []
    for path in sorted(folder.previews.glob("*.png")):
        thumb = encode(_small(read(path), THUMB), "jpeg", quality=85)
        previews.append({"caption": f"{int(path.stem) * 10} %", "data": _data_url(thumb, "jpeg")})
    stopped = record.state != "done"
    again = f"impasto runs resume {folder.path}" if stopped else f"impasto runs repeat {folder.output} -o again.png"
    if model_file(folder.path).is_file():
        again += f"\n{use_of(record.method, folder.path)}"
    page = Environment(loader=PackageLoader("impasto.runs"), autoescape=True, keep_trailing_newline=True)
    html = page.get_template("report.html").render(
        record=record,
        name=folder.name,
        seconds=_duration(record.seconds),
        inputs=inputs,
        outputs=outputs,
        previews=previews,
        curves=loss_curves(read_losses(folder.losses)),
        again=again,
    )
    write_atomically(folder.report, as_utf8(html).encode())
    return folder.report


def loss_curves(losses: Mapping[str, Sequence[float]]) -> str:
    """The losses over the steps as inline SVG, logarithmic where all values are above 0; "" without at least two."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    steps = losses["step"]
    curves = {name: values for name, values in losses.items() if name != "step"}
    if len(steps) < 2 or not curves:
        return ""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for name, values in curves.items():
        axes.plot(steps, values, label=name, linewidth=1.6)
    finite = [value for values in curves.values() for value in values if math.isfinite(value)]
    if finite and min(finite) > 0:
        axes.set_yscale("log")
    axes.set_xlabel("step", color=INK)
    axes.tick_params(colors=INK, which="both")
    axes.grid(alpha=0.2, color=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.legend(frameon=False, labelcolor=INK)
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    svg = stream.getvalue()
    return svg[svg.index("<svg") :].replace(INK, "currentColor")


def _small(image: torch.Tensor, side: int) -> torch.Tensor:
    width, height = image.shape[-1], image.shape[-2]
    return image if max(width, height) <= side else resize(image, fit_long_side((width, height), side))


def _data_url(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
