"""Putting one question to both engines, and their answers in one form."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import polars as pl

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.research.run import DayResult, run_day
from nfolab.strategies.recipe import Recipe
from nfolab.vendor.sources import find_sources


def lake_of(folder: Path, lake: Path) -> Lake:
    pack(find_sources([folder]), lake, workers=1)
    return Lake.open(lake)


def fast_answers(lake: Lake, day: dt.date, recipe: Recipe, questions: Sequence[Mapping[str, str]]) -> list[list[dict]]:
    """The outcomes of each question, all run in one batch, in the reference's form; see `plain_reference`."""
    variants = [recipe.variant(question, number) for number, question in enumerate(questions)]
    result = run_day(lake, "BANKNIFTY", day, variants)
    failed = result.tables["ledger"].filter(pl.col("state") == "failed")
    assert failed.is_empty(), failed["reason"][0]
    return [_of_variant(result, number, day) for number in range(len(variants))]


def _second(time: dt.datetime) -> int:
    return (time.hour * 60 + time.minute) * 60 + time.second - (9 * 60 + 15) * 60


def _of_variant(result: DayResult, number: int, day: dt.date) -> list[dict]:
    tables = result.tables
    ledger = tables["ledger"].filter(pl.col("variant") == number).row(0, named=True)
    if ledger["state"] == "refused":
        return [{"refused": True}]
    events = tables["events"].filter(pl.col("variant") == number).rows(named=True)
    trades = {row["trade"]: row for row in tables["trades"].filter(pl.col("variant") == number).rows(named=True)}
    answers: list[dict] = []
    for event in events:
        if event["event"] == "missed" and event["contract"] is None:
            answers.append({"refused": True})
        elif event["event"] == "missed":
            answers.append({"missed": (_second(event["time"]), event["leg"], event["reason"])})
        elif event["event"] == "skipped":
            answers.append({"skipped": _second(event["time"])})
        elif event["event"] == "decision" and event["leg"] == 0 and event["trade"] is not None:
            row = trades[event["trade"]]
            legs = tables["legs"].filter(pl.col("trade") == event["trade"]).rows(named=True)
            answers.append(_trade(row, legs, [other for other in events if other["trade"] == event["trade"]]))
    assert all(json.loads(row["params"]) for row in trades.values())
    return answers


LIFE = ("most_gain", "most_loss", "seconds_held", "minute_close")


def life_columns(row: Mapping[str, Any]) -> dict[str, int | None]:
    """What a row of `trades` tells of the trade's life, in the reference's words."""
    columns = ("most_gain_paise", "most_loss_paise", "seconds_held", "minute_close_gross_paise")
    return {name: row[column] for name, column in zip(LIFE, columns, strict=True)}


def _trade(row: dict[str, Any], legs: list[dict[str, Any]], events: list[dict[str, Any]]) -> dict:
    return {
        "decided": _second(row["decision_time"]),
        "entry": _second(row["entry_time"]),
        "exit": _second(row["exit_time"]),
        "reason": row["reason"],
        "gross": row["gross_paise"],
        "charges": row["charges_paise"],
        "net": row["net_paise"],
        "net_flat5": row["net_flat5_paise"],
        "net_best": row["net_best_paise"],
        "net_worst": row["net_worst_paise"],
        "margin": row["margin_paise"],
        **life_columns(row),
        "legs": [
            (
                leg["contract"], leg["side"], leg["units"], _second(leg["entry_time"]), _second(leg["exit_time"]),
                leg["entry_value_paise"], leg["exit_value_paise"], leg["reason"], leg["gross_paise"],
            )
            for leg in legs
        ],
        "fills": sorted(
            (
                _second(event["time"]), event["leg"], _second(event["row_time"]), event["side"], event["level"],
                event["price_paise"], event["quantity"],
            )
            for event in events
            if event["event"] == "fill"
        ),
        "decisions": [
            (
                _second(event["time"]), event["event"],
                None if event["event"] == "time" else (event["observed_paise"], event["threshold_paise"]),
            )
            for event in events
            if event["event"] in ("stop", "leg_stop", "target", "time")
        ],
    }  # fmt: skip


def plain_reference(outcomes: Sequence[dict]) -> list[dict]:
    """The reference's outcomes: trades with every leg, fill and decision; misses with their cause; refusals."""
    answers: list[dict] = []
    for outcome in outcomes:
        trade = outcome["trade"]
        if trade is not None:
            answers.append(_reference_trade(trade))
        elif "miss" in outcome:
            miss = outcome["miss"]
            answers.append({"missed": (miss["second"], miss["leg"], miss["cause"])})
        elif "skipped" in outcome:
            answers.append({"skipped": outcome["skipped"]})
        else:
            answers.append({"refused": True})
    return answers


def _reference_trade(trade: dict) -> dict:
    return {
        "decided": trade["decided"],
        "entry": trade["entry_second"],
        "exit": trade["exit_second"],
        **{name: trade[name] for name in ("reason", "gross", "charges", "net", "net_flat5", "net_best", "net_worst")},
        **{name: trade[name] for name in ("margin", *LIFE)},
        "legs": [
            (
                str_of(leg["contract"]), leg["side"], leg["units"], leg["entry_second"], leg["exit_second"],
                leg["entry_value"], leg["exit_value"], leg["reason"], leg["gross"],
            )
            for leg in trade["legs"]
        ],
        "fills": sorted(
            (
                *(fill["second"], fill["leg"], fill["row"].second, fill["side"]),
                *(level["level"], level["price"], level["quantity"]),
            )
            for fill in trade["fills"]
            for level in fill["levels"]
        ),
        "decisions": [
            (decision["second"], decision["rule"], _shown(trade, decision))
            for decision in trade["decisions"]
        ],
    }  # fmt: skip


def _shown(trade: dict, decision: dict) -> tuple[int, int] | None:
    """What was observed and held against it, cut to a paisa; a threshold is the nearest half-paisa that can be met."""
    if decision["rule"] == "time":
        return None
    falls = decision["rule"] == "leg_stop" and trade["legs"][decision["legs"][0]]["side"] == "buy"
    half_paise = 2 * Fraction(decision["threshold"])
    return int(2 * decision["observed"]) // 2, (floor(half_paise) if falls else ceil(half_paise)) // 2


def str_of(contract: Any) -> str:
    return f"{contract.underlying} {contract.expiry} {contract.strike} {contract.kind}"


def toml_of(words: Mapping[str, Any], on: str) -> str:
    """The recipe file of `reference.cases.random_recipe`'s words, all its rules watching the price `on`."""
    lines = ['title = "random"', 'side = "mixed"', "", "[params]"]
    settings = {"spot": words["spot"], "latency": f"{words['latency']}s", "max_quote_age": f"{words['max_quote_age']}s"}
    lines += [f'{name} = {{ default = "{value}" }}' for name, value in settings.items()]
    lines += ["", "[enter]", f"at = {json.dumps(words['enter'])}"]
    for leg in words["legs"]:
        lines += ["", "[[leg]]", f'{leg["side"]} = "{leg["kind"]}"', f'strike = "{leg["strike"]}"']
        lines += [f'lots = "{words["lots"] * leg["lots"]}lots"']
    lines += ["", "[exit]", f'time = "{words["exit"]}"', f'on = "{on}"']
    for rule in ("stop", "target", "leg_stop"):
        if words[rule] is not None:
            lines.append(f'{rule} = "{words[rule]["amount"]}"')
    return "\n".join(lines) + "\n"


def watching(words: Mapping[str, Any], on: str) -> dict[str, Any]:
    """The same words with every limit watching one price, as a recipe has it."""
    rules = ("stop", "target", "leg_stop")
    return {**words, **{rule: words[rule] and {**words[rule], "on": on} for rule in rules}}
