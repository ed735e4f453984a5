"""What networks are trained on: photos, and what is drawn from them."""

from impasto.data.crops import PhotoCrops, photo_files

__all__ = ["PhotoCrops", "photo_files"]
