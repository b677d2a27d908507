"""The packed data on disk: pack, read, catalogue, audit, SQL."""

from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractIndex
from nfolab.lake.reader import ContractsFile, Lake, SeriesDay
from nfolab.lake.views import scan

__all__ = ["ContractIndex", "ContractsFile", "Entry", "Lake", "SeriesDay", "scan"]
