"""The sections of the page, in its order. Whatever comes from data is escaped here."""

from html import escape

from nfolab.research.report import breakdowns, details, figures, seconds
from nfolab.research.report.contents import Contents, last_line
from nfolab.research.report.drawn import equity
from nfolab.research.report.parts import hero, no_trade, sheet, table
from nfolab.research.report.shown import counted, day, money


def _figure(contents: Contents, name: str, title: str, says: str, *, before: str = "") -> str:
    mark = ' <span class="mark">SYNTHETIC</span>' if contents.synthetic else ""
    return (
        f"<figure><figcaption><strong>{escape(title)}{mark}</strong>{escape(says)}</figcaption>{before}"
        f'<div class="plot" id="{name}" role="img" aria-label="{escape(title)}. {escape(says)}"></div></figure>'
    )


def sections(
    contents: Contents, charts: list[tuple[seconds.Chosen, str]], refused: list[str]
) -> list[tuple[str, str, str]]:
    """Return the id, title and HTML of each section that has something to say."""
    result = figures.result(contents)
    some = bool(contents.trades)
    made = [("result", "The result", hero(contents, result) + sheet(result) if some else no_trade(contents))]
    if some:
        made.append(("costs", "What trading cost", _costs(contents)))
        made.append(("days", "Day by day", _days(contents)))
    if len(contents.plan) > 1:
        made.append(("variants", "By variant", table(breakdowns.variants(contents), folded=True)))
    lost = table(breakdowns.funnel(contents)) + _failures(contents)
    if not some:
        lost += f"<h3>By day</h3>{table(breakdowns.by_day(contents), folded=True)}"
    made.append(("funnel", "From days to trades", lost))
    if some:
        made.append(("trades", "Trades", _trades(contents)))
        made.append(("seconds", "Second by second", _charts(contents, charts, refused)))
    return made


def _costs(contents: Contents) -> str:
    says = "Grey bars are totals; between them stands what was paid, or gained, on the way."
    return (
        '<p class="lead">Fills cross the spread, walk the book and come a second late: that is inside gross. Charges '
        "come on top.</p>"
        '<div class="columns costs">'
        + _figure(contents, "waterfall", "From mid to net", says)
        + "<div>"
        + sheet(figures.costs(contents))
        + "</div></div>"
    )


def _days(contents: Contents) -> str:
    choice = ""
    lines = equity(contents)
    if len(lines) > 1:
        options = "".join(f'<option value="{at}">{escape(line["label"])}</option>' for at, line in enumerate(lines))
        left_out = len(contents.plan) + 1 - len(lines)
        note = f'<p class="note">{counted(left_out, "variant")} more in the table only.</p>' if left_out > 0 else ""
        choice = f'<div class="tools"><label>Show <select id="equity-variant">{options}</select></label></div>{note}'
    return (
        _figure(contents, "equity", "Equity and drawdown", "Net added up by day, on days with data.", before=choice)
        + '<div class="columns">'
        + _figure(contents, "distribution", "Net of a trade", "How many trades ended where.")
        + _figure(contents, "endings", "Exits by reason", "Trades, and their net together.")
        + "</div>"
        + _endings(contents)
        + f"<h3>By day</h3>{table(breakdowns.by_day(contents), folded=True)}"
    )


def _endings(contents: Contents) -> str:
    made = [breakdowns.reasons(contents), *(one for one in [breakdowns.flags(contents)] if one.rows)]
    columns = "".join(f"<div><h3>{escape(one.title)}</h3>{table(one)}</div>" for one in made)
    return f'<div class="columns">{columns}</div>'


def _failures(contents: Contents) -> str:
    failed = contents.tasks("failed")
    if not failed:
        return ""
    shown = "".join(
        f"<details><summary>{escape(str(row['day']))} {escape(row['strategy'])} {row['variant']}: "
        f"{escape(last_line(row['reason']))}</summary><pre>{escape(row['reason'] or '')}</pre></details>"
        for row in failed[:20]
    )
    more = f'<p class="note">{len(failed) - 20} more are in ledger.parquet.</p>' if len(failed) > 20 else ""
    return f"<h3>Failed tasks</h3>{shown}{more}"


def _trades(contents: Contents) -> str:
    several = len(contents.plan) > 1
    heads = [("trade", "Trade", False, False), ("day", "Day", False, False)]
    heads += [("variant", "Variant", False, True)] if several else []
    heads += [
        ("entry", "In", True, True),
        ("exit", "Out", True, True),
        ("reason", "Reason", False, False),
        ("gross_paise", "Gross", True, True),
        ("charges_paise", "Charges", True, True),
        ("net_paise", "Net", True, False),
        ("net_worst_paise", "Worst", True, True),
        ("net_best_paise", "Best", True, True),
        ("return_percent", "On margin", True, True),
        ("flags", "Flags", False, False),
    ]
    head = "".join(
        f'<th scope="col" class="{"number " if number else ""}{"wide" if wide else ""}"'
        f"{' aria-sort=ascending' if key == 'trade' else ''}>"
        f'<button type="button" data-key="{key}">{name}</button></th>'
        for key, name, number, wide in heads
    )
    reasons = sorted({row["reason"] for row in contents.trades})
    flags = sorted({flag for row in contents.trades for flag in row["flags"]})
    left_out = len(contents.trades) - details.MOST_LISTED
    note = f"The first {details.MOST_LISTED} are listed here; `nfolab trades` lists all." if left_out > 0 else ""
    return (
        '<p class="lead">Open a trade for its legs, each decision with what it saw, and each fill with the row of the '
        f"book it hit. {note}</p>"
        '<div class="tools" role="search">'
        '<label>Find <input id="filter-text" type="search" placeholder="day, reason, flag, number"></label>'
        f"{_select('filter-reason', 'Reason', [('', 'all'), *((reason, reason) for reason in reasons)])}"
        f"{_select('filter-result', 'Result', [('', 'all'), ('win', 'wins'), ('loss', 'losses')])}"
        + _select(
            "filter-flag",
            "Flags",
            [("", "all"), ("none", "without"), ("any", "flagged"), *((f"flag:{flag}", flag) for flag in flags)],
        )
        + '</div><p class="shown-count" id="trades-count" role="status" aria-live="polite"></p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Trades"><table class="trades" id="trades">'
        f'<thead><tr>{head}</tr></thead><tbody id="trades-body"></tbody></table></div>'
        '<p class="more"><button type="button" id="trades-more" hidden>Show more</button></p>'
        "<noscript><p>The list of trades needs JavaScript; <code>nfolab trades</code> prints it.</p></noscript>"
    )


def _select(name: str, label: str, options: list[tuple[str, str]]) -> str:
    made = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in options)
    return f'<label>{label} <select id="{name}">{made}</select></label>'


def _charts(contents: Contents, charts: list[tuple[seconds.Chosen, str]], refused: list[str]) -> str:
    run = escape(contents.run.header["run"])
    others = len(contents.trades) - len(charts)
    asks = f'<p class="note">Any other trade: <code>nfolab explain {run} TRADE</code>.</p>' if others else ""
    asks += "".join(f'<p class="note">No chart: {escape(reason)}.</p>' for reason in dict.fromkeys(refused))
    if not charts:
        return f'<p class="lead">No chart could be drawn.</p>{asks}'
    trades = {row["trade"]: row for row in contents.trades}
    rows = []
    for place, (chosen, _) in enumerate(charts):
        row = trades[chosen.trade]
        colour = "gain" if row["net_paise"] > 0 else "loss"
        rows.append(
            f'<li><details data-trade="{chosen.trade}"{" open" if place == 0 else ""}><summary>'
            f'<span>Trade {chosen.trade}, {escape(day(row["day"]))}</span><span class="why">{escape(chosen.why)} · '
            f'{escape(row["reason"])}</span><span class="amount {colour}">{money(row["net_paise"])}</span></summary>'
            '<div class="holder"></div></details></li>'
        )
    return (
        '<p class="lead">The best, the worst, the flagged and a sample, as far as they fit into this file.</p>'
        f'<ul class="chart-list">{"".join(rows)}</ul>{asks}'
    )
