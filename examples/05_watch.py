"""What a network knows of a style, with an observer of one's own that plots the losses and can end the run.

python examples/05_watch.py [IMAGE] [-o OUT] [--size 128] [--iterations 100 80 50]
"""

import argparse

import impasto
from impasto.samples.drawings import drawing


class Curve:
    """Prints a bar for the loss, now and then. Raise impasto.errors.Cancelled in `step` to end a run early."""

    def step(self, step):
        """Called after every iteration; step.preview() would be the picture so far."""
        if step.index % max(1, step.total // 20) == 0:
            loss = step.losses["loss"]
            print(f"{step.index:5d}/{step.total}  {loss:10.4f}  {'#' * min(60, round(4 * loss))}")

    def checkpoint(self):
        """Begin at the beginning."""


parser = argparse.ArgumentParser(description="What a network knows of a style, while one watches.")
parser.add_argument("image", nargs="?", help="a picture (default: a drawing of stained glass)")
parser.add_argument("-o", "--output", default="style-layers.png")
parser.add_argument("--size", default="128")
parser.add_argument("--iterations", type=int, nargs="+", default=[100, 80, 50], help="steps at each size")
arguments = parser.parse_args()

image = arguments.image or drawing("stained_glass", 256)
picture = impasto.reconstruct(image, "style", size=arguments.size, iterations=arguments.iterations, observer=Curve())
picture.save(arguments.output)
print(arguments.output)
