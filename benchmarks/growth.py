"""How a method's time and memory grow with the size of its texture, each size in a process of its own.

    python benchmarks/growth.py "texture kwatra" "texture quilt" --sizes 256 512 1024 2048 --rounds 3 --threads 1

The exemplar is a sample at 256 px. A process first makes a small texture, so that nothing is compiled or loaded
afterwards; then the fastest of the rounds counts. Memory is the peak of the process, and what it is more than before.
The exponents are those of the number of pixels, between the smallest and the largest size.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time

EXEMPLAR = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="+", help='names such as "texture quilt"')
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512, 1024, 2048])
    parser.add_argument("--sample", default="gravel")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", action="store_true", help="measure one method at one size, and print it as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measured(arguments.methods[0], arguments.sizes[0], arguments)))
        return
    print("| method | size | seconds | processor seconds | peak memory, MB | of it for the texture, MB |")
    print("|---|---|---|---|---|---|")
    for method in arguments.methods:
        rows = [in_a_process(method, size, arguments) for size in arguments.sizes]
        for size, row in zip(arguments.sizes, rows, strict=True):
            cells = (f"`{method}`", f"{size}x{size}", *(f"{row[key]:.2f}" for key in ("seconds", "processor")))
            print("|", " | ".join((*cells, f"{row['peak']:.0f}", f"{row['more']:.0f}")), "|", flush=True)
        if len(rows) > 1:
            pixels = 2 * math.log(arguments.sizes[-1] / arguments.sizes[0])
            exponents = (math.log(rows[-1][key] / rows[0][key]) / pixels for key in ("seconds", "processor", "peak"))
            print(
                f"\n{method}: exponents",
                "of seconds {:.2f}, processor seconds {:.2f}, peak memory {:.2f}\n".format(*exponents),
            )


def in_a_process(method: str, size: int, arguments: argparse.Namespace) -> dict[str, float]:
    words = [sys.executable, __file__, method, "--one", "--sizes", str(size), "--sample", arguments.sample]
    words += ["--rounds", str(arguments.rounds), "--threads", str(arguments.threads)]
    threads = str(arguments.threads)
    environment = os.environ | {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, env=environment).stdout)
    return found


def measured(name: str, size: int, arguments: argparse.Namespace) -> dict[str, float]:
    import torch

    from impasto.images import resize
    from impasto.observers import Unobserved
    from impasto.registry import method
    from impasto.samples.photos import sample

    torch.set_num_threads(arguments.threads)
    exemplar = resize(sample(arguments.sample), (EXEMPLAR, EXEMPLAR))
    kind = method(name)

    def make(side: int) -> None:
        kind(kind.Config(size=f"{side}x{side}")).run({"exemplar": [exemplar]}, Unobserved())

    make(64)
    before, seconds, processor = peak(), [], []
    for _ in range(arguments.rounds):
        started, used = time.perf_counter(), time.process_time()
        make(size)
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return {"seconds": min(seconds), "processor": min(processor), "peak": peak(), "more": peak() - before}


def peak() -> float:
    """The largest memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
