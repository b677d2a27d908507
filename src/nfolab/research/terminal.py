"""Runs, trades and explanations as tables in the terminal."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nfolab.research.documents import no_trade_reasons
from nfolab.research.results import Run

_SHOWN_TRADES = 30
_SHOWN_MARKS = 40
_SECONDS_BESIDE = 2
_WIDE = 130
_LEG = 33


def _money(value: float | None) -> str:
    if value is None:
        return "–"
    style = "red" if value < 0 else "green"
    return f"[{style}]{value:,.2f}[/]"


def _clock(time: str | None) -> str:
    return "–" if time is None else time[11:19]


def _table(title: str, columns: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table(
        title=title or None, title_justify="left", title_style="bold", header_style="dim", box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0), pad_edge=False, show_edge=False,
    )  # fmt: skip
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
    variants = run.table("plan").height
    if variants > 1:
        console.print(f"of all {variants} variants together: `nfolab report {header['run']}` shows each")
    console.print(f"{totals['trades']} trades, {totals['flagged']} flagged {', '.join(totals['flags'])}".rstrip())
    if totals["unclosed"]:
        console.print(
            f"[bold red]{totals['unclosed']} trades were left unclosed: see `nfolab trades {header['run']}`[/]"
        )
    reasons = no_trade_reasons(run)
    if reasons:
        why = _table("No trade, because", ["days", "reason"], ["days"])
        for reason in reasons[:10]:
            # of a failure's traceback, which the ledger holds, the last line
            why.add_row(str(reason["count"]), escape((reason["reason"] or "not told").strip().splitlines()[-1]))
        console.print(why)


def _named(contract: str) -> str:
    """Return a contract without its underlying and its year: `12-30 59400 CE`."""
    _, expiry, rest = contract.split(" ", 2)
    return f"{expiry[5:]} {rest}"


def print_trades(trades: Sequence[dict[str, Any]]) -> None:
    """Print some lines a trade, in a sweep with what was tried, at most 30 trades; `--json` or the report has all."""
    console = Console()
    if not trades:
        console.print("no trades: `nfolab report` tells why")
        return
    if trades[0]["source"] == "synthetic":
        console.print("[bold yellow]SYNTHETIC data[/]")
    wide = console.width >= _WIDE
    shown = ["gross", "charges", "net", "worst, best"] if wide else ["net"]
    both = len({trade["side"] for trade in trades}) > 1
    sides = ["side"] if both and wide else []
    columns = ["#", "day", "in, out", "reason", "legs", *sides, *shown, *(["flags"] if wide else [])]
    table = _table("", columns, ["#", *shown])
    table.columns[1].no_wrap = table.columns[4].no_wrap = True
    tried = _tried(trades)
    for trade in trades[:_SHOWN_TRADES]:
        legs = [
            f"{leg['side']} {_named(leg['contract'])} {leg['entry_price']:.2f}→{leg['exit_price']:.2f}"
            for leg in trade["legs"]
        ]
        legs += wrap(" ".join(f"{name}={trade['params'][name]}" for name in tried if name in trade["params"]), _LEG)
        legs += [trade["side"]] if both and not wide else []
        band = f"{_money(trade['net_worst'])}\n{_money(trade['net_best'])}"
        money = [_money(trade["gross"]), _money(trade["charges"]), _money(trade["net"]), band]
        table.add_row(
            str(trade["trade"]), trade["day"], f"{_clock(trade['entry_time'])}\n{_clock(trade['exit_time'])}",
            trade["reason"], "\n".join(legs), *([trade["side"]] if sides else []), *(money if wide else [money[2]]),
            *([", ".join(trade["flags"])] if wide else []),
        )  # fmt: skip
    console.print(table)
    if len(trades) > _SHOWN_TRADES:
        console.print(f"and {len(trades) - _SHOWN_TRADES} more: --json or `nfolab report` shows all")


def _tried(trades: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parameters of which the trades have several values."""
    names = dict.fromkeys(name for trade in trades for name in trade["params"])
    return [name for name in names if len({trade["params"].get(name) for trade in trades}) > 1]


def print_explanation(told: dict[str, Any]) -> None:
    """Print a trade's decisions, its fills level by level, and about 40 of its marks."""
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
    console.print(
        f"paid inside gross: spread {_money(trade['spread'])}, depth {_money(trade['depth'])}, latency "
        f"{_money(trade['latency'])}; margin {_money(trade['margin'])}"
    )
    console.print(
        f"held {trade['seconds_held']:,} s; stood at best at {_money(trade['most_gain'])}, at worst at "
        f"{_money(trade['most_loss'])}; one-minute candles would have told a gross of "
        f"{_money(trade['minute_close_gross'])} for {_money(trade['gross'])}"
    )
    columns = ["time", "event", "contract", "reason", "observed", "against", "row", "row's time"]
    decisions = _table("Decisions and orders", columns, ["observed", "against", "row"])
    for event in told["decisions"]:
        decisions.add_row(
            _clock(event["time"]), event["event"], _named(event["contract"]) if event["contract"] else "whole",
            event["reason"] or "",
            *("" if event[name] is None else f"{event[name]:,.2f}" for name in ("observed", "threshold")),
            "" if event["row"] is None else str(event["row"]),
            "" if event["row_time"] is None else _clock(event["row_time"]),
        )  # fmt: skip
    console.print()
    console.print(decisions)
    columns = ["time", "side", "contract", "level", "price", "units", "of", "row", "row's time"]
    fills = _table("Fills, level by level (of: units displayed there)", columns, columns[3:8])
    for fill in told["fills"]:
        fills.add_row(
            _clock(fill["time"]), fill["side"], _named(fill["contract"]), str(fill["level"]), f"{fill['price']:.2f}",
            str(fill["quantity"]), str(fill["displayed"]), str(fill["row"]), _clock(fill["row_time"]),
        )  # fmt: skip
    console.print()
    console.print(fills)
    marks = told["marks"]
    step = max(1, len(marks) // _SHOWN_MARKS)
    legs = [_named(leg["contract"]) for leg in trade["legs"]]
    seconds = _table(
        f"The seconds beside each event, and one in {step} of {len(marks)} (--json has all)",
        ["time", "closing brings", *(f"{leg} bid/ask" for leg in legs)],
        ["closing brings"],
    )
    beside = _beside(
        [mark["time"] for mark in marks], [event["time"] for event in (*told["decisions"], *told["fills"])]
    )
    for number, mark in enumerate(marks):
        if number % step and number not in beside:
            continue
        quotes = ["–" if leg["bid"] is None else f"{leg['bid']:.2f} / {leg['ask']:.2f}" for leg in mark["legs"]]
        seconds.add_row(_clock(mark["time"]), _money(mark["close"]), *quotes)
    console.print()
    console.print(seconds)


def _beside(times: Sequence[str], events: Iterable[str]) -> set[int]:
    """Return the places of the times that lie within two seconds of an event."""
    place = {time: number for number, time in enumerate(times)}
    at = {place[event] for event in events if event in place}
    return {number + shift for number in at for shift in range(-_SECONDS_BESIDE, _SECONDS_BESIDE + 1)}
