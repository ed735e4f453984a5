"""What networks are trained on: data sets of pictures, their batches, and what is drawn from photos."""

from __future__ import annotations

from impasto.data.batches import Batches, signed, unit
from impasto.data.crops import PhotoCrops, photo_files
from impasto.data.dataset import Batch, Dataset, Example, Part, Pictures

__all__ = ["Batch", "Batches", "Dataset", "Example", "Part", "PhotoCrops", "Pictures", "photo_files", "signed", "unit"]
