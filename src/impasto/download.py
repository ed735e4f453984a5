"""Fetch one file, whole and right, or not at all; and where such files are kept."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from impasto.errors import InputError

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, and of how many (None if the server does not say)."""

CHUNK = 1 << 20  # bytes
PATIENCE = 30  # seconds without a word from the server


def cache_folder() -> Path:
    """Return the folder of what can be had again: IMPASTO_CACHE, or the platform's cache folder."""
    if chosen := os.environ.get("IMPASTO_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "impasto" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "impasto"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "impasto"


def is_offline() -> bool:
    """Whether the user has turned downloads off."""
    return os.environ.get("IMPASTO_OFFLINE", "0") not in ("", "0")


def download(
    what: str, address: str, path: Path, *, sha256: str = "", md5: str = "", progress: Progress | None = None
) -> Path:
    """Fetch `address` into `path` and return it; `what` names it in errors.

    sha256: its hash or the hash's start.
    md5: that one instead, for files of which nothing else was ever published.

    The file is written aside, checked, and renamed; whatever goes wrong (Ctrl-C too), nothing is left behind.
    Raises InputError: no network, a wrong answer, a download cut short, a wrong hash, a full or forbidden disk.
    """
    if not address.startswith(("http://", "https://")):
        raise InputError(f"cannot download {what}: {address!r} is not an http or https address")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
            part = Path(folder) / path.name
            kind, expected = ("MD5", md5) if md5 else ("SHA-256", sha256)
            found = _fetch(what, address, part, progress, hashlib.new(kind.replace("-", ""), usedforsecurity=not md5))
            if not found.startswith(expected):
                raise InputError(
                    f"{address} is not the file it should be: its {kind} is {found[:16]}..., expected {expected}...; "
                    "nothing was kept"
                )
            part.replace(path)
    except InputError:
        raise
    except urllib.error.HTTPError as error:
        raise InputError(f"cannot download {what}: {address} answered {error.code} {error.reason}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"no space left for {what} in {path.parent}; free some, or set IMPASTO_CACHE") from None
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise InputError(f"cannot download {what} from {address}: {reason}") from None
    return path


def _fetch(what: str, address: str, part: Path, progress: Progress | None, digest: hashlib._Hash) -> str:
    """Write the body of the answer into `part`, and return its hash."""
    received = 0
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer, part.open("wb") as file:
        length = answer.headers.get("Content-Length")
        total = int(length) if length else None
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            if progress is not None:
                progress(received, total)
    if total is not None and received < total:
        raise InputError(f"the download of {what} ended after {received} of {total} bytes; try again")
    return digest.hexdigest()
