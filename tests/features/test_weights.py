from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from impasto.errors import InputError
from impasto.features.names import WEIGHTS, weights_of
from impasto.features.weights import SOURCES, check, get, list_weights, locate, source

BODY = bytes(range(256)) * 5000
DIGEST = hashlib.sha256(BODY).hexdigest()
NAME = f"vgg19-{DIGEST[:8]}.pth"


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/absent"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:1000] if self.path.startswith("/cut") else BODY)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("IMPASTO_OFFLINE", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server gives is what the file should be."""
    monkeypatch.setitem(SOURCES, "vgg19", replace(SOURCES["vgg19"], sha256=DIGEST[:8]))


@pytest.mark.usefixtures("known")
def test_a_download_is_checked_cached_and_watched(address: str, cache: Path) -> None:
    watched: list[tuple[int, int | None]] = []
    path = get("vgg19", url=f"{address}/{NAME}", progress=lambda done, total: watched.append((done, total)))
    assert path == locate("vgg19")
    assert path.read_bytes() == BODY
    assert watched[-1] == (len(BODY), len(BODY))
    assert [file.name for file in cache.iterdir()] == ["vgg19-dcbb9e9d.pth"]


def test_what_is_here_is_not_downloaded_again(cache: Path) -> None:
    cache.mkdir()
    path = cache / "vgg19-dcbb9e9d.pth"
    path.write_bytes(b"x")
    assert get("vgg19", url="http://127.0.0.1:9/never-asked") == path


@pytest.mark.parametrize("place", ["mirror.pth", NAME])
def test_only_the_known_hash_counts_whatever_the_address_says(address: str, cache: Path, place: str) -> None:
    with pytest.raises(InputError, match=f"SHA-256 is {DIGEST[:16]}.*, expected dcbb9e9d.*; nothing was kept"):
        get("vgg19", url=f"{address}/{place}")
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [(f"cut/{NAME}", f"ended after 1000 of {len(BODY)} bytes"), (f"absent/{NAME}", "answered 404")],
)
def test_a_bad_download_is_one_line_and_leaves_nothing(address: str, cache: Path, place: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        get("vgg19", url=f"{address}/{place}")
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_a_dead_server_is_one_line(cache: Path) -> None:
    with pytest.raises(InputError, match=r"cannot download the weights of vgg19 from http://127\.0\.0\.1:9/"):
        get("vgg19", url=f"http://127.0.0.1:9/{NAME}")
    assert list(cache.iterdir()) == []


def test_a_full_disk_says_so_and_leaves_nothing(address: str, cache: Path) -> None:
    def fill(done: int, total: int | None) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="no space left for the weights of vgg19"):
        get("vgg19", url=f"{address}/{NAME}", progress=fill)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_one_line(address: str, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="cannot download"):
        get("vgg19", url=f"{address}/{NAME}")


def test_offline_nothing_is_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="downloads are off; put"):
        get("vgg19", url=f"{address}/{NAME}", offline=True)
    monkeypatch.setenv("IMPASTO_OFFLINE", "1")
    with pytest.raises(InputError, match="downloads are off; put"):
        get("vgg19", url=f"{address}/{NAME}")


def test_check_sees_a_wrong_file(cache: Path) -> None:
    cache.mkdir()
    (cache / "vgg19-dcbb9e9d.pth").write_bytes(b"wrong")
    status = check("vgg19")
    assert status.present
    assert status.ok is False
    assert check("efficientnet-lite0").ok is True
    assert check("vgg16").ok is None


def test_every_known_file_is_listed_with_its_terms() -> None:
    rows = {row.name: row for row in list_weights()}
    assert rows["efficientnet-lite0"].present
    assert rows["vgg19"].where == "get them with: impasto weights get vgg19"
    assert all(row.terms and row.size > 0 for row in rows.values())


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'vgg19'"):
        source("vgg9")


def test_the_packages_that_the_command_line_imports_do_not_touch_torch() -> None:
    code = """
import sys, types
class Untouchable(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise SystemExit(f"torch.{name} was touched")
sys.modules["torch"] = Untouchable("torch")
import impasto.features, impasto.features.weights, impasto.losses
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights_are_the_file_that_is_given_or_the_choice(tmp_path: Path) -> None:
    given = {WEIGHTS.name: [tmp_path / "mine.pth"]}
    assert WEIGHTS.choice == "file"
    assert weights_of("file", given) == tmp_path / "mine.pth"
    assert [weights_of("auto", {}), weights_of("random", {})] == ["auto", "random"]
    assert weights_of("file") == "random"  # a cost is foreseen without the file
