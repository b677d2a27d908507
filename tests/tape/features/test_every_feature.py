"""What holds of every feature of the registry: it equals its slow twin, and nothing after t matters at t.

The tests walk the registry, so that a new feature without a twin, or one that looks ahead, fails here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from nfolab.lake import Lake
from nfolab.tape.features import (
    FUTURE,
    SPOT,
    Call,
    Chain,
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
from tape.features.tapes import (
    CALL,
    CHAIN_ASKED,
    CHAIN_SECONDS,
    LONELY,
    NUMBERS,
    PUT,
    SECONDS,
    Market,
    chain_market,
    chain_numbers,
    future_rows,
    random_market,
    rows_of,
    series_of,
)
from tape.features.twins import TWINS, Slow

SUBJECTS: tuple[Subject, ...] = (
    OneContract(NUMBERS[CALL]),
    OneContract(NUMBERS[LONELY]),
    Premium((NUMBERS[CALL], NUMBERS[PUT])),
    SPOT,
    FUTURE,
)
EXAMPLES = [read_call(text) for one in features().values() for text in one.examples]

RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""How far rounding may lead a feature away whose sums are not whole numbers of half-paise; the rest are exact."""
ROUNDED = {
    "acceleration", "bar_ema", "change", "iv", "bar_sigma", "ema", "mean", "rank", "realised_vol", "return_sigma",
    "rsi", "rv", "second_return", "sigma", "up_share", "volume", "volume_rate", "mean_volume", "zscore",
    "atr", "bar_mean", "atm_iv", "call_skew", "put_skew", "call_iv_25", "put_iv_25", "skew_25", "term_gap",
    "expected_move", "straddle_move", "neighbours_iv", "neighbours_price", "day_mean", "day_sigma", "bar_slope",
    "bar_rsi", "support_line", "atm_iv_rank", "level_rv", "atm_put_excess", "atm_trade_rate", "atm_spread",
    "vacuum_score", "atm_spread_rise", "atm_depth_drop", "pull_rate", "replenish_rate",
}  # fmt: skip

RARE = {
    "burst_move", "burst_size", "burst_length", "burst_truncated", "burst_trade_rate", "burst_vacuum",
    "burst_by_trades", "burst_by_vacuum", "in_chop", "regime", "in_flicker", "atm_pulls", "atm_replenishes",
    "atm_net_liquidity", "atm_spread_moves", "atm_trade_rate", "vacuum_score", "in_burst",
}  # fmt: skip
"""What is told only after a burst, or of two books less damaged than these: tests/tape/state has such tapes."""

BUMPED = {
    "delta": (1e-6, 1e-7), "gamma": (3e-3, 0), "theta": (1e-6, 0), "vega": (1e-6, 0), "theta_score": (1e-6, 0),
    "best_theta_score": (1e-6, 0), "gamma_per_spread": (3e-3, 0),
}  # fmt: skip
"""Greeks stand against differences of prices in the twins: the relative and absolute errors of these."""
OF_OTHER_CONTRACTS = {
    "straddle", "forward", "iv", "delta", "gamma", "theta", "vega", "neighbours_iv", "theta_score", "gamma_per_spread",
    "gamma_rank", "neighbours_price", "synthetic_bid", "synthetic_ask",
}  # fmt: skip
"""Contract features that read other contracts: they are tested on a chain too."""


def known_of(call: Call) -> frozenset[SubjectKind]:
    known = find_feature(call.name).subjects
    for nested in call.arguments:
        if isinstance(nested, Call):
            known = known & known_of(nested)
    return known


def suited(call: Call) -> Iterator[Subject]:
    for subject in SUBJECTS:
        if subject.kind in known_of(call):
            yield subject


@dataclass(frozen=True)
class Setting:
    """A market, and what is asked of it."""

    market: Market
    seconds: int
    asked: tuple[tuple[Call, Subject], ...]


def contracts_setting(seed: int) -> Setting:
    """All features of contracts, premiums and the index, on three contracts of which much is wrong."""
    return Setting(random_market(seed), SECONDS, tuple((call, one) for call in EXAMPLES for one in suited(call)))


def chain_setting(seed: int) -> Setting:
    """All features of a chain, rolling and frozen, and those of contracts that read others, on a whole chain."""
    market = chain_market(seed)
    names = sorted(chain_numbers(market), key=chain_numbers(market).__getitem__)
    expiry = date(2025, 12, 30)
    subjects = (Chain(expiry), Chain(expiry, frozen=200), *(OneContract(names.index(name)) for name in CHAIN_ASKED))
    return Setting(
        market,
        CHAIN_SECONDS,
        tuple(
            (call, one)
            for call in EXAMPLES
            for one in subjects
            if one.kind in known_of(call) and (isinstance(one, Chain) or call.name in OF_OTHER_CONTRACTS)
        ),
    )


SETTINGS = {"contracts": contracts_setting, "chain": chain_setting}


def test_the_registry_and_the_twins_are_the_same_list() -> None:
    assert features().keys() == TWINS.keys()
    assert all(one.examples for one in features().values())


@pytest.mark.parametrize(("setting", "seed"), [("contracts", 1), ("contracts", 2), ("chain", 1)])
def test_every_feature_equals_its_slow_twin(setting: str, seed: int, tmp_path: Path) -> None:
    given = SETTINGS[setting](seed)
    day = given.market.day(tmp_path)
    contracts, spot = rows_of(Lake.open(tmp_path / "lake"))
    lake = Lake.open(tmp_path / "lake")
    beside = {"INDIAVIX": series_of(lake, "vix", "INDIAVIX"), "NIFTY": series_of(lake, "spot", "NIFTY")}
    past = [Slow(*rows_of(lake, one)) for one in given.market.past]
    slow = Slow(contracts, spot, beside, future_rows(lake) if setting == "contracts" else None, past)
    fast = DayFeatures(day)
    random = np.random.default_rng(seed)
    edges = [one["second"] + step for one in contracts[0][:: len(contracts[0]) // 12] for step in (-1, 0, 1, 4, 6)]
    seconds = sorted({0, 1, 3, 14, 15, *edges, *random.integers(20, given.seconds + 200, 40).tolist()})
    wrong = []
    some: Counter[Call] = Counter()
    for call, subject in given.asked:
        found = fast.get(call, subject)
        told = np.array([slow.value(call, subject, t) for t in seconds], dtype=np.float64)
        some[call] += np.count_nonzero(~np.isnan(told))
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
    # A lonely pair has no neighbours and no other strikes: that is what the chain is for.
    wrong += [f"{call} is told {times} times only" for call, times in some.items()
              if times < 10 and call.name not in RARE
              and (setting == "chain" or call.name not in OF_OTHER_CONTRACTS)]  # fmt: skip
    assert not wrong, "\n".join(wrong[:20])


def test_every_feature_is_asked_of_some_subject() -> None:
    asked = {call for make in SETTINGS.values() for call, _ in make(1).asked}
    assert [str(call) for call in EXAMPLES if call not in asked] == []


@pytest.fixture(scope="module", params=["contracts", "chain"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Setting, Day]:
    setting = SETTINGS[request.param](5)
    return setting, setting.market.day(tmp_path_factory.mktemp("whole"))


def cut(market: Market, noise: Market, second: int, after: bool) -> Market:
    """The market with all after a second (or before it) removed, and noise in its place."""

    def kept(at: float) -> bool:
        return int(at) <= second if after else int(at) >= second

    def joined(name: str) -> list[dict]:
        own = [one for one in market.contracts[name] if kept(at_second(one))]
        other = [one for one in noise.contracts[name] if not kept(at_second(one))]
        return sorted([*own, *other], key=at_second)

    def at_second(one: dict) -> float:
        opening = one["timestamp"].replace(hour=9, minute=15, second=0, microsecond=0)
        return (one["timestamp"] - opening).total_seconds()

    def other(own: Mapping[float, float], noise: Mapping[float, float]) -> dict[float, float]:
        spot = {at: price for at, price in own.items() if kept(at)}
        spot |= {at: price for at, price in noise.items() if not kept(at)}
        return dict(sorted(spot.items()))

    contracts = {name: joined(name) for name in market.contracts}
    series = ((market.spot, noise.spot), (market.vix, noise.vix), (market.nifty, noise.nifty))
    return Market(contracts, *(other(*pair) for pair in series), past=market.past)


def ended(market: Market, second: int) -> Market:
    """The market with nothing after a second."""
    contracts = {
        name: [one for one in rows if (one["timestamp"].hour * 60 + one["timestamp"].minute) * 60
               + one["timestamp"].second - 33_300 <= second]
        for name, rows in market.contracts.items()
    }  # fmt: skip
    series = (market.spot, market.vix, market.nifty)
    return Market(contracts, *({at: price for at, price in one.items() if int(at) <= second} for one in series),
                  past=market.past)  # fmt: skip


def differing(
    asked: tuple[tuple[Call, Subject], ...], one: DayFeatures, other: DayFeatures, seconds: slice
) -> list[str]:
    return [
        f"{call} of {subject}"
        for call, subject in asked
        if not np.array_equal(one.get(call, subject)[seconds], other.get(call, subject)[seconds], equal_nan=True)
    ]


@pytest.mark.parametrize("share", [0.03, 0.3, 0.7])
def test_nothing_after_a_second_changes_any_feature_at_or_before_it(
    share: float, whole: tuple[Setting, Day], tmp_path: Path
) -> None:
    setting, day = whole
    second = int(share * setting.seconds)
    noise = random_market(77) if setting.seconds == SECONDS else chain_market(77)
    before = DayFeatures(day)
    noisy = DayFeatures(cut(setting.market, noise, second, after=True).day(tmp_path / "noise"))
    silent = DayFeatures(ended(setting.market, second).day(tmp_path / "nothing"))
    upto = slice(0, second + 1)
    assert differing(setting.asked, before, noisy, upto) == []
    assert differing(renumbered(setting, silent.day), before, silent, upto) == []
    assert differing(setting.asked, before, noisy, slice(second + 1, setting.seconds)) != [], "the noise is in the tape"


def renumbered(setting: Setting, day: Day) -> tuple[tuple[Call, Subject], ...]:
    """What is asked, without the contracts that a shorter day does not list."""
    whole_day = day.expiry.size == len(setting.market.options)
    return tuple(one for one in setting.asked if whole_day or not isinstance(one[1], OneContract | Premium))


def test_nothing_before_the_declared_look_back_matters(whole: tuple[Setting, Day], tmp_path: Path) -> None:
    setting, day = whole
    second = setting.seconds // 3
    noise = random_market(77) if setting.seconds == SECONDS else chain_market(77)
    one, other = DayFeatures(day), DayFeatures(cut(setting.market, noise, second, after=False).day(tmp_path))
    bounded = [(call, subject) for call, subject in setting.asked if look_back(call) is not None]
    assert bounded
    wrong = []
    for call, subject in bounded:
        since = second + look_back(call)
        # Sums that slid past other values may differ in their last bits.
        near = RELATIVE if call.name in ROUNDED else 0
        told, again = one.get(call, subject)[since:], other.get(call, subject)[since:]
        if not np.allclose(told, again, rtol=near, atol=ABSOLUTE * (near > 0), equal_nan=True):
            wrong.append(f"{call} of {subject}")
    assert wrong == []


def test_every_feature_has_its_first_value_after_its_warm_up(tmp_path: Path) -> None:
    clean = DayFeatures(random_market(3, clean=True).day(tmp_path))
    firsts = {SUBJECTS[0]: 3, SUBJECTS[1]: 40, SUBJECTS[2]: 11, SPOT: 0, FUTURE: 2}
    checked = 0
    for call in EXAMPLES:
        for subject in suited(call):
            known = np.flatnonzero(~np.isnan(clean.get(call, subject)))
            if warm_up(call) and "iv" not in str(call):
                assert known[0] >= firsts[subject] + warm_up(call), (str(call), subject, known[0])
                checked += 1
                # Bars and ranges end on the clock, and the basis begins with the future.
                if not {"bar", "atr", "realised", "basis", "median"} & set(re.split("[_( ,)]", str(call))):
                    assert known[0] == firsts[subject] + warm_up(call), (str(call), subject, known[0])
    assert checked > 60


def test_what_a_feature_declares_to_read_is_all_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = random_market(5).day(tmp_path)
    told = 0
    for call in EXAMPLES:
        for subject in suited(call):
            if subject in (SPOT, FUTURE) or call.name in OF_OTHER_CONTRACTS or "iv" in str(call):
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
