"""A texture twice as large as its exemplar, which repeats without a seam.

python examples/02_tile.py [EXEMPLAR] [-o OUT] [--size 200%] [--iterations 100 80 50]
"""

import argparse

import impasto
from impasto import images
from impasto.samples.drawings import drawing

parser = argparse.ArgumentParser(description="A texture twice as large as its exemplar, which tiles.")
parser.add_argument("exemplar", nargs="?", help="a picture (default: a drawing of pebbles)")
parser.add_argument("-o", "--output", default="tile.png")
parser.add_argument("--size", default="200%")
parser.add_argument("--iterations", type=int, nargs="+", default=[100, 80, 50], help="steps at each size")
arguments = parser.parse_args()

exemplar = arguments.exemplar or drawing("pebbles", 160)
tile = impasto.texture(exemplar, size=arguments.size, tile=True, iterations=arguments.iterations)
tile.save(arguments.output)

floor = tile.tensor.repeat(1, 2, 2)  # laid two by two: look for the seam
images.write(floor, arguments.output.replace(".png", "-2x2.png"))
print(arguments.output)
