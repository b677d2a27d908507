"""Features of the real day: as their slow twins say, and as the market says."""

from pathlib import Path

import numpy as np
import pytest

from lake_sources import MONDAY
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.tape.features import SPOT, Call, DayFeatures, OneContract, Premium, features, read_call
from nfolab.tape.features.naming import read_subject
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources
from tape.features.tapes import rows_of
from tape.features.twins import Slow

ON_THE_FORWARD = (
    "forward", "iv", "delta", "gamma", "theta", "vega", "straddle", "neighbours_iv", "neighbours_price", "theta_score",
    "gamma_per_spread", "gamma_rank",
)  # fmt: skip
SECONDS = (1_067, 1_068, 1_100, 1_153, 1_207, 1_400, 1_530, 1_808, 2_100, 2_400, 2_415)
"""The recorder began at second 1,068."""


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("real") / "lake"
    pack(find_sources([real_data / "raw_options"]), root, 1)
    return Lake.open(root)


@pytest.fixture(scope="module")
def fast(lake: Lake) -> DayFeatures:
    return DayFeatures(Day(lake, "BANKNIFTY", MONDAY))


def without_index(call: Call) -> bool:
    nested = [one for one in call.arguments if isinstance(one, Call)]
    known = features()[call.name].subjects & {"contract", "premium"}
    return bool(known) and call.name not in ON_THE_FORWARD and all(map(without_index, nested))


def test_features_of_real_rows_equal_their_slow_twins(lake: Lake, fast: DayFeatures) -> None:
    contracts, _ = rows_of(lake)
    call, put = (read_subject(name, fast.day) for name in ("59400 CE", "59400 PE"))
    assert isinstance(call, OneContract)
    assert isinstance(put, OneContract)
    slow = Slow(contracts, [])
    wrong, known = [], 0
    examples = [read_call(text) for one in features().values() for text in one.examples]
    for example in filter(without_index, examples):
        for subject in (call, Premium((call.number, put.number))):
            if subject.kind not in features()[example.name].subjects:
                continue
            told = fast.get(example, subject)[list(SECONDS)]
            again = np.array([slow.value(example, subject, t) for t in SECONDS], dtype=np.float64)
            known += np.count_nonzero(~np.isnan(again))
            if not np.allclose(told, again, rtol=1e-9, atol=1e-12, equal_nan=True):
                wrong.append(f"{example} of {subject}: {told}, slow {again}")
    assert wrong == []
    assert known > 700


def test_an_average_by_our_volumes_is_near_the_feeds(fast: DayFeatures) -> None:
    """Ours begins 17 minutes after the open and leaves out the gaps, so they agree roughly only."""
    for name in ("59400 CE", "59400 PE", "60000 CE"):
        subject = read_subject(name, fast.day)
        ours, feeds = fast.get("vwap", subject), fast.get("average_price", subject)
        assert abs(np.nanmedian(ours / feeds) - 1) < 0.03


def test_a_call_and_a_put_of_one_strike_imply_one_volatility(fast: DayFeatures) -> None:
    """By put-call parity; on the forward of the other pair they differ by its spread."""
    for strike in (59_400, 59_900):
        call, put = (fast.get("iv", read_subject(f"{strike} {kind}", fast.day)) for kind in ("CE", "PE"))
        apart = np.abs(call - put)
        known = ~np.isnan(apart)
        assert known.sum() > 20_000
        assert np.quantile(apart[known], 0.99) < 0.005
        assert 0.05 < np.median(call[known]) < 0.20


def test_the_forward_lies_where_parity_showed_it_by_hand(fast: DayFeatures) -> None:
    forward = fast.get("forward", read_subject("59400 CE", fast.day))
    known = forward[~np.isnan(forward)]
    assert np.quantile(known, 0.001) > 5_936_400 - 500
    assert np.quantile(known, 0.999) < 5_974_300 + 500


def test_a_day_without_an_index_tells_nothing_of_it(fast: DayFeatures) -> None:
    assert np.isnan(fast.get("spot_return(30s)", SPOT)).all()
    assert fast.get("gap", SPOT).all()
