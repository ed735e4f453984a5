"""The state of a run on disk: one safetensors file, whole or not there, that comes back exactly as it was."""

from __future__ import annotations

import json
import os
import re
import warnings
import zlib
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from impasto.errors import writing
from impasto.images.sources import label
from impasto.images.write import aside_of
from impasto.observers import Checkpoint

KEPT = 2  # files: the newest, and the one before it in case the disk lost the newest


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint aside, put it on the disk, rename it into `folder`, and drop those before the previous one.

    Raises InputError if it cannot be written.
    """
    tensors: dict[str, torch.Tensor] = {}
    tree = json.dumps(_flatten(checkpoint.state, tensors))
    about = {"index": str(checkpoint.index), "tree": tree, "crc": _crc(tensors, tree)}
    path = folder / f"{checkpoint.index:08d}.safetensors"
    with writing(label(path), len(tree) + sum(tensor.nbytes for tensor in tensors.values())):
        folder.mkdir(parents=True, exist_ok=True)
        aside = aside_of(path)
        try:
            _save(tensors, aside, about)
            _sync(aside)
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync(folder)
        for old in _files(folder)[KEPT:]:
            old.unlink()
    return path


def load(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint in `folder`; None if there is none. A damaged file is passed over."""
    for path in _files(folder):
        checkpoint = _read(path)
        if checkpoint is not None:
            return checkpoint
    return None


def _save(tensors: dict[str, torch.Tensor], path: Path, about: dict[str, str]) -> None:
    try:
        safetensors.torch.save_file(tensors, path, metadata=about)
    except SafetensorError as error:  # which has the system's number in its words alone
        number = re.search(r"(?:code:|os error) (\d+)", str(error))
        raise (OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))) from error


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"), reverse=True)


def _read(path: Path) -> Checkpoint | None:
    try:
        with warnings.catch_warnings(), safe_open(path, framework="pt") as file:
            warnings.simplefilter("ignore")  # of torch, about kinds of numbers that no checkpoint of ours has
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if about["crc"] != _crc(tensors, about["tree"]):
            return None
        return Checkpoint(int(about["index"]), _unflatten(json.loads(about["tree"]), tensors))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _flatten(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """Turn nested state into JSON; tensors go into `tensors` and leave their number behind."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        if type(value) not in (int, float):
            raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")
        return value  # Python's JSON writes every float by its repr, NaN and infinities too
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}
    if isinstance(value, list):
        return [_flatten(item, tensors) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_flatten(item, tensors) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_flatten(key, tensors), _flatten(item, tensors)] for key, item in value.items()]}
    raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")


def _unflatten(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_unflatten(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return tensors[value["tensor"]]
    if "tuple" in value:
        return tuple(_unflatten(item, tensors) for item in value["tuple"])
    return {_unflatten(key, tensors): _unflatten(item, tensors) for key, item in value["dict"]}


def _crc(tensors: dict[str, torch.Tensor], tree: str) -> str:
    crc = zlib.crc32(tree.encode())
    for name in sorted(tensors, key=int):
        if tensors[name].numel():
            crc = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, crc)
    return f"{crc:08x}"


def _sync(path: Path) -> None:
    """Make sure that a file, or a folder's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no such call for folders
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
