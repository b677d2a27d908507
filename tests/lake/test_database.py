"""Packing straight from a running MariaDB, which the tests start: real dumps restored, and real changes."""

import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from lake_sources import lake_rows, tree
from mariadb_server import PASSWORD, MariadbServer, is_installed, mariadb_server
from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.cli.app import app
from nfolab.lake.packing.pack import PackResult, pack
from nfolab.vendor.batch import Batch
from nfolab.vendor.database import read_address, session
from nfolab.vendor.database_source import TableDay
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market
from vendor.vendor_rows import COLUMNS, OPEN, Row, counts, create, insert, snapshot, snapshots

DAY = date(2025, 12, 15)
TABLE = "BANKNIFTY25DEC59400CE"
OTHER = "BANKNIFTY25DEC59500PE"
SPOT_COLUMNS = ["timestamp", "price", "qty"]
ENGINES = ["MyISAM", "InnoDB"]
ROOM = 6_000
"""Bytes of scratch in which only a part of a small market lies at a time."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    if not is_installed():
        pytest.skip("no MariaDB server: install it by `make test` as root, or `brew install mariadb`")
    with mariadb_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture(scope="module")
def real(server: MariadbServer, real_data: Path) -> str:
    """The address of the options dump, restored as it is."""
    return server.restore(real_data / "das_bankopt_mod.sql.gz", "das_bankopt_mod")


def fresh(server: MariadbServer, text: str, engine: str = "MyISAM") -> str:
    """The address of a new database with what a dump says."""
    name = f"test_{len(server.run('SHOW DATABASES').splitlines())}"
    server.run(f"CREATE DATABASE {name}")
    server.run("SET sql_mode='';\n" + text.replace("ENGINE=MyISAM", f"ENGINE={engine}"), name)
    return server.address(name)


def days_of(address: str) -> dict[str, TableDay]:
    return {source.name: source for source in find_sources([address]) if isinstance(source, TableDay)}


def rows_of(source: TableDay) -> pl.DataFrame:
    return pl.concat([batch.rows for batch in source.batches()])


def two_days(rows: int = 200) -> list[Row]:
    return [*snapshots(rows), *snapshots(rows, OPEN + timedelta(days=1))]


def small(engine: str, server: MariadbServer) -> str:
    """Two contracts of two days and an index of one."""
    ticks = [{"timestamp": OPEN + timedelta(seconds=n), "price": 59_400 + n, "qty": None} for n in range(50)]
    text = "".join(create(name, COLUMNS) + insert(name, two_days(), COLUMNS) for name in (TABLE, OTHER))
    text += create("BANKNIFTY", SPOT_COLUMNS) + insert("BANKNIFTY", ticks, SPOT_COLUMNS)
    return fresh(server, text, engine)


def same_but_source(ours: Path, theirs: Path) -> int:
    """Compare all day files of two lakes, row for row; return how many there are."""
    names = sorted(path.relative_to(ours) for kind in ("options", "spot") for path in (ours / kind).rglob("*.parquet"))
    assert names == sorted(
        path.relative_to(theirs) for kind in ("options", "spot") for path in (theirs / kind).rglob("*.parquet")
    )
    for name in names:
        frames = [pl.read_parquet(lake / name) for lake in (ours, theirs)]
        assert_frame_equal(*(frame.drop("source") for frame in frames), check_exact=True)
    return len(names)


def test_a_restored_dump_gives_the_lake_of_the_dump_and_of_the_raw_files(
    real: str, real_data: Path, tmp_path: Path
) -> None:
    results: list[PackResult] = []
    for name, source in (
        ("database", real),
        ("dump", real_data / "das_bankopt_mod.sql.gz"),
        ("raw", real_data / "raw_options"),
    ):
        results.append(pack(find_sources([source]), tmp_path / name, 1))
    assert same_but_source(tmp_path / "database", tmp_path / "dump") == 1
    assert same_but_source(tmp_path / "database", tmp_path / "raw") == 1
    assert len({(one.rows_read, one.rows_written, one.rows_refused, one.rows_repeated) for one in results}) == 1
    assert results[0].rows_read == 163_642

    again = pack(find_sources([real]), tmp_path / "database", 1)
    assert (again.files_read, again.files_skipped, again.rows_read) == (0, 18, 0)
    for path, data in tree(tmp_path / "database").items():
        assert PASSWORD.encode() not in data, path
        assert b"127.0.0.1" not in data, path


def test_restored_spot_gives_the_lake_of_its_dump(server: MariadbServer, real_data: Path, tmp_path: Path) -> None:
    dump = real_data / "das_nse_mod.sql.gz"
    address = server.restore(dump, "das_nse_mod", "InnoDB")
    results = [
        pack(find_sources([source]), tmp_path / name, 1) for name, source in (("database", address), ("dump", dump))
    ]
    assert same_but_source(tmp_path / "database", tmp_path / "dump") == 12
    assert results[0].rows_refused == results[1].rows_refused > 0


def test_the_engine_makes_no_difference(real: str, server: MariadbServer) -> None:
    names = ["BANKNIFTY25DEC59900PE", "BANKNIFTY25DEC59900CE"]
    copies = (
        f"CREATE TABLE {one} LIKE das_bankopt_mod.{one}; ALTER TABLE {one} ENGINE=InnoDB;"
        f"INSERT INTO {one} SELECT * FROM das_bankopt_mod.{one};"
        for one in names
    )
    theirs = days_of(fresh(server, "".join(copies)))
    ours = {name: one for name, one in days_of(real).items() if one.table.name in names}
    assert [one.table.keeps_snapshots for one in ours.values()] == [False] * 4
    assert [one.table.keeps_snapshots for one in theirs.values()] == [True] * 4
    assert {name: one.identity() for name, one in ours.items()} == {
        name: one.identity() for name, one in theirs.items()
    }
    for name, one in ours.items():
        assert_frame_equal(rows_of(one), rows_of(theirs[name]))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_replaced_row_makes_its_day_be_read_again_and_nothing_else(
    server: MariadbServer, tmp_path: Path, engine: str
) -> None:
    address = small(engine, server)
    first = pack(find_sources([address]), tmp_path / "lake", 1)
    assert (first.files_read, first.files_skipped, first.rows_read) == (5, 0, 850)
    before = {name: one.identity() for name, one in days_of(address).items()}
    server.run(
        f"UPDATE {TABLE} SET price = price + 0.05 WHERE timestamp = '{OPEN + timedelta(seconds=3)}'",
        read_address(address).database,
    )
    after = {name: one.identity() for name, one in days_of(address).items()}
    assert {name for name in before if before[name] != after[name]} == {f"{TABLE} 2025-12-15"}
    second = pack(find_sources([address]), tmp_path / "lake", 1)
    assert (second.files_read, second.files_skipped, second.rows_read) == (1, 4, 200)
    assert [day.isoformat() for day in second.days] == ["2025-12-15"]
    assert second.rows_superseded == 1
    day = lake_rows(tmp_path / "lake", "options", "BANKNIFTY", DAY)
    assert day.height == 400
    corrected = day.filter(pl.col("strike") == 59_400).sort("timestamp")["price_paise"].to_list()
    assert corrected == [10_000 + 5 * n + 5 * (n == 3) for n in range(200)]


def _die_in_the_third_round(address: str, root: Path) -> None:
    """Pack in rounds; be killed outright as the days of the third are about to move into the lake."""
    module = vars(sys.modules[pack.__module__])
    real = module["move_into_place"]
    rounds = 0

    def dying(*given: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*given)

    module["move_into_place"] = dying
    pack(find_sources([address]), root, 1, ROOM)


def test_a_killed_pack_goes_on_at_the_days_that_are_missing(server: MariadbServer, tmp_path: Path) -> None:
    names = [f"BANKNIFTY25DEC{strike}CE" for strike in range(59_000, 59_800, 100)]
    address = fresh(server, "".join(create(name, COLUMNS) + insert(name, two_days(60), COLUMNS) for name in names))
    sources = find_sources([address])
    pack(sources, tmp_path / "undisturbed", 1)

    root = tmp_path / "lake"
    child = multiprocessing.get_context("spawn").Process(target=_die_in_the_third_round, args=(address, root))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    child.close()

    again = pack(find_sources([address]), root, 1, ROOM)
    assert again.files_read + again.files_skipped == len(sources) == 16
    assert again.files_skipped > 0
    assert again.files_read > 0
    assert tree(root) == tree(tmp_path / "undisturbed")


def content_after(server: MariadbServer, change: str) -> tuple[str, str]:
    """The identity of a small table's day before and after a change."""
    rows = [row | {"note": note} for row, note in zip(snapshots(4), ["a", "", None, "b"], strict=True)]
    columns = [*COLUMNS, "note"]
    address = fresh(server, create(TABLE, columns) + insert(TABLE, rows, columns))
    before = days_of(address)[f"{TABLE} 2025-12-15"].identity()
    server.run(change.format(table=TABLE, second=f"{OPEN:%Y-%m-%d %H:%M:}"), read_address(address).database)
    return before, days_of(address)[f"{TABLE} 2025-12-15"].identity()


SWAP = """UPDATE {table} SET price = IF(timestamp = '{second}01', 100.10, 100.05)
WHERE timestamp IN ('{second}01', '{second}02')"""
"""Two rows change a value of one length for each other's: what a sum or XOR of values, or of CRCs, may miss."""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {table} SET bo3 = NULL WHERE timestamp = '{second}02'",
        "UPDATE {table} SET sp4 = 100.10 WHERE timestamp = '{second}02'",
        "DELETE FROM {table} WHERE timestamp = '{second}01'",
        "INSERT INTO {table} (timestamp, price) VALUES ('{second}59', 1)",
        SWAP,
    ],
)
def test_any_change_of_a_value_we_read_is_noticed(server: MariadbServer, change: str) -> None:
    before, after = content_after(server, change)
    assert before != after


def test_what_we_do_not_read_makes_no_new_source(server: MariadbServer) -> None:
    before, after = content_after(server, "UPDATE {table} SET note = 'changed'; ALTER TABLE {table} ENGINE=InnoDB")
    assert before == after


def test_rows_without_a_day_are_read_and_refused(server: MariadbServer, tmp_path: Path) -> None:
    text = create(TABLE, COLUMNS).replace("datetime NOT NULL", "datetime DEFAULT NULL").replace("PRIMARY KEY", "KEY")
    rows = [
        *snapshots(5),
        snapshot(None),
        snapshot(datetime.fromisoformat("1970-01-01T05:30")),
        snapshot(OPEN, timestamp="0000-00-00 00:00:00"),
        snapshot(OPEN, timestamp="2025-11-00 09:15:00"),
    ]
    sources = days_of(fresh(server, text + insert(TABLE, rows, COLUMNS)))
    assert {name: one.content.rows for name, one in sources.items()} == {
        TABLE: 1,
        f"{TABLE} 0000-00-00": 1,
        f"{TABLE} 1970-01-01": 1,
        f"{TABLE} 2025-11-00": 1,
        f"{TABLE} 2025-12-15": 5,
    }
    refused = {name: [counts(batch.refused) for batch in one.batches()] for name, one in sources.items()}
    assert refused == {
        TABLE: [{"no timestamp": 1}],
        f"{TABLE} 0000-00-00": [{"no timestamp": 1}],
        f"{TABLE} 1970-01-01": [{"before 2000": 1}],
        f"{TABLE} 2025-11-00": [{"unreadable timestamp": 1}],
        f"{TABLE} 2025-12-15": [{}],
    }
    result = pack(list(sources.values()), tmp_path / "lake", 1)
    assert (result.rows_read, result.rows_written, result.rows_refused) == (9, 5, 4)


def test_tables_of_every_kind_by_name(server: MariadbServer) -> None:
    ticks = [{"timestamp": OPEN + timedelta(seconds=n), "price": 100, "qty": None} for n in range(9)]
    names = ["NIFTY", "INDIAVIX", "RELIANCE", "BANKNIFTY25DECFUT", "RELIANCE25DEC1500CE", "odd `name`;--"]
    text = "".join(
        create(name.replace("`", "``"), SPOT_COLUMNS) + insert(name.replace("`", "``"), ticks, SPOT_COLUMNS)
        for name in names
    )
    text += (
        create("SENSEX", SPOT_COLUMNS)
        + create(OTHER, COLUMNS[:10])
        + create(TABLE, COLUMNS[:10])
        + "CREATE VIEW v AS SELECT * FROM NIFTY;"
    )
    text += insert(TABLE, [{name: row[name] for name in COLUMNS[:10]} for row in snapshots(2)], COLUMNS[:10])
    sources = find_sources([fresh(server, text)])
    batches: dict[str, Batch] = {}
    for source in sources:
        if isinstance(source, TableDay):
            (batches[source.name],) = source.batches()
    told = {name: (str(one.kind), one.underlying, one.rows.height, one.rows_read) for name, one in batches.items()}
    assert told == {
        "BANKNIFTY25DECFUT 2025-12-15": ("futures", "BANKNIFTY", 9, 9),
        "INDIAVIX 2025-12-15": ("vix", "INDIAVIX", 9, 9),
        "NIFTY 2025-12-15": ("spot", "NIFTY", 9, 9),
        "RELIANCE 2025-12-15": ("equity", "RELIANCE", 9, 9),
        "RELIANCE25DEC1500CE": ("spot", "RELIANCE25DEC1500CE", 0, 9),
        "odd `name`;--": ("spot", "odd `name`;--", 0, 9),
    }
    (lacking,) = [source for source in sources if not isinstance(source, TableDay)]
    assert lacking.name == TABLE
    with pytest.raises(InputError, match=rf"table {TABLE} lacks the columns bp0, bq0,.*: export it again"):
        lacking.source_kind()


@pytest.mark.parametrize("stored", ["varchar(40)", "datetime(6)", "timestamp", "double"])
def test_values_however_they_are_stored(server: MariadbServer, stored: str) -> None:
    """Clocks as text or in microseconds, prices as doubles; a table whose clock is text is read whole."""
    structure = create(TABLE, COLUMNS)
    if stored == "double":
        structure = structure.replace("decimal(19,2)", "double")
    else:
        structure = structure.replace("datetime NOT NULL", f"{stored} NOT NULL")
    # what TIMESTAMP keeps is an instant, and what the vendor writes is the clock in India
    text = "SET time_zone = '+05:30';\n" + structure + insert(TABLE, two_days(20), COLUMNS)
    sources = days_of(fresh(server, text))
    assert len(sources) == (1 if stored == "varchar(40)" else 2)
    found = pl.concat([rows_of(source) for source in sources.values()])
    assert found["timestamp"].dt.replace_time_zone(None).to_list() == [row["timestamp"] for row in two_days(20)]
    assert found["price_paise"].to_list() == [10_000 + 5 * n for n in range(20)] * 2
    assert found["sp4_paise"].unique().to_list() == [10_005]


def test_a_name_of_several_readings_is_settled_by_its_day(server: MariadbServer) -> None:
    name = "NIFTY 30 DEC 26000 CALL"
    rows = [*snapshots(2), snapshot(datetime.fromisoformat("1970-01-01T05:30"))]
    sources = days_of(fresh(server, create(name, COLUMNS) + insert(name, rows, COLUMNS)))
    contracts = {str(batch.contract) for source in sources.values() for batch in source.batches()}
    assert len(sources) == 2
    assert contracts == {"NIFTY 2025-12-30 26000 CE"}


def test_a_table_that_changed_since_it_was_asked_about_is_refused(server: MariadbServer, tmp_path: Path) -> None:
    address = small("InnoDB", server)
    sources = find_sources([address])
    server.run(f"DELETE FROM {OTHER} LIMIT 1", read_address(address).database)
    result = pack(sources, tmp_path / "lake", 1)
    assert (result.files_read, result.unreadable, result.rows_written) == (4, 1, 650)
    (told,) = [one for one in result.refused if one.rows is None]
    assert told.file == f"{OTHER} 2025-12-15"
    place = next(source.place for source in sources if source.name == told.file)
    assert told.reason == f"{place} changed while it was read: pack again when nothing writes to that day"
    assert pack(find_sources([address]), tmp_path / "lake", 1).files_read == 1


def test_a_change_behind_the_last_row_of_an_engine_without_snapshots_is_noticed(server: MariadbServer) -> None:
    for engine in ENGINES:
        address = small(engine, server)
        reading = days_of(address)[f"{TABLE} 2025-12-15"].batches()
        assert next(reading).rows.height == 200
        server.run(f"UPDATE {TABLE} SET price = 1", read_address(address).database)
        if engine == "InnoDB":
            assert list(reading) == []
        else:
            with pytest.raises(InputError, match="changed while it was read"):
                next(reading)


def test_a_session_sees_one_snapshot_where_the_engine_keeps_them(server: MariadbServer) -> None:
    seen = {}
    for engine in ENGINES:
        address = small(engine, server)
        with session(read_address(address)) as reading:
            question = f"SELECT COUNT(*) FROM {OTHER}"
            before = reading.all(question)
            server.run(f"DELETE FROM {OTHER} LIMIT 7", read_address(address).database)
            seen[engine] = (before, reading.all(question))
    assert seen == {"InnoDB": ([(b"400",)], [(b"400",)]), "MyISAM": ([(b"400",)], [(b"393",)])}


def test_a_connection_that_the_server_dropped(server: MariadbServer) -> None:
    """Between sessions it is made anew; within one that is told in one sentence."""
    address = read_address(small("MyISAM", server))
    for _ in range(2):
        with session(address) as reading:
            ((number,),) = reading.all("SELECT CONNECTION_ID()")
        server.run(f"KILL {int(number or 0)}")
    with session(address) as reading:
        ((number,),) = reading.all("SELECT CONNECTION_ID()")
        server.run(f"KILL {int(number or 0)}")
        with pytest.raises(
            InputError, match=r"the connection to mysql://127\.0\.0\.1:\d+/test_\d+ was lost: pack again"
        ):
            reading.all("SELECT 1")


def test_a_restored_synthetic_dump_stays_synthetic(server: MariadbServer, tmp_path: Path) -> None:
    """One hour of trading, the Muhurat session of 2025-10-21."""
    write_market(
        tmp_path / "raw", underlying="NIFTY", start=date(2025, 10, 21), days=1, size="small", form="sql", seed=5
    )
    address = server.restore(tmp_path / "raw" / "das_nse_mod.sql.gz", "synthetic")
    sources = find_sources([address])
    assert {source.source_kind() for source in sources} == {SourceKind.SYNTHETIC}
    pack(sources, tmp_path / "lake", 1)
    (day,) = (tmp_path / "lake" / "spot").rglob("*.parquet")
    assert pl.read_parquet_metadata(day)["nfolab_source"] == "synthetic"
    server.run("ALTER TABLE NIFTY COMMENT = 'nfolab_source=dreamt'", "synthetic")
    with pytest.raises(InputError, match="table NIFTY, day 2025-10-21 is marked nfolab_source=dreamt"):
        days_of(address)["NIFTY 2025-10-21"].source_kind()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("/test_none", "/no_such"), "has no database no_such: check the last part of the address"),
        (("packer", "nobody"), "refuses user nobody: check the user and the password in the address"),
        (("p%40ss", "pass"), "refuses user packer: check the user and the password in the address"),
        (("127.0.0.1:{port}", "127.0.0.1:1"), r"no database server answers at 127\.0\.0\.1:1: check host and port"),
        (("/test_none", "/test_none"), "holds no table with rows: check the last part of the address"),
    ],
)
def test_every_mistake_is_told_in_one_sentence_without_the_password(
    server: MariadbServer, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    server.run("CREATE DATABASE IF NOT EXISTS test_none")
    address = server.address("test_none").replace(change[0].format(port=server.port), change[1])
    told = CliRunner().invoke(app, ["pack", address, "--lake", str(tmp_path / "lake")])
    assert isinstance(told.exception, InputError)
    sentence = str(told.exception)
    assert re.search(message, sentence)
    assert "\n" not in sentence
    assert "ss%3A" not in sentence
    assert PASSWORD not in sentence
    assert not (tmp_path / "lake").exists()
