"""What lies beside the raw files for tests and proofs, and is no vendor's data: fair values, and planted defects."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.snapshot import SourceKind
from nfolab.vendor.synthetic.defects import Places, day_record
from nfolab.vendor.synthetic.feed import Feed, Recorded
from nfolab.vendor.synthetic.table import MARK

FAIR_VALUES = "fair_values"
"""The folder of fair values, which packing passes over."""

DEFECTS = "defects.json"

FAIR_SCHEMA = pa.schema(
    [
        pa.field("underlying", pa.string()),
        pa.field("expiry", pa.date32()),
        pa.field("kind", pa.string()),
        pa.field("strike", pa.int32()),
        pa.field("second", pa.int32()),
        pa.field("fair_paise", pa.float64()),
    ],
    metadata=MARK,
)
"""One row for a contract and second of the session; `fair_paise` is exact, not rounded to a tick."""


class FairValues:
    """Collects the fair values of every contract and writes a file for each day."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, date], list[pa.Table]] = defaultdict(list)

    def add(self, feed: Feed, one: Recorded) -> None:
        """Take the fair values of one contract and day."""
        contract, seconds = one.contract, one.fair.size
        columns = [
            pa.repeat(pa.scalar(contract.underlying), seconds),
            pa.repeat(pa.scalar(contract.expiry), seconds),
            pa.repeat(pa.scalar(contract.kind), seconds),
            pa.repeat(pa.scalar(contract.strike, pa.int32()), seconds),
            pa.array(np.arange(seconds, dtype=np.int32)),
            pa.array(one.fair * 100.0),
        ]
        self._days[contract.underlying, feed.day].append(pa.Table.from_arrays(columns, schema=FAIR_SCHEMA))

    def write(self, folder: Path) -> None:
        """Write `fair_values/<underlying>_<day>.parquet`."""
        (folder / FAIR_VALUES).mkdir()
        for (underlying, day), tables in self._days.items():
            path = folder / FAIR_VALUES / f"{underlying}_{day}.parquet"
            constants = FAIR_SCHEMA.names[:-1]
            pq.write_table(pa.concat_tables(tables), path, compression="zstd", use_dictionary=constants)


class DefectRecord:
    """Collects where defects were planted and writes them down."""

    def __init__(self) -> None:
        self._days: dict[str, dict[str, object]] = {}
        self._contracts: dict[str, dict[str, Places]] = defaultdict(dict)

    def add(self, feed: Feed, one: Recorded) -> None:
        """Take what is wrong with one contract and day."""
        if feed.defects:
            self._days.setdefault(feed.day.isoformat(), day_record(feed.session, feed.defects))
            self._contracts[feed.day.isoformat()][one.name] = one.places

    def write(self, folder: Path) -> None:
        """Write `defects.json`: for each day what is wrong with all of it, and with each contract."""
        days = {
            day: {
                **record,
                "rows_of_1970_in_every_contract": 1,
                "contracts": dict(sorted(self._contracts[day].items())),
            }
            for day, record in sorted(self._days.items())
        }
        document = {"source": SourceKind.SYNTHETIC.value, "days": days}
        (folder / DEFECTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
