"""Textures by patch distributions: any size, a seed, a tile, several exemplars, resuming, and a golden picture."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.metrics import color_histogram_distance, seam_error, sliced_patch_wasserstein
from impasto.observers import Unobserved
from impasto.samples.drawings import drawing
from impasto.textures.sliced_patches import SlicedPatchesTexture, SlicedPatchesTextureConfig

QUICK = {"steps": 3, "projections": 8, "projection_sets": 2, "patch": 5}
# Everything that decides the pixels, so that other defaults leave the golden picture as it is.
GOLDEN = {
    "steps": 12,
    "patch": 5,
    "projections": 32,
    "fine": 0.5,
    "projection_sets": 4,
    "ratio": 0.5,
    "form": "squared",
    "learning_rate": 0.03,
    "decay": True,
    "patch_stride": 1,
    "coarsest": 16,
    "noise": 0.3,
    "size": "64x64",
    "seed": 5,
}
# Red, green and blue of the golden picture, each the mean of a block of 16 x 16 pixels.
GOLDEN_MEANS = [
    [0.367, 0.354, 0.331, 0.399, 0.388, 0.301, 0.392, 0.377, 0.359, 0.324, 0.352, 0.370, 0.368, 0.384, 0.412, 0.303],
    [0.389, 0.317, 0.289, 0.361, 0.312, 0.285, 0.347, 0.331, 0.331, 0.299, 0.296, 0.330, 0.319, 0.378, 0.353, 0.294],
    [0.384, 0.304, 0.295, 0.328, 0.264, 0.251, 0.319, 0.280, 0.306, 0.273, 0.258, 0.282, 0.290, 0.361, 0.337, 0.246],
]


def texture(*exemplars: torch.Tensor, watch=None, **values: object) -> torch.Tensor:
    method = SlicedPatchesTexture(SlicedPatchesTextureConfig(**{**QUICK, **values}))
    return method.run({"exemplar": exemplars}, watch or Unobserved()).output


@settings(deadline=None, max_examples=8)
@given(
    own=st.tuples(st.integers(5, 40), st.integers(5, 40)),
    size=st.tuples(st.integers(5, 60), st.integers(5, 60)),
    tile=st.booleans(),
    patch_stride=st.integers(1, 3),
)
def test_any_exemplar_makes_any_size(own, size, tile, patch_stride):
    exemplar = torch.rand(3, *own, generator=torch.Generator().manual_seed(0))
    made = texture(exemplar, size=f"{size[0]}x{size[1]}", tile=tile, patch_stride=patch_stride)
    assert made.shape == (3, size[1], size[0])
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


def test_patches_come_to_be_distributed_as_the_exemplars():
    exemplar = drawing("pebbles", 64)
    made = texture(exemplar, steps=60, projections=32, projection_sets=8, patch=7, coarsest=32)
    noise = texture(exemplar, steps=1, learning_rate=1e-6)
    assert sliced_patch_wasserstein(made, exemplar)[0] < sliced_patch_wasserstein(noise, exemplar)[0] / 3
    assert color_histogram_distance(made, exemplar) < 0.05


def test_a_tile_has_no_seam():
    exemplar = drawing("weave", 64)
    made = texture(exemplar, tile=True, size="48x40", steps=30, projections=32, projection_sets=4)
    assert seam_error(made) < 1.25


def test_two_exemplars_give_the_colors_of_both():
    red, blue = drawing("leaves", 48) * 0.5, drawing("leaves", 48) * 0.5
    red[0] += 0.5
    blue[2] += 0.5
    made = texture(red, blue, steps=25, projections=32, projection_sets=4)
    reddish = (made[0] > made[2]).float().mean()
    assert 0.25 < float(reddish) < 0.75


def test_a_guide_says_what_is_to_be_where():
    random = torch.Generator().manual_seed(0)
    exemplar = 0.2 * torch.rand(3, 48, 48, generator=random)
    exemplar[:, :, 24:] += 0.7  # dark left, light right
    where = torch.zeros(3, 48, 48)
    where[:, :, 24:] = 1
    wanted = torch.zeros(3, 48, 48)
    wanted[:, 24:] = 1  # dark above, light below
    config = SlicedPatchesTextureConfig(**QUICK | {"steps": 30})
    inputs = {"exemplar": [exemplar], "guide": [wanted], "exemplar_guide": [where]}
    made = SlicedPatchesTexture(config).run(inputs, Unobserved()).output
    assert float(made[:, :20].mean()) < 0.25
    assert float(made[:, 28:].mean()) > 0.65


def test_a_seed_is_a_texture():
    exemplar = drawing("mosaic", 32)
    first, again, other = (texture(exemplar, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_number_of_threads_changes_nothing_to_speak_of():
    exemplar = drawing("mosaic", 48)
    before = torch.get_num_threads()
    made = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        made.append(texture(exemplar))
    torch.set_num_threads(before)
    torch.testing.assert_close(made[0], made[1], atol=5e-3, rtol=0)


def test_a_preview_has_the_final_size():
    sizes = set()

    class Watch(Unobserved):
        def step(self, step):
            sizes.add(tuple(step.preview().shape))

    texture(drawing("pebbles", 48), watch=Watch(), size="30x40", coarsest=12)
    assert sizes == {(3, 40, 30)}


def test_the_golden_picture():
    made = texture(drawing("pebbles", 64), **GOLDEN)
    means = torch.nn.functional.avg_pool2d(made[None], 16)[0].flatten(1)
    torch.testing.assert_close(means, torch.tensor(GOLDEN_MEANS), atol=0.02, rtol=0)
