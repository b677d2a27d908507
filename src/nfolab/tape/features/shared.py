"""The features that most strategies ask for: what is warmed unless told otherwise, and what speed is measured on."""

from typing import Final

_WINDOWS: Final = (3, 5, 10, 15, 20, 30, 60, 120, 300)

OF_A_CONTRACT: Final = (
    "last", "bid", "ask", "mid", "spread",
    "volume(1s)", *(f"volume({seconds}s)" for seconds in _WINDOWS),
    *(f"ema({seconds}s)" for seconds in (5, 6, 18, 20, 21)),
    "vwap", "atr(1m, 14)", "sigma(15m)",
    "bid_depth(1)", "ask_depth(1)", "bid_depth(5)", "ask_depth(5)",
    "imbalance(1)", "imbalance(5)", "imbalance_ratio(1)", "imbalance_ratio(5)", "depth_change(1s)",
    "iv", "delta", "gamma", "theta", "vega", "straddle",
    *(f"opening_{end}({minutes}m)" for minutes in (1, 2, 3, 5, 15) for end in ("high", "low")),
    "day_high", "day_low", "oi", "oi_age", "gap", "age",
)  # fmt: skip
"""Of each contract, as the strategy catalogue lists them under shared indicators."""

OF_A_CHAIN: Final = (
    "forward", "atm_strike", "atm_straddle", "atm_iv", "call_skew(400pt)", "put_skew(400pt)", "call_iv_25",
    "put_iv_25", "skew_25", "term_gap", "expected_move", "straddle_move",
    "call_wall", "call_wall_age", "put_wall", "put_wall_age", "pin_strike", "pin_oi", "pin_age", "max_pain",
    "call_oi(3)", "put_oi(3)", "pcr", "best_theta_score(5)", "best_theta_strike(5)",
)  # fmt: skip
"""Of the nearest expiry's chain."""

OF_THE_INDEX: Final = (
    "spot",
    *(f"spot_return({seconds}s)" for seconds in (1, 3, 5, 10, 15, 30, 60, 90, 150)),
    "rv(10s)", "rv(30s)", "rv(120s)",
    *(f"realised_vol({minutes}m)" for minutes in (5, 30, 60)),
    *(f"opening_{end}({minutes}m)" for minutes in (1, 2, 3, 5, 15) for end in ("high", "low")),
    "day_high", "day_low", "gap",
)  # fmt: skip
"""Of the index, likewise."""
