"""The flags that every method has, beside those of its own config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

COMMON = Group("Any method", sort_key=2)


def _flag(help: str, *names: str, negative: str = "") -> Parameter:
    return Parameter(name=names, help=help, group=COMMON, negative=negative, show_default=False)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Where the picture goes, what is said about it, and where settings come from."""

    output: Annotated[
        str | None, _flag("picture to write, a folder, a template ({stem}-{method}-{seed}.png), or -", "--output", "-o")
    ] = None
    preset: Annotated[str | None, _flag("a set of values of this method's config by its name", "--preset")] = None
    config: Annotated[str | None, _flag("JSON or TOML file with values of the config", "--config")] = None
    threads: Annotated[int | None, _flag("processor threads (recorded: they decide the last bits)", "--threads")] = None
    bits: Annotated[int, _flag("bits per channel of the written picture: 8, or 16 in PNG and TIFF", "--bits")] = 8
    background: Annotated[str, _flag("colour under transparent inputs: white, #ffcc00 ...", "--background")] = "white"
    metadata: Annotated[
        str | None,
        _flag(
            "what of a photo's EXIF and text stays: keep, private or none (default: of a mended one keep)", "--metadata"
        ),
    ] = None
    parts: Annotated[bool, _flag("write the run's other pictures too, beside the output", "--parts")] = False
    runs: Annotated[str | None, _flag("folder of the run folders (default: runs, or $IMPASTO_RUNS)", "--runs")] = None
    out: Annotated[str | None, _flag("the run's own folder (default: a new one in the folder of runs)", "--out")] = None
    record: Annotated[
        bool | None, _flag("keep a run's folder (default: yes; of a measure no)", "--record", negative="--no-record")
    ] = None
    tensorboard: Annotated[
        bool, _flag("keep losses, measures and sheets for TensorBoard, too, in the run's events/", "--tensorboard")
    ] = False
    dry_run: Annotated[bool, _flag("show the resolved config and the forecast, and do nothing", "--dry-run")] = False
    json: Annotated[bool, _flag("one JSON object on standard output, all else on standard error", "--json")] = False
    quiet: Annotated[bool, _flag("no progress on standard error", "--quiet", "-q")] = False
    debug: Annotated[bool, _flag("a traceback if something goes wrong", "--debug")] = False
