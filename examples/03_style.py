"""A photograph in the manner of a painting.

python examples/03_style.py [CONTENT STYLE] [-o OUT] [--size 512] [--iterations 100 80 50]
"""

import argparse

import impasto
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

parser = argparse.ArgumentParser(description="A photograph in the manner of a painting.")
parser.add_argument("content", nargs="?", help="the photograph (default: a palace)")
parser.add_argument("style", nargs="?", help="the painting (default: a drawing of a night sky)")
parser.add_argument("-o", "--output", default="styled.png")
parser.add_argument("--size", default="512")
parser.add_argument("--iterations", type=int, nargs="+", default=[100, 80, 50], help="steps at each size")
arguments = parser.parse_args()

content = arguments.content or sample("china")
style = arguments.style or drawing("swirls")
picture = impasto.stylize(content, style, size=arguments.size, iterations=arguments.iterations)
picture.save(arguments.output)
print(arguments.output)
