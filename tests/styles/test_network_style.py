"""Training a style network and painting with it, tiny and with a random judge."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

import impasto
from impasto.data import PhotoCrops
from impasto.errors import Cancelled, InputError
from impasto.export import exportable
from impasto.export.onnx import check, to_onnx
from impasto.features import load_network
from impasto.images import luminance, read, resize, write
from impasto.losses import content_loss, moments, relative_moment_loss
from impasto.methods import generator
from impasto.model import Model
from impasto.observers import Unobserved
from impasto.runs.execute import execute
from impasto.runs.job import prepare
from impasto.runs.model import find_trained, model_file, save_model
from impasto.runs.recipe import recipe_of
from impasto.runs.recorder import Every
from impasto.runs.repeat import repeat, resume
from impasto.styles.network import NetworkStyle, NetworkStyleConfig, load_style_network
from impasto.styles.network_settings import StyleNetworkConfig
from impasto.styles.train_network import STARTING, TrainStyleNetwork, paint

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
def photos(photo, tmp_path_factory):
    """A folder of four photos."""
    folder = tmp_path_factory.mktemp("photos")
    for number, picture in enumerate([photo, photo.flip(2), 1 - photo, photo.flip(0)]):
        write(resize(picture, (96, 72)), folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def model(painting, photos) -> Model:
    method = TrainStyleNetwork(StyleNetworkConfig(**TINY, photos=str(photos)))
    return method.run({"style": [painting]}, Unobserved()).model


class StopAt(Unobserved):
    """Breaks a run off after so many steps."""

    def __init__(self, at: int, error: type[BaseException]) -> None:
        self.at, self.error = at, error

    def step(self, step) -> None:
        if step.index == self.at:
            raise self.error


def training(painting, photos, root, *, observers=(), every=None, **changes):
    config = StyleNetworkConfig(**TINY | {"photos": str(photos)} | changes)
    job = prepare("train style-network", config, {"style": [painting]})
    return execute(job, root=root, observers=observers, every=every)


def painted(model, photo, **values) -> torch.Tensor:
    return NetworkStyle(NetworkStyleConfig(**values)).run({"run": [model], "content": [photo]}, Unobserved()).output


def test_training_brings_style_and_content_nearer(painting, photos, photo):
    """On a photo that it has seen in other sizes, judged by losses computed here."""
    config = StyleNetworkConfig(**TINY | {"steps": 60, "learning_rate": 0.02, "photos": str(photos)})
    judge = load_network(config.network, weights="random")
    seen = resize(photo, (80, 64))[None]
    layers = [*config.layers, *config.content_layers]
    of_painting, of_photo = (judge(picture, layers) for picture in (painting[None], seen))

    def distance(trained: Model) -> float:
        found = judge(paint(load_style_network(trained), seen[0])[None].clone(), layers)
        style = sum(relative_moment_loss(moments(found[it]), moments(of_painting[it])) for it in config.layers)
        return float(style + config.content_weight * content_loss(found["e1"], of_photo["e1"]))

    before = TrainStyleNetwork(config.model_copy(update={"steps": 1})).run({"style": [painting]}, Unobserved())
    after = TrainStyleNetwork(config).run({"style": [painting]}, Unobserved())
    assert distance(after.model) < 0.7 * distance(before.model)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_training_that_broke_ends_with_the_same_model(painting, photos, tmp_path, stop):
    straight = training(painting, photos, tmp_path / "straight").folder
    with pytest.raises(RuntimeError):
        training(painting, photos, tmp_path / "runs", observers=[StopAt(stop, RuntimeError)], every=Every(steps=1))
    folder = type(straight)(next((tmp_path / "runs").iterdir()))
    resume(folder)
    assert model_file(folder.path).read_bytes() == model_file(straight.path).read_bytes()
    assert torch.equal(read(folder.output), read(straight.output))


def test_a_training_whose_photos_changed_is_not_gone_on_with(painting, photo, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        write(photo.roll(number, 0), folder / f"{number}.png")
    outcome = training(painting, folder, tmp_path / "runs", observers=[StopAt(2, Cancelled)])
    write(1 - photo, folder / "2.png")
    with pytest.raises(InputError, match="the photos are not those that this training began with"):
        resume(outcome.folder)


def test_a_training_that_was_cancelled_leaves_a_model(painting, photos, photo, tmp_path):
    outcome = training(painting, photos, tmp_path / "runs", observers=[StopAt(2, Cancelled)])
    assert outcome.state == "cancelled"
    picture = impasto.run("style network", [outcome.folder.path, photo])
    assert picture.tensor.shape == photo.shape


def test_watching_a_training_changes_nothing(painting, photos, model, tmp_path):
    class Curious(Unobserved):
        def step(self, step) -> None:
            step.preview()
            step.model()

    watched = training(painting, photos, tmp_path / "a", observers=[Curious()]).model
    assert all(torch.equal(watched.tensors[name], value) for name, value in model.tensors.items())


def test_a_batch_is_the_mean_of_its_crops(painting, photos):
    """The losses of one step of two are the means of those of two steps, where nothing changes in between."""
    seen = []

    class Look(Unobserved):
        def step(self, step) -> None:
            seen.append(dict(step.losses))

    once = TINY | {"photos": str(photos), "steps": 1, "patch_weight": 0.0}
    TrainStyleNetwork(StyleNetworkConfig(**once, batch=2)).run({"style": [painting]}, Look())
    still = once | {"steps": 2, "learning_rate": 1e-12}
    TrainStyleNetwork(StyleNetworkConfig(**still)).run({"style": [painting]}, Look())
    two, first, second = seen
    for name in ("style", "content"):
        assert two[name] == pytest.approx((first[name] + second[name]) / 2, rel=1e-3)


def test_the_photos_that_come_with_impasto_serve_where_no_folder_is_named(painting):
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


def test_a_picture_is_made_again_from_its_own_recipe(model, photo, tmp_path):
    save_model(tmp_path / "net", model)
    write(photo, tmp_path / "photo.png")
    job = prepare(
        "style network",
        NetworkStyleConfig(size="50%"),
        {"run": [str(tmp_path / "net")], "content": [str(tmp_path / "photo.png")]},
    )
    execute(job, output=tmp_path / "a.png")
    execute(repeat(recipe_of(tmp_path / "a.png"), tmp_path, {}), output=tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_latest_training_is_the_latest_of_its_kind(painting, photos, tmp_path):
    run = training(painting, photos, tmp_path / "runs", steps=1).folder.path
    texture = impasto.train("texture-network", painting, steps=1, side=64, widths=(4, 6), network_weights="random")
    later = tmp_path / "runs" / "later"
    later.mkdir()
    save_model(later, texture.model)
    record = (run / "run.json").read_text()
    (later / "run.json").write_text(record.replace('"created": "2', '"created": "3'))
    assert find_trained("latest", tmp_path / "runs") == later
    assert find_trained("latest", tmp_path / "runs", ("style-network",)) == run


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


def test_a_folder_of_photos_is_known_by_its_whole_path(photos, monkeypatch):
    monkeypatch.chdir(photos.parent)
    assert StyleNetworkConfig(photos=photos.name).photos == str(photos.resolve())


def test_the_forecast_grows_with_steps_and_size():
    sizes = {"style": [(64, 64)], "content": [(64, 64)], "run": [(64, 64)]}
    config = StyleNetworkConfig(**TINY)
    short = TrainStyleNetwork(config).forecast(sizes)
    long = TrainStyleNetwork(config.model_copy(update={"steps": 50, "side": 256})).forecast(sizes)
    assert long.seconds - STARTING > 20 * (short.seconds - STARTING) > 0
    assert long.memory > short.memory
    small, large = (NetworkStyle(NetworkStyleConfig(size=size)).forecast(sizes) for size in ("64", "4096"))
    assert large.memory > 5 * small.memory
    assert large.size == (4096, 4096)


def test_the_paper_s_setting_runs(painting, photos):
    values = StyleNetworkConfig.presets["paper"] | {"network_weights": "random", "side": 64, "steps": 1, "batch": 1}
    config = StyleNetworkConfig(**values, photos=str(photos))
    result = TrainStyleNetwork(config).run({"style": [painting]}, Unobserved())
    assert paint(load_style_network(result.model), torch.rand(3, 32, 32, generator=generator(0))).shape == (3, 32, 32)


def test_crops_of_a_training_come_from_its_folder(photos):
    photo = PhotoCrops(sorted(photos.iterdir()), 64, 0)
    assert photo.count == 4
