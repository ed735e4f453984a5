"""Two styles blended, in the photograph's own colours.

python examples/04_two_styles.py [CONTENT STYLE STYLE] [-o OUT] [--size 512] [--iterations 100 80 50]
"""

import argparse

import impasto
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

parser = argparse.ArgumentParser(description="Two styles blended, in the photograph's own colours.")
parser.add_argument("pictures", nargs="*", help="a photograph and two paintings (default: a cat and two drawings)")
parser.add_argument("-o", "--output", default="blended.png")
parser.add_argument("--size", default="512")
parser.add_argument("--iterations", type=int, nargs="+", default=[100, 80, 50], help="steps at each size")
arguments = parser.parse_args()

pictures = arguments.pictures or [sample("chelsea"), drawing("woodblock"), drawing("swirls")]
picture = impasto.stylize(
    pictures[0],
    pictures[1:],
    blend=(0.6, 0.4),
    keep_color="luminance",
    size=arguments.size,
    iterations=arguments.iterations,
)
picture.save(arguments.output)
print(arguments.output)
