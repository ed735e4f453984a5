"""Where the finished parts of a result go: onto the disk as they come, or into memory if nothing is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch

from impasto.errors import InputError
from impasto.images import contact_sheet, file_bytes, read, write, write_atomically
from impasto.observers import Piece, Step, Unobserved
from impasto.runs.recipe import Recipe

FIRST = "1"  # the name of the piece that stands at the output's own place
PIECE = "{piece}"  # in an output's name: every piece has a place of its own there
WRITERS = 16  # pieces of a step that are written at once: nearly all of the time is waiting for the disk
SHOWN = 12  # frames in a clip's own picture


class Pieces(Unobserved, ABC):
    """An observer that takes the pieces of every step. It comes before the one that writes checkpoints."""

    def step(self, step: Step) -> None:
        """Take the step's pieces."""
        for name, piece in step.pieces.items():
            self.take(name, piece)
        for name, file in step.copies.items():
            self.copy(name, file)

    @abstractmethod
    def take(self, name: str, piece: Piece) -> None:
        """Take one of them."""

    def copy(self, name: str, file: Path) -> None:
        """Take a file that is one."""


class InMemory(Pieces):
    """Pieces that the caller of a plain function is given."""

    def __init__(self) -> None:
        self.pictures: dict[str, torch.Tensor] = {}

    def take(self, name: str, piece: Piece) -> None:
        """Hold it."""
        self.pictures[name] = piece.picture


class Written(Pieces):
    """Pictures beside one another: the first at `output`, the others with their names behind its stem.

    An output with `{piece}` in its name is a place for each, with what the piece's file is called in it.
    """

    def __init__(self, output: Path, recipe: Recipe, known: Sequence[Path] = ()) -> None:
        """`known` are the places of those that an earlier process wrote."""
        self.places = list(known)
        self._output, self._recipe = output, recipe

    def step(self, step: Step) -> None:
        """Write the step's pieces, several at once; all are on the disk when it is done."""
        if len(step.pieces) < 2:
            super().step(step)
            return
        with ThreadPoolExecutor(WRITERS) as writers:
            for place in list(writers.map(self._write, step.pieces, step.pieces.values())):
                self._note(place)
        super().step(replace(step, pieces={}))

    def take(self, name: str, piece: Piece) -> None:
        """Write it, with the recipe that makes it alone."""
        self._note(self._write(name, piece))

    def _write(self, name: str, piece: Piece) -> Path:
        place = place_of(self._output, name, piece)
        write(piece.picture, place, recipe=alone(self._recipe, piece).embedded(), bits=self._recipe.bits)
        return place

    def _note(self, place: Path) -> None:
        if place not in self.places[-1:]:
            self.places.append(place)

    def copy(self, name: str, file: Path) -> None:
        """Copy it into the output's folder, where it keeps its name."""
        place = self._output.parent / name
        copy(file, place)
        self._note(place)


class Frames(Pieces):
    """A clip's frames in a folder, 00001.png and so on: all that it needs to go on. One that is there is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, piece: Piece) -> None:
        """Put a frame into its place."""
        write(piece.picture, self._folder / f"{name}.png")

    def __len__(self) -> int:
        """The number of frames that are there without a gap."""
        count = 0
        while self._path(count).is_file():
            count += 1
        return count

    def __iter__(self) -> Iterator[torch.Tensor]:
        """All of them, read one by one."""
        return (self.frame(number) for number in range(len(self)))

    def frame(self, number: int) -> torch.Tensor:
        """Frame `number`, counted from 0, as it was kept, in steps of 1/255."""
        return read(self._path(number))

    def sheet(self) -> torch.Tensor:
        """Some of them on one picture, evenly spaced, the first and the last among them."""
        count = len(self)
        shown = sorted({round(k * (count - 1) / (SHOWN - 1)) for k in range(SHOWN)})
        frames = [self.frame(number) for number in shown]
        return contact_sheet(frames, [str(number + 1) for number in shown], columns=min(4, len(frames)))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number + 1:05d}.png"


def copy(file: Path, place: Path) -> None:
    """Copy a file. Raises InputError if another one is at its place, which stays as it is."""
    data = file_bytes(file)
    if place.exists():
        if place.samefile(file):
            raise InputError(f"{place.parent}: is the folder that the pictures come from; name a new one")
        if place.read_bytes() != data:
            raise InputError(f"{place}: is there already, and another file; name a new folder")
        return  # this run has put it there before it was stopped
    write_atomically(place, data)


def alone(recipe: Recipe, piece: Piece) -> Recipe:
    """The recipe that makes a piece without the others."""
    config = {**recipe.config, **piece.alone}
    return recipe.model_copy(update={"config": config, "seed": config.get("seed", recipe.seed)})


def place_of(output: Path, name: str, piece: Piece) -> Path:
    """Where a piece is written.

    >>> piece = Piece(torch.zeros(3, 1, 1), file="cat")
    >>> place_of(Path("cut/{piece}.png"), "7", piece).name, place_of(Path("cut.png"), "7", piece).name
    ('cat.png', 'cut-7.png')
    """
    if PIECE in output.name:
        return output.with_name(output.name.replace(PIECE, piece.file or name))
    return output if name == FIRST else beside(output, name)


def beside(path: Path, name: str) -> Path:
    """The place of one of a run's other pictures."""
    return path.with_name(f"{path.stem}-{name}{path.suffix}")
