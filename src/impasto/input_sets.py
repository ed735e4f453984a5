"""Read what a run is given of kind "data"; apart from other inputs, for few methods need to know what a set is."""

from __future__ import annotations

from impasto.data.dataset import Dataset, Part, Pictures
from impasto.data.open import Store
from impasto.data.stores.reader import View
from impasto.errors import InputError
from impasto.inputs import Inputs, given


def given_data(inputs: Inputs, name: str) -> Store | None:
    """The pictures of an input of kind "data", listed; None if it is optional and was not given."""
    return next(iter(given(inputs, name, Store)), None)


def given_dataset(inputs: Inputs, name: str, view: View) -> Dataset:
    """The pictures of an input of kind "data" as a view has them; a data set from memory must be so already."""
    value = inputs[name][0]
    if not isinstance(value, (Pictures, Part)):
        return given(inputs, name, Store)[0].dataset(view)
    if value.size != view.size:
        (width, height), wanted = value.size, view.size
        raise InputError(
            f"{value.name or name}: pictures of {width}x{height}, where {wanted[0]}x{wanted[1]} are wanted"
        )
    return value
