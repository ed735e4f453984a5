"""What networks are trained on: data sets of pictures, their batches, and what is drawn from photos."""

from __future__ import annotations

from impasto.data.batches import Batches, signed, unit
from impasto.data.crops import PhotoCrops, photo_files
from impasto.data.dataset import Batch, Dataset, Example, Part, Pictures
from impasto.data.open import Store, open_data
from impasto.data.stores.reader import View

__all__ = [
    "Batch", "Batches", "Dataset", "Example", "Part", "PhotoCrops", "Pictures", "Store", "View", "open_data",
    "photo_files", "signed", "unit",
]  # fmt: skip
