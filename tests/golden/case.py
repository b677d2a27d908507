"""A golden case: tables of prices in, and the trades and events that must come out, compared with what does."""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl

from golden.document import CaseError, Section, Table, read_sections
from golden.market import Market, Settings, lake_of, seconds_of
from golden.paths import paise
from nfolab.market.expiries import nearest_expiry
from nfolab.market.lots import lot_size
from nfolab.research.run import run_day
from nfolab.strategies.find import Strategy, find_strategy
from nfolab.strategies.recipe import Recipe

_HEADER = {"day", "underlying", "expiry", "lot", "set", "spread", "size", "volume", "quiet", "recipe"}
_DAY = "2025-12-15"
_OF_PRICES = _HEADER - {"set", "recipe"}
_PAST = re.compile(r"Prices on (\d{4}[-\d, ]*):?")
_TRADE_COLUMNS = ("trade", "contract", "side", "lots", "entry", "entry price", "exit", "exit price", "reason", "gross")
_UNSAID = {"decision", "order", "fill"}


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

    @cached_property
    def found(self) -> "Found":
        """What the strategy does on the market, by the real way."""
        settings = self.market.settings
        strategy = self._strategy()
        if isinstance(strategy, Recipe):
            strategy = strategy.of(settings.underlying)
        variant = strategy.variant(self.given, 0)
        tables = run_day(lake_of(self.market), settings.underlying, settings.day, [variant]).tables
        return Found(tables, settings, lot_size(settings.underlying, settings.expiry, settings.day))

    def _strategy(self) -> Strategy:
        if self.strategy is not None:
            return find_strategy(self.strategy)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "by_hand.toml"
            path.write_text(toml_of({"title": self.title, "side": "mixed", **self.recipe}), encoding="utf-8")
            return Recipe.load(path)


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


@cache
def _read(path: Path) -> dict[str, Case]:
    return {case.title: case for case in cases_of(path)}


def titles_of(path: Path) -> list[str]:
    """The titles of a file's cases; of a file that cannot be read one title, with which `assert_as_told` says why."""
    try:
        return list(_read(path))
    except CaseError:
        return ["unreadable"]


def assert_as_told(path: Path, title: str) -> None:
    """Run one case of a file and hold it against what it tells."""
    wrong = differences(_read(path)[title])
    assert not wrong, "\n\n".join(["", title, *wrong])


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


@dataclass(frozen=True)
class Found:
    """The tables of a run, read as a trader would write them."""

    tables: Mapping[str, pl.DataFrame]
    settings: Settings
    lot: int

    def contract(self, name: str) -> str:
        """`59400 CE` for the case's own expiry, else with its expiry before."""
        return name.removeprefix(f"{self.settings.underlying} ").removeprefix(f"{self.settings.expiry} ")

    @property
    def state(self) -> str:
        """`done`, or what became of the day instead, with the reason."""
        ledger = self.tables["ledger"].row(0, named=True)
        return "done" if ledger["state"] == "done" else f"{ledger['state']}: {ledger['reason']}"

    @property
    def note(self) -> str:
        """Why there was no trade."""
        notes = self.tables["days"]["note"].to_list()
        return (notes[0] if notes else None) or ""

    @property
    def gross(self) -> int:
        """Paise earned by all trades before charges."""
        return int(self.tables["trades"]["gross_paise"].sum())

    def trades(self) -> list[dict[str, str]]:
        """A row a leg, as in a case's table of trades."""
        return [
            {
                "trade": str(leg["trade"] + 1),
                "contract": self.contract(leg["contract"]),
                "side": leg["side"],
                "lots": str(Fraction(leg["units"], self.lot)),
                "entry": _clock(leg["entry_time"]),
                "entry price": _plain(leg["entry_value_paise"], leg["units"]),
                "exit": _clock(leg["exit_time"]),
                "exit price": _plain(leg["exit_value_paise"], leg["units"]),
                "reason": leg["reason"],
                "gross": _plain(leg["gross_paise"], 1),
            }
            for leg in self.tables["legs"].sort("trade", "leg").rows(named=True)
        ]

    def happenings(self, with_decisions: bool) -> list[tuple[str, str]]:
        """(time, what happened), in order of time and then of the words."""
        events = self.tables["events"]
        fills = events.filter(pl.col("event") == "fill").group_by("time", "contract", "side").agg(
            quantity=pl.col("quantity").sum(), paid=(pl.col("quantity") * pl.col("price_paise")).sum()
        )  # fmt: skip
        told = [
            (
                _clock(fill["time"]),
                f"{fill['side']} {self._many(fill)}{self.contract(fill['contract'])} at {_price(fill)}",
            )
            for fill in fills.rows(named=True)
        ]
        for event in events.rows(named=True):
            kind = event["event"]
            if kind not in _UNSAID or (kind == "decision" and with_decisions):
                of = "" if event["contract"] is None else " " + self.contract(event["contract"])
                why = f" {event['reason']}" if kind == "missed" and of else ""
                told.append((_clock(event["time"]), f"{kind}{of}{why}".replace("_", " ")))
        return sorted(told)

    def _many(self, fill: Mapping[str, int]) -> str:
        return "" if fill["quantity"] == self.lot else f"{fill['quantity']} of "


def _price(fill: Mapping[str, int]) -> str:
    return _plain(fill["paid"], fill["quantity"])


def _plain(paid: int, units: int) -> str:
    """Paise paid for so many units as rupees a unit: two decimals where these tell it all."""
    hundredths, rest = divmod(abs(paid), units)
    if rest:
        return f"{paid / (100 * units):.6f}"
    return f"{'-' if paid < 0 else ''}{hundredths // 100}.{hundredths % 100:02}"


def _clock(time: dt.datetime) -> str:
    return time.strftime("%H:%M:%S")


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


def differences(case: Case) -> list[str]:
    """What is not as the case has it, each with expected beside found; empty where all is."""
    found, said = case.found, case.statements
    if "Refused" in said:
        wanted = said["Refused"]
        is_refused = found.state.startswith("refused") and wanted in found.state
        return [] if is_refused else [f"expected a refused day ({wanted}), found {found.state}"]
    if found.state != "done":
        return [f"the day was {found.state}"]
    told = []
    if "No trade" in said:
        if found.tables["trades"].height:
            told.append("expected no trade, found\n" + _shown(found.trades(), _TRADE_COLUMNS))
        elif said["No trade"] not in found.note:
            told.append(f"expected no trade, because {said['No trade']!r}; found, because {found.note!r}")
    if case.trades is not None:
        told += _trade_differences(case.trades, found)
    if case.happenings is not None:
        told += _event_differences(case.happenings, found)
    if "Gross" in said and paise(said["Gross"].rstrip(".")) != found.gross:
        told.append(f"expected gross {said['Gross']}, found {_plain(found.gross, 1)}")
    return told


def _trade_differences(table: Table, found: Found) -> list[str]:
    strange = set(table.columns) - set(_TRADE_COLUMNS)
    lacking = set(_TRADE_COLUMNS) - set(table.columns) - {"lots"}
    if strange or lacking:
        raise CaseError(f"the table of trades has or lacks columns: {', '.join(sorted(strange | lacking))}")
    expected = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    is_same = [{name: _comparable(name, row[name]) for name in table.columns} for row in expected] == [
        {name: _comparable(name, row[name]) for name in table.columns} for row in found.trades()
    ]
    if is_same:
        return []
    return [
        "expected the trades\n" + _shown(expected, table.columns)
        + "\nfound\n" + _shown(found.trades(), table.columns) + _why_nothing(found)
    ]  # fmt: skip


def _why_nothing(found: Found) -> str:
    return f"\n(no trade: {found.note})" if not found.tables["trades"].height else ""


def _comparable(name: str, cell: str) -> object:
    if name in ("entry price", "exit price", "gross"):
        try:
            return paise(cell)
        except CaseError:
            return cell
    return cell.removesuffix("lots").removesuffix("lot").strip()


def _event_differences(expected: Sequence[tuple[str, str]], found: Found) -> list[str]:
    there = found.happenings(any(words.startswith("decision") for _, words in expected))
    if expected == there:
        return []
    lines = []
    for time in sorted({time for time, _ in (*expected, *there)}):
        one = "; ".join(words for at, words in expected if at == time)
        other = "; ".join(words for at, words in there if at == time)
        lines.append({"time": time, "": "" if one == other else "✗", "expected": one, "found": other})
    return ["what happened differs\n" + _shown(lines, ("time", "", "expected", "found")) + _why_nothing(found)]


def _shown(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    lines = [tuple(columns), *(tuple(row.get(name, "") for name in columns) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(
        "  | " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def toml_of(recipe: Mapping[str, Any]) -> str:
    """A recipe's tables as TOML again: every value inline, which is valid wherever it stands."""
    lines = []
    for key, value in recipe.items():
        lines.append(f"{key} = {_inline(value)}")
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
