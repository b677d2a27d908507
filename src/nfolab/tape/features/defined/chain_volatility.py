"""What the premiums of an expiry say together: volatility at the money, skew, term gap, expected move."""

from typing import Final

import numpy as np

from nfolab.base.units import PAISE_PER_RUPEE, Points
from nfolab.options.chain import SKEW_DELTA
from nfolab.options.contract_arrays import OptionKind
from nfolab.options.expected_move import expected_move as move_by_volatility
from nfolab.options.expected_move import expected_move_of_straddle
from nfolab.options.greeks import greeks
from nfolab.tape.book import NO_ROW
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import CHAIN_ONLY, ONE_CONTRACT, Call, Unit, Values, feature
from nfolab.tape.features.expiries import forward_of, years_to
from nfolab.tape.features.ladder import at_the_money, expiry_of, kept_places, ladder_of
from nfolab.tape.features.smile import smile_of
from nfolab.tape.features.subject import Chain

_SOURCE: Final = "docs/features.md, chains; nfolab.options.chain"
_STRAIGHT: Final = "in a straight line between the nearest known strikes within 1 %, options out of the money"

ATM_IV: Final = Call("atm_iv")
UPWARD, DOWNWARD = 1, -1


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="strike listed in both kinds by then that is nearest the index at most 2 s old, of two the lower",
    source="docs/features.md, chains; without an index feed by the parity forward",
    examples=("atm_strike",),
)
def atm_strike(given: Given, out: Values) -> None:
    """Strike at the money; of a frozen chain that of its second."""
    place, strike = at_the_money(given), ladder_of(given).strike
    out[:] = np.nan
    known = place != NO_ROW
    out[known] = strike[place[known]] * float(PAISE_PER_RUPEE)


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="mid of the CE + mid of the PE at atm_strike",
    source="strategy catalogue, shared indicators: ATM straddle price",
    examples=("atm_straddle",),
)
def atm_straddle(given: Given, out: Values) -> None:
    """Price of the straddle at the money."""
    place, smile = at_the_money(given), smile_of(given)
    out[:] = np.nan
    kept = kept_places(place)
    if kept.size:
        smile.cover(int(kept[0]), int(kept[-1]) + 1)
        known = np.flatnonzero(place != NO_ROW)
        row = smile.rows_of(place[known])
        out[known] = smile.calls[row, known] + smile.puts[row, known]


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    formula=f"implied volatility at the forward, {_STRAIGHT}",
    source=_SOURCE,
    examples=("atm_iv",),
)
def atm_iv(given: Given, out: Values) -> None:
    """Volatility at the money."""
    smile = smile_of(given)
    smile.at_level(smile.forward, out)


def _above_zero(offset: Points, **_: object) -> str | None:
    return None if offset.paise > 0 else "offset should be above 0pt"


def _skew(given: Given, offset: int, out: Values) -> None:
    smile = smile_of(given)
    smile.at_level(smile.forward + offset, out)
    out -= given(ATM_IV)


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    check=_above_zero,
    formula=f"volatility at forward + offset less atm_iv, {_STRAIGHT}",
    source=_SOURCE,
    examples=("call_skew(100pt)",),
)
def call_skew(given: Given, out: Values, offset: Points) -> None:
    """By how much calls so far out of the money are dearer in volatility than the money."""
    _skew(given, offset.paise, out)


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    check=_above_zero,
    formula=f"volatility at forward - offset less atm_iv, {_STRAIGHT}",
    source=_SOURCE,
    examples=("put_skew(100pt)",),
)
def put_skew(given: Given, out: Values, offset: Points) -> None:
    """By how much puts so far out of the money are dearer in volatility than the money."""
    _skew(given, -offset.paise, out)


_WING: Final = "outward from the forward the first known strike with |delta| <= 25 %, in a straight line by delta"


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    formula=f"volatility of the CE with a delta of 25 %: {_WING} with the known one before it",
    source=_SOURCE,
    examples=("call_iv_25",),
)
def call_iv_25(given: Given, out: Values) -> None:
    """Volatility of the call with a delta of 25 %."""
    smile_of(given).at_delta(SKEW_DELTA, UPWARD, out)


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    formula=f"volatility of the PE with a delta of -25 %: {_WING} with the known one before it",
    source=_SOURCE,
    examples=("put_iv_25",),
)
def put_iv_25(given: Given, out: Values) -> None:
    """Volatility of the put with a delta of -25 %."""
    smile_of(given).at_delta(SKEW_DELTA, DOWNWARD, out)


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    formula="put_iv_25 - call_iv_25",
    source=_SOURCE,
    examples=("skew_25",),
)
def skew_25(given: Given, out: Values) -> None:
    """Skew: above zero where puts are dearer than calls as far out of the money."""
    np.subtract(given(Call("put_iv_25")), given(Call("call_iv_25")), out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    formula="atm_iv of the expiry - atm_iv of the next expiry that the day holds",
    source=_SOURCE,
    examples=("term_gap",),
)
def term_gap(given: Given, out: Values) -> None:
    """By how much the expiry is dearer in volatility than the next one; none where the day holds no later one."""
    expiry = expiry_of(given)
    later = given.day.expiry[given.day.expiry > np.datetime64(expiry)]
    if later.size:
        np.subtract(given(ATM_IV), given.of(Chain(later.min().astype(type(expiry))))(ATM_IV), out=out)
    else:
        out[:] = np.nan


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="forward x atm_iv x sqrt(minutes to expiry / 525,600)",
    source="docs/features.md, chains; nfolab.options.expected_move",
    examples=("expected_move",),
)
def expected_move(given: Given, out: Values) -> None:
    """One standard deviation of the move until the expiry."""
    expiry = expiry_of(given)
    out[:] = move_by_volatility(forward_of(given, expiry), given(ATM_IV), years_to(given, expiry))


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="atm_straddle / sqrt(2 / pi)",
    source="docs/features.md, chains; nfolab.options.expected_move",
    examples=("straddle_move",),
)
def straddle_move(given: Given, out: Values) -> None:
    """The same as the straddle at the money prices it."""
    out[:] = expected_move_of_straddle(given(Call("atm_straddle")))


@feature(
    unit=Unit.PERCENT,
    subjects=ONE_CONTRACT,
    formula=f"volatility at the contract's strike, {_STRAIGHT}, its own strike left out",
    source="strategy catalogue: a strike against the smile of the others",
    examples=("neighbours_iv",),
)
def neighbours_iv(given: Given, out: Values) -> None:
    """What the strikes beside it say the contract's volatility should be."""
    ladder, strike = ladder_of(given), int(given.day.strike[given.contract])
    place = int(np.searchsorted(ladder.strike, strike))
    own = place if place < ladder.strike.size and ladder.strike[place] == strike else -1
    level = np.full(out.size, float(strike * PAISE_PER_RUPEE))
    level[np.isnan(forward_of(given, expiry_of(given)))] = np.nan
    smile_of(given).at_level(level, out, own)


@feature(
    unit=Unit.PAISE,
    subjects=ONE_CONTRACT,
    formula="Black-76 at neighbours_iv; forward by parity, rate 0, minutes / 525,600",
    source="strategy catalogue: theoretical price from the smile of the other strikes",
    examples=("neighbours_price",),
)
def neighbours_price(given: Given, out: Values) -> None:
    """What the contract would cost at the volatility of the strikes beside it."""
    expiry = expiry_of(given)
    kind: OptionKind = "CE" if given.day.kind[given.contract] == "CE" else "PE"
    out[:] = greeks(
        kind, forward=forward_of(given, expiry), strike=float(given.day.strike[given.contract] * PAISE_PER_RUPEE),
        years=years_to(given, expiry), rate=0.0, volatility=given(Call("neighbours_iv")),
    ).price  # fmt: skip
