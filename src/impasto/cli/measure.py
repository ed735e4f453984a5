"""`impasto measure`: look at pictures as the networks do."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.app import STREAM
from impasto.cli.speech import answer
from impasto.cli.tables import print_table

app = App(name="measure", help="Measure pictures and networks.")

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
