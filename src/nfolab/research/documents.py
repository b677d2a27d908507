"""Runs and trades as the JSON documents that scripts read: rupees to the paisa, times in IST, nothing missing as 0."""

from datetime import datetime
from math import floor
from typing import Any

import polars as pl

from nfolab.research.marks import trade_and_legs
from nfolab.research.results import PROXY_SIGNAL, Run
from nfolab.strategies.mirror import side_of


def _rupees(paise: int | None) -> float | None:
    return None if paise is None else paise / 100


def _price(value_paise: int, units: int) -> float:
    """Return the quantity-weighted average price, rounded half up to two decimals from the exact quotient."""
    return (2 * value_paise + units) // (2 * units) / 100


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def run_document(run: Run) -> dict[str, Any]:
    """Return what `nfolab run --json` prints."""
    header, totals = run.header, run.header["totals"]
    return {
        "run": header["run"],
        "path": str(run.folder),
        "source": header["source"],
        "remarks": header["remarks"],
        "tasks": totals["tasks"],
        "failed": totals["failed"],
        "refused": totals["refused"],
        "trades": totals["trades"],
        "flagged": totals["flagged"],
        "unclosed": totals["unclosed"],
        "days": header["days"],
        "days_with_data": header["days_with_data"],
        "days_with_trades": totals["days_with_trades"],
        "gross": _rupees(totals["gross_paise"]),
        "charges": _rupees(totals["charges_paise"]),
        "net": _rupees(totals["net_paise"]),
        "net_flat5": _rupees(totals["net_flat5_paise"]),
        "band": {
            "best": _rupees(totals["net_best_paise"]),
            "likely": _rupees(totals["net_paise"]),
            "worst": _rupees(totals["net_worst_paise"]),
        },
        "flags": totals["flags"],
        "no_trades": no_trade_reasons(run),
        "seconds": header["seconds"],
    }


def no_trade_reasons(run: Run) -> list[dict[str, Any]]:
    """Return the funnel of a run: why days of variants had no trade, the most frequent reason first."""
    days = run.table("days").filter(pl.col("trades") == 0)
    refused = run.table("ledger").filter(pl.col("state") != "done").select("day", note="reason")
    counted = (
        pl.concat([days.select("day", "note"), refused])
        .group_by("note")
        .agg(count=pl.len(), first=pl.col("day").min())
        .sort(["count", "note"], descending=[True, False])
    )
    return [
        {"reason": row["note"], "count": row["count"], "first": str(row["first"])}
        for row in counted.iter_rows(named=True)
    ]


def trade_documents(run: Run) -> list[dict[str, Any]]:
    """Return what `nfolab trades --json` prints: one object a trade."""
    legs = run.table("legs").partition_by("trade", as_dict=True)
    return [trade_document(run, row, legs[row["trade"],]) for row in run.table("trades").iter_rows(named=True)]


def trade_document(run: Run, row: dict[str, Any], legs: pl.DataFrame) -> dict[str, Any]:
    """Return one trade, what it paid for (half paise rounded up; the tables keep them) and what it went through."""
    return {
        "run": run.header["run"],
        "trade": row["trade"],
        "strategy": row["strategy"],
        "side": side_of(row["strategy"]),
        "variant": row["variant"],
        "params": run.params_of(row),
        "day": str(row["day"]),
        "underlying": row["underlying"],
        "source": run.header["source"],
        "decision_time": _time(row["decision_time"]),
        "entry_time": _time(row["entry_time"]),
        "exit_time": _time(row["exit_time"]),
        "reason": row["reason"],
        "legs": [
            {
                "contract": leg["contract"],
                "side": leg["side"],
                "units": leg["units"],
                "entry_time": _time(leg["entry_time"]),
                "entry_price": _price(leg["entry_value_paise"], leg["units"]),
                "exit_time": _time(leg["exit_time"]),
                "exit_price": _price(leg["exit_value_paise"], leg["units"]),
                "reason": leg["reason"],
                "gross": _rupees(leg["gross_paise"]),
            }
            for leg in legs.iter_rows(named=True)
        ],
        **{
            name: _rupees(row[f"{name}_paise"])
            for name in ("gross", "charges", "net", "net_flat5", "net_best", "net_worst", "margin")
        },
        "return_percent": row["return_percent"],
        **{name: _rupees(floor(row[f"{name}_paise"] + 0.5)) for name in ("spread", "depth", "latency")},
        **{name: _rupees(row[f"{name}_paise"]) for name in ("most_gain", "most_loss", "minute_close_gross")},
        "seconds_held": row["seconds_held"],
        "partial_exits": row["partial_exits"],
        "flags": [*([PROXY_SIGNAL] if row["strategy"] in run.header.get("proxies", {}) else []), *row["flags"]],
    }


def explanation(run: Run, trade: int, marks: pl.DataFrame) -> dict[str, Any]:
    """Return what `nfolab explain --json` prints: the trade, its decisions, its fills level by level, its marks.

    Args:
        run: the run.
        trade: the trade's number.
        marks: what `marks` returned for it.
    """
    row, legs = trade_and_legs(run, trade)
    events = run.table("events").filter(pl.col("trade") == trade)
    fills = events.filter(pl.col("event") == "fill")
    decisions = events.filter(pl.col("event") != "fill")
    return {
        "trade": trade_document(run, row, legs),
        "decisions": [
            {
                "time": _time(event["time"]),
                "event": event["event"],
                "leg": event["leg"],
                "contract": event["contract"],
                "row": event["row"],
                "row_time": _time(event["row_time"]),
                "observed": _rupees(event["observed_paise"]),
                "threshold": _rupees(event["threshold_paise"]),
                "quantity": event["quantity"],
                "reason": event["reason"],
            }
            for event in decisions.iter_rows(named=True)
        ],
        "fills": [
            {
                "time": _time(event["time"]),
                "leg": event["leg"],
                "contract": event["contract"],
                "side": event["side"],
                "row": event["row"],
                "row_time": _time(event["row_time"]),
                "level": event["level"],
                "price": _rupees(event["price_paise"]),
                "quantity": event["quantity"],
                "displayed": event["displayed"],
                "reason": event["reason"],
            }
            for event in fills.iter_rows(named=True)
        ],
        "marks": _marks(marks),
    }


def _marks(marks: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the marks a second each: every leg's quotes, and the value to close the whole where all legs have one."""
    shown = []
    for (_,), second in marks.group_by("second", maintain_order=True):
        values = second["value_paise"]
        signed = [
            value if side == "buy" else -value
            for value, side in zip(values, second["side"], strict=True)
            if value is not None
        ]
        shown.append(
            {
                "time": _time(second["time"][0]),
                "close": _rupees(sum(signed)) if len(signed) == second.height else None,
                "legs": [
                    {
                        "bid": _rupees(leg["bid_paise"]),
                        "ask": _rupees(leg["ask_paise"]),
                        "value": _rupees(leg["value_paise"]),
                    }
                    for leg in second.iter_rows(named=True)
                ],
            }
        )
    return shown
