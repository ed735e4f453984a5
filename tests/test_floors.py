"""The order of the house: files import from floors below their own only, and none import one another in a circle."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"

FLOORS = (
    ("errors", "model", "randomness", "tables", "threads", "autograd", "optimizers"),
    ("images", "observers", "devices", "compilation", "download"),
    ("losses", "video", "data", "parts"),
    ("inputs", "patches", "samples"),
    ("input_sets", "methods", "metrics", "networks", "features"),
    ("training", "synthesis", "patchwork", "kinds", "registry", "grey", "edges"),
    ("export", "neighbours", "patch_distributions", "runs"),
    ("generators", "gan", "reconstruction", "single_image", "styles", "textures", "measures", "preparation"),
    ("experiments", "demo"),
    ("cli", "impasto"),
    ("__main__",),
)
"""From the ground up. A room is a folder of `src/impasto/`, or a file that stands there by itself; `impasto` is the
package itself, whose plain functions call everything."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    return {name_of(path): path for path in sorted((SRC / "impasto").rglob("*.py"))}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of the house that one imports, wherever in the file, for its types too."""
    known, found = modules(), set()
    for node in ast.walk(ast.parse(known[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "impasto":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in known else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in known}
    return frozenset(found & set(known))


def test_every_room_has_a_floor():
    assert {room(module) for module in modules()} == set(FLOOR)


def test_no_file_imports_from_its_own_floor_or_above():
    up = [
        f"{module} imports {other}"
        for module in modules()
        for other in imports(module)
        if room(other) != room(module) and FLOOR[room(other)] >= FLOOR[room(module)]
    ]
    assert up == []


def test_no_files_import_one_another_in_a_circle():
    left = {module: set(imports(module)) - {module} for module in modules()}
    while free := [module for module, others in left.items() if not others & set(left)]:
        for module in free:
            del left[module]
    assert left == {}


def test_every_floor_is_named_where_people_look():
    for page in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"):
        text = (SRC.parent / page).read_text()
        missing = [name for name in FLOOR if (SRC / "impasto" / name).is_dir() and f"{name}/" not in text]
        assert missing == [], page


def test_a_method_reaches_few_files():
    """All that one of the larger methods needs, directly or not: what somebody has to read who changes it."""
    reached, waiting = set(), ["impasto.styles.gatys"]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += imports(module)
    assert len(reached) <= 60


def test_functions_are_read_at_a_glance():
    """But for the compiled kernel, whose loops cannot be taken apart."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        f"{module}.{node.name}"
        for module, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= 60
    }
    assert long == {"impasto.patches.kernels.improve"}
