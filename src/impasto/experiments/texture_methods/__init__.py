"""The methods of making a texture, compared (the first document, exercise 4: table 1, figures 4 and 5)."""

from __future__ import annotations

from impasto.experiments.texture_methods.comparison import run

__all__ = ["run"]
