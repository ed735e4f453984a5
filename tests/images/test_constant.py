"""Pictures of one colour are refused, all others are not."""

from __future__ import annotations

import pytest
import torch

import impasto
from impasto.errors import InputError
from impasto.images import encode, refuse_constant
from impasto.samples.drawings import drawing


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 5, 1), (3, 4, 6)])
def test_a_picture_of_one_color_is_refused_by_its_name(shape):
    colored = torch.tensor([0.1, 0.5, 0.9]).view(3, 1, 1).expand(shape)
    with pytest.raises(InputError, match=r"^style: all its pixels are of one colour, so there is nothing to make"):
        refuse_constant([torch.rand(3, 4, 4), colored], ["content", "style"])


def test_one_pixel_that_differs_is_enough():
    picture = torch.full((3, 4, 6), 0.5)
    picture[2, 3, 5] = 0.501
    refuse_constant([picture], ["exemplar"])
    refuse_constant([], [])


@pytest.mark.parametrize(("number", "name"), [(1, "exemplar"), (2, "exemplar 2")])
def test_pictures_without_a_file_are_told_by_what_they_are_given_for(number, name):
    given = [encode(drawing("pebbles", 32), "png") for _ in range(number - 1)]
    given.append(encode(torch.full((3, 32, 32), 0.5), "png"))
    with pytest.raises(InputError, match=f"^{name}: all its pixels are of one colour"):
        impasto.run("texture patches", {"exemplar": given})
