"""The command `price`: Black-76 by hand, from a volatility or from a premium."""

import math
from typing import Annotated, Any

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, print_json

_WHY_NOT = {
    "MISSING": "every number must be finite",
    "NO_PRICE": "forward and strike must be above 0",
    "NO_TIME": "the years to expiry must be above 0",
    "NO_VOLATILITY": "the volatility must be above 0",
    "BELOW_INTRINSIC": "the premium is below the option's discounted intrinsic value, or not above 0",
    "NO_TIME_VALUE": "the premium is the option's intrinsic value and tells no volatility",
    "ABOVE_BOUND": "the premium is not below the discounted forward (CE) or strike (PE)",
    "BEYOND_NUMBERS": "the numbers are too large or too small to reckon with",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("price", cls=Command)(price)


def price(
    kind: Annotated[str, typer.Option(metavar="CE|PE", help="CE or PE.")],
    forward: Annotated[float, typer.Option(metavar="POINTS", help="Forward of the option's expiry.")],
    strike: Annotated[float, typer.Option(metavar="POINTS", help="Strike.")],
    years: Annotated[float, typer.Option(metavar="YEARS", help="Time to expiry; minutes/525600.")],
    rate: Annotated[float, typer.Option(metavar="RATE", help="Continuous rate a year: 0.065 is 6.5 %.")],
    vol: Annotated[float | None, typer.Option(metavar="VOL", help="Volatility a year: 0.13 is 13 %.")] = None,
    premium: Annotated[float | None, typer.Option(metavar="POINTS", help="Premium, instead of --vol.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Price an option with Black-76, or find the volatility its premium implies, with the greeks.

    Theta is a calendar day's, delta, gamma and rho are at a fixed forward, vega and rho are for 1.00 of volatility or
    rate: divide by 100 for one point.
    """
    from nfolab.options.greeks import greeks
    from nfolab.options.implied import implied_volatility

    if (vol is None) == (premium is None):
        raise InputError("a price needs either a volatility or a premium: give --vol or --premium, not both")
    numbers = {"forward": forward, "strike": strike, "years": years, "rate": rate}
    if premium is not None:
        implied = implied_volatility(kind.upper(), premium=premium, **numbers)
        _require_known(int(implied.reason))
        vol = float(implied.volatility)
    found = greeks(kind.upper(), volatility=math.nan if vol is None else vol, **numbers)
    _require_known(int(found.reason))
    document: dict[str, Any] = {
        "price": float(found.price) if premium is None else premium,
        "vol": vol,
        "delta": float(found.delta),
        "gamma": float(found.gamma),
        "theta": float(found.theta),
        "vega": float(found.vega),
        "rho": float(found.rho),
        "theta_per_trading_minute": float(found.theta_per_trading_minute),
        "units": {"theta": "a calendar day", "vega": "1.00 of volatility", "rho": "1.00 of rate, forward held"},
    }
    if any(isinstance(value, float) and not math.isfinite(value) for value in document.values()):
        raise InputError(f"this option cannot be priced: {_WHY_NOT['BEYOND_NUMBERS']}")
    if as_json:
        print_json(document)
        return
    from nfolab.cli.table import print_rows

    print_rows([{name: value for name, value in document.items() if name != "units"}], synthetic=False)
    typer.echo("theta is a calendar day's; vega and rho are for 1.00 of volatility and rate", err=True)


def _require_known(reason: int) -> None:
    from nfolab.options.reasons import Reason

    if reason != Reason.KNOWN:
        raise InputError(f"this option cannot be priced: {_WHY_NOT[Reason(reason).name]}")
