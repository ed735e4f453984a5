"""Changing a picture until its patches are distributed as another's, without a network (GPDM, Elnekave & Weiss 2022)."""
