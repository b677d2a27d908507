"""What the open interest of an expiry shows: its walls, the pin, max pain, puts against calls."""

from typing import Final

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import CHAIN_ONLY, Call, Strikes, Unit, Values, feature
from nfolab.tape.features.interest import CALL, PUT, fill_max_pain, fill_near_the_money, wall_of

WHOLE_CHAIN: Final = Strikes(9999)
"""More strikes than any chain has."""

_SOURCE: Final = "docs/features.md, chains; nfolab.options.open_interest"
_NEAR: Final = "of the strikes within so many steps of the one at the money; what stands until a row brings another"


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="strike of the CE with the most open interest, the lowest of equals",
    source=_SOURCE,
    examples=("call_wall",),
)
def call_wall(given: Given, out: Values) -> None:
    """Strike where most calls are open."""
    out[:] = wall_of(given, CALL).strike


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="strike of the PE with the most open interest, the lowest of equals",
    source=_SOURCE,
    examples=("put_wall",),
)
def put_wall(given: Given, out: Values) -> None:
    """Strike where most puts are open."""
    out[:] = wall_of(given, PUT).strike


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="strike with the most open interest of CE and PE together, the lowest of equals",
    source=_SOURCE,
    examples=("pin_strike",),
)
def pin_strike(given: Given, out: Values) -> None:
    """Strike where most options of both kinds are open."""
    out[:] = wall_of(given, None).strike


@feature(
    unit=Unit.UNITS,
    subjects=CHAIN_ONLY,
    formula="open interest of CE and PE at pin_strike",
    source=_SOURCE,
    examples=("pin_oi",),
)
def pin_oi(given: Given, out: Values) -> None:
    """How much is open at the pin."""
    out[:] = wall_of(given, None).units


@feature(
    unit=Unit.SECONDS,
    subjects=CHAIN_ONLY,
    formula="t - second of the row that last changed the open interest at call_wall; none before a change was seen",
    source=_SOURCE,
    examples=("call_wall_age",),
)
def call_wall_age(given: Given, out: Values) -> None:
    """Seconds since the wall of the calls was last told anew."""
    out[:] = wall_of(given, CALL).age


@feature(
    unit=Unit.SECONDS,
    subjects=CHAIN_ONLY,
    formula="t - second of the row that last changed the open interest at put_wall; none before a change was seen",
    source=_SOURCE,
    examples=("put_wall_age",),
)
def put_wall_age(given: Given, out: Values) -> None:
    """Seconds since the wall of the puts was last told anew."""
    out[:] = wall_of(given, PUT).age


@feature(
    unit=Unit.SECONDS,
    subjects=CHAIN_ONLY,
    formula="t - second of the row that last changed the open interest of either kind at pin_strike",
    source=_SOURCE,
    examples=("pin_age",),
)
def pin_age(given: Given, out: Values) -> None:
    """Seconds since the pin was last told anew."""
    out[:] = wall_of(given, None).age


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="strike, known by then, at which all options together would pay least, the lowest of equals",
    source=_SOURCE,
    examples=("max_pain",),
)
def max_pain(given: Given, out: Values) -> None:
    """Strike of max pain."""
    fill_max_pain(given, out)


@feature(
    unit=Unit.UNITS,
    subjects=CHAIN_ONLY,
    formula=f"sum of the CE's open interest {_NEAR}",
    source="strategy catalogue, open interest",
    examples=("call_oi(1)", "call_oi(0)", "call_oi"),
)
def call_oi(given: Given, out: Values, strikes: Strikes = WHOLE_CHAIN) -> None:
    """Open interest of the calls near the money, or of the whole expiry."""
    fill_near_the_money(given, CALL, strikes, out)


@feature(
    unit=Unit.UNITS,
    subjects=CHAIN_ONLY,
    formula=f"sum of the PE's open interest {_NEAR}",
    source="strategy catalogue, open interest",
    examples=("put_oi(1)", "put_oi"),
)
def put_oi(given: Given, out: Values, strikes: Strikes = WHOLE_CHAIN) -> None:
    """Open interest of the puts near the money, or of the whole expiry."""
    fill_near_the_money(given, PUT, strikes, out)


@feature(
    unit=Unit.RATIO,
    subjects=CHAIN_ONLY,
    formula="put_oi(strikes) / call_oi(strikes)",
    source="docs/features.md, chains",
    examples=("pcr", "pcr(1)"),
)
def pcr(given: Given, out: Values, strikes: Strikes = WHOLE_CHAIN) -> None:
    """How many puts are open for each call."""
    np.divide(given(Call("put_oi", (strikes,))), given(Call("call_oi", (strikes,))), out=out)
