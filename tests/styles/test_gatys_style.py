"""A photo in the manner of a painting: where it starts, what it keeps, and how the styles are mixed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from skimage.color import rgb2yiq

import impasto
from impasto.errors import InputError
from impasto.features import load_network
from impasto.images import read, resize
from impasto.observers import Step, Unobserved
from impasto.runs.configure import Layer, configure, preset
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.styles.gatys import GatysStyle, GatysStyleConfig

# A part of the network at one size, without patches: a step takes milliseconds, and the path is the same.
QUICK = {
    "layers": ("stem", "e1", "d1"),
    "content_layers": ("e2",),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "scales": 1,
    "iterations": (25,),
    "learning_rate": 0.03,
}
STILL = {"iterations": (1,), "learning_rate": 1e-9, "gamut_weight": 0.0}  # shows what a run starts from


def stylized(content: torch.Tensor, styles: list[torch.Tensor], observer=None, **values: object) -> torch.Tensor:
    config = GatysStyleConfig(**{**QUICK, **values})
    return GatysStyle(config).run({"content": [content], "style": styles}, observer or Unobserved()).output


def test_it_starts_from_the_content(photo, painting):
    assert torch.allclose(stylized(photo, [painting], init="content", **STILL), photo, atol=1e-4)


def test_it_starts_from_the_first_style(photo, painting):
    found = stylized(photo, [painting, photo], init="style", style_size="100%", **STILL)
    assert torch.allclose(found, resize(painting, (64, 48)), atol=1e-4)


def test_it_starts_from_even_noise_of_the_seed(photo, painting):
    one, again, other = (stylized(photo, [painting], init="noise", seed=seed, **STILL) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    values = one.flatten().sort().values
    assert float((values - torch.linspace(0, 1, len(values))).abs().max()) < 0.03  # Kolmogorov-Smirnov
    assert abs(float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])) < 0.05


def test_it_starts_from_a_picture_that_is_named_by_its_path(photo, painting, tmp_path):
    path = tmp_path / "start.png"
    Image.effect_noise((30, 20), 40).convert("RGB").save(path)
    found = impasto.stylize(photo, painting, init=str(path), **{**QUICK, **STILL}).tensor
    assert torch.allclose(found, resize(read(path), (64, 48)), atol=1e-4)


def test_the_path_of_a_start_that_is_not_there_is_refused(photo, painting):
    with pytest.raises(InputError, match=r"^contnet: no such file"):
        impasto.stylize(photo, painting, init="contnet", **QUICK)


def chroma(picture: torch.Tensor) -> np.ndarray:
    return rgb2yiq(picture.permute(1, 2, 0).double().numpy())[..., 1:]


def brightness(picture: torch.Tensor) -> np.ndarray:
    return rgb2yiq(picture.permute(1, 2, 0).double().numpy())[..., 0]


@pytest.mark.parametrize("keep_color", ["luminance", "luminance-matched", "luminance-histogram"])
def test_luminance_alone_is_moved_and_every_pixel_keeps_its_chroma(photo, painting, keep_color):
    """I and Q of scikit-image, wherever no channel was clamped."""
    found = stylized(photo, [painting], keep_color=keep_color)
    inside = ((found > 0.002) & (found < 0.998)).all(0).numpy()
    assert inside.mean() > 0.7
    assert np.abs(chroma(found) - chroma(photo))[inside].max() < 2e-3
    assert np.abs(brightness(found) - brightness(photo)).mean() > 0.03
    shown: list[torch.Tensor] = []

    class Looking(Unobserved):
        def step(self, step: Step) -> None:
            shown.append(step.preview())

    stylized(photo, [painting], keep_color=keep_color, observer=Looking(), iterations=(3,))
    inside = ((shown[-1] > 0.002) & (shown[-1] < 0.998)).all(0).numpy()
    assert np.abs(chroma(shown[-1]) - chroma(photo))[inside].max() < 2e-3  # a stopped run's picture too


def test_matched_luminance_keeps_the_brightness_of_the_photo(photo, painting):
    dark = painting * 0.4
    plain = stylized(photo, [dark], keep_color="luminance", content_weight=0.1)
    matched = stylized(photo, [dark], keep_color="luminance-matched", content_weight=0.1)
    wanted = float(brightness(photo).mean())
    assert abs(float(brightness(matched).mean()) - wanted) < 0.04
    assert abs(float(brightness(plain).mean()) - wanted) > 0.1


def test_linear_recolouring_keeps_the_mean_colour_of_the_photo(photo, painting):
    kept = stylized(photo, [painting], keep_color="linear").mean((1, 2))
    off = stylized(photo, [painting], keep_color="off").mean((1, 2))
    assert float((kept - photo.mean((1, 2))).abs().max()) < 0.05
    assert float((off - photo.mean((1, 2))).abs().max()) > 0.15
    assert float((off - painting.mean((1, 2))).abs().max()) < 0.15


@pytest.mark.parametrize(
    ("blend", "line"),
    [
        ((1,), r"^blend must have one share for each of the 2 styles, got 1$"),
        ((1, 1, 1), r"^blend must have one share for each of the 2 styles, got 3$"),
        ((0, 0), r"^blend must be shares of 0 or more, and not all 0$"),
        ((2, -1), r"^blend must be shares of 0 or more, and not all 0$"),
    ],
)
def test_shares_that_make_no_blend_are_refused(photo, painting, blend, line):
    with pytest.raises(InputError, match=line):
        stylized(photo, [painting, photo], blend=blend)


def test_a_blend_lies_between_its_styles_and_only_the_ratio_of_shares_counts(photo, painting):
    blue = painting.flip(0)
    more = {"content_weight": 0.0, "iterations": (30,)}
    means = [
        float((found[0] - found[2]).mean())  # red over blue
        for found in (stylized(photo, [painting, blue], blend=blend, **more) for blend in ((1, 0), (0.5, 0.5), (0, 1)))
    ]
    assert means[0] > means[1] + 0.1 > means[2] + 0.2
    assert torch.equal(
        stylized(photo, [painting, blue], blend=(1, 3), iterations=(3,)),
        stylized(photo, [painting, blue], blend=(0.25, 0.75), iterations=(3,)),
    )
    equal = stylized(photo, [painting, blue], iterations=(3,))
    assert torch.equal(equal, stylized(photo, [painting, blue], blend=(7, 7), iterations=(3,)))


@pytest.mark.parametrize(
    ("style_size", "by_hand"),
    [
        # The painting is 40 x 56, the photo 64 x 48.
        ("stretch", (64, 48)),
        ("match", (round(40 * (64 * 48 / (40 * 56)) ** 0.5), round(56 * (64 * 48 / (40 * 56)) ** 0.5))),
        ("50%", (20, 28)),
        ("150%", (60, 84)),
        ("30x44", (30, 44)),
        ("28", (20, 28)),
    ],
)
def test_the_style_is_seen_at_the_size_that_is_asked_for(photo, painting, style_size, by_hand):
    """The same picture comes from a painting that was brought to that size beforehand."""
    more = {"iterations": (3,), "patch_weight": 10.0}
    found = stylized(photo, [painting], style_size=style_size, **more)
    beforehand = stylized(photo, [resize(painting, by_hand)], style_size="100%", **more)
    assert torch.equal(found, beforehand)


def test_the_result_has_the_contents_size_or_the_one_asked_for_and_is_not_huge_unasked(photo, painting):
    few = {"iterations": (1,), "style_size": "100%"}
    assert stylized(photo, [painting], **few).shape == (3, 48, 64)
    assert stylized(photo, [painting], size="50x37", **few).shape == (3, 37, 50)
    assert stylized(photo, [painting], size="32", **few).shape == (3, 24, 32)
    assert stylized(torch.rand(3, 36, 1229), [painting], **few).shape == (3, 30, 1024)
    assert stylized(torch.rand(3, 36, 1229), [painting], size="1100x32", **few).shape == (3, 32, 1100)


def test_a_huge_content_weight_holds_the_picture_to_the_photo_and_none_lets_it_go(photo, painting):
    more = {"gamut_weight": 0.0, "content_layers": ("stem",), "iterations": (60,), "learning_rate": 0.01}
    free, held = (
        float((stylized(photo, [painting], content_weight=weight, **more) - photo).abs().mean())
        for weight in (0.0, 1e6)
    )
    assert held < 0.03
    assert free > 0.15


def test_a_huge_content_weight_leads_from_elsewhere_to_the_photo(photo, painting):
    more = {"gamut_weight": 0.0, "content_layers": ("stem",), "iterations": (60,)}
    found = stylized(photo, [painting], content_weight=1e6, init="style", **more)
    begun = (resize(painting, (64, 48)) - photo).abs().mean()
    assert float((found - photo).abs().mean()) < 0.3 * float(begun)


def test_without_content_and_style_there_is_nothing_to_do():
    with pytest.raises(ValidationError, match="content_weight and style_weight must not both be 0"):
        GatysStyleConfig(content_weight=0, style_weight=0)


def test_the_papers_preset_is_the_documents_script(photo, painting):
    """The losses of the first steps against the script of document 4, written out on VGG's features."""
    config = configure(
        GatysStyleConfig,
        preset(GatysStyleConfig, "paper"),
        Layer({"network_weights": "random", "size": "40x32", "iterations": (2,), "init": "style"}),
    )
    assert (config.network, config.optimizer, config.learning_rate) == ("vgg16", "adam", 0.007)
    assert config.content_layers == ("conv4_2",)
    seen: list[Step] = []

    class Looking(Unobserved):
        def step(self, step: Step) -> None:
            seen.append(step)

    GatysStyle(config).run({"content": [photo], "style": [painting]}, Looking())
    network = load_network("vgg16", weights="random")
    style_weights = {"conv1_1": 1.0, "conv2_1": 0.8, "conv3_1": 0.4, "conv4_1": 0.2, "conv5_1": 0.1}
    content, style = (resize(picture, (40, 32))[None] for picture in (photo, painting))
    layers = [*style_weights, "conv4_2"]
    with torch.no_grad():
        content_features, style_features, target_features = (network(it, layers) for it in (content, style, style))
        content_loss = torch.mean((target_features["conv4_2"] - content_features["conv4_2"]) ** 2)
        style_loss = torch.zeros(())
        for layer, weight in style_weights.items():
            _, d, h, w = target_features[layer].shape
            target, goal = (it[layer].reshape(d, h * w) for it in (target_features, style_features))
            style_loss += weight * torch.mean((target @ target.T - goal @ goal.T) ** 2) / (d * h * w)
    assert seen[0].losses["content"] == pytest.approx(100 * float(content_loss), rel=1e-3)
    assert seen[0].losses["style"] == pytest.approx(1e8 * float(style_loss), abs=1e-2)  # it starts from the style
    assert seen[1].losses["content"] < seen[0].losses["content"]
    assert seen[0].total == 2


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "lbfgs"])
def test_the_loss_comes_down_at_the_step_size_that_an_optimizer_chooses(optimizer):
    """On real edges and with all layers: slopes are gentler elsewhere, and SGD at a rate of 1 comes down there."""
    losses: list[float] = []

    class Noting(Unobserved):
        def step(self, step: Step) -> None:
            losses.append(step.losses["loss"])

    config = GatysStyleConfig(optimizer=optimizer, scales=1, iterations=(20,))
    pictures = {"content": [resize(sample("coffee"), (96, 64))], "style": [drawing("mosaic", 96)]}
    GatysStyle(config).run(pictures, Noting())
    assert losses[-1] < 0.5 * losses[0]
