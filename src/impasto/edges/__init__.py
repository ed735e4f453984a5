"""Edges of pictures: by gradients of colour, by differences of blurs, and by features of a network."""
