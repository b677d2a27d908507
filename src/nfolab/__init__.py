"""NFOpsLab: a lab for Indian index options."""

__version__ = "0.1.0"
