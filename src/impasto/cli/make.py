"""What a method's command does: resolve the config, make one run for each picture, say how each went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from impasto.cli.assign import Given, assign, stem, taken
from impasto.cli.clips import is_clip
from impasto.cli.environment import every, runs_root, threads
from impasto.cli.interrupt import Interrupt
from impasto.cli.naming import destinations
from impasto.cli.orders import Runs, check_all, is_recorded
from impasto.cli.output import STREAM, answer
from impasto.cli.settings import resolve
from impasto.cli.shared import Shared
from impasto.errors import InputError
from impasto.methods import Method, MethodConfig
from impasto.runs.batch import Batch, BatchFile, Order
from impasto.runs.events import check_tensorboard
from impasto.runs.job import kept_metadata
from impasto.runs.limits import check_folder
from impasto.runs.model import find_trained
from impasto.video import clip_ending


def make(method: type[Method[Any]], words: Sequence[str], flags: dict[str, Any], shared: Shared) -> int:
    """Run a method on the pictures that the words name; returns the exit status."""
    _check_shared(method, shared)
    every()  # says now if the environment asks for what cannot be
    config, flagged = resolve(method, flags=flags, preset_name=shared.preset, file=shared.config)
    batch, sets = assign(method, ["-" if word == STREAM else word for word in words])
    if shared.out is not None and batch:
        raise InputError(f"--out {shared.out}: one folder for several runs; give --runs DIR")
    if shared.output == STREAM and config.made > 1:
        raise InputError("-o -: only one picture fits on standard output; give a file")
    root = runs_root(shared.runs)
    orders = _orders(method, config, shared, batch, [_found(method, {**flagged, **given}, root) for given in sets])
    check_all(method, orders, config, shared)
    kept = None
    if batch and is_recorded(method, shared) and not shared.dry_run:
        check_folder(root)
        flags = asdict(replace(shared, threads=threads(shared.threads)))
        whole = Batch(
            method=method.name, config=config.model_dump(mode="json"), flags=flags, where=str(Path.cwd()), orders=orders
        )
        kept = BatchFile.write(whole, root)
    runs = Runs(method, config, shared, batch=batch, notices=[line] if (line := taken(method, batch, sets)) else [])
    with Interrupt() as interrupt:
        runs.make_all(dict(enumerate(orders)), interrupt, kept)
    if shared.json or shared.dry_run:
        answer({"method": method.name, "runs": runs.answers} if batch else runs.answers[0])
    return runs.status


def _check_shared(method: type[Method[Any]], shared: Shared) -> None:
    """Raise InputError for flags that cannot be, or do not go together."""
    if shared.json and shared.output == STREAM:
        raise InputError("--json and -o - both want standard output; give -o a file")
    if shared.bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {shared.bits}")
    if shared.output == "":
        raise InputError("-o: the name of the output is empty; give a path, a folder, or -")
    kept_metadata(method, (), shared.metadata)
    if method.makes == "model" and shared.record is False:
        raise InputError("--no-record: a training keeps its model in the run's folder; leave it out")
    if shared.out is not None and shared.record is False:
        raise InputError("--out and --no-record: a run's folder is named, and none wanted; leave one out")
    if shared.tensorboard:
        if not is_recorded(method, shared):
            raise InputError("--tensorboard: its events are kept in the run's folder; add --record")
        check_tensorboard()
    if shared.out is not None and Path(shared.out).is_file():
        raise InputError(f"--out {shared.out}: is a file, and cannot be a run's folder; give another name")


def _orders(
    method: type[Method[Any]], config: MethodConfig, shared: Shared, batch: bool, sets: Sequence[Given]
) -> list[Order]:
    """The runs to make, and the place of each one's result."""
    output = "-" if shared.output == STREAM else shared.output
    clip = not batch and is_clip(method, sets[0], output, shared.bits)
    if output is None and method.makes in ("model", "table"):
        return [Order(given=given, output=None) for given in sets]
    stems = [stem(method, given) for given in sets]
    framed = [given[item.name][0] for given in sets for item in method.inputs if clip and item.clips]
    ending = clip_ending(framed[0]) if framed else ".gif" if method.makes == "clip" else ".png"
    places = destinations(
        output, stems, method=method.name, seed=config.seed, batch=batch, ending=ending, apart=method.apart
    )
    return [Order(given=given, output=place, clip=clip) for given, place in zip(sets, places, strict=True)]


def _found(method: type[Method[Any]], given: Given, root: Path) -> Given:
    """The inputs of a run, with folders for the names of training runs."""
    accepts = {item.name: item.accepts for item in method.inputs if item.kind == "model"}
    return {
        name: [str(find_trained(word, root, accepts[name])) for word in words] if name in accepts else words
        for name, words in given.items()
    }
