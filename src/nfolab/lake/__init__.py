"""The packed data on disk: pack, read, catalogue, audit, SQL."""

from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractIndex
from nfolab.lake.reader import Lake, OptionsFile, SpotDay
from nfolab.lake.views import scan

__all__ = ["ContractIndex", "Entry", "Lake", "OptionsFile", "SpotDay", "scan"]
