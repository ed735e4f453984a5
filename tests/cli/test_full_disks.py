"""A disk that is full, a run's folder that is taken away, and what is left of them."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch
from PIL import Image
from safetensors import SafetensorError

from impasto.cli.app import run
from impasto.errors import DiskFullError, InputError
from impasto.images.write import aside_of, write_atomically
from impasto.observers import Checkpoint, Piece
from impasto.runs import checkpoint
from impasto.runs.folder import RunFolder
from impasto.runs.losses import LossTable
from impasto.runs.pieces import Frames
from impasto.runs.sources.picture import PictureSource

WORDS = ["texture", "drift", "plaster.png", "--steps", "6", "--threads", "1", "-q", "-o", "out.png"]


@pytest.fixture
def disk(monkeypatch):
    """Let the disk be full whenever the bytes of a file of such a name are to be put on it, from the nth time on.

    others: whether it is for other files, too, from then on: whether they are on the same disk.
    """
    real = os.fsync

    def fill(name: str, nth: int = 1, reason: int = errno.ENOSPC, *, others: bool = True) -> None:
        count = 0

        def fsync(descriptor: int) -> None:
            nonlocal count
            here = name in str(Path(f"/proc/self/fd/{descriptor}").readlink())
            count += here
            if name and count >= nth and (here or others):
                raise OSError(reason, os.strerror(reason))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    yield fill
    monkeypatch.setattr(os, "fsync", real)


@pytest.fixture
def whole(impasto, plaster, tmp_path) -> bytes:
    """The picture of a run that had space."""
    assert impasto(*WORDS[:-1], "whole.png", "--no-record").status == 0
    return (tmp_path / "whole.png").read_bytes()


def no_rest(folder: Path) -> bool:
    """Whether nothing is left that is not whole, and no run without a record."""
    runs = [path for path in folder.glob("runs/*") if not (path / "run.json").is_file()]
    return not runs and not [path for path in folder.rglob("*") if path.name.startswith(".impasto")]


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT], ids=["full", "quota"])
@pytest.mark.parametrize(
    ("name", "nth"),
    [
        ("/checkpoint", 1),
        ("/checkpoint", 3),
        ("losses.csv", 2),
        ("previews", 1),
        ("previews", 4),
        ("run.json", 3),
        ("output.png", 1),
        ("other.png", 1),
    ],
)
def test_a_disk_that_fills_up_says_what_to_free_and_how_to_go_on(
    impasto, plaster, whole, disk, tmp_path, monkeypatch, name, nth, reason
):
    monkeypatch.setenv("IMPASTO_CHECKPOINT_STEPS", "2")
    disk(name, nth, reason)
    said = impasto(*WORDS)
    (folder,) = tmp_path.glob("runs/*")
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"impasto: runs/{folder.name}/")
    assert said.err.endswith(f": free at least 1 MB there, then: impasto runs resume runs/{folder.name}\n")
    assert no_rest(tmp_path)
    disk("")
    assert impasto("runs", "resume", "-q").status == 0
    assert (tmp_path / "out.png").read_bytes() == whole
    assert RunFolder(folder).read().state == "done"


@pytest.mark.parametrize(("name", "nth"), [("run.json", 1), ("run.json", 2)])
def test_a_run_that_could_not_even_begin_leaves_no_folder(impasto, plaster, disk, tmp_path, name, nth):
    disk(name, nth)
    said = impasto(*WORDS)
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert said.err.endswith(": no space left on the disk: free at least 1 MB there, or write elsewhere\n")
    assert [path.name for path in tmp_path.iterdir()] == ["plaster.png"]


def test_a_picture_that_is_done_is_not_lost_with_the_disk_of_the_output(impasto, plaster, disk, tmp_path):
    disk("/.impasto-out.png", others=False)
    said = impasto(*WORDS)
    (folder,) = tmp_path.glob("runs/*")
    assert said.status == 2
    assert said.err.endswith(f", or write elsewhere; what was made is in runs/{folder.name}\n")
    assert (folder / "output.png").is_file()


def test_of_a_disk_that_is_full_for_the_picture_and_the_record_the_picture_is_told(
    impasto, plaster, whole, disk, tmp_path
):
    disk("/.impasto-out.png")
    said = impasto(*WORDS)
    (folder,) = tmp_path.glob("runs/*")
    assert said.status == 2
    assert said.err.startswith("impasto: out.png: no space left on the disk")
    assert said.err.endswith(f", then: impasto runs resume runs/{folder.name}\n")
    assert said.err.count("\n") == 1
    disk("")
    assert impasto("runs", "resume", "-q").status == 0
    assert (tmp_path / "out.png").read_bytes() == whole


def test_a_report_for_which_there_is_no_space_can_be_written_later(impasto, plaster, whole, disk, tmp_path):
    disk("report.html")
    said = impasto(*WORDS)
    (folder,) = tmp_path.glob("runs/*")
    assert said.status == 2
    assert said.err.endswith(f", then: impasto runs report runs/{folder.name}\n")
    assert (tmp_path / "out.png").read_bytes() == whole
    disk("")
    assert impasto("runs", "report").status == 0


def test_what_the_libraries_say_of_a_full_disk_is_understood(tmp_path):
    """A limit that the system holds, and a device that is always full in the place of files that are not whole yet."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    try:
        with pytest.raises(InputError, match=r"00000001.safetensors: cannot be written \(File too large\)$"):
            checkpoint.save(tmp_path, Checkpoint(1, {"x": torch.zeros(10_000)}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
    aside_of(tmp_path / "losses.csv").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=r"losses\.csv: no space left on the disk"):
        LossTable(tmp_path / "losses.csv")
    (tmp_path / "full.png").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=r"full\.png: no space left on the disk: free at least 3 MB there"):
        write_atomically(tmp_path / "full.png", bytes(2_000_001))


@pytest.mark.parametrize(
    "words",  # of safetensors 0.6, and of those before it
    [
        "Error while serializing: I/O error: No space left on device (os error 28)",
        'Error while serializing: IoError(Os { code: 28, kind: StorageFull, message: "No space left on device" })',
    ],
)
def test_a_full_disk_is_one_for_checkpoints_too(tmp_path, monkeypatch, words):
    def save_file(*_: object, **__: object) -> None:
        raise SafetensorError(words)

    monkeypatch.setattr(safetensors.torch, "save_file", save_file)
    with pytest.raises(DiskFullError, match=r"00000001\.safetensors: no space left on the disk: free at least 5 MB"):
        checkpoint.save(tmp_path, Checkpoint(1, {"x": torch.zeros(1_100_000)}))


@pytest.mark.parametrize("step", [1, 4, 12])
@pytest.mark.parametrize("what", ["folder", "record", "moved"])
def test_a_run_whose_folder_is_taken_away_stops(impasto, plaster, tmp_path, monkeypatch, what, step):
    begun = LossTable.append

    def append(table: LossTable, number: int, losses: dict[str, float]) -> None:
        begun(table, number, losses)
        (folder,) = tmp_path.glob("runs/*") if number == step else [None]
        if folder is None:
            return
        if what == "folder":
            shutil.rmtree(folder)
        elif what == "record":
            (folder / "run.json").unlink()
        else:
            folder.rename(tmp_path / "elsewhere")

    monkeypatch.setattr(LossTable, "append", append)
    monkeypatch.setenv("IMPASTO_CHECKPOINT_SECONDS", "1000")
    said = impasto(*WORDS)
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert said.err.endswith("this run's folder is gone, so the run was stopped; start it again\n")
    assert not (tmp_path / "out.png").exists()


def test_a_folder_that_is_taken_away_is_not_made_again_for_frames(impasto, plaster, tmp_path, monkeypatch):
    frames = [Image.new("RGB", (24, 16), color) for color in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "walk.gif", save_all=True, append_images=frames[1:], duration=80)
    taken = Frames.take

    def take(pieces: Frames, name: str, piece: Piece) -> None:
        taken(pieces, name, piece)
        for folder in tmp_path.glob("runs/*"):
            shutil.rmtree(folder)

    monkeypatch.setattr(Frames, "take", take)
    monkeypatch.setenv("IMPASTO_CHECKPOINT_SECONDS", "1000")
    said = impasto("style", "blend", "walk.gif", "plaster.png", "-q", "-o", "out.gif")
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize("output", ["out.png", "{stem}-long-name-of-more-than-forty-letters-in-all.png", "new/out.tif"])
def test_what_a_killed_process_left_is_swept_when_its_run_goes_on(impasto, plaster, tmp_path, monkeypatch, output):
    monkeypatch.setenv("IMPASTO_CHECKPOINT_STEPS", "2")
    words = [*WORDS[:-1], output, "--runs", "runs"]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("impasto.runs.execute.write_own", killed)
        assert impasto(*words).status == 130
    (folder,) = tmp_path.glob("runs/*")
    place = tmp_path / output.format(stem="plaster")
    place.parent.mkdir(exist_ok=True)
    left = [aside_of(folder / "run.json", "a1"), aside_of(folder / "checkpoint/00000004.safetensors")]
    left += [aside_of(folder / "previews/0003.png", "b2"), aside_of(folder / "losses.csv"), aside_of(place, "c3")]
    others = [aside_of(place.with_name("another.png"), "d4"), place.with_name(".impasto-notes")]
    for path in (*left, *others):
        path.write_bytes(b"half")
    assert impasto("runs", "resume", "-q").status == 0
    assert [path.name for path in left if path.exists()] == []
    assert all(path.exists() for path in others)


@pytest.mark.parametrize("words", [["-o", "loop.png"], ["-o", "loop/out.png"], ["-o", "loop/"], ["--runs", "loop"]])
@pytest.mark.parametrize("record", [True, False])
def test_a_link_to_itself_is_refused_before_anything_is_made(impasto, plaster, tmp_path, words, record):
    for name in ("loop", "loop.png"):
        (tmp_path / name).symlink_to(name)
    if not record and "--runs" in words:
        words = [*words, "-o", "loop.png"]
    said = impasto(*WORDS[:-2], *words, *([] if record else ["--no-record"]))
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop", "loop.png", "plaster.png"]


@pytest.mark.parametrize("where", ["mkdir", "keep", "write"])
@pytest.mark.parametrize("place", [[], ["--out", "own"], ["--out", "there"]], ids=" ".join)
def test_ctrl_c_while_a_run_is_entered_leaves_no_folder_without_a_record(
    impasto, plaster, tmp_path, monkeypatch, where, place
):
    (tmp_path / "there").mkdir()

    def after(real):
        def call(*words: object, **options: object) -> object:
            done = real(*words, **options)
            if where != "mkdir" or any(part in str(words[0]) for part in ("drift", "own", "there")):
                raise KeyboardInterrupt
            return done

        return call

    kind, name = {"mkdir": (Path, "mkdir"), "keep": (PictureSource, "keep"), "write": (RunFolder, "write")}[where]
    monkeypatch.setattr(kind, name, after(getattr(kind, name)))
    assert impasto(*WORDS, *place).status == 130
    monkeypatch.undo()
    made = [path for path in (*tmp_path.glob("runs/*"), tmp_path / "own") if path.exists()]
    assert [path for path in made if not (path / "run.json").is_file()] == []
    assert run(["runs", "list", "--runs", str(tmp_path / "runs")]) == 0
