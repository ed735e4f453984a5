"""Two small pictures."""

from __future__ import annotations

from pictures import painting, photo

__all__ = ["painting", "photo"]
