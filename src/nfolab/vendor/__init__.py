"""Readers that turn what people have into canonical frames, and the synthetic market."""
