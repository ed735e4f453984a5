"""Batches that are killed or stopped: what was never begun is told, and made, as if nothing had happened."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from impasto.cli import orders
from impasto.cli.orders import deliver
from impasto.runs.batch import FOLDER

THREE = ("a", "b", "c")
WAYS = {
    "a folder": ("texture", "drift", "many", "--steps", "2"),
    "words": ("texture", "drift", "many/a.png", "many/b.png", "many/c.png", "--steps", "2", "--seed", "3"),
    "styles": ("style", "blend", "many", "plaster.png", "--bits", "16", "--background", "black"),
}


@pytest.fixture
def many(plaster, tmp_path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for name in THREE:
        shutil.copy(plaster, folder / f"{name}.png")
    return folder


@pytest.fixture
def cut_off(monkeypatch):
    """Ends whatever is done at the n-th file that is written from now on, as a second Ctrl-C does."""
    whole = os.fsync

    def after(count: int) -> None:
        left = [count]

        def fsync(descriptor: int) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            whole(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return after


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


@pytest.mark.parametrize("way", ["a folder", "words", "styles"])
@pytest.mark.parametrize("writes", [4, 7, 9, 12])
def test_the_rest_of_a_batch_that_broke_off_is_made_to_the_same_bytes(impasto, many, cut_off, tmp_path, way, writes):
    assert impasto(*WAYS[way], "--no-record", "-q", "-o", "whole/").status == 0
    cut_off(writes)
    assert impasto(*WAYS[way], "-q", "-o", "out/").status == 130
    said = impasto("runs", "resume", "--rest", "-q")
    assert said.status == 0, said.err
    assert made(tmp_path / "out") == made(tmp_path / "whole")
    assert not (tmp_path / "runs" / FOLDER).exists()
    assert "this run is done; to make its picture again" in impasto("runs", "resume", "--rest").err


@pytest.mark.parametrize("word", ["latest", "its path", "its name"])
def test_a_batch_that_was_killed_before_its_first_run_is_not_lost(impasto, many, cut_off, tmp_path, word):
    """What is recorded of it then is its file alone, which a kill leaves behind."""
    root = tmp_path / "runs"
    impasto("texture", "drift", "plaster.png", "--steps", "2", "-q", "-o", "earlier.png")
    shutil.copytree(root, tmp_path / "before")
    cut_off(7)
    assert impasto("texture", "drift", "many", "--steps", "2", "-q", "-o", "out/").status == 130
    (file,) = (root / FOLDER).iterdir()
    kept = file.read_bytes()
    shutil.rmtree(root)
    shutil.copytree(tmp_path / "before", root)
    file.parent.mkdir()
    file.write_bytes(kept)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    name = {"latest": "latest", "its path": f"runs/{FOLDER}/{file.name}", "its name": file.stem}[word]
    said = impasto("runs", "resume", name)
    line = f"never begun: a.png, b.png, c.png; impasto runs resume runs/{FOLDER}/{file.name} --rest makes them too"
    assert (said.status, said.err) == (2, f"impasto: {line}\n")
    (tmp_path / "latest").touch()  # a file of that name is no batch
    assert impasto("runs", "resume", name, "--rest", "-o", "else.png").err.startswith(
        "impasto: -o: nothing of this batch"
    )
    again = json.loads(impasto("runs", "resume", name, "--rest", "--json", "-q").out)
    assert [run["output"] for run in again["runs"]] == [f"out/{name}-texture-drift.png" for name in THREE]
    assert len(made(tmp_path / "out")) == 3
    assert not file.parent.exists()
    assert "this run is done" in impasto("runs", "resume", "latest").err


def test_a_killed_batch_says_what_was_never_begun(impasto, start, many, tmp_path):
    words = ("texture", "drift", "many", "--steps", "3", "--pause", "0.05", "--threads", "1", "-o", "out/")
    process = start(*words, IMPASTO_CHECKPOINT_STEPS="1")
    while not (tmp_path / "out" / "a-texture-drift.png").exists():
        assert process.poll() is None
        time.sleep(0.01)
    while len(list((tmp_path / "runs").glob("*/losses.csv"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=60)
    latest = max((tmp_path / "runs").glob("*/run.json"), key=lambda path: path.stat().st_ctime).parent.name
    line = f"never begun: c.png; impasto runs resume runs/{latest} --rest makes them too"
    said = impasto("runs", "resume", "-q")
    assert (said.status, said.err) == (0, line + "\n")
    said = impasto("runs", "resume")
    assert said.status == 2
    assert said.err.endswith(f": this run is done; {line}\n")
    assert said.err.count("\n") == 1
    (words_of_line,) = re.findall(r"impasto (runs resume .*) makes them too", line)
    again = json.loads(impasto(*words_of_line.split(), "--json", "-q").out)
    assert [run["output"] for run in again["runs"]] == ["out/c-texture-drift.png"]
    assert impasto(*words[:-1], "whole/", "--no-record", "-q").status == 0
    assert made(tmp_path / "out") == made(tmp_path / "whole")


def test_a_batch_that_is_stopped_says_it_at_once(impasto, many, monkeypatch):
    pauses = iter([None] * 3)
    monkeypatch.setattr(time, "sleep", lambda _: next(pauses, 0) is None or os.kill(os.getpid(), signal.SIGINT))
    said = impasto("texture", "drift", "many", "--steps", "9", "--pause", "0.1", "-q", "-o", "out/")
    assert said.status == 130
    stopped, left = said.err.splitlines()[-2:]
    assert stopped.startswith("stopped after step 4 of 18; saved out/a-texture-drift.png; go on with: impasto runs res")
    assert re.fullmatch(r"never begun: b.png, c.png; impasto runs resume runs/\S+ --rest makes them too", left)


def test_the_rest_is_made_where_the_batch_was_begun(impasto, many, cut_off, tmp_path, monkeypatch):
    cut_off(7)
    impasto(*WAYS["a folder"], "-q", "-o", "out/")
    monkeypatch.chdir(many)
    said = impasto("runs", "resume", "--rest", "--runs", "../runs")
    assert said.status == 2
    assert said.err == f"impasto: --rest: the paths of this batch begin in {tmp_path}; go there and say it again\n"
    assert [path.name for path in many.iterdir() if path.suffix != ".png"] == []


@pytest.mark.parametrize("damage", [b"", b"[]", b"\xff", b'{"method": "texture drift"}', b"[" * 100_000])
def test_a_damaged_batch_is_told_in_one_line(impasto, many, cut_off, tmp_path, damage):
    cut_off(7)
    impasto(*WAYS["a folder"], "-q", "-o", "out/")
    (file,) = (tmp_path / "runs" / FOLDER).iterdir()
    file.write_bytes(damage)
    said = impasto("runs", "resume", "--rest")
    assert (said.status, said.err) == (
        2,
        f"impasto: runs/{FOLDER}/{file.name}: cannot be read: not a batch of impasto\n",
    )


def test_a_bad_picture_of_a_batch_can_be_mended_and_made(impasto, many, tmp_path):
    good = (many / "b.png").read_bytes()
    (many / "b.png").write_bytes(good[:60])
    assert impasto(*WAYS["a folder"], "-q", "-o", "out/").status == 2
    assert sorted(made(tmp_path / "out")) == ["a-texture-drift.png", "c-texture-drift.png"]
    (many / "b.png").write_bytes(good)
    assert impasto("runs", "resume", "--rest", "-q").status == 0
    assert len(made(tmp_path / "out")) == 3


def test_a_whole_batch_and_one_without_a_record_leave_nothing_of_it(impasto, many, tmp_path):
    assert impasto(*WAYS["a folder"], "-q", "-o", "out/").status == 0
    assert not (tmp_path / "runs" / FOLDER).exists()
    shutil.rmtree(tmp_path / "runs")
    assert impasto(*WAYS["a folder"], "-q", "-o", "out/", "--no-record").status == 0
    assert impasto(*WAYS["a folder"], "--dry-run").status == 0
    for name in THREE:
        (many / f"{name}.png").write_bytes(b"no picture")
    assert impasto(*WAYS["a folder"], "-q", "-o", "out/").status == 2
    assert not (tmp_path / "runs").exists()


def test_the_rest_of_somebody_elses_batch_is_no_order(impasto, many, cut_off, tmp_path):
    """Its file says which pictures are read and written over: a change to it breaks its seal."""
    cut_off(7)
    assert impasto("texture", "drift", "many", "--steps", "2", "-q", "-o", "out/").status == 130
    (file,) = (tmp_path / "runs" / FOLDER).iterdir()
    file.write_text(file.read_text().replace("out/c-texture", "elsewhere/c-texture"))
    assert "elsewhere" in file.read_text()
    said = impasto("runs", "resume", "--rest", "-q")
    assert said.status in (0, 2)
    assert len(said.err.splitlines()) <= 1
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "out" / "c-texture-drift.png").exists()
    assert "c.png" not in said.err


def test_a_damaged_batch_stops_no_run_of_it(impasto, many, cut_off, tmp_path):
    cut_off(7)
    assert impasto("texture", "drift", "many", "--steps", "2", "-q", "-o", "out/").status == 130
    (file,) = (tmp_path / "runs" / FOLDER).iterdir()
    file.write_text("{")
    assert impasto("runs", "resume", "-q").status == 0


def test_a_folder_of_runs_that_cannot_be_is_told_as_such(impasto, many, tmp_path):
    (tmp_path / "afile").write_text("")
    said = impasto("texture", "drift", "many", "--runs", "afile", "-o", "out/")
    assert said.status == 2
    assert said.err.splitlines()[-1] == "impasto: afile: afile is a file, not a folder"


def test_every_line_about_one_picture_of_many_begins_with_its_name(impasto, many):
    said = impasto("texture", "drift", "many", "--steps", "2", "--no-record", "-o", "out/").err.splitlines()
    lines = [line for line in said if "about" in line]
    assert len(lines) == 3
    assert all(line.startswith(f"many/{name}.png: ") for name, line in zip(THREE, lines, strict=True))


@pytest.mark.parametrize("record", [True, False])
def test_a_batch_that_is_stopped_between_two_runs_says_it_too(impasto, many, monkeypatch, record):
    """The signal comes after the last step of a run, which is done then."""

    def late(*given, **named):
        os.kill(os.getpid(), signal.SIGINT)
        return deliver(*given, **named)

    monkeypatch.setattr(orders, "deliver", late)
    said = impasto("texture", "drift", "many", "--steps", "2", "-q", "-o", "out/", *([] if record else ["--no-record"]))
    assert said.status == 130
    rest = r"; impasto runs resume runs/\S+ --rest makes them too" if record else ""
    assert re.fullmatch(f"never begun: b.png, c.png{rest}", said.err.splitlines()[-1])
    assert list(made(Path("out"))) == ["a-texture-drift.png"]
