"""`measure sets`: how near one set of pictures is to another, how good its pictures are, and how various."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from impasto.data.decoding import decoded_in_order
from impasto.data.open import Store
from impasto.data.stores.reader import Entry, Reader, View
from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.onnx import OnnxVectors, Values
from impasto.features.vectors import LayerMeans, VectorNetwork
from impasto.input_sets import given_data
from impasto.inputs import Input, Inputs, Sizes, given_file
from impasto.measures.patches import FIXED_MEMORY
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.metrics.bootstrap import Interval
from impasto.metrics.set_distances import SetDistances, set_distances
from impasto.metrics.set_features import SetFeatures
from impasto.observers import Loop, Observer
from impasto.tables import Column, Table

BATCH = 32  # pictures that the network sees at a time
SECONDS, PER_PICTURE, PER_PIXEL = 0.2, 2e-3, 7e-7  # of comparing; of decoding; of the network on one thread
BYTES_PER_PIXEL = 400
SIDE = 224  # of the squares that the embedded networks were trained on

COLUMNS = (
    Column("measure"),
    Column("value", form=".4g"),
    Column("low", "the middle 95 % of resampled sets begin here", ".4g"),
    Column("high", "and end here", ".4g"),
    Column("what it is"),
)
COUNTS = (
    Column("set"),
    Column("from"),
    Column("pictures", "of which the Fréchet distance is"),
    Column("compared", "those that the other measures and the resampling are of"),
    Column("unreadable", "left out"),
)


class MeasureSetsConfig(MethodConfig):
    """Parameters of `measure sets`."""

    network: Literal["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "vgg16", "vgg19", "file"] = (
        Field(
            "efficientnet-lite0",
            description="whose features are compared; or the path of an ONNX file, such as Inception's",
        )
    )
    layer: str = Field(
        "", description="layer whose means are a picture's vector (see measure features); empty: p10, p14 or relu5_1"
    )
    side: int = Field(
        0, ge=0, le=2048, description="pixels a side that the network sees; 0: its own (224, Inception 299)"
    )
    values: Values = Field("0..1", description="what a network from elsewhere takes for black and white")
    most: int = Field(10_000, ge=2, le=200_000, description="pictures of each set that are compared one with another")
    neighbours: int = Field(3, ge=1, le=100, description="of the balls of precision and recall")
    density_neighbours: int = Field(5, ge=1, le=100, description="of the balls of density and coverage")
    resamples: int = Field(50, ge=0, le=10_000, description="sets drawn again for the confidence; 0: none")

    main: ClassVar[str] = "network most resamples"


class MeasureSets(Method[MeasureSetsConfig]):
    """Compare a set of made pictures with one of real ones, by the features of a network."""

    name = "measure sets"
    makes, records = "table", False
    inputs = (
        Input("made", "the pictures that are judged, a folder or an archive", kind="data"),
        Input("real", "those that they should be like, given last", kind="data"),
        Input("onnx", "a network in an ONNX file", kind="file", flag="network", optional=True, choice="file"),
    )
    Config = MeasureSetsConfig

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for sets that are too small, and for a network that does not fit."""
        self._network(inputs)
        sets = _sets(inputs)
        for name, data in _readers(sets, 1).items():
            self._check_count(len(data), f"{name}: {len(data)} pictures in {sets[name].name}")

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Gather the vectors of both sets, batch by batch; then compare."""
        self.check(inputs)
        config, network, sets = self.config, self._network(inputs), _sets(inputs)
        readers = _readers(sets, network.side)
        gathered = {
            name: SetFeatures(len(data), network.dimensions, most=config.most, seed=config.seed)
            for name, data in readers.items()
        }
        batches = [(name, number) for name, data in readers.items() for number in range(-(-len(data) // BATCH))]
        streams: dict[str, Iterator[torch.Tensor]] = {}
        loop = Loop(observer, total=len(batches), keep=gathered)
        for step in loop:
            name, number = batches[step]
            if name not in streams:
                streams[name] = _pictures(readers[name], network.side, number)
            pictures = next(streams[name])
            if len(pictures):
                gathered[name].add(network(pictures))
            shown = pictures[0] if len(pictures) else torch.zeros(3, network.side, network.side)
            loop.report({}, preview=lambda: shown)  # noqa: B023 - within this step
        for name, store in sets.items():
            seen = gathered[name].count
            self._check_count(seen, f"{name}: {seen} of {len(readers[name])} pictures in {store.name} can be read")
        distances = set_distances(
            *gathered.values(),
            neighbours=config.neighbours,
            density_neighbours=config.density_neighbours,
            resamples=config.resamples,
            seed=config.seed,
        )
        rows = [_row(name, value, words) for name, value, words in _named(distances, config)]
        counts = [
            {
                "set": name,
                "from": store.name,
                "pictures": gathered[name].count,
                "compared": len(gathered[name].vectors),
                "unreadable": len(readers[name]) - gathered[name].count,
            }
            for name, store in sets.items()
        ]
        caption = f"{network.facts['network']}, layer {network.facts['layer']}, {network.side} pixels"
        tables = [Table("table", caption, COLUMNS, rows), Table("counts", "", COUNTS, counts)]
        return Result(facts={"features": network.facts}, tables=tables)

    def forecast(self, sizes: Sizes) -> Forecast:
        """The network's looks at all pictures; of one in a file, as if it were that which comes with Impasto."""
        count, side = len(sizes["made"]) + len(sizes["real"]), self.config.side or SIDE
        seconds = SECONDS + count * (PER_PICTURE + PER_PIXEL * side**2 / torch.get_num_threads())
        return Forecast(seconds, FIXED_MEMORY + BATCH * BYTES_PER_PIXEL * side**2)

    def _check_count(self, count: int, what: str) -> None:
        least = max(self.config.neighbours, self.config.density_neighbours) + 1
        if count < least:
            raise InputError(f"{what}; {least - 1} neighbours need {least} or more")

    def _network(self, inputs: Inputs) -> VectorNetwork:
        config, path = self.config, given_file(inputs, "onnx")
        if path is not None:
            return OnnxVectors(path, layer=config.layer, side=config.side, values=config.values)
        network = load_network(config.network).to(pick_device(config.device))
        return LayerMeans(network, config.layer, side=config.side or SIDE)


def _sets(inputs: Inputs) -> Mapping[str, Store]:
    """Both sets, by their names."""
    found = {name: given_data(inputs, name) for name in ("made", "real")}
    return {name: data for name, data in found.items() if data is not None}


def _readers(sets: Mapping[str, Store], side: int) -> dict[str, Reader]:
    return {name: store.reader(View((side, side), "stretch")) for name, store in sets.items()}


class _Rest:
    """The pictures of a reader from a number on."""

    def __init__(self, reader: Reader, first: int) -> None:
        self._reader, self._first = reader, first
        self.classes, self.grey, self.skipped = reader.classes, reader.grey, reader.skipped

    def __len__(self) -> int:
        return len(self._reader) - self._first

    def __iter__(self) -> Iterator[Entry]:
        return islice(iter(self._reader), self._first, None)


def _pictures(reader: Reader, side: int, first: int) -> Iterator[torch.Tensor]:
    """The pictures of each batch from a number on, (N, 3, side, side) in [0, 1], of any shape, stretched to the square.

    With antialiasing (Parmar et al. 2022). What cannot be read is left out.
    """
    decoded = decoded_in_order(_Rest(reader, first * BATCH), View((side, side), "stretch"), BATCH)
    while some := list(islice(decoded, BATCH)):
        good = [found[0] for _, found in some if not isinstance(found, InputError)]
        planes = torch.from_numpy(np.stack(good)) if good else torch.zeros(0, 3, side, side)
        yield planes.expand(-1, 3, -1, -1).float() / 255


def _named(found: SetDistances, config: MeasureSetsConfig) -> list[tuple[str, Interval, str]]:
    """Each value with its name, and in words which is which."""
    k, d = config.neighbours, config.density_neighbours
    return [
        ("Fréchet distance", found.frechet, "between made and real, squared as FID is; 0: features alike on the whole"),
        ("of real halves", found.halves, "the same between two halves of real: what is nothing, for so many pictures"),
        ("KID", found.kernel, "between made and real, unbiased; about 0, and often below: alike"),
        ("precision", found.precision, f"share of MADE within the k = {k} balls of real ones: how good"),
        ("recall", found.recall, f"share of REAL within the k = {k} balls of made ones: how various"),
        ("density", found.density, f"balls (k = {d}) of real ones that a MADE one lies in, over k; may pass 1"),
        ("coverage", found.coverage, f"share of REAL with a made one in their ball (k = {d})"),
    ]


def _row(name: str, found: Interval, words: str) -> dict[str, object]:
    """A row of the table; what was not measured is None."""
    numbers = {key: None if number != number else round(number, 8) for key, number in found._asdict().items()}
    return {"measure": name, **numbers, "what it is": words}
