"""`impasto measure`: look at pictures as the networks do, and compare them without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, Parameter

from impasto.cli.app import STREAM
from impasto.cli.speech import answer
from impasto.cli.tables import print_table

app = App(name="measure", help="Measure pictures and networks.")

PositionColors = Literal["perceptual", "red-green"]  # as in impasto.metrics, which needs torch
Json = Annotated[bool, Parameter(negative="", help="one JSON object")]


@app.command
def features(
    image: Annotated[str, Parameter(help="a picture, or - for standard input")],
    *,
    network: Annotated[str, Parameter(help="perceptual network")] = "efficientnet-lite0",
    json: Json = False,
) -> None:
    """Show the size of every layer of a network for a picture."""
    from impasto.features import load_network
    from impasto.images import read_size

    width, height = read_size("-" if image == STREAM else image)
    layers = load_network(network, weights="random").sizes(height, width)
    columns = ["layer", "channels", "height", "width"]
    if json:
        rows = [dict(zip(columns, layer, strict=True)) for layer in layers]
        answer({"network": network, "picture": [width, height], "layers": rows})
    else:
        print_table(columns, layers)


@app.command
def positions(
    picture: Annotated[str, Parameter(help="a picture that was made from the exemplar, or - for standard input")],
    exemplar: Annotated[str, Parameter(help="the picture that it was made from")],
    /,
    *,
    to: Annotated[
        str | None, Parameter(name=("--output", "-o"), negative="", help="picture to write the map to, or -")
    ] = None,
    only_map: Annotated[bool, Parameter(negative="", help="write the map alone, as large as the picture")] = False,
    colors: Annotated[PositionColors, Parameter(help="colours of the places in the exemplar")] = "perceptual",
    patch: Annotated[int, Parameter(help="side of the patches in pixels")] = 7,
    every: Annotated[int, Parameter(help="look at every N-th patch in both directions; 0 chooses")] = 0,
    json: Json = False,
) -> None:
    """Show where each patch of a picture comes from, and how much of it was copied in one piece."""
    from impasto.cli.measuring import measure_positions

    names = _names([picture, exemplar])
    columns, row = measure_positions(
        names[0], names[1], to=_name(to), only_map=only_map, colors=colors, patch=patch, every=every, json=json
    )
    if json:
        answer(row)
    elif to != STREAM:
        print_table(columns, [[shown(row[name]) for name in columns]])


@app.command
def texture(
    *pictures: Annotated[str, Parameter(help="one or more pictures, and last the exemplar")],
    patch: Annotated[int, Parameter(help="side of the patches in pixels")] = 7,
    scales: Annotated[int, Parameter(help="sizes at which the patches are compared: 1, 1/2, 1/4 ...")] = 3,
    json: Json = False,
) -> None:
    """Compare pictures with the exemplar that they were made from, without a network."""
    from impasto.cli.measuring import measure_textures

    columns, rows, diversity = measure_textures(_names(pictures), patch=patch, scales=scales)
    if json:
        answer({"exemplar": pictures[-1], "pictures": rows, "diversity": diversity})
        return
    print_table(columns, [[shown(row.get(name)) for name in columns] for row in rows])
    if diversity is not None:
        print(f"diversity\t{shown(diversity)}")


@app.command
def flicker(
    video: Annotated[str, Parameter(help="an animation or a film")],
    original: Annotated[str | None, Parameter(help="the clip that it was made from, whose motion is followed")] = None,
    /,
    *,
    json: Json = False,
) -> None:
    """Measure what changes from frame to frame beyond what moved, from 0 to 1."""
    from impasto.cli.flickering import measure_flicker

    row = measure_flicker(video, original)
    if json:
        answer(row)
    else:
        print_table(list(row), [[shown(value) for value in row.values()]])


def shown(value: object) -> str:
    """A cell of a table: numbers with three digits."""
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _names(pictures: Sequence[str]) -> list[str]:
    return [name for name in map(_name, pictures) if name is not None]


def _name(picture: str | None) -> str | None:
    return "-" if picture == STREAM else picture
