"""Whether runs that are killed end with the bytes of those that are not, and whether pictures are repeated.

    python benchmarks/kills.py                     # 25 kills of each of nine methods, under both threading layers
    python benchmarks/kills.py --layers omp --kills 5 --methods "vary patches"
    python benchmarks/kills.py --repeat            # one picture of every method, on 1 and on 2 threads as recorded

The runs are the tiny ones of `tests/tiny.py`, with a checkpoint after every step. Each life of a run is a process of
its own, forked from one that has loaded everything and run no kernel. It kills itself (SIGKILL) at a step drawn at
random, before or after the step's checkpoint, or is killed at a moment drawn at random. A layer of numba's threads is
chosen for a whole process; so is the number of cores that torch counts, half of those that numba counts, as on a
processor with two threads a core. Needs a system that forks.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
NINE = (
    "texture gram", "texture kwatra", "texture sliced-patches", "vary patches: mask", "style gatys", "style neighbours",
    "style fast: clip", "train texture-network", "train dcgan",
)  # fmt: skip
LAYERS = ("omp", "workqueue")
LOADED = (
    "tiny", "torch._dynamo", "av", "jinja2", "impasto.runs.report",
    "impasto.losses.rank_kernels", "impasto.patches.kernels",
)  # fmt: skip
CORES = 2  # that torch counts; numba counts twice as many
PATIENCE = 120.0  # seconds that a life may take


def main() -> int:
    """Start a process for each layer, and return its failures as an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", nargs="+", default=LAYERS)
    parser.add_argument("--methods", nargs="+", default=None, help="cases of tests/tiny.py")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--threads", type=int, default=CORES)
    parser.add_argument("--repeat", action="store_true")
    parser.add_argument("--within", choices=LAYERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.within is None:
        counts = {"OMP_NUM_THREADS": str(CORES), "NUMBA_NUM_THREADS": str(2 * CORES), "OMP_WAIT_POLICY": "passive"}
        words = [sys.executable, *sys.argv, "--within"]
        runs = [
            subprocess.run([*words, layer], env=os.environ | counts | {"NUMBA_THREADING_LAYER": layer}, check=False)
            for layer in given.layers
        ]
        return max(run.returncode for run in runs)
    sys.path.insert(0, str(TESTS))
    load()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if given.repeat:
            return sum(repeated(name, given.within) for name in given.methods or pictures())
        return sum(killed(name, given.within, given.kills, given.threads) for name in given.methods or NINE)


def load() -> None:
    """Import what lives need, so that they begin at once; no kernel is run."""
    for name in LOADED:
        import_module(name)
    for entry in import_module("impasto.registry").METHODS.values():
        entry.load()


def pictures() -> list[str]:
    """One case of each method that makes pictures."""
    import tiny

    return [case.name for case in tiny.CASES if ":" not in case.name and case.makes in ("picture", "pictures")]


def life(task: Callable[[], object], moment: float | None = None) -> bool:
    """Do something in a process of its own, killed after so many seconds; whether it came to its end."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(int(PATIENCE))
        try:
            task()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if moment is not None:
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if (
        not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)
        and os.waitstatus_to_exitcode(status) != -signal.SIGKILL
    ):
        raise RuntimeError(f"a life ended with {os.waitstatus_to_exitcode(status)}")
    return os.WIFEXITED(status)


def begin(name: str, folder: Path, threads: int, *, kill_at: int = 0) -> None:
    """Carry a case out in a folder of its own, on so many threads, and die at a step."""
    import tiny
    from impasto.runs.enter import enter
    from impasto.threads import use_threads

    place, case = tiny.Place(Path("tiny")), tiny.case(name)
    use_threads(threads)
    ending = ".gif" if case.makes == "clip" else ".png"
    output = None if case.makes == "model" else folder.with_suffix(ending)
    go_on(enter(case.job(place), Path(), place=folder, output=output).path, kill_at=kill_at)


def go_on(folder: Path, *, kill_at: int = 0) -> None:
    """Carry a run on, and die at a step: its state is saved, or not yet if the number is negative."""
    from impasto.observers import Step, Unobserved
    from impasto.runs import execute, recorder
    from impasto.runs.every import Every
    from impasto.runs.folder import RunFolder

    class Die(Unobserved):
        def __init__(self) -> None:
            self.left = abs(kill_at)

        def step(self, step: Step) -> None:  # noqa: ARG002 - an observer's
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    die = Die()
    if kill_at < 0:
        save = recorder.Checkpoints.step

        def first(self: recorder.Checkpoints, step: Step) -> None:
            die.step(step)
            save(self, step)

        recorder.Checkpoints.step = first  # type: ignore[method-assign]
    execute.carry_on(RunFolder(folder), observers=[die] if kill_at > 0 else [], every=Every(steps=1))


def made(folder: Path) -> dict[str, bytes]:
    """What a run has made: its pictures, clips and models, in its folder and where it was asked for."""
    asked = [path for path in folder.parent.glob(f"{folder.name}.*") if path.is_file()]
    own = [path for path in folder.rglob("*") if path.suffix in (".png", ".gif", ".safetensors")]
    other = ("inputs", "previews", "checkpoint")  # the last of these is still there after a kill at the very end
    parts = {str(path.relative_to(folder)): path for path in own if path.parts[-2] not in other}
    return {name: path.read_bytes() for name, path in parts.items()} | {
        path.suffix: path.read_bytes() for path in asked
    }


def killed(name: str, layer: str, kills: int, threads: int) -> int:
    """Kill a case's runs so often in all, and let each end; say how many ended with other bytes than a whole run."""
    from impasto.runs.folder import RunFolder

    moments, folder, whole = random.Random(name), Path("killed"), Path("whole")
    for path in (whole, folder):
        clear(path)
    life(lambda: begin(name, whole, threads))  # makes what the case is given, and loads the kernels
    clear(whole)
    started = time.monotonic()
    life(lambda: begin(name, whole, threads))
    seconds, goal = time.monotonic() - started, made(whole)
    count, other, runs, within = 0, 0, 0, 0
    while count < kills:
        clear(folder)
        ended, runs = False, runs + 1
        while not ended:
            last = count >= kills
            at = 0 if last else moments.choice((-1, 1, 1, 2, -2, 3))
            moment = moments.uniform(0.1, 1.0) * seconds if not last and moments.random() < 0.4 else None
            if moment is not None:
                at = 0
            new = not (folder / "run.json").is_file()
            if new:
                clear(folder)  # killed before it had a record
            task = (lambda: begin(name, folder, threads, kill_at=at)) if new else (lambda: go_on(folder, kill_at=at))  # noqa: B023
            ended = life(task, moment)
            count, within = count + (not ended), within + (not ended and moment is None)
            ended = ended or ((folder / "run.json").is_file() and RunFolder(folder).read().state == "done")
        other += made(folder) != goal
    verdict = "same bytes" if not other else f"{other} OTHER"
    print(
        f"{layer}: {name}: {count} kills ({within} at steps) of {runs} runs on {threads} threads: {verdict}", flush=True
    )
    return other


def again_of(name: str, picture: Path, output: Path) -> None:
    """Repeat a case's picture; what is not read unasked, such as sets, is given."""
    import tiny
    from impasto.runs.execute import carry_out
    from impasto.runs.recipe import recipe_of
    from impasto.runs.repeat import repeat

    given = tiny.case(name).given(tiny.Place(Path("tiny")))
    carry_out(repeat(recipe_of(picture), Path(), given), output=output)


def repeated(name: str, layer: str) -> int:
    """Make a case's picture on 1 and on 2 threads, and repeat it as recorded; say how many came out otherwise."""
    from impasto.runs.recipe import recipe_of

    other = 0
    for threads in (1, 2):
        folder, again = Path("whole"), Path("again.png")
        clear(folder)
        life(lambda: begin(name, folder, threads))  # noqa: B023
        picture = folder.with_suffix(".png")
        life(lambda: again_of(name, picture, again))  # noqa: B023
        other += picture.read_bytes() != again.read_bytes() or recipe_of(again).threads != threads
    print(f"{layer}: {name}: repeated on 1 and 2 threads: {f'{other} OTHER' if other else 'same bytes'}", flush=True)
    return other


def clear(folder: Path) -> None:
    """Take away a run and what it made."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in folder.absolute().parent.glob(f"{folder.name}.*"):
        path.unlink()


if __name__ == "__main__":
    sys.exit(main())
