"""Recipes of earlier versions, brought into the form of this one, so that they repeat to the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from impasto.errors import InputError
from impasto.images.sizes import parse_size, reduced_to

CHOICES = {"init": (("content", "style", "noise"), "picture"), "network_weights": (("auto", "random"), "file")}
"""Fields of version 1 that held a choice or a path: the choices, and what stands for the path now."""
PATHS = ("mask", "mix", "guide", "exemplar_guide", "region", "style_map", "photos")
"""Fields of version 1 that held paths of pictures, which the inputs named as well."""
NUMBERED = re.compile(r"(mix|exemplar_guide)\d+|(region)\d+(_mask|_style)")


def upgraded(raw: Any) -> Any:
    """A recipe, or a run's record, as this version has them; what makes no sense as one stays as it is."""
    if not isinstance(raw, dict) or raw.get("version", 1) not in (1, 2, 3):
        return raw
    if not isinstance(raw.get("config"), dict) or not isinstance(raw.get("inputs"), list):
        return raw
    found = _with_inputs(raw) if raw.get("version", 1) == 1 else raw
    config = raw["config"] if raw.get("version") == 3 else _with_size(found)
    return {**found, "version": 4, "older": True, "grey": False, "config": config}


def _with_size(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config, with the size of the result in pixels where up to version 2 it was a share of a reduced exemplar."""
    config: Mapping[str, Any] = raw["config"]
    inputs: list[Any] = raw["inputs"]
    size, most, first = config.get("size"), config.get("exemplar_size"), inputs[0] if inputs else None
    own = first.get("size") if isinstance(first, dict) and first.get("name") in ("exemplar", "image") else None
    if not size or not isinstance(most, int) or not isinstance(own, list) or max(own, default=0) <= most:
        return config
    others = ("guide", "mask") if raw.get("method") == "texture quilt" else ("mask",)  # whose size it was instead
    if any(isinstance(record, dict) and record.get("name") in others for record in inputs[1:]):
        return config
    try:
        width, height = parse_size(str(size), of=reduced_to((own[0], own[1]), most))
    except (InputError, LookupError, TypeError, ZeroDivisionError):
        return config
    return {**config, "size": f"{width}x{height}"}


def _with_inputs(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe of version 1 with inputs for what its config had."""
    config, facts = dict(raw["config"]), raw.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    inputs = [_input(record) if isinstance(record, dict) else record for record in raw["inputs"]]
    if config.get("photos"):
        photos = {"name": "photos", "path": config["photos"], "sha256": "", "kind": "data"}
        inputs.append({**photos, "count": facts.get("photos", 1)})
    for name, (choices, path) in CHOICES.items():
        if config.get(name, choices[0]) in choices:
            continue
        if name == "network_weights":
            network = facts.get("network")
            digest = network.get("sha256", "") if isinstance(network, dict) else ""
            inputs.append({"name": name, "path": config[name], "sha256": digest, "kind": "file"})
        config[name] = path
    given = tuple(str(record.get("name", "")) for record in inputs if isinstance(record, dict))
    for name in PATHS:
        # One that has no input stays, and is refused: what it meant is gone.
        if not config.get(name) or any(each == name or each.startswith(f"{name}_") for each in given):
            config.pop(name, None)
    return {**raw, "config": config, "inputs": inputs}


def _input(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose name had a number, and which was a picture unless it said `model` or `frames`."""
    found = {name: value for name, value in record.items() if name not in ("model", "frames")}
    found["name"] = NUMBERED.sub(lambda m: m[1] or f"{m[2]}{m[3]}", str(record.get("name", "")))
    if record.get("model"):
        found["kind"] = "model"
    if record.get("frames"):
        found |= {"kind": "clip", "count": record["frames"]}
    return found
