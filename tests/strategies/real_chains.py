"""Chains of the real files in data/chains, as a picker sees them at the time of one collection."""

import datetime as dt
from pathlib import Path

import polars as pl

from nfolab.strategies.pickers.chain import Chain, Option, Quote
from nfolab.strategies.pickers.read import why_unusable

STEPS = {"BANKNIFTY": 100, "NIFTY": 50}
CALENDAR_MINUTES = 525_600


def rows_of(folder: Path, year: int) -> pl.DataFrame:
    """The rows of one file: symbol, at, expiry, strike, opt_type, bid, ask and sizes, oi in the file's own count."""
    if year == 2025:
        name, at, oi = "nse_chain_1min_2025-08-29_and_stale_2025-08-27.parquet", "collected_at", "oi_contracts"
    else:
        name, at, oi = "nse_chain_15min_2019-09-02_2019-09-06.parquet", "exchange_time", "oi_shares"
    return pl.read_parquet(folder / "chains" / name).with_columns(at=pl.col(at), oi=pl.col(oi))


def paise(rupees: float | None) -> int:
    return 0 if rupees is None else round(100 * rupees)


def chain_of(rows: pl.DataFrame, symbol: str, at: str, expiry: dt.date, money: float) -> Chain:
    """The chain at a time, the money (rupees) given by the test; a strike without any price has had no row."""
    shown = rows.filter(
        (pl.col("symbol") == symbol) & (pl.col("at") == dt.datetime.fromisoformat(at)) & (pl.col("expiry") == expiry)
    ).sort("strike", "opt_type")
    quotes: dict[Option, Quote | str] = {}
    interest: dict[Option, int] = {}
    for row in shown.iter_rows(named=True):
        option = row["opt_type"], row["strike"]
        quote = Quote(paise(row["bid"]), paise(row["ask"]))
        quotes[option] = why_unusable(quote, (row["bid_qty"] or 0, row["ask_qty"] or 0), 0, 5) or quote
        if row["oi"]:
            interest[option] = round(row["oi"])
    minutes = (dt.datetime.combine(expiry, dt.time(15, 30)) - dt.datetime.fromisoformat(at)).total_seconds() / 60
    return Chain(
        name=f"{symbol} {expiry}",
        step=STEPS[symbol],
        calls=tuple(strike for kind, strike in quotes if kind == "CE"),
        puts=tuple(strike for kind, strike in quotes if kind == "PE"),
        money=round(200 * money),
        money_name="index",
        read_years=lambda: minutes / CALENDAR_MINUTES,
        read_quotes=lambda: quotes,
        read_open_interest=lambda: interest,
    )
