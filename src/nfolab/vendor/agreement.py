"""Whether the rows of a file say that they are another contract's than its name says."""

from collections.abc import Mapping

import polars as pl

from nfolab.base.errors import InputError
from nfolab.market.contracts import Contract
from nfolab.market.expiries import expiry_of
from nfolab.vendor.contract_keys import real_expiry
from nfolab.vendor.path_facts import told_day

TOLD_BY_NAME = ("symbol", "opt_type", "strike", "year", "month", "expiry")
"""Columns that repeat what the name says."""


def check_agreement(rows: pl.DataFrame, contract: Contract, where: str, names: set[str]) -> None:
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
    for name in right.keys() & set(rows.columns):
        for value in rows.get_column(name).unique().drop_nulls():
            held = f"{value:.10g}" if isinstance(value, float) else str(value).strip().upper()
            if held not in right[name]:
                raise _another(where, contract, name, value)
    if "expiry" in rows.columns:
        for value in rows.get_column("expiry").unique().drop_nulls():
            day = told_day(value)
            if day is None or real_expiry(contract.underlying, day) != contract.expiry:
                raise _another(where, contract, "expiry", value)


def _another(where: str, contract: Contract, name: str, value: object) -> InputError:
    return InputError(
        f"file {where} says {contract} by its name but holds {name} {value}: "
        "give it the name of the contract it holds, or take the rows of another contract out"
    )
