"""The joint ledgers are made once, anew when a file they looked at is another, and never half."""

import json
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from lake_sources import MONDAY, TUESDAY, clock, small_market, write_spot
from nfolab.base.errors import InputError
from nfolab.cli import audit as audit_command
from nfolab.cli import lake as lake_command
from nfolab.lake import Lake
from nfolab.lake.auditing.audit import audit
from nfolab.lake.auditing.check_words import WORDS
from nfolab.lake.auditing.joint import INPUTS_KEY, audit_days
from nfolab.lake.auditing.joint_findings import MADE as JOINT_MADE
from nfolab.lake.auditing.ledger import LEDGER_SCHEMA, MADE
from nfolab.lake.auditing.severity import MEANING, RULES, Severity, from_level_up, severities, severity_named
from nfolab.lake.layout import joint_file
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources

DAYS = [("BANKNIFTY", MONDAY), ("BANKNIFTY", TUESDAY), ("NIFTY", MONDAY)]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    pack(find_sources(small_market(tmp_path / "raw")), tmp_path / "lake", 1)
    shutil.rmtree(tmp_path / "lake" / "audit" / "joint", ignore_errors=True)
    return tmp_path / "lake"


def joint(root: Path) -> dict[str, bytes]:
    folder = root / "audit" / "joint"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_each_day_of_options_gets_its_ledger_once(lake: Path) -> None:
    assert audit_days(lake, [DAYS[0]], map) == 1
    assert audit_days(lake, None, map) == 2
    made = joint(lake)
    assert list(made) == ["BANKNIFTY/2025-12-15.parquet", "BANKNIFTY/2025-12-16.parquet", "NIFTY/2025-12-15.parquet"]
    assert audit_days(lake, None, map) == 0
    assert joint(lake) == made
    table = pl.read_parquet(joint_file(lake, "NIFTY", MONDAY))
    assert table.schema == pl.Schema(LEDGER_SCHEMA)
    assert set(table["kind"]) == {"joint"}


def test_the_bytes_are_the_same_made_anew(lake: Path) -> None:
    audit_days(lake, None, map)
    made = joint(lake)
    shutil.rmtree(lake / "audit" / "joint")
    audit_days(lake, reversed(DAYS), map)
    assert joint(lake) == made


def test_spot_that_is_delivered_later_makes_the_ledger_anew(lake: Path, tmp_path: Path) -> None:
    audit_days(lake, None, map)
    before = json.loads(pq.read_metadata(joint_file(lake, "NIFTY", MONDAY)).metadata[INPUTS_KEY])
    later = [(clock(MONDAY, second), 26_000.0) for second in range(150, 200)]
    pack(find_sources([write_spot(tmp_path / "later.parquet", "NIFTY", later)]), lake, 1)
    assert len(audit(Lake.open(lake)).filter(pl.col("kind") == "joint")) > 0  # before anybody made it anew
    assert audit_days(lake, None, map) <= 1
    after = json.loads(pq.read_metadata(joint_file(lake, "NIFTY", MONDAY)).metadata[INPUTS_KEY])
    assert after["options"] == before["options"]
    assert after["spot"] != before["spot"]
    assert audit_days(lake, None, map) == 0


def test_a_damaged_or_foreign_ledger_is_made_anew(lake: Path) -> None:
    audit_days(lake, None, map)
    made = joint(lake)
    joint_file(lake, "NIFTY", MONDAY).write_bytes(b"PAR1 and no more")
    shutil.copy(joint_file(lake, "BANKNIFTY", MONDAY), joint_file(lake, "BANKNIFTY", TUESDAY))
    assert audit_days(lake, None, map) == 2
    assert joint(lake) == made


def test_a_day_that_went_takes_its_ledger_along(lake: Path) -> None:
    audit_days(lake, None, map)
    left = joint_file(lake, "NIFTY", TUESDAY)
    shutil.copy(joint_file(lake, "NIFTY", MONDAY), left)
    (left.parent / ".2025-12-17.parquet.7.partial").write_bytes(b"PAR1")
    audit_days(lake, None, map)
    assert [path.name for path in left.parent.iterdir()] == [f"{MONDAY}.parquet"]


def test_a_killed_audit_leaves_nothing_that_counts(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as held:
        held.setattr("nfolab.lake.auditing.joint.write_table", dies)
        with pytest.raises(Killed):
            audit_days(lake, None, map)
    assert joint(lake) == {}
    assert audit_days(lake, None, map) == 3


def test_what_is_read_is_the_same_stored_or_not(lake: Path) -> None:
    not_stored = audit(Lake.open(lake))
    audit_days(lake, None, map)
    assert audit(Lake.open(lake)).equals(not_stored)
    assert set(not_stored["kind"]) == {"options", "spot", "joint"}
    of_a_day = audit(Lake.open(lake), TUESDAY)
    assert set(of_a_day["day"]) == {TUESDAY}
    assert audit(Lake.open(lake), month="2025-12").equals(not_stored)
    with pytest.raises(InputError, match="has nothing of 2025-11"):
        audit(Lake.open(lake), month="2025-11")


def line(
    check: str, count: int = 1, contract: str | None = "X", worst: float | None = None, rows: int | None = None
) -> dict[str, object]:
    values: dict[str, object] = {
        "day": MONDAY,
        "underlying": "NIFTY",
        "contract": contract,
        "check": check,
        "count": count,
    }
    return values | {"first": None, "last": None, "worst": worst, "note": None, "kind": "options", "rows": rows}


def level(
    check: str, count: int = 1, contract: str | None = "X", worst: float | None = None, rows: int | None = None
) -> str:
    return str(severities(pl.DataFrame([line(check, count, contract, worst, rows)], schema=LEDGER_SCHEMA))[0])


def test_levels_by_check_count_share_and_worst() -> None:
    assert level("changing close", count=0) == "clean"
    assert level("changing close", count=19, rows=1000) == "serious"
    assert level("changing close", count=20, rows=1000) == "severe"
    assert level("changing close", count=20) == "serious"  # of how many is not known
    assert level("refused: after the expiry", count=9) == "serious"
    assert level("refused: after the expiry", count=10) == "severe"
    assert level("refused: some new reason") == "warning"
    assert level("refused: before 2000") == "note"
    assert level("gap", contract=None, worst=59.0) == "warning"
    assert level("gap", contract=None, worst=60.0) == "serious"
    assert level("gap", worst=126.0) == "note"
    assert level("feed delay", worst=30.0) == "serious"
    assert level("wrong contract") == "severe"
    assert level("a check of tomorrow") == "serious"


def test_every_level_has_a_meaning_and_every_rule_can_fit() -> None:
    assert list(MEANING) == list(Severity)
    seen: list[tuple[str, str | None]] = []
    for rule in RULES:
        assert (rule.check, None) not in seen, f"{rule.check} is decided by an earlier rule"
        if (rule.count, rule.percent, rule.worst, rule.kind) == (1, None, None, None):
            seen.append((rule.check, rule.about))


def test_every_check_has_words_a_level_and_a_line_in_the_book() -> None:
    book = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    made = (
        {check for checks in MADE.values() for check in checks}
        | {check for checks in JOINT_MADE.values() for check in checks}
        | {"seconds covered", "not judged"}
    )
    assert made <= set(WORDS)
    ruled = {rule.check.split(":")[0] for rule in RULES}
    assert made <= ruled
    assert [check for check in made if f"| `{check}" not in book] == []


def test_from_a_level_up() -> None:
    found = pl.DataFrame({"severity": [str(one) for one in Severity], "place": range(5)})
    assert from_level_up(found, Severity.SERIOUS)["place"].to_list() == [3, 4]
    assert from_level_up(found, severity_named("clean"))["place"].to_list() == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="'sever' is no level"):
        severity_named("sever")


def test_the_command_ends_with_three_on_the_severest_alone(lake: Path) -> None:
    app = typer.Typer()
    for commands in (lake_command, audit_command):
        commands.register(app)
    asked = ["lake", "audit", "--lake", str(lake), "--json"]
    calm = CliRunner().invoke(app, asked)
    assert calm.exit_code == 0
    told = json.loads(calm.stdout)
    assert {"severity", "kind", "rows"} <= told[0].keys()
    assert {one["severity"] for one in told} >= {"clean", "note"}
    few = json.loads(CliRunner().invoke(app, [*asked, "--severity", "serious"]).stdout)
    assert {one["severity"] for one in few} <= {"serious", "severe"}
    assert len(few) < len(told)
