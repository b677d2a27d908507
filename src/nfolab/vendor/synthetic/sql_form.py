"""The vendor's dumps: `mysqldump`'s form with `REPLACE INTO`, a table for each contract, gzipped."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow as pa

from nfolab.base.snapshot import SNAPSHOT, SOURCE_KEY, SourceKind
from nfolab.market.contracts import Contract, vendor_name
from nfolab.vendor.synthetic.beside import futures_by_contract, recorded_vix
from nfolab.vendor.synthetic.chain import Listing
from nfolab.vendor.synthetic.day import CHARACTERS
from nfolab.vendor.synthetic.feed import Feed, Recorded, recorded, recorded_spot
from nfolab.vendor.synthetic.parallel import in_order
from nfolab.vendor.synthetic.table import VIX_NAME, bogus_row

SPOT_DUMP = "das_nse_mod"
_MARK = f"{SOURCE_KEY.decode()}={SourceKind.SYNTHETIC.value}"
_FASTEST = 1
_WIDE = ("volume", "bQty", "sQty", "oi", "oiHigh", "oiLow")
_SPOT_EMPTY = ("qty", "avgPrice", "volume", "open", "high", "low", "close")
_ROW_END = "),\n("

_OPENING = f"""-- {_MARK}
-- Synthetic rows in the form of a MariaDB dump, made by nfolab. No market traded them.
--
-- Host: localhost    Database: {{database}}
-- ------------------------------------------------------

/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
"""
_CLOSING = """
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;

-- Dump completed
"""
_TABLE = f"""
--
-- Table structure for table `{{name}}`
--

DROP TABLE IF EXISTS `{{name}}`;
CREATE TABLE `{{name}}` (
{{columns}},
  PRIMARY KEY (`timestamp`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='{_MARK}';

--
-- Dumping data for table `{{name}}`
--

LOCK TABLES `{{name}}` WRITE;
/*!40000 ALTER TABLE `{{name}}` DISABLE KEYS */;
REPLACE INTO `{{name}}` VALUES
("""
_TABLE_END = """);
/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;
UNLOCK TABLES;
"""


def _sql_type(name: str) -> str:
    if name == "timestamp":
        return "datetime NOT NULL"
    if name == "lastTradeTime":
        return "datetime DEFAULT NULL"
    if name == "changeper":
        return "decimal(19,10) DEFAULT NULL"
    if name in _WIDE:
        return "bigint(20) DEFAULT NULL"
    whole = name == "qty" or (name[1] in "qo" and name[2:].isdigit())
    return f"{'int(11)' if whole else 'decimal(19,2)'} DEFAULT NULL"


def _definitions(names: Sequence[str]) -> str:
    return ",\n".join(f"  `{name}` {_sql_type(name)}" for name in names)


def _values(frame: pl.DataFrame) -> bytes:
    """Return rows as `1,2.00,NULL` joined by `),` and `(`, without the outermost brackets."""
    if "changeper" in frame.columns:
        # Six decimals are all the feed tells; the column in the database has ten.
        frame = frame.with_columns(pl.col("changeper").cast(pl.Decimal(19, 6)).cast(pl.String) + "0000")
    buffer = BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        float_precision=2,
        null_value="NULL",
        quote_style="never",
        datetime_format="'%Y-%m-%d %H:%M:%S'",
        line_terminator=_ROW_END,
    )
    return buffer.getvalue().removesuffix(_ROW_END.encode())


def _table_text(name: str, frames: Sequence[pl.DataFrame]) -> bytes:
    opening = _TABLE.format(name=name, columns=_definitions(frames[0].columns))
    rows = _ROW_END.encode().join(_values(frame) for frame in frames)
    return opening.encode() + rows + _TABLE_END.format(name=name).encode()


@contextmanager
def _dump(path: Path, database: str) -> Iterator[gzip.GzipFile]:
    """Yield a gzipped dump to write tables into; its bytes depend on what is written alone."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _FASTEST, raw, mtime=0) as dump:
        dump.write(_OPENING.format(database=database).encode())
        yield dump
        dump.write(_CLOSING.encode())


def _frame(table: pa.Table, names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table.select(list(names))))


_Strike = tuple[Contract, list[tuple[Feed, Listing]]]


def _strikes(feeds: Sequence[tuple[Feed, Sequence[Listing]]]) -> list[_Strike]:
    """Return every strike with the days that list it: a dump has one table for a contract, whatever the days."""
    days: dict[Contract, list[tuple[Feed, Listing]]] = {}
    for feed, listed in feeds:
        for listing in listed:
            days.setdefault(listing.call, []).append((feed, listing))
    return sorted(days.items(), key=lambda item: vendor_name(item[0]))


_Written = tuple[bytes, int, list[tuple[Feed, Recorded]]]


def _strike_text(names: Sequence[str], strike: _Strike) -> _Written:
    """Return the tables of a strike's call and put as text, with their number of rows and what was recorded."""
    kept = [(feed, one) for feed, listing in strike[1] for one in recorded(feed, listing)]
    text, rows = b"", 0
    for contract in sorted({one.contract for _, one in kept}):
        frames = [_frame(one.table, names) for _, one in kept if one.contract == contract]
        if any(feed.defects for feed, _ in kept):
            frames.append(_frame(bogus_row(contract), names))
        text += _table_text(vendor_name(contract).upper(), frames)
        rows += sum(frame.height for frame in frames)
    return text, rows, kept


def write_sql(
    folder: Path,
    feeds: Sequence[tuple[Feed, Sequence[Listing]]],
    done: Callable[[Feed, Recorded], None],
) -> tuple[int, int]:
    """Write the dump of the options and `das_nse_mod.sql.gz`, that of the index, its future and India VIX.

    Args:
        folder: Where to; it exists.
        feeds: Days of one underlying with what they list.
        done: Told of each contract and day once it is written.

    Returns:
        Number of files and of rows.
    """
    underlying = feeds[0][0].market.underlying
    database = CHARACTERS[underlying].dump
    names = [column.vendor for column in SNAPSHOT]
    rows = 0
    with _dump(folder / f"{database}.sql.gz", database) as dump:
        for text, count, kept in in_order(partial(_strike_text, names), _strikes(feeds)):
            dump.write(text)
            rows += count
            for feed, one in kept:
                done(feed, one)
    with _dump(folder / f"{SPOT_DUMP}.sql.gz", SPOT_DUMP) as dump:
        spot = pl.concat(_frame(recorded_spot(feed), ("timestamp", "price")) for feed, _ in feeds)
        empty = [pl.lit(None, pl.Int64).alias(name) for name in _SPOT_EMPTY]
        dump.write(_table_text(underlying, [spot.with_columns(empty)]))
        for contract, tables in futures_by_contract([feed for feed, _ in feeds]).items():
            frames = [_frame(table, names) for table in tables]
            dump.write(_table_text(vendor_name(contract).upper(), frames))
            rows += sum(frame.height for frame in frames)
        vix = pl.concat(_frame(recorded_vix(feed), ("timestamp", "price")) for feed, _ in feeds)
        dump.write(_table_text(VIX_NAME, [vix.with_columns(empty)]))
    return 2, rows + spot.height + vix.height
