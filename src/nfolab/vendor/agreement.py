"""Whether the rows of a file say that they are another contract's than its name says."""

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from nfolab.base.errors import InputError
from nfolab.market.contracts import Contract
from nfolab.market.expiries import expiry_of
from nfolab.vendor.contract_keys import real_expiry
from nfolab.vendor.path_facts import told_day
from nfolab.vendor.raw_rows import RawColumn, RawRows

TOLD_BY_NAME = ("symbol", "opt_type", "strike", "year", "month", "expiry")
"""Columns that repeat what the name says."""


def check_agreement(rows: RawRows, contract: Contract, where: str, names: set[str]) -> None:
    """Raise InputError if rows say that they are another contract's than the file's name says.

    Args:
        rows: Rows with any of the columns symbol, opt_type, strike, year, month and expiry.
        contract: What the name says.
        where: The file, for the error.
        names: What `symbol` may say besides the index.
    """
    scheduled = expiry_of(contract.underlying, contract.expiry).scheduled
    future = contract.kind == "FUT"
    right: Mapping[str, set[str]] = {
        "symbol": {contract.underlying, *names},
        "opt_type": {"FUT", "XX", "FUTIDX", ""} if future else {contract.kind},
        "strike": {"0", ""} if future else {str(contract.strike)},
        "year": {str(contract.expiry.year), str(scheduled.year)},
        "month": {str(contract.expiry.month), str(scheduled.month)},
    }
    for name in right.keys() & set(rows.names):
        for value in _distinct(rows[name]):
            held = f"{value:.10g}" if isinstance(value, float) else str(value).strip().upper()
            if held not in right[name]:
                raise _another(where, contract, name, value)
    if "expiry" in rows:
        for value in _distinct(rows["expiry"]):
            day = told_day(value)
            if day is None or real_expiry(contract.underlying, day) != contract.expiry:
                raise _another(where, contract, "expiry", value)


def _distinct(column: RawColumn) -> Iterable[object]:
    values = column.values
    if values is not None and column.missing is None and not column.ticks and len(values):
        if values.min() == values.max():
            return [values[0].item()]
    elif isinstance(column.told, pa.Array) and column.told.type in (pa.string(), pa.large_string()):
        found: list[object] = pc.unique(column.told).drop_null().to_pylist()
        return found
    return column.series.unique().drop_nulls()


def _another(where: str, contract: Contract, name: str, value: object) -> InputError:
    return InputError(
        f"file {where} says {contract} by its name but holds {name} {value}: "
        "give it the name of the contract it holds, or take the rows of another contract out"
    )
