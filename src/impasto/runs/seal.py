"""Whether a run was begun here, by this person: its record has a seal that nobody else can make.

What a folder from somebody else says is no order: where its picture goes and what it reads, the person decides.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel


class Sealed(BaseModel):
    """What is written down to be carried out later. `SEALED` names what it does, reads and writes."""

    SEALED: ClassVar[frozenset[str]]
    seal: Annotated[str, AfterValidator(lambda seal: seal if seal.isascii() else "")] = ""


KEY = 64  # hexadecimal digits


T = TypeVar("T", bound=Sealed)


def sealed(record: T) -> T:
    """The record with its seal; without one where no key can be kept, and then the run is one of anybody."""
    return record.model_copy(update={"seal": _seal(record)})


def is_ours(record: Sealed) -> bool:
    """Whether the record was sealed with this person's key, and says what it said then."""
    return bool(record.seal) and hmac.compare_digest(record.seal.encode(), _seal(record).encode())


def _seal(record: Sealed) -> str:
    try:
        key = _key()
    except (OSError, RuntimeError):  # there is no home folder, or it cannot be written
        return ""
    said = json.dumps(record.model_dump(mode="json", include=set(record.SEALED)), sort_keys=True)
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    """The person's secret, which is made when it is first asked for. Raises OSError if it cannot be kept."""
    path = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "impasto" / "runs.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.stat().st_size != KEY:
        aside = path.with_name(f"{path.name}-{os.getpid()}")
        try:
            aside.touch(0o600)
            aside.write_text(secrets.token_hex(KEY // 2))
            os.link(aside, path)  # whole at once; the first of several processes makes it
        except FileExistsError:
            if path.stat().st_size != KEY:  # cut short
                aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) != KEY:
        raise OSError(f"{path}: is being written")
    return key
