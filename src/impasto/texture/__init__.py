"""Textures from one exemplar."""
