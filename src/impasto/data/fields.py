"""The choices of a method that takes a set of pictures, said once."""

from __future__ import annotations

from pydantic import BaseModel, Field

from impasto.data.stores.reader import Fit, Pairs, View


class DataFields(BaseModel):
    """How the pictures of a set are seen; for the bases of a method's config."""

    side: int = Field(32, ge=4, le=1024, description="side in pixels at which the pictures are seen")
    fit: Fit = Field("crop", description="the middle of each picture; all of it, stretched; or all of it, on white")
    classes: bool = Field(False, description="whether where pictures lie is their class: cats/1.png")
    split: str = Field(
        "", max_length=100, description="the part of the set: train, test ...; its usual one if not given"
    )
    pairs: Pairs = Field(
        "none", description="two pictures in one, the first left or right; or apart, a/1.png and b/1.png"
    )

    def view(self) -> View:
        """What these choices ask of a store."""
        return View((self.side, self.side), self.fit, self.classes, self.split, self.pairs)
