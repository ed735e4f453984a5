"""`data dedup`: pictures that are in a set more than once, cropped, brightened, saved again or mirrored.

The 3072-128-3072 denoising autoencoder of Radford, Metz & Chintala (2016, section 4.1.1) on 32x32 centre crops, whose
code is binarised and grouped in linear time. Beyond the paper, pictures lose their brightness and contrast first; codes
that differ in a few bits are found too, by the same grouping of some of the bits; and the pictures of a pair are
compared before one of them goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.data.dataset import Dataset
from impasto.data.open import Store
from impasto.data.stores.reader import View
from impasto.data.stores.tree import Folder
from impasto.errors import InputError
from impasto.images import contact_sheet, read
from impasto.input_sets import given_data, given_dataset
from impasto.inputs import Input, Inputs
from impasto.methods import Method, Result
from impasto.observers import Loop, Observer, Step
from impasto.optimizers import without_compiler
from impasto.preparation.cluster import Mapped, Place, check_cluster, shared_work
from impasto.preparation.duplicate_pairs import Pair, Search
from impasto.preparation.duplicates_settings import DuplicatesConfig
from impasto.preparation.grouping import Codes, packed
from impasto.randomness import generator
from impasto.tables import Column, Figure, Sheet, Table

if TYPE_CHECKING:
    from impasto.networks.autoencoder import CodeAutoencoder

VIEW = View((32, 32), "crop")
BLOCK = 2048  # pictures whose codes are made together
SHOWN = 60  # pairs on the page

COUNTS = (
    Column("pictures"),
    Column("stay"),
    Column("go", "are like one that stays"),
    Column("groups", "of pictures that are alike"),
    Column("largest", "of these groups, in pictures"),
    Column("unreadable", "left out"),
)
LIST = (
    Column("file", "that is like another"),
    Column("stays", "the one that it is like"),
    Column("bits", "in which their codes differ"),
    Column("alike", "correlation of their detail", ".3f"),
    Column("mirrored", "whether one is the other's mirror image"),
)


class Duplicates(Method[DuplicatesConfig]):
    """Find pictures that are in a set more than once; the set itself is left as it is."""

    name = "data dedup"
    makes = "table"
    inputs = (Input("data", "a folder of pictures, an archive, or a store such as CIFAR-10's", kind="data"),)
    Config = DuplicatesConfig

    def check(self, inputs: Inputs) -> None:
        """Raise InputError if copies are wanted of what are no files, or a cluster that cannot be."""
        check_cluster(self.config.cluster)
        store = given_data(inputs, "data")
        assert store is not None
        if self.config.copies and (store.form is not None or not isinstance(store.tree, Folder)):
            raise InputError(f"{store.name}: is {store.kind}, of which no files can be copied; leave --copies out")

    def views(self) -> Mapping[str, View]:
        """The set at 32x32."""
        return {"data": VIEW}

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Learn a code for small pictures, group the codes, compare the pictures of a group."""
        self.check(inputs)
        store, data = given_data(inputs, "data"), given_dataset(inputs, "data", VIEW)
        assert store is not None
        if len(data) < 2:
            raise InputError(f"{store.name}: one picture, which cannot be there twice; give a set with more")
        network = self._trained(data, observer)
        seen = Place(store.path.absolute(), VIEW, data.fingerprint) if self.config.cluster else data
        with shared_work(self.config.cluster) as mapped:
            found = partial(codes_of, network, len(data), seen, mapped=mapped)
            mirrored = found(mirrored=True) if self.config.mirrored else None
            pairs = Search(seen, found(), mirrored, self.config, mapped, partial(_tell, data, observer)).pairs()
        names, unreadable = _names(store, data)
        if self.config.copies:
            for step in _copied(store, names, {pair.go for pair in pairs}):
                observer.step(step)
        return Result(
            facts={"go": len(pairs)}, tables=_tables(names, pairs, unreadable), figures=_figures(names, pairs, data)
        )

    def _trained(self, data: Dataset, observer: Observer) -> CodeAutoencoder:
        """An autoencoder of these pictures."""
        from impasto.networks.autoencoder import CodeAutoencoder

        config, random = self.config, generator(self.config.seed)
        network = CodeAutoencoder(config.width, random)
        adam = without_compiler(torch.optim.Adam)(network.parameters(), lr=config.rate, fused=True)
        loop = Loop(observer, total=config.steps, keep={"network": network, "adam": adam, "random": random})
        for _ in loop:
            drawn = torch.randint(len(data), (config.batch,), generator=random)
            pictures = data.take(drawn.numpy()).pictures
            error = network.loss(pictures, random, noise=config.noise, dropout=config.dropout)
            adam.zero_grad()
            error.backward()  # type: ignore[no-untyped-call]
            adam.step()
            loop.report({"error": float(error.detach())}, preview=lambda: pictures[0].float() / 255)  # noqa: B023
        return network


def codes_of(
    network: CodeAutoencoder, count: int, data: Dataset | Place, *, mirrored: bool = False, mapped: Mapped = map
) -> Codes:
    """The codes (N, words) of so many pictures of 32x32, or of their mirror images; `mapped` as `Search` takes it."""
    blocks = (range(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))
    return np.concatenate(list(mapped(partial(_codes, network, data, mirrored), blocks)))


def _codes(network: CodeAutoencoder, data: Dataset | Place, mirrored: bool, numbers: range) -> Codes:
    """The codes of the pictures of these numbers."""
    data = data.opened() if isinstance(data, Place) else data
    pictures = data.take(numbers).pictures
    return packed(network.bits(pictures.flip(3) if mirrored else pictures).numpy())


def _names(store: Store, data: Dataset) -> tuple[list[str], int]:
    """What the pictures are called in their store, and the number of those that could not be read."""
    names = [entry.name for entry in store.reader(VIEW)]
    numbers = getattr(data, "numbers", None)
    return names if numbers is None else [names[number] for number in numbers.tolist()], len(names) - len(data)


def _tell(data: Dataset, observer: Observer, done: int, total: int) -> None:
    """Let it be seen how far the comparison of the pictures is, and stopped."""
    task = f"comparing pictures, {done} of {total}"
    observer.step(Step(done, total, {}, lambda: data.take(np.arange(1)).pictures[0].float() / 255, task=task))


def _copied(store: Store, names: Sequence[str], go: set[int]) -> Iterator[Step]:
    """A step for each file that stays, which gives it away."""
    stay = [name for number, name in enumerate(names) if number not in go]
    for number, name in enumerate(stay, 1):
        path = store.tree.path / name
        yield Step(number, len(stay), {}, partial(read, path), copies={name: path})


def _tables(names: Sequence[str], pairs: Sequence[Pair], unreadable: int) -> list[Table]:
    _, sizes = np.unique([pair.stay for pair in pairs], return_counts=True)
    row = {"pictures": len(names), "stay": len(names) - len(pairs), "go": len(pairs), "groups": len(sizes)}
    tables = [Table("table", "", COUNTS, [{**row, "largest": 1 + int(sizes.max(initial=0)), "unreadable": unreadable}])]
    if pairs:
        rows = [
            {
                "file": names[pair.go],
                "stays": names[pair.stay],
                "bits": pair.bits,
                "alike": round(pair.likeness, 6),
                "mirrored": pair.mirrored,
            }
            for pair in pairs
        ]
        tables.append(Table("duplicates", "Pictures that are like another", LIST, rows, shown=False))
    return tables


def _figures(names: Sequence[str], pairs: Sequence[Pair], data: Dataset) -> list[Figure]:
    """A page of pairs, the least alike first: who looks at these has seen the doubtful ones."""
    if not pairs:
        return []
    shown = sorted(pairs, key=lambda pair: pair.likeness)[:SHOWN]
    beside = [torch.cat([data[pair.stay].picture, data[pair.go].picture], 2).float() / 255 for pair in shown]
    captions = [f"{names[pair.stay]} | {names[pair.go]}: {pair.likeness:.3f}" for pair in shown]
    sheet = contact_sheet(beside, captions, columns=6, cell=(192, 96))
    return [Sheet("pairs", "What stays and what goes, the least alike first", sheet)]
