"""The documentation says what is so: its commands are understood, its links lead somewhere, its tables are complete.

`python tests/test_docs.py` writes the tables of parameters anew, from the methods' configs.
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from PIL import Image

from impasto.cli.app import build, describe, run
from impasto.cli.assign import assign, stem
from impasto.cli.command import command
from impasto.cli.naming import destinations
from impasto.cli.output import STREAM
from impasto.cli.settings import is_list, plain_type, resolve
from impasto.demo.stops import PICTURES
from impasto.images import check_target
from impasto.inputs import Input
from impasto.registry import METHODS
from impasto.runs.configure import bounds, choices
from impasto.runs.pieces import PIECE
from impasto.samples.starters import starters
from impasto.synthesis import SynthesisConfig
from impasto.video import check_clip_target, is_clip_name

ROOT = Path(__file__).parents[1]
GUIDES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PAGES = sorted([*GUIDES, *(ROOT / "docs").glob("*/**/*.md")])

TABLE = re.compile(r"(<!-- parameters of ([a-z -]+?) -->\n).*?(<!-- end of parameters -->)", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}[^\n]*\n)+")

GIVEN = {f"pictures/{name}.png" for name in starters()} | {f"demo/inputs/{name}.png" for name in PICTURES}
GIVEN |= {"pictures/rolling-ball.gif"}
"""The pictures that a reader has: those of `impasto samples`, and those of the demo."""
KEPT = {f"models/{path.parent.name}" for path in (ROOT / "models").glob("*/README.md")}


@dataclass(frozen=True)
class Line:
    """One command of a page: its words, and the line that it is shown to answer with, if that is a complaint."""

    page: Path
    number: int
    words: tuple[str, ...]
    complaint: str | None
    inputs: tuple[str, ...]  # what the shell redirects into it

    def __str__(self) -> str:
        return f"{self.page.name}-{self.number}"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The code blocks of a page: their language and their text."""
    for match in FENCE.finditer(text):
        yield match[1], match[2]
    for match in INDENTED.finditer(FENCE.sub("", text)):
        yield "", re.sub("^ {4}", "", match[0], flags=re.MULTILINE)


def lines(page: Path) -> list[Line]:
    """The commands in a page's code blocks."""
    found: list[Line] = []
    for language, block in blocks(page.read_text()):
        if language not in ("", "sh", "console", "bash"):
            continue
        text = re.sub(r"\\\n\s*", "", block).splitlines()
        for number, line in enumerate(text):
            answer = text[number + 1] if number + 1 < len(text) else ""
            complaint = answer.removeprefix("impasto: ") if answer.startswith("impasto: ") else None
            for part in re.split(r" \| | && ", line.removeprefix("$ ")):
                words = shlex.split(part, comments=True)
                while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                    words.pop(0)
                if words[:1] == ["impasto"]:
                    words, redirected = without_redirections(words[1:])
                    found.append(Line(page, len(found) + 1, tuple(words), complaint, tuple(redirected)))
    return found


def without_redirections(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of a command, and the files that the shell reads for it."""
    kept, read = [], []
    rest = iter(words)
    for word in rest:
        if word in ("<", ">", "2>"):
            name = next(rest)
            read += [name] if word == "<" else []
        else:
            kept.append(word)
    return kept, read


LINES = [line for page in GUIDES for line in lines(page)]


@dataclass(frozen=True)
class Understood:
    """What a method's command means."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def understand(words: Sequence[str]) -> Understood | None:
    """Parse a command, without running it; None if it is none of a method. Raises what the command line would."""
    words = list(words)
    streamed = [STREAM if word == "-" else word for word in words]
    name = words[0] if words[:1] and words[0] in METHODS else " ".join(words[:2])
    if name not in METHODS:
        build(words).parse_args(streamed, exit_on_error=False, print_error=False)
        return None
    method = METHODS[name].load()
    found: list[Any] = []

    def collect(*given: Any) -> int:
        found.extend(given)
        return 0

    app = App()
    app.default(command(method, collect))
    app(streamed[len(name.split()) :], exit_on_error=False, print_error=False, result_action="return_value")
    if not found:
        return None  # --help
    pictures, flags, shared = found
    config, flagged = resolve(method, flags=flags, preset_name=shared.preset, file=shared.config)
    batch, sets = assign(method, ["-" if word == STREAM else word for word in pictures])
    output = "-" if shared.output == STREAM else shared.output
    places = []
    if output is not None or method.makes not in ("model", "table"):
        places = destinations(
            output,
            [stem(method, each) for each in sets],
            method=method.name,
            seed=getattr(config, "seed", 0),
            batch=batch,
            apart=method.apart,
        )
    for place in places:
        if str(place) != "-":
            if is_clip_name(place):
                check_clip_target(place)
            else:
                check_target(place, bits=shared.bits)
    read = [path for each in (flagged, *sets) for paths in each.values() for path in paths]
    made = [shared.out] if shared.out else []
    made += [f"{place.parent}/" for place in places if PIECE in place.name]
    return Understood(tuple(read), (*map(str, places), *made))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with small pictures in the places of the reader's."""
    for name in GIVEN:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (48, 48)).save(path)
    monkeypatch.setenv("IMPASTO_CACHE", "/home/you/.cache/impasto")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_command_is_understood_or_answered_as_shown(desk, page, capsys):
    write_shown_files(page)
    for line in lines(page):
        if line.complaint is None:
            try:
                understand(line.words)
            except Exception as error:
                pytest.fail(f"{line}: impasto {shlex.join(line.words)}: {describe(error)[0]}")
        else:
            status = run(line.words)
            assert (status, capsys.readouterr().err) == (2, f"impasto: {line.complaint}\n"), line


@pytest.mark.parametrize(
    "page", [page for page in GUIDES if re.search(r"(?<!\()\bpictures/", page.read_text())], ids=lambda page: page.name
)
def test_the_pictures_of_a_command_are_there_when_it_comes(desk, page):
    write_shown_files(page)
    there = GIVEN | KEPT | {"-", "pictures/"} | saved_by_python(page)
    for line in lines(page):
        assert set(line.inputs) <= there, f"{line}: nothing made {set(line.inputs) - there}"
        if line.complaint is None and (meant := understand(line.words)) is not None:
            assert set(meant.inputs) <= there, f"{line}: nothing made {set(meant.inputs) - there}"
            there |= set(meant.outputs)


def write_shown_files(page: Path) -> None:
    """Write the files that a page shows with `$ cat NAME`."""
    for _, block in blocks(page.read_text()):
        for name, contents in re.findall(r"^\$ cat (\S+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            Path(name).write_text(contents)


def saved_by_python(page: Path) -> set[str]:
    """The files that a page's Python writes."""
    return {name for _, block in blocks(page.read_text()) for name in re.findall(r"\.save\(\"([^\"]+)\"\)", block)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    text = FENCE.sub("", page.read_text())
    for match in LINK.finditer(text):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = page if not path else (page.parent / path)
        assert aim.exists(), f"{page.name}: there is no {target}"
        if anchor and aim.suffix == ".md":
            assert anchor in anchors(aim), f"{page.name}: {aim.name} has no heading #{anchor}"


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links call them."""
    text = FENCE.sub("", page.read_text())
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text()
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md" and page.name not in index]
    assert not missing


def test_every_python_block_is_python():
    for page in GUIDES:
        for language, block in blocks(page.read_text()):
            if language == "python" and "import" in block:
                ast.parse(block)


@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_is_in_its_method_s_table(name):
    page = page_of(name)
    tables = {match[2]: match[0] for match in TABLE.finditer(page.read_text())}
    assert name in tables, f"{page.name} has no table for {name}"
    assert tables[name].split("\n", 1)[1].rsplit("\n", 1)[0] == table(name), "run: python tests/test_docs.py"


def test_pictures_are_small():
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.jpg"))
    sizes = {picture.name: picture.stat().st_size for picture in pictures}
    assert pictures
    assert {name: size for name, size in sizes.items() if size > 60_000} == {}
    assert sum(sizes.values()) < 2_500_000


def test_every_picture_is_shown_somewhere():
    text = "".join(page.read_text() for page in PAGES)
    pictures = (ROOT / "docs" / "pictures").glob("*.jpg")
    assert [path.name for path in pictures if f"pictures/{path.name}" not in text] == []


def page_of(name: str) -> Path:
    """The page about a method: its own, one that it shares with others, or its group's."""
    own = ROOT / "docs" / f"{name.replace(' ', '-')}.md"
    group = ROOT / "docs" / f"{name.split(' ')[0]}.md"
    shared = (page for page in GUIDES if f"<!-- parameters of {name} -->" in page.read_text())
    return own if own.exists() else next(shared, group if group.exists() else own)


def table(name: str) -> str:
    """Every parameter of a method as a table: the main ones first, then its own."""
    method = METHODS[name].load()
    fields = method.Config.offered()
    shared = SynthesisConfig.model_fields
    own = [field for field in fields if field not in shared or fields[field].default != shared[field].default]
    inputs: dict[str, list[Input]] = {}
    for item in method.inputs:
        if item.flag and item.flag not in fields:
            inputs.setdefault(item.flag, []).append(item)
    own = list(dict.fromkeys((*method.Config.main.split(), *own, *inputs)))
    rest = [field for field in fields if field not in own]
    rows = ["| flag | default | may be | what it is |", "|---|---|---|---|"]
    rows += [row(name, fields[name]) if name in fields else input_row(inputs[name]) for name in (*own, *rest)]
    return "\n".join(rows) if len(rows) > 2 else "It has no flags of its own."


def input_row(items: Sequence[Input]) -> str:
    """The row of a flag that gives inputs."""
    first = items[0]
    form = "=".join(item.name.removeprefix(f"{first.flag}_").upper() for item in items) if len(items) > 1 else "a path"
    allowed = f"{form}{', or several' if first.many else ''}"
    return f"| `--{first.flag.replace('_', '-')}` |  | {allowed} | {first.help} |"


def row(name: str, field: Any) -> str:
    kind = plain_type(field.annotation)
    allowed = ", ".join(f"`{choice}`" for choice in choices(kind)) or bounds(field)
    if not allowed:
        allowed = {bool: f"`--no-{name.replace('_', '-')}` turns it off"}.get(kind, "")
    if name == "seed":
        allowed = "0 or more"
    elif is_list(kind):
        allowed = allowed or "one or more values"
    cells = (f"`--{name.strip('_').replace('_', '-')}`", shown(field.default), allowed, field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def shown(default: Any) -> str:
    """A default as it is written on the command line."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if default is None or default in ((), ""):
        return ""
    return f"`{' '.join(map(str, default)) if isinstance(default, tuple) else default}`"


def main() -> None:
    for page in GUIDES:
        text = page.read_text()
        new = TABLE.sub(lambda match: match[1] + table(match[2]) + "\n" + match[3], text)
        if new != text:
            page.write_text(new)
            print(page)


if __name__ == "__main__":
    sys.exit(main())
