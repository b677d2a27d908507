"""The packed data on disk: pack, read, catalogue, audit, SQL."""

from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractIndex
from nfolab.lake.reader import Lake, OptionsFile, SpotDay

__all__ = ["ContractIndex", "Entry", "Lake", "OptionsFile", "SpotDay"]
