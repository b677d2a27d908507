"""What a lake file holds: its columns, their Arrow types and how each is stored.

Measured on real rows, column by column (bytes a row, and time to decode on one core). What a tape reads must decode
fast: LZ4 decodes three times as fast as zstd. Levels below the best are read only where a quantity reaches them: their
sizes are zstd, and their prices differences, which no codec makes smaller. The rest is zstd. `docs/lake-format.md` has
the figures.
"""

from collections.abc import Collection
from typing import Final, Literal

import pyarrow as pa

from nfolab.base.snapshot import COLUMNS, LEVELS, SNAPSHOT_SCHEMA, TIMEZONE, VOLACTUAL, Column, DataKind

SCHEMA_VERSION: Final = 3
SNAPSHOT_KINDS: Final = (DataKind.OPTIONS, DataKind.FUTURES)
"""The vendor's snapshots: these kinds alone have `volume_delta` and `defects`, and may have `volactual`."""

ROWS_IN_GROUP: Final = 100_000
"""A row group is closed by the contract that reaches this many rows."""

GAP_SECONDS: Final = 5
NANOSECONDS: Final = 1_000_000_000
GAP: Final = GAP_SECONDS * NANOSECONDS
"""A longer silence between two rows of a contract is a gap."""

SNAPSHOT_COLUMNS: Final = tuple(SNAPSHOT_SCHEMA)
BOOK_COLUMNS: Final = tuple(
    f"{side}{what}" for side in "bs" for n in range(LEVELS) for what in (f"q{n}", f"p{n}_paise")
)
CLOCKS: Final = ("timestamp", "lastTradeTime")
SORTED_BY: Final = ("expiry", "kind", "strike", "timestamp")
"""The columns that have statistics; those of the others would tell little, and halve the speed of opening a file."""

Encoding = Literal["dictionary", "BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED", "PLAIN"]
Codec = Literal["lz4", "zstd", "none"]

_TIMESTAMP = pa.timestamp("ns", TIMEZONE)
_ARROW = {"Int32": pa.int32(), "Int64": pa.int64(), "Float64": pa.float64()}

_DEEPER_PRICES = {f"{side}p{n}_paise" for side in "bs" for n in range(1, LEVELS)}
_SPLIT = {
    "price_paise",
    "qty",
    "defects",
    "bp0_paise",
    "sp0_paise",
    *(f"{side}q{n}" for side in "bs" for n in range(LEVELS)),
}
_DIFFERENCES = {
    *CLOCKS,
    "volume",
    "bQty",
    "sQty",
    "avgPrice_paise",
    *_DEEPER_PRICES,
}
_PLAIN = {"changeper", "volactual"}
_DEEPER_SIZES = {f"{side}q{n}" for side in "bs" for n in range(1, LEVELS)}
_FAST = (_SPLIT - {"qty"} - _DEEPER_SIZES) | {"timestamp", "volume", "volume_delta"}


def encoding(stored: str) -> Encoding:
    """Return how a column of a lake file is encoded."""
    if stored in _SPLIT:
        return "BYTE_STREAM_SPLIT"
    if stored in _DIFFERENCES:
        return "DELTA_BINARY_PACKED"
    return "PLAIN" if stored in _PLAIN else "dictionary"


def codec(stored: str) -> Codec:
    """Return how a column of a lake file is compressed after encoding."""
    if stored in _DEEPER_PRICES:
        return "none"
    return "lz4" if stored in _FAST else "zstd"


def _arrow_type(column: Column) -> pa.DataType:
    return _TIMESTAMP if column.unit == "time" else _ARROW[str(column.dtype)]


def vendor_columns(kind: DataKind) -> tuple[Column, ...]:
    """Return the columns that come from sources, in file order; the last ones stand only where a source has them."""
    return (*COLUMNS[kind], VOLACTUAL) if kind in SNAPSHOT_KINDS else COLUMNS[kind]


def file_types(kind: DataKind, there: Collection[str]) -> dict[str, pa.DataType]:
    """Return the Arrow type of each column of a day file, in file order.

    Args:
        kind: What the file is about.
        there: The stored names of the vendor columns that its rows have.
    """
    types: dict[str, pa.DataType] = {}
    if kind.by_contract:
        types = {"expiry": pa.date32(), "kind": pa.string(), "strike": pa.int32()}
    if kind == DataKind.FUTURES:
        del types["strike"]
    types |= {column.stored: _arrow_type(column) for column in vendor_columns(kind) if column.stored in there}
    if kind in SNAPSHOT_KINDS:
        types |= {"volume_delta": pa.int64(), "defects": pa.int32()}
    if kind.by_contract:
        types["expiry_type"] = pa.string()
    return {**types, "source": pa.int32()}


def arrow_schema(types: dict[str, pa.DataType], nullable: frozenset[str]) -> pa.Schema:
    """Return the schema of one file: a column without a null that day is `required`, which decodes faster."""
    return pa.schema([pa.field(name, dtype, nullable=name in nullable) for name, dtype in types.items()])
