"""A golden case as it stands in its file: tables of prices, and the trades and events that must come out."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.document import CaseError, Section, Table, read_sections
from golden.market import Market, Settings, seconds_of
from golden.paths import paise
from nfolab.market.expiries import nearest_expiry
from nfolab.market.lots import lot_size

_HEADER = {"day", "underlying", "expiry", "lot", "set", "spread", "size", "volume", "quiet", "recipe"}
_DAY = "2025-12-15"
_OF_PRICES = _HEADER - {"set", "recipe"}
_PAST = re.compile(r"Prices on (\d{4}[-\d, ]*):?")


@dataclass(frozen=True)
class Case:
    """One case of a file.

    Attributes:
        strategy: the id of a strategy of the library, or None where the recipe stands in the case.
        recipe: the tables of that recipe.
        given: values of parameters.
        trades: the table of trades, if there is one.
        happenings: (time, what happens), if a column tells it.
        statements: `No trade`, `Refused`, `Gross`, each with what is said beside.
    """

    title: str
    strategy: str | None
    recipe: Mapping[str, Any]
    given: Mapping[str, str]
    market: Market
    trades: Table | None
    happenings: Sequence[tuple[str, str]] | None
    statements: Mapping[str, str]

    @property
    def trades_something(self) -> bool:
        """Whether it expects a trade."""
        return "No trade" not in self.statements and "Refused" not in self.statements


def cases_of(path: Path) -> list[Case]:
    """The cases of a file; what its TOML says before the first heading holds for all of them."""
    common, *sections = read_sections(path)
    cases: list[Case] = []
    try:
        for section in sections:
            if section.toml or section.tables or section.statements:
                cases.append(_case(section, common.toml, path.stem, cases[-1] if cases else None))
    except (CaseError, ValueError) as mistake:
        raise CaseError(f"{path.name}: {section.title}: {mistake}") from None
    return cases


def _case(section: Section, common: Mapping[str, Any], stem: str, before: Case | None) -> Case:
    told = _joined(common, section.toml)
    recipe = {key: value for key, value in told.items() if key not in _HEADER or (key, type(value)) == ("day", dict)}
    prices = [table for table in section.tables if table.columns[0] == "time"]
    trades = [table for table in section.tables if table.columns[0] == "trade"]
    if len(prices) + len(trades) != len(section.tables) or len(trades) > 1:
        raise CaseError("a table begins with time (prices) or with trade (one table of trades)")
    if prices:
        settings = _settings(told)
        market = Market(settings, tuple(_by_day(prices, settings.day)))
    elif before is not None:
        market = before.market
        if strange := set(section.toml) & _OF_PRICES:
            raise CaseError(f"{min(strange)} belongs to a table of prices, and it has none of its own")
    else:
        raise CaseError("it has no table of prices")
    case = Case(
        title=section.title,
        strategy=None if recipe else told.get("recipe", stem),
        recipe=recipe,
        given=told.get("set", {}),
        market=market,
        trades=trades[0] if trades else None,
        happenings=_happenings(market) if prices else None,
        statements=section.statements,
    )
    if not (case.trades or case.statements or case.happenings):
        raise CaseError("it expects nothing: give a table of trades, a column happens, or the line No trade.")
    return case


def _joined(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`set` and `[exit]` key by key; all else as the case has it."""
    return {**common, **own, **{key: {**common.get(key, {}), **own[key]} for key in ("set", "exit") if key in own}}


def _settings(told: Mapping[str, Any]) -> Settings:
    underlying = told.get("underlying", "BANKNIFTY")
    day = dt.date.fromisoformat(_DAY if isinstance(told.get("day"), dict) else told.get("day", _DAY))
    expiry = dt.date.fromisoformat(told["expiry"]) if "expiry" in told else nearest_expiry(underlying, day)
    lot = lot_size(underlying, expiry, day)
    if told.get("lot", lot) != lot:
        raise CaseError(f"a lot of {underlying} is {lot} units on {day}, not {told['lot']}")
    quiet = told.get("quiet", "1s")
    return Settings(
        underlying=underlying,
        day=day,
        expiry=expiry,
        spread=paise(told.get("spread", "0.10")),
        size=told.get("size", 1_000),
        volume=told.get("volume", 100),
        quiet=int(quiet.removesuffix("s")),
    )


def _by_day(tables: Sequence[Table], day: dt.date) -> Iterator[tuple[dt.date, Table]]:
    """Each table with its day: `Prices on 2025-12-08, 2025-12-09:` before it, else the day of the case."""
    for table in tables:
        match = _PAST.fullmatch(table.lead)
        named = [dt.date.fromisoformat(word) for word in match[1].replace(",", " ").split()] if match else [day]
        for one in named:
            yield one, table


def _happenings(market: Market) -> list[tuple[str, str]] | None:
    """What the column `happens` of the day's prices tells, or None without one."""
    for day, table in market.tables:
        if day == market.settings.day and "happens" in table.columns:
            place = table.columns.index("happens")
            times = (str(dt.timedelta(seconds=second)).zfill(8) for second in seconds_of(table))
            return sorted(
                (time, " ".join(words.split()))
                for time, row in zip(times, table.rows, strict=True)
                for words in row[place].split(";")
                if words.strip()
            )
    return None
