"""The job that a recipe tells of, which may be somebody else's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from impasto.errors import InputError
from impasto.images.read import color_of
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.job import Job, kept_metadata, make_job, told_of
from impasto.runs.limits import Allowed
from impasto.runs.recipe import Recipe, warn_of_versions
from impasto.runs.sources import PictureSource, Source, check_counts
from impasto.runs.sources.source import called


def again(
    recipe: Recipe,
    sources: Sequence[Source],
    where: str,
    *,
    allowed: Allowed | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """The job that a recipe tells of. Raises InputError if it makes no sense, or asks for more than is allowed.

    where: the file that the recipe is in.
    allowed: of a recipe that may be somebody else's, which gets no more threads than this machine has; None allows all.
    """
    warn_of_versions(recipe, say)
    for source in sources if recipe.older else ():
        if isinstance(source, PictureSource) and source.states_colors():
            said = "what it says of its colours was not followed when this was made, and is now"
            say(f"note: {called(source.record.path)}: {said}: the pixels will differ")
    threads = recipe.threads if allowed is None else min(recipe.threads, os.cpu_count() or 1)
    if threads < recipe.threads:
        say(f"note: made on {recipe.threads} threads, this machine has {threads}: the pixels may differ")
    with told_of(where):
        kind = find_method(recipe.method)
        asked = {name for name, field in kind.Config.model_fields.items() if field.exclude} & recipe.config.keys()
        if asked:
            raise InputError(f"it says {min(asked)}, which no recipe does: take that out")
        method = kind(configure(kind.Config, Layer(recipe.config), Layer({"device": recipe.device})))
        wanted = {item.name: item.reading for item in kind.inputs}
        known = {(item.name, each) for item in kind.inputs for each in (item.kind, *(["clip"] if item.clips else []))}
        strange = {(source.record.name, source.record.kind) for source in sources} - known
        if strange:
            name, what = min(strange)
            raise InputError(f"it names a {what} {name!r}, which {recipe.method} does not take")
        if odd := [it.record for it in sources if it.record.reading not in ("colours", wanted[it.record.name])]:
            raise InputError(f"it reads {odd[0].name!r} as a {odd[0].reading}, which {recipe.method} does not")
        check_counts(method, Counter(source.record.name for source in sources))
        color_of(recipe.background)
        kept_metadata(method, {source.record.name for source in sources}, recipe.metadata)
        if recipe.bits not in (8, 16):
            raise InputError(f"bits must be 8 or 16, got {recipe.bits}")
    job = make_job(
        method,
        sources,
        background=recipe.background,
        bits=recipe.bits,
        threads=threads,
        metadata=recipe.metadata,
        allowed=allowed,
        grey=recipe.grey,
        where=where,
    )
    # "auto" stays "auto" in the new recipe: the picture is the same to the byte
    return replace(job, recipe=job.recipe.model_copy(update={"config": recipe.config}))
