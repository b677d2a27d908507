"""The rules of a recipe as the engine has them: paise, millionths, seconds since the open, conditions as arrays."""

from collections.abc import Callable
from dataclasses import dataclass

from nfolab.base.units import MILLION, Clock, Seconds
from nfolab.engine.positions import program
from nfolab.engine.positions.columns import again as again_codes
from nfolab.engine.positions.columns import measure, then, words
from nfolab.strategies import rules
from nfolab.strategies.conditions.tree import Condition, Quantity
from nfolab.strategies.order_words import LimitOrder
from nfolab.strategies.words import Amount

_THEN = {
    None: then.NOTHING,
    "close all": then.CLOSE_ALL,
    "others to cost": then.OTHERS_TO_COST,
    "stopped to cost": then.STOPPED_TO_COST,
}
_ON = {
    "stop": again_codes.ON_STOP,
    "target": again_codes.ON_TARGET,
    "any": again_codes.ON_STOP | again_codes.ON_TARGET | again_codes.ON_OTHER,
}
_MODE = {"asap": again_codes.ASAP, "cost": again_codes.COST, "move": again_codes.MOVE}
_COMPARISON = {">": words.ABOVE, ">=": words.AT_LEAST, "<": words.BELOW, "<=": words.AT_MOST}
_WORD = {
    "gain": words.GAIN,
    "loss": words.LOSS,
    "premium_ratio": words.PREMIUM_RATIO,
    "imbalance": words.IMBALANCE,
    "divergence": words.DIVERGENCE,
    "winner_gain": words.WINNER_GAIN,
    "loser_gain": words.LOSER_GAIN,
    "spot_move": words.SPOT_MOVE,
    "net_delta": words.NET_DELTA,
    "held": words.HELD,
    "spot_up": words.SPOT_UP,
    "spot_down": words.SPOT_DOWN,
    "strike_distance": words.STRIKE_DISTANCE,
    "legs": words.LEGS,
    "move_ratio": words.MOVE_RATIO,
    "credit": words.CREDIT,
}
NO_AGAIN = program.Again()
NO_GUARD = program.Guard()
NO_LIMITS = rules.DayRules()


@dataclass(frozen=True, slots=True)
class DayOf:
    """What turns rules into integers on one day.

    Attributes:
        true_seconds: works out a condition.
        prices: works out a value in points.
        second: the second since the open of a time of day.
        delta: the delta of each contract, millionths.
    """

    true_seconds: Callable[[Condition], program.Condition]
    prices: Callable[[Quantity], program.Feature]
    second: Callable[[Clock], int]
    delta: Callable[[], program.Feature]

    def guard(self, asked: rules.Rules) -> program.Guard:
        """Return when a leg, or the whole, is closed."""
        spot = asked.spot
        up, down = (None, None) if spot is None else (spot.up, spot.down)
        measured = program.Amount.of(up or down)
        return program.Guard(
            stop=_amount(asked.stop),
            stop_feature=self._price(asked.stop),
            target=_amount(asked.target),
            target_feature=self._price(asked.target),
            target_rests=asked.target_rests,
            trail=tuple(map(self._rung, asked.trail)),
            hold=_count(asked.hold),
            min_hold=_count(asked.min_hold),
            signal=None if asked.signal is None else self.true_seconds(asked.signal),
            spot_measure=measured.measure,
            spot_up=program.Amount.of(up).value,
            spot_down=program.Amount.of(down).value,
            spot_strike=spot is not None and spot.strike,
            follows=_THEN[asked.then],
        )

    def again(self, asked: rules.Again | None) -> program.Again:
        """Return how a leg, or the whole, is opened again."""
        if asked is None:
            return NO_AGAIN
        return program.Again(
            on=_ON[asked.on],
            mode=_MODE[asked.mode],
            times=asked.times,
            after=asked.after.count,
            until=self.second(asked.until),
            reversed=asked.reversed,
            move=program.Amount.of(asked.move),
            opens=None if asked.opens is None else asked.opens - 1,
        )

    def adjustment(self, asked: rules.Adjustment, acts: tuple[program.Act, ...]) -> program.Adjustment:
        """Return a rule about the open position that does `acts`."""
        return program.Adjustment(
            acts=acts,
            condition=None if asked.when is None else self.true_seconds(asked.when),
            terms=tuple(self._term(one) for one in asked.terms),
            every=asked.every.count,
            after=asked.after.count,
            times=asked.times,
            guard=None if asked.then is None else self.guard(asked.then),
            of_value=asked.of_value,
        )

    def order(self, asked: LimitOrder) -> program.Limit:
        """Return a limit order by which a leg is opened."""
        return program.Limit(
            None if asked.price is None else self.prices(asked.price),
            asked.valid, asked.queue, asked.peg, asked.ticks, asked.first_row,
        )  # fmt: skip

    def day(self, asked: rules.DayRules) -> program.Guard:
        """Return the limits of all trades of the day."""
        if asked == NO_LIMITS:
            return NO_GUARD
        return program.Guard(
            stop=program.Amount.of(asked.stop),
            target=program.Amount.of(asked.target),
            trail=tuple(map(self._rung, asked.trail)),
        )

    def _price(self, level: Amount | Quantity) -> program.Feature | None:
        return self.prices(level) if isinstance(level, Quantity) else None

    def _rung(self, asked: rules.Rung) -> program.Rung:
        behind = _amount(asked.behind)
        if asked.of_best:
            behind = program.Amount(measure.OF_BEST, behind.value)
        distance = self._price(asked.behind)
        return program.Rung(
            arm=_amount(asked.arm),
            behind=behind if distance is None else program.Amount(measure.FEATURE),
            behind_feature=distance,
            at_feature=self._price(asked.at),
            lock=_amount(asked.lock),
            every=_amount(asked.every),
            move=_amount(asked.move),
        )

    def _term(self, asked: rules.Term) -> program.Term:
        level = asked.level
        amount = program.Amount(measure.PAISE, level.count) if isinstance(level, Seconds) else program.Amount.of(level)
        feature = self.delta() if asked.word == "net_delta" else None
        if asked.word == "legs":
            amount = program.Amount(measure.PAISE, amount.value // MILLION)
        return program.Term(_WORD[asked.word], _COMPARISON[asked.comparison], amount, feature, asked.lasting)


def _count(seconds: Seconds | None) -> int:
    return 0 if seconds is None else seconds.count


def _amount(level: Amount | Quantity) -> program.Amount:
    return program.OFF if isinstance(level, Quantity) else program.Amount.of(level)
