"""What somebody, or a bad disk, has changed in a run's folder: one line with the file's name, or it is left out."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from impasto.cli.app import run
from impasto.errors import InputError
from impasto.images import read_recipe
from impasto.model import Model
from impasto.runs.folder import RunFolder
from impasto.runs.losses import LossTable, read_losses
from impasto.runs.model import from_bytes, to_bytes

BEGIN = [
    "texture",
    "drift",
    "plaster.png",
    "--steps",
    "4",
    "--threads",
    "1",
    "-q",
    "-o",
    "out.png",
    "--out",
    "runs/some",
]

Go = Callable[..., tuple[int, str]]


@pytest.fixture
def go(tmp_path, monkeypatch, capsys) -> Go:
    """Run a command in the test's folder; its status, and what it said on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPASTO_CHECKPOINT_STEPS", "2")

    def call(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return run([*words]), capsys.readouterr().err

    return call


@pytest.fixture
def killed(go, plaster, tmp_path, monkeypatch) -> Path:
    """A run that was stopped before its picture was written, with checkpoints."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("impasto.runs.execute.write_own", stop)
        status, _ = go(*BEGIN)
    assert status == 130
    return tmp_path / "runs" / "some"


TABLES = {
    "bytes": b"\xff\xfe\n",
    "another first column": b"x,y\n1,2\n",
    "no names": b",,,\n,,,\n",
    "a superscript for a step": "step,loss\n²,1\n".encode(),
    "a word for a loss": b"step,loss\n1,x\n",
    "too many values": b"step,loss\n1,2,3,4\n",
    "a quote that never ends": b'step,loss\n"1,2\n3\n',
    "a step of thousands of digits": b"step,loss\n" + b"9" * 5000 + b",1\n",
    "a name twice": b"step,step\n1,2\n",
    "a mark before it": b"\xef\xbb\xbfstep,loss\n1,2\n",
    "a field beyond the limit": b"step," + b"x" * 200_000 + b"\n1,2\n",
    "nothing": b"",
    "null": b"\0\n",
}


@pytest.mark.parametrize("name", ["losses.csv", "measures.csv"])
def test_a_damaged_table_is_left_out_and_the_run_goes_on(go, killed, tmp_path, name):
    for number, (kind, data) in enumerate(TABLES.items()):
        (killed / name).write_bytes(data)
        assert read_losses(killed / name)["step"] == [], kind
        assert go("runs", "report", "runs/some") == (0, ""), kind
        if number % 3 == 0:
            again = tmp_path / "runs" / f"some-{number}"
            shutil.copytree(killed, again)
            assert go("runs", "resume", str(again), "-q") == (0, ""), kind
            assert len(read_losses(again / "losses.csv")["step"]) < 9, kind


def test_the_whole_rows_of_a_damaged_table_stay(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_bytes(b"step,a,b\n1,0.5,2\n2,x,2\n3,0.25\n4,0.125,\n2,9,9\nnan,1,1\n5,1e3,nan\n6,7")
    assert read_losses(path)["step"] == [1, 4, 5]
    table = LossTable(path, done=4)
    table.append(5, {"a": 1.0, "c": 3.0})
    table.close()
    assert read_losses(path)["a"] == [0.5, 0.125, 1.0]


@pytest.mark.parametrize("name", ["losses.csv", "checkpoint/00000004.safetensors", "previews/0002.png", "run.json"])
@pytest.mark.parametrize("how", ["folder", "link to itself"])
def test_what_is_no_file_at_all_is_told_by_its_name_or_left_out(go, killed, name, how):
    path = killed / name
    path.unlink()
    path.mkdir() if how == "folder" else path.symlink_to(path.name)
    status, said = go("runs", "resume", "runs/some", "-q")
    assert (status, said) == (0, "") or (status == 2 and said.count("\n") == 1 and "runs" in said)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "3", '{"figures": 3}', '{"tables": [1]}', '{"tables": [{"name": "a"}]}', "[" * 9000, "\udcff"],
)
@pytest.mark.parametrize("name", ["tables.json", "previews/0001.png", "previews/x.png"])
def test_damaged_findings_and_previews_are_left_out_of_the_report(go, killed, name, text):
    (killed / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert go("runs", "report", "runs/some") == (0, "")
    assert (killed / "report.html").stat().st_size > 1000


WRONG = [None, 3.5, "x", [], {"a": 1}, True, 10**30, math.nan, -math.inf, "\ud800"]


def fields(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything in a JSON value."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from fields(value[key], (*path, key))


def changed(record: Any, path: tuple[Any, ...], value: object) -> Any:
    found = inner = json.loads(json.dumps(record))
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


def test_a_record_with_any_field_of_a_wrong_type_is_told_by_its_name_or_shown(go, killed, capsys):
    whole = json.loads((killed / "run.json").read_text())
    ways = [way for way in fields(whole) if way[0] not in ("versions", "config") or len(way) == 1]
    assert len(ways) > 20
    for way, value in product(ways, WRONG):
        (killed / "run.json").write_text(json.dumps(changed(whole, way, value)))
        status, said = go("runs", "show", "runs/some")
        assert status in (0, 2), (way, value, said)
        assert said == "" if status == 0 else said.startswith("impasto: runs/some/run.json: cannot be read"), way
        assert go("runs", "list", "--json")[0] == 0
        if status == 0:
            RunFolder(killed).update(error=None)  # what can be read can be written


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("config", "steps"), 10**30),
        (("config", "layers"), 3),
        (("config", "nothing"), 1),
        (("config",), {"a": 1}),
        (("method",), "texture drfit"),
        (("bits",), 9),
        (("background",), "nonsense"),
        (("metadata",), "keep"),
        (("device",), "moon"),
        (("inputs", 0, "name"), "mask"),
        (("inputs", 0, "name"), "mix"),
        (("inputs",), []),
    ],
)
@pytest.mark.parametrize("form", ["killed", "done", "picture"])
def test_a_recipe_that_makes_no_sense_is_told_with_the_file_it_is_in(go, killed, tmp_path, way, value, form):
    record = changed(json.loads((killed / "run.json").read_text()), way, value)
    if form == "picture":
        from impasto.images import write

        path, words = tmp_path / "made.png", ["repeat", "made.png", "-o", "again.png", "-q"]
        write(torch.zeros(3, 16, 16), path, recipe=record)
        assert read_recipe(path) is not None
    else:
        path = killed / "run.json"
        words = ["resume", "runs/some", "-q"] if form == "killed" else ["repeat", "runs/some", "-o", "again.png", "-q"]
        path.write_text(json.dumps(record))
    status, said = go("runs", *words)
    assert status == 2
    assert said.startswith(f"impasto: {path.relative_to(tmp_path)}: its recipe makes no sense: ")
    assert said.count("\n") == 1
    assert not (tmp_path / "again.png").exists()


@pytest.mark.parametrize(
    ("method", "config", "names"),
    [
        ("vary patches", {"mask_use": "keep"}, ["image"]),
        ("vary patches", {}, ["image", "mask", "mask"]),
        ("vary patches", {}, ["image", "mixx"]),
        ("vary sliced-patches", {"mask_use": "keep"}, ["image"]),
        ("style gatys", {"init": "picture"}, ["content", "style"]),
        ("style gatys", {"mix": "scales"}, ["content", "style"]),
        ("style fast", {}, ["content", "style", "region_mask"]),
        ("style neighbours", {}, ["content"]),
        ("texture patches", {}, ["exemplar", "exemplar_guide"]),
    ],
)
def test_settings_without_the_input_they_are_about_are_refused(go, plaster, tmp_path, method, config, names):
    from impasto.images import read, write
    from impasto.registry import method as find_method
    from impasto.runs.recipe import InputRecord, Recipe
    from impasto.runs.sources.source import sha256

    record = {"path": "plaster.png", "sha256": sha256(plaster.read_bytes()), "size": (24, 16)}
    recipe = Recipe(
        method=method,
        config=find_method(method).Config().model_dump(mode="json") | config,
        inputs=[InputRecord(name=name, **record) for name in names],
        seed=0,
        versions={},
        device="cpu",
        threads=1,
    )
    write(read(plaster), tmp_path / "made.png", recipe=recipe.embedded())
    status, said = go("runs", "repeat", "made.png", "-o", "again.png", "-q", "--no-record")
    assert status == 2
    assert said.count("\n") == 1
    assert "made.png: " in said
    assert not (tmp_path / "again.png").exists()


# Models

WHOLE = Model("texture-network", {"width": 4}, {"x": torch.ones(4, 3), "y": torch.zeros(2)}, (64, 48))
SIZES = (["a", "b"], [None, None], [-1, 5], [0, 64], [1.5, 2], [1e9, 2], [10**30, 1], [1], [1, 2, 3], None, "64", True)


def rebuilt(change: Callable[[dict[str, Any]], None], length: int | None = None) -> bytes:
    """A model's file with another header."""
    data = to_bytes(WHOLE)
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    change(header)
    text = json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data[end:]


def sized(name: str, value: object) -> bytes:
    return rebuilt(lambda header: header["x"].update({name: value}))


HEADERS = {
    **{f"offsets {it}": sized("data_offsets", it) for it in ([0, 10**12], [-8, 40], [48, 0], ["a", "b"], [0], None)},
    **{f"offsets that overlap {it}": sized("data_offsets", it) for it in ([0, 56], [8, 56], [4, 52])},
    **{f"shape {it}": sized("shape", it) for it in ([-4, -3], [10**12, 3], ["4", "3"], [2**63, 2], None, [4.0, 3])},
    **{f"type {it}": sized("dtype", it) for it in ("F33", None, 3, "BOOL", "F64")},
    **{f"length {it}": rebuilt(lambda _: None, it) for it in (0, 9, 10**9, 2**63, 2**64 - 1)},
    "no description": rebuilt(lambda header: header.pop("__metadata__")),
    "a list for a description": rebuilt(lambda header: header.update(__metadata__=[])),
    "brackets": (10**5).to_bytes(8, "little") + b"[" * 10**5,
    "nothing": b"",
    "no tensors": save({}),
    **{f"size {it}": to_bytes(Model("texture-network", {}, {}, it)) for it in SIZES if isinstance(it, list)},
    **{f"kind {it}": to_bytes(Model(it, {}, {}, (64, 64))) for it in (None, 3, [], {})},
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_model_whose_header_is_damaged_is_told_by_its_name(kind):
    with pytest.raises(InputError, match=r"^trained/model\.safetensors: damaged"):
        from_bytes(HEADERS[kind], "trained/model.safetensors")
    assert from_bytes(to_bytes(WHOLE), "x").size == (64, 48)
