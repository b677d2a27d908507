"""What the columns of a database table are to us: which are wanted, in which form, under which name."""

from collections.abc import Mapping, Sequence

from nfolab.base.snapshot import DataKind
from nfolab.vendor.columns import known_columns, matched_columns
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.sql_values import CLOCK, DECIMAL, WHOLE


def wanted_forms(kind: DataKind | None, names: Sequence[str], where: str) -> Mapping[str, int]:
    """Return the table's own names of the columns we keep, to words of `sql_values`; of no kind, none.

    Raises:
        InputError: An essential column is missing, or two columns differ in nothing but capitals.
    """
    if kind is None:
        return {}
    types = {column.vendor: column for column in known_columns(kind, names)}
    forms = {}
    for ours, theirs in matched_columns(kind, names, where).items():
        column = types.get(ours)
        if column is None or column.unit == "time":
            forms[theirs] = CLOCK
        else:
            forms[theirs] = WHOLE if column.dtype.is_integer() and column.unit != "paise" else DECIMAL
    return forms


def under_our_names(kind: DataKind, rows: RawRows, where: str) -> RawRows:
    """Return a table's wanted columns under the vendor's usual names, in the usual order."""
    return rows.under(matched_columns(kind, rows.names, where))
