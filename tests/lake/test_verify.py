"""`verify` finds every changed byte, every sum that is wrong and everything that is missing or left over."""

import json
import multiprocessing
import random
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_sources import MONDAY, TUESDAY, bogus, small_market, tree, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.lake.catalogue import entry_of, read_catalogue, write_catalogue
from nfolab.lake.lock import packing
from nfolab.lake.packing.calendar import keep_differences
from nfolab.lake.packing.pack import pack
from nfolab.lake.repair.verify import verify
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.market.calendar_check import check_calendar
from nfolab.vendor.sources import find_sources

OPTIONS_FILE = f"options/BANKNIFTY/{MONDAY}.parquet"
SPOT_FILE = f"spot/BANKNIFTY/{MONDAY}.parquet"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    small_market(folder / "raw", seconds=40)
    write_contract(folder / "raw" / "banknifty25dec59700ce.parquet", [bogus(), bogus()])
    (folder / "raw" / "again").mkdir()
    write_contract(folder / "raw" / "again" / "banknifty25dec59400ce.parquet", walk(MONDAY, range(1, 3), 0))
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    calendar = folder / "mine.csv"
    calendar.write_text("instrument,expiry_type,final_expiry\nBANKNIFTY,monthly,2025-12-25\n")
    keep_differences(folder / "lake", calendar.name, check_calendar(calendar))
    return folder / "lake"


@pytest.fixture
def lake(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "lake")
    return tmp_path / "lake"


def told(lake: Path) -> list[tuple[str, str]]:
    return [(fault.path, fault.fault) for fault in verify(lake, 1).faults]


def test_a_whole_lake_has_no_fault(whole: Path) -> None:
    before = tree(whole)
    found = verify(whole, 1)
    days = [path for path in before if path.split("/")[0] in ("options", "spot")]
    assert (found.faults, found.files) == ((), len(days))
    assert found.rows == sum(pq.read_metadata(whole / path).num_rows for path in days)
    assert found.bytes == sum(len(before[path]) for path in days)
    assert tree(whole) == before


def test_every_changed_byte_is_found_in_its_file(lake: Path) -> None:
    random_place = random.Random(11)
    for path, content in tree(lake).items():
        places = {0, len(content) - 1, *(random_place.randrange(len(content)) for _ in range(7))}
        for place in places:
            changed = bytearray(content)
            changed[place] ^= random_place.randrange(1, 256)
            (lake / path).write_bytes(changed)
            faults = verify(lake, 1).faults
            assert path in {fault.path for fault in faults}, (path, place)
        (lake / path).write_bytes(content)
    assert verify(lake, 1).faults == ()


def test_what_is_cut_or_grown_is_found(lake: Path) -> None:
    for path, content in tree(lake).items():
        for changed in (b"", content[: len(content) // 2], content + b"\0"):
            (lake / path).write_bytes(changed)
            assert path in {fault.path for fault in verify(lake, 1).faults}, path
        (lake / path).write_bytes(content)


def test_two_workers_find_the_same(lake: Path) -> None:
    for path in (OPTIONS_FILE, f"audit/{SPOT_FILE}"):
        (lake / path).write_bytes((lake / path).read_bytes()[:-9])
    found = verify(lake, 2)
    assert [fault.path for fault in found.faults] == [f"audit/{SPOT_FILE}", OPTIONS_FILE]
    assert found.faults == verify(lake, 1).faults


def test_a_fault_is_one_sentence_with_the_mend(lake: Path) -> None:
    (lake / OPTIONS_FILE).write_bytes((lake / OPTIONS_FILE).read_bytes()[:-9])
    (fault,) = verify(lake, 1).faults
    size = len((lake / OPTIONS_FILE).read_bytes())
    mend = f"run `nfolab lake drop --day {MONDAY} --underlying BANKNIFTY --kind options`, then pack its sources again"
    assert str(fault) == f"{OPTIONS_FILE} is {size:,} bytes long and was {size + 9:,}: {mend}"


def test_what_is_gone_or_left_over_is_found(lake: Path) -> None:
    (lake / OPTIONS_FILE).unlink()
    (lake / f"audit/{SPOT_FILE}").unlink()
    (lake / ".packing" / "shards").mkdir(parents=True)
    (lake / "options" / "BANKNIFTY" / ".2025-12-16.parquet.77.partial").touch()
    (lake / "notes.txt").touch()
    assert told(lake) == [
        (".packing", "was left by a pack that died"),
        (f"audit/{OPTIONS_FILE.replace('options', 'joint')}", "is a ledger without its day file"),
        (f"audit/{OPTIONS_FILE}", "is a ledger without its day file"),
        (f"audit/{SPOT_FILE}", "is gone, the ledger of its day file"),
        ("notes.txt", "is no part of a lake"),
        ("options/BANKNIFTY/.2025-12-16.parquet.77.partial", "is no part of a lake"),
        (OPTIONS_FILE, "is in the catalogue and gone"),
    ]
    for name in ("catalogue.parquet", "sources.parquet"):
        (lake / name).unlink()
    assert {("catalogue.parquet", "is gone"), ("sources.parquet", "is gone")} <= set(told(lake))


def test_a_file_of_another_day_in_its_place_is_found(lake: Path) -> None:
    monday, tuesday = (lake / "options" / "BANKNIFTY" / f"{day}.parquet" for day in (MONDAY, TUESDAY))
    tuesday.write_bytes(monday.read_bytes())
    _catalogue_anew(lake)
    assert ("options/BANKNIFTY/2025-12-16.parquet", "says that it holds BANKNIFTY options of 2025-12-15") in told(lake)


def test_a_source_listed_for_a_day_that_knows_nothing_of_it_is_found(lake: Path, tmp_path: Path) -> None:
    other = write_contract(tmp_path / "banknifty25dec59800pe.parquet", walk(MONDAY, range(9), 8))
    before = tree(lake)
    pack(find_sources([other]), lake, 1)
    after = tree(lake)
    (lake / "sources.parquet").write_bytes(before["sources.parquet"])
    assert told(lake) == []  # it is not wholly packed, and can be packed again
    for path, content in (before | {"sources.parquet": after["sources.parquet"]}).items():
        (lake / path).write_bytes(content)
    fault = f"lists banknifty25dec59800pe.parquet as a source of {OPTIONS_FILE}, which know nothing of it"
    assert told(lake) == [("sources.parquet", fault)]


def _catalogue_anew(lake: Path) -> None:
    """Make the catalogue name the files as they now are."""
    catalogue = read_catalogue(lake)
    assert catalogue is not None
    paths = [lake / entry.kind / entry.underlying / f"{entry.day}.parquet" for entry in catalogue[1]]
    write_catalogue(lake, SourceKind.VENDOR, [entry_of(path) for path in paths])


Change = Callable[[pa.Table, dict[str, Any]], pa.Table]


def _forge(path: Path, change: Change) -> None:
    """Write a day file anew with something changed and all hashes right, as a faulty writer would."""
    metadata = pq.read_metadata(path)
    blocks = {key.decode(): value.decode() for key, value in metadata.metadata.items() if key.startswith(b"nfolab")}
    told = {key: json.loads(value) for key, value in blocks.items() if key != "nfolab_source"}
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    table = change(pq.read_table(path), told)
    for _ in range(2):  # the content's hash is known once the rows are written
        with pq.ParquetWriter(path, table.schema.remove_metadata(), compression="zstd") as writer:
            place = 0
            for rows in groups:
                writer.write_table(table.slice(place, rows).replace_schema_metadata(None), row_group_size=rows)
                place += rows
            texts = {key: json.dumps(value) for key, value in told.items()}
            writer.add_key_value_metadata({"nfolab_source": blocks["nfolab_source"], **texts})
        written = pq.read_metadata(path)
        last = written.row_group(written.num_row_groups - 1).column(written.num_columns - 1)
        begin = last.dictionary_page_offset or last.data_page_offset
        told["nfolab_lake"]["content"] = sha256(path.read_bytes()[: begin + last.total_compressed_size]).hexdigest()


def _unchanged(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    return table


def _row_moved_back(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    return pa.concat_tables([table.slice(0, 5), table.slice(6, 1), table.slice(5, 1), table.slice(7)])


def _strike_of_another(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    strikes = table["strike"].to_pylist()
    strikes[4] += 100
    return table.set_column(table.schema.names.index("strike"), "strike", pa.array(strikes, pa.int32()))


def _source_of_another(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    sources = table["source"].to_pylist()
    sources[4] = (sources[4] + 1) % len(told["nfolab_sources"])
    return table.set_column(table.schema.names.index("source"), "source", pa.array(sources, pa.int32()))


def _row_lost(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    told["nfolab_sources"][0]["rows_read"] += 1
    return table


def _contract_longer(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    told["nfolab_contracts"]["rows"][0] += 1
    told["nfolab_contracts"]["rows"][1] -= 1
    return table


def _contract_of_two_expiries(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    told["nfolab_contracts"]["row_group"] = [0] * len(told["nfolab_contracts"]["rows"])
    return table


def _wrong_first(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    told["nfolab_lake"]["first_timestamp"] = str(int(told["nfolab_lake"]["first_timestamp"]) + 1)
    return table


def _wrong_count(table: pa.Table, told: dict[str, Any]) -> pa.Table:
    told["nfolab_lake"]["contracts"] += 1
    return table


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_row_moved_back, "not in order of time and volume"),
        (_strike_of_another, "of another strike than the footer's index says"),
        (_source_of_another, "other numbers of rows by source"),
        (_row_lost, "are lost"),
        (_contract_longer, "do not fill it as the footer's index says"),
        (_contract_of_two_expiries, "do not fill it as the footer's index says"),
        (_wrong_first, "begins or ends at another time than its rows do"),
        (_wrong_count, "other numbers of contracts and expiries"),
    ],
)
def test_a_wrong_sum_or_order_is_found_where_all_hashes_are_right(lake: Path, change: Change, fault: str) -> None:
    _forge(lake / OPTIONS_FILE, _unchanged)
    _catalogue_anew(lake)
    assert told(lake) == []
    _forge(lake / OPTIONS_FILE, change)
    _catalogue_anew(lake)
    found = [one for path, one in told(lake) if path == OPTIONS_FILE]
    assert any(fault in one for one in found), found


def test_rows_of_spot_out_of_order_are_found(lake: Path) -> None:
    _forge(lake / SPOT_FILE, _row_moved_back)
    _catalogue_anew(lake)
    assert told(lake) == [(SPOT_FILE, "has rows in row group 0 that are not in order of time and volume")]


def test_a_lake_of_another_schema_is_told_as_such(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nfolab.lake.catalogue.SCHEMA_VERSION", 99)
    with pytest.raises(InputError, match=f"has schema {SCHEMA_VERSION} and this nfolab reads"):
        verify(lake, 1)


def test_no_lake_and_a_lake_being_written_are_told(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no lake"):
        verify(tmp_path / "none")
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(whole, held, done))
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(InputError, match="another pack is writing"):
            verify(whole)
    finally:
        done.set()
        other.join(30)
    assert verify(whole, 1).faults == ()


def _hold(root: Path, held: Any, done: Any) -> None:
    with packing(root):
        held.set()
        done.wait(30)
