"""What a strike pays for: decay for its margin, gamma for its spread, and the bounds that parity sets."""

from typing import Final

import numpy as np

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.lots import lot_size, strike_step
from nfolab.market.margin import flat_margin
from nfolab.tape.book import NO_ROW
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import ASK, BID, QUOTE
from nfolab.tape.features.definition import CHAIN_ONLY, ONE_CONTRACT, Call, Strikes, Unit, Values, feature
from nfolab.tape.features.ladder import at_the_money, expiry_of, kept_places, ladder_of, pair_of
from nfolab.tape.features.subject import Chain, OneContract, Premium

FIVE: Final = Strikes(5)
THETA: Final = Call("theta")
GAMMA: Final = Call("gamma")

_SCORE: Final = "-(theta of the CE + theta of the PE) x lot / flat margin of a short pair and lot"


def _score(given: Given, theta: Values) -> Values:
    """Return a day's decay of a short straddle as a share of its margin; NaN where no margin is known."""
    day = given.day
    margin = flat_margin(day.underlying)
    lot = lot_size(day.underlying, expiry_of(given), day.day)
    return theta * (-lot / margin if margin else np.nan)


@feature(
    unit=Unit.PERCENT_PER_DAY,
    subjects=ONE_CONTRACT,
    formula=f"{_SCORE}, at the contract's strike",
    source="strategy catalogue: theta_score; nfolab.market.margin",
    examples=("theta_score",),
)
def theta_score(given: Given, out: Values) -> None:
    """Decay a day of the short straddle at the contract's strike for its margin."""
    pair = pair_of(given)
    if pair is None:
        out[:] = np.nan
    else:
        out[:] = _score(given, given.of(Premium((pair[0].number, pair[1].number)))(THETA))


def _near(given: Given, strikes: int) -> tuple[Values, Values]:
    """Return (strikes in paise [n, 1], seconds on which each lies within so many steps of the money [n, seconds])."""
    ladder, place = ladder_of(given), at_the_money(given)
    money = np.full(place.size, np.nan)
    money[place != NO_ROW] = ladder.strike[place[place != NO_ROW]]
    kept = ladder.strike[kept_places(place)]
    far = strikes * strike_step(given.day.underlying)
    chosen = [one for one in ladder.strike if kept.size and kept[0] - far <= one <= kept[-1] + far]
    strike = np.array(chosen, np.float64)[:, np.newaxis]
    return strike, np.abs(strike - money) <= far


def _best(given: Given, strikes: int) -> tuple[Values, Values]:
    """Return the greatest theta score near the money and the strike that has it, in paise; of equals the lower."""
    strike, near = _near(given, strikes)
    seconds = given.day.seconds
    if not strike.size:
        return np.full(seconds, np.nan), np.full(seconds, np.nan)
    ladder = ladder_of(given)
    chosen = np.searchsorted(ladder.strike, strike[:, 0])
    theta = sum(
        given.table(THETA, [OneContract(int(number)) for number in kind[chosen]])
        for kind in (ladder.calls, ladder.puts)
    )
    scores = np.where(near, _score(given, np.asarray(theta)), np.nan)
    scores[np.isnan(scores)] = -np.inf
    best = np.argmax(scores, axis=0)
    most = scores[best, np.arange(seconds)]
    none = np.isneginf(most)
    return np.where(none, np.nan, most), np.where(none, np.nan, strike[best, 0] * PAISE_PER_RUPEE)


def _best_once(given: Given, strikes: int) -> tuple[Values, Values]:
    return given.once(f"best theta {strikes}", lambda chain: _best(chain, strikes))


@feature(
    unit=Unit.PERCENT_PER_DAY,
    subjects=CHAIN_ONLY,
    formula=f"greatest over the strikes within so many steps of atm_strike of {_SCORE}",
    source="strategy catalogue: theta_score",
    examples=("best_theta_score(1)",),
)
def best_theta_score(given: Given, out: Values, strikes: Strikes = FIVE) -> None:
    """The most decay for its margin that a short straddle near the money offers."""
    out[:] = _best_once(given, strikes)[0]


@feature(
    unit=Unit.PAISE,
    subjects=CHAIN_ONLY,
    formula="the strike that has best_theta_score, of equals the lower",
    source="strategy catalogue: theta_score",
    examples=("best_theta_strike(1)",),
)
def best_theta_strike(given: Given, out: Values, strikes: Strikes = FIVE) -> None:
    """Where that straddle stands."""
    out[:] = _best_once(given, strikes)[1]


@feature(
    unit=Unit.PER_SQUARE_PAISA,
    subjects=ONE_CONTRACT,
    columns=QUOTE,
    formula="gamma / spread",
    source="strategy catalogue: gamma per spread; nfolab.options.chain",
    examples=("gamma_per_spread",),
)
def gamma_per_spread(given: Given, out: Values) -> None:
    """Gamma bought for each paisa of spread paid."""
    np.divide(given(GAMMA), given(Call("spread")), out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=ONE_CONTRACT,
    columns=QUOTE,
    formula="share of the other options of the expiry within so many steps of the money with less gamma",
    source="strategy catalogue: gamma above its percentile across the strikes near the money",
    examples=("gamma_rank(1)",),
)
def gamma_rank(given: Given, out: Values, strikes: Strikes = FIVE) -> None:
    """Where the contract's gamma stands among those of the options near the money."""
    chain = given.of(Chain(expiry_of(given)))
    strike, near = _near(chain, strikes)
    own = given(GAMMA)
    lower, others = np.zeros(out.size), np.zeros(out.size)
    ladder = ladder_of(given)
    chosen = np.searchsorted(ladder.strike, strike[:, 0])
    for kind in (ladder.calls, ladder.puts):
        for number, close in zip(kind[chosen].tolist(), near, strict=True):
            if number != given.contract:
                gammas = given.of(OneContract(number))(GAMMA)
                counts = close & ~np.isnan(gammas)
                others += counts
                lower += counts & (gammas < own)
    with np.errstate(invalid="ignore"):
        np.divide(lower, others, out=out)
    out[np.isnan(own)] = np.nan


_PARITY: Final = "strategy catalogue: parity, by executable quotes"


@feature(
    unit=Unit.PAISE,
    subjects=ONE_CONTRACT,
    formula="K + bid of the CE - ask of the PE, of the contract's strike",
    source=_PARITY,
    examples=("synthetic_bid",),
)
def synthetic_bid(given: Given, out: Values) -> None:
    """The forward at which it can be sold by the strike's two options; none where one is not listed."""
    _synthetic(given, BID, ASK, out)


@feature(
    unit=Unit.PAISE,
    subjects=ONE_CONTRACT,
    formula="K + ask of the CE - bid of the PE, of the contract's strike",
    source=_PARITY,
    examples=("synthetic_ask",),
)
def synthetic_ask(given: Given, out: Values) -> None:
    """The forward at which it can be bought by the strike's two options; none where one is not listed."""
    _synthetic(given, ASK, BID, out)


def _synthetic(given: Given, of_call: Call, of_put: Call, out: Values) -> None:
    pair = pair_of(given)
    if pair is None:
        out[:] = np.nan
        return
    np.subtract(given.of(pair[0])(of_call), given.of(pair[1])(of_put), out=out)
    out += float(given.day.strike[given.contract]) * PAISE_PER_RUPEE
