"""Matching the patches of pictures by their distribution, without a network (GPDM, Elnekave & Weiss 2022)."""
