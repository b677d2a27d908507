"""What a strategy does on a case's market, by the real way, told as a trader would write it."""

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from golden.case import Case
from golden.market import Settings, lake_of
from nfolab.market.lots import lot_size
from nfolab.research.run import run_day
from nfolab.strategies.choose import Chooser
from nfolab.strategies.day_plan import MissingDataError
from nfolab.strategies.find import Strategy, find_strategy
from nfolab.strategies.funnel import funnel
from nfolab.strategies.recipe import Recipe
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

_UNSAID = {"decision", "order", "fill"}


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
                "entry price": rupees(leg["entry_value_paise"], leg["units"]),
                "exit": _clock(leg["exit_time"]),
                "exit price": rupees(leg["exit_value_paise"], leg["units"]),
                "reason": leg["reason"],
                "gross": rupees(leg["gross_paise"], 1),
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


def run(case: Case) -> Found:
    """Run a case's strategy on its market."""
    settings = case.market.settings
    variant = strategy_of(case).variant(case.given, 0)
    tables = run_day(lake_of(case.market), settings.underlying, settings.day, [variant]).tables
    return Found(tables, settings, lot_size(settings.underlying, settings.expiry, settings.day))


def strategy_of(case: Case) -> Strategy:
    """The strategy of the library that a case names, or the recipe that stands in it."""
    if case.strategy is None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "by_hand.toml"
            path.write_text(_toml_of({"title": case.title, "side": "mixed", **case.recipe}), encoding="utf-8")
            return Recipe.load(path)
    found = find_strategy(case.strategy)
    return found.of(case.market.settings.underlying) if isinstance(found, Recipe) else found


def steps(case: Case) -> list[tuple[str, int, int]]:
    """Each condition to enter, the seconds at which it is true, and those at which it and all before it are."""
    strategy = strategy_of(case)
    if not isinstance(strategy, Recipe):
        return []
    settings = case.market.settings
    day = Day(lake_of(case.market), settings.underlying, settings.day)
    try:
        told = funnel(strategy, strategy.variant(case.given, 0), Chooser(day, Money(day)))
    except MissingDataError:
        return []
    return [(step.rule, step.alone, step.left) for step in told]


def _price(fill: Mapping[str, int]) -> str:
    return rupees(fill["paid"], fill["quantity"])


def rupees(paid: int, units: int = 1) -> str:
    """Paise paid for so many units as rupees a unit: two decimals where these tell it all."""
    hundredths, rest = divmod(abs(paid), units)
    if rest:
        return f"{paid / (100 * units):.6f}"
    return f"{'-' if paid < 0 else ''}{hundredths // 100}.{hundredths % 100:02}"


def _clock(time: dt.datetime) -> str:
    return time.strftime("%H:%M:%S")


def _toml_of(recipe: Mapping[str, Any]) -> str:
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
