"""What holds of every feature of the registry: it equals its slow twin, and nothing after t matters at t.

The tests walk the registry, so that a new feature without a twin, or one that looks ahead, fails here.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nfolab.lake import Lake
from nfolab.tape.features import (
    SPOT,
    Call,
    DayFeatures,
    OneContract,
    Premium,
    Subject,
    SubjectKind,
    features,
    find_feature,
    look_back,
    read_call,
    warm_up,
)
from nfolab.tape.tape import Day
from tape.features.tapes import CALL, LONELY, NUMBERS, PUT, Market, random_market, rows_of
from tape.features.twins import TWINS, Slow

SUBJECTS: tuple[Subject, ...] = (
    OneContract(NUMBERS[CALL]),
    OneContract(NUMBERS[LONELY]),
    Premium((NUMBERS[CALL], NUMBERS[PUT])),
    SPOT,
)
PARTNER = {NUMBERS[CALL]: NUMBERS[PUT], NUMBERS[PUT]: NUMBERS[CALL]}
EXAMPLES = [read_call(text) for one in features().values() for text in one.examples]

RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""How far rounding may lead a feature away whose sums are not whole numbers of half-paise; the rest are exact."""
ROUNDED = {
    "acceleration", "bar_ema", "change", "iv", "bar_sigma", "ema", "mean", "rank", "realised_vol", "return_sigma",
    "rsi", "rv", "second_return", "sigma", "up_share", "volume", "volume_rate", "mean_volume", "zscore",
    "atr", "bar_mean",
}  # fmt: skip

BUMPED = {"delta": (1e-6, 1e-7), "gamma": (3e-3, 0), "theta": (1e-6, 0), "vega": (1e-6, 0)}
"""Greeks stand against differences of prices in the twins: the relative and absolute errors of these."""
OF_OTHER_CONTRACTS = {"straddle", "forward", "iv", "delta", "gamma", "theta", "vega"}


def suited(call: Call) -> Iterator[Subject]:
    known = find_feature(call.name).subjects
    for nested in call.arguments:
        if isinstance(nested, Call):
            known = known & find_feature(nested.name).subjects
    for subject in SUBJECTS:
        if subject.kind in known:
            yield subject


def test_the_registry_and_the_twins_are_the_same_list() -> None:
    assert features().keys() == TWINS.keys()
    assert all(one.examples for one in features().values())


@pytest.mark.parametrize("seed", [1, 2])
def test_every_feature_equals_its_slow_twin(seed: int, tmp_path: Path) -> None:
    day = random_market(seed).day(tmp_path)
    contracts, spot = rows_of(Lake.open(tmp_path / "lake"))
    slow = Slow(contracts, spot, PARTNER)
    fast = DayFeatures(day)
    random = np.random.default_rng(seed)
    edges = [one["second"] + step for one in contracts[0][:: len(contracts[0]) // 12] for step in (-1, 0, 1, 4, 6)]
    seconds = sorted({0, 1, 3, 14, 15, *edges, *random.integers(20, 2_300, 40).tolist()})
    wrong = []
    for call in EXAMPLES:
        some = 0
        for subject in suited(call):
            found = fast.get(call, subject)
            told = np.array([slow.value(call, subject, t) for t in seconds], dtype=np.float64)
            some += np.count_nonzero(~np.isnan(told))
            same = told == found[seconds]
            if call.name in BUMPED:
                relative, absolute = BUMPED[call.name]
                same |= np.isclose(told, found[seconds], rtol=relative, atol=absolute)
            if call.name in ROUNDED:
                same |= np.isclose(told, found[seconds], rtol=RELATIVE, atol=ABSOLUTE)
            same |= np.isnan(told) & np.isnan(found[seconds])
            wrong += [
                f"{call} of {subject} at {t}: {a}, slow {b}"
                for t, a, b in zip(seconds, found[seconds], told, strict=True)
                if not same[seconds.index(t)]
            ]
        wrong += [] if some >= 10 else [f"{call} is told {some} times only"]
    assert not wrong, "\n".join(wrong[:20])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Market, Day]:
    market = random_market(5)
    return market, market.day(tmp_path_factory.mktemp("whole"))


def cut(market: Market, second: int, after: bool) -> Market:
    """The market with all after a second (or before it) removed, and noise in its place."""

    def kept(at: float) -> bool:
        return int(at) <= second if after else int(at) >= second

    noise = random_market(77)

    def joined(name: str) -> list[dict]:
        own = [one for one in market.contracts[name] if kept(at_second(one))]
        other = [one for one in noise.contracts[name] if not kept(at_second(one))]
        return sorted([*own, *other], key=at_second)

    def at_second(one: dict) -> float:
        opening = one["timestamp"].replace(hour=9, minute=15, second=0, microsecond=0)
        return (one["timestamp"] - opening).total_seconds()

    spot = {at: price for at, price in market.spot.items() if kept(at)}
    spot |= {at: price for at, price in noise.spot.items() if not kept(at)}
    return Market({name: joined(name) for name in market.contracts}, dict(sorted(spot.items())))


def ended(market: Market, second: int) -> Market:
    """The market with nothing after a second."""
    contracts = {
        name: [one for one in rows if (one["timestamp"].hour * 60 + one["timestamp"].minute) * 60
               + one["timestamp"].second - 33_300 <= second]
        for name, rows in market.contracts.items()
    }  # fmt: skip
    return Market(contracts, {at: price for at, price in market.spot.items() if int(at) <= second})


def differing(one: DayFeatures, other: DayFeatures, seconds: slice) -> list[str]:
    return [
        f"{call} of {subject}"
        for call in EXAMPLES
        for subject in suited(call)
        if not np.array_equal(one.get(call, subject)[seconds], other.get(call, subject)[seconds], equal_nan=True)
    ]


@pytest.mark.parametrize("second", [61, 613, 1_500])
def test_nothing_after_a_second_changes_any_feature_at_or_before_it(
    second: int, whole: tuple[Market, Day], tmp_path: Path
) -> None:
    market, day = whole
    before = DayFeatures(day)
    noisy = DayFeatures(cut(market, second, after=True).day(tmp_path / "noise"))
    silent = DayFeatures(ended(market, second).day(tmp_path / "nothing"))
    upto = slice(0, second + 1)
    assert differing(before, noisy, upto) == []
    assert differing(before, silent, upto) == []
    assert differing(before, noisy, slice(second + 1, 2_100)) != [], "the noise is in the tape"


def test_nothing_before_the_declared_look_back_matters(whole: tuple[Market, Day], tmp_path: Path) -> None:
    market, day = whole
    second = 700
    one, other = DayFeatures(day), DayFeatures(cut(market, second, after=False).day(tmp_path))
    bounded = [call for call in EXAMPLES if look_back(call) is not None]
    assert len(bounded) > 30
    wrong = []
    for call in bounded:
        for subject in suited(call):
            since = second + look_back(call)
            # Sums that slid past other values may differ in their last bits.
            near = RELATIVE if call.name in ROUNDED else 0
            told, again = one.get(call, subject)[since:], other.get(call, subject)[since:]
            if not np.allclose(told, again, rtol=near, atol=ABSOLUTE * (near > 0), equal_nan=True):
                wrong.append(f"{call} of {subject}")
    assert wrong == []


def test_every_feature_has_its_first_value_after_its_warm_up(tmp_path: Path) -> None:
    clean = DayFeatures(random_market(3, clean=True).day(tmp_path))
    firsts = {SUBJECTS[0]: 3, SUBJECTS[1]: 40, SUBJECTS[2]: 11, SPOT: 0}
    checked = 0
    for call in EXAMPLES:
        for subject in suited(call):
            known = np.flatnonzero(~np.isnan(clean.get(call, subject)))
            if warm_up(call) and "iv" not in str(call):
                assert known[0] >= firsts[subject] + warm_up(call), (str(call), subject, known[0])
                checked += 1
                if not call.name.startswith("bar_") and call.name not in ("atr", "realised_vol"):
                    assert known[0] == firsts[subject] + warm_up(call), (str(call), subject, known[0])
    assert checked > 60


def test_what_a_feature_declares_to_read_is_all_it_reads(
    whole: tuple[Market, Day], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, day = whole
    told = 0
    for call in EXAMPLES:
        for subject in suited(call):
            if subject == SPOT or call.name in OF_OTHER_CONTRACTS or "iv" in str(call):
                continue
            fresh = DayFeatures(day)
            fresh.prepare([call], [subject])
            with monkeypatch.context() as patch:
                patch.setattr(day.file, "read", refuse)
                told += fresh.get(call, subject).size == day.seconds
    assert told > 60


def refuse(*_: object) -> None:
    raise AssertionError("a column was read that is not declared")


@pytest.mark.parametrize("call", EXAMPLES, ids=str)
def test_the_canonical_spelling_reads_back(call: Call) -> None:
    assert read_call(str(call)) == call


def test_every_feature_tells_its_unit_formula_and_source() -> None:
    for one in features().values():
        assert one.summary.endswith(".")
        assert one.formula
        assert one.source
        assert one.subjects <= set(SubjectKind)
