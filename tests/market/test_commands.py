"""The commands `contract`, `calendar` and `charges`."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from market.answers import EXPIRIES, table
from nfolab.base.errors import InputError
from nfolab.cli import market

app = typer.Typer()
market.register(app)


def ask(*arguments: str) -> Any:
    """Return the one JSON document the command prints."""
    done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False, env={"COLUMNS": "250"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_charges_of_the_worked_example() -> None:
    arguments = "charges --underlying BANKNIFTY --expiry 2025-10-28 --day 2025-10-15 --sell 300 --buy 250 --lots 1"
    assert ask(*arguments.split(), "--plan", "flat20") == {
        "lot": 35,
        "units": 35,
        "sell_value": 10_500.0,
        "buy_value": 8_750.0,
        "brokerage": 40.0,
        "stt": 10.5,
        "exchange": 6.7433,
        "ipft": 0.0963,
        "sebi": 0.0193,
        "stamp": 0.2625,
        "gst": 8.4346,
        "total": 66.0559,
        "gross": 1750.0,
        "net": 1683.9441,
    }
    assert "1683.9441" in shown(*arguments.split(), "--plan", "flat20")
    flat5 = ask(*arguments.split(), "--plan", "flat5")
    assert (flat5["total"], flat5["net"], flat5["stt"]) == (5.0, 1745.0, 0.0)
    assert ask(*arguments.split())["brokerage"] == 0.0


def test_charges_of_sensex_say_what_is_approximate() -> None:
    arguments = "charges --underlying sensex --expiry 2025-10-30 --day 2025-10-15 --sell 300.05 --buy 0 --json"
    done = CliRunner().invoke(app, arguments.split(), catch_exceptions=False)
    assert json.loads(done.stdout)["sell_value"] == 6001.0
    assert "approximate: ipft taken from NSE" in done.stderr


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"--plan": "flat2"}, "did you mean flat20"),
        ({"--sell": "1.005"}, "whole paise"),
        ({"--sell": "many"}, "not a price"),
        ({"--sell": "nan"}, "cannot be a price"),
        ({"--buy": "-1"}, "cannot be a price"),
        ({"--lots": "0"}, "0 lots"),
        ({"--day": "15-10-2025"}, "is not a day"),
        ({"--day": "2025-10-29"}, "did not trade on 2025-10-29"),
        ({"--expiry": "2025-10-29"}, "no BANKNIFTY contract expired on 2025-10-29"),
        ({"--underlying": "BANKNIFTI"}, "did you mean BANKNIFTY"),
    ],
)
def test_charges_refuse_what_cannot_be(changed: dict[str, str], part: str) -> None:
    given = {
        "--underlying": "BANKNIFTY",
        "--expiry": "2025-10-28",
        "--day": "2025-10-15",
        "--sell": "300",
        "--buy": "250",
    }
    arguments = [word for pair in (given | changed).items() for word in pair]
    with pytest.raises(InputError, match=part):
        CliRunner().invoke(app, ["charges", *arguments], catch_exceptions=False)


def test_a_contract_is_read() -> None:
    assert ask("contract", "banknifty2390745000ce", "--trade-date", "2023-08-31") == {
        "underlying": "BANKNIFTY",
        "expiry": "2023-09-06",
        "expiry_as_known": "2023-09-07",
        "kind": "CE",
        "strike": 45000,
        "weekly_or_monthly": "weekly",
        "lot": 15,
        "note": "listed for 2023-09-07, moved after listing to 2023-09-06",
    }
    plain = ask("contract", "BANKNIFTY25DECFUT")
    assert (plain["expiry"], plain["expiry_as_known"], plain["strike"], plain["note"]) == (
        "2025-12-30",
        "2025-12-30",
        None,
        None,
    )
    assert ask("contract", "nifty25dec24000ce", "--trade-date", "2022-06-01")["lot"] == 50
    assert "2025-12-30" in shown("contract", "banknifty25dec59400ce")
    with pytest.raises(InputError, match="2524000 CE"):
        CliRunner().invoke(app, ["contract", "nifty25dec2524000ce"], catch_exceptions=False)


def test_expiries_are_listed() -> None:
    listed = ask("calendar", "expiries", "banknifty")
    wanted = sorted((one for one in EXPIRIES if one.underlying == "BANKNIFTY"), key=lambda one: one.expiry)
    assert listed == [
        {
            "underlying": "BANKNIFTY",
            "kind": one.kind,
            "scheduled": str(one.scheduled),
            "expiry": str(one.expiry),
            "lot": one.lot,
        }
        for one in wanted
    ]
    assert "2025-12-30" in shown("calendar", "expiries", "NIFTY", "--from", "2025-12-01", "--to", "2025-12-31")


def test_expiries_as_a_day_knew_them() -> None:
    known = ask("calendar", "expiries", "BANKNIFTY", "--as-of", "2023-08-31", "--to", "2023-09-30")
    assert [one["expiry"] for one in known] == ["2023-08-31", "2023-09-07", "2023-09-14", "2023-09-21", "2023-09-28"]
    later = ask("calendar", "expiries", "BANKNIFTY", "--as-of", "2023-09-04", "--to", "2023-09-30")
    assert [one["expiry"] for one in later] == ["2023-09-06", "2023-09-13", "2023-09-20", "2023-09-28"]
    lots = ask("calendar", "expiries", "NIFTY", "--as-of", "2024-12-26", "--to", "2025-03-31")
    assert {one["expiry"]: one["lot"] for one in lots}["2025-03-27"] == 25
    assert [one["scheduled"] for one in known] == [one["expiry"] for one in known]
    with pytest.raises(InputError, match="is not a day"):
        CliRunner().invoke(app, ["calendar", "expiries", "NIFTY", "--as-of", "today"], catch_exceptions=False)


def test_expiries_of_bse_are_marked_unverified() -> None:
    for arguments in (["calendar", "expiries", "SENSEX"], ["contract", "sensex25o3085000ce"]):
        done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert json.loads(done.stdout)
        assert "unverified: expiries of SENSEX" in done.stderr
    done = CliRunner().invoke(app, ["calendar", "expiries", "NIFTY", "--json"], catch_exceptions=False)
    assert done.stderr == ""


def test_a_calendar_is_checked(real_data: Path) -> None:
    file = str(real_data / "ref" / "user_expiry_calendar.csv")
    found = ask("calendar", "check", file)
    assert [(str(one["line"]), one["in_file"], one["right"] or "") for one in found] == [
        (row["line"], row["in_file"], row["right"]) for row in table("calendar_errors")
    ]
    assert all(one["why"] for one in found)
    done = CliRunner().invoke(app, ["calendar", "check", file], catch_exceptions=False)
    assert "18 wrong of 835 rows" in done.stdout
    assert "145 rows give a monthly's date the label weekly" in done.stderr


def test_sessions_are_told() -> None:
    assert ask("calendar", "session", "2024-03-02") == {
        "day": "2024-03-02",
        "open": True,
        "windows": [
            ["2024-03-02T09:15:00+05:30", "2024-03-02T10:00:00+05:30"],
            ["2024-03-02T11:30:00+05:30", "2024-03-02T12:30:00+05:30"],
        ],
        "name": "disaster-recovery switch",
        "reason": None,
    }
    assert ask("calendar", "session", "2025-12-25") == {
        "day": "2025-12-25",
        "open": False,
        "windows": [],
        "name": None,
        "reason": "Christmas",
    }
    unknown = ask("calendar", "session", "2026-11-08")
    assert (unknown["open"], unknown["name"]) == (False, "Muhurat")
    assert "hours are not known" in unknown["reason"]
    assert "Christmas" in shown("calendar", "session", "2025-12-25")
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        CliRunner().invoke(app, ["calendar", "session", "2027-01-01"], catch_exceptions=False)
