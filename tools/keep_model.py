"""Keep what a training learned in `models/`, in half its bytes and with a card that says where it comes from.

    python tools/keep_model.py RUN models/NAME --data "what it was trained on" --terms "..." [--only generator|critic]

RUN is the folder of a run of `train dcgan`. `impasto sample models/NAME` draws with what is written there.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images import check_place, write_atomically
from impasto.networks.adversaries import PARTS, halved
from impasto.registry import method
from impasto.runs.configure import as_flags
from impasto.runs.folder import RunFolder
from impasto.runs.limits import duration
from impasto.runs.model import model_file, read_model, save_model
from impasto.runs.recipe import RunRecord

LARGEST = 12_000_000  # bytes of a kept model
CARD = """# {name}

| | |
|---|---|
| data | {data} |
| terms | {terms} |
| command | `{command}` |
| length | {step} steps, {epochs} epochs, {time} on {threads} of a processor |
| kept | {kept}, {megabytes:.1f} MB, 16 bits a number |
| measures | {measures} |
"""


def main() -> int:
    """Write the model and its card; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("place", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--terms", required=True)
    parser.add_argument("--measures", default="", help="further words on how good it is, or how that was measured")
    parser.add_argument("--only", choices=PARTS, default="")
    given = parser.parse_args()
    try:
        keep(given.run, given.place, given.only, {"data": given.data, "terms": given.terms, "measures": given.measures})
    except InputError as error:
        print(f"keep_model: {error}", file=sys.stderr)
        return 2
    return 0


def keep(run: Path, place: Path, only: str, words: dict[str, str]) -> None:
    """Write `place`/model and `place`/README.md. Raises InputError if the model is too large."""
    record, model = RunFolder(run).read(), halved(read_model(run), only)
    size = sum(tensor.nbytes for tensor in model.tensors.values())
    if size > LARGEST:
        raise InputError(f"{run}: {size / 1e6:.1f} MB, where {LARGEST / 1e6:.0f} may be kept: try --only")
    check_place(place / "README.md")
    place.mkdir(parents=True, exist_ok=True)
    save_model(place, model)
    best = record.facts.get("best")
    measures = [f"Fréchet distance {best['frechet']:.0f} at step {best['step']}"] if best else []
    card = CARD.format(
        name=place.name,
        data=words["data"],
        terms=words["terms"],
        command=_command(record),
        step=record.step or record.total,
        epochs=record.facts["epochs"],
        time=duration(record.seconds),
        threads="one thread" if record.threads == 1 else f"{record.threads} threads",
        kept=f"the {only}" if only else "generator and critic",
        megabytes=model_file(place).stat().st_size / 1e6,
        measures="; ".join([*measures, *filter(None, [words["measures"]])]),
    )
    write_atomically(place / "README.md", card.encode())


def _command(record: RunRecord) -> str:
    """The command line that trains it, but for where the data lie."""
    usual: dict[str, Any] = method(record.method).Config().model_dump(mode="json")
    chosen = {name: value for name, value in record.config.items() if value != usual[name]}
    return shlex.join(["impasto", *record.method.split(), "DATA", *as_flags(chosen)])


if __name__ == "__main__":
    sys.exit(main())
