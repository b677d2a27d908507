"""Checking a lake to the byte, and taking out or making anew what is in it."""
