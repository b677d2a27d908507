"""What is asked of the reference: legs, entries, exits, and the words of the command line for short_straddle."""

from dataclasses import dataclass
from fractions import Fraction

from reference.rows import OPEN_SECOND_OF_DAY

LAST_ENTRY = 15 * 3600 + 15 * 60 - OPEN_SECOND_OF_DAY
LAST_EXIT = 15 * 3600 + 20 * 60 - OPEN_SECOND_OF_DAY


class RefusedError(Exception):
    """A parameter that the rules refuse."""


@dataclass(frozen=True)
class LegPlan:
    side: str  # buy or sell, at the entry
    kind: str  # CE or PE
    strike: int | str  # 59400, "atm", "atm_pair", "atm+3", "atm-3", "otm2", "itm1"
    lots: int = 1  # times the lots of the plan


@dataclass(frozen=True)
class Limit:
    """A stop, a target or a leg stop: 30 % is Limit(Fraction(30), "%"), 1500rs and 40pt are in rupees."""

    amount: Fraction
    unit: str
    on: str = "walked"  # or mid, last


@dataclass(frozen=True)
class Plan:
    legs: tuple[LegPlan, ...]
    entries: tuple[int, ...]  # seconds since the open
    exit: int
    lots: int = 1
    stop: Limit | None = None
    target: Limit | None = None
    leg_stop: Limit | None = None
    spot: str = "index"
    latency: int = 1
    max_quote_age: int = 5
    brokerage: str = "zero"
    expiry: object = None  # a date, or None for the nearest
    both_kinds: bool = False  # a numbered strike must be listed in both kinds, as short_straddle asks

    def __post_init__(self) -> None:
        if self.latency < 1:
            raise RefusedError("latency below one second")
        if max(self.entries) > LAST_ENTRY:
            raise RefusedError("entry after 15:15:00")
        if self.exit > LAST_EXIT:
            raise RefusedError("exit after 15:20:00")
        if self.exit <= max(self.entries):
            raise RefusedError("exit at or before entry")


def clock(text: str) -> int:
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0) - OPEN_SECOND_OF_DAY


def limit_of(text: str | None) -> Limit | None:
    if text is None or text == "none":
        return None
    unit = "%" if text.endswith("%") else text[-2:]
    return Limit(Fraction(text.removesuffix(unit)), unit)


def short_straddle(parameters: dict[str, str]) -> Plan:
    strike = parameters.get("strike", "atm")
    wanted = int(strike) if strike.isdigit() else strike
    leg_stop = limit_of(parameters.get("leg_stop"))
    if leg_stop is not None and leg_stop.unit == "rs":
        raise RefusedError("leg_stop is a percentage or points")
    return Plan(
        legs=(LegPlan("sell", "CE", wanted), LegPlan("sell", "PE", wanted)),
        entries=(clock(parameters.get("entry", "09:20:00")),),
        exit=clock(parameters.get("exit", "15:15:00")),
        lots=int(parameters.get("lots", "1lots").removesuffix("s").removesuffix("lot")),
        stop=limit_of(parameters.get("stop")),
        target=limit_of(parameters.get("target")),
        leg_stop=leg_stop,
        spot=parameters.get("spot", "index"),
        latency=int(parameters.get("latency", "1s").removesuffix("s")),
        max_quote_age=int(parameters.get("max_quote_age", "5s").removesuffix("s")),
        brokerage=parameters.get("plan", "zero"),
        both_kinds=True,
    )
