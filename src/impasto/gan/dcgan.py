"""Training of a generator against a critic (Goodfellow et al. 2014; Radford, Metz & Chintala 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from impasto.devices import pick_device
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.inputs import Input, Inputs, Sizes
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.randomness import generator
from impasto.training.team import Team

if TYPE_CHECKING:
    from impasto.data import Batches, Dataset
    from impasto.data.stores.reader import View


class TrainDCGAN(Method[DCGANConfig]):
    """Train two networks against each other: one draws pictures, one judges them; `impasto sample` then draws more.

    The data are a folder of pictures, an archive, or one of the usual stores. Where they have classes, both are told.
    """

    name = "train dcgan"
    inputs = (Input("data", "a folder, an archive or a store of pictures", kind="data"),)
    Config = DCGANConfig
    makes = "model"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Show the judge real pictures and drawn ones; let the other learn what deceives it."""
        from impasto.data.cache import left_out
        from impasto.gan.gallery import Gallery
        from impasto.gan.pictures import channels_of, dataset_of
        from impasto.gan.steps import Steps
        from impasto.networks.adversaries import built_anew
        from impasto.training.average import Average
        from impasto.training.best import Best
        from impasto.training.loop import train
        from impasto.training.precision import chosen
        from impasto.training.unchanged import Unchanged

        config, device, team = self.config, pick_device(self.config.device), Team.here()
        data, random = dataset_of(inputs, config), generator(config.seed)
        shape = config.shape(channels_of(data), len(data.classes))
        networks = built_anew(shape, data.classes, config.initial, random, device)
        team.join(networks)
        batches = self._batches(data, team, device)
        precision = chosen(config.precision, device)
        steps = Steps(config, networks, random, device=device, precision=precision, team=team)
        average, best = Average(networks.generator, config.average), Best()
        gallery = Gallery(config, networks, average, best, data)

        def step(index: int) -> dict[str, torch.Tensor]:
            losses = steps(index, batches.at(index))
            average.follow(networks.generator, config.batch)
            return dict(losses)

        keep = {
            "networks": networks,
            "adam_G": steps.adam_G,
            "adam_D": steps.adam_D,
            "average": average,
            "best": best,
            "random": random,
            "data": batches,
            "config": Unchanged(config),
        }
        train(
            observer,
            steps=config.steps,
            step=step,
            keep=keep,
            preview=gallery.sheet,
            model=gallery.model,
            measure=gallery.measure,
            sheet=config.sheet_at,
            models=gallery.kept,
            team=team,
        )
        epochs = round(config.steps * config.batch / len(data), 2)
        facts = {"pictures": len(data), "epochs": epochs, "classes": list(data.classes), "precision": precision}
        facts |= left_out(data)
        return Result({"output": gallery.final_sheet()}, facts | gallery.facts(), gallery.model())

    def _batches(self, data: Dataset, team: Team, device: torch.device) -> Batches:
        """The pictures of each step."""
        from impasto.data import Batches, signed, unit

        config = self.config
        return Batches(
            data,
            batch=config.batch,
            seed=config.seed,
            prepare=signed if config.activation == "tanh" else unit,
            flip=config.flip,
            jitter=config.jitter,
            team=team,
            workers=config.workers,
            device=device,
        )

    def check(self, inputs: Inputs) -> None:
        """Refuse data that are too few, and settings that do not go with them."""
        from impasto.gan.pictures import check_data

        check_data(inputs, self.config)

    def views(self) -> Mapping[str, View]:
        """The set at the side that is trained at."""
        return {"data": self.config.view()}

    def forecast(self, sizes: Sizes) -> Forecast:  # noqa: ARG002 - the length is told in pictures
        """Seconds of small steps, measured; the memory of what a step keeps for its way back."""
        from impasto.gan.cost import forecast

        return forecast(self.config)
