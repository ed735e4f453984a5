"""Experiments on a generator of a single picture (the fifth document)."""
