"""The rules of a recipe as the engine has them: paise, millionths, seconds since the open, conditions as arrays."""

from collections.abc import Callable
from dataclasses import dataclass

from nfolab.base.units import Clock, Seconds
from nfolab.engine.positions import program
from nfolab.engine.positions.columns import again as again_codes
from nfolab.engine.positions.columns import measure, then, words
from nfolab.strategies import rules
from nfolab.strategies.conditions.tree import Condition

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
_VERB = {"close": words.CLOSE, "open": words.OPEN, "roll": words.ROLL}
_WHOM = {"winner": words.WINNER, "loser": words.LOSER, "all": words.ALL}
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
}
NO_AGAIN = program.Again()


@dataclass(frozen=True, slots=True)
class DayOf:
    """What turns rules into integers on one day.

    Attributes:
        true_seconds: works out a condition.
        second: the second since the open of a time of day.
        delta: the delta of each contract, millionths.
    """

    true_seconds: Callable[[Condition], program.Condition]
    second: Callable[[Clock], int]
    delta: Callable[[], program.Feature]

    def guard(self, asked: rules.Rules) -> program.Guard:
        """Return when a leg, or the whole, is closed."""
        spot = asked.spot
        up, down = (None, None) if spot is None else (spot.up, spot.down)
        measured = program.Amount.of(up or down)
        return program.Guard(
            stop=program.Amount.of(asked.stop),
            target=program.Amount.of(asked.target),
            trail=tuple(map(_rung, asked.trail)),
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

    def adjustment(self, asked: rules.Adjustment) -> program.Adjustment:
        """Return a rule about the open position."""
        return program.Adjustment(
            acts=tuple(map(_act, asked.acts)),
            condition=None if asked.when is None else self.true_seconds(asked.when),
            terms=tuple(self._term(one) for one in asked.terms),
            every=asked.every.count,
            after=asked.after.count,
            times=asked.times,
            guard=None if asked.then is None else self.guard(asked.then),
            of_value=asked.of_value,
        )

    def _term(self, asked: rules.Term) -> program.Term:
        level = asked.level
        amount = program.Amount(measure.PAISE, level.count) if isinstance(level, Seconds) else program.Amount.of(level)
        feature = self.delta() if asked.word == "net_delta" else None
        return program.Term(_WORD[asked.word], _COMPARISON[asked.comparison], amount, feature)


def _count(seconds: Seconds | None) -> int:
    return 0 if seconds is None else seconds.count


def _rung(asked: rules.Rung) -> program.Rung:
    behind = program.Amount.of(asked.behind)
    return program.Rung(
        arm=program.Amount.of(asked.arm),
        behind=program.Amount(measure.OF_BEST, behind.value) if asked.of_best else behind,
        lock=program.Amount.of(asked.lock),
        every=program.Amount.of(asked.every),
        move=program.Amount.of(asked.move),
    )


def _act(asked: rules.Act) -> program.Act:
    if isinstance(asked.whom, int):
        return program.Act(_VERB[asked.verb], words.SLOT, asked.whom - 1)
    return program.Act(_VERB[asked.verb], _WHOM[asked.whom])
