"""The cache on disk: what it serves is what would be computed, never what was true of other data or definitions."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nfolab.base.errors import InputError
from nfolab.tape.features import SPOT, DayFeatures, FeatureCache, OneContract, Premium, read_call
from nfolab.tape.features import cache as cache_module
from nfolab.tape.tape import Day
from tape.features.tapes import CALL, LONELY, NUMBERS, PUT, Market, random_market

CALLS = ("ema(5s)", "volume(30s)", "imbalance(5)", "iv")
CONTRACTS = [OneContract(NUMBERS[CALL]), OneContract(NUMBERS[LONELY])]


@pytest.fixture(scope="module")
def market() -> Market:
    return random_market(21)


@pytest.fixture(scope="module")
def day(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Day:
    return market.day(tmp_path_factory.mktemp("cached"))


def filled(day: Day, folder: Path) -> DayFeatures:
    features = DayFeatures(day, FeatureCache(folder))
    for call in CALLS:
        features.table(call, CONTRACTS)
    features.get("last", SPOT)
    features.get("mid", Premium((NUMBERS[CALL], NUMBERS[PUT])))
    features.keep()
    return features


def no_reading(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("rows were read")

    monkeypatch.setattr(day.file, "read", refuse)


def test_what_is_kept_is_served_without_reading_a_row(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = filled(day, tmp_path)
    no_reading(day, monkeypatch)
    again = DayFeatures(day, FeatureCache(tmp_path))
    for call in CALLS:
        assert np.array_equal(first.table(call, CONTRACTS), again.table(call, CONTRACTS), equal_nan=True)
        assert np.array_equal(first.get(call, CONTRACTS[1]), again.get(call, CONTRACTS[1]), equal_nan=True)
        backward = again.table(call, CONTRACTS[::-1])
        assert np.array_equal(first.table(call, CONTRACTS)[::-1], backward, equal_nan=True)
    pair = Premium((NUMBERS[CALL], NUMBERS[PUT]))
    assert np.array_equal(first.get("mid", pair), again.get("mid", pair), equal_nan=True)
    assert np.array_equal(first.get("last", SPOT), again.get("last", SPOT), equal_nan=True)


def test_another_subject_joins_those_that_are_kept(day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(day, tmp_path)
    later = DayFeatures(day, FeatureCache(tmp_path))
    put = OneContract(NUMBERS[PUT])
    told = later.get("ema(5s)", put)
    later.keep()
    no_reading(day, monkeypatch)
    again = DayFeatures(day, FeatureCache(tmp_path))
    assert np.array_equal(again.get("ema(5s)", put), told, equal_nan=True)
    assert again.table("ema(5s)", [*CONTRACTS, put]).shape == (3, day.seconds)


def test_values_of_other_data_are_never_served(day: Day, market: Market, tmp_path: Path) -> None:
    filled(day, tmp_path / "cache")
    contracts = {name: [dict(one) for one in rows] for name, rows in market.contracts.items()}
    contracts[CALL][300]["price"] = 999.0
    changed = Market(contracts, market.spot).day(tmp_path / "changed")
    served = DayFeatures(changed, FeatureCache(tmp_path / "cache")).get("ema(5s)", CONTRACTS[0])
    assert np.array_equal(served, DayFeatures(changed).get("ema(5s)", CONTRACTS[0]), equal_nan=True)
    assert not np.array_equal(served, DayFeatures(day).get("ema(5s)", CONTRACTS[0]), equal_nan=True)


def test_values_of_another_index_are_never_served(day: Day, market: Market, tmp_path: Path) -> None:
    filled(day, tmp_path / "cache")
    moved = Market(market.contracts, {second: price + 1 for second, price in market.spot.items()})
    other = moved.day(tmp_path / "moved")
    assert other.file.content == day.file.content
    served = DayFeatures(other, FeatureCache(tmp_path / "cache")).get("last", SPOT)
    assert np.nanmax(np.abs(served - DayFeatures(day).get("last", SPOT) - 100)) == 0


def test_values_of_another_definition_are_never_served(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(day, tmp_path)
    monkeypatch.setattr(cache_module, "definitions_version", lambda: "0" * 16)
    fresh = FeatureCache(tmp_path).of_day(day)
    assert fresh.table(read_call("ema(5s)"), CONTRACTS) is None


def test_the_version_of_the_definitions_changes_with_their_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = cache_module.definitions_version.__wrapped__
    monkeypatch.setattr(cache_module, "_PACKAGE", tmp_path)
    source = tmp_path / "tape" / "features" / "defined" / "prices.py"
    source.parent.mkdir(parents=True)
    source.write_text("one = 1\n")
    before = version()
    source.write_text("one = 2\n")
    assert version() != before


@pytest.mark.parametrize("harm", ["cut", "empty", "other", "no header"])
def test_a_damaged_file_is_computed_anew(day: Day, tmp_path: Path, harm: str) -> None:
    first = filled(day, tmp_path)
    cache = FeatureCache(tmp_path).of_day(day)
    path = cache.path(read_call("ema(5s)"))
    content = path.read_bytes()
    other = cache.path(read_call("volume(30s)")).read_bytes()
    path.write_bytes({"cut": content[:-8], "empty": b"", "other": other, "no header": b"x" * len(content)}[harm])
    again = DayFeatures(day, FeatureCache(tmp_path))
    assert np.array_equal(again.table("ema(5s)", CONTRACTS), first.table("ema(5s)", CONTRACTS), equal_nan=True)
    again.keep()
    assert cache.table(read_call("ema(5s)"), CONTRACTS) is not None


def test_the_least_recently_used_go_first(day: Day, tmp_path: Path) -> None:
    filled(day, tmp_path)
    cache = FeatureCache(tmp_path)
    paths = {call: cache.of_day(day).path(read_call(call)) for call in CALLS}
    for age, path in enumerate(path for _, _, path in cache.files()):
        os.utime(path, (1_000 + age, 1_000 + age))
    cache.of_day(day).table(read_call("volume(30s)"), CONTRACTS)
    limit = 2 * paths["volume(30s)"].stat().st_size
    gone = FeatureCache(tmp_path, limit).evict()
    left = cache.files()
    assert gone > 0
    assert sum(size for _, size, _ in left) <= limit
    assert paths["volume(30s)"] in {path for _, _, path in left}


def test_keeping_never_lets_the_cache_grow_beyond_its_limit(day: Day, tmp_path: Path) -> None:
    limit = 400_000
    features = DayFeatures(day, FeatureCache(tmp_path, limit))
    for call in CALLS:
        features.get(call, CONTRACTS[0])
        features.keep()
        assert sum(size for _, size, _ in FeatureCache(tmp_path).files()) <= limit


def test_a_cache_that_cannot_be_written_is_told_in_a_sentence(day: Day, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    features = DayFeatures(day, FeatureCache(tmp_path / "file"))
    features.get("last", SPOT)
    with pytest.raises(InputError, match=r"feature cache .* cannot be written"):
        features.keep()


FILLING = """
import sys
from datetime import date
from pathlib import Path
from nfolab.lake import Lake
from nfolab.tape.features import DayFeatures, FeatureCache, OneContract
from nfolab.tape.tape import Day

lake, cache, last = sys.argv[1:]
day = Day(Lake.open(Path(lake)), "BANKNIFTY", date(2025, 12, 15))
print("begun", flush=True)
for window in range(2, int(last)):
    features = DayFeatures(day, FeatureCache(Path(cache)))
    features.table(f"change({window}s)", [OneContract(0), OneContract(1)])
    features.keep()
"""


def filling(lake: Path, folder: Path, last: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", FILLING, str(lake), str(folder), str(last)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def all_whole(day: Day, folder: Path, last: int) -> int:
    """How many of the features are served; each must be what is computed."""
    served = 0
    contracts = [OneContract(0), OneContract(1)]
    for window in range(2, last):
        found = FeatureCache(folder).of_day(day).table(read_call(f"change({window}s)"), contracts)
        if found is not None:
            served += 1
            assert np.array_equal(found, DayFeatures(day).table(f"change({window}s)", contracts), equal_nan=True)
    return served


def test_a_process_killed_while_it_writes_leaves_nothing_that_is_served(
    market: Market, day: Day, tmp_path: Path
) -> None:
    lake = market.packed(tmp_path / "killed").root
    process = filling(lake, tmp_path / "cache", 4_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    while not list((tmp_path / "cache").glob("*/*.feature")):
        time.sleep(0.01)
    time.sleep(0.05)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert all_whole(day, tmp_path / "cache", 20) > 0


def test_what_a_killed_process_left_half_written_goes_after_an_hour(day: Day, tmp_path: Path) -> None:
    filled(day, tmp_path)
    (folder,) = tmp_path.iterdir()
    old, fresh = (folder / f".{name}.feature.123.partial" for name in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1_000, 1_000))
    FeatureCache(tmp_path).evict()
    assert (old.exists(), fresh.exists()) == (False, True)


def test_two_processes_at_once_fill_one_cache(market: Market, day: Day, tmp_path: Path) -> None:
    lake = market.packed(tmp_path / "both").root
    processes = [filling(lake, tmp_path / "cache", 12) for _ in range(2)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert all_whole(day, tmp_path / "cache", 12) == 10
    assert list((tmp_path / "cache").glob("*/.*")) == []


def test_values_that_are_served_cannot_be_written_to(day: Day, tmp_path: Path) -> None:
    filled(day, tmp_path)
    for features in (DayFeatures(day), DayFeatures(day, FeatureCache(tmp_path))):
        values = features.get("ema(5s)", CONTRACTS[0])
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1.0


def test_the_environment_may_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NFOLAB_CACHE", raising=False)
    assert FeatureCache.beside(tmp_path).folder == tmp_path / ".features"
    monkeypatch.setenv("NFOLAB_CACHE", str(tmp_path / "elsewhere"))
    assert FeatureCache.beside(tmp_path).folder == tmp_path / "elsewhere" / "features"
