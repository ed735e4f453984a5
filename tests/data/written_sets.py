"""Tiny sets in the forms of the usual stores, written by other means than those that read them."""

from __future__ import annotations

import gzip
import io
import pickle
import struct

import numpy as np
from PIL import Image
from scipy.io import savemat


def noise(count, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def smooth(height, width, seed=0):
    """A soft colour picture, (H, W, 3)."""
    small = Image.fromarray(noise(1, 4, 4, 3, seed=seed)[0])
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def encoded(pixels, format="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format, **options)
    return stream.getvalue()


def picture(path, height=20, width=24, seed=0, format="PNG", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(smooth(height, width, seed), format, **options))
    return path


def idx(folder, part, pictures, labels, packed=False):
    """An IDX file of pictures, and one of labels."""
    folder.mkdir(exist_ok=True)
    for name, values in (("images-idx3", pictures), ("labels-idx1", np.asarray(labels, np.uint8))):
        data = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()
        path = folder / f"{part}-{name}-ubyte{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(data) if packed else data)


def cifar_python(folder, batches, labels, protocol=2):
    """Batches as `pickle` writes them."""
    folder.mkdir(exist_ok=True)
    for number, (rows, numbers) in enumerate(zip(batches, labels), 1):
        batch = {b"data": rows.reshape(len(rows), -1), b"labels": list(numbers), b"batch_label": b"one"}
        (folder / f"data_batch_{number}").write_bytes(pickle.dumps(batch, protocol))
    meta = {b"label_names": [f"class {number}".encode() for number in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol))


def cifar_binary(folder, pictures, labels):
    folder.mkdir(exist_ok=True)
    rows = [bytes([label]) + picture.tobytes() for picture, label in zip(pictures, labels)]
    (folder / "data_batch_1.bin").write_bytes(b"".join(rows))


def svhn(path, pictures, labels, packed=True):
    """As the original: (32, 32, 3, n), and the digit 0 called 10."""
    numbers = np.where(np.asarray(labels) == 0, 10, labels).astype(np.uint8)
    values = {"X": pictures.transpose(2, 3, 1, 0), "y": numbers[:, None]}
    savemat(path, values, do_compression=packed)


def lmdb(folder, pictures):
    import lmdb as package

    with package.open(str(folder), map_size=1 << 20) as database, database.begin(write=True) as writing:
        for number, each in enumerate(pictures):
            writing.put(f"{number:04d}".encode(), encoded(each, "WEBP", lossless=True))
