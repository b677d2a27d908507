"""Pieces of the page: the headline, key figures, and tables as HTML. Whatever comes from data is escaped here."""

import hashlib
import json
from html import escape
from typing import Any

from nfolab.research.report import figures, statistics
from nfolab.research.report.contents import Contents
from nfolab.research.report.shown import Cell, Kind, count, counted, money
from nfolab.research.report.tables import Column, Sheet, Table

MOST_ROWS = 1_500
"""Rows of a table in the page: five years of days, or the first so many variants."""


def title_of(contents: Contents) -> str:
    """Return the strategies of a run as a headline: `Short straddle`."""
    titles = contents.run.header["titles"]
    if len(titles) > 4:
        return f"{len(titles)} strategies"
    return ", ".join(title.partition(": ")[0] for title in titles.values())


def subtitle_of(contents: Contents) -> str:
    """Return what the one strategy of a run does, by its own words; empty where there are several."""
    titles = list(contents.run.header["titles"].values())
    said = titles[0].partition(": ")[2] if len(titles) == 1 else ""
    return f"{said[:1].upper()}{said[1:]}. " if said else ""


def facts(contents: Contents) -> str:
    """Return what was run on what, with which code and models, as a list of definitions."""
    header = contents.run.header
    said = [
        (
            "Data",
            f"{header['source']}, {header['days_with_data']} of {header['days']} sessions, hash {_data_hash(header)}",
        ),
        ("Underlying", header["underlying"]),
        ("Code", f"{header['version']}, {header['code']}"),
        ("Tasks", _tasks(contents)),
        *((name.replace("_", " ").capitalize(), _model(model)) for name, model in header.get("models", {}).items()),
    ]
    if len(contents.plan) == 1:
        params = json.loads(contents.plan[0]["params"])
        said.append(("Parameters", ", ".join(f"{name}={value}" for name, value in params.items())))
    items = "".join(
        f"<div{' class=whole' if name == 'Parameters' else ''}>"
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in said
    )
    return f'<dl class="facts">{items}</dl>'


def _model(model: Any) -> str:
    if isinstance(model, dict):
        return ", ".join(f"{name} {value}" for name, value in model.items())
    return ", ".join(map(str, model)) if isinstance(model, list) else str(model)


def _data_hash(header: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(header["data"], sort_keys=True).encode()).hexdigest()[:12]


def _tasks(contents: Contents) -> str:
    states = {state: len(contents.tasks(state)) for state in ("done", "refused", "failed")}
    return ", ".join(f"{count(tasks)} {state}" for state, tasks in states.items() if tasks)


def _tone(paise: Any) -> str:
    return "gain" if paise > 0 else "loss" if paise < 0 else ""


def hero(contents: Contents, result: Sheet) -> str:
    """Return the headline: net, its band, what to beware of, and the key figures."""
    net: Any = result.value("net")
    worst: Any = result.value("net_worst")
    best: Any = result.value("net_best")
    nets = [row["net_paise"] for row in contents.trades]
    fall = figures.drawdown_of(contents.trades)
    wins = statistics.wins_count(nets)

    def text(key: str) -> str:
        measure = next(one for one in result.measures if one.key == key)
        return measure.cells()[0].text()

    key = [
        (
            "Trades",
            text("trades"),
            f"on {contents.days_with_trades} of {counted(contents.days_with_data, 'day')} with data",
        ),
        ("Win rate", text("win_rate_percent"), f"{count(wins)} of {count(len(nets))} above zero"),
        ("Profit factor", text("profit_factor"), "won for each rupee lost"),
        ("Max drawdown, by day", text("max_drawdown"), figures.drawdown_dates(fall) or "never below its peak"),
        ("Mean net a trade", text("mean"), f"median {text('median')}"),
        ("Worst trade", text("worst_trade"), f"best {text('best_trade')}"),
        ("Gross", text("gross"), f"charges {text('charges')}"),
        ("Gross less ₹5 a trade", text("net_flat5"), "the plan flat5, beside the law's charges"),
    ]
    figures_list = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(more)}</small></dd></div>"
        for name, value, more in key
    )
    return (
        f'<div class="hero"><div><p class="label">Net of all charges, likely fills</p><div class="net {_tone(net)}">'
        f"{money(net)}</div></div>{_band(worst, net, best)}</div>"
        + _cautions(contents)
        + f'<dl class="key">{figures_list}</dl>'
    )


def no_trade(contents: Contents) -> str:
    """Return the headline of a run that made no trade: no figure, and why."""
    return f'<div class="hero"><div class="net">No trade</div></div>{_cautions(contents)}'


def _cautions(contents: Contents) -> str:
    warnings = "".join(f"<li>{prose(sentence)}</li>" for sentence in figures.cautions(contents))
    return f'<ul class="cautions">{warnings}</ul>' if warnings else ""


def _band(worst: int, net: int, best: int) -> str:
    """Return the band as a drawn range from worst to best, with the likely, and zero where it lies between."""
    reach = max(best - worst, 1)

    def at(value: int) -> float:
        return 100 * (value - worst) / reach

    says = f"worst {money(worst)}, likely {money(net)}, best {money(best)}"
    zero = f'<div class="zero" style="left:{at(0):.2f}%"></div>' if worst < 0 < best else ""
    return (
        f'<div class="band" role="img" aria-label="{escape(says)}"><div class="range"></div>{zero}'
        f'<div class="likely" style="left:{at(net):.2f}%"></div>'
        f'<div class="middle" style="left:{min(max(at(net), 12), 88):.2f}%"><small>likely</small>{money(net)}</div>'
        f'<div class="low"><small>worst</small>{money(worst)}</div>'
        f'<div class="high"><small>best</small>{money(best)}</div>'
        "</div>"
    )


def prose(text: str) -> str:
    """Return a sentence as HTML, with what stands in backticks set as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _class(column: Column) -> str:
    words = [("number", column.kind.is_number), ("day", column.kind is Kind.DAY), ("wide", column.wide)]
    return " ".join(word for word, holds in words if holds)


def _cell(cell: Cell, column: Column, tag: str = "td") -> str:
    scope = ' scope="row"' if tag == "th" else ""
    said = " said" if cell.kind is Kind.TEXT and isinstance(cell.value, str) and len(cell.value) > 24 else ""
    return f'<{tag}{scope} class="{_class(column)}{said}">{prose(cell.text())}</{tag}>'


def _figure(cell: Cell) -> str:
    long = " long" if cell.kind is Kind.TEXT else ""
    return f'<td class="number{long}">{escape(cell.text())}</td>'


def table(made: Table, *, folded: bool = False) -> str:
    """Return a table as HTML; `folded` gives a long one a scroll of its own."""
    heads = "".join(
        f'<th scope="col" class="{_class(column)}">{escape(column.heading)}</th>' for column in made.columns
    )
    rows = "".join(
        "<tr>"
        + _cell(row[0], made.columns[0], "th")
        + "".join(_cell(cell, column) for cell, column in zip(row[1:], made.columns[1:], strict=True))
        + "</tr>"
        for row in made.cells()[:MOST_ROWS]
    )
    left_out = len(made.rows) - MOST_ROWS
    rest = f" {count(left_out)} more rows are in `nfolab report --json`." if left_out > 0 else ""
    note = f'<p class="note">{prose(made.note + rest)}</p>' if made.note or rest else ""
    return (
        f'<div class="scroll{" folded" if folded else ""}" tabindex="0" role="region" '
        f'aria-label="{escape(made.title)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )


def sheet(made: Sheet) -> str:
    """Return a sheet as HTML: totals bold, their parts indented."""
    heads = "".join(f'<th scope="col" class="number">{escape(heading)}</th>' for _, heading in made.groups)
    rows = "".join(
        f'<tr class="{"part" if measure.level else "total" if measure.kind is Kind.MONEY else "plain"}">'
        f'<th scope="row">{escape(measure.label)}</th>' + "".join(_figure(cell) for cell in measure.cells()) + "</tr>"
        for measure in made.measures
    )
    note = f'<p class="note">{escape(made.note)}</p>' if made.note else ""
    return (
        f"<h3>{escape(made.title)}</h3>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(made.title)}">'
        f'<table class="sheet"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"</div>{note}"
    )
