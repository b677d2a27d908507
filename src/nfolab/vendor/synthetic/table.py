"""A contract's day in the vendor's own columns: 52 of them, with naive IST clocks and rupees."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from nfolab.base.snapshot import SNAPSHOT, SOURCE_KEY, SourceKind
from nfolab.market.contracts import Contract
from nfolab.market.sessions import Session
from nfolab.vendor.synthetic.contract import ContractDay

MARK = {SOURCE_KEY: SourceKind.SYNTHETIC.value.encode()}
"""What tells synthetic files from the vendor's, in the metadata of every Parquet file."""

_CLOCK = pa.timestamp("us")
_MICROSECONDS = 1_000_000
_BOGUS_CLOCK = datetime(1970, 1, 1, 5, 30)  # noqa: DTZ001


def _type(unit: str) -> pa.DataType:
    if unit == "time":
        return _CLOCK
    return pa.float64() if unit in ("paise", "percent") else pa.int64()


SCHEMA = pa.schema(
    [pa.field(column.vendor, _type(column.unit)) for column in SNAPSHOT]
    + [
        pa.field("symbol", pa.large_string()),
        pa.field("opt_type", pa.large_string()),
        pa.field("strike", pa.int64()),
        pa.field("year", pa.int64()),
        pa.field("month", pa.int64()),
        pa.field("ts", _CLOCK),
    ],
    metadata=MARK,
)
"""The raw file's columns in order. `oiHigh` and `oiLow` are null throughout, as in the vendor's newer files."""


FUTURES_SCHEMA = pa.schema([field for field in SCHEMA if field.name not in ("opt_type", "strike", "ts")], metadata=MARK)
"""The 49 columns of a file of futures: of an option's without kind, strike and the second clock."""

VIX_NAME = "INDIAVIX"


def opening_microsecond(session: Session) -> int:
    """Return the naive IST clock at second 0, in microseconds since 1970."""
    midnight = datetime.combine(session.day, datetime.min.time(), UTC).timestamp()
    return (int(midnight) + session.open.second_of_day) * _MICROSECONDS


def _clock(session: Session, second: np.ndarray) -> pa.Array:
    return pa.array(opening_microsecond(session) + second * _MICROSECONDS).view(_CLOCK)


def _constants(contract: Contract, rows: int) -> dict[str, pa.Array]:
    whole = {"strike": contract.strike or 0, "year": contract.expiry.year, "month": contract.expiry.month}
    texts = {"symbol": contract.underlying, "opt_type": contract.kind}
    return {name: pa.array(np.full(rows, value, dtype=np.int64)) for name, value in whole.items()} | {
        name: pa.repeat(pa.scalar(text, pa.large_string()), rows) for name, text in texts.items()
    }


def vendor_table(session: Session, rows: ContractDay) -> pa.Table:
    """Return the rows as the vendor writes them."""
    clock = _clock(session, rows.second)
    columns: dict[str, pa.Array] = {name: pa.array(column) for name, column in rows.values.items()}
    columns |= _constants(rows.contract, rows.rows)
    columns |= {"timestamp": clock, "ts": clock, "lastTradeTime": _clock(session, rows.last_trade_second)}
    missing = pa.nulls(rows.rows, pa.int64())
    return pa.Table.from_arrays([columns.get(name, missing) for name in SCHEMA.names], schema=SCHEMA)


def bogus_row(contract: Contract) -> pa.Table:
    """Return the row of 1970 with which the vendor's recorder opens a contract: price and volume 0, the rest null."""
    known = {"timestamp": _BOGUS_CLOCK, "ts": _BOGUS_CLOCK, "price": 0.0, "volume": 0}
    columns = {name: pa.array([value], SCHEMA.field(name).type) for name, value in known.items()}
    columns |= _constants(contract, 1)
    return pa.Table.from_arrays(
        [columns.get(field.name, pa.nulls(1, field.type)) for field in SCHEMA],
        schema=SCHEMA,
    )


SPOT_SCHEMA = pa.schema(
    [
        pa.field("symbol", pa.large_string()),
        pa.field("timestamp", pa.timestamp("ms")),
        pa.field("price", pa.float64()),
        pa.field("source", pa.large_string()),
    ],
    metadata=MARK,
)
"""The columns of a spot file."""


def spot_table(underlying: str, session: Session, second: np.ndarray, paise: np.ndarray) -> pa.Table:
    """Return index rows as a spot file has them; `second` and `paise` are int64 [rows]."""
    clock = _clock(session, second).cast(pa.timestamp("ms"))
    texts = {"symbol": underlying, "source": SourceKind.SYNTHETIC.value}
    columns = {name: pa.repeat(pa.scalar(text, pa.large_string()), second.size) for name, text in texts.items()}
    columns |= {"timestamp": clock, "price": pa.array(paise / 100)}
    return pa.Table.from_arrays([columns[name] for name in SPOT_SCHEMA.names], schema=SPOT_SCHEMA)
