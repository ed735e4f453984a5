"""Impasto makes new images from the pictures a person already has."""

from importlib.metadata import version

__version__ = version("impasto")
