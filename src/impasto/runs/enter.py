"""Record a run: from here on it can be carried out by anybody, at any time, as often as it is stopped."""

from __future__ import annotations

from pathlib import Path

from impasto.runs.events import check_tensorboard
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job
from impasto.runs.limits import check_disk, check_folder
from impasto.runs.products import check_output
from impasto.runs.recipe import RunRecord, now
from impasto.runs.seal import sealed


def enter(
    job: Job,
    root: Path,
    *,
    place: Path | None = None,
    output: Path | None = None,
    batch: tuple[str, int] | None = None,
    events: bool = False,
) -> RunFolder:
    """Make the folder of a run under `root`, or at `place`, and keep its inputs there; nothing is computed.

    output, batch: as the record has them.
    events: whether TensorBoard's are wanted, now and whenever the run goes on.

    Raises InputError, before anything is written, for what cannot work.
    """
    check_output(job, output)
    if events:
        check_tensorboard()
    check_folder(root if place is None else place.parent)
    check_disk(job.forecast, root if place is None else place.parent)
    for each in job.sets:
        each.check()
    where = None if output is None else str(output.absolute())
    record = RunRecord(**job.recipe.model_dump() | {"state": "queued"}, created=now(), output=where, batch=batch)
    folder = RunFolder.new(root, record) if place is None else RunFolder(place)
    try:
        folder.make(named=place is not None)
        if events:
            folder.events.mkdir()
        copies = [source.keep(folder.inputs, number) for number, source in enumerate(job.sources, 1)]
        # Last, so that a folder with a record is one that can be carried on, whenever the process was killed.
        folder.write(sealed(record.model_copy(update={"inputs": copies})))
    except BaseException:
        folder.discard()
        raise
    return folder
