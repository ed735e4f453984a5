"""What a run says of its set before it reads it, and what is left of both if the disk is full."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import written_sets as written

from impasto.cli.app import run


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


@pytest.fixture
def folder(tmp_path) -> Path:
    for number in range(5):
        written.picture(tmp_path / "set" / f"{number}.png", seed=number, height=8, width=8)
    return tmp_path / "set"


def test_a_run_says_what_its_set_takes_and_reads_it_first(folder, cache, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words, size = ["data", "show", "set", "--side", "512"], 5 * (3 * 512 * 512 + 16)
    assert run([*words, "--dry-run"]) == 0
    assert json.loads(capfd.readouterr().out)["cache"] == size
    assert not cache.exists()
    monkeypatch.setattr("impasto.runs.sets.SPARSE", 0)
    assert run([*words, "--out", "run"]) == 0
    said = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"about \S+ s, 0\.\d GB of memory, 3\.9 MB in the cache for its pictures", said[0])
    assert said[-2] == "set: 5 of 5 pictures are read"
    (cached,) = cache.glob("*.pictures")
    assert cached.stat().st_size == size
    assert run(words) == 0
    assert "cache" not in capfd.readouterr().err


def test_a_run_without_space_for_its_set_leaves_nothing_behind(folder, cache, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["data", "show", "set", "--out", "run"]
    usage = shutil.disk_usage(folder)._replace(free=10_000)
    with monkeypatch.context() as little:
        little.setattr(shutil, "disk_usage", lambda _: usage)
        assert run(words) == 2
    assert "set: 5 pictures need 1 MB in" in capfd.readouterr().err.splitlines()[-1]

    def full(descriptor):
        if cache in Path(f"/proc/self/fd/{descriptor}").readlink().parents:
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    assert run(words) == 2
    assert "no space left on the disk: free at least 1 MB there" in capfd.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "run").exists()
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


TRAINED = ["train", "dcgan", "--side", "28", "--width", "2", "--batch", "2", "--pictures", "4", "--measure-every", "0"]


def test_a_training_inside_its_own_set_can_go_on(folder, cache, monkeypatch, capsys):
    """What it draws there is none of the pictures that it learns."""
    monkeypatch.chdir(folder)
    assert run([*TRAINED, ".", "--runs", "runs", "--out", "runs/one", "-q"]) == 0
    monkeypatch.setenv("IMPASTO_CACHE", str(cache))  # all is listed and read again
    assert run(["runs", "repeat", "runs/one", "--runs", "runs", "-q"]) == 0
    assert run(["data", "show", ".", "--json", "--no-record"]) == 0
    assert json.loads(capsys.readouterr().out)["facts"]["pictures"] == 5


def test_a_training_says_what_was_left_out(folder, cache, tmp_path, capsys):
    (folder / "3.png").write_bytes(b"no picture")
    assert run([*TRAINED, str(folder), "--out", str(tmp_path / "run")]) == 0
    assert "left out: 1 beside 4 pictures; the first, 3.png: " in capsys.readouterr().err
    assert json.loads((tmp_path / "run" / "run.json").read_text())["facts"]["left_out"]["count"] == 1


def test_nothing_new_is_put_below_the_set_it_comes_from(folder, cache, tmp_path, capsys):
    words = ["data", "dedup", str(folder), "--steps", "2", "--copies", "--no-record", "-q", "-o"]
    assert run([*words, f"{folder}/new/"]) == 2
    assert f"-o {folder}/new: lies in {folder}, whose pictures the new ones would join" in capsys.readouterr().err
    assert not list(folder.rglob("new/*.png"))
    (folder / "in").mkdir()
    (folder / "in" / "again.png").symlink_to("../0.png")
    assert run([*words, f"{tmp_path}/beside/", "--alike", "1"]) == 0
    assert len(list((tmp_path / "beside").rglob("*.png"))) in (5, 6)
