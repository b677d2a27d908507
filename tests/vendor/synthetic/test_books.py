"""What a written row holds: prices on the tick, an ordered book around the fair value, running figures that add up."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from nfolab.market.contracts import parse_name
from nfolab.vendor.synthetic import write_market

LOT = 35
LEVELS = range(5)
PRICES = ["price", "open", "high", "low", "close"] + [f"{side}p{level}" for side in "bs" for level in LEVELS]
QUANTITIES = ["qty", "volume", "oi", "bQty", "sQty"] + [f"{side}q{level}" for side in "bs" for level in LEVELS]


@pytest.fixture(scope="module")
def contracts(plain):
    return plain.options()


@pytest.fixture(scope="module")
def with_fair(plain, contracts):
    """Every row of the day with its fair value in rupees, beside the contract's key."""
    frames = []
    for name, frame in contracts.items():
        contract = parse_name(name, date(2025, 7, 7))
        key = {"expiry": contract.expiry, "kind": contract.kind}
        frames.append(frame.with_columns(pl.lit(value).alias(column) for column, value in key.items()))
    rows = pl.concat(frames).with_columns(pl.col("second").cast(pl.Int32), pl.col("strike").cast(pl.Int32))
    joined = rows.join(plain.fair(), on=["expiry", "kind", "strike", "second"], how="left", validate="m:1")
    assert joined["fair_paise"].null_count() == 0
    return joined.with_columns(fair=pl.col("fair_paise") / 100, mid=(pl.col("bp0") + pl.col("sp0")) / 2)


def test_prices_lie_on_the_tick_and_quantities_on_the_lot(contracts):
    for frame in contracts.values():
        for name in PRICES:
            ticks = frame[name].to_numpy() * 20
            assert np.abs(ticks - np.rint(ticks)).max() < 1e-6
            # The very number a decimal text would be read as: no digits beyond the paisa.
            assert (frame[name].round(2) == frame[name]).all()
        for name in QUANTITIES:
            assert (frame[name] % LOT == 0).all()
            assert (frame[name] >= 0).all()
        assert (frame["price"] >= 0.05).all()


def check_order(frame):
    for side, sign in (("b", -1), ("s", 1)):
        for level in LEVELS:
            price, quantity, orders = (frame[f"{side}{what}{level}"] for what in "pqo")
            empty = price == 0
            assert ((quantity > 0) != empty).all()
            assert ((orders > 0) != empty).all()
            assert (orders * LOT <= quantity).all()
            if level:
                before = frame[f"{side}p{level - 1}"]
                assert ((sign * (price - before) > 1e-9) | empty).all()
                assert (empty | (before > 0)).all()
    assert ((frame["bp0"] < frame["sp0"]) | (frame["bp0"] == 0)).all()
    assert (frame["sp0"] > 0).all()


def test_levels_are_in_order_and_bids_never_cross_asks(contracts):
    assert len(contracts) > 20
    for frame in contracts.values():
        check_order(frame)


def test_quotes_stand_on_either_side_of_the_fair_value(with_fair):
    assert (with_fair["bp0"] <= with_fair["fair"] + 1e-9).all()
    assert (with_fair["sp0"] >= with_fair["fair"] - 1e-9).all()


def test_middles_leave_no_arbitrage(with_fair):
    quoted = with_fair.filter(pl.col("bp0") > 0)
    grid = quoted.pivot(on="strike", index=["expiry", "kind", "second"], values="mid")
    strikes = sorted(name for name in grid.columns if name.isdigit())
    for kind, sign in (("CE", -1), ("PE", 1)):
        mids = grid.filter(pl.col("kind") == kind).select(strikes).cast(pl.Float64).to_numpy()
        steps = np.diff(mids, axis=1)
        assert np.nanmin(sign * steps) >= -1e-9
        assert np.isfinite(steps).sum() > 100_000
        bends = np.diff(mids, 2, axis=1)
        # A middle is the fair value to half a tick, so a bend can be off by 4 x 0.0125 rupees.
        assert np.nanmin(bends) >= -0.05 - 1e-9


def test_parity_holds_within_the_spreads(with_fair):
    sides = [with_fair.filter(pl.col("kind") == kind) for kind in ("CE", "PE")]
    pairs = sides[0].join(sides[1], on=["expiry", "strike", "second"], suffix="_put")
    # Of every expiry and second: what call - put + K D tells of the forward must agree among strikes.
    discounts = {date(2025, 7, 31): 24.26 / 365, date(2025, 8, 28): 52.26 / 365}
    for expiry, years in discounts.items():
        one = pairs.filter(pl.col("expiry") == expiry)
        discount = np.exp(-0.055 * years)
        low = one["bp0"] - one["sp0_put"] + one["strike"] * discount
        high = one["sp0"] - one["bp0_put"] + one["strike"] * discount
        bounds = (
            one.select("second")
            .with_columns(low=low, high=high)
            .group_by("second")
            .agg(pl.col("low").max(), pl.col("high").min())
        )
        assert bounds.height > 1_000
        # The discount changes by less than 0.0002 through the day: 0.2 rupees over the strikes listed.
        assert (bounds["low"] <= bounds["high"] + 0.2).all()


def test_running_figures_never_go_back(contracts):
    for frame in contracts.values():
        assert frame["timestamp"].is_sorted()
        assert frame["timestamp"].is_unique().all()
        for name, sign in (("volume", 1), ("high", 1), ("low", -1)):
            assert (frame[name].diff().drop_nulls() * sign >= 0).all()
        assert (frame["lastTradeTime"].diff().drop_nulls().dt.total_seconds() >= 0).all()
        assert (frame["lastTradeTime"] <= frame["timestamp"]).all()
        assert frame["open"].n_unique() == 1
        assert frame["close"].n_unique() == 1
        assert (frame["ts"] == frame["timestamp"]).all()
        for side in "bs":
            shown = pl.sum_horizontal(f"{side}q{level}" for level in LEVELS)
            assert (frame.select(pl.col(f"{side}Qty") >= shown).to_series()).all()


def test_trades_happen_at_the_quotes_and_move_the_figures(contracts):
    for frame in contracts.values():
        traded = frame.filter(pl.col("volume").diff() > 0)
        at_quote = (traded["price"] == traded["bp0"]) | (traded["price"] == traded["sp0"])
        assert at_quote.all()
        assert (traded["lastTradeTime"] == traded["timestamp"]).all()
        still = frame.with_columns(pl.col("price", "volume").diff().name.prefix("d_")).filter(pl.col("d_volume") == 0)
        assert (still["d_price"] == 0).all()
        assert (frame["high"] >= frame["price"]).all()
        assert (frame["low"] <= frame["price"]).all()
        assert (frame["high"] == frame["price"].cum_max()).all()
        assert (frame["low"] == frame["price"].cum_min()).all()


def test_average_price_and_change_by_hand(contracts):
    frame = contracts["banknifty25jul57000ce"]
    traded = frame["volume"].diff().fill_null(frame["volume"][0])
    average = (traded * frame["price"]).cum_sum() / frame["volume"]
    assert (frame["avgPrice"] - average).abs().max() < 0.005 + 1e-6
    change = 100 * (frame["price"] - frame["close"]) / frame["close"]
    assert (frame["changeper"] - change).abs().max() < 6e-7


def test_depth_is_that_of_a_real_book(contracts):
    frame = contracts["banknifty25jul57000ce"]
    for side in "bs":
        lots = frame.select(pl.sum_horizontal(f"{side}q{level}" for level in LEVELS) // LOT).to_series()
        assert 10 <= lots.median() <= 20
        assert lots.quantile(0.01) >= 4
        assert lots.quantile(0.99) <= 45
        assert 0.05 < (lots < 10).mean() < 0.5
        assert (frame[f"{side}q0"] // LOT).quantile(0.5) <= 3


def test_spreads_widen_with_distance_and_with_speed_and_depth_thins(contracts, plain):
    spread = pl.col("sp0") - pl.col("bp0")
    near, far = (
        contracts[name].select(spread / pl.col("price")).to_series().median()
        for name in ("banknifty25jul57000pe", "banknifty25jul56400pe")
    )
    assert near < far
    index = pl.concat([pl.read_parquet(file) for file in (plain.path / "spot").iterdir()])
    speed = index.select("timestamp", speed=pl.col("price").diff().abs().rolling_mean(20)).drop_nulls()
    frame = contracts["banknifty25jul57000ce"].join(speed.cast({"timestamp": pl.Datetime("us")}), on="timestamp")
    slow, fast = (
        frame.filter(condition)
        for condition in (
            pl.col("speed") < frame["speed"].quantile(0.2),
            pl.col("speed") > frame["speed"].quantile(0.98),
        )
    )
    shown = pl.sum_horizontal(f"bq{level}" for level in LEVELS)
    assert fast.select(spread).mean().item() > 1.15 * slow.select(spread).mean().item()
    assert fast.select(shown).mean().item() < 0.85 * slow.select(shown).mean().item()


def test_volume_clusters_with_speed(contracts):
    frame = contracts["banknifty25jul57000ce"]
    by_minute = frame.group_by(frame["second"] // 60).agg(
        pl.col("volume").max() - pl.col("volume").min(), moved=pl.col("price").diff().abs().sum()
    )
    assert by_minute.select(pl.corr("volume", "moved")).item() > 0.2


def test_quiet_contracts_skip_seconds(contracts):
    rows = {name: frame.height for name, frame in contracts.items()}
    assert all(18_000 < count < 21_000 for name, count in rows.items() if "jul" in name)
    assert all(1_000 < count < 5_000 for name, count in rows.items() if "aug" in name)


def test_the_book_stands_on_either_side_of_fair_value_to_the_end_of_an_expiry_day(nifty):
    day = date(2025, 7, 10)
    worthless = 0
    for name, frame in nifty.options(day).items():
        contract = parse_name(name, day)
        fair = nifty.fair(day).filter(
            (pl.col("expiry") == contract.expiry)
            & (pl.col("kind") == contract.kind)
            & (pl.col("strike") == contract.strike)
        )["fair_paise"]
        at = fair.gather(frame["second"]) / 100
        assert (frame["bp0"] <= at + 1e-9).all()
        assert (frame["sp0"] >= at - 1e-9).all()
        assert (frame["sp0"] >= 0.05).all()
        assert ((frame["bp0"] >= 0.05) | ((frame["bp0"] == 0) & (frame["bq0"] == 0) & (frame["bp4"] == 0))).all()
        worthless += (frame["bp0"] == 0).sum()
    assert worthless > 100


def test_a_full_day_is_as_big_as_a_real_one(tmp_path):
    written = write_market(
        tmp_path / "full",
        underlying="BANKNIFTY",
        start=date(2025, 7, 7),
        days=1,
        size="full",
        form="parquet",
        seed=1,
    )
    assert 4_000_000 < written.rows < 8_000_000
    contracts = [file.stem for file in (tmp_path / "full" / "2025-07-07").iterdir()]
    assert len(contracts) == written.files - 3 == 596
    assert {name[:14] for name in contracts} == {"banknifty25jul", "banknifty25aug"}
    assert not (tmp_path / "full" / "fair_values").exists()
