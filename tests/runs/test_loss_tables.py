"""losses.csv holds every step once, whatever happened to the process."""

from __future__ import annotations

import math

from impasto.runs.losses import LossTable, read_losses


def test_rows_can_be_read_while_the_table_is_open(tmp_path):
    table = LossTable(tmp_path / "losses.csv")
    table.append(1, {"loss": 0.1})
    assert read_losses(tmp_path / "losses.csv") == {"step": [1.0], "loss": [0.1]}


def test_opened_again_it_forgets_the_steps_after_the_checkpoint(tmp_path):
    table = LossTable(tmp_path / "losses.csv")
    for step in range(1, 6):
        table.append(step, {"loss": step / 3})
    table.close()
    with (tmp_path / "losses.csv").open("a") as file:
        file.write("6,0.3")  # cut short by a kill
    table = LossTable(tmp_path / "losses.csv", done=3)
    table.append(4, {"loss": 9.0})
    assert read_losses(tmp_path / "losses.csv")["loss"] == [1 / 3, 2 / 3, 1.0, 9.0]


def test_a_loss_that_appears_later_gets_its_column(tmp_path):
    table = LossTable(tmp_path / "losses.csv")
    table.append(1, {"style": 1.0})
    table.append(2, {"style": 0.5, "content": 2.0})
    losses = read_losses(tmp_path / "losses.csv")
    assert losses["style"] == [1.0, 0.5]
    assert math.isnan(losses["content"][0])
    assert losses["content"][1] == 2.0
