"""What a run leaves on disk: the schema of its tables, and reading them back.

A run is the folder RUNS/<run>:

    run.json         what was asked, of what data, with which code, and the totals
    plan.parquet     one row a variant: strategy, number, parameters
    ledger.parquet   one row a task (a day of a variant): state, reason, seconds; the only table that knows the clock
    trades.parquet   one row a trade
    legs.parquet     one row a leg of a trade
    events.parquet   every decision, order, fill and miss
    days.parquet     one row a day of a variant: its mark at the end of the day

Money is in integer paise. Times are `timestamp[ns, Asia/Kolkata]`. All but the ledger are equal to the byte when
the same run is made again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMESTAMP

PROXY_SIGNAL = "PROXY-SIGNAL"
"""What is said of a run, and of a trade, whose strategy rests on a stand-in for a signal that the data has not."""

_VARIANT = {"strategy": pl.String(), "variant": pl.Int32()}
_MONEY = pl.Int64()

PLAN: dict[str, pl.DataType] = {**_VARIANT, "params": pl.String()}
"""`params` is a JSON object of every parameter as written (`{"entry": "09:45:00", "stop": "none", …}`)."""

LEDGER: dict[str, pl.DataType] = {
    **_VARIANT,
    "underlying": pl.String(),
    "day": pl.Date(),
    "state": pl.String(),  # done, refused, failed
    "reason": pl.String(),  # a refusal's sentence, or a failure's traceback; null when done
    "seconds": pl.Float64(),
}

TRADES: dict[str, pl.DataType] = {
    "trade": pl.Int32(),  # 1, 2, … within the run
    **_VARIANT,
    "params": pl.String(),
    "underlying": pl.String(),
    "day": pl.Date(),
    "decision_time": TIMESTAMP,
    "entry_time": TIMESTAMP,
    "exit_time": TIMESTAMP,
    "reason": pl.String(),
    "premium_paise": _MONEY,  # credit above zero, debit below
    "stop_paise": _MONEY,  # the loss at which the whole is closed; null without a stop
    "target_paise": _MONEY,  # the gain at which the whole is closed; null without a target
    "gross_paise": _MONEY,
    "charges_paise": _MONEY,
    "net_paise": _MONEY,
    "net_flat5_paise": _MONEY,
    "gross_best_paise": _MONEY,
    "gross_worst_paise": _MONEY,
    "net_best_paise": _MONEY,
    "net_worst_paise": _MONEY,
    "margin_paise": _MONEY,
    "return_percent": pl.Float64(),
    "spread_paise": pl.Float64(),  # paid to cross from mid to the best quote, at the rows that filled
    "depth_paise": pl.Float64(),  # paid beyond the best quote by walking the book
    "latency_paise": pl.Float64(),  # paid (or gained, below zero) because mids moved from the decision to the fill
    "brokerage_rupees": pl.Float64(),  # the components of charges, exact before they are shown as decimals
    "stt_rupees": pl.Float64(),
    "exchange_rupees": pl.Float64(),
    "ipft_rupees": pl.Float64(),
    "sebi_rupees": pl.Float64(),
    "stamp_rupees": pl.Float64(),
    "gst_rupees": pl.Float64(),
    "partial_exits": pl.Int32(),  # legs whose exit took more than one second
    "flags": pl.List(pl.String()),
    "most_gain_paise": _MONEY,  # the best that closing all would have brought while it was open, 0 or more
    "most_loss_paise": _MONEY,  # the worst, 0 or less
    "seconds_held": pl.Int32(),  # seconds in which it held something
    "minute_close_gross_paise": _MONEY,  # gross by the last prices of the minutes of its decisions, as candles tell
}

LEGS: dict[str, pl.DataType] = {
    "trade": pl.Int32(),
    "leg": pl.Int32(),  # 0, 1, … in the recipe's order
    "contract": pl.String(),
    "expiry": pl.Date(),
    "kind": pl.String(),
    "strike": pl.Int32(),
    "side": pl.String(),
    "units": pl.Int64(),
    "entry_time": TIMESTAMP,
    "entry_value_paise": _MONEY,  # price × units, summed over the fills
    "exit_time": TIMESTAMP,
    "exit_value_paise": _MONEY,
    "reason": pl.String(),
    "gross_paise": _MONEY,
    "stop_value_paise": _MONEY,  # the value to close at which the leg's own stop fires; null without one
}

EVENTS: dict[str, pl.DataType] = {
    "trade": pl.Int32(),  # null for what led to no trade
    **_VARIANT,
    "day": pl.Date(),
    "sequence": pl.Int32(),  # within the day and variant
    "time": TIMESTAMP,
    "event": pl.String(),  # decision, order, fill, missed, skipped, stop, leg_stop, target, time, settled, unclosed
    "leg": pl.Int32(),  # null for the whole
    "contract": pl.String(),
    "row": pl.Int64(),  # row of the day's lake file that was seen or hit
    "row_time": TIMESTAMP,
    "level": pl.Int32(),  # of the book, 0 the best; fills only
    "side": pl.String(),
    "price_paise": pl.Int32(),
    "quantity": pl.Int64(),
    "displayed": pl.Int32(),  # size shown at that level; fills only
    "observed_paise": _MONEY,  # the loss, gain or value that a rule saw
    "threshold_paise": _MONEY,  # what it was held against
    "reason": pl.String(),
}

DESK_EVENTS: dict[str, pl.DataType] = {
    "order": pl.Int32(),  # the order's number within the day
    "tag": pl.Int32(),  # the strategy's own
}
"""Further columns of events; null for recipes. Python strategies have further events, those of docs/desk.md."""

DAYS: dict[str, pl.DataType] = {
    **_VARIANT,
    "underlying": pl.String(),
    "day": pl.Date(),
    "trades": pl.Int32(),
    "gross_paise": _MONEY,
    "charges_paise": _MONEY,
    "net_paise": _MONEY,
    "net_best_paise": _MONEY,
    "net_worst_paise": _MONEY,
    "note": pl.String(),  # why there was no trade; null otherwise
}

TABLES = {
    "plan": PLAN,
    "ledger": LEDGER,
    "trades": TRADES,
    "legs": LEGS,
    "events": {**EVENTS, **DESK_EVENTS},
    "days": DAYS,
}


@dataclass(frozen=True)
class Run:
    """A finished run: its header (`run.json`) and its tables.

    The header holds `run`, `source` (`vendor` or `synthetic`), `version`, `code` (hash), `data` (day to hash of the
    lake file used), `strategies`, `underlying`, `from`, `to`, `days` (sessions from first to last), `days_with_data`,
    `remarks` (a list of sentences that every report must show first: proxies, settled readings, SYNTHETIC), `models`
    (named models and their parameters) and `totals`.
    """

    folder: Path
    header: dict[str, Any]

    @staticmethod
    def open(runs: Path, name: str) -> "Run":
        """Open a run by its name, or by the beginning of it.

        Raises:
            InputError: no run of `runs` is called so, or several begin so.
        """
        found = sorted(path.parent for path in runs.glob(f"{name}*/run.json")) if name else []
        exact = [folder for folder in found if folder.name == name]
        if len(exact or found) != 1:
            if found:
                raise InputError(f"run {name!r} could be {', '.join(folder.name for folder in found)}: give more of it")
            known = sorted(path.parent.name for path in runs.glob("*/run.json"))
            listed = f"there are {', '.join(known[-5:])}" if known else "there is none yet: make one with `nfolab run`"
            raise InputError(f"no run {name!r} in {runs}; {listed}")
        folder = (exact or found)[0]
        return Run(folder, json.loads((folder / "run.json").read_text(encoding="utf-8")))

    @staticmethod
    def params_of(row: Mapping[str, Any]) -> dict[str, str]:
        """Return the parameters of a row of `trades` or `plan`, as written."""
        return dict(json.loads(row["params"]))

    def table(self, name: str) -> pl.DataFrame:
        """Read one of the tables of `TABLES`."""
        return pl.read_parquet(self.folder / f"{name}.parquet")
