"""Importing torch takes two seconds: in the command line's process it is put off until torch is really used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

HEAVY = ("torch", "safetensors.torch")

# What the import statement itself looks at when a module is imported a second time. The standard library's
# LazyLoader loads the module then, so that it only helps a module that is imported once.
_QUIET = frozenset({"__spec__", "__class__", "__name__"})


class _Waiting(ModuleType):
    """A module that is loaded when one of its attributes is first touched."""

    def __getattribute__(self, name: str) -> Any:
        if name in _QUIET:
            return super().__getattribute__(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)
        return getattr(self, name)


class _WaitingLoader(Loader):
    """Makes the module, and leaves it to wait for its real loader."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        module.__class__ = _Waiting


class LazyFinder(MetaPathFinder):
    """Finds the heavy modules where they are, and lets them wait."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, with a loader that waits."""
        if fullname not in HEAVY:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _WaitingLoader(spec.loader)
        return spec


def put_off_heavy_imports() -> None:
    """Install the finder, once, in this process."""
    if not any(isinstance(finder, LazyFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LazyFinder())
