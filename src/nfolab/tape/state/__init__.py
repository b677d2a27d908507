"""The market's state by second: bursts, liquidity at the money, vacuum, chop, flicker, fear, regimes; all causal."""
