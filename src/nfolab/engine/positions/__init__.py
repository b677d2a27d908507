"""Positions of recipes: programs, and the kernel that walks them."""
