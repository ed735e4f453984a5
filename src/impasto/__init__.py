"""Impasto makes new images from the pictures a person already has.

>>> import impasto
>>> picture = impasto.texture("plaster.jpg", method="pyramid", size=(512, 512), seed=7)  # doctest: +SKIP
>>> picture.save("more-plaster.png")  # doctest: +SKIP
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers take it for; to import it would be much of the time until a command begins
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from typing import Any, Literal

    from impasto.images import Source
    from impasto.observers import Observer
    from impasto.runs.picture import Picture
    from impasto.runs.trained import Trained

__all__ = ["reconstruct", "run", "sample", "stylize", "texture", "train", "vary"]


def __getattr__(name: str) -> str:
    """`__version__`, which is looked for when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module 'impasto' has no attribute {name!r}")
    from importlib.metadata import version

    return version("impasto")


def texture(
    exemplar: Source,
    method: str = "gram",
    *,
    size: tuple[int, int] | int | str | None = None,
    observer: Observer | None = None,
    **config: Any,
) -> Picture:
    """Make a texture like an exemplar; `config` are the fields of the method's config, and `preset` if it has any.

    `size` is (width, height), the long side, or words such as "150%".

    A picture is a path, bytes, an open file, a Pillow picture, an array or a tensor (see `impasto.images.read`).
    Raises impasto.errors.InputError, with one line, for whatever cannot be used.
    """
    return run(f"texture {method}", {"exemplar": exemplar}, observer=observer, size=size, **config)


def stylize(
    content: Source,
    style: Source | Sequence[Source],
    method: str = "gatys",
    *,
    size: tuple[int, int] | int | str | None = None,
    observer: Observer | None = None,
    **config: Any,
) -> Picture:
    """Make a picture in the manner of another, or of several."""
    return run(f"style {method}", {"content": content, "style": style}, observer=observer, size=size, **config)


def vary(
    image: Source,
    method: str = "patches",
    *,
    size: tuple[int, int] | int | str | None = None,
    observer: Observer | None = None,
    **config: Any,
) -> Picture:
    """Make another version of a picture, of any size; with a `mask`, fill its holes or keep parts of it.

    >>> wide = impasto.vary("beach.jpg", size=(1024, 384), seed=3)  # doctest: +SKIP
    """
    return run(f"vary {method}", {"image": image}, observer=observer, size=size, **config)


def reconstruct(
    image: Source,
    kind: Literal["content", "style"] = "content",
    *,
    size: tuple[int, int] | int | str | None = None,
    observer: Observer | None = None,
    **config: Any,
) -> Picture:
    """Show what a network's layers know of a picture's content or style."""
    return run(f"reconstruct {kind}", [image], observer=observer, size=size, **config)


def train(method: str, data: Source, *, observer: Observer | None = None, **config: Any) -> Trained:
    """Train a model, such as a "texture-network" of an exemplar; it can `sample` at once, and be saved.

    >>> network = impasto.train("texture-network", "pebbles.jpg")  # doctest: +SKIP
    >>> network.sample(size=(512, 512), seed=7).save("more-pebbles.png")  # doctest: +SKIP
    """
    from impasto.runs.trained import train_model

    return train_model(f"train {method}", data, config, observer)


def sample(
    trained: str | PathLike[str] | Trained,
    *,
    size: tuple[int, int] | int | str | None = None,
    observer: Observer | None = None,
    **config: Any,
) -> Picture:
    """Make new pictures with a trained model: one that `train` gave, or the folder of a training run."""
    return run("sample", {"run": getattr(trained, "model", trained)}, observer=observer, size=size, **config)


def run(
    method: str, pictures: Mapping[str, Any] | Sequence[Any], *, observer: Observer | None = None, **config: Any
) -> Picture:
    """Run any method by its name, such as "texture gram"; nothing is written.

    `pictures` are given by input name, or in the order of the method's inputs; a `size` as `texture` takes it.
    """
    from impasto.runs.picture import make_picture

    return make_picture(method, pictures, config, observer)
