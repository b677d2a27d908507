"""What a user may name as a source."""

from pathlib import Path

import pytest

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.sources import find_sources
from vendor.vendor_rows import COLUMNS, NAME, as_frame, create, dump_of, insert, snapshots, write_dump, write_raw


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_folder_gives_its_raw_files_sorted_and_each_once(tmp_path: Path) -> None:
    wanted = [tmp_path / name for name in ("a/z.parquet", "a/b/c.SQL.GZ", "b.sql", "m.Parquet")]
    touch(
        *wanted, *(tmp_path / name for name in ("notes.txt", ".hidden.parquet", ".old/x.parquet", "x.parquet.partial"))
    )
    touch(tmp_path / "fair_values" / "y.parquet", tmp_path / "a" / "fair_values" / "deep" / "y.sql", tmp_path / "z.csv")
    sources = find_sources([tmp_path / "b.sql", tmp_path, tmp_path / "a"])
    assert [source.path for source in sources] == sorted(wanted)
    assert [source.name for source in sources] == ["c.SQL.GZ", "z.parquet", "b.sql", "m.Parquet"]


def test_instrument_maps_are_no_sources_and_files_know_the_folder_that_was_given(tmp_path: Path) -> None:
    touch(
        *(
            tmp_path / name
            for name in ("a/12345.parquet", "instruments.parquet", "a/Instruments_2025.parquet", "b.parquet")
        )
    )
    sources = find_sources([tmp_path, tmp_path / "b.parquet"])
    assert {source.name: source.given for source in sources} == {"12345.parquet": tmp_path, "b.parquet": tmp_path}
    (alone,) = find_sources([tmp_path / "b.parquet"])
    assert alone.given is None


def test_a_hidden_folder_can_be_named(tmp_path: Path) -> None:
    touch(tmp_path / ".data" / "x.parquet")
    assert [source.name for source in find_sources([tmp_path / ".data"])] == ["x.parquet"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere does not exist: give a raw Parquet file"),
        ("empty", "empty holds no raw data: give one with"),
        ("notes.txt", "notes.txt is neither a Parquet file nor a dump: its name must end in"),
    ],
)
def test_what_is_no_source(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "notes.txt", tmp_path / "empty" / ".x.parquet")
    with pytest.raises(InputError, match=message):
        find_sources([tmp_path / name])


def test_an_address_that_became_a_path_is_refused_and_its_password_not_repeated() -> None:
    with pytest.raises(InputError, match="names no user and no host: write mysql://user") as raised:
        find_sources([Path("mysql://me:secret@localhost:3306/banknifty")])
    assert "secret" not in str(raised.value)


def test_a_source_reads_itself_whatever_its_form(tmp_path: Path) -> None:
    rows = snapshots(20)
    write_raw(tmp_path, as_frame(rows))
    text = dump_of(create(NAME.upper(), COLUMNS), insert(NAME.upper(), rows, COLUMNS))
    write_dump(tmp_path / "x.sql.gz", text)
    write_dump(tmp_path / "y.sql", "-- nfolab_source=synthetic\n" + text)
    sources = find_sources([tmp_path])
    kinds = [source.source_kind() for source in sources]
    assert kinds == [SourceKind.VENDOR, SourceKind.VENDOR, SourceKind.SYNTHETIC]
    (first,), (second,), (third,) = (list(source.batches()) for source in sources)
    assert first.contract == second.contract == third.contract
    assert first.rows.height == 20
    assert first.rows.equals(second.rows)
    assert first.rows.equals(third.rows)
