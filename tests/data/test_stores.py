"""Each form in which sets lie about, read back from what other programs wrote."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import torch
import written_sets as written
from PIL import Image

from impasto.data import View, open_data
from impasto.data.decode import seen
from impasto.data.decoding import decoded_in_order
from impasto.data.stores.names import natural
from impasto.data.stores.pickled import plain
from impasto.errors import InputError
from impasto.images import read, resize
from impasto.images.folders import natural_key

VIEW = View(size=(8, 8))


def everything(path, **view):
    """All pictures (N, 3, H, W), labels and classes."""
    data = open_data(path).dataset(View(**{"size": (8, 8)} | view))
    batch = data.take(range(len(data)))
    return batch.pictures.numpy(), batch.labels.tolist(), data.classes


def names(path, **view):
    return [entry.name for entry in open_data(path).reader(View(**view))]


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_give_their_pictures_and_labels(tmp_path, packed):
    pictures = {part: written.noise(7, 9, 11, seed=seed) for seed, part in enumerate(("train", "t10k"))}
    for part, pixels in pictures.items():
        written.idx(tmp_path, part, pixels, range(7), packed)
    for split, part in (("", "train"), ("test", "t10k")):
        found, labels, classes = everything(tmp_path, size=(11, 9), split=split)
        assert np.array_equal(found, np.repeat(pictures[part][:, None], 3, axis=1))
        assert (labels, len(classes)) == (list(range(7)), 10)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_cifars_python_version_is_read_without_running_it(tmp_path, protocol):
    batches = [written.noise(4, 3, 32, 32, seed=seed) for seed in (1, 2)]
    written.cifar_python(tmp_path, batches, [[3, 1, 4, 1], [5, 9, 2, 6]], protocol)
    found, labels, classes = everything(tmp_path, size=(32, 32))
    assert np.array_equal(found, np.concatenate(batches))
    assert labels == [3, 1, 4, 1, 5, 9, 2, 6]
    assert classes[9] == "class 9"


def test_a_pickle_of_python_2_is_read():
    rows = written.noise(1, 5)[0]
    old = b"\x80\x02}q\x01U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85"
    old += b"U\x01b\x87Rq\x05(K\x01K\x05\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff"
    old += b"\xff\xff\xffK\x00tb\x89U\x05" + rows.tobytes() + b"tbs."
    assert pickle.loads(old, encoding="bytes")[b"data"].tolist() == rows.tolist()
    assert plain(io.BytesIO(old), "old")[b"data"].tolist() == rows.tolist()


class Trap:
    def __init__(self, call):
        self.call = call

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "trap",
    [
        Trap((os.system, ("touch sprung",))),
        Trap((eval, ("1",))),
        [np.zeros(2), np.array([{}], object)],
        {b"data": Trap((np.frombuffer, (b"a", "u1")))},
    ],
)
def test_a_pickle_that_does_anything_is_refused(trap, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(trap, 2))
    with pytest.raises(InputError, match=r"data_batch_1: "):
        open_data(tmp_path).reader(VIEW)
    assert not (tmp_path / "sprung").exists()


def test_pickles_with_endless_or_nonsensical_words_are_one_line():
    for words in (
        b"\x80\x02r\xff\xff\xff\x7f.",
        b"",
        b"\x80\x02]q\x00h\x00a",
        b"}Na.",
        b"\x80\x05\x96" + b"\xff" * 5 + b"\0" * 3,
        b"0.",
        b"\x80\x02X\xff\xff\xff\x7f",
    ):
        with pytest.raises(InputError, match="given: is truncated or damaged"):
            plain(io.BytesIO(words), "given")


def test_cifars_binary_version_is_read(tmp_path):
    pictures = written.noise(5, 3, 32, 32)
    written.cifar_binary(tmp_path, pictures, [1, 2, 3, 4, 5])
    found, labels, classes = everything(tmp_path, size=(32, 32))
    assert np.array_equal(found, pictures)
    assert (labels, classes[1]) == ([1, 2, 3, 4, 5], "automobile")


@pytest.mark.parametrize("packed", [False, True])
def test_svhn_is_read_as_scipy_wrote_it(tmp_path, packed):
    pictures = written.noise(6, 3, 32, 32)
    written.svhn(tmp_path / "train_32x32.mat", pictures, [0, 1, 2, 9, 0, 3], packed)
    for path in (tmp_path, tmp_path / "train_32x32.mat"):
        found, labels, _ = everything(path, size=(32, 32))
        assert np.array_equal(found, pictures)
        assert labels == [0, 1, 2, 9, 0, 3]


def test_imagenet_as_numpy_archives_is_read(tmp_path):
    pictures = written.noise(6, 3, 16, 16)
    np.savez(tmp_path / "train_data_batch_1.npz", data=pictures[:4].reshape(4, -1), labels=[1, 2, 3, 1], mean=0.0)
    np.savez_compressed(tmp_path / "train_data_batch_2.npz", data=pictures[4:].reshape(2, -1), labels=[3, 2])
    np.savez(tmp_path / "val_data.npz", data=pictures[:1].transpose(0, 2, 3, 1), labels=[1])
    found, labels, classes = everything(tmp_path, size=(16, 16))
    assert np.array_equal(found, pictures)
    assert (labels, classes) == ([0, 1, 2, 0, 2, 1], ("1", "2", "3"))
    assert np.array_equal(everything(tmp_path, size=(16, 16), split="test")[0], pictures[:1])
    np.savez(tmp_path / "train_data_batch_1.npz", data=np.array([{}], object))
    with pytest.raises(InputError, match=r"batch_1\.npz: its arrays are not plain rows of numbers"):
        open_data(tmp_path).reader(VIEW)


def test_lsun_is_read_from_its_databases(tmp_path):
    pytest.importorskip("lmdb")
    pictures = [written.smooth(16, 16, seed) for seed in range(4)]
    written.lmdb(tmp_path / "church_outdoor_train_lmdb", pictures[:3])
    written.lmdb(tmp_path / "tower_train_lmdb", pictures[3:])
    found, labels, classes = everything(tmp_path, size=(16, 16))
    assert np.array_equal(found, np.stack(pictures).transpose(0, 3, 1, 2))
    assert (labels, classes) == ([0, 0, 0, 1], ("church_outdoor", "tower"))
    (tmp_path / "tower_train_lmdb" / "data.mdb").write_bytes(b"nothing of it" * 1000)
    with pytest.raises(InputError, match="tower_train_lmdb: is no whole LMDB database"):
        open_data(tmp_path).reader(VIEW)


@pytest.mark.parametrize("size", [9, 4096, 5000, 8192, -4096])
def test_a_database_of_lsun_that_was_cut_short_is_one_line(tmp_path, size):
    pytest.importorskip("lmdb")
    written.lmdb(tmp_path / "tower_train_lmdb", written.noise(5, 48, 48, 3))
    file = tmp_path / "tower_train_lmdb" / "data.mdb"
    whole = file.read_bytes()
    file.write_bytes(whole[:size])
    with pytest.raises(InputError, match=r"tower_train_lmdb: is no whole LMDB database \("):
        open_data(tmp_path).reader(VIEW)
    file.write_bytes(whole)
    assert len(open_data(tmp_path).reader(VIEW)) == 5


def test_a_bar_can_be_drawn_while_pictures_are_decoded(tmp_path, capfd):
    for number in range(3):
        written.picture(tmp_path / f"{number}.png")
    for number, _ in enumerate(decoded_in_order(open_data(tmp_path).reader(VIEW), VIEW, 1), 1):
        os.write(2, f"{number} of 3\n".encode())
    assert capfd.readouterr().err == "1 of 3\n2 of 3\n3 of 3\n"


def test_folders_are_read_to_the_bottom_in_natural_order_and_may_be_classes(tmp_path):
    for seed, name in enumerate(("train/cat/10.png", "train/cat/2.png", "train/Dog/deep/1.png", "val/cat/1.jpg")):
        written.picture(tmp_path / name, seed=seed, format="JPEG" if name.endswith("jpg") else "PNG")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("none")
    assert names(tmp_path) == ["train/cat/2.png", "train/cat/10.png", "train/Dog/deep/1.png", "val/cat/1.jpg"]
    _, labels, classes = everything(tmp_path, split="train", classes=True)
    assert (labels, classes) == ([0, 0, 1], ("cat", "Dog"))
    assert everything(tmp_path)[1] == [-1] * 4
    with pytest.raises(InputError, match="has no part 'test'; it has train, val"):
        names(tmp_path, split="test")
    with pytest.raises(InputError, match="lie in no folders that could be their classes"):
        names(tmp_path / "val", classes=True)


def test_names_are_sorted_as_elsewhere_in_the_house(tmp_path):
    some = [
        "a10",
        "a2",
        "A2",
        "a02",
        "a",
        "a-2",
        "ab",
        "",
        "2",
        "10",
        "é1",
        "x9y",
        "x10y",
        "x9",
        "00",
        "0",
        "a" * 30 + "9" * 300,
    ]
    paths = [tmp_path / name for name in some if name]
    assert [path.name for path in sorted(paths, key=natural_key)] == sorted(filter(None, some), key=natural)


def archives(folder, files):
    """The files as a zip, a tar and a packed tar."""
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    for mode, ending in (("w", "tar"), ("w:gz", "tar.gz")):
        with tarfile.open(folder / f"set.{ending}", mode) as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return [folder / f"set.{ending}" for ending in ("zip", "tar", "tar.gz")]


def test_archives_are_read_in_place(tmp_path):
    pictures = [written.smooth(8, 8, seed) for seed in range(3)]
    files = {name: written.encoded(each) for name, each in zip(("a/1.png", "b/2.png", "../../b/3.png"), pictures)}
    files |= {"__MACOSX/a/._1.png": b"x", "read.me": b"x"}
    for path in archives(tmp_path, files):
        found, _, classes = everything(path, classes=True)
        assert np.array_equal(found, np.stack(pictures).transpose(0, 3, 1, 2))
        assert classes == ("..", "a", "b")
    batch = pickle.dumps({b"data": written.noise(2, 3072), b"labels": [0, 1]}, 2)
    for path in archives(tmp_path, {"cifar-10-batches-py/data_batch_1": batch}):
        assert everything(path)[1] == [0, 1]


def test_joined_pairs_and_pairs_by_name(tmp_path):
    left, right = written.smooth(16, 16, 1), written.smooth(16, 16, 2)
    written.picture(tmp_path / "joined" / "1.png").write_bytes(written.encoded(np.concatenate([left, right], axis=1)))
    for name, pixels in (("a/1.png", left), ("b/1.bmp", right), ("a/2.png", left)):
        written.picture(tmp_path / "apart" / name).write_bytes(written.encoded(pixels, name[-3:].upper()))
    for folder, pairs, first, second in (
        ("joined", "left", left, right),
        ("joined", "right", right, left),
        ("apart", "folders", left, right),
    ):
        data = open_data(tmp_path / folder).dataset(View((16, 16), pairs=pairs))
        assert len(data) == 1
        assert np.array_equal(data[0].picture.permute(1, 2, 0).numpy(), first)
        assert np.array_equal(data[0].partner.permute(1, 2, 0).numpy(), second)
    assert data.header.reasons == [("a/2.png", "has no partner of the same name")]


@pytest.mark.parametrize(("height", "width"), [(90, 60), (50, 80), (9, 7), (31, 31)])
def test_a_picture_is_reduced_and_cut_to_its_middle(height, width):
    pixels = written.smooth(height, width)
    entry = next(iter(open_one(pixels)))
    found, size = seen(entry, View((12, 12)), grey=False)
    top, left = ((length - min(height, width)) // 2 for length in (height, width))
    middle = resize(read(pixels[top : height - top, left : width - left]), (12, 12))
    assert size == (width, height)
    assert (torch.from_numpy(found.astype(np.float32)) / 255 - middle).abs().max() < 0.04
    stretched, _ = seen(entry, View((10, 14), fit="stretch"), grey=False)
    assert (torch.from_numpy(stretched / np.float32(255)) - resize(read(pixels), (10, 14))).abs().max() < 0.02
    padded, _ = seen(entry, View((40, 40), fit="pad"), grey=False)
    border = padded[:, :, 0] if height > width else padded[:, 0]
    assert (border == 255).all() == (height != width)


def open_one(pixels, **options):
    from impasto.data.stores.reader import Entry

    return [Entry("one", lambda: written.encoded(pixels, **options))]


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {}), ("L", {}), ("1", {}), ("P", {}), ("LA", {}), ("RGBA", {}), ("I;16", {}),
        ("RGB", {"format": "JPEG"}), ("L", {"format": "JPEG"}), ("CMYK", {"format": "JPEG"}),
        ("RGB", {"format": "JPEG", "exif": 6}), ("RGB", {"format": "WEBP"}), ("RGB", {"format": "TIFF"}),
    ],
)  # fmt: skip
def test_every_mode_of_picture_comes_out_as_the_house_reads_it(mode, options, tmp_path):
    image = Image.fromarray(written.smooth(12, 12)).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    if "exif" in options:
        exif = Image.Exif()
        exif[274] = options["exif"]
        options = options | {"exif": exif}
    path = tmp_path / "one.png"
    image.save(path, **{"format": "PNG"} | options)
    (found,) = everything(path.parent, size=(12, 12))[0]
    assert np.array_equal(found, (read(path) * 255).round().byte().numpy())


def test_a_large_jpeg_is_decoded_small_and_looks_the_same():
    pixels = written.smooth(300, 400, 3)
    found, size = seen(open_one(pixels, format="JPEG", quality=95)[0], View((32, 32)), grey=False)
    exact, _ = seen(open_one(pixels)[0], View((32, 32)), grey=False)
    assert size == (400, 300)
    assert np.abs(found.astype(int) - exact).mean() < 2


def test_a_mat_file_that_is_none_or_another_is_one_line(tmp_path):
    for data, said in (
        (b"nothing", "is no MATLAB file"),
        (b"MATLAB 7.3 MAT-file".ljust(128), "of another version"),
        (b"MATLAB 5.0".ljust(124) + b"\0\1IM" + struct.pack("<2I", 15, 50) + b"x" * 50, "truncated or damaged"),
        (b"MATLAB 5.0".ljust(124) + b"\0\1IM", "has no array 'X'"),
    ):
        (tmp_path / "train_32x32.mat").write_bytes(data)
        with pytest.raises(InputError, match=said):
            open_data(tmp_path).reader(VIEW)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("label", [np.nan, np.inf, 1.5, -1e300])
def test_labels_that_are_no_whole_numbers_are_one_line(tmp_path, label):
    pictures = written.noise(2, 32, 32, 3).transpose(1, 2, 3, 0)
    written.savemat(tmp_path / "train_32x32.mat", {"X": pictures, "y": np.array([[1.0], [label]])})
    with pytest.raises(InputError, match=r"train_32x32\.mat: its labels are no whole numbers"):
        open_data(tmp_path).reader(VIEW)


def tar_of(path, count: int = 5) -> bytes:
    """An archive of so many pictures; its bytes."""
    with tarfile.open(path, "w") as archive:
        for number in range(count):
            archive.add(written.picture(path.parent / f"{number}.png", seed=number), f"{number}.png")
    return path.read_bytes()


@pytest.mark.parametrize("ending", ["tar", "tgz"])
@pytest.mark.parametrize("cut", ["behind a picture", "in a header"])
def test_a_tar_that_ends_between_its_files_is_not_whole(cut, ending, tmp_path):
    import gzip

    data = tar_of(tmp_path / "whole.tar")
    assert len(names(tmp_path / "whole.tar")) == 5
    with tarfile.open(tmp_path / "whole.tar") as archive:
        place = archive.getmembers()[3].offset + (0 if cut == "behind a picture" else 100)
    packed = gzip.compress(data[:place]) if ending == "tgz" else data[:place]
    (tmp_path / f"cut.{ending}").write_bytes(packed)
    with pytest.raises(InputError, match="truncated"):
        open_data(tmp_path / f"cut.{ending}")


def test_an_encrypted_zip_is_told_as_such(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(written.picture(tmp_path / "a.png"), "a.png")
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"set\.zip: is encrypted: unpack it, and give the folder"):
        open_data(path)


def test_runs_that_lie_in_a_set_are_none_of_its_pictures(tmp_path):
    """Others may have a file of that name."""
    for name in ("a.png", "runs/first/previews/1.png", "notes/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        written.picture(tmp_path / name)
    (tmp_path / "notes" / "run.json").write_text('{"of": "somebody else"}')
    (tmp_path / "runs" / "first" / "run.json").write_text('{\n  "seal": "00",\n  "version": 4}')
    assert names(tmp_path) == ["a.png", "notes/b.png"]
    assert open_data(tmp_path).tree.skipped.first == [("runs/first", "a run's folder")]


def test_labels_that_are_no_numbers_are_told_as_such(tmp_path):
    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": ["cat", "dog"]}
    for number in range(1, 6):
        (tmp_path / f"data_batch_{number}").write_bytes(pickle.dumps(batch))
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(InputError, match="its labels are not whole numbers"):
        len(open_data(tmp_path).reader(VIEW))
