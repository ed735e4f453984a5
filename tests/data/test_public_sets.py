"""Fetching public sets by name, from a server that this test is."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import written_sets as written

from impasto.cli.app import run
from impasto.data import open_data, public
from impasto.errors import InputError


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Four small files in the place of MNIST's, whose hashes are the known ones."""
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    served = tmp_path / "served"
    for part in ("train", "t10k"):
        written.idx(served, part, written.noise(3, 28, 28), [0, 1, 2], packed=True)
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(served)))
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{http.server_address[1]}/"
    files = []
    for file in public.SETS["mnist"].files:
        data = (served / file.name).read_bytes()
        files.append(public.PublicFile(file.name, hashlib.md5(data).hexdigest(), len(data)))
    known = public.PublicSet("mnist", "digits", address, tuple(files), "free")
    monkeypatch.setitem(public.SETS, "mnist", known)
    yield served
    http.shutdown()
    http.server_close()


def test_a_set_is_fetched_by_name_and_its_name_then_stands_for_it(server, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run(["data", "show", "mnist"]) == 2
    assert capfd.readouterr().err == "impasto: mnist: is not on this machine (1 MB): impasto data get mnist\n"
    assert run(["data", "get", "mnist"]) == 0
    assert capfd.readouterr().out.strip() == str(public.folder_of("mnist"))
    for path in server.iterdir():
        path.unlink()
    assert run(["data", "get", "mnist"]) == 0
    assert len(open_data(public.Path("mnist"))) == 4


def test_a_wrong_file_is_not_kept(server):
    path = server / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte\.gz is not the file it should be: its MD5 is"):
        public.get("mnist")
    assert not (public.folder_of("mnist") / path.name).exists()
    assert not public.is_here(public.SETS["mnist"])


def test_offline_one_line_says_where_to_get_it(server, monkeypatch):
    monkeypatch.setenv("IMPASTO_OFFLINE", "1")
    with pytest.raises(InputError, match=r"downloads are off; put train-images.* of http://127.* in .*sets/mnist$"):
        public.get("mnist")
    with pytest.raises(InputError, match="did you mean 'mnist'"):
        public.get("mnits")


def test_no_network_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"cannot download train_32x32\.mat of svhn from http://127\.0\.0\.1:9/"):
        public.get("svhn", url="http://127.0.0.1:9")
