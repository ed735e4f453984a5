"""A trained model on disk: `model/` in its run's folder, with one safetensors file and its config to read beside it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from impasto.errors import InputError
from impasto.images.write import write_atomically
from impasto.kinds import KINDS
from impasto.model import Model
from impasto.registry import method as find_method
from impasto.runs.folder import RECORD, RunFolder, all_runs, find_run, latest

FOLDER, FILE, ABOUT = "model", "model.safetensors", "config.json"

LARGEST = 1 << 20  # pixels of a side that no picture has


def model_file(run: Path) -> Path:
    """Where a run's model is, if it has one."""
    return run / FOLDER / FILE


def uses_of(run: Path) -> list[str]:
    """The commands that use the model in a run's folder; none if its kind is unknown."""
    known = KINDS.get(kind_of(run))
    return [use.format(run=run) for use in known.uses] if known else []


def find_trained(word: str, root: Path, kinds: Sequence[str] = ()) -> Path:
    """The folder of the training run that `word` means: a path, a run's name or a part of it, or "latest".

    The latest is that of all whose models are of these kinds, if there are any.
    """
    if Path(word).exists():
        return Path(word)
    trained = [run for run in all_runs(root) if model_file(run.path).is_file()]
    if word != "latest" or not trained:
        return find_run(word, root).path
    return latest([run for run in trained if kind_of(run.path) in kinds] or trained).path


def model_of(run: Path) -> Path:
    """The file of the model of a training run's folder. Raises InputError if there is none."""
    if model_file(run).is_file():
        return model_file(run)
    if not run.is_dir():
        what = "is a file" if run.exists() else "no such folder"
        raise InputError(f"{run}: {what}; name the folder of a training run, as impasto train says it at its end")
    if not (run / RECORD).is_file():
        raise InputError(f"{run}: not a run's folder (no {RECORD} in it); name that of a training run")
    record = RunFolder(run).read()
    if find_method(record.method).makes != "model":
        raise InputError(f"{run}: a run of {record.method}, which trains no model; name the folder of a training run")
    if record.state == "done":
        raise InputError(f"{model_file(run)}: missing, though its training is done: get a whole copy, or train again")
    raise InputError(f"{run}: its training is not done, there is no model yet: impasto runs resume {run}")


def read_model(run: Path) -> Model:
    """The model of a training run's folder. Raises InputError if there is none, or it is damaged."""
    file = model_of(run)
    return from_bytes(file.read_bytes(), str(file))


def save_model(run: Path, model: Model) -> None:
    """Write a model into a run's folder, each file whole or not at all."""
    write_atomically(model_file(run), to_bytes(model))
    write_atomically(run / FOLDER / ABOUT, (json.dumps(_about(model), indent=2) + "\n").encode())


def to_bytes(model: Model) -> bytes:
    """A model as one safetensors file, whose header holds all that is not a tensor, and a checksum."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.tensors.items()}
    about = _about(model)
    # One entry: safetensors writes several in any order, and the same model must be the same bytes.
    return safetensors.torch.save(tensors, metadata={"impasto": json.dumps({**about, "crc": _crc(tensors, about)})})


def from_bytes(data: bytes, where: str) -> Model:
    """The model in the bytes of such a file. Raises InputError, naming `where`, if it is damaged or is none."""
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about, tensors = json.loads(header["__metadata__"]["impasto"]), safetensors.torch.load(data)
        if not isinstance(about, dict):
            raise TypeError("what is not a tensor must be fields with names")
        if about.pop("crc") != _crc(tensors, about):
            raise InputError(f"{where}: damaged (its checksum differs); train again, or get a whole copy")
        kind, config, (width, height) = about["kind"], about["config"], about["size"]
        if not isinstance(kind, str) or not isinstance(config, dict) or not _is_side(width) or not _is_side(height):
            raise TypeError("these describe no model")
        return Model(kind, config, tensors, (width, height), where)
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: damaged, or not a model of impasto; train again, or get a whole copy") from error


def _is_side(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST


def kind_of(run: Path) -> str:
    """The kind of a run's model, without reading it; "" if that is not known."""
    try:
        return str(json.loads((run / FOLDER / ABOUT).read_text())["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _about(model: Model) -> dict[str, Any]:
    return {"kind": model.kind, "size": list(model.size), "config": dict(model.config)}


def _crc(tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> str:
    crc = zlib.crc32(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        crc = zlib.crc32(name.encode(), crc)
        if tensors[name].numel():
            crc = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, crc)
    return f"{crc:08x}"
