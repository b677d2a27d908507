"""Dropping and repacking: afterwards the lake is the one that a fresh pack of what remains would be, byte for byte."""

import multiprocessing
import os
import random
import shutil
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_given import GivenSource, batch, instant
from lake_sources import MONDAY, TUESDAY, bogus, clock, lake_rows, small_market, tree, walk, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.lake.repair.drop import Chosen, drop_days, drop_source
from nfolab.lake.repair.repack import repack_days, repack_sources
from nfolab.lake.repair.verify import verify
from nfolab.market.contracts import Contract
from nfolab.vendor.sources import find_sources


def packed(root: Path, *paths: Path) -> Path:
    pack(find_sources(paths), root, 1)
    return root


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight sources, one of them with a column that the others lack, one with nulls that the others do not have."""
    folder = tmp_path_factory.mktemp("raw")
    paths = small_market(folder, seconds=60)
    old = [one | {"volactual": 1.5} for one in walk(MONDAY, range(30), 31)]
    holes = [one | {"oi": None} for one in walk(MONDAY, range(30), 32)]
    late = walk(TUESDAY, range(30, 50), 33)
    return [
        *paths[:5],
        write_contract(folder / "banknifty25dec59600ce.parquet", old),
        write_contract(folder / "banknifty25dec59700ce.parquet", [*holes, *late]),
        paths[6],
    ]


@pytest.fixture(scope="module")
def whole(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("repair") / "lake", *market)


@pytest.fixture
def lake(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "lake")
    return tmp_path / "lake"


def test_any_sources_dropped_leave_a_lake_that_never_knew_them_and_can_be_packed_again(
    market: list[Path], whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    undisturbed = tree(whole)

    @settings(max_examples=4, deadline=None)
    @given(order=st.permutations(range(8)), count=st.integers(1, 7))
    def every_choice(order: list[int], count: int) -> None:
        folder = tmp_path_factory.mktemp("choice")
        shutil.copytree(whole, folder / "lake")
        for number in order[:count]:
            drop_source(folder / "lake", market[number].name)
        packed(folder / "fresh", *(market[number] for number in order[count:]))
        assert tree(folder / "lake") == tree(folder / "fresh")
        packed(folder / "lake", *market)
        assert tree(folder / "lake") == undisturbed

    every_choice()


def test_all_sources_dropped_leave_nothing(market: list[Path], lake: Path) -> None:
    for path in market:
        drop_source(lake, path.name)
    assert list(lake.iterdir()) == []


def test_a_drop_says_what_is_lost(market: list[Path], lake: Path) -> None:
    before = lake_rows(lake, "options", "BANKNIFTY", MONDAY)
    dry = drop_source(lake, "banknifty25dec59400ce.parquet", dry_run=True)
    assert lake_rows(lake, "options", "BANKNIFTY", MONDAY).equals(before)
    done = drop_source(lake, "banknifty25dec59400ce.parquet")
    assert (dry.days, dry.sources) == (done.days, done.sources)
    rows = before.filter(expiry=pl.date(2025, 12, 30), strike=59400, kind="CE").height
    assert [(loss.key, loss.rows, loss.rows_left) for loss in done.days] == [
        (("options", "BANKNIFTY", MONDAY), rows, before.height - rows),
        (("options", "BANKNIFTY", TUESDAY), rows, lake_rows(lake, "options", "BANKNIFTY", TUESDAY).height),
    ]
    assert [one.name for one in done.sources] == ["banknifty25dec59400ce.parquet"]
    assert (done.rows, verify(lake, 1).faults) == (2 * rows, ())


def test_a_source_is_known_by_its_hash_too(market: list[Path], lake: Path, tmp_path: Path) -> None:
    (source,) = find_sources([market[0]])
    drop_source(lake, source.identity()[:12].upper())
    assert tree(lake) == tree(packed(tmp_path / "fresh", *market[1:]))
    for named in (market[0].name, source.identity(), "bank", "0123456789"):
        with pytest.raises(InputError, match=f"has no source '{named}': .*lake manifest"):
            drop_source(lake, named)


def test_two_sources_of_one_name_are_told_apart_by_hash(market: list[Path], lake: Path, tmp_path: Path) -> None:
    other = write_contract(tmp_path / "other" / market[0].name, walk(TUESDAY, range(100, 110), 9))
    packed(lake, other)
    with pytest.raises(InputError, match=r"has 2 sources named banknifty25dec59400ce\.parquet: say which by its hash"):
        drop_source(lake, market[0].name)


def test_a_source_without_a_row_in_the_lake_can_be_dropped(market: list[Path], lake: Path, tmp_path: Path) -> None:
    before = tree(lake)
    packed(lake, write_contract(tmp_path / "banknifty25dec60000ce.parquet", [bogus()]))
    assert tree(lake) != before
    assert drop_source(lake, "banknifty25dec60000ce.parquet").days == ()
    assert tree(lake) == before


@pytest.fixture
def overlapping(tmp_path: Path) -> dict[str, Path]:
    """Three deliveries of one contract that share rows, one of another contract, and one of the index."""
    rows = walk(MONDAY, range(60), 3)
    return {
        "a": write_contract(tmp_path / "a" / "banknifty25dec59400ce.parquet", rows[:40]),
        "b": write_contract(tmp_path / "b" / "banknifty25dec59400ce.parquet", rows[20:]),
        "c": write_contract(tmp_path / "c" / "banknifty25dec59400ce.parquet", walk(TUESDAY, range(9), 3)),
        "d": write_contract(tmp_path / "d" / "banknifty25dec59500ce.parquet", walk(MONDAY, range(20), 4)),
        "spot": write_spot(tmp_path / "s" / "spot.parquet", "BANKNIFTY", [(clock(MONDAY, n), 100.0) for n in range(9)]),
    }


@pytest.mark.parametrize("leaving", ["a", "b"])
def test_rows_that_another_source_shares_are_never_lost_unsaid(
    overlapping: dict[str, Path], tmp_path: Path, leaving: str
) -> None:
    lake = packed(tmp_path / "lake", *overlapping.values())
    undisturbed = tree(lake)
    hashes = {name: find_sources([path])[0].identity() for name, path in overlapping.items()}
    staying = "ab".replace(leaving, "")
    assert len(lake_rows(lake, "options", "BANKNIFTY", MONDAY).filter(strike=59400)) == 60
    kept = {one.sha256: one.written for one in _sources_of(lake)}
    if kept[hashes[staying]] == 40:  # the rows both have are told as the other's: nothing is lost with this one
        drop_source(lake, hashes[leaving])
        assert tree(lake) == tree(packed(tmp_path / "fresh", *(p for n, p in overlapping.items() if n != leaving)))
        return
    with pytest.raises(InputError, match=r"shares with banknifty25dec59400ce\.parquet .* add --overlapping"):
        drop_source(lake, hashes[leaving])
    assert tree(lake) == undisturbed
    done = drop_source(lake, hashes[leaving], with_overlapping=True)
    assert {one.sha256 for one in done.sources} == {hashes["a"], hashes["b"]}
    fresh = [path for name, path in overlapping.items() if name not in "ab"]
    assert tree(lake) == tree(packed(tmp_path / "fresh", *fresh))
    packed(lake, overlapping[staying])
    assert tree(lake) == tree(packed(tmp_path / "without", *fresh, overlapping[staying]))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(1, 2), gone=st.integers(0, 2))
def test_a_delivery_that_disagrees_with_others_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int, gone: int
) -> None:
    folder = tmp_path_factory.mktemp("deliveries")
    given = [_delivery(f"s{number}", random.Random(seed + number)) for number in range(3)]
    packs = [given[:cut], given[cut:]]
    for sources in packs:
        pack(sources, folder / "lake", 1)
    try:
        drop_source(folder / "lake", f"s{gone}")
    except InputError as entangled:
        assert "add --overlapping" in str(entangled)  # noqa: PT017 - either way the lake must end the same
        drop_source(folder / "lake", f"s{gone}", with_overlapping=True)
    for sources in packs:
        left = [one for one in sources if one.name != f"s{gone}"]
        if left:
            pack(left, folder / "lake", 1)
            pack(left, folder / "fresh", 1)
    assert tree(folder / "lake") == tree(folder / "fresh")
    assert verify(folder / "lake", 1).faults == ()


def _delivery(name: str, rnd: random.Random) -> GivenSource:
    """Some seconds of a contract or two, that others may have too, or have otherwise."""
    batches = []
    for strike in rnd.sample([59400, 59500], rnd.choice([1, 2])):
        lines = [
            {"timestamp": instant(MONDAY, second), "volume": rnd.choice([1, 2]), "price_paise": rnd.choice([100, 105])}
            for second in range(rnd.randrange(4), rnd.randrange(5, 9))
            for _ in range(rnd.choice([1, 1, 2]))
        ]
        contract = Contract("BANKNIFTY", date(2025, 12, 30), "CE", strike)
        batches.append(batch(DataKind.OPTIONS, contract, lines))
    return GivenSource(name, tuple(batches))


def _sources_of(lake: Path) -> list[Any]:
    from nfolab.lake.telling.manifest import manifest

    opened = Lake.open(lake)
    return [one for line in manifest(opened, MONDAY) if line.entry.kind == "options" for one in line.sources]


def test_a_day_is_dropped_whole_and_comes_back_with_its_sources(market: list[Path], whole: Path, lake: Path) -> None:
    undisturbed = tree(whole)
    done = drop_days(lake, Chosen(day=TUESDAY))
    assert [(loss.key, loss.rows_left) for loss in done.days] == [(("options", "BANKNIFTY", TUESDAY), 0)]
    assert done.rows == lake_rows(whole, "options", "BANKNIFTY", TUESDAY).height
    assert {one.name for one in done.sources} == {market[n].name for n in (0, 1, 2, 3, 6)}
    assert [entry.day for entry in Lake.open(lake).entries].count(TUESDAY) == 0
    assert verify(lake, 1).faults == ()
    again = pack(find_sources(market), lake, 1)
    assert (again.files_read, again.files_skipped) == (5, 3)
    assert tree(lake) == undisturbed


def test_an_underlying_is_dropped_whole(market: list[Path], lake: Path, tmp_path: Path) -> None:
    drop_days(lake, Chosen(underlying="NIFTY"))
    assert tree(lake) == tree(
        packed(tmp_path / "fresh", *(path for path in market if not path.name.startswith("nifty")))
    )


def test_a_damaged_day_can_be_dropped_and_packed_again(market: list[Path], whole: Path, lake: Path) -> None:
    path = lake / "options" / "BANKNIFTY" / f"{MONDAY}.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match="is damaged"):
        drop_source(lake, market[0].name)
    drop_days(lake, Chosen(day=MONDAY, underlying="BANKNIFTY", kind="options"))
    packed(lake, *market)
    assert tree(lake) == tree(whole)


def test_what_is_not_there_or_not_named_is_told(lake: Path, tmp_path: Path) -> None:
    before = tree(lake)
    with pytest.raises(InputError, match=r"has nothing of that: .*lake days"):
        drop_days(lake, Chosen(underlying="SENSEX"))
    with pytest.raises(InputError, match="nothing is named"):
        drop_days(lake, Chosen())
    with pytest.raises(InputError, match="there is no lake"):
        drop_days(tmp_path / "none", Chosen(day=MONDAY))
    assert tree(lake) == before
    assert not (tmp_path / "none").exists()


def test_days_of_other_encodings_are_made_anew_from_their_own_rows(
    market: list[Path], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "older"
    with monkeypatch.context() as older:
        older.setattr("nfolab.lake.dayfile.encoding", lambda name: "PLAIN")
        older.setattr("nfolab.lake.dayfile.codec", lambda name: "none")
        older.setattr("nfolab.lake.dayfile.__version__", "0.0.1")
        older.setattr("nfolab.lake.packing.row_groups.ROWS_IN_GROUP", 70)
        packed(root, *market)
    assert tree(root) != tree(whole)
    done = repack_days(root, Chosen())
    assert tree(root) == tree(whole)
    assert all(day.changed and day.bytes_now < day.bytes_before for day in done.days)
    assert len(done.days) == len(Lake.open(root).entries)
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")}
    assert not any(day.changed for day in repack_days(root, Chosen(), workers=2).days)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")} == stamps


def test_a_lost_ledger_is_made_anew(whole: Path, lake: Path) -> None:
    (lake / "audit" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet").unlink()
    assert verify(lake, 1).faults
    done = repack_days(lake, Chosen(day=MONDAY, kind="options", underlying="BANKNIFTY"))
    assert [day.changed for day in done.days] == [True]
    assert tree(lake) == tree(whole)


def test_a_corrected_source_takes_the_place_of_its_earlier_version(
    market: list[Path], lake: Path, tmp_path: Path
) -> None:
    right = write_contract(tmp_path / "right" / market[0].name, walk(MONDAY, range(5, 50), 77))
    done = repack_sources(lake, find_sources([right]), 1)
    assert [one.name for one in done.dropped.sources] == [market[0].name]
    assert done.packed.rows_written == 45
    assert tree(lake) == tree(packed(tmp_path / "fresh", right, *market[1:]))
    before = tree(lake)
    assert repack_sources(lake, find_sources([right]), 1).dropped.days == ()
    assert tree(lake) == before


def test_a_corrected_source_that_cannot_be_read_changes_nothing(market: list[Path], lake: Path, tmp_path: Path) -> None:
    before = tree(lake)
    cut = tmp_path / market[0].name
    cut.write_bytes(market[0].read_bytes()[:3000])
    with pytest.raises(InputError, match=r"is cut or no Parquet file"):
        repack_sources(lake, find_sources([cut]), 1)
    assert tree(lake) == before


def test_a_correction_of_what_another_source_shares_asks_for_that_one_too(tmp_path: Path) -> None:
    rows = walk(MONDAY, range(60), 3)
    dumped = write_contract(tmp_path / "banknifty25dec59400ce.parquet", rows[:40])
    cuts = (write_contract(tmp_path / str(n) / "BANKNIFTY25DEC59400CE.parquet", rows[n:]) for n in range(39))
    twin = next(path for path in cuts if _hash(path) < _hash(dumped))  # of equal rows that of the greater hash stays
    lake = packed(tmp_path / "lake", dumped, twin)
    before = tree(lake)
    right = write_contract(tmp_path / "right" / dumped.name, walk(MONDAY, range(7), 5))
    with pytest.raises(InputError, match=rf"shares rows with {twin.name}, .* name that source too"):
        repack_sources(lake, find_sources([right]), 1)
    assert tree(lake) == before
    done = repack_sources(lake, find_sources([right, twin]), 1)
    assert len(done.dropped.sources) == 2
    assert tree(lake) == tree(packed(tmp_path / "fresh", right, twin))


def _hash(path: Path) -> str:
    return find_sources([path])[0].identity()


def _at_step(command: Callable[[], object], step: int) -> None:
    """Run a command, and die right after its n-th rename or removal."""
    done = 0
    real = {"replace": os.replace, "unlink": os.unlink}

    def dying(name: str) -> Callable[..., None]:
        def act(*given: Any, **named: Any) -> None:
            nonlocal done
            real[name](*given, **named)
            done += 1
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)

        return act

    os.replace = dying("replace")  # type: ignore[assignment]
    os.unlink = dying("unlink")  # type: ignore[assignment]
    command()


def _drop_first(lake: Path, market: list[Path]) -> None:
    drop_source(lake, market[0].name)


def _drop_monday(lake: Path, market: list[Path]) -> None:
    drop_days(lake, Chosen(day=MONDAY))


def _repack_right(lake: Path, market: list[Path]) -> None:
    repack_sources(lake, find_sources([lake.parent / "right" / market[0].name]), 1)


@pytest.mark.parametrize("command", [_drop_first, _drop_monday, _repack_right])
def test_killed_at_every_step_the_same_command_ends_as_if_undisturbed(
    tmp_path: Path, command: Callable[[Path, list[Path]], None]
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nfolab.lake.repair.repack", "nfolab.vendor.sources", "lake_sources"])
    rows = [*walk(MONDAY, range(9), 1), *walk(TUESDAY, range(9), 2)]
    names = ("banknifty25dec59400ce", "banknifty25dec59500ce")
    market = [write_contract(tmp_path / "raw" / f"{name}.parquet", rows) for name in names]
    write_contract(tmp_path / "right" / market[0].name, walk(MONDAY, range(5, 9), 77))
    whole = packed(tmp_path / "whole", *market)
    shutil.copytree(whole, tmp_path / "undisturbed")
    command(tmp_path / "undisturbed", market)
    expected = tree(tmp_path / "undisturbed")
    deaths = 0
    for step in range(1 + (command is _repack_right), 60, 1 + (command is not _drop_monday)):
        lake = tmp_path / "lake"
        shutil.copytree(whole, lake)
        child = context.Process(target=_die, args=(command, lake, market, step))
        child.start()
        child.join(60)
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        deaths += 1
        for entry in Lake.open(lake).entries:
            path = lake / entry.kind / entry.underlying / f"{entry.day}.parquet"
            assert pl.read_parquet(path).height > 0
        if deaths % 2:
            shutil.copytree(lake, tmp_path / str(step))
            packed(tmp_path / str(step), *market)
            if command is _repack_right:
                _repeated(_drop_right, tmp_path / str(step), market)
            assert tree(tmp_path / str(step)) == tree(whole)
        _repeated(command, lake, market)
        assert tree(lake) == expected
        shutil.rmtree(lake)
    assert deaths >= 4


def _die(command: Callable[[Path, list[Path]], None], lake: Path, market: list[Path], step: int) -> None:
    _at_step(lambda: command(lake, market), step)


def _drop_right(lake: Path, market: list[Path]) -> None:
    (right,) = find_sources([lake.parent / "right"])
    drop_source(lake, right.identity())


def _repeated(command: Callable[[Path, list[Path]], None], lake: Path, market: list[Path]) -> None:
    """Run a command again, which may find nothing left to do."""
    try:
        command(lake, market)
    except InputError as mistake:
        if "has no source" not in str(mistake) and "has nothing of that" not in str(mistake):
            raise
