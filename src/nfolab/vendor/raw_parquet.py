"""Raw Parquet files: one option contract a file, or index spot of several underlyings in one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SOURCE_KEY, DataKind, SourceKind
from nfolab.market.contracts import Contract
from nfolab.market.expiries import expiry_of
from nfolab.vendor.batch import Batch
from nfolab.vendor.columns import known_columns, matched_columns, missing_columns
from nfolab.vendor.mark import marked_kind
from nfolab.vendor.named import batch_named, foreign_batch, kind_named
from nfolab.vendor.naming import contract_kind_named, contract_named
from nfolab.vendor.refuse import admit

ROWS_A_BATCH = 500_000
SYMBOL = "symbol"
_TOLD_BY_NAME = ("symbol", "opt_type", "strike", "year", "month")
_ONLY_OPTIONS_HAVE = ("opt_type", "strike", "bp0", "sp0")


def parquet_batches(path: Path) -> Iterator[Batch]:
    """Read a raw file in batches of at most 500,000 rows; a file without rows gives none.

    Raises:
        InputError: The file is cut or no Parquet; its columns are neither option snapshots nor index spot; an
            essential column is missing or of a senseless type; its name is no contract's, or of another contract than
            the file says inside.
    """
    with _opened(path) as file:
        names: list[str] = file.schema_arrow.names
        kind = _kind(path, names)
        wanted = matched_columns(kind, names, str(path))
        also = {name.lower(): name for name in names if name.lower() in _TOLD_BY_NAME}
        contract: Contract | None = None
        for rows in _pieces(file, path, {**wanted, **also}):
            if kind == DataKind.SPOT:
                yield from _by_symbol(rows, str(path))
                continue
            contract = contract or contract_named(path.stem, rows, str(path))
            _check_agreement(rows, contract, path)
            columns = known_columns(kind, names)
            admitted = admit(rows, columns, contract.expiry, str(path))
            yield Batch(kind, contract.underlying, contract, admitted.rows, rows.height, admitted.refused)


def parquet_source_kind(path: Path) -> SourceKind:
    """Return what the mark in the file's metadata says; a file without the mark is a vendor's.

    Raises:
        InputError: The file is cut or no Parquet, or the mark is unknown.
    """
    with _opened(path) as file:
        mark = (file.schema_arrow.metadata or {}).get(SOURCE_KEY) or (file.metadata.metadata or {}).get(SOURCE_KEY)
    return marked_kind(mark, path)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid:
        raise InputError(f"{path} is cut or no Parquet file: copy it again from its source") from None


def _pieces(file: pq.ParquetFile, path: Path, wanted: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Yield the rows of the wanted columns, under our names, in the order of the file."""
    try:
        for piece in file.iter_batches(ROWS_A_BATCH, columns=list(wanted.values())):
            if piece.num_rows:
                frame = pl.DataFrame(pl.from_arrow(piece))
                yield frame.select(pl.col(theirs).alias(ours) for ours, theirs in wanted.items())
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{path} is damaged within: copy it again from its source") from None


def _kind(path: Path, names: list[str]) -> DataKind:
    there = {name.lower() for name in names}
    named = contract_kind_named(path.stem)
    if named is not None:
        return named
    if there.intersection(_ONLY_OPTIONS_HAVE):
        return DataKind.OPTIONS
    spot_lacks = missing_columns(DataKind.SPOT, names) + ([] if SYMBOL in there else [SYMBOL])
    if not spot_lacks:
        return DataKind.SPOT
    raise InputError(
        f"{path} holds neither option snapshots (missing {', '.join(missing_columns(DataKind.OPTIONS, names))}) "
        f"nor index spot (missing {', '.join(spot_lacks)}): give raw per-contract files, or spot with all of these"
    )


def _by_symbol(rows: pl.DataFrame, where: str) -> Iterator[Batch]:
    symbols = rows.get_column(SYMBOL).cast(pl.String).fill_null("")
    for symbol in symbols.unique(maintain_order=True):
        kind = kind_named(str(symbol))
        one = rows.filter(symbols == symbol)
        yield batch_named(str(symbol), kind, one, where) if kind else foreign_batch(str(symbol), one.height)


def _check_agreement(rows: pl.DataFrame, contract: Contract, path: Path) -> None:
    """Raise InputError if the file says inside that it holds another contract than its name says."""
    scheduled = expiry_of(contract.underlying, contract.expiry).scheduled
    right: dict[str, set[str]] = {
        "symbol": {contract.underlying},
        "opt_type": {contract.kind},
        "strike": {str(contract.strike)},
        "year": {str(contract.expiry.year), str(scheduled.year)},
        "month": {str(contract.expiry.month), str(scheduled.month)},
    }
    for name in right.keys() & set(rows.columns):
        for value in rows.get_column(name).unique().drop_nulls():
            held = f"{value:.10g}" if isinstance(value, float) else str(value).strip().upper()
            if held not in right[name]:
                raise InputError(
                    f"file {path} says {contract} by its name but holds {name} {value}: "
                    "give it the name of the contract it holds, or take the rows of another contract out"
                )
