"""A run of a method: recorded in a folder, resumed exactly, repeated from its picture, and reported."""
