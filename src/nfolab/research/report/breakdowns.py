"""The result taken apart: by reason, flag, variant and day, and the way from days to trades."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from nfolab.research.report import statistics
from nfolab.research.report.contents import Contents, Row, last_line, total
from nfolab.research.report.figures import drawdown_of
from nfolab.research.report.shown import Kind, Value, to_a_paisa
from nfolab.research.report.tables import Column, Table
from nfolab.strategies.mirror import side_of

MOST_REASONS = 20
MOST_NOTES = 4


def reasons(contents: Contents) -> Table:
    """Return how trades ended, and what each ending brought."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in contents.trades:
        groups[row["reason"]].append(row)
    return Table(
        "reasons",
        "Exits by reason",
        (
            Column("reason", "Reason", Kind.TEXT),
            Column("trades", "Trades", Kind.COUNT),
            Column("wins", "Wins", Kind.COUNT),
            Column("partial_exits", "Partial exits", Kind.COUNT, wide=True),
            Column("net", "Net", Kind.MONEY),
            Column("mean", "Mean", Kind.MONEY),
        ),
        [
            (
                reason,
                len(rows),
                sum(row["net_paise"] > 0 for row in rows),
                total(rows, "partial_exits"),
                total(rows, "net_paise"),
                to_a_paisa(statistics.mean_paise([row["net_paise"] for row in rows])),
            )
            for reason, rows in sorted(groups.items(), key=lambda group: -len(group[1]))
        ],
    )


def flags(contents: Contents) -> Table:
    """Return each flag with its trades; a trade with two flags is told under both."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in contents.trades:
        for flag in row["flags"]:
            groups[flag].append(row)
    return Table(
        "flags",
        "Flags",
        (
            Column("flag", "Flag", Kind.TEXT),
            Column("trades", "Trades", Kind.COUNT),
            Column("net", "Net of them", Kind.MONEY),
        ),
        [(flag, len(rows), total(rows, "net_paise")) for flag, rows in sorted(groups.items())],
        "A trade with two flags counts under both.",
    )


def differing_parameters(plan: Sequence[Row]) -> dict[tuple[str, int], str]:
    """Return for each variant the parameters that are not the same in all variants of its strategy, as `stop=20%`."""
    written = {(row["strategy"], row["variant"]): json.loads(row["params"]) for row in plan}
    values: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (strategy, _), params in written.items():
        for name, value in params.items():
            values[strategy][name].add(str(value))
    return {
        key: ", ".join(f"{name}={value}" for name, value in params.items() if len(values[key[0]][name]) > 1)
        for key, params in written.items()
    }


def variants(contents: Contents) -> Table:
    """Return a row a variant, in the order of the plan: no ranking."""
    differing = differing_parameters(contents.plan)
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in contents.trades:
        groups[row["strategy"], row["variant"]].append(row)
    rows = []
    for row in contents.plan:
        key = (row["strategy"], row["variant"])
        trades = groups[key]
        nets = [trade["net_paise"] for trade in trades]
        rows.append(
            (
                *key,
                side_of(row["strategy"]),
                differing[key],
                len(trades),
                statistics.win_rate_percent(nets),
                total(trades, "gross_paise"),
                sum(nets),
                total(trades, "net_worst_paise"),
                total(trades, "net_best_paise"),
                drawdown_of(trades).paise,
                statistics.profit_factor_ratio(nets),
            )
        )
    return Table(
        "variants",
        "By variant",
        (
            Column("strategy", "Strategy", Kind.TEXT),
            Column("variant", "Variant", Kind.COUNT),
            Column("side", "Side", Kind.TEXT, wide=True),
            Column("params", "Differs in", Kind.TEXT),
            Column("trades", "Trades", Kind.COUNT),
            Column("win_rate_percent", "Win rate", Kind.PERCENT),
            Column("gross", "Gross", Kind.MONEY, wide=True),
            Column("net", "Net", Kind.MONEY),
            Column("net_worst", "Worst", Kind.MONEY, wide=True),
            Column("net_best", "Best", Kind.MONEY, wide=True),
            Column("max_drawdown", "Drawdown", Kind.MONEY),
            Column("profit_factor", "Profit factor", Kind.RATIO, wide=True),
        ),
        rows,
        "In the order of the plan. The best of many tries looks better than it is: what was tried counts too.",
    )


def by_day(contents: Contents) -> Table:
    """Return a row a day: its trades and net, and what was said where there was no trade."""
    groups: dict[date, list[Row]] = defaultdict(list)
    for row in contents.days:
        groups[row["day"]].append(row)
    notes: dict[date, list[str]] = defaultdict(list)
    for row in [*contents.days, *contents.ledger]:
        note = row["note"] if "note" in row else _ledger_note(row)
        if note:
            notes[row["day"]].append(note)
    rows = []
    running = 0
    for when in sorted({row["day"] for row in contents.ledger} | set(groups)):
        parts = groups[when]
        running += total(parts, "net_paise")
        names = ("trades", "gross_paise", "charges_paise", "net_paise", "net_worst_paise", "net_best_paise")
        told = [note if count == 1 else f"{note} ({count} variants)" for note, count in _most(notes[when], MOST_NOTES)]
        rows.append(
            (
                when,
                *(total(parts, name) if parts else None for name in names),
                running,
                "; ".join(told) or None,
            )
        )
    return Table(
        "days",
        "By day",
        (
            Column("day", "Day", Kind.DAY),
            Column("trades", "Trades", Kind.COUNT),
            Column("gross", "Gross", Kind.MONEY, wide=True),
            Column("charges", "Charges", Kind.MONEY, wide=True),
            Column("net", "Net", Kind.MONEY),
            Column("net_worst", "Worst", Kind.MONEY, wide=True),
            Column("net_best", "Best", Kind.MONEY, wide=True),
            Column("equity", "Net so far", Kind.MONEY),
            Column("note", "Why no trade", Kind.TEXT),
        ),
        rows,
    )


def _most(said: Sequence[str], most: int) -> list[tuple[str, int]]:
    """Return what was said with its count, the most frequent first; beyond `most` together as other reasons."""
    counted = Counter(said).most_common()
    if len(counted) <= most:
        return counted
    rest = counted[most:]
    return [*counted[:most], (f"{len(rest)} other reasons", sum(count for _, count in rest))]


def _ledger_note(row: Row) -> str | None:
    if row["state"] == "refused":
        return f"refused: {row['reason']}"
    return f"failed: {last_line(row['reason'])}" if row["state"] == "failed" else None


def funnel(contents: Contents) -> Table:
    """Return the way from days of variants to trades: what was lost where, and why."""
    rows: list[tuple[Value, ...]] = [("Days × variants planned", len(contents.ledger), None)]
    for state, label in (("refused", "less refused"), ("failed", "less failed")):
        said = [last_line(row["reason"]) for row in contents.tasks(state)]
        rows += [(label, count, reason) for reason, count in _most(said, MOST_REASONS)]
    rows.append(("Done", len(contents.tasks("done")), None))
    without = [row for row in contents.days if row["trades"] == 0]
    said = [row["note"] or "no reason was given" for row in without]
    rows += [("less without a trade", count, note) for note, count in _most(said, MOST_REASONS)]
    rows.append(("With trades", sum(row["trades"] > 0 for row in contents.days), None))
    for event, label in (("missed", "Entries missed"), ("skipped", "Entries skipped")):
        said = [row["reason"] or "no reason was given" for row in contents.refusals if row["event"] == event]
        rows += [(label, count, reason) for reason, count in _most(said, MOST_REASONS)]
    rows.append(("Trades", len(contents.trades), None))
    return Table(
        "funnel",
        "From days to trades",
        (
            Column("step", "Step", Kind.TEXT),
            Column("count", "Count", Kind.COUNT),
            Column("reason", "Why", Kind.TEXT),
        ),
        rows,
    )
