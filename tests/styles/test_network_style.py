"""Training a style network and painting with it, tiny and with a random judge."""

from __future__ import annotations

import shutil

import pytest
import torch
from pydantic import ValidationError

from impasto.data import PhotoCrops, Store, open_data, photo_files
from impasto.data.crops import MOST
from impasto.errors import InputError
from impasto.export import exportable
from impasto.export.onnx import check, to_onnx
from impasto.features import load_network
from impasto.images import luminance, resize, write
from impasto.kinds import build
from impasto.losses import content_loss, moments, relative_moment_loss
from impasto.model import Model
from impasto.networks.style import paint
from impasto.observers import Checkpoint, Unobserved
from impasto.randomness import generator
from impasto.styles.network import NetworkStyle, NetworkStyleConfig
from impasto.styles.network_settings import StyleNetworkConfig
from impasto.styles.train_network import STARTING, TrainStyleNetwork
from observers import Keep, Resume

TINY = {
    "steps": 5,
    "side": 64,
    "style_size": 64,
    "widths": (4, 6, 8),
    "blocks": 1,
    "network_weights": "random",
    "layers": ("stem", "d0"),
    "content_layers": ("e1",),
    "patch_weight": 10.0,
}


@pytest.fixture(scope="module")
def photos(photo, tmp_path_factory) -> Store:
    """A folder of four photos."""
    folder = tmp_path_factory.mktemp("photos")
    for number, picture in enumerate([photo, photo.flip(2), 1 - photo, photo.flip(0)]):
        write(resize(picture, (96, 72)), folder / f"{number}.png")
    return open_data(folder)


def trained(painting, photos, observer=None, **changes):
    method = TrainStyleNetwork(StyleNetworkConfig(**TINY | changes))
    return method.run({"style": [painting], "photos": [photos]}, observer or Unobserved())


@pytest.fixture(scope="module")
def model(painting, photos) -> Model:
    return trained(painting, photos).model


def painted(model, photo, **values) -> torch.Tensor:
    return NetworkStyle(NetworkStyleConfig(**values)).run({"run": [model], "content": [photo]}, Unobserved()).output


def test_training_brings_style_and_content_nearer(painting, photos, photo):
    """On a photo that it has seen in other sizes, judged by losses computed here."""
    changes = {"steps": 60, "learning_rate": 0.02}
    config = StyleNetworkConfig(**TINY | changes)
    judge = load_network(config.network, weights="random")
    seen = resize(photo, (80, 64))[None]
    layers = [*config.layers, *config.content_layers]
    of_painting, of_photo = (judge(picture, layers) for picture in (painting[None], seen))

    def distance(model: Model) -> float:
        found = judge(paint(build(model), seen[0])[None].clone(), layers)
        style = sum(relative_moment_loss(moments(found[it]), moments(of_painting[it])) for it in config.layers)
        return float(style + config.content_weight * content_loss(found["e1"], of_photo["e1"]))

    before, after = (trained(painting, photos, **changes | {"steps": steps}).model for steps in (1, 60))
    assert distance(after) < 0.7 * distance(before)


def test_a_training_whose_photos_changed_is_not_gone_on_with(painting, photo, photos, tmp_path):
    seen = Keep(states=True)
    trained(painting, photos, seen, steps=1)
    shutil.copytree(photos.path, tmp_path / "photos")
    (tmp_path / "photos" / "3.png").unlink()
    others = open_data(tmp_path / "photos")
    with pytest.raises(InputError, match="the photos are not those that this training began with"):
        trained(painting, others, Resume(Checkpoint(1, seen.states[0])), steps=2)


def test_watching_a_training_changes_nothing(painting, photos, model):
    class Curious(Unobserved):
        def step(self, step) -> None:
            step.preview()
            step.model()

    watched = trained(painting, photos, Curious()).model
    assert all(torch.equal(watched.tensors[name], value) for name, value in model.tensors.items())


def test_a_batch_is_the_mean_of_its_crops(painting, photos):
    """The losses of one step of two are the means of those of two steps, where nothing changes in between."""
    two, still = Keep(), Keep()
    trained(painting, photos, two, steps=1, batch=2, patch_weight=0.0)
    trained(painting, photos, still, steps=2, learning_rate=1e-12, patch_weight=0.0)
    two, first, second = (step.losses for step in (*two.steps, *still.steps))
    for name in ("style", "content"):
        assert two[name] == pytest.approx((first[name] + second[name]) / 2, rel=1e-3)


def test_the_photos_that_come_with_impasto_serve_where_no_folder_is_given(painting):
    result = TrainStyleNetwork(StyleNetworkConfig(**TINY | {"steps": 1})).run({"style": [painting]}, Unobserved())
    assert result.facts["photos"] == 15
    assert result.output.shape[0] == 3


@pytest.mark.parametrize("size", ["64x48", "101x35", "16x200"])
def test_pictures_have_any_size(model, photo, size):
    width, height = map(int, size.split("x"))
    picture = painted(model, photo, size=size)
    assert picture.shape == (3, height, width)
    assert 0 <= float(picture.min()) <= float(picture.max()) <= 1


def test_without_a_size_the_photo_s_own_up_to_a_limit(model, photo):
    assert painted(model, photo).shape == photo.shape
    assert painted(model, resize(photo, (2000, 100))).shape == (3, 51, 1024)


def test_too_small_a_photo_is_one_line(model, photo):
    with pytest.raises(InputError, match="a style network needs at least 16 pixels a side, got 64x12"):
        painted(model, photo, size="64x12")


def test_the_photo_s_colours_can_be_kept(model, photo):
    kept, free = painted(model, photo, keep_color="luminance"), painted(model, photo)
    inside = ((kept > 0.01) & (kept < 0.99)).all(0)  # where no colour was cut off
    chroma = (kept - luminance(kept[None])[0]) - (photo - luminance(photo[None])[0])
    assert float(chroma[:, inside].abs().max()) < 0.02
    assert float((luminance(kept[None]) - luminance(free[None]))[0, 0][inside].abs().max()) < 0.02


def test_onnxruntime_paints_the_same_at_other_sizes(model, photo):
    """The file is traced at one size and holds for all."""
    network = exportable(model.kind, model)
    data = to_onnx(network)
    for height, width in ((48, 64), (97, 130), (33, 18)):
        assert check(data, network, {"photo": resize(photo, (width, height))[None]}) < 1e-3


def test_a_model_whose_tensors_do_not_fit_is_refused(model, photo):
    changes = [{"widths": [4, 6, 9]}, {"widths": [4, 6]}, {"widths": [4, 6, 10**6]}, {"widths": None}]
    changes += [{"blocks": 2}, {"blocks": 10**9}, {"blocks": "1e9"}]
    for change in changes:
        other = Model(model.kind, dict(model.config) | change, model.tensors, model.size)
        with pytest.raises(InputError, match="of another version of impasto, or damaged"):
            painted(other, photo)


@pytest.mark.parametrize(
    ("values", "field"), [({"side": 66}, "side"), ({"widths": (0, 4, 4)}, "widths"), ({"widths": (4, 4)}, "widths")]
)
def test_bounds(values, field):
    with pytest.raises(ValidationError, match=field):
        StyleNetworkConfig(**values)


def test_a_folder_of_no_use_is_refused_before_anything_is_done(painting, photos, tmp_path):
    method = TrainStyleNetwork(StyleNetworkConfig(**TINY))
    shutil.copy(photos.path / "0.png", tmp_path)
    one = open_data(tmp_path)
    with pytest.raises(InputError, match="one photo in this folder"):
        method.check({"style": [painting], "photos": [one]})
    method.check({"style": [painting], "photos": [photos]})
    method.check({"style": [painting]})


def test_the_forecast_grows_with_steps_and_size():
    sizes = {"style": [(64, 64)], "content": [(64, 64)], "run": [(64, 64)]}
    config = StyleNetworkConfig(**TINY)
    short = TrainStyleNetwork(config).forecast(sizes)
    long = TrainStyleNetwork(config.model_copy(update={"steps": 50, "side": 256})).forecast(sizes)
    assert long.seconds - STARTING > 20 * (short.seconds - STARTING) > 0
    assert long.memory > short.memory
    of_a_folder = TrainStyleNetwork(config).forecast(sizes | {"photos": [(0, 0)]})
    assert of_a_folder.memory - short.memory == 12 * (MOST - 15) * config.side**2  # as many as are ever held
    small, large = (NetworkStyle(NetworkStyleConfig(size=size)).forecast(sizes) for size in ("64", "4096"))
    assert large.memory > 5 * small.memory
    assert large.size == (4096, 4096)


def test_the_paper_s_setting_runs(painting, photos):
    values = StyleNetworkConfig.presets["paper"] | {"network_weights": "random", "side": 64, "steps": 1, "batch": 1}
    method = TrainStyleNetwork(StyleNetworkConfig(**values))
    result = method.run({"style": [painting], "photos": [photos]}, Unobserved())
    assert paint(build(result.model), torch.rand(3, 32, 32, generator=generator(0))).shape == (3, 32, 32)


def test_crops_of_a_training_come_from_its_folder(photos):
    photo = PhotoCrops(photo_files(photos, 0), 64, 0)
    assert photo.count == 4
