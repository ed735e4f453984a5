"""A picture or a run's folder from somebody else is data, not orders: what it asks for is not done unasked."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import resource
import shutil
import socket
import struct
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import torch
from drift_method import Drift, DriftConfig
from PIL import Image
from safetensors.torch import save, save_file

from impasto.images import encode
from impasto.observers import Checkpoint, Unobserved
from impasto.registry import METHODS
from impasto.runs import checkpoint, limits
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on
from impasto.runs.folder import RunFolder
from impasto.runs.job import prepare
from impasto.runs.seal import is_ours
from tiny import CASES, case

Asks = Callable[..., Path]


@pytest.fixture(autouse=True)
def _quick(monkeypatch, within):
    """What should have been refused, or never been opened, is over soon."""
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: pytest.fail("a download"))
    with within(60):
        yield


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def picture(name: str, path: object, digest: str, **more: object) -> dict[str, object]:
    return {"name": name, "path": str(path), "sha256": digest, "size": [24, 16], **more}


@pytest.fixture
def asks(plaster, tmp_path) -> Asks:
    """A stranger's picture whose recipe says so, in a folder of its own."""

    def build(ending: str = "png", **changes: object) -> Path:
        source = picture("exemplar", plaster, sha256(plaster))
        fine = {"method": "texture drift", "config": {"steps": 1}, "inputs": [source], "seed": 0, "versions": {}}
        recipe: dict[str, Any] = fine | {"version": 3, "device": "cpu", "threads": 1} | changes
        path = tmp_path / "post" / f"theirs.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(torch.zeros(3, 8, 8), ending, recipe=recipe))
        return path

    return build


@pytest.fixture
def refused(impasto, tmp_path) -> Callable[..., str]:
    """Run a command that gets one line and status 2, and changes nothing; returns its line."""

    def look() -> dict[Path, tuple[int, int]]:
        return {path: (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")}

    def call(*words: object) -> str:
        before = look()
        said = impasto(*words)
        assert said.status == 2, said.err
        assert said.out == ""
        assert said.err.count("\n") == 1, said.err
        assert look() == before
        return said.err

    return call


# What a picture's recipe names is not read


@pytest.fixture
def endless(tmp_path) -> dict[str, str]:
    """Names of what should not be opened by one who is not told to."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "pipe-link.png").symlink_to(tmp_path / "pipe.png")
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(1 << 40)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "s.png"))
    server.close()
    (tmp_path / "empty.png").touch()
    return {
        "pipe": str(tmp_path / "pipe.png"),
        "link to a pipe": str(tmp_path / "pipe-link.png"),
        "pipe beside": "../pipe.png",
        "device": "/dev/zero",
        "device by a long way": "/dev/../dev/./zero",
        "terminal": "/dev/tty",
        "memory of the kernel": "/proc/kcore",
        "log of the kernel": "/proc/kmsg",
        "huge": str(tmp_path / "huge.png"),
        "empty": str(tmp_path / "empty.png"),
        "socket": str(tmp_path / "s.png"),
        "folder": str(tmp_path),
        "share": "\\\\server\\share\\x.png",
        "share of a posix": "//server/share/x.png",
        "device of windows": "\\\\.\\pipe\\x",
        "too long": "x" * 5000,
    }


ENDLESS = (
    "pipe, link to a pipe, pipe beside, device, device by a long way, terminal, memory of the kernel, "
    "log of the kernel, huge, empty, socket, folder, share, share of a posix, device of windows, too long"
)


@pytest.mark.parametrize("kind", ENDLESS.split(", "))
@pytest.mark.parametrize("input_kind", ["picture", "model"])
def test_only_plain_files_are_opened_to_know_their_hash(asks, refused, endless, kind, input_kind):
    method = "texture drift" if input_kind == "picture" else "sample"
    name = "exemplar" if input_kind == "picture" else "run"
    path = asks(method=method, config={}, inputs=[picture(name, endless[kind], "0" * 64, kind=input_kind)])
    started = time.process_time()
    assert f"--input {name}=PATH" in refused("runs", "repeat", path, "-o", "out.png")
    assert time.process_time() - started < 2


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tiff"])
def test_a_file_that_has_the_hash_is_used_and_named(asks, impasto, plaster, tmp_path, ending):
    said = impasto("runs", "repeat", asks(ending), "-o", "out.png", "--no-record", "-q")
    assert said.status == 0
    assert f"note: exemplar: {plaster}, known by its SHA-256\n" in said.err
    said = impasto("runs", "repeat", asks(ending), "-o", "b.png", "--no-record", "-q", "--input", f"exemplar={plaster}")
    assert (said.status, said.err) == (0, "")
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "b.png").read_bytes()


UNASKED = {
    "weights": ("texture gram", "network_weights", "file", {"network_weights": "file"}),
    "weights of a style": ("style gatys", "network_weights", "file", {"network_weights": "file"}),
    "weights of a measure": ("measure features", "network_weights", "file", {"network_weights": "file"}),
    "photos": ("train style-network", "photos", "data", {}),
}


@pytest.mark.parametrize("hashed", [True, False], ids=["hash", "no hash"])
@pytest.mark.parametrize("kind", UNASKED)
def test_weights_and_photos_are_read_only_if_a_flag_names_them(asks, refused, plaster, tmp_path, kind, hashed):
    method, name, kind_of_input, config = UNASKED[kind]
    theirs = tmp_path / "photos" if kind_of_input == "data" else tmp_path / "weights.pth"
    if kind_of_input == "data":
        theirs.mkdir()
        shutil.copy(plaster, theirs)
    else:
        theirs.write_bytes(b"weights")
    digest = (sha256(theirs) if theirs.is_file() else "1" * 64) if hashed else ""
    given = [
        picture(item.name, plaster, sha256(plaster))
        for item in METHODS[method].load().inputs
        if item.kind == "picture" and not item.optional
    ]
    theirs_first = [picture(name, theirs, digest, kind=kind_of_input), *given]
    for inputs in (theirs_first, theirs_first[::-1]):
        path = asks(method=method, config=config, inputs=inputs)
        line = refused("runs", "repeat", path, "-o", "out.png", "--train", "--yes")
        assert line.endswith(f"not read unasked; give it with --input {name}=PATH\n")


def test_files_that_are_named_are_checked_by_their_hash(asks, refused, impasto, plaster, tmp_path):
    path = asks(inputs=[picture("exemplar", "/dev/zero", sha256(plaster))])
    other = tmp_path / "other.png"
    Image.new("RGB", (24, 16)).save(other)
    assert "SHA-256 differs" in refused("runs", "repeat", path, "-o", "out.png", "--input", f"exemplar={other}")
    words = ("runs", "repeat", path, "-o", "out.png", "-q", "--input", f"exemplar={plaster}")
    assert impasto(*words).status == 0


@pytest.mark.parametrize("name", ["../../../escaped", "/tmp/escaped", "nobody", "a\0b", ""])
def test_a_recipe_does_not_choose_the_names_of_files(asks, refused, plaster, name):
    path = asks(inputs=[picture("exemplar", plaster, sha256(plaster)), picture(name, plaster, sha256(plaster))])
    assert "does not take" in refused("runs", "repeat", path, "-o", "out.png")


@pytest.mark.parametrize(("name", "kind"), [("exemplar", "clip"), ("exemplar", "model"), ("mask", "file")])
def test_an_input_is_of_its_kind(asks, refused, plaster, name, kind):
    path = asks(
        inputs=[picture("exemplar", plaster, sha256(plaster)), picture(name, plaster, sha256(plaster), kind=kind)]
    )
    line = refused("runs", "repeat", path, "-o", "out.png", "--input", f"{name}={plaster}")
    assert f"names a {kind} '{name}'" in line or "not a model of impasto" in line


def test_a_name_that_no_file_has_is_refused(asks, refused, plaster):
    path = asks(inputs=[picture("exemplar", "a.p\0g", sha256(plaster))])
    assert "cannot be read" in refused("runs", "repeat", path, "-o", "out.png", "--input", f"exemplar={plaster}")


# What takes long, or trains


@pytest.mark.parametrize("method", ["train texture-network", "train style-network"])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_training_is_begun_only_if_a_flag_says_so(asks, refused, place, ending, method):
    tiny = case(method)
    inputs = [
        picture(record.name, record.path, record.sha256, kind=record.kind) for record in tiny.job(place).recipe.inputs
    ]
    path = asks(ending, method=method, config=dict(tiny.config), inputs=inputs)
    named = [f"--input=photos={place.path('photos')}"] if method == "train style-network" else []
    assert "training, which is not begun unasked; --train begins it" in refused("runs", "repeat", path, *named)
    assert "--train begins it" in refused("runs", "repeat", path, "--yes", *named)


def test_with_its_flag_a_training_is_begun(asks, impasto, place, tmp_path):
    tiny = case("train texture-network")
    record = tiny.job(place).recipe.inputs[0]
    path = asks(method=tiny.method, config=dict(tiny.config), inputs=[picture("exemplar", record.path, record.sha256)])
    assert impasto("runs", "repeat", path, "--train", "-q").status == 0
    assert len(list((tmp_path / "runs").glob("*/model/model.safetensors"))) == 1


def test_an_experiment_that_trains_says_so(asks, refused, place):
    config = dict(case("experiment texture-methods").config)
    exemplar = picture("exemplar", place.path("square.png"), sha256(place.path("square.png")))
    trains = config | {"methods": ("quilt", "texture-network")}
    path = asks(method="experiment texture-methods", config=trains, inputs=[exemplar])
    assert "--train begins it" in refused("runs", "repeat", path)


LONG = {
    "texture gram": {"iterations": [100000]},
    "texture histogram": {"iterations": [100000]},
    "texture sliced-patches": {"steps": 10000, "size": "2000"},
    "train texture-network": {"steps": 1000000},
}


@pytest.mark.parametrize("method", LONG)
def test_more_than_an_hour_wants_a_word(asks, refused, method, plaster, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "available_memory", lambda: None)
    big = tmp_path / "big.png"
    Image.open(plaster).resize((256, 256)).save(big)
    inputs = [picture("exemplar", big, sha256(big), size=[256, 256])]
    path = asks(method=method, config=LONG[method], inputs=inputs)
    line = refused("runs", "repeat", path, "-o", "out.png", "--train")
    assert line.startswith("impasto: the recipe asks for about ")
    assert line.endswith("; --yes begins it all the same\n")


def test_more_than_the_memory_wants_a_word(asks, refused, impasto, monkeypatch):
    path = asks(config={"steps": 1, "memory": 10**13, "foreseen": [40, 30]})
    line = refused("runs", "repeat", path, "-o", "out.png")
    assert "asks for about 10000.0 GB of memory where " in line
    assert line.endswith(" are free; --yes begins it all the same\n")
    assert impasto("runs", "repeat", path, "-o", "out.png", "--yes", "-q").status == 0
    monkeypatch.setattr(Drift, "forecast", lambda self, _: limits_forecast(3601.0))
    assert "about 1 h 0 min; --yes" in refused("runs", "repeat", asks(), "-o", "b.png")
    monkeypatch.setattr(Drift, "forecast", lambda self, _: limits_forecast(3599.0))
    assert impasto("runs", "repeat", asks(), "-o", "b.png", "-q").status == 0


def limits_forecast(seconds: float) -> Any:
    from impasto.methods import Forecast

    return Forecast(seconds, 1000)


@pytest.mark.parametrize("threads", [3, 1000, 10_000, 10**30])
def test_no_more_threads_than_the_machine_has(asks, impasto, tmp_path, monkeypatch, threads):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    said = impasto("runs", "repeat", asks(threads=threads), "-o", "out.png")
    assert said.status == 0
    assert f"note: made on {threads} threads, this machine has 2: the pixels may differ\n" in said.err
    [run] = (tmp_path / "runs").iterdir()
    assert RunFolder(run).read().threads == 2


def test_as_many_threads_as_the_machine_has_are_no_matter(asks, impasto, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for threads in (1, 2):
        (line,) = impasto("runs", "repeat", asks(threads=threads), "-o", f"{threads}.png", "-q").err.splitlines()
        assert line.endswith("known by its SHA-256")


# Folders of runs


class Break(Unobserved):
    """Ends a run at its third step as a kill would."""

    def step(self, step):
        if step.index == 3:
            raise RuntimeError


def begun(plaster: Path, folder: Path, output: Path | None = None, **config: object) -> RunFolder:
    """A run that was begun here, and broke."""
    job = prepare(Drift(DriftConfig(steps=4, **config)), {"exemplar": [plaster]})
    with pytest.raises(RuntimeError):
        carry_on(enter(job, folder.parent, place=folder, output=output), observers=[Break()], every=Every(steps=1))
    return RunFolder(folder)


def changed(folder: RunFolder, **changes: object) -> None:
    """Write other things into its record, as anybody can who sends a folder."""
    path = folder.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def theirs(plaster, tmp_path) -> RunFolder:
    """A run that somebody else began, and that broke."""
    folder = begun(plaster, tmp_path / "theirs", tmp_path / "first.png")
    changed(folder, seal="")
    plaster.unlink()
    return folder


def others(tmp_path: Path, folder: RunFolder) -> set[Path]:
    """All files that are not in the folder."""
    return {path for path in tmp_path.rglob("*") if folder.path not in (path, *path.parents)}


@pytest.mark.parametrize(
    ("output", "seal"),
    [
        ("{}/x.bashrc.png", ""),
        ("../../x.png", "0" * 64),
        ("here.png", "é"),
        ("/etc/x.png", "of another run"),
        ("{}/made/for/it.jpg", ""),
        ("\0", ""),
    ],
)
def test_a_run_from_elsewhere_writes_into_its_folder_only(theirs, impasto, tmp_path, plaster, output, seal):
    if seal == "of another run":
        Image.new("RGB", (24, 16)).save(plaster)
        other = begun(plaster, tmp_path / "other", tmp_path / "other.png")
        seal = other.read().seal
    changed(theirs, output=output.format(tmp_path), seal=seal)
    before = others(tmp_path, theirs)
    said = impasto("runs", "resume", theirs.path, "-q")
    assert said.status == 0
    assert said.err.count("note: not begun here; what it makes stays in the run's folder, or goes where -o says\n") == 1
    assert others(tmp_path, theirs) == before
    assert theirs.read().state == "done"
    assert theirs.output.is_file()


def test_it_writes_where_the_person_says(theirs, impasto, tmp_path):
    said = impasto("runs", "resume", theirs.path, "-o", "mine.png", "-q")
    assert (said.status, said.err) == (0, "")
    assert (tmp_path / "mine.png").read_bytes() == theirs.output.read_bytes()


def test_a_run_that_was_begun_here_writes_where_it_was_to_write(plaster, impasto, tmp_path):
    folder = begun(plaster, tmp_path / "mine", tmp_path / "out.png")
    assert is_ours(folder.read())
    moved = RunFolder(folder.path.rename(tmp_path / "moved"))
    assert impasto("runs", "resume", moved.path, "-q").err == ""
    assert (tmp_path / "out.png").read_bytes() == moved.output.read_bytes()


def test_another_place_may_be_given_to_ones_own_run_but_not_its_input(plaster, impasto, refused, tmp_path):
    folder = begun(plaster, tmp_path / "mine", tmp_path / "out.png")
    assert "is an input of this run" in refused("runs", "resume", folder.path, "-o", plaster, "-q")
    assert impasto("runs", "resume", folder.path, "-o", "b.png", "-q").err == ""
    assert not (tmp_path / "out.png").exists()
    assert (tmp_path / "b.png").read_bytes() == folder.output.read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"output": "/somewhere/else.png"},
        {"config": {"steps": 5}},
        {"threads": 7},
        {"created": "2026-01-01T00:00:00+00:00"},
        {"method": "style blend"},
        {"inputs": []},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_seal_is_of_what_the_record_says(plaster, tmp_path, changes):
    folder = begun(plaster, tmp_path / "mine")
    folder.update(state="cancelled", seconds=5.0, step=3, facts={"a": 1})
    assert is_ours(folder.read())
    changed(folder, **changes)
    assert not is_ours(folder.read())


def test_without_a_place_for_the_key_a_run_is_one_of_anybody(plaster, impasto, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    folder = begun(plaster, tmp_path / "mine", tmp_path / "out.png")
    assert folder.read().seal == ""
    assert impasto("runs", "resume", folder.path, "-q").status == 0
    assert not (tmp_path / "out.png").exists()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state" / "impasto").mkdir(parents=True)
    (tmp_path / "state" / "impasto" / "runs.key").touch()  # cut short by a full disk
    assert is_ours(begun(plaster, tmp_path / "next").read())


def test_the_key_is_for_nobody_else_to_read(plaster, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first, second = begun(plaster, tmp_path / "a"), begun(plaster, tmp_path / "b")
    key = tmp_path / "state" / "impasto" / "runs.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert is_ours(first.read())
    assert is_ours(second.read())
    key.unlink()
    assert not is_ours(first.read())


NAMES = ["../secret.png", "/etc/secret.png", "tables/../../secret.png", "a/b.png", "figures/a/b.png", ".."]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", ["report", "resume", "show", "repeat"])
def test_names_with_a_path_are_refused(theirs, refused, name, command):
    changed(theirs, files=["output.png", name])
    line = refused("runs", command, theirs.path)
    assert "run.json: cannot be read: " in line
    assert line.endswith(" is not the name of a file in a run's folder\n")


@pytest.mark.parametrize("name", ["../../secret", "/etc/secret", "a/../../../secret", "x/y"])
def test_figures_from_elsewhere_are_not_put_into_a_report(theirs, refused, name):
    findings = {"figures": [{"name": name, "caption": ""}], "tables": []}
    (theirs.path / "tables.json").write_text(json.dumps(findings))
    assert "tables.json: " in refused("runs", "report", theirs.path)


LINKS = [
    "output.png",
    "run.json",
    "report.html",
    "losses.csv",
    "losses.tmp",
    "inputs/exemplar-1.png",
    "previews/0005.png",
]
LINKED_FOLDERS = ["checkpoint", "previews", "inputs", "pieces", "figures"]


@pytest.mark.parametrize("name", [*LINKS, *LINKED_FOLDERS, "checkpoint/aside.tmp"])
@pytest.mark.parametrize("command", ["report", "resume", "repeat"])
def test_links_in_a_folder_are_refused(theirs, refused, tmp_path, name, command):
    place = theirs.path / name
    elsewhere = tmp_path / "elsewhere"
    if place.exists():
        shutil.move(place, elsewhere)
    elif name in LINKED_FOLDERS:
        elsewhere.mkdir()
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere)
    assert f"{place}: is a link, pipe or device" in refused("runs", command, theirs.path)


@pytest.mark.parametrize(
    "name", ["losses.csv", "output.png", "inputs/exemplar-1.png", "checkpoint/00000099.safetensors"]
)
@pytest.mark.parametrize("command", ["report", "resume", "repeat"])
def test_pipes_in_a_folder_are_refused(theirs, refused, name, command):
    place = theirs.path / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    assert f"{place}: is a link, pipe or device" in refused("runs", command, theirs.path)


@pytest.mark.parametrize("copy", ["../outside.png", "{}/outside.png", "inputs/../../outside.png", ""])
@pytest.mark.parametrize("command", ["resume", "repeat"])
def test_a_picture_of_a_run_is_its_copy(theirs, refused, tmp_path, copy, command):
    shutil.copy(theirs.inputs / "exemplar-1.png", tmp_path / "outside.png")
    [record] = json.loads((theirs.path / "run.json").read_text())["inputs"]
    changed(theirs, inputs=[record | {"copy_path": copy.format(tmp_path), "path": "../outside.png"}])
    assert "is not in the run's folder; give it with --input exemplar=PATH" in refused("runs", command, theirs.path)


@pytest.mark.parametrize("copy", ["../outside.png", "{}/outside.png", "inputs/../../outside.png"])
def test_a_report_shows_no_picture_from_elsewhere(theirs, impasto, tmp_path, copy):
    assert impasto("runs", "report", theirs.path).status == 0
    shown = theirs.report.read_text().count('<figure class="input">')
    shutil.copy(theirs.inputs / "exemplar-1.png", tmp_path / "outside.png")
    [record] = json.loads((theirs.path / "run.json").read_text())["inputs"]
    changed(theirs, inputs=[record | {"copy_path": copy.format(tmp_path)}])
    assert impasto("runs", "report", theirs.path).status == 0
    assert (shown, theirs.report.read_text().count('<figure class="input">')) == (1, 0)


REFERRED = {
    "weights": {"name": "network_weights", "kind": "file", "sha256": ""},
    "photos": {"name": "photos", "kind": "data", "sha256": ""},
}


@pytest.mark.parametrize("kind", REFERRED)
@pytest.mark.parametrize("command", ["resume", "repeat"])
def test_what_a_run_from_elsewhere_refers_to_is_not_read(theirs, refused, tmp_path, kind, command):
    (tmp_path / "private").mkdir()
    changed(theirs, inputs=[{**REFERRED[kind], "path": "private", "copy_path": str(tmp_path / "private")}])
    name = REFERRED[kind]["name"]
    line = refused("runs", command, theirs.path)
    assert line == f"impasto: {name} was private, which is not read unasked; give it with --input {name}=PATH\n"


def test_the_photos_of_a_training_from_elsewhere_are_given(place, impasto, refused, tmp_path):
    tiny = case("train style-network")
    folder = enter(tiny.job(place), tmp_path, place=tmp_path / "theirs")
    changed(folder, seal="")
    assert "not read unasked; give it with --input photos=PATH" in refused("runs", "resume", folder.path)
    photos = f"photos={place.path('photos')}"
    assert "--train begins it" in refused("runs", "resume", folder.path, "--input", photos)
    assert impasto("runs", "resume", folder.path, "--input", photos, "--train", "-q").status == 0
    assert (folder.path / "model" / "model.safetensors").is_file()


def test_threads_and_cost_of_a_run_from_elsewhere_are_limited_too(theirs, impasto, refused, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    record = json.loads((theirs.path / "run.json").read_text())
    changed(theirs, threads=64, config=record["config"] | {"memory": 10**13, "foreseen": [40, 30]})
    assert "--yes begins it all the same" in refused("runs", "resume", theirs.path)
    said = impasto("runs", "resume", theirs.path, "--yes", "-q")
    assert said.status == 0
    assert "note: made on 64 threads, this machine has 2" in said.err


STATES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "another size": {"image": torch.zeros(3, 2, 2)},
    "a word for a picture": {"image": "word"},
    "a list for an optimiser": {"image": torch.zeros(3, 16, 24), "optimizer": [1]},
    "no randomness": {"image": torch.zeros(3, 16, 24), "optimizer": {"state": {}, "param_groups": []}, "noise": None},
}


@pytest.mark.parametrize("kind", STATES)
def test_a_checkpoint_that_does_not_fit_is_one_line(theirs, impasto, kind):
    shutil.rmtree(theirs.checkpoints)
    checkpoint.save(theirs.checkpoints, Checkpoint(3, STATES[kind]))
    said = impasto("runs", "resume", theirs.path, "-q")
    assert said.status == 2
    assert said.err.endswith("the checkpoint is not of this run; take out the folder checkpoint to begin anew\n")


def test_a_checkpoint_that_is_no_safetensors_file_is_passed_over(theirs, impasto):
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(theirs.path / "owned"),)

    for number, data in enumerate((pickle.dumps(Bomb()), b"\xff" * 99, struct.pack("<Q", 1 << 60), b"")):
        (theirs.checkpoints / f"{9000 + number}.safetensors").write_bytes(data)
    deep = "[" * 100_000
    about = {"index": "3", "tree": deep, "crc": f"{crc32(deep.encode()):08x}"}
    save_file({}, theirs.checkpoints / "9999.safetensors", about)
    assert impasto("runs", "resume", theirs.path, "-q").status == 0
    assert not (theirs.path / "owned").exists()


# Models, and weights


def claims(config: dict[str, Any], size: object = (64, 64), kind: str = "texture-network") -> bytes:
    """A model's file that claims a network, and has no numbers for it."""
    about = {"kind": kind, "size": size, "config": config}
    crc = f"{crc32(json.dumps(about, sort_keys=True).encode()):08x}"
    return save({}, metadata={"impasto": json.dumps(about | {"crc": crc})})


CLAIMS = {
    "wide": {"widths": [10**9], "noise": 3},
    "wide in the middle": {"widths": [16, 10**9, 16], "noise": 3},
    "many": {"widths": [512] * 10_000, "noise": 3},
    "noise": {"widths": [16], "noise": 10**12},
    "negative": {"widths": [-1, 16], "noise": 3},
    "a word": {"widths": "wide", "noise": 3},
    "style": {"widths": [10**9, 16, 48], "blocks": 5},
    "blocks": {"widths": [8, 16, 48], "blocks": 10**9},
    "as wide as may be": {"widths": [512] * 6, "noise": 64},
    "as deep as may be": {"widths": [256] * 3, "blocks": 32},
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_model_that_claims_a_vast_network_takes_no_memory(refused, plaster, tmp_path, kind):
    config = CLAIMS[kind]
    model = tmp_path / "run" / "model" / "model.safetensors"
    model.parent.mkdir(parents=True)
    style = "blocks" in config
    model.write_bytes(claims(config, kind="style-network" if style else "texture-network"))
    words = ("style", "network", model.parents[1], plaster) if style else ("sample", model.parents[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in kB
    line = refused(*words, "-o", "out.png", "--no-record", "-q")
    assert f"{model} is of another version of impasto, or damaged" in line
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_weights_are_read_without_running_what_is_in_them(refused, plaster, tmp_path):
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "owned"),)

    torch.save({"a": Bomb()}, tmp_path / "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Bomb()))
    for name in ("a.pth", "b.pth"):
        words = ("texture", "gram", plaster, "--network-weights", tmp_path / name, "-o", "out.png", "--no-record")
        assert "is not a file of PyTorch weights" in refused(*words)


SCRIPT = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'>"


def test_a_report_shows_words_as_words(theirs, impasto):
    record = json.loads((theirs.path / "run.json").read_text())
    (theirs.path / "losses.csv").write_text(f'step,"{SCRIPT.replace(chr(34), "")}/a","$\\frac{{b"\n1,2,3\n2,3,4\n')
    theirs.output.write_bytes(b"<svg onload='alert(1)'>")
    column = {"name": SCRIPT, "help": SCRIPT}
    table = {"name": SCRIPT, "caption": SCRIPT, "columns": [column], "cells": [[SCRIPT]]}
    findings = {"title": SCRIPT, "question": SCRIPT, "tables": [table], "figures": [{"name": "a", "caption": SCRIPT}]}
    (theirs.path / "tables.json").write_text(json.dumps(findings))
    theirs.figures.mkdir()
    (theirs.figures / "a.png").write_bytes(b"<svg onload='alert(1)'>")
    changed(
        theirs,
        error=SCRIPT,
        created=SCRIPT,
        device=SCRIPT,
        versions={SCRIPT: SCRIPT},
        facts={SCRIPT: {SCRIPT: SCRIPT}},
        config=record["config"] | {SCRIPT: SCRIPT},
        files=["output.png"],
        pieces=[f"/{SCRIPT}", "javascript:alert(1)"],
        inputs=[record["inputs"][0] | {"name": SCRIPT, "path": SCRIPT}],
    )
    moved = RunFolder(theirs.path.rename(theirs.path.parent / "theirs <script>alert(2)<"))
    assert impasto("runs", "report", moved.path).status == 0
    html = moved.report.read_text()
    for word in ("<script", "<img src=x", 'onerror=alert(1)>"', "javascript:alert", "<svg onload", 'href="file'):
        assert word not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("words", [("runs", "list"), ("runs", "show", "theirs")])
def test_a_record_says_nothing_to_the_terminal(theirs, impasto, words):
    record = json.loads((theirs.path / "run.json").read_text())
    evil = "\x1b]0;owned\x07\x1b[2J\r"
    changed(theirs, method=evil, config=record["config"] | {evil: evil}, created="0001-01-01T00:00:00")
    said = impasto(*words, "--runs", theirs.path.parent)
    assert said.status == 0
    assert not {letter for letter in said.out if not letter.isprintable()} - {"\n", "\t"}


# Every method


@pytest.mark.parametrize("name", [each.name for each in CASES if ":" not in each.name])
def test_what_every_method_trains_or_reads_is_known(name):
    method = METHODS[name.partition(":")[0]].load()
    trains = method(method.Config(**case(name).config)).trains
    training = ("experiment gan-", "experiment singan-", "experiment single-image-")
    assert trains == (method.makes == "model" or name.startswith(training))
    assert {item.kind for item in method.inputs} <= {"picture", "model", "data", "file"}
