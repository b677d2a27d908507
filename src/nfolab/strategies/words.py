"""The words that may stand at each place of a recipe, and how they are read."""

from datetime import date
from typing import Literal

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Percent, Points, Rupees, Seconds
from nfolab.engine.codes import Watch
from nfolab.market.charges import plan
from nfolab.strategies.pickers.grammar import Picker
from nfolab.strategies.pickers.place import StrikeRule

NONE = "none"
LAST_ENTRY = Clock(15 * 3600 + 15 * 60)
LAST_EXIT = Clock(15 * 3600 + 20 * 60)
MAX_LATENCY = Seconds(60)

SpotSource = Literal["index", "parity"]
LegKind = Literal["CE", "PE", "with", "against", "trigger", "other"]


ExpiryRule = Literal["nearest", "next", "monthly", "next_monthly"] | date
Amount = Rupees | Points | Percent | None


def strike_by_number(picker: Picker) -> int | None:
    """Return the strike that a recipe names by its number, None where it is chosen by a rule."""
    return picker.number if isinstance(picker, StrikeRule) and picker.rule == "fixed" else None


def read_expiry(text: str) -> ExpiryRule:
    """Read `nearest`, `next`, `monthly`, `next_monthly` or a date such as `2025-12-30`."""
    match text:
        case "nearest" | "next" | "monthly" | "next_monthly":
            return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is no expiry: write nearest, next, monthly, next_monthly or a date such as 2025-12-30"
        ) from None


def read_amount(text: str) -> Amount:
    """Read `none`, `30%`, `1500rs` or `40pt`; it must be above zero."""
    amount: Amount
    if text == NONE:
        return None
    if text.endswith("rs"):
        amount = Rupees.parse(text)
        size = amount.paise
    elif text.endswith("pt"):
        amount = Points.parse(text)
        size = amount.paise
    elif text.endswith("%"):
        amount = Percent.parse(text)
        size = amount.millionths
    else:
        raise InputError(f"{text!r} has no unit: write it as 30%, 1500rs or 40pt, or none")
    if size <= 0:
        raise InputError(f"{text!r} is not above zero: leave a rule out with none")
    return amount


def read_leg_amount(text: str) -> Percent | Points | None:
    """Read a leg's own stop: `none`, `30%` of its entry price or `40pt`."""
    amount = read_amount(text)
    if isinstance(amount, Rupees):
        raise InputError(f"{text!r} is an amount of the whole trade; a leg's stop is in percent or points, such as 30%")
    return amount


def read_entry(text: str) -> Clock:
    """Read a time of entry, at the latest 15:15:00."""
    clock = Clock.parse(text)
    if clock > LAST_ENTRY:
        raise InputError(f"entry {clock} is after {LAST_ENTRY}, the last time at which an order to open may be sent")
    return clock


def read_exit(text: str) -> Clock:
    """Read a time of exit, at the latest 15:20:00."""
    clock = Clock.parse(text)
    if clock > LAST_EXIT:
        raise InputError(f"exit {clock} is after {LAST_EXIT}, by when every order to close must have been sent")
    return clock


def read_latency(text: str) -> Seconds:
    """Read a latency of one second, so that the row that decided never fills, to one minute.

    An order to open sent at 15:15:00 must be filled, or dropped, in time to be closed by an order sent by 15:20:00.
    """
    seconds = Seconds.parse(text)
    if seconds.count < 1:
        raise InputError(f"latency {seconds} is below 1s: the row that decides must never fill")
    if seconds > MAX_LATENCY:
        raise InputError(f"latency {seconds} is above {MAX_LATENCY}: orders could go out after {LAST_EXIT}")
    return seconds


def read_kind(text: str) -> LegKind:
    """Read `CE`, `PE`, or a kind that the entry decides: `with`, `against`, `trigger`, `other`."""
    match text:
        case "CE" | "PE" | "with" | "against" | "trigger" | "other":
            return text
    raise InputError(
        f"{text!r} is no kind of option: write CE or PE; with or against a move; trigger or other after a scan"
    )


def read_watch(text: str) -> Watch:
    """Read `walk` (the walked cost to close), `mid` or `last`."""
    named = {watch.name.lower(): watch for watch in Watch}
    if text not in named:
        raise InputError(f"{text!r} is no price to watch{did_you_mean(text, named)}")
    return named[text]


def read_spot(text: str) -> SpotSource:
    """Read `index` or `parity`."""
    match text:
        case "index" | "parity":
            return text
    raise InputError(f"{text!r} is no source of spot{did_you_mean(text, ['index', 'parity'])}")


def read_plan(text: str) -> str:
    """Read the name of a brokerage plan."""
    plan(text)
    return text


SETTINGS = {"spot": "index", "latency": "1s", "max_quote_age": "5s", "plan": "zero"}
"""Parameters that every recipe has without naming them, with their defaults."""


def one_of(words: "set[str] | tuple[str, ...]", text: str) -> str:
    """Read one of some words."""
    if text not in words:
        raise InputError(f"{text!r} does not belong here{did_you_mean(text, sorted(words))}")
    return text


def read_count(most: int, text: str) -> int:
    """Read a whole number from 1 to `most`."""
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise InputError(f"{text!r} is no number from 1 to {most}")
    return int(text)


def yes_or_no(text: str) -> bool:
    """Read `yes` or `no`."""
    return one_of(("yes", "no"), text) == "yes"
