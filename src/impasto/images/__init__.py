"""Read, write, resize and recolour pictures.

A picture in the code is a float32 tensor (3, H, W), sRGB, in [0, 1]; a batch is (N, 3, H, W).
"""

from impasto.images.color import (
    hsv_to_rgb,
    linear_to_srgb,
    luminance,
    rgb_to_hsv,
    rgb_to_ycbcr,
    rgb_to_yiq,
    srgb_to_linear,
    ycbcr_to_rgb,
    yiq_to_rgb,
)
from impasto.images.color_transfer import (
    match_histogram,
    match_luminance,
    take_luminance,
    transfer_linear,
    transfer_mean_std,
    with_chroma_of,
)
from impasto.images.constant import refuse_constant
from impasto.images.encode import encode
from impasto.images.folders import pictures_in
from impasto.images.metadata import Metadata, read_metadata
from impasto.images.perceptual_color import lab_to_rgb, oklab_to_rgb, rgb_to_lab, rgb_to_oklab
from impasto.images.periodic import periodic_bilinear, periodic_resize
from impasto.images.read import MAX_PIXELS, read, read_size
from impasto.images.recipe import read_recipe
from impasto.images.resize import reduced, resize
from impasto.images.sheet import contact_sheet
from impasto.images.sizes import fit_long_side, parse_size, reduced_to, result_size
from impasto.images.sources import Source, file_bytes
from impasto.images.write import check_place, check_target, write, write_atomically

__all__ = [
    "MAX_PIXELS",
    "Metadata",
    "Source",
    "check_place",
    "check_target",
    "contact_sheet",
    "encode",
    "file_bytes",
    "fit_long_side",
    "hsv_to_rgb",
    "lab_to_rgb",
    "linear_to_srgb",
    "luminance",
    "match_histogram",
    "match_luminance",
    "oklab_to_rgb",
    "parse_size",
    "periodic_bilinear",
    "periodic_resize",
    "pictures_in",
    "read",
    "read_metadata",
    "read_recipe",
    "read_size",
    "reduced",
    "reduced_to",
    "refuse_constant",
    "resize",
    "result_size",
    "rgb_to_hsv",
    "rgb_to_lab",
    "rgb_to_oklab",
    "rgb_to_ycbcr",
    "rgb_to_yiq",
    "srgb_to_linear",
    "take_luminance",
    "transfer_linear",
    "transfer_mean_std",
    "with_chroma_of",
    "write",
    "write_atomically",
    "ycbcr_to_rgb",
    "yiq_to_rgb",
]
