"""What the path of a file says about its rows: the index, and parts of a contract.

Counted are the folders from the one that the user named down to the file; for a file named by itself, all folders as
written. `exp=2021-01-07`, `type=CE` and the like say what they say; a folder or a word of the file's name that is the
name of an index says the index.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.vendor.naming import series_named

EXPIRY_WORDS = ("expiry", "expiry_date", "exp")
KIND_WORDS = ("opt_type", "option_type", "instrument_type", "kind", "type", "right")
STRIKE_WORDS = ("strike", "strike_price")
UNDERLYING_WORDS = ("underlying", "symbol")
"""How the parts of a contract are called, in columns and in folders; the first that is there counts."""

_PLAIN_WORDS = frozenset(
    (
        *("SPOT", "INDEX", "INDICES", "TICK", "TICKS", "PART", "DATA", "RAW", "FEED", "NSE", "BSE", "CASH", "EXPORT"),
        *("CHAIN", "CHAINS", "OPT", "OPTION", "OPTIONS", "FUT", "FUTURE", "FUTURES", "SNAPSHOT", "SNAPSHOTS", "FILE"),
        *("PRICE", "PRICES", "EQUITY", "EQUITIES", "STOCK", "STOCKS", "VIX", "INDIA"),
    )
)
_DAY_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d-%m-%Y", "%d-%b-%Y", "%d%b%Y", "%d-%b-%y", "%d%b%y")


@dataclass(frozen=True)
class PathFacts:
    """What a path says; None where it says nothing.

    Attributes:
        where: The path, for messages.
        stem: The file's name without its extension.
        named: The parts of a contract that stand as `word=value`, by the first of their words.
        series: The kind and the underlying of the index, VIX or share that the path names.
    """

    where: str
    stem: str
    named: Mapping[str, str]
    series: tuple[DataKind, str] | None


def path_facts(path: Path, given: Path | None) -> PathFacts:
    """Return what a path says.

    Args:
        path: The file.
        given: The folder that the user named, in which it was found; None where the file itself was named.

    Raises:
        InputError: Two folders name different indices.
    """
    folders = (
        path.parent.parts if given is None else (_real_name(given.absolute()), *path.parent.relative_to(given).parts)
    )
    stem = path.name.rpartition(".")[0]
    named = {}
    plain = []
    for part in (*folders, stem):
        word, equals, value = part.partition("=")
        if equals:
            named[word.lower()] = value
        elif part is not stem:
            plain.append(part)
    known = {
        words[0]: next(named[word] for word in words if word in named)
        for words in (UNDERLYING_WORDS, EXPIRY_WORDS, KIND_WORDS, STRIKE_WORDS)
        if named.keys() & set(words)
    }
    told = known.get(UNDERLYING_WORDS[0])
    series = series_named(told) if told else _index_of_stem(stem) or _index_of_folders(plain, str(path)) or _share(stem)
    return PathFacts(str(path), stem, known, series)


@lru_cache(maxsize=1000)
def _real_name(folder: Path) -> str:
    return folder.resolve().name


def _words(stem: str) -> list[str]:
    return [word for word in re.split(r"[^A-Z0-9&]+", stem.upper()) if word]


def _share(stem: str) -> tuple[DataKind, str] | None:
    """Return the share that the file's name is, unless one of its words is a plain one."""
    whole = series_named(stem)
    return None if _PLAIN_WORDS.intersection(_words(stem)) else whole


def _index_of_stem(stem: str) -> tuple[DataKind, str] | None:
    """Return the index that the file's name says, if all its other words are plain ones, dates or numbers."""
    whole = series_named(stem)
    if whole is not None and whole[0] != DataKind.EQUITY:
        return whole
    words = _words(stem)
    names = [word for word in words if word not in _PLAIN_WORDS and not any(letter.isdigit() for letter in word)]
    if not names and "VIX" in words:
        return series_named("VIX")
    one = series_named(names[0]) if len(names) == 1 else None
    return one if one and one[0] != DataKind.EQUITY else None


def _index_of_folders(folders: list[str], where: str) -> tuple[DataKind, str] | None:
    found = {series for folder in folders if (series := series_named(folder)) and series[0] != DataKind.EQUITY}
    if len(found) > 1:
        names = " and ".join(sorted(underlying for _, underlying in found))
        raise InputError(f"the path {where} names {names}: give the folder that holds one of them alone")
    return next(iter(found), None)


def told_day(value: object) -> date | None:
    """Return the day that a value of a column or a folder tells, None where it tells none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value is None:
        return value
    text = f"{value:.0f}" if isinstance(value, float) else str(value).strip()
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text[:11].split("T")[0].split(" ")[0], form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None
