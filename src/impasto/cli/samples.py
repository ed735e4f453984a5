"""`impasto samples`: pictures, and a clip, to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.output import answer
from impasto.images import check_target, write

app = App(name="samples", help="Write pictures to begin with: photographs and drawings.")


@app.default
def samples(
    folder: Annotated[str, Parameter(help="where to; pictures that are there already stay as they are")] = "pictures",
    *,
    json: Annotated[bool, Parameter(negative="", help="one JSON object on standard output")] = False,
) -> None:
    """Write pictures to begin with, photographs, drawings and a clip, and print their names."""
    from impasto.samples.starters import starters, write_clips

    paths = []
    for name, make in starters().items():
        path = Path(folder, f"{name}.png")
        if not path.exists():
            check_target(path)
            write(make(), path)
        paths.append(str(path))
        if not json:
            print(path, flush=True)
    for path in write_clips(Path(folder)):
        paths.append(str(path))
        if not json:
            print(path, flush=True)
    if json:
        answer({"pictures": paths})
