"""What is told of rows that are kept: counted, so that nothing about them stays unsaid."""

from typing import Final

LAST_PRICE_IN_CLOSE: Final = "last price taken from close"
"""The file has no price of its own; its `close` is the last price, and the previous close is unknown."""

BEFORE_LAST_OF_SECOND: Final = "ticks before the last of their second"
"""True ticks which no as-of by whole seconds shows, because a later tick of the same second does."""
