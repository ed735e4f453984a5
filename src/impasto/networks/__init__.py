"""Generators and discriminators as plain modules: shapes and numbers, and nothing of how they are trained."""
