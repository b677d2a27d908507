"""Pricing of European index options."""
