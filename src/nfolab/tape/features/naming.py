"""Subjects as people write them.

`spot`, `59400 CE`, `2025-12-30 59400 CE`, `59400 CE + 59400 PE`, `chain`, `chain 2025-12-30 at 10:00:00`, `future`.
"""

import re
from datetime import date

import numpy as np

from nfolab.base.errors import InputError
from nfolab.base.units import PAISE_PER_RUPEE, Clock
from nfolab.tape.features.subject import FUTURE, SPOT, Chain, OneContract, Premium, Subject
from nfolab.tape.tape import NO_SPOT, Day

_CHAIN = re.compile(r"chain(?:\s+(\d{4}-\d{2}-\d{2}))?(?:\s+at\s+(\S+))?", re.IGNORECASE)
_CONTRACT = re.compile(r"(?:(\d{4}-\d{2}-\d{2})\s+)?(\d+)\s*(CE|PE)", re.IGNORECASE)


def read_subject(text: str, day: Day) -> Subject:
    """Return the subject a text names; a contract or a chain without an expiry is one of the nearest.

    Raises:
        InputError: it names nothing, or a contract that the day does not list.
    """
    if text.strip().lower() == "spot":
        return SPOT
    if text.strip().lower() == "future":
        return FUTURE
    if match := _CHAIN.fullmatch(text.strip()):
        return _chain(match[1], match[2], day)
    numbers = tuple(_contract(part.strip(), day) for part in text.split("+"))
    return OneContract(numbers[0]) if len(numbers) == 1 else Premium(numbers)


def subject_name(subject: Subject, day: Day) -> str:
    """Return a subject as people write it, with the expiry of each contract."""
    if subject == SPOT:
        return "spot"
    if subject == FUTURE:
        return "future"
    if isinstance(subject, Chain):
        return f"chain {subject.expiry}" + ("" if subject.frozen is None else f" at {_clock(subject.frozen, day)}")
    numbers = (subject.number,) if isinstance(subject, OneContract) else getattr(subject, "numbers", ())
    return " + ".join(f"{day.expiry[number]} {day.strike[number]} {day.kind[number]}" for number in numbers)


def nearest_chain(day: Day) -> Chain:
    """Return the chain of the nearest expiry; raise InputError where every expiry of the day is past."""
    return Chain(_nearest_expiry(day).astype(date))


def near_the_money(day: Day, strikes: int) -> list[Subject]:
    """Return the contracts of the nearest expiry within some strikes of wherever the index was that day.

    For filling a cache only: it looks at the whole day. Without an index feed all strikes of that expiry.
    """
    nearest = np.flatnonzero(day.expiry == _nearest_expiry(day))
    listed = np.unique(day.strike[nearest])
    known = day.spot[day.spot != NO_SPOT]
    if known.size:
        low, high = np.searchsorted(listed, [known.min() / PAISE_PER_RUPEE, known.max() / PAISE_PER_RUPEE])
        listed = listed[max(0, int(low) - strikes) : int(high) + strikes]
    return [OneContract(int(number)) for number in nearest if day.strike[number] in listed]


def _nearest_expiry(day: Day) -> np.datetime64:
    alive = day.expiry[day.expiry >= np.datetime64(day.day)]
    if not alive.size:
        raise InputError(f"no contract of {day.underlying} on {day.day} expires on that day or later")
    nearest: np.datetime64 = alive.min()
    return nearest


def _expiry(text: str | None, day: Day) -> np.datetime64:
    try:
        return np.datetime64(date.fromisoformat(text)) if text else _nearest_expiry(day)
    except ValueError:
        raise InputError(f"{text!r} is not a day: write it as 2025-12-30") from None


def _chain(expiry: str | None, at: str | None, day: Day) -> Chain:
    found = _expiry(expiry, day)
    if found not in day.expiry:
        held = ", ".join(str(one) for one in np.unique(day.expiry))
        raise InputError(f"{day.underlying} on {day.day} has no options that expire on {found}: it has those of {held}")
    if at is None:
        return Chain(found.astype(date))
    frozen = Clock.parse(at).second_of_day - day.session.open.second_of_day
    if not 0 <= frozen < day.seconds:
        raise InputError(f"{at} is outside the session of {day.day}: choose a time from its open to its close")
    return Chain(found.astype(date), frozen)


def _clock(second: int, day: Day) -> Clock:
    return Clock(day.session.open.second_of_day + second)


def _contract(text: str, day: Day) -> int:
    match = _CONTRACT.fullmatch(text)
    if not match:
        raise InputError(
            f"{text!r} is no subject: write it as spot, 59400 CE, 2025-12-30 59400 CE, 59400 CE + 59400 PE, "
            "chain, chain 2025-12-30 at 10:00:00, or future"
        )
    expiry = _expiry(match[1], day)
    of_kind = (day.expiry == expiry) & (day.kind == match[3].upper())
    found = np.flatnonzero(of_kind & (day.strike == int(match[2])))
    if not found.size:
        near = sorted(day.strike[of_kind].tolist(), key=lambda strike: abs(strike - int(match[2])))[:4]
        listed = f"the nearest listed are {', '.join(map(str, sorted(near)))}" if near else "that expiry has none"
        raise InputError(f"{day.underlying} on {day.day} has no {expiry} {match[2]} {match[3].upper()}: {listed}")
    return int(found[0])
