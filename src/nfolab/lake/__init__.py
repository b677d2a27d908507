"""The packed data on disk: pack, read, catalogue, audit, SQL."""

from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractIndex
from nfolab.lake.frames import arrow, scan
from nfolab.lake.reader import ContractsFile, Lake, SeriesDay

__all__ = ["ContractIndex", "ContractsFile", "Entry", "Lake", "SeriesDay", "arrow", "scan"]
