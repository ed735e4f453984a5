"""Generators that are trained against a critic on a set of pictures."""
