"""Index spot, and what is neither that nor an option."""

import polars as pl

from nfolab.base.snapshot import SPOT, SPOT_SCHEMA, DataKind
from nfolab.vendor.batch import Batch, RefusedRows
from nfolab.vendor.naming import is_underlying
from nfolab.vendor.refuse import Refusal, admit


def spot_batch(symbol: str, rows: pl.DataFrame, where: str) -> Batch:
    """Return the batch of one underlying's spot rows; those of anything but a known index are all refused.

    Args:
        symbol: The vendor's name of the underlying, in any capitals.
        rows: The rows, under the vendor's usual column names.
        where: The file (and table), for the error.

    Raises:
        InputError: A column is of a senseless type.
    """
    if not is_underlying(symbol):
        return foreign_batch(symbol, rows.height)
    admitted = admit(rows, SPOT, None, where)
    return Batch(DataKind.SPOT, symbol.upper(), None, admitted.rows, rows.height, admitted.refused)


def foreign_batch(name: str, rows: int) -> Batch:
    """Return the batch of rows that are neither of an index nor of an option of one: none kept, all counted."""
    refused = {Refusal.NOT_AN_INDEX.value: RefusedRows(rows)}
    return Batch(DataKind.SPOT, name, None, pl.DataFrame(schema=SPOT_SCHEMA), rows, refused)
