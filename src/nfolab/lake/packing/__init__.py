"""Packing: sources in, day files out."""
