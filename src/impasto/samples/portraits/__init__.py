"""Portraits drawn by code."""
