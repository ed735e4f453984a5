"""A texture from one picture.

python examples/01_texture.py [EXEMPLAR] [-o OUT] [--size 320x320] [--iterations 100 80 50]
"""

import argparse

import impasto
from impasto.samples.drawings import drawing

parser = argparse.ArgumentParser(description="A texture from one picture.")
parser.add_argument("exemplar", nargs="?", help="a picture (default: a drawing of leaves)")
parser.add_argument("-o", "--output", default="texture.png")
parser.add_argument("--size", default="320x320")
parser.add_argument("--iterations", type=int, nargs="+", default=[100, 80, 50], help="steps at each size")
arguments = parser.parse_args()

exemplar = arguments.exemplar or drawing("leaves", 256)
picture = impasto.texture(exemplar, size=arguments.size, iterations=arguments.iterations, seed=7)
picture.save(arguments.output)
print(arguments.output)
