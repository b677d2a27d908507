"""The headline figures: the result, the way from mid to net, and what to beware of. Sums agree at every level."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from nfolab.research.report import statistics
from nfolab.research.report.contents import Contents, Row, total
from nfolab.research.report.shown import Kind, Value, count, counted, day, to_a_paisa
from nfolab.research.report.tables import Measure, Sheet

COMPONENTS = {
    "brokerage": "Brokerage",
    "stt": "Securities transaction tax",
    "exchange": "Exchange transaction charge",
    "ipft": "Investor protection fund",
    "sebi": "SEBI fee",
    "stamp": "Stamp duty",
    "gst": "GST",
}
BRIEF = {
    "mid_to_mid": "Mid to mid",
    "stt": "STT",
    "exchange": "Exchange",
    "ipft": "IPFT",
    "sebi": "SEBI",
    "stamp": "Stamp",
    "rounding": "Rounding",
}
"""Short names for where there is little room."""
BESIDE = {"net_flat5", "minute_close"}
"""What stands beside the way from mid to net, and is no step of it."""

_EXACT_RUPEES = Decimal("1e-12")  # a component of one trade has at most 11 decimals: rates have 7, paise 2, GST 2


def _nets_by_day(trades: Iterable[Row]) -> dict[date, int]:
    nets: dict[date, int] = defaultdict(int)
    for row in trades:
        nets[row["day"]] += row["net_paise"]
    return dict(sorted(nets.items()))


def drawdown_of(trades: Iterable[Row]) -> statistics.Drawdown:
    """Return the deepest fall of the net of `trades`, added up by day."""
    nets = _nets_by_day(trades)
    return statistics.max_drawdown(list(nets), list(nets.values()))


def drawdown_dates(fall: statistics.Drawdown) -> str | None:
    """Return the days of a fall in words, or None where there was none."""
    if fall.trough_day is None:
        return None
    start = day(fall.peak_day) if fall.peak_day else "the start"
    end = f"recovered {day(fall.recovered_day)}" if fall.recovered_day else "not recovered"
    return f"{start} to {day(fall.trough_day)}, {end}"


def result(contents: Contents) -> Sheet:
    """Return the result of all trades, of those without a flag, and of the flagged, side by side."""
    clean = [row for row in contents.trades if not row["flags"]]
    flagged = [row for row in contents.trades if row["flags"]]
    groups = [contents.trades, clean, flagged]
    nets = [[row["net_paise"] for row in group] for group in groups]
    falls = [drawdown_of(group) for group in groups]

    def money(key: str, label: str, values: list[Value], level: int = 0) -> Measure:
        return Measure(key, label, Kind.MONEY, values, level)

    measures = [
        money("net", "Net, likely", [sum(group) for group in nets]),
        money("net_best", "Net at best", [total(group, "net_best_paise") for group in groups], 1),
        money("net_worst", "Net at worst", [total(group, "net_worst_paise") for group in groups], 1),
        money("gross", "Gross", [total(group, "gross_paise") for group in groups]),
        money("charges", "Charges", [total(group, "charges_paise") for group in groups]),
        money("net_flat5", "Gross less ₹5 a trade", [total(group, "net_flat5_paise") for group in groups]),
        Measure("trades", "Trades", Kind.COUNT, [len(group) for group in groups]),
        Measure("days_with_trades", "Days with trades", Kind.COUNT, [len(_nets_by_day(group)) for group in groups]),
        Measure("wins", "Wins (net above zero)", Kind.COUNT, [statistics.wins_count(group) for group in nets]),
        Measure("win_rate_percent", "Win rate", Kind.PERCENT, [statistics.win_rate_percent(group) for group in nets]),
        money("mean", "Mean net a trade", [to_a_paisa(statistics.mean_paise(group)) for group in nets]),
        money("median", "Median net a trade", [to_a_paisa(statistics.median_paise(group)) for group in nets]),
        money("best_trade", "Best trade", [max(group, default=None) for group in nets]),
        money("worst_trade", "Worst trade", [min(group, default=None) for group in nets]),
        Measure(
            "profit_factor", "Profit factor", Kind.RATIO, [statistics.profit_factor_ratio(group) for group in nets]
        ),
        money("max_drawdown", "Max drawdown, by day", [fall.paise if fall.trough_day else 0 for fall in falls]),
        Measure("max_drawdown_days", "its days", Kind.TEXT, [drawdown_dates(fall) for fall in falls], 1),
        Measure(
            "longest_losing_run",
            "Longest losing run, trades",
            Kind.COUNT,
            [statistics.longest_losing_run(group) for group in nets],
        ),
    ]
    return Sheet(
        "result",
        "The result, with and without the flagged trades",
        (("all", "All trades"), ("without_flagged", "Without flagged"), ("flagged", "Flagged alone")),
        measures,
        "A flagged trade stays in the headline. Profit factor: what winners made for each rupee that losers lost.",
    )


def exact_paise(values: Iterable[float]) -> Fraction:
    """Return the exact sum of amounts in paise, each a multiple of a tenth of a paisa."""
    return sum((Fraction(round(value * 10), 10) for value in values), Fraction(0))


def _component_paise(trades: Sequence[Row], name: str) -> int:
    """Return the sum of a component in rupees, added exactly and rounded half up to a paisa once."""
    total = sum((Decimal(row[f"{name}_rupees"]).quantize(_EXACT_RUPEES) for row in trades), Decimal(0))
    return int((Fraction(total) * 100 + Fraction(1, 2)).__floor__())


def _by_candles(trades: Sequence[Row]) -> int | None:
    """Return what a backtest on one-minute candles would have told of all trades, None where it cannot of one."""
    told = [row["minute_close_gross_paise"] for row in trades]
    return None if None in told else sum(told)


def costs(contents: Contents) -> Sheet:
    """Return the way from mid-to-mid to net: each line but the totals is what is added on the way to the next total.

    mid_to_mid − spread − depth − latency = gross; gross − components − rounding = net, exactly, as shown.
    """
    trades = contents.trades
    gross, charges = total(trades, "gross_paise"), total(trades, "charges_paise")
    paid = {name: exact_paise(row[f"{name}_paise"] for row in trades) for name in ("spread", "depth", "latency")}
    parts = {name: _component_paise(trades, name) for name in COMPONENTS}
    measures = [
        Measure("mid_to_mid", "Mid to mid, at the decisions", Kind.MONEY, [gross + sum(paid.values())]),
        Measure("spread", "Spread: from mid to the best quote", Kind.MONEY, [-paid["spread"]], 1),
        Measure("depth", "Depth: beyond the best quote", Kind.MONEY, [-paid["depth"]], 1),
        Measure("latency", "Latency: mids moved before the fill", Kind.MONEY, [-paid["latency"]], 1),
        Measure("gross", "Gross", Kind.MONEY, [gross]),
        *(Measure(name, COMPONENTS[name], Kind.MONEY, [-part], 1) for name, part in parts.items()),
        Measure("rounding", "Rounding of charges to a paisa", Kind.MONEY, [sum(parts.values()) - charges], 1),
        Measure("net", "Net", Kind.MONEY, [gross - charges]),
        Measure("net_flat5", "Beside it: gross less ₹5 a trade", Kind.MONEY, [total(trades, "net_flat5_paise")]),
        Measure("minute_close", "Beside gross: one-minute candles would have told", Kind.MONEY, [_by_candles(trades)]),
    ]
    return Sheet(
        "costs",
        "From mid to net",
        (("amount", "Amount"),),
        measures,
        "Spread, depth and latency are inside gross: fills paid them. Latency above zero is a gain. Candles: every "
        "order at the last price of the minute in which it was decided; nothing where a contract had none.",
    )


def cautions(contents: Contents) -> list[str]:
    """Return what a reader must know before believing a figure: short samples, lost tasks, many tries."""
    sentences = []
    trades, sessions = len(contents.trades), contents.days_with_trades
    if not trades:
        sentences.append("There was no trade: the way from days to trades, below, tells why.")
    elif sessions < statistics.SESSIONS_NEEDED:
        sentences.append(
            f"n = {counted(trades, 'trade')} on {counted(sessions, 'day')}: too few to conclude anything. "
            f"At least {statistics.SESSIONS_NEEDED} sessions with trades are needed."
        )
    lost = [f"{count(tasks)} {state}" for state in ("failed", "refused") if (tasks := len(contents.tasks(state)))]
    if lost:
        sentences.append(
            f"{' and '.join(lost)} of {count(len(contents.ledger))} tasks (a day of a variant): every figure is "
            "without them. “From days to trades” tells why."
        )
    if len(contents.plan) > 1:
        sentences.append(
            f"{len(contents.plan)} variants are added up in the headline: they are alternatives tried on the same "
            "days, not a portfolio. Each stands alone under “By variant”."
        )
    return sentences
