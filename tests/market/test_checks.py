"""Checks of other people's calendars, and of our own data files, with planted defects."""

import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from market.answers import EXPIRIES, table
from nfolab.base.errors import InputError
from nfolab.market.calendar_check import check_calendar
from nfolab.market.check import faults

DATA = Path(str(files("nfolab.market").joinpath("data")))
HEADER = "Instrument,Expiry_Type,Contract_Month,Final_Expiry\n"


def test_the_users_calendar_has_exactly_its_eighteen_wrong_rows(real_data: Path) -> None:
    found = check_calendar(real_data / "ref" / "user_expiry_calendar.csv")
    wanted = [
        (int(row["line"]), row["underlying"], row["kind"], row["in_file"], row["right"])
        for row in table("calendar_errors")
    ]
    told = [(row.line, row.underlying, row.kind, str(row.in_file), str(row.right or "")) for row in found.wrong]
    assert told == wanted
    assert len(told) == 18
    assert found.rows == 835
    assert len(found.monthly_labelled_weekly) == 145
    assert "Bakri Id" in found.wrong[0].why
    assert "last Thursday" in found.wrong[-1].why
    assert "week of the monthly of 2023-09-28" in found.wrong[4].why


def test_the_answer_file_itself_passes(tmp_path: Path) -> None:
    rows = "".join(f"{one.underlying},{one.kind},{one.scheduled:%Y-%m},{one.expiry}\n" for one in EXPIRIES)
    path = tmp_path / "calendar.csv"
    path.write_text(HEADER + rows)
    found = check_calendar(path)
    assert (found.rows, found.wrong, found.monthly_labelled_weekly) == (1148, [], [])


@pytest.mark.parametrize(
    ("row", "right", "why"),
    [
        ("NIFTY,Weekly,2025-12,2025-12-22", "2025-12-23", "every Tuesday"),
        ("NIFTY,Weekly,2024-08,2024-08-15", "2024-08-14", "Independence Day"),
        ("BANKNIFTY,Weekly,2023-09,2023-09-07", "2023-09-06", "every Wednesday"),
        ("BANKNIFTY,Weekly,2025-01,2025-01-08", None, "no contract expired in that week"),
        ("NIFTY,Monthly,2025-12,2025-12-25", "2025-12-30", "last Tuesday"),
        ("FINNIFTY,Monthly,2019-12,2019-12-26", None, "no monthly of 2019-12"),
    ],
)
def test_a_wrong_row_comes_with_the_right_date_and_the_reason(
    tmp_path: Path, row: str, right: str | None, why: str
) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text(f"{HEADER}NIFTY,Monthly,2025-11,2025-11-25\n{row}\n")
    (found,) = check_calendar(path).wrong
    assert found.line == 3
    assert found.right is None if right is None else str(found.right) == right
    assert why in found.why


def test_the_month_is_taken_from_the_day_where_no_column_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text("underlying,kind,expiry\nnifty,monthly,2025-12-25\n")
    (found,) = check_calendar(path).wrong
    assert str(found.right) == "2025-12-30"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Instrument,Final_Expiry\nNIFTY,2025-12-30\n", "no column expiry_type"),
        ("", "no column instrument"),
        (HEADER + "RELIANCE,Monthly,2025-12,2025-12-30\n", "line 2: RELIANCE monthly"),
        (HEADER + "NIFTY,Yearly,2025-12,2025-12-30\n", "line 2: NIFTY yearly"),
        (HEADER + "NIFTY,Monthly,2025-12,30-12-2025\n", "'30-12-2025' is no day"),
        (HEADER + "NIFTY,Monthly,2029-12,2029-12-27\n", "outside the market facts"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_refused(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(part)):
        check_calendar(path)


def test_a_calendar_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        check_calendar(tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="not text in UTF-8"):
        check_calendar(tmp_path / "binary.csv")


def test_the_data_files_are_without_fault() -> None:
    assert faults() == []
    done = subprocess.run([sys.executable, "-m", "nfolab.market.check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


PLANTED = [
    ("holidays", "2025-12-25,Christmas,yearly,NSE holiday list 2025; exchange_calendars XBOM,high",
     "2025-12-25,Christmas,yearly,,high", "no source"),
    ("holidays", "2025-12-25,Christmas,yearly,NSE holiday list 2025; exchange_calendars XBOM,high",
     "2025-12-25,Christmas,yearly,NSE holiday list 2025; exchange_calendars XBOM,sure", "confidence is none of"),
    ("holidays", "2025-12-25,Christmas", "2025-12-32,Christmas", "is no day"),
    ("holidays", "2025-12-25,Christmas", "2025-12-27,Christmas", "2025-12-27 is no weekday"),
    ("holidays", "2025-12-25,Christmas", "2025-11-05,Christmas", "2025-11-05 stands twice"),
    ("charges", "2026-04-01,,NSE/FATAX/73524", "2026-04-02,,NSE/FATAX/73524", "a gap after 2026-03-31"),
    ("charges", "2026-04-01,,NSE/FATAX/73524", "2026-03-31,,NSE/FATAX/73524", "overlaps the next"),
    ("charges", "0.000355299,premium", "0.0003552991,premium", "finer than 1e-9"),
    ("hours", "2026-08-03,,09:15,15:40", "2026-08-03,2026-12-01,09:15,15:40", "ends on 2026-12-01"),
    ("expiry_rules", "Wednesday,2024-03-27,2024-12-24", "Wednesday,2024-02-28,2024-12-24", "overlaps the next"),
    ("lots", "BANKNIFTY,weekly,2019-01-01", "BANKNIFTY,weekly,2019-02-01", "no lot for the expiry of 2019-01-03"),
    ("lots", "BANKNIFTY,weekly,2019-01-01", "BANKNIFTI,weekly,2019-01-01", "unknown underlying BANKNIFTI"),
    ("special_sessions", "2024-03-02,11:30,12:30", "2024-03-02,09:30,12:30", "windows of 2024-03-02 are not in order"),
    ("expiry_moves", "2023-09-07,2023-09-06", "2023-09-07,2023-09-05", "did not expire on 2023-09-05"),
    ("expiry_moves", "2023-07-12,2023-09-01,2023-09-07", "2023-09-02,2023-09-01,2023-09-07", "in that order"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "told"), PLANTED)
def test_a_planted_defect_is_found(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = faults(folder)
    assert any(told in fault and name in fault for fault in found), found


def test_every_data_file_says_how_sure_each_row_is() -> None:
    names = sorted(path.name for path in DATA.glob("*.csv"))
    assert len(names) == 17
    for name in names:
        header = (DATA / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header[-2:] == ["source", "confidence"]
