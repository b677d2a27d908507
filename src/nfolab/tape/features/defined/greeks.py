"""Implied volatility and greeks of a contract, second by second, on the parity forward of its expiry."""

from typing import Final

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.options.implied import ImpliedGreeks, implied_greeks
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import MID, QUOTE
from nfolab.tape.features.definition import ONE_CONTRACT, ONE_EXPIRY, OPTIONS_ONLY, Unit, Values, feature
from nfolab.tape.features.expiries import forward_of, minutes_to, years_to
from nfolab.tape.features.ladder import expiry_of

RATE: Final = 0.0
"""The parity forward is K + C − P without discount, so that pricing on it is without discount too."""

_SOURCE: Final = "docs/features.md, implied volatility; nfolab.options.implied"


def _implied(given: Given) -> ImpliedGreeks:
    return implied_greeks(
        "CE" if given.day.kind[given.contract] == "CE" else "PE",
        forward=forward_of(given, expiry_of(given)),
        strike=float(given.day.strike[given.contract]) * PAISE_PER_RUPEE,
        years=years_to(given, expiry_of(given)),
        rate=RATE,
        premium=given(MID),
    )


def _greeks(given: Given) -> ImpliedGreeks:
    """Return volatility and greeks, worked out in one pass for all the features that tell one of them."""
    return given.once("implied greeks", _implied)


@feature(
    unit=Unit.PAISE,
    subjects=ONE_EXPIRY,
    formula="K + C - P in mids of the strike pair with the least |C - P| among those within 1 % of the index",
    source="docs/features.md, implied volatility; without an index feed nfolab.tape.money",
    examples=("forward",),
)
def forward(given: Given, out: Values) -> None:
    """Forward of the expiry by put-call parity; the index, however old, only says where to look."""
    out[:] = forward_of(given, expiry_of(given))


@feature(
    unit=Unit.MINUTES,
    subjects=ONE_EXPIRY,
    look_back=lambda: 0,
    formula="calendar minutes from t to the close of the expiry's session, as known that day",
    source="docs/features.md, implied volatility; nfolab.options.expiry_time",
    examples=("minutes_to_expiry",),
)
def minutes_to_expiry(given: Given, out: Values) -> None:
    """Minutes until the contracts of the expiry end."""
    out[:] = minutes_to(given, expiry_of(given))


@feature(
    unit=Unit.TRUTH,
    subjects=ONE_CONTRACT,
    look_back=lambda: 0,
    formula="the contract is a call",
    source="the contract's name",
    examples=("is_call",),
)
def is_call(given: Given, out: Values) -> None:
    """Whether the contract is a call; with the way of the index it tells what goes against a trade."""
    out[:] = given.day.kind[given.contract] == "CE"


@feature(
    unit=Unit.PERCENT,
    subjects=ONE_CONTRACT,
    columns=QUOTE,
    formula="volatility a year at which Black-76 gives the mid; forward by parity, rate 0, minutes / 525,600",
    source=_SOURCE,
    examples=("iv", "change(2s, of=iv())"),
)
def iv(given: Given, out: Values) -> None:
    """Implied volatility; none below the intrinsic value or without a quote."""
    out[:] = _greeks(given).volatility


@feature(
    unit=Unit.RATIO,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="N(d1) of a call, -N(-d1) of a put, at iv",
    source=_SOURCE,
    examples=("delta",),
)
def delta(given: Given, out: Values) -> None:
    """Change of the price by the forward; of several contracts their sum."""
    out[:] = _greeks(given).delta


@feature(
    unit=Unit.PER_PAISA,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="n(d1) / (F iv sqrt(T))",
    source=_SOURCE,
    examples=("gamma",),
)
def gamma(given: Given, out: Values) -> None:
    """Change of delta by a paisa of the forward."""
    out[:] = _greeks(given).gamma


@feature(
    unit=Unit.PAISE_PER_DAY,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="-F n(d1) iv / (2 sqrt(T)) / 365",
    source=_SOURCE,
    examples=("theta",),
)
def theta(given: Given, out: Values) -> None:
    """Change of the price by a calendar day that passes, below zero for a bought option."""
    out[:] = _greeks(given).theta


@feature(
    unit=Unit.PAISE_PER_VOLATILITY,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="F n(d1) sqrt(T)",
    source=_SOURCE,
    examples=("vega",),
)
def vega(given: Given, out: Values) -> None:
    """Change of the price by 100 points of volatility."""
    out[:] = _greeks(given).vega
