"""The losses of a picture, against the formulas written out in NumPy on features computed by hand."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from tiny_network import TinyNetwork, noise

from impasto.errors import InputError
from impasto.synthesis import StyleObjective, SynthesisConfig, style_layers

NETWORK = TinyNetwork()
LAYER_WEIGHTS = {"a": 0.5, "b": 2.0}


def settings(**changes: object) -> SynthesisConfig:
    """Only what a test asks for; on the canvas of pixels colours are clamped, and no loss keeps them in range."""
    plain = {"weights": tuple(LAYER_WEIGHTS.values()), "statistics": "gram", "patch_weight": 0.0, "canvas": "pixels"}
    return SynthesisConfig(**{**plain, **changes})


def objective(exemplars: list[tuple[torch.Tensor, float]], config: SynthesisConfig, **more: object) -> StyleObjective:
    return StyleObjective(NETWORK, config, exemplars, **more)


def raw_gram(features: np.ndarray) -> np.ndarray:
    return features @ features.T


def test_the_hand_computed_features_are_those_of_the_network():
    picture = noise(21, 18)
    found = NETWORK(picture, ("a", "b"))
    for layer, features in NETWORK.by_hand(picture).items():
        assert np.allclose(found[layer][0].flatten(1), features, atol=1e-5)


def test_the_papers_form_is_equation_4_on_raw_gram_matrices():
    """E_l = sum (G - A)^2 / (4 N_l^2 M_l^2), L = sum w_l E_l (Gatys, Ecker & Bethge 2015, equations 4 and 5)."""
    exemplar, picture = noise(24, 20, seed=1), noise(24, 20, seed=2)
    expected = 0.0
    ours, theirs = NETWORK.by_hand(picture), NETWORK.by_hand(exemplar)
    for layer, weight in LAYER_WEIGHTS.items():
        channels, positions = ours[layer].shape
        difference = raw_gram(ours[layer]) - raw_gram(theirs[layer])
        expected += weight * (difference**2).sum() / (4 * channels**2 * positions**2)
    losses = objective([(exemplar, 1.0)], settings(gram_form="paper"))(picture, 0)
    assert list(losses) == ["style"]
    assert float(losses["style"]) == pytest.approx(expected, rel=1e-4)


def test_the_scripts_form_is_the_mean_square_of_raw_gram_matrices_over_the_number_of_features():
    """Document 4: mean((G - A)^2) / (d h w)."""
    exemplar, picture = noise(24, 20, seed=1), noise(24, 20, seed=2)
    expected = 0.0
    ours, theirs = NETWORK.by_hand(picture), NETWORK.by_hand(exemplar)
    for layer, weight in LAYER_WEIGHTS.items():
        difference = raw_gram(ours[layer]) - raw_gram(theirs[layer])
        expected += weight * (difference**2).mean() / ours[layer].size
    losses = objective([(exemplar, 1.0)], settings(gram_form="mean-squared"))(picture, 0)
    assert float(losses["style"]) == pytest.approx(expected, rel=1e-4)


def test_the_relative_form_compares_mean_gram_matrices_of_pictures_of_any_size():
    exemplar, picture = noise(30, 40, seed=1), noise(24, 20, seed=2)
    expected = 0.0
    ours, theirs = NETWORK.by_hand(picture), NETWORK.by_hand(exemplar)
    for layer, weight in LAYER_WEIGHTS.items():
        G, A = (raw_gram(features[layer]) / features[layer].shape[1] for features in (ours, theirs))
        expected += weight * ((G - A) ** 2).sum() / (A**2).sum()
    losses = objective([(exemplar, 1.0)], settings(gram_form="relative"))(picture, 0)
    assert float(losses["style"]) == pytest.approx(expected, rel=1e-4)


def test_moments_are_means_and_covariances_each_relative_to_the_exemplars():
    exemplar, picture = noise(30, 40, seed=1), noise(24, 20, seed=2)
    expected = 0.0
    ours, theirs = NETWORK.by_hand(picture), NETWORK.by_hand(exemplar)
    for layer, weight in LAYER_WEIGHTS.items():
        mean, goal = ours[layer].mean(1), theirs[layer].mean(1)
        covariance, goal_covariance = np.cov(ours[layer], bias=True), np.cov(theirs[layer], bias=True)
        expected += weight * ((mean - goal) ** 2).sum() / (goal**2).sum()
        expected += weight * ((covariance - goal_covariance) ** 2).sum() / (goal_covariance**2).sum()
    losses = objective([(exemplar, 1.0)], settings(statistics="moments"))(picture, 0)
    assert float(losses["style"]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("form", ["relative", "paper", "mean-squared"])
def test_content_is_compared_place_by_place(form):
    """Half the sum of squares (Gatys, Ecker & Bethge 2016, equation 1), its mean (document 4), or relative."""
    photo, picture = noise(24, 20, seed=3), noise(24, 20, seed=4)
    F, P = NETWORK.by_hand(picture)["b"], NETWORK.by_hand(photo)["b"]
    squares = (F - P) ** 2
    expected = {"relative": squares.sum() / (P**2).sum(), "paper": squares.sum() / 2, "mean-squared": squares.mean()}
    config = settings(gram_form=form)
    losses = objective([], config, content=photo, content_layers=("b",), content_weight=3.0)(picture, 0)
    assert list(losses) == ["content"]
    assert float(losses["content"]) == pytest.approx(3 * expected[form], rel=1e-4)


@pytest.mark.parametrize("statistics", ["gram", "moments"])
@pytest.mark.parametrize("form", ["relative", "paper", "mean-squared"])
def test_the_exemplar_itself_has_no_loss(statistics, form):
    picture = noise(33, 47)
    config = settings(statistics=statistics, gram_form=form, patch_weight=100.0)
    losses = objective([(picture, 1.0)], config, content=picture, content_layers=("a", "b"))(picture, 0)
    other = objective([(picture, 1.0)], config, content=picture, content_layers=("a", "b"))(noise(33, 47, seed=9), 0)
    assert set(losses) == {"style", "content", "patches"}
    for name, loss in losses.items():
        assert 0 <= float(loss) < 1e-5 * float(other[name])


def test_each_weight_multiplies_its_loss():
    exemplar, photo, picture = noise(24, 24, seed=1), noise(24, 24, seed=2), noise(24, 24, seed=3)

    def losses(style_weight: float, content_weight: float, **changes: object) -> dict[str, float]:
        found = objective(
            [(exemplar, 1.0)], settings(smoothness=changes.pop("smoothness", 1.0), **changes),
            style_weight=style_weight, content=photo, content_layers=("b",), content_weight=content_weight,
        )(picture, 0)  # fmt: skip
        return {name: float(loss) for name, loss in found.items()}

    plain = losses(1, 1, patch_weight=1)
    weighted = losses(3, 5, patch_weight=7, smoothness=11)
    factors = {name: weighted[name] / plain[name] for name in plain}
    assert factors == pytest.approx({"style": 3, "content": 5, "patches": 21, "smoothness": 11}, rel=1e-4)
    assert "content" not in losses(1, 0)
    assert set(losses(0, 1, patch_weight=1)) == {"content", "smoothness"}


@pytest.mark.parametrize("statistics", ["gram", "moments"])
def test_a_blend_has_the_weighted_means_of_the_statistics(statistics):
    """The loss of a third picture, from means of the parts' statistics that are computed here."""
    parts = [(noise(24, 20, seed=1), 0.2), (noise(30, 30, seed=2), 0.5), (noise(18, 40, seed=3), 0.3)]
    picture = noise(26, 26, seed=4)
    by_hand = [(NETWORK.by_hand(part), share) for part, share in parts]
    ours = NETWORK.by_hand(picture)
    expected = 0.0
    for layer, weight in LAYER_WEIGHTS.items():
        if statistics == "gram":
            pairs = [
                (
                    raw_gram(ours[layer]) / ours[layer].shape[1],
                    sum(share * raw_gram(part[layer]) / part[layer].shape[1] for part, share in by_hand),
                )
            ]
        else:
            pairs = [
                (ours[layer].mean(1), sum(share * part[layer].mean(1) for part, share in by_hand)),
                (
                    np.cov(ours[layer], bias=True),
                    sum(share * np.cov(part[layer], bias=True) for part, share in by_hand),
                ),
            ]
        expected += sum(weight * ((found - goal) ** 2).sum() / (goal**2).sum() for found, goal in pairs)
    losses = objective(parts, settings(statistics=statistics))(picture, 0)
    assert float(losses["style"]) == pytest.approx(expected, rel=1e-4)


def test_a_share_of_all_or_nothing_is_the_one_picture_alone():
    one, other, picture = noise(24, 24, seed=1), noise(24, 24, seed=2), noise(24, 24, seed=3)
    config = settings(statistics="moments", patch_weight=1.0)
    alone = objective([(one, 1.0)], config)(picture, 0)
    blended = objective([(one, 1.0), (other, 0.0)], config)(picture, 0)
    assert float(blended["style"]) == pytest.approx(float(alone["style"]), rel=1e-5)
    assert float(blended["patches"]) == pytest.approx(float(alone["patches"]), rel=1e-2)


def test_the_patches_of_a_blend_are_a_mixture_and_the_distance_is_optimal_transport():
    """One-pixel patches of grey pictures: POT's squared Wasserstein distance between values, for each direction."""
    dark, light = (0.1 + 0.3 * noise(40, 40, seed=seed)[:, :1].expand(-1, 3, -1, -1) for seed in (1, 2))
    light = light + 0.5
    picture = noise(40, 40, seed=3)[:, :1].expand(-1, 3, -1, -1)
    config = settings(patch_weight=1.0, patch_size=1, projections=200)
    shares = (0.25, 0.75)
    found = float(objective([(dark, shares[0]), (light, shares[1])], config)(picture, 0)["patches"])

    def distance(reduce: int) -> float:
        values = [grey[0, :1].unfold(1, reduce, reduce).unfold(2, reduce, reduce).mean((-1, -2)) for grey in
                  (picture, dark, light)]  # fmt: skip
        ours, *theirs = (value.flatten().double().numpy() for value in values)
        weights = np.concatenate([np.full(each.size, share / each.size) for each, share in zip(theirs, shares)])
        return float(ot.wasserstein_1d(ours, np.concatenate(theirs), None, weights, p=2))

    # A random direction k in RGB sees the value v as v (k . 1), and the mean of (k . 1)^2 over directions is 1.
    assert found == pytest.approx(distance(1) + distance(2), rel=0.15)
    halves = float(objective([(dark, 0.5), (light, 0.5)], config)(picture, 0)["patches"])
    assert abs(halves - found) > 0.2 * found


def test_the_projections_of_a_step_depend_on_seed_and_step_alone():
    """A resumed run must draw what the undisturbed one drew."""
    exemplar, picture = noise(30, 30, seed=1), noise(30, 30, seed=2)
    config = settings(patch_weight=1.0, projections=4, seed=3)
    walked = objective([(exemplar, 1.0)], config)
    losses = [float(walked(picture, step)["patches"]) for step in range(45)]
    assert len(set(losses)) > 1
    for step in (0, 17, 33, 44):
        fresh = objective([(exemplar, 1.0)], config)
        assert float(fresh(picture, step)["patches"]) == losses[step]
    other = objective([(exemplar, 1.0)], config.model_copy(update={"seed": 4}))
    assert float(other(picture, 0)["patches"]) != losses[0]


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_every_seed_that_the_config_allows_can_be_drawn_from(seed):
    config = settings(patch_weight=1.0, projections=2, seed=seed)
    losses = objective([(noise(24, 24), 1.0)], config)(noise(24, 24, seed=1), 0)
    assert float(losses["patches"]) > 0


def test_the_network_sees_the_enlarged_picture():
    cv2 = pytest.importorskip("cv2")
    exemplar, picture = noise(24, 20, seed=1), noise(24, 20, seed=2)

    def enlarged(image: torch.Tensor) -> torch.Tensor:
        planes = image[0].permute(1, 2, 0).numpy()
        return torch.from_numpy(cv2.resize(planes, (40, 48), interpolation=cv2.INTER_LINEAR)).permute(2, 0, 1)[None]

    config = settings(gram_form="paper")
    found = objective([(exemplar, 1.0)], config, enlarge=2.0)(picture, 0)
    expected = objective([(enlarged(exemplar), 1.0)], config)(enlarged(picture), 0)
    assert float(found["style"]) == pytest.approx(float(expected["style"]), rel=1e-3)


def test_the_losses_of_a_tile_do_not_depend_on_where_it_begins():
    """Patches and smoothness of a tile go on over its edges, also at half its size."""
    exemplar, tile = noise(30, 30, seed=1), noise(24, 24, seed=2)
    config = settings(patch_weight=1.0, smoothness=1.0, patch_size=3)
    wrapped = objective([(exemplar, 1.0)], config, wrap=True)
    before, after = (wrapped(picture, 0) for picture in (tile, tile.roll((6, 14), (2, 3))))
    for name in ("patches", "smoothness"):
        assert float(after[name]) == pytest.approx(float(before[name]), rel=1e-4)


def test_an_unknown_layer_gets_the_nearest_name_and_weights_must_be_as_many_as_layers():
    assert style_layers(NETWORK, SynthesisConfig()) == {"a": 1, "b": 1}
    assert style_layers(NETWORK, SynthesisConfig(layers=("b", "a"), weights=(3, 4))) == {"b": 3, "a": 4}
    with pytest.raises(InputError, match="tiny has no layer 'bb'; did you mean 'b'"):
        style_layers(NETWORK, SynthesisConfig(layers=("a", "bb")))
    with pytest.raises(InputError, match=r"^weights must be one for each of the 2 layers \(a, b\), got 3$"):
        style_layers(NETWORK, SynthesisConfig(weights=(1, 2, 3)))
