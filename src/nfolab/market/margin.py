"""Margin: the user's own flat figures, the base of returns in percent."""

from functools import cache

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.tables import rows, underlying_row


@cache
def _flat() -> dict[str, int]:
    return {row["underlying"]: int(row["rupees"]) * PAISE_PER_RUPEE for row in rows("flat_margins")}


def flat_margin(underlying: str) -> int | None:
    """Return the flat margin of a short pair, in paise a lot; None where the table has no figure.

    Raises:
        InputError: unknown underlying.
    """
    underlying_row(underlying)
    return _flat().get(underlying)
