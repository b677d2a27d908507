"""What people are shown of each kind of data: its columns under the vendor's names, in order, and what is computed."""

from collections.abc import Mapping
from typing import Final

from nfolab.base.snapshot import COLUMNS, VOLACTUAL, Column, DataKind
from nfolab.lake.schema import SNAPSHOT_KINDS

VIEWS: Final[Mapping[DataKind, str]] = {kind: "chains" if kind == DataKind.CHAIN else str(kind) for kind in DataKind}
"""Kind of data to the name of its SQL view."""

SPOT_COMPARISONS: Final = ("spot", "moneyness", "distance_from_spot", "intrinsic_value", "time_value", "basis")
"""The columns of SQL views that need the spot of the moment."""

KEYS: Final = ("expiry", "kind", "strike", "expiry_type")
DERIVED: Final = ("volume_delta", "defects")


def shown_columns(kind: DataKind) -> tuple[Column, ...]:
    """Return the vendor's columns that are shown of a kind, `volactual` where its files may have it."""
    return (*COLUMNS[kind], VOLACTUAL) if kind in SNAPSHOT_KINDS else COLUMNS[kind]


def key_columns(kind: DataKind) -> tuple[str, ...]:
    """Return the columns that name a row's contract, in order; a future has no strike."""
    if not kind.by_contract:
        return ()
    return tuple(name for name in KEYS if not (kind == DataKind.FUTURES and name == "strike"))


def derived_columns(kind: DataKind) -> tuple[str, ...]:
    """Return the columns that the lake derives from the order of the rows."""
    return DERIVED if kind in SNAPSHOT_KINDS else ()
