"""The reports' experiments, one file each: a sweep, then a table, figures and a page (see docs/experiments.md)."""
