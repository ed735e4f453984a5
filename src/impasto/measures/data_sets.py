"""`data show`: what is in a set of pictures, and what of it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field

from impasto.data import Batch, Store, View
from impasto.data.cache import Cached
from impasto.data.fields import DataFields
from impasto.images import contact_sheet
from impasto.input_sets import given_data
from impasto.inputs import Input, Inputs, Sizes
from impasto.measures.patches import FIXED_MEMORY
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Observer
from impasto.randomness import generator
from impasto.tables import Column, Table

SECONDS, PER_PICTURE = 0.1, 1.5e-3  # of the sheet; of decoding a picture of a few hundred pixels
CLASSES, LINES = 40, 40  # rows of a table that are shown; the file has all

SET = (
    Column("what"),
    Column("pictures", "those that can be read"),
    Column("skipped", "those that cannot"),
    Column("classes"),
    Column("own sizes", "the sizes that the files have, the most common first"),
    Column("MB in the cache", form=".1f"),
    Column("fingerprint", "the start of the SHA-256 over names and bytes"),
)


class ShowDataConfig(DataFields, MethodConfig):
    """Parameters of `data show`."""

    samples: int = Field(64, ge=1, le=1024, description="pictures on the sheet, drawn by the seed")


class ShowData(Method[ShowDataConfig]):
    """Show what is in a set of pictures: how many, of which sizes and classes, and what cannot be read and why."""

    name = "data show"
    makes, records = "table", False
    inputs = (Input("data", "a folder of pictures, an archive, a usual store, or a public set's name", kind="data"),)
    Config = ShowDataConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Read all pictures, which puts them into the cache, and draw some."""
        del observer  # the reading is told of before
        self.check(inputs)
        store = given_data(inputs, "data")
        assert store is not None
        data = store.dataset(self.config.view())
        facts = {"pictures": len(data), "classes": list(data.classes), "skipped": data.header.skipped}
        return Result({"output": self._sheet(data)}, facts, tables=_tables(store, data))

    def check(self, inputs: Inputs) -> None:
        """Refuse what is no set of pictures, or has not what is asked for."""
        store = given_data(inputs, "data")
        if store is not None:
            store.reader(self.config.view())

    def forecast(self, sizes: Sizes) -> Forecast:
        """Reading all pictures, which is done once for a set and a view."""
        return Forecast(SECONDS + PER_PICTURE * len(sizes["data"]), FIXED_MEMORY)

    def views(self) -> Mapping[str, View]:
        """The set as it is shown."""
        return {"data": self.config.view()}

    def _sheet(self, data: Cached) -> torch.Tensor:
        """Some pictures, of all classes alike, each under its class; a pair side by side."""
        chosen = torch.randperm(len(data), generator=generator(self.config.seed))[: self.config.samples]
        numbers = sorted(chosen.tolist(), key=lambda number: (int(data[number].label), number))
        batch = data.take(numbers)
        pictures = [_shown(batch, row) for row in range(len(numbers))]
        captions = [data.classes[label] if label >= 0 else "" for label in batch.labels.tolist()]
        return contact_sheet(pictures, captions if data.classes else None)


def _shown(batch: Batch, row: int) -> torch.Tensor:
    picture = batch.pictures[row]
    whole = picture if batch.partners is None else torch.cat([picture, batch.partners[row]], dim=2)
    return whole.float() / 255


def _tables(store: Store, data: Cached) -> list[Table]:
    header = data.header
    sizes = ", ".join(f"{width}x{height} ({count:,})" for width, height, count in header.sizes[:3])
    row = {
        "what": store.kind,
        "pictures": len(data),
        "skipped": header.skipped,
        "classes": len(data.classes),
        "own sizes": sizes + (f" and {len(header.sizes) - 3} more" if len(header.sizes) > 3 else ""),
        "MB in the cache": data.path.stat().st_size / 1e6,
        "fingerprint": store.fingerprint[:16],
    }
    tables = [Table("table", "", SET, [row])]
    if data.classes and data.labels is not None:
        counts = torch.bincount(torch.from_numpy(data.labels) + 1, minlength=len(data.classes) + 1).tolist()[1:]
        rows = [{"class": name, "pictures": count} for name, count in zip(data.classes, counts, strict=True)]
        tables.append(Table("classes", "", [Column("class"), Column("pictures")], rows, shown=len(rows) <= CLASSES))
    if header.reasons:
        skipped = [{"file": name, "reason": reason} for name, reason in header.reasons]
        columns = [Column("file"), Column("reason", "why it is left out")]
        caption = f"left out: {header.skipped}" + (f", the first {LINES}" if len(skipped) > LINES else "")
        tables.append(Table("skipped", caption, columns, skipped[:LINES]))
        if len(skipped) > LINES:
            tables.append(Table("all-skipped", "", columns, skipped, shown=False))
    return tables
