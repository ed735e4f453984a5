"""report.html: one self-contained page about a run."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ValidationError

from impasto.errors import InputError
from impasto.images.encode import encode
from impasto.images.read import read
from impasto.images.resize import reduced
from impasto.images.write import write_atomically
from impasto.runs.curves import loss_curves
from impasto.runs.folder import RunFolder
from impasto.runs.limits import duration
from impasto.runs.losses import read_losses
from impasto.runs.model import model_file, uses_of
from impasto.runs.products import FINDINGS
from impasto.runs.recipe import RunRecord, as_utf8, own_name
from impasto.runs.recorder import NUMBERED, PREVIEWS
from impasto.runs.seal import is_ours
from impasto.runs.sources import kept
from impasto.video import Clip

if TYPE_CHECKING:
    from jinja2 import Template

SIDE = 512  # pixels of the longer side of a picture in the page; the output is shown whole
THUMB = 160


def write_report(folder: RunFolder) -> Path:
    """Write the page from what the run's folder holds."""
    record = folder.read()
    found = _findings(folder)
    pictures = [name for name in record.files if name.endswith(".png") and "/" not in name]
    previews = []
    for path in sorted(folder.previews.glob(NUMBERED)):
        with suppress(InputError):  # a damaged one is left out
            thumb = encode(reduced(read(path), THUMB), "jpeg", quality=85)
            previews.append({"caption": f"{int(path.stem) * 100 // PREVIEWS} %", "data": _data_url(thumb, "jpeg")})
    html = _page().render(
        record=record,
        name=folder.name,
        seconds=duration(record.seconds),
        inputs=_inputs(record, folder),
        outputs=_inlined(folder, [{"name": name, "caption": name} for name in pictures], ""),
        pieces=_links(record.pieces) if is_ours(record) else [],
        findings=found,
        figures=_inlined(folder, found["figures"], "figures/{}.png"),
        previews=previews,
        losses=_charts(read_losses(folder.losses)),
        measures=_charts(read_losses(folder.measures)),
        again=_again(record, folder),
    )
    write_atomically(folder.report, as_utf8(html).encode())
    return folder.report


@cache
def _page() -> Template:
    """The page of a run; what fills it in takes time to load."""
    from jinja2 import Environment, PackageLoader

    pages = Environment(loader=PackageLoader("impasto.runs"), autoescape=True, keep_trailing_newline=True)
    return pages.get_template("report.html")


class _Table(BaseModel):
    name: str
    caption: str = ""
    columns: list[dict[str, str]]
    cells: list[list[str]]


class _Findings(BaseModel):
    title: str = ""
    question: str = ""
    tables: list[_Table] = []
    figures: list[dict[Literal["name", "caption"], str]] = []


def _findings(folder: RunFolder) -> dict[str, Any]:
    """The tables of a run, as they are shown, and its figures; without any if it made none, or they are damaged."""
    path = folder.path / FINDINGS
    try:
        return _Findings.model_validate_json(path.read_bytes() if path.is_file() else "{}").model_dump()
    except ValidationError:
        return _Findings().model_dump()


def _links(places: Sequence[str]) -> list[dict[str, str]]:
    return [{"name": Path(place).name, "link": Path(place).absolute().as_uri()} for place in places]


def _again(record: RunRecord, folder: RunFolder) -> str:
    """The commands that go on from here."""
    stopped = record.state != "done"
    lines = [f"impasto runs resume {folder.path}" if stopped else f"impasto runs repeat {folder.path} -o again.png"]
    if model_file(folder.path).is_file():
        lines += uses_of(folder.path)
    return "\n".join(lines)


def _inputs(record: RunRecord, folder: RunFolder) -> list[dict[str, str]]:
    """A small picture of each input that is one; one whose copy is damaged is left out."""
    shown = []
    for each in record.inputs:
        if each.kind not in ("picture", "clip") or not each.copy_path:
            continue
        try:
            given = kept([each], folder.path)[0].open(record.background)
            image = next(given.frames()) if isinstance(given, Clip) else given
        except InputError:
            continue
        assert isinstance(image, torch.Tensor)
        where = Path(each.path).name or "from memory"
        caption = f"{'standard input' if where == '-' else where}, {each.size[0]}x{each.size[1]}"
        data = _data_url(encode(reduced(image, SIDE), "jpeg", quality=88), "jpeg")
        shown.append({"name": each.name, "caption": caption, "data": data})
    return shown


def _inlined(folder: RunFolder, pictures: Sequence[Mapping[str, str]], place: str) -> list[dict[str, str]]:
    """PNG files with their bytes inside the page."""
    found = []
    for picture in pictures:
        try:
            path = folder.path / own_name(place.format(picture["name"]) or picture["name"])
        except ValueError as error:
            raise InputError(f"{folder.path / FINDINGS}: {error}") from error
        if path.is_file():
            found.append({**picture, "data": _data_url(path.read_bytes(), "png")})
    return found


def _charts(columns: Mapping[str, Sequence[float]]) -> list[str]:
    """The columns of losses.csv or measures.csv over the steps: a chart for each group, the words before a "/"."""
    names = [name for name in columns if name != "step"]
    grouped = any("/" in name for name in names)
    groups: dict[str, dict[str, Sequence[float]]] = {}
    for name in names:
        group = name.partition("/")[0] if grouped else ""
        groups.setdefault(group, {})[name] = columns[name]
    charts = [loss_curves({"step": columns["step"], **curves}) for curves in groups.values()]
    return [chart for chart in charts if chart]


def _data_url(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
