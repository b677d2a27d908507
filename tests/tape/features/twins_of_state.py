"""Slow twins of the market's state: each asks the plain loops of tests/reference/state.py."""

import operator
from datetime import date, datetime, timedelta

from nfolab.market.expiries import calendar_days_to_expiry, nearest_expiry
from nfolab.market.lots import lot_size
from nfolab.tape.features import Call, read_call
from reference.state import Contract, SlowState
from tape.features.slow import Slow, View, both, legs, twin

ADDED = sum
UNDERLYING = "BANKNIFTY"
LAST = 22_500
SETTLES = 200
"""Seconds after the last row within which every state has settled."""


def slow_state(contracts: list[list[dict]], spot: list | None, day: date, past: list[SlowState]) -> SlowState:
    """The state of a day of the tape, from its rows as another reader sees them."""
    expiry = nearest_expiry(UNDERLYING, day)
    chosen = [Contract(rows[0]["kind"], rows[0]["strike"], rows) for rows in contracts if rows[0]["expiry"] == expiry]
    newest = max([rows[-1]["second"] for rows in contracts] + [second for second, _ in spot or ()])
    minutes = (datetime.combine(expiry, datetime.min.time()) - datetime.combine(day, datetime.min.time())) / timedelta(
        minutes=1
    ) + 375
    return SlowState(
        UNDERLYING, calendar_days_to_expiry(UNDERLYING, expiry, day), lot_size(UNDERLYING, expiry, day),
        spot or None, chosen, minutes, past, LAST, min(LAST + 1, newest + SETTLES),
    )  # fmt: skip


def state_of(slow: Slow) -> SlowState:
    if not hasattr(slow, "state"):
        day = slow.contracts[0][0]["timestamp"].date()
        slow.state = slow_state(slow.contracts, slow.spot, day, [state_of(one) for one in slow.past])
        slow.told = {}
    return slow.state


def series(name: str, *arguments: object) -> object:
    """A twin that is one of the state's series."""

    def told(x: View, t: int, *given: object) -> float | None:
        state = state_of(x.slow)
        if t >= state.n:
            return None
        key = name, *(arguments or (one.count for one in given))
        if key not in x.slow.told:
            found = getattr(state, name)
            x.slow.told[key] = found(*key[1:]) if callable(found) else found
        value = x.slow.told[key][t]
        return None if value is None else float(value)

    return told


def register(name: str, function: object) -> None:
    function.__name__ = name
    twin(function)


for _name, _function in {
    "level": series("level"),
    "level_rv": series("rv"),
    "in_burst": series("in_burst"),
    "atm_pulls": series("pulls"),
    "atm_replenishes": series("refills"),
    "atm_spread_moves": series("spread_changes"),
    "atm_put_bid_pulls": series("put_bid_pulls"),
    "atm_put_excess": series("put_excess"),
    "atm_trade_rate": series("trade_rate"),
    "in_chop": series("in_chop"),
    "in_flicker": series("in_flicker"),
    "in_fear": series("in_fear"),
    "fear_started": series("fear_started"),
    "regime": series("regime"),
}.items():
    register(_name, _function)


@twin
def atm_spread(x: View, t: int, window: object) -> float | None:
    return series("mean", "spread", window.count)(x, t)


@twin
def atm_net_liquidity(x: View, t: int, window: object) -> float | None:
    refills, pulls = (series(name)(x, t, window) for name in ("refills", "pulls"))
    return both(lambda a, b: a - b, refills, pulls)


def part_of_vacuum(name: str) -> object:
    def told(x: View, t: int) -> float | None:
        state = state_of(x.slow)
        return state.vacuum[t][name] if t < state.n else None

    return told


register("atm_spread_rise", part_of_vacuum("spread"))
register("atm_depth_drop", part_of_vacuum("depth"))
register("vacuum_score", part_of_vacuum("score"))


def once_possible(told: object) -> object:
    def of(x: View, t: int) -> float | None:
        state = state_of(x.slow)
        return None if t < state.first_looked else float(any(told(one, t) for one in state.bursts))

    return of


register("burst_started", once_possible(lambda one, t: one["start"] == t))
register("burst_ended", once_possible(lambda one, t: one["known_at"] == t))


@twin
def burst_count(x: View, t: int) -> float | None:
    return float(sum(one["start"] <= t for one in state_of(x.slow).bursts))


@twin
def burst_direction(x: View, t: int) -> float | None:
    state = state_of(x.slow)
    running, ended = state.under_way(t), state.newest_ended(t)
    return float(running["trigger"] if running else ended["direction"] if ended else 0)


def of_newest(told: object) -> object:
    def of(x: View, t: int) -> float | None:
        state = state_of(x.slow)
        one = state.newest_ended(t)
        value = None if one is None else told(state, state.ended.index(one))
        return None if value is None else float(value)

    return of


register("burst_move", of_newest(lambda state, n: state.ended[n]["moved"]))
register("burst_size", of_newest(lambda state, n: state.ended[n]["size"]))
register("burst_length", of_newest(lambda state, n: state.ended[n]["end"] - state.ended[n]["start"]))
register("burst_truncated", of_newest(lambda state, n: state.ended[n]["truncated"]))
register("burst_trade_rate", of_newest(lambda state, n: state.burst_scores[n]["rate"]))
register("burst_vacuum", of_newest(lambda state, n: state.burst_scores[n]["score"]))


def of_class(wanted: str) -> object:
    return of_newest(lambda state, n: None if state.classes[n] == "unclassified" else state.classes[n] == wanted)


register("burst_by_trades", of_class("trade"))
register("burst_by_vacuum", of_class("vacuum"))


# --- of a contract


@legs(ADDED)
def pull_rate(x: View, t: int, window: object, lots: int) -> float | None:
    sides = [x(Call(f"{side}_pulls", (window, lots)), t) for side in ("bid", "ask")]
    return both(lambda a, b: (a + b) * 60 / window.count, *sides)


@legs(ADDED)
def replenish_rate(x: View, t: int, window: object) -> float | None:
    sides = [x(Call(f"{side}_replenishes", (window,)), t) for side in ("bid", "ask")]
    return both(lambda a, b: (a + b) * 60 / window.count, *sides)


FIELDS = ["price_paise", "volume"]
FIELDS += [f"{side}{what}" for side in "bs" for n in range(5) for what in (f"p{n}_paise", f"q{n}", f"o{n}")]


@legs(ADDED)
def activity(x: View, t: int) -> float | None:
    now, before = (x.newest(s, 0) if s >= 0 else None for s in (t, t - 1))
    if now is None or before is None:
        return None
    return float(sum(map(operator.ne, (now[one] or 0 for one in FIELDS), (before[one] or 0 for one in FIELDS))))


@twin
def unexplained_drop(x: View, t: int) -> float | None:
    if t < 1 or not (x("observed", t) and x("observed", t - 1)):
        return None
    now, before = (
        both(operator.add, x(read_call("bid_depth(5)"), s), x(read_call("ask_depth(5)"), s)) for s in (t, t - 1)
    )
    return both(lambda a, b, units: max(0.0, b - a - units) / b, now, before, x(read_call("volume(1s)"), t))
