"""Standard streams that are full, closed, or have no reader: one line at most, and whole pictures."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from impasto.cli.app import run
from impasto.cli.output import say
from impasto.cli.streams import settle_streams
from impasto.errors import InputError
from impasto.images import read
from impasto.images.quiet import quiet

TALKATIVE = {
    "help": ["--help"],
    "help of a method": ["texture", "drift", "--help"],
    "version": ["--version"],
    "methods": ["methods"],
    "methods as json": ["methods", "--json"],
    "no runs": ["runs", "list"],
    "no runs as json": ["runs", "list", "--json"],
    "weights": ["weights", "list"],
    "dry run": ["texture", "drift", "plaster.png", "--dry-run"],
    "picture": ["texture", "drift", "plaster.png", "--steps", "1", "-q", "--no-record", "-o", "-"],
    "run as json": ["texture", "drift", "plaster.png", "--steps", "1", "-q", "--no-record", "-o", "o.png", "--json"],
}


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def without_reader() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def closed() -> int:
    return os.open(os.devnull, os.O_RDONLY)  # as `settle_streams` puts it in the place of one


@pytest.fixture
def replaced(monkeypatch):
    """Put a descriptor in the place of a standard stream."""
    made = []

    def put(name: str, descriptor: int, buffering: int = -1) -> None:
        raw = os.fdopen(descriptor, "wb", buffering=buffering)
        made.append(io.TextIOWrapper(raw, write_through=buffering == 0))
        monkeypatch.setattr(sys, name, made[-1])

    yield put
    for stream in made:
        stream.close()  # whatever was lost is not told again


@pytest.mark.parametrize("buffering", [-1, 0], ids=["", "unbuffered"])
@pytest.mark.parametrize("kind", TALKATIVE)
def test_a_full_disk_behind_standard_output_is_one_line(
    plaster, tmp_path, monkeypatch, capsys, replaced, kind, buffering
):
    monkeypatch.chdir(tmp_path)
    replaced("stdout", full(), buffering)
    assert run(TALKATIVE[kind]) == 2
    said = capsys.readouterr().err
    assert said == "impasto: standard output: no space left on the disk: free some there, or write elsewhere\n"


@pytest.mark.parametrize("kind", TALKATIVE)
def test_a_reader_that_has_left_is_no_error_to_speak_of(plaster, tmp_path, monkeypatch, capsys, replaced, kind):
    monkeypatch.chdir(tmp_path)
    replaced("stdout", without_reader())
    assert run(TALKATIVE[kind]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", TALKATIVE)
def test_a_closed_standard_output_is_one_line(plaster, tmp_path, monkeypatch, capsys, replaced, kind):
    monkeypatch.chdir(tmp_path)
    replaced("stdout", closed())
    assert run(TALKATIVE[kind]) == 2
    assert capsys.readouterr().err == "impasto: standard output: is closed, and nothing can be written there\n"


@pytest.mark.parametrize("broken", [full, without_reader, closed])
def test_a_bad_word_is_told_once_where_json_finds_no_reader(capsys, replaced, broken):
    replaced("stdout", broken())
    assert run(["nonsense", "--json"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("broken", [full, without_reader, closed])
def test_a_picture_is_whole_whoever_listens_to_its_progress(plaster, tmp_path, monkeypatch, capsys, replaced, broken):
    monkeypatch.chdir(tmp_path)
    words = ["texture", "drift", "plaster.png", "--steps", "2", "--threads", "1", "--no-record", "-o"]
    assert run([*words, "heard.png"]) == 0
    replaced("stderr", broken())
    assert run([*words, "unheard.png"]) == 0
    assert (tmp_path / "unheard.png").read_bytes() == (tmp_path / "heard.png").read_bytes()
    assert run(["nonsense"]) == 2
    say("nobody hears it")
    assert capsys.readouterr().out == ""


def test_what_is_for_a_closed_standard_error_never_goes_to_standard_output(monkeypatch, capsys):
    for name in ("stdin", "stderr"):
        monkeypatch.setattr(sys, name, None)
    settle_streams()
    assert run(["nonsense"]) == 2
    assert run(["texture", "drift", "-", "-o", "a.png"]) == 2
    assert capsys.readouterr().out == ""


def test_a_name_that_standard_output_has_no_letters_for_is_listed(tmp_path, monkeypatch):
    (tmp_path / "runs" / "caf\udce9").mkdir(parents=True)
    (tmp_path / "runs" / "caf\udce9" / "run.json").write_text("{}")
    stream = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(stream, "ascii", errors="strict"))
    settle_streams()
    assert run(["runs", "list", "--runs", str(tmp_path / "runs")]) == 0
    assert b"caf\\udce9\t\tdamaged" in stream.getvalue()


def test_files_do_not_get_the_numbers_of_closed_streams(plaster, tmp_path):
    """A process without a standard error, whose picture would have been written into by whoever complains."""
    whole = "import sys; from impasto.cli import main; sys.exit(main())"
    words = ["texture", "pyramid", "plaster.png", "--threads", "1", "--no-record", "-o", "-"]
    with (tmp_path / "out.png").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", whole, *words], cwd=tmp_path, stdout=out, preexec_fn=lambda: os.close(2), check=False
        )
    assert done.returncode == 0
    with Image.open(tmp_path / "out.png") as picture:
        picture.load()
        assert picture.size == (24, 16)


STOPS = """
import os, signal, sys, traceback
def stop_at(count):
    # Ctrl-C while the module of that number is looked for
    def watch(event, args):
        nonlocal count
        if event == "import":
            count -= 1
            if count == 0:
                os.kill(os.getpid(), signal.SIGINT)
    sys.addaudithook(watch)
statuses = []
for count in (1, 2, 5, 30, 90, 200, 300):
    child = os.fork()
    if child == 0:
        status = 99
        try:
            from impasto.cli import main
            stop_at(count)
            sys.argv = ["impasto", "texture", "pyramid", "--help"]
            status = main()
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(statuses)
"""


def test_ctrl_c_while_modules_load_is_one_line():
    done = subprocess.run([sys.executable, "-c", STOPS], capture_output=True, text=True, timeout=60, check=False)
    statuses = json.loads(done.stdout)
    assert set(statuses) == {130}
    assert done.stderr == "impasto: stopped\n" * len(statuses)


# What decoders say


def odd_tiffs() -> dict[str, bytes]:
    """TIFFs of which libtiff, OpenCV, Pillow and tifffile have something to say."""
    values = np.random.default_rng(3).integers(0, 256, (40, 48, 3), dtype=np.uint8)

    def pillow(picture: Image.Image, compression: str) -> bytes:
        stream = io.BytesIO()
        picture.save(stream, "TIFF", compression=compression)
        return stream.getvalue()

    def written(array: np.ndarray, **options: object) -> bytes:
        stream = io.BytesIO()
        tifffile.imwrite(stream, array, photometric="rgb", **options)
        return stream.getvalue()

    def entry(data: bytes, tag: int, value: bytes, at: int = 8) -> bytes:
        """With other bytes in the entry of a tag: at 2 its type, 4 its count, 8 its value."""
        start = int.from_bytes(data[4:8], "little")
        count = int.from_bytes(data[start : start + 2], "little")
        for place in range(start + 2, start + 2 + 12 * count, 12):
            if int.from_bytes(data[place : place + 2], "little") == tag:
                return data[: place + at] + value + data[place + at + len(value) :]
        raise AssertionError(f"no tag {tag}")

    photo = Image.fromarray(values)
    fax = bytearray(pillow(photo.convert("1"), "group4"))
    fax[-400:-380] = b"\xff\0" * 10
    deep = cv2.imencode(".tif", values.astype(np.uint16), [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()
    return {
        "damaged strips of a fax": bytes(fax),
        "LZW codes out of order": pillow(photo, "tiff_lzw").replace(b"\x80\x00", b"\xff\xff"),
        "planes of type nonsense": entry(pillow(photo, "tiff_adobe_deflate"), 284, b"\x7b\0", at=2),
        "JPEG of unknown markers": pillow(photo, "jpeg").replace(b"\xff\xc4", b"\xff\x74"),
        "rows per strip of two values": entry(pillow(photo, "packbits"), 278, b"\2\0\0\0", at=4),
        "channels beyond counting": entry(written(values), 277, b"\x7f\0"),
        "16 bits, tags out of order": entry(deep, 339, b"\x05\x00", at=0),
    }


@pytest.mark.parametrize("kind", odd_tiffs())
def test_what_decoders_say_of_an_odd_file_is_not_heard(capfd, caplog, kind):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", sys.__stderr__)
        with contextlib.suppress(InputError):  # some are read
            read(odd_tiffs()[kind], name="odd.tif")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_pictures_that_are_read_side_by_side_leave_standard_error_as_it_was(capfd):
    entered, left = threading.Barrier(2), threading.Event()

    def first() -> None:
        with quiet():
            entered.wait(10)
            left.wait(10)
        os.write(2, b"after the last one\n")

    thread = threading.Thread(target=first)
    thread.start()
    with quiet():
        entered.wait(10)
    os.write(2, b"while another decodes\n")
    left.set()
    thread.join()
    assert capfd.readouterr().err == "after the last one\n"
