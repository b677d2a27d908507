"""The choice of strikes from what is known at a second."""

from reference.money import STRIKE_STEP, parity_forward_doubled
from reference.plans import LegPlan, Plan
from reference.rows import Contract, Day


def chosen_contracts(day: Day, plan: Plan, second: int) -> list[Contract] | tuple[int, str]:
    """The contract of each leg, or the first leg without one and why."""
    expiries = sorted({contract.expiry for contract in day.contracts() if contract.expiry >= day.date})
    if plan.expiry is not None:
        expiries = [plan.expiry] if plan.expiry in expiries else []
    if not expiries:
        return 0, "no_expiry"
    expiry = expiries[0]
    seen: dict[int, set[str]] = {}
    for contract in day.contracts():
        if contract.expiry == expiry and needs_reading(plan, contract) and day.newest(contract)[second] is not None:
            seen.setdefault(contract.strike, set()).add(contract.kind)
    listed = sorted(strike for strike, kinds in seen.items() if kinds == {"CE", "PE"})
    doubled = None
    if any(isinstance(leg.strike, str) for leg in plan.legs):
        if plan.spot == "parity":
            doubled = parity_forward_doubled(day, expiry, second, plan.max_quote_age)
        elif day.spot_at(second) is not None:
            doubled = 2 * day.spot_at(second)
        if doubled is None:
            return 0, "no_spot"
    chosen = []
    for number, leg in enumerate(plan.legs):
        strike = strike_of(leg, listed, doubled, STRIKE_STEP[day.underlying])
        kinds = seen.get(strike, set())
        if leg.kind not in kinds or (plan.both_kinds and kinds != {"CE", "PE"}):
            return number, "not_listed"
        chosen.append(Contract(day.underlying, expiry, leg.kind, strike))
    return chosen


def needs_reading(plan: Plan, contract: Contract) -> bool:
    """A plan of numbered strikes never looks at other strikes: they need not be read."""
    numbers = {leg.strike for leg in plan.legs}
    return any(isinstance(number, str) for number in numbers) or contract.strike in numbers


def strike_of(leg: LegPlan, listed: list[int], doubled: int | None, step: int) -> int | None:
    if isinstance(leg.strike, int):
        return leg.strike
    if not listed:
        return None
    if leg.strike == "atm_pair":
        if leg.kind == "CE":
            return min((strike for strike in listed if 200 * strike >= doubled), default=None)
        return max((strike for strike in listed if 200 * strike <= doubled), default=None)
    nearest = min(listed, key=lambda strike: (abs(200 * strike - doubled), strike))
    word, steps = leg.strike[:3], int(leg.strike[3:] or 0)
    if word == "otm":
        steps = steps if leg.kind == "CE" else -steps
    elif word == "itm":
        steps = -steps if leg.kind == "CE" else steps
    return nearest + steps * step
