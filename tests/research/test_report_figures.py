"""The figures of a report: sums that agree to the paisa at every level, and what must be said with them."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from nfolab.research.report import Contents, breakdowns, document, figures
from nfolab.research.report.shown import Cell, Kind, money, rupees_exact
from research.run_folders import Folder, date, plausible_run, weekdays

COMPONENTS = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst")


@pytest.fixture(scope="module", params=[1, 3], ids=["one variant", "three variants"])
def contents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents.read(plausible_run(tmp_path_factory.mktemp("runs"), days=24, variants=request.param))


def column(table: Any, key: str) -> list[Any]:
    place = [column.key for column in table.columns].index(key)
    return [row[place] for row in table.rows]


def test_headline_is_the_sum_of_fills(contents: Contents) -> None:
    events = contents.run.table("events").filter(event="fill")
    sign = {"sell": 1, "buy": -1}
    filled = sum(sign[row["side"]] * row["price_paise"] * row["quantity"] for row in events.iter_rows(named=True))
    unclosed = sum(row["exit_value_paise"] for row in contents.run.table("legs").filter(reason="unclosed").to_dicts())
    result = figures.result(contents)
    assert result.value("gross") == filled - unclosed
    assert result.value("net") == filled - unclosed - sum(row["charges_paise"] for row in contents.trades)


def test_every_table_adds_up_to_the_headline(contents: Contents) -> None:
    net = figures.result(contents).value("net")
    assert net != 0
    for made in (breakdowns.reasons(contents), breakdowns.variants(contents), breakdowns.by_day(contents)):
        assert sum(value for value in column(made, "net") if value is not None) == net
        assert sum(value for value in column(made, "trades") if value is not None) == len(contents.trades)
    assert column(breakdowns.by_day(contents), "equity")[-1] == net
    for name in ("gross", "charges", "net_worst", "net_best"):
        told = sum(value for value in column(breakdowns.by_day(contents), name) if value is not None)
        assert told == figures.result(contents).value(name)


def test_with_and_without_the_flagged_add_up(contents: Contents) -> None:
    result = figures.result(contents)
    assert 0 < int(result.value("trades", 2)) < len(contents.trades)
    for key in ("net", "net_best", "net_worst", "gross", "charges", "net_flat5", "trades", "wins"):
        everything, clean, flagged = (result.value(key, group) for group in range(3))
        assert everything == clean + flagged
    assert result.value("net_worst") <= result.value("net") <= result.value("net_best")


def test_waterfall_adds_up_as_shown(contents: Contents) -> None:
    costs = figures.costs(contents)
    shown = {measure.key: rupees_exact(measure.values[0]) for measure in costs.measures}
    assert shown["mid_to_mid"] + shown["spread"] + shown["depth"] + shown["latency"] == shown["gross"]
    parts = sum(shown[name] for name in COMPONENTS)
    assert shown["gross"] + parts + shown["rounding"] == shown["net"]
    assert shown["net"] == rupees_exact(figures.result(contents).value("net"))
    flat = sum(row["gross_paise"] - 500 for row in contents.trades)
    assert costs.value("net_flat5") == flat
    assert costs.value("minute_close") - costs.value("gross") == 350 * len(contents.trades)


def test_rounding_is_less_than_a_paisa_for_each_thing_rounded(contents: Contents) -> None:
    rounding = figures.costs(contents).value("rounding")
    # each trade's total was rounded by at most half a paisa, and so was each of the seven components shown
    assert abs(rounding) <= (len(contents.trades) + 7) / 2


def test_components_are_the_rates_on_the_fills(contents: Contents) -> None:
    legs = contents.run.table("legs")
    sold, bought = legs["entry_value_paise"].sum(), legs["exit_value_paise"].sum()
    stt = Fraction(sold) / 1000  # 0.10 % of sales
    stamp = Fraction(bought) * 3 / 100_000  # 0.003 % of purchases
    costs = figures.costs(contents)
    assert abs(costs.value("stt") + stt) <= Fraction(1, 2)
    assert abs(costs.value("stamp") + stamp) <= Fraction(1, 2)


def test_days_without_trades_say_why(contents: Contents) -> None:
    made = breakdowns.by_day(contents)
    untold = [
        row["day"]
        for row, trades, note in zip(made.json(), column(made, "trades"), column(made, "note"), strict=True)
        if not trades and not note
    ]
    assert untold == []
    lost = [row for row in made.json() if row["trades"] is None]
    assert all(row["net"] is None and str(row["note"]).startswith(("refused", "failed")) for row in lost)


def test_funnel_leads_from_days_to_trades(contents: Contents) -> None:
    rows = [(step, count) for step, count, _ in breakdowns.funnel(contents).rows]
    steps = dict(rows)
    lost = sum(count for step, count in rows if step in {"less refused", "less failed"})
    assert steps["Days × variants planned"] - lost == steps["Done"]
    assert steps["Done"] - steps["less without a trade"] == steps["With trades"]
    assert steps["Entries missed"] == len(contents.refusals)
    assert steps["Trades"] == len(contents.trades)


def test_few_sessions_are_called_too_few(tmp_path: Path) -> None:
    few = Contents.read(plausible_run(tmp_path, days=6, run="few"))
    many = Contents.read(plausible_run(tmp_path, days=60, run="many"))
    assert any("n = 5 trades on 5 days: too few" in sentence for sentence in figures.cautions(few))
    assert many.days_with_trades >= 30
    assert not any("too few" in sentence for sentence in figures.cautions(many))


def test_lost_tasks_and_many_tries_are_told(contents: Contents) -> None:
    said = " ".join(figures.cautions(contents))
    assert "failed and" in said
    assert "refused of" in said
    assert ("not a portfolio" in said) == (len(contents.plan) > 1)


def test_differing_parameters_name_only_what_differs(tmp_path: Path) -> None:
    plan = plausible_run(tmp_path, days=2, variants=2).table("plan").to_dicts()
    assert breakdowns.differing_parameters(plan) == {
        ("short_straddle", 0): "stop=6%, leg_stop=none",
        ("short_straddle", 1): "stop=7%, leg_stop=30%",
    }


def test_a_run_without_trades_has_a_report(tmp_path: Path) -> None:
    folder = Folder(tmp_path, run="none")
    variant = folder.variant(0)
    for day in weekdays(date(2025, 7, 7), 3):
        folder.close_day(variant, day, "no_row")
    contents = Contents.read(folder.write())
    told = document(contents, tmp_path / "report.html")["tables"]
    assert isinstance(told, dict)
    assert told["result"]["all"]["net"] == 0.0
    assert told["result"]["all"]["win_rate_percent"] is None
    assert "There was no trade" in figures.cautions(contents)[0]


def test_json_is_in_rupees(contents: Contents) -> None:
    told: Any = document(contents, Path("report.html"))["tables"]
    net = figures.result(contents).value("net")
    assert Decimal(str(told["result"]["all"]["net"])) * 100 == net
    assert told["days"][0]["day"] == "2025-07-07"
    assert set(told) == {"result", "costs", "flags", "reasons", "variants", "days", "funnel"}


@pytest.mark.parametrize(
    ("paise", "written"),
    [
        (0, "₹0.00"),
        (-5, "−₹0.05"),
        (12_345_678_90, "₹1,23,45,678.90"),
        (-99_999, "−₹999.99"),
        (100_000_00, "₹1,00,000.00"),
        (Fraction(2469, 2), "₹12.345"),  # half a paisa, of a mid
    ],
)
def test_money_is_written_the_indian_way(paise: int | Fraction, written: str) -> None:
    assert money(paise) == written


def test_nothing_is_never_written_as_zero() -> None:
    assert Cell(None, Kind.MONEY).text() == "–"
    assert Cell(None, Kind.MONEY).json() is None
    assert Cell(Fraction(200, 3), Kind.PERCENT).text() == "66.67 %"
    assert Cell(Fraction(-1, 3), Kind.PERCENT).text() == "−0.33 %"
