"""Choosing a leg's strike from a chain as it is known at one second."""
