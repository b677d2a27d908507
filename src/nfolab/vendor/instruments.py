"""Instrument maps: tables that say which contract or index an instrument token stands for.

A map is a CSV or Parquet file named `instruments…`, in the folder of the files that are named by token or in one above
it, up to the folder that the user named. The nearest that knows the token counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.market.contracts import Contract
from nfolab.market.name_dates import unlisted
from nfolab.vendor.contract_keys import contract_told
from nfolab.vendor.naming import series_named
from nfolab.vendor.path_facts import EXPIRY_WORDS, KIND_WORDS, STRIKE_WORDS

MAP_NAME = "instruments"
_SUFFIXES = (".csv", ".parquet")
_TOKEN_WORDS = ("instrument_token", "token")
_NAME_WORDS = ("underlying", "name", "symbol", "tradingsymbol")


@dataclass(frozen=True)
class Instrument:
    """What a token stands for: a contract, or (contract None) the series of an index, of VIX or of a share."""

    kind: DataKind
    underlying: str
    contract: Contract | None

    def __str__(self) -> str:
        return str(self.contract or f"{self.underlying} {self.kind}")


def is_instrument_map(name: str) -> bool:
    """Say whether a file of that name is an instrument map."""
    return name.lower().startswith(MAP_NAME) and name.lower().endswith(_SUFFIXES)


def is_token(stem: str) -> bool:
    """Say whether a file's name without its extension is an instrument token."""
    return stem.isascii() and stem.isdigit()


def instruments_of(path: Path, given: Path | None) -> tuple[Instrument, ...]:
    """Return all that the token which names a file stands for, by the nearest map that knows it.

    Args:
        path: The file, `256265.parquet`.
        given: The folder that the user named; None where the file itself was named.

    Raises:
        InputError: There is no map, or none knows the token.
    """
    token = int(path.stem)
    top = path.parent if given is None else given
    seen = False
    for folder in (path.parent, *path.parent.parents):
        maps = _maps_in(folder, folder.stat().st_mtime_ns)
        found = {one: None for file in maps for one in _read(file, *_state(file)).get(token, ())}
        if found:
            return tuple(found)
        seen = seen or bool(maps)
        if folder == top:
            break
    if seen:
        raise InputError(f"{path} is named by the token {token}, which no instrument map knows: add it to one")
    raise InputError(
        f"{path} is named by a number, and no instrument map is there that says what {token} stands for: "
        f"put {MAP_NAME}.csv beside it, with token, underlying, expiry, kind and strike"
    )


def instrument_on(choices: tuple[Instrument, ...], first_day: date | None, where: str) -> Instrument:
    """Return what a token stood for on a day: tokens are given anew once a contract is over.

    Raises:
        InputError: Several meanings are possible on that day, or none.
    """
    possible = [
        one
        for one in choices
        if one.contract is None
        or first_day is None
        or unlisted(one.underlying, one.contract.expiry, one.contract.kind, first_day) is None
    ]
    if len(possible) == 1:
        return possible[0]
    told = " or ".join(map(str, possible or choices))
    raise InputError(
        f"{where} is named by a token that the instrument map gives to {told}"
        f"{' at once' if possible else f', not listed on {first_day}'}: give the map of that day"
    )


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1024)
def _maps_in(folder: Path, changed: int) -> tuple[Path, ...]:
    """Return the maps in a folder; `changed` keeps a changed folder from being remembered."""
    del changed
    return tuple(sorted(file for file in folder.iterdir() if is_instrument_map(file.name) and file.is_file()))


@lru_cache(maxsize=16)
def _read(path: Path, size: int, changed: int) -> Mapping[int, tuple[Instrument, ...]]:
    """Return the meanings of every token of one map; `size` and `changed` keep a changed map from being remembered."""
    del size, changed
    try:
        table = pl.read_csv(path, infer_schema=False) if path.suffix.lower() == ".csv" else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise InputError(f"the instrument map {path} cannot be read: write it again as CSV or Parquet") from problem
    columns = {name.lower(): name for name in table.columns}
    token, expiry, kind, strike = (
        next((columns[word] for word in words if word in columns), None)
        for words in (_TOKEN_WORDS, EXPIRY_WORDS, KIND_WORDS, STRIKE_WORDS)
    )
    names = [columns[word] for word in _NAME_WORDS if word in columns]
    if token is None or not names:
        raise InputError(
            f"the instrument map {path} lacks the column {'underlying' if token else 'token'}: "
            "it needs token, underlying, expiry, kind and strike"
        )
    found: dict[int, dict[Instrument, None]] = {}
    for row in table.iter_rows(named=True):
        number = str(row[token]).strip().removesuffix(".0")
        told = [row[name] for name in (expiry, kind, strike) if name]
        meaning = _meaning([row[name] for name in names], told, complete=None not in (expiry, kind, strike))
        if is_token(number) and meaning is not None:
            found.setdefault(int(number), {})[meaning] = None
    return {number: tuple(meanings) for number, meanings in found.items()}


def _meaning(names: list[object], told: list[object], *, complete: bool) -> Instrument | None:
    """Return what a line of a map tells; None for what is not read, such as a share's option."""
    if complete and str(told[0] or "").strip():
        contract = next((known for name in names if (known := contract_told(name, *told)) is not None), None)
        if contract is None:
            return None
        kind = DataKind.FUTURES if contract.kind == "FUT" else DataKind.OPTIONS
        return Instrument(kind, contract.underlying, contract)
    series = next((one for name in names if name is not None and (one := series_named(str(name)))), None)
    return Instrument(series[0], series[1], None) if series else None
