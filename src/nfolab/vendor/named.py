"""Rows whose name says what they are: a dump's table, a file, or all rows of one symbol."""

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SPOT_SCHEMA, DataKind
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch, RefusedRows
from nfolab.vendor.block import Block
from nfolab.vendor.columns import known_columns
from nfolab.vendor.naming import contract_named, kind_named, series_named
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import Refusal, admit

__all__ = ["batch_named", "foreign_batch", "kind_named"]


def batch_named(name: str, kind: DataKind, rows: RawRows, where: str, contract: Contract | None = None) -> Batch:
    """Return the batch of rows that are what a name says.

    Args:
        name: The name of the table, file or symbol, in any capitals.
        kind: What `kind_named` said of it.
        rows: The rows, under the vendor's usual column names (see `columns.matched_columns`).
        where: The file (and table), for the error.
        contract: The contract of the batch before under the same name, so that a name which the first day of the rows
            settles stays settled.

    Raises:
        InputError: The name is no contract's, or can be read in two ways; a column is of a senseless type.
    """
    columns = known_columns(kind, rows.names)
    if kind.by_contract:
        contract = contract or contract_named(name, rows, where)
        admitted = admit(rows, columns, contract.expiry, where)
        return Batch(kind, contract.underlying, contract, admitted.block, rows.height, admitted.refused)
    series = series_named(name)
    if series is None:
        raise InputError(f"{where}: {name!r} is the name of nothing that can be read: rename it after what it holds")
    admitted = admit(rows, columns, None, where)
    return Batch(kind, series[1], None, admitted.block, rows.height, admitted.refused)


def foreign_batch(name: str, rows: int) -> Batch:
    """Return the batch of rows of which the name says that we do not read them: none kept, all counted."""
    refused = {Refusal.NOT_AN_INDEX.value: RefusedRows(rows)}
    return Batch(DataKind.SPOT, name, None, Block.with_room(tuple(SPOT_SCHEMA), 0), rows, refused)
