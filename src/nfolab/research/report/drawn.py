"""What the page's own script draws: the numbers of the charts, in paise, as JSON."""

import json
from typing import Any

from nfolab.research.report import breakdowns, figures, seconds, statistics
from nfolab.research.report.contents import Contents, days_of
from nfolab.research.report.tables import Measure

MOST_EQUITY_LINES = 60


def equity(contents: Contents) -> list[dict[str, Any]]:
    """Return the daily nets of all variants together and, where there are several, of each of the first sixty."""
    days = days_of(contents)
    place = {one: at for at, one in enumerate(days)}
    keys = [(row["strategy"], row["variant"]) for row in contents.plan]
    shown = keys[:MOST_EQUITY_LINES] if len(keys) > 1 else []
    differing = breakdowns.differing_parameters(contents.plan)
    lines: dict[object, dict[str, list[int]]] = {
        key: {name: [0] * len(days) for name in ("net", "worst", "best")} for key in (None, *shown)
    }
    for row in contents.days:
        for key in {None, (row["strategy"], row["variant"])} & lines.keys():
            for name, column in (("net", "net_paise"), ("worst", "net_worst_paise"), ("best", "net_best_paise")):
                lines[key][name][place[row["day"]]] += row[column]
    together = "all variants added up" if shown else "all"
    labels = [together, *(f"{strategy} {variant}: {differing[strategy, variant]}" for strategy, variant in shown)]
    return [{"label": label, **line} for label, line in zip(labels, lines.values(), strict=True)]


def drawn(contents: Contents, packs: list[tuple[list[int], str]], charts: list[tuple[seconds.Chosen, str]]) -> str:
    """Return the JSON of what the page draws at once, safe inside a script element; money in paise."""
    bins = statistics.histogram([row["net_paise"] for row in contents.trades])
    value: dict[str, Any] = {
        "run": contents.run.header["run"],
        "synthetic": contents.synthetic,
        "trades": len(contents.trades),
        "several_variants": len(contents.plan) > 1,
        "costs": [_bar(measure) for measure in figures.costs(contents).measures if measure.key not in figures.BESIDE],
        "days": [one.isoformat() for one in days_of(contents)],
        "distribution": {"start": bins.start_paise, "width": bins.width_paise, "counts": bins.counts},
        "reasons": [{"reason": row[0], "trades": row[1], "net": row[4]} for row in breakdowns.reasons(contents).rows],
        "packs": [[numbers[0], numbers[-1]] for numbers, _ in packs],
        "charted": [chosen.trade for chosen, _ in charts],
    }
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def _bar(measure: Measure) -> Any:
    label = measure.label.split(":")[0].split(",")[0]
    paise: Any = measure.values[0]
    return {
        "label": label,
        "brief": figures.BRIEF.get(measure.key, label),
        "paise": float(paise),
        "total": measure.level == 0,
    }
