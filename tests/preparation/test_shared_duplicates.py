"""`data dedup` with a cluster finds what it finds alone; and what is no cluster is one line."""

from __future__ import annotations

import pytest
from distributed import LocalCluster
from PIL import Image

from impasto.cli.app import run
from impasto.errors import InputError
from impasto.preparation import cluster, duplicate_pairs, duplicates
from impasto.preparation.cluster import Place, shared_work
from impasto.preparation.duplicates import VIEW, Duplicates
from impasto.preparation.duplicates_settings import DuplicatesConfig
from impasto.runs.again import again
from impasto.runs.execute import perform
from impasto.runs.job import prepare
from impasto.samples.portraits.portrait import portrait


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve portraits, four of which are there again: smaller, and mirrored."""
    place = tmp_path_factory.mktemp("portraits")
    for number in range(12):
        picture = Image.fromarray(portrait(0, number, 40).picture)
        picture.save(place / f"{number:02d}.png")
        if number % 3 == 0:
            picture.resize((36, 36)).save(place / f"{number:02d}-small.png")
            picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(place / f"{number:02d}-turned.png")
    return place


def job(folder, **config):
    chosen = DuplicatesConfig(steps=20, batch=8, tables=4, **config)
    return prepare(Duplicates(chosen), {"data": [str(folder)]}, threads=1)


@pytest.fixture(scope="module")
def address():
    """That of a cluster of two workers, threads here that are spoken to as if they were elsewhere."""
    quiet = {"dashboard_address": "127.0.0.1:0", "protocol": "tcp://"}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **quiet) as made:
        yield made.scheduler_address


def test_two_workers_find_what_one_process_finds(folder, address, monkeypatch):
    alone = perform(job(folder))
    monkeypatch.setattr(duplicates, "BLOCK", 7)  # several parts for each
    monkeypatch.setattr(duplicate_pairs, "BLOCK", 20)
    shared = perform(job(folder, cluster=address))
    assert len(alone.tables[1].rows) >= 4
    assert [table.rows for table in shared.tables] == [table.rows for table in alone.tables]
    assert shared.recipe.config == alone.recipe.config
    assert "cluster" not in shared.recipe.config


def test_processes_can_be_started_here():
    with shared_work("local:1") as mapped:
        assert list(mapped(abs, range(-3, 0))) == [3, 2, 1]


def test_what_is_no_cluster_is_one_line(folder, monkeypatch, capsys):
    words = ["data", "dedup", str(folder), "--no-record", "--cluster"]
    assert run([*words, "local:many"]) == 2
    assert "cluster local:many: must be local:N with N between 1 and 1024" in capsys.readouterr().err
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    for address in ("127.0.0.1:1", "nothing at all"):
        with pytest.raises(InputError, match=f"cluster {address}: nobody answers there"), shared_work(address):
            pass
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    assert run([*words, "local:2"]) == 2
    assert "cluster local:2: needs one more package: pip install 'impasto[cluster]'" in capsys.readouterr().err


def test_a_recipe_that_names_a_cluster_is_refused(folder):
    recipe = job(folder).recipe
    sent = recipe.model_copy(update={"config": recipe.config | {"cluster": "tcp://elsewhere:8786"}})
    with pytest.raises(InputError, match="it says cluster, which no recipe does"):
        again(sent, [], "theirs.png")


def test_a_machine_that_sees_other_pictures_says_so(folder):
    with pytest.raises(InputError, match="holds other pictures on a machine of the cluster"):
        Place(folder, VIEW, "what the others see").opened()
