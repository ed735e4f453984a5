"""What becomes of a set before it is trained on, also of a bad one."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import written_sets as written

from impasto.cli.app import run
from impasto.data import View, open_data
from impasto.data.stores import archive
from impasto.errors import InputError

VIEW = View((8, 8))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch) -> Path:
    place = tmp_path_factory.mktemp("own-cache")
    monkeypatch.setenv("IMPASTO_CACHE", str(place))
    return place / "data"


@pytest.fixture
def folder(tmp_path) -> Path:
    for number in range(5):
        written.picture(tmp_path / "set" / f"{number}.png", seed=number, height=8, width=8)
    return tmp_path / "set"


def data(path, view=VIEW):
    return open_data(path).dataset(view)


def kept(cache):
    return sorted(path.suffix for path in cache.iterdir()) if cache.exists() else []


def test_pictures_are_read_once_whatever_the_folder_is_called(folder, cache, monkeypatch):
    first = data(folder)
    folder = folder.rename(folder.with_name("moved"))
    monkeypatch.setattr("impasto.data.decoding.seen", None)
    again = data(folder)
    assert again.fingerprint == first.fingerprint
    assert np.array_equal(again.pixels, first.pixels)
    assert kept(cache) == [".json", ".lock", ".pictures"]
    with pytest.raises(TypeError):
        data(folder, View((4, 4)))


def test_what_cannot_be_read_is_left_out_and_told(folder):
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:60])
    (folder / "3.png").write_bytes(b"")
    for number, mode in enumerate(("L", "RGBA", "P", "CMYK"), 5):
        picture = written.Image.fromarray(written.smooth(8, 8, number)).convert(mode)
        picture.save(folder / f"{number}.tif")
    written.picture(folder / "9.jpg", 50, 20, format="JPEG")
    found = data(folder)
    assert len(found) == 8
    assert found.numbers.tolist() == [0, 1, 4, 5, 6, 7, 8, 9]
    assert [name for name, _ in found.header.reasons] == ["2.png", "3.png"]
    assert found.header.reasons[0][1].startswith("is truncated or damaged")
    assert found.header.sizes == [(8, 8, 7), (20, 50, 1)]
    whole = written.smooth(8, 8, 4).transpose(2, 0, 1)
    assert np.array_equal(found[2].picture.numpy(), whole)


def test_a_file_that_may_not_be_read_is_left_out_and_one_that_vanishes_is_noticed(folder, monkeypatch):
    def refuse(path, *mode):
        if str(path).endswith("3.png"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return Path(path).open(*mode)

    with monkeypatch.context() as guarded:
        guarded.setattr("impasto.data.stores.tree.open", refuse, raising=False)
        found = data(folder)
    assert found.numbers.tolist() == [0, 1, 2, 4]
    assert found.header.reasons == [("3.png", "Permission denied")]
    assert data(folder).fingerprint != found.fingerprint
    listed = open_data(folder)
    (folder / "4.png").unlink()
    with pytest.raises(InputError, match="set: it changed while it was read"):
        listed.dataset(View((6, 6)))


def test_sets_without_a_picture_are_one_line(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no picture in this folder"):
        open_data(tmp_path / "empty")
    with pytest.raises(InputError, match=r"0\.png: is one file, and no set of pictures"):
        open_data(folder / "0.png")
    for path in ("gone", "a\0b"):
        with pytest.raises(InputError, match=r"no such folder|is not the name"):
            open_data(tmp_path / path)
    for path in folder.iterdir():
        path.write_bytes(b"none")
    with pytest.raises(InputError, match=r"set: none of its 5 pictures can be read; the first, 0\.png: is not a pic"):
        data(folder)


def test_one_picture_is_a_set(tmp_path):
    written.picture(tmp_path / "one.png")
    assert len(data(tmp_path)) == 1


def test_a_folder_that_changes_while_it_is_read_leaves_nothing_behind(folder, cache):
    def interfere(done, total):
        (folder / "4.png").unlink(missing_ok=True)

    with pytest.raises(InputError, match="set: it changed while it was read"):
        open_data(folder).dataset(VIEW, interfere)
    assert kept(cache) == [".lock"]
    assert len(data(folder)) == 4


def test_a_set_that_is_cached_does_not_care_what_becomes_of_its_files(folder):
    found = data(folder)
    before = found.take(range(5)).pictures
    shutil.rmtree(folder)
    assert np.array_equal(found.take(range(5)).pictures, before)


def test_damaged_caches_are_made_again(folder, cache):
    first = data(folder)
    for damage in (lambda path: path.write_bytes(path.read_bytes()[:-1]), Path.unlink):
        for ending in (".pictures", ".json"):
            damage(next(cache.glob(f"*{ending}")))
            assert np.array_equal(data(folder).pixels, first.pixels)


def test_a_disk_without_space_is_told_before_and_while_it_is_written(folder, cache, monkeypatch):
    usage = shutil.disk_usage(folder)._replace(free=10_000)
    with monkeypatch.context() as little:
        little.setattr(shutil, "disk_usage", lambda _: usage)
        with pytest.raises(InputError, match=r"set: 5 pictures need 1 MB in .*, where 1 MB are free: free some"):
            data(folder)

    def full(_):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as none:
        none.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="no space left on the disk: free at least 1 MB there"):
            data(folder)
    assert kept(cache) == [".lock"]
    assert len(data(folder)) == 5


def test_of_several_that_want_the_same_set_one_reads_it(folder):
    told, found = [], []

    def slowly(done, total):
        told.append(threading.get_ident())
        time.sleep(0.02)

    threads = [threading.Thread(target=lambda: found.append(open_data(folder).dataset(VIEW, slowly))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(told)) == 1
    assert len({each.fingerprint for each in found}) == 1


def test_a_fingerprint_is_of_names_and_bytes_and_is_remembered_for_large_sets(folder, cache, monkeypatch):
    first = open_data(folder).fingerprint
    os.utime(folder / "1.png", (1, 1))
    assert open_data(folder).fingerprint == first
    monkeypatch.setattr("impasto.data.open.LARGE", 1)
    assert [open_data(folder).fingerprint for _ in range(2)] == [first, first]
    assert kept(cache) == [".fingerprint"]
    (folder / "1.png").rename(folder / "one.png")
    renamed = open_data(folder).fingerprint
    (folder / "one.png").write_bytes((folder / "0.png").read_bytes())
    assert len({first, renamed, open_data(folder).fingerprint}) == 3


def test_links_that_lead_out_are_left_out_and_told(folder, tmp_path):
    outside = written.picture(tmp_path / "outside.png")
    (folder / "a.png").symlink_to(outside)
    (folder / "b.png").symlink_to("0.png")
    (folder / "c.png").symlink_to("c.png")
    (folder / "d").symlink_to(tmp_path)
    found = data(folder)
    assert len(found) == 6
    assert {name for name, _ in found.header.reasons} >= {"a.png", "d"}
    with tarfile.open(tmp_path / "links.tar", "w") as tar:
        tar.add(outside, "1.png")
        for kind, name in ((tarfile.SYMTYPE, "2.png"), (tarfile.LNKTYPE, "3.png")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(outside)
            tar.addfile(info)
    assert data(tmp_path / "links.tar").header.reasons == [(f"{n}.png", "a link in an archive") for n in (2, 3)]
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as made:
        info = zipfile.ZipInfo("2.png")
        info.external_attr = 0o120777 << 16
        made.writestr(info, str(outside))
        made.write(outside, "1.png")
    assert data(tmp_path / "links.zip").header.reasons == [("2.png", "a link in an archive")]


def test_archives_that_swell_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "FREE", 1000)
    blank = bytes(3_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("1.png", blank)
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("1.png")
        info.size = len(blank)
        tar.addfile(info, io.BytesIO(blank))
    for name in ("bomb.zip", "bomb.tar.gz"):
        with pytest.raises(InputError, match=f"{name}: unpacks to .*, over 200 times its own size"):
            open_data(tmp_path / name)
    monkeypatch.setattr(archive, "FREE", 1 << 30)
    monkeypatch.setattr("impasto.data.stores.tree.Tree.read.__defaults__", (1 << 20,))
    with pytest.raises(InputError, match=r"none of its 1 pictures can be read; the first, 1\.png: has more than 1 MiB"):
        data(tmp_path / "bomb.zip")


@pytest.mark.parametrize("share", [0.3, 0.8])
@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
def test_archives_that_were_cut_short_are_one_line(ending, share, folder, tmp_path):
    whole = tmp_path / f"whole.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(whole, "w") as made:
            for path in folder.iterdir():
                made.write(path, path.name)
    else:
        with tarfile.open(whole, "w:gz" if ending == "tar.gz" else "w") as tar:
            tar.add(folder, "set")
    assert len(data(whole)) == 5
    used = whole.read_bytes().rstrip(b"\0")
    whole.write_bytes(used[: int(len(used) * share)])
    with pytest.raises(InputError, match=r"whole\.\S+: is (truncated or damaged|one file)"):
        data(whole)


def test_files_of_mnist_that_are_cut_short_or_do_not_belong_together_are_one_line(tmp_path):
    pictures = written.noise(6, 8, 8)
    images, labels = (tmp_path / f"train-{name}-ubyte" for name in ("images-idx3", "labels-idx1"))
    for damage, said in (
        (lambda: images.write_bytes(images.read_bytes()[:-1]), "images-idx3-ubyte: ends before its last picture"),
        (lambda: images.write_bytes(images.read_bytes()[:9]), "images-idx3-ubyte: ends before"),
        (lambda: images.write_bytes(b"\0\0\x0d\3" + images.read_bytes()[4:]), "is no IDX file of pictures"),
        (lambda: labels.write_bytes(labels.read_bytes()[:-2]), "labels-idx1-ubyte: ends before"),
        (lambda: written.idx(tmp_path, "train", pictures, range(5)), "5 labels for 6 pictures"),
    ):
        written.idx(tmp_path, "train", pictures, range(6))
        damage()
        with pytest.raises(InputError, match=said):
            data(tmp_path)
    written.idx(tmp_path, "train", pictures, range(6), packed=True)
    images.unlink()
    labels.unlink()
    packed = tmp_path / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:-20])
    written.idx(tmp_path, "t10k", pictures, range(6))
    with pytest.raises(InputError, match=r"is truncated or damaged|ends before"):
        data(tmp_path)
    assert len(data(tmp_path, View((8, 8), split="test"))) == 6
    with pytest.raises(InputError, match="has no part 'extra'; it has train, test"):
        data(tmp_path, View((8, 8), split="extra"))


def test_batches_of_cifar_that_are_damaged_are_one_line(tmp_path):
    written.cifar_binary(tmp_path / "binary", written.noise(3, 3, 32, 32), [1, 2, 30])
    with pytest.raises(InputError, match=r"1\.bin: labels must be 0 to 9, found 1 to 30"):
        data(tmp_path / "binary")
    path = tmp_path / "binary" / "data_batch_1.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="are no whole number of pictures"):
        data(tmp_path / "binary")
    written.cifar_python(tmp_path / "python", [written.noise(3, 3, 32, 32)], [[1, 2]])
    with pytest.raises(InputError, match="data_batch_1: 2 labels for 3 pictures"):
        data(tmp_path / "python")


def test_a_run_is_not_repeated_with_other_pictures(folder, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run(["data", "show", "set", "--record", "--out", "shown", "-q"]) == 0
    again = ["runs", "repeat", "shown/output.png", "--input", "data=set", "--no-record", "-q"]
    assert run(again) == 0
    (folder / "0.png").write_bytes((folder / "1.png").read_bytes())
    assert run(again) == 2
    assert "set: not the data that was used (its SHA-256 differs)" in capfd.readouterr().err
