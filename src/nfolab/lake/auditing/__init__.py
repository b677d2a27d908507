"""The audit: what is wrong with the data, found while packing and beside it."""
