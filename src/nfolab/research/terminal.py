"""Runs, trades and explanations as tables in the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nfolab.research.documents import no_trade_reasons
from nfolab.research.results import Run

_SHOWN_TRADES = 30
_SHOWN_MARKS = 40


def _money(value: float | None) -> str:
    if value is None:
        return "–"
    style = "red" if value < 0 else "green"
    return f"[{style}]{value:,.2f}[/]"


def _clock(time: str | None) -> str:
    return "–" if time is None else time[11:19]


def _table(title: str, columns: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    right = set(numbers)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in right)
    return table


def print_run(run: Run) -> None:
    """Print a run's headline: remarks first, then the money from gross to net with its band, then why no trade."""
    console = Console()
    header, totals = run.header, run.header["totals"]
    console.print(f"[bold]Run {header['run']}[/]  {', '.join(header['strategies'])} on {header['underlying']}")
    for remark in header["remarks"]:
        console.print(f"[bold yellow]{escape(remark)}[/]")
    facts = [
        f"{header['from']} to {header['to']}",
        f"{header['days_with_data']} of {header['days']} sessions with data",
        f"{totals['days_with_trades']} with trades",
        f"{totals['tasks']} tasks, {totals['refused']} refused, {totals['failed']} failed",
    ]
    console.print("; ".join(facts))
    table = _table("", ["", "rupees"], ["rupees"])
    for label, name in (("gross", "gross"), ("charges", "charges"), ("net", "net"), ("net by flat5", "net_flat5")):
        table.add_row(label, _money((-1 if name == "charges" else 1) * totals[f"{name}_paise"] / 100))
    table.add_row("net, worst fills", _money(totals["net_worst_paise"] / 100))
    table.add_row("net, best fills", _money(totals["net_best_paise"] / 100))
    console.print(table)
    console.print(f"{totals['trades']} trades, {totals['flagged']} flagged {', '.join(totals['flags'])}".rstrip())
    if totals["unclosed"]:
        console.print(
            f"[bold red]{totals['unclosed']} trades were left unclosed: see `nfolab trades {header['run']}`[/]"
        )
    reasons = no_trade_reasons(run)
    if reasons:
        why = _table("No trade, because", ["days", "reason"], ["days"])
        for reason in reasons[:10]:
            why.add_row(str(reason["count"]), escape(reason["reason"] or ""))
        console.print(why)


def print_trades(trades: Sequence[dict[str, Any]]) -> None:
    """Print a line a trade, at most 30; the rest by `--json` or in the report."""
    console = Console()
    table = _table(
        "Trades", ["#", "day", "in", "out", "reason", "legs", "gross", "charges", "net", "worst", "best", "flags"],
        ["#", "gross", "charges", "net", "worst", "best"],
    )  # fmt: skip
    for trade in trades[:_SHOWN_TRADES]:
        legs = ", ".join(
            f"{leg['side']} {leg['contract'].split(' ', 2)[2]} {leg['entry_price']:.2f}→{leg['exit_price']:.2f}"
            for leg in trade["legs"]
        )
        table.add_row(
            str(trade["trade"]), trade["day"], _clock(trade["entry_time"]), _clock(trade["exit_time"]), trade["reason"],
            legs, *(_money(trade[name]) for name in ("gross", "charges", "net", "net_worst", "net_best")),
            ", ".join(trade["flags"]),
        )  # fmt: skip
    console.print(table)
    if len(trades) > _SHOWN_TRADES:
        console.print(f"and {len(trades) - _SHOWN_TRADES} more: --json or `nfolab report` shows all")


def print_explanation(told: dict[str, Any]) -> None:
    """Print a trade's decisions, its fills level by level, and its marks thinned to 40 lines."""
    console = Console()
    trade = told["trade"]
    console.print(
        f"[bold]Trade {trade['trade']} of run {trade['run']}[/]: {trade['strategy']} on {trade['day']}, closed by "
        f"{trade['reason']}; net {_money(trade['net'])} (worst {_money(trade['net_worst'])}, best "
        f"{_money(trade['net_best'])})"
    )
    if trade["source"] == "synthetic":
        console.print("[bold yellow]SYNTHETIC data[/]")
    if trade["flags"]:
        console.print(f"[yellow]flagged: {', '.join(trade['flags'])}[/]")
    columns = ["time", "event", "contract", "reason", "observed", "against", "row", "row's time"]
    decisions = _table("Decisions and orders", columns, ["observed", "against", "row"])
    for event in told["decisions"]:
        decisions.add_row(
            _clock(event["time"]), event["event"], event["contract"] or "whole", event["reason"] or "",
            *("" if event[name] is None else f"{event[name]:,.2f}" for name in ("observed", "threshold")),
            "" if event["row"] is None else str(event["row"]),
            _clock(event["row_time"]),
        )  # fmt: skip
    console.print(decisions)
    columns = ["time", "side", "contract", "level", "price", "units", "displayed", "row", "row's time"]
    fills = _table("Fills, level by level", columns, ["level", "price", "units", "displayed", "row"])
    for fill in told["fills"]:
        fills.add_row(
            _clock(fill["time"]), fill["side"], fill["contract"], str(fill["level"]), f"{fill['price']:.2f}",
            str(fill["quantity"]), str(fill["displayed"]), str(fill["row"]), _clock(fill["row_time"]),
        )  # fmt: skip
    console.print(fills)
    marks = told["marks"]
    step = max(1, len(marks) // _SHOWN_MARKS)
    legs = [leg["contract"].split(" ", 2)[2] for leg in trade["legs"]]
    seconds = _table(
        f"Every {step} s of {len(marks)} s (all of them by --json)",
        ["time", "closing brings", *(f"{leg} bid/ask" for leg in legs)],
        ["closing brings"],
    )
    for mark in marks[::step]:
        quotes = ["–" if leg["bid"] is None else f"{leg['bid']:.2f} / {leg['ask']:.2f}" for leg in mark["legs"]]
        seconds.add_row(_clock(mark["time"]), _money(mark["close"]), *quotes)
    console.print(seconds)


def print_strategies(described: Sequence[dict[str, Any]]) -> None:
    """Print the library: a line a strategy, then its parameters."""
    console = Console()
    for strategy in described:
        console.print(f"[bold]{strategy['id']}[/] ({strategy['side']}, {strategy['state']}): {strategy['summary']}")
        for name, parameter in strategy["params"].items():
            grid = f"  try {', '.join(parameter['grid'])}" if parameter["grid"] else ""
            console.print(f"  {name} = {parameter['default']}{grid}")
