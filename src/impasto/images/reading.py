"""What a picture may be read for."""

from typing import Literal

Reading = Literal["colours", "mask", "map"]
"""Its colours; as a mask, whose greys say how much; as a map, whose colours say what is where."""
