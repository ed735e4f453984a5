"""What goes into a run: found, hashed, opened, and kept for when the run goes on.

Pictures and clips are copied into a run's folder; models, data and other files are referred to by path and hash. The
bytes of a file are let go as soon as they are decoded.
"""

from impasto.runs.sources.find import find_again, find_all, kept
from impasto.runs.sources.gather import check_counts, gather
from impasto.runs.sources.picture import MemorySource, PictureSource
from impasto.runs.sources.source import Source, opened, sizes

__all__ = [
    "MemorySource",
    "PictureSource",
    "Source",
    "check_counts",
    "find_again",
    "find_all",
    "gather",
    "kept",
    "opened",
    "sizes",
]
