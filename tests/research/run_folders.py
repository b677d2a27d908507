"""Plausible run folders, written straight from the schema: what a report is tested with.

Prices are a seeded random walk, books five levels a tick apart. Fills walk those books, and every sum is made from the
fills, so that the identities of a real run hold. Rules fire where the trade is made to end; they are not simulated.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from nfolab.research.results import TABLES, Run

IST = ZoneInfo("Asia/Kolkata")
SECONDS = 22_501
LOT = 35
TICK = 5
GAP = range(6_060, 6_075)
GAP_DAYS = {date(2025, 7, 11), date(2025, 7, 15), date(2025, 7, 31), date(2025, 8, 18), date(2025, 9, 3)}
STRIKE = 57_000
DEEP = 10**9


@cache
def mids(day: date, kind: str) -> np.ndarray:
    """Mid prices of a contract in paise for every second, a multiple of 5."""
    seed = day.toordinal() * 2 + (kind == "CE")
    steps = np.random.default_rng(seed).normal(-0.06, 28, SECONDS).cumsum()
    common = np.random.default_rng(day.toordinal()).normal(0, 26, SECONDS).cumsum() * (1 if kind == "CE" else -1)
    return (np.maximum(31_000 + steps + common, 500) // TICK * TICK).astype(np.int64)


def half_spread(second: int) -> int:
    return TICK * (2 + second % 3)


def book(day: date, kind: str, second: int, side: str) -> list[tuple[int, int]]:
    """Five levels (price in paise, size) that a `buy` or a `sell` would take, best first."""
    mid = int(mids(day, kind)[second])
    sign = 1 if side == "buy" else -1
    size = LOT * (1 + second % 3)
    return [(mid + sign * (half_spread(second) + TICK * level * 2), size) for level in range(5)]


def level_of(written: str, premium: int) -> int | None:
    return None if written == "none" else premium * int(written.removesuffix("%")) // 100


def ending_of(
    day: date, entry: int, exit_: int, premium: int, units: int, params: dict[str, str]
) -> tuple[int, str, int | None, int | None]:
    """The second, reason, observed and threshold of the first rule that fires: stop, then target, then time."""
    seconds = np.arange(entry + 1, exit_)
    loss = units * sum(mids(day, kind)[seconds] + TICK * (2 + seconds % 3) for kind in ("CE", "PE")) - premium
    quoted = ~np.isin(seconds, GAP) if day in GAP_DAYS else np.ones(len(seconds), bool)
    first = (exit_, "time", None, None)
    for name, sign in (("target", -1), ("stop", 1)):
        if params[name] != "none":
            threshold = level_of(params[name], premium)
            hits = seconds[quoted & (sign * loss >= threshold)]
            if len(hits) and hits[0] <= first[0]:
                first = (int(hits[0]), name, int(sign * loss[hits[0] - entry - 1]), threshold)
    return first


@dataclass
class Folder:
    """A run being made up: rows of each table, as dictionaries of the schema."""

    runs: Path
    run: str = "made-up-run"
    source: str = "synthetic"
    strategy: str = "short_straddle"
    remarks: list[str] = field(default_factory=lambda: ["SYNTHETIC: these prices are made up by `nfolab synth`."])
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    events_of: dict[tuple[int, date], int] = field(default_factory=dict)
    trades_of: dict[tuple[int, date], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def variant(self, number: int, **params: str) -> dict[str, Any]:
        written = {"entry": "09:20:00", "exit": "15:15:00", "stop": "none", "target": "none", "lots": "2lots", **params}
        row = {"strategy": self.strategy, "variant": number, "params": json.dumps(written)}
        self.rows["plan"].append(row)
        return row

    def task(self, variant: dict[str, Any], day: date, state: str = "done", reason: str | None = None) -> None:
        self.rows["ledger"].append(
            {
                "strategy": variant["strategy"], "variant": variant["variant"], "underlying": "BANKNIFTY", "day": day,
                "state": state, "reason": reason, "seconds": 0.01,
            }
        )  # fmt: skip

    def event(self, variant: dict[str, Any], day: date, second: int, event: str, **more: Any) -> None:
        blank = dict.fromkeys(TABLES["events"])
        key = (variant["variant"], day)
        self.events_of[key] = self.events_of.get(key, -1) + 1
        known = {
            "strategy": variant["strategy"], "variant": variant["variant"], "day": day, "sequence": self.events_of[key],
            "time": at(day, second), "event": event,
        }  # fmt: skip
        self.rows["events"].append({**blank, **known, **more})

    def trade(
        self,
        variant: dict[str, Any],
        day: date,
        *,
        entry: int = 301,
        exit_: int = 21_600,
        lots: int = 2,
        ending: str = "",
        flags: tuple[str, ...] = (),
    ) -> int:
        """Add one short straddle that its variant's stop, target or time ends; returns its number.

        `ending` may be `leg_stop` (the first leg goes an hour earlier), `partial` (the second leg goes in two steps) or
        `unclosed` (neither goes at all).
        """
        number = len(self.rows["trades"]) + 1
        units = lots * LOT
        params = json.loads(variant["params"])
        self.event(variant, day, entry - 1, "decision", trade=number, reason=f"clock; spot 57012.35, atm {STRIKE}")
        money = dict.fromkeys(("sold", "bought", "best", "worst", "spread", "depth", "latency"), 0)
        legs = [
            {
                "trade": number, "leg": leg, "contract": f"BANKNIFTY {day + timedelta(days=10)} {STRIKE} {kind}",
                "expiry": day + timedelta(days=10), "kind": kind, "strike": STRIKE, "side": "sell", "units": units,
                "entry_time": at(day, entry),
            }
            for leg, kind in enumerate(("CE", "PE"))
        ]  # fmt: skip
        for leg in legs:
            self._order(variant, day, entry - 1, leg, "sell")
            leg["entry_value_paise"] = self._fill(variant, day, entry, leg, "sell", units, money)
        premium = sum(leg["entry_value_paise"] for leg in legs)
        decided, reason, observed, threshold = ending_of(day, entry, exit_, premium, units, params)
        if ending == "leg_stop":
            first = (entry + decided) // 2
            self.event(
                variant, day, first, "leg_stop", trade=number, leg=0, contract=legs[0]["contract"],
                observed_paise=legs[0]["entry_value_paise"] + 500, threshold_paise=legs[0]["entry_value_paise"],
            )  # fmt: skip
            self._close(variant, day, first, legs[0], money, "leg_stop")
            reason, observed, threshold = "time", None, None
        if ending == "unclosed":
            reason, decided = "unclosed", SECONDS - 2
        else:
            self.event(variant, day, decided, reason, trade=number, observed_paise=observed, threshold_paise=threshold)
        for leg in legs[1:] if ending == "leg_stop" else legs:
            self._close(variant, day, decided, leg, money, reason, in_two=ending == "partial" and leg["leg"] == 1)
        latest = max(leg["exit_time"] for leg in legs)
        if day in GAP_DAYS and at(day, entry) < at(day, GAP.start) < latest:
            flags = ("gap", *flags)
        flags = (*flags, "unclosed") if ending == "unclosed" else flags
        self.rows["legs"] += legs
        gross = sum(leg["gross_paise"] for leg in legs)
        charges = components(money["sold"], money["bought"])
        total = int((sum(charges.values()) * 100).quantize(Decimal(1), ROUND_HALF_UP))
        net = gross - total
        margin = 25_000_000 * lots
        self.rows["trades"].append(
            {
                "trade": number, "strategy": variant["strategy"], "variant": variant["variant"],
                "params": variant["params"],
                "underlying": "BANKNIFTY", "day": day, "decision_time": at(day, entry - 1),
                "entry_time": at(day, entry),
                "exit_time": latest, "reason": reason, "premium_paise": premium, "gross_paise": gross,
                **{f"{name}_paise": level_of(params[name], premium) for name in ("stop", "target")},
                "charges_paise": total, "net_paise": net, "net_flat5_paise": gross - 500,
                "gross_best_paise": money["best"], "gross_worst_paise": money["worst"],
                "net_best_paise": money["best"] - total, "net_worst_paise": money["worst"] - total,
                "margin_paise": margin, "return_percent": 100 * net / margin,
                "spread_paise": float(money["spread"]), "depth_paise": float(money["depth"]),
                "latency_paise": float(money["latency"]) + 0.5 * (number % 2),
                **{f"{name}_rupees": float(value) for name, value in charges.items()},
                "partial_exits": int(ending == "partial"), "flags": list(flags),
                "most_gain_paise": max(gross, 0) + 100, "most_loss_paise": min(gross, 0) - 200,
                "seconds_held": int((latest - at(day, entry)).total_seconds()),
                "minute_close_gross_paise": gross + 350,
            }
        )  # fmt: skip
        self.trades_of[variant["variant"], day].append(self.rows["trades"][-1])
        return number

    def _order(self, variant: dict[str, Any], day: date, second: int, leg: dict[str, Any], side: str) -> None:
        of = {name: leg[name] for name in ("trade", "leg", "contract")}
        self.event(variant, day, second, "order", **of, side=side, quantity=leg["units"])

    def _close(
        self, variant: dict[str, Any], day: date, decided: int, leg: dict[str, Any], money: dict[str, int], reason: str,
        *, in_two: bool = False,
    ) -> None:  # fmt: skip
        self._order(variant, day, decided, leg, "buy")
        last, units = decided + 1, leg["units"]
        if reason == "unclosed":
            value = units * (int(mids(day, leg["kind"])[last]) + 60)
            money["bought"] += value
            money["best"] -= value
            money["worst"] -= value
            of = {name: leg[name] for name in ("trade", "leg", "contract")}
            self.event(variant, day, last, "unclosed", **of, reason="no good quote until the close")
        elif in_two:
            value = self._fill(variant, day, last, leg, "buy", units // 2, money)
            last += 4
            value += self._fill(variant, day, last, leg, "buy", units - units // 2, money)
        else:
            value = self._fill(variant, day, last, leg, "buy", units, money)
        gross = leg["entry_value_paise"] - value
        leg |= {
            "exit_time": at(day, last),
            "exit_value_paise": value,
            "reason": reason,
            "gross_paise": gross,
            "stop_value_paise": None,
        }

    def _fill(
        self, variant: dict[str, Any], day: date, second: int, leg: dict[str, Any], side: str, units: int,
        money: dict[str, int],
    ) -> int:  # fmt: skip
        left, value = units, 0
        levels = book(day, leg["kind"], second, side)
        for level, (price, size) in enumerate(levels):
            taken = min(left, size if level < 4 else DEEP)
            if taken:
                self.event(
                    variant, day, second, "fill", trade=leg["trade"], leg=leg["leg"], contract=leg["contract"],
                    row=second * 100 + leg["leg"], row_time=at(day, second), level=level, side=side, price_paise=price,
                    quantity=taken, displayed=size,
                )  # fmt: skip
            left -= taken
            value += taken * price
        sign = -1 if side == "buy" else 1
        best = units * levels[0][0]
        money["sold" if side == "sell" else "bought"] += value
        money["best"] += sign * best
        money["worst"] += sign * value - units * (30 if second % 2 else 15)
        money["spread"] += units * half_spread(second)
        money["depth"] += abs(value - best)
        path = mids(day, leg["kind"])
        money["latency"] += -sign * units * int(path[second] - path[second - 1])
        return value

    def close_day(self, variant: dict[str, Any], day: date, note: str | None = None) -> None:
        """Add the task and the row of `days` from the trades of the day."""
        trades = self.trades_of[variant["variant"], day]
        self.task(variant, day)
        sums = {
            name: sum(row[name] for row in trades)
            for name in ("gross_paise", "charges_paise", "net_paise", "net_best_paise", "net_worst_paise")
        }
        self.rows["days"].append(
            {
                "strategy": variant["strategy"], "variant": variant["variant"], "underlying": "BANKNIFTY", "day": day,
                "trades": len(trades), **sums, "note": note,
            }
        )  # fmt: skip

    def write(self) -> Run:
        folder = self.runs / self.run
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in TABLES.items():
            pl.DataFrame(self.rows[name], schema=schema, orient="row").write_parquet(folder / f"{name}.parquet")
        trades = self.rows["trades"]
        days = sorted({row["day"] for row in self.rows["ledger"]})
        header = {
            "run": self.run,
            "source": self.source,
            "version": "0.1.0",
            "code": "9f2c41d07be35a18",
            "data": {str(day): f"{day.toordinal():064x}" for day in days},
            "strategies": [self.strategy],
            "titles": {self.strategy: "Short straddle: sell a call and a put of one strike at a time of day, and wait"},
            "underlying": "BANKNIFTY",
            "from": str(days[0]),
            "to": str(days[-1]),
            "days": len(days),
            "days_with_data": len(days),
            "remarks": self.remarks,
            "models": {"fills": "market orders walk five levels", "entry_wait": "5s"},
            "totals": {"trades": len(trades), "net_paise": sum(row["net_paise"] for row in trades)},
            "seconds": 0.1,
        }
        (folder / "run.json").write_text(json.dumps(header), encoding="utf-8")
        return Run(folder, header)


def at(day: date, second: int) -> datetime:
    return datetime(day.year, day.month, day.day, 9, 15, tzinfo=IST) + timedelta(seconds=second)


def components(sold_paise: int, bought_paise: int) -> dict[str, Decimal]:
    """Charges in rupees of the plan `zero`, at the rates of late 2025, unrounded."""
    sold, bought = Decimal(sold_paise) / 100, Decimal(bought_paise) / 100
    turnover = sold + bought
    exchange, sebi = turnover * Decimal("0.0003503"), turnover * Decimal("0.000001")
    ipft = turnover * Decimal("0.000005")
    return {
        "brokerage": Decimal(0), "stt": sold * Decimal("0.001"), "exchange": exchange, "ipft": ipft, "sebi": sebi,
        "stamp": bought * Decimal("0.00003"), "gst": (exchange + sebi + ipft) * Decimal("0.18"),
    }  # fmt: skip


def weekdays(start: date, count: int) -> list[date]:
    days = [start + timedelta(days=offset) for offset in range(count * 2)]
    return [day for day in days if day.weekday() < 5][:count]


def plausible_run(
    runs: Path, *, days: int = 12, variants: int = 1, run: str = "made-up-run", source: str = "synthetic"
) -> Run:
    """A run with each kind of ending, flags, partial exits, misses, and refused and failed tasks."""
    folder = Folder(runs, run=run, source=source)
    if source == "vendor":
        folder.remarks = []
    plan = [
        folder.variant(number, stop=f"{6 + number}%", leg_stop="30%" if number % 2 else "none", target="6%")
        for number in range(variants)
    ]
    for variant in plan:
        shift = variant["variant"]
        for number, day in enumerate(weekdays(date(2025, 7, 7), days)):
            match (number + shift) % 12:
                case 3:
                    folder.event(
                        variant,
                        day,
                        305,
                        "missed",
                        leg=1,
                        contract=f"BANKNIFTY 2025-07-31 {STRIKE} PE",
                        reason="thin_book",
                    )
                    folder.close_day(variant, day, "the entry order was dropped after 5 s: thin_book")
                case 5 if days > 8:
                    folder.task(
                        variant,
                        day,
                        "refused",
                        "no index feed this day: `spot=parity` takes the strike from put-call parity",
                    )
                case 8 if days > 8:
                    folder.task(
                        variant,
                        day,
                        "failed",
                        'Traceback (most recent call last):\n  File "kernel.py"\nValueError: <script>alert(1)</script>',
                    )
                case kind:
                    endings: dict[int, dict[str, Any]] = {
                        2: {"ending": "leg_stop"},
                        4: {"ending": "partial", "flags": ("late_exit",)},
                        7: {"ending": "unclosed"},
                    }
                    folder.trade(variant, day, **endings.get(kind, {}))
                    if kind == 10:
                        folder.trade(variant, day, entry=21_605 - 5_000, exit_=21_600)
                    folder.close_day(variant, day)
    return folder.write()


def many_trades(runs: Path, count: int) -> Run:
    """A run of `count` trades on 25 days, for the bound on the size of a report."""
    folder = Folder(runs, run="many-trades")
    days = weekdays(date(2025, 7, 7), 25)
    each = -(-count // len(days))
    for number in range(each):
        variant = folder.variant(number, stop=f"{number + 1}%")
        for day in days:
            if len(folder.rows["trades"]) < count:
                folder.trade(
                    variant, day, entry=301 + number, exit_=2_000 + 7 * number, ending="" if number % 3 else "partial"
                )
            folder.close_day(variant, day)
    return folder.write()


def marks_of(run: Run) -> Any:
    """Return what gives the seconds of a trade, as `research.marks` would, from the same books."""
    trades = {row["trade"]: row for row in run.table("trades").iter_rows(named=True)}
    legs = run.table("legs")

    def marks(trade: int) -> pl.DataFrame:
        row = trades[trade]
        opened = datetime(row["day"].year, row["day"].month, row["day"].day, 9, 15, tzinfo=IST)
        first = max(int((row["decision_time"] - opened).total_seconds()) - 60, 0)
        last = min(int((row["exit_time"] - opened).total_seconds()) + 60, SECONDS - 1)
        frames = []
        for leg in legs.filter(pl.col("trade") == trade).iter_rows(named=True):
            seconds = np.arange(first, last + 1)
            mid = mids(row["day"], leg["kind"])[seconds]
            half = TICK * (2 + seconds % 3)
            known = ~np.isin(seconds, GAP) if row["day"] in GAP_DAYS else np.ones(len(seconds), bool)
            frames.append(
                pl.DataFrame(
                    {
                        "second": seconds, "leg": leg["leg"], "contract": leg["contract"], "side": leg["side"],
                        "units": leg["units"], "bid_paise": mid - half, "ask_paise": mid + half,
                        "value_paise": (mid + half) * leg["units"], "known": known,
                    },
                    schema_overrides={"second": pl.Int32(), "leg": pl.Int32()},
                ).with_columns(
                    pl.when("known").then(pl.col("bid_paise", "ask_paise", "value_paise")),
                    time=pl.lit(opened).dt.cast_time_unit("ns") + pl.duration(seconds="second"),
                ).drop("known")
            )  # fmt: skip
        return pl.concat(frames)

    return marks
