"""Optimising a picture until each place has the features that are nearest to its own (Kolkin et al. 2022)."""
