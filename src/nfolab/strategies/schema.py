"""What may stand in a recipe's file: every table and key with its meaning. The JSON Schema for editors follows from it.

The words themselves are read by `words`, `rules` and `pickers`, which say in a sentence what is wrong with one. The
shapes given here let an editor mark a slip as it is typed; each leaves room for the name of a parameter.
"""

import re
from typing import Annotated, ClassVar, Literal, NoReturn, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from nfolab.base.errors import did_you_mean

UNKNOWN_KEY = "unknown_key"
BROKEN_RULE = "broken_rule"

Side = Literal["buy", "sell", "mixed"]
Family = Literal[
    "scalp_flow", "scalp_book", "scalp_pattern", "stat_arb", "event", "sell_straddle", "sell_strangle",
    "sell_defined_risk", "sell_adaptive", "theta_rotation", "calendar", "buy_momentum", "buy_breakout", "expiry_day",
    "volatility", "dispersion", "benchmark",
]  # fmt: skip
Need = Literal[
    "options", "spot", "future", "vix", "equities", "chain", "volume", "open interest", "five levels", "past days",
    "expiry day", "events", "messages", "truth", "another underlying", "overnight", "other strategies",
]  # fmt: skip
"""What a strategy rests on beyond the quotes of its own contracts, which are `options`."""

_OVERNIGHT = {
    "overnight", "btst", "stbt", "positional", "carry", "carry_forward", "carry_over", "product", "days_held", "swing",
}  # fmt: skip
_NEXT_DAY = re.compile(
    r"overnight|next[ _]?(day|open|session)|btst|stbt|positional|carry|\d ?days?$|T\+\d", re.IGNORECASE
)
_NEVER_OVERNIGHT = "but positions are never held overnight: everything is closed by 15:20:00 of its day"

_PARAMETER = "[A-Za-z_][A-Za-z0-9_]*"
_NUMBER = r"\d+(\.\d+)?"


def _shape(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern}|{_PARAMETER})$"})


def _words(*words: str, or_else: str = _PARAMETER) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "anyOf": [{"enum": list(words)}, {"pattern": f"^({or_else})$"}]})


def _broken(said: str) -> NoReturn:
    raise PydanticCustomError(BROKEN_RULE, "{said}", {"said": said})


def _of_one_day(word: str) -> str:
    if _NEXT_DAY.search(word):
        _broken(f"is {word!r}, {_NEVER_OVERNIGHT}")
    return word


TimeOfDay = Annotated[str, AfterValidator(_of_one_day), _shape("([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")]
Length = Annotated[str, AfterValidator(_of_one_day), _shape("[0-9]+[sm]")]
CountWord = Annotated[str, _shape("[1-9][0-9]*")]
LotsWord = Annotated[str, _shape("[1-9][0-9]*lots?")]
Level = Annotated[str, _shape(rf"{_NUMBER}(%|rs|pt|x)")]
LegLevel = Annotated[str, _shape(rf"{_NUMBER}(%|pt)")]
SignedLevel = Annotated[str, _shape(rf"-?{_NUMBER}(%|pt|rs)")]
Behind = Annotated[str, Field(examples=["2pt", "5% of best", "0.8 * atr(60s, 14)"])]
PriceText = Annotated[str, Field(examples=["lowest(60s)", "ema(21s)", "ask + 0.05pt"])]
Move = Annotated[str, _shape(rf"[+-]{_NUMBER}(%|pt)")]
Money = Annotated[str, _shape(rf"{_NUMBER}rs")]
YesOrNo = Annotated[str, _words("yes", "no")]
KindOfLeg = Annotated[str, _words("CE", "PE", "with", "against", "trigger", "other")]
Expiry = Annotated[
    str,
    _words("nearest", "next", "monthly", "next_monthly", or_else=rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{_PARAMETER}"),
]
ThenWord = Annotated[str, _words("close all", "others to cost", "stopped to cost")]
ConditionText = Annotated[str, Field(examples=["volume(10s) >= 2 * 10s * mean_volume(120s, before = 10s)"])]


def _form(value: object) -> str:
    return "list" if isinstance(value, list) else "table" if isinstance(value, dict) else "text"


FORMS = ("text", "list", "table")
_BY_FORM = Discriminator(_form)


class Table(BaseModel):
    """A table of a recipe: a key that it does not know is refused, with the nearest that it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    such_as: ClassVar[str] = '{ times = "2" }'

    @model_validator(mode="before")
    @classmethod
    def _known(cls, table: object) -> object:
        if not isinstance(table, dict):
            _broken(f"must be a table, such as {cls.such_as}")
        for word in table:
            if str(word).lower() in _OVERNIGHT:
                _broken(f"has {word!r}, {_NEVER_OVERNIGHT}")
            if word not in cls.model_fields:
                said = f"has no {word!r}{did_you_mean(word, cls.model_fields)}"
                raise PydanticCustomError(UNKNOWN_KEY, "{said}", {"said": said})
        return table


class Parameter(Table):
    """A parameter of your own; a word that is its name stands for its value."""

    such_as: ClassVar[str] = '{ default = "30%", grid = ["20%", "30%"] }'

    default: Annotated[Annotated[str, Tag("text")] | Annotated[dict[str, str], Tag("table")], _BY_FORM] = Field(
        description="Its value where none is given, with its unit; one for all, or one for each underlying.",
        examples=["30%", "09:20:00"],
    )
    grid: Annotated[Annotated[list[str], Tag("list")] | Annotated[dict[str, list[str]], Tag("table")], _BY_FORM] = (
        Field(
            [],
            description="Values worth trying; for all, or for each underlying.",
            examples=[["none", "20%", "30%"]],
        )
    )

    @model_validator(mode="after")
    def _alike(self) -> "Parameter":
        if isinstance(self.default, dict) and not self.default:
            _broken("names no underlying: give a default for each, or one for all")
        if isinstance(self.grid, dict) and (isinstance(self.default, str) or self.grid.keys() != self.default.keys()):
            _broken("has a grid for other underlyings than its default: name the same ones in both")
        return self


class Scan(Table):
    """The contracts of which `when` is read, each for itself; the first that fires is the trigger."""

    such_as: ClassVar[str] = '{ strikes = "atm-1..atm+1" }'

    strikes: str = Field(
        "atm..atm",
        description="A strip of strikes around the one at the money.",
        json_schema_extra={"pattern": r"^atm(-[0-9]+)?\.\.atm(\+[0-9]+)?$"},
        examples=["atm-1..atm+1", "atm..atm"],
    )
    kinds: list[Literal["CE", "PE"]] = Field(
        ["CE", "PE"], description="Calls, puts, or both.", examples=[["CE", "PE"]], min_length=1
    )
    fixed: Annotated[Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")], _BY_FORM] | None = Field(
        None, description="The times as of which the strip is chosen; `start`: those of `at`.", examples=["10:00:00"]
    )


class Wait(Table):
    """The contracts are chosen, and the orders go out once the first leg's price has moved."""

    such_as: ClassVar[str] = '{ move = "-5%", within = "10m" }'

    move: Move = Field(description="How far the price must move, with its sign.", examples=["-5%", "+3pt"])
    within: Length = Field(description="In which time; else the entry is given up.", examples=["10m"])


class LimitOrder(Table):
    """An order to open that rests in the book."""

    such_as: ClassVar[str] = '{ limit = "bid + 0.05pt", valid = "5s" }'

    limit: PriceText | None = Field(None, description="Its price, known when it is sent.", examples=["bid + 0.05pt"])
    peg: str | None = Field(
        None, description="It follows its own side's best price, or the mid.", examples=["own", "own+1", "mid"]
    )
    valid: Annotated[str, _words("ioc", "day", or_else=rf"[0-9]+[sm]|{_PARAMETER}")] = Field(
        "5s", description="For how long after its arrival.", examples=["5s"]
    )
    queue: Annotated[str, _words("likely", "worst", "best")] = Field("likely", description="The model of the queue.")


_Market = Annotated[Literal["market"], Tag("text")]
OrderWord = Annotated[_Market | Annotated[LimitOrder, Tag("table")], _BY_FORM]


class Enter(Table):
    """When a trade begins: at times of day, or when a condition is true."""

    at: Annotated[
        Annotated[TimeOfDay, Tag("text")] | Annotated[list[TimeOfDay], Tag("list")], _BY_FORM
    ] | None = Field(
        None, description="A time of day up to 15:15:00, or a list of rising ones.", examples=["09:20:00"]
    )  # fmt: skip
    within: Length | None = Field(
        None,
        description="For so long after each time of `at` a trade may be decided, one for each time.",
        examples=["60s"],
    )
    when: ConditionText | None = Field(
        None, description="A condition, read at every second while there is no position; with `scan` of each contract."
    )
    around: Annotated[str, _words("atm", "atm_pair")] = Field(
        "atm", description="Which options at the money `ce`, `pe` and `pair` are in conditions."
    )
    up: ConditionText | None = Field(None, description="A condition that gives the trade the direction up.")
    down: ConditionText | None = Field(None, description="A condition that gives the trade the direction down.")
    scan: Scan | None = Field(None, description="The contracts of which `when` is read.")
    between: list[TimeOfDay] | None = Field(
        None,
        description="From the first time up to, but not including, the second.",
        examples=[["10:30:00", "13:00:00"]],
        min_length=2,
        max_length=2,
    )
    after: Length = Field("0s", description="From the last trade's end to the next decision.", examples=["60s"])
    times: CountWord | None = Field(None, description="Trades a day at most.", examples=["5"])
    wait: Wait | None = Field(None, description="Orders go out only once the first leg's price has moved so.")
    order: OrderWord | None = Field(None, description="How every leg without an order of its own is opened.")
    legged: YesOrNo = Field("no", description="Whether each leg enters for itself; else all in one second or none.")

    @model_validator(mode="after")
    def _one_way(self) -> "Enter":
        if all(one is None for one in (self.at, self.when, self.up, self.down)):
            _broken(
                'needs a time of day, such as at = "09:20:00", or a condition such as when = "spot_return(1m) > 0.1%"'
            )
        return self


class AtPrice(Table):
    """A price of the leg's contract, read once, at the decision."""

    such_as: ClassVar[str] = '{ at = "lowest(60s)" }'

    at: PriceText = Field(description="The price.", examples=["lowest(60s)"])


class Target(Table):
    """A target at a price, or one that rests in the book."""

    such_as: ClassVar[str] = '{ gain = "2pt", order = "limit" }'

    gain: LegLevel | None = Field(None, description="The gain: percent of the leg's entry price, or points a unit.")
    at: PriceText | None = Field(None, description="Or a price of the leg's contract, known at the decision.")
    order: Annotated[str, _words("watched", "limit")] = Field("watched", description="Watched, or resting as a limit.")
    queue: Annotated[str, _words("likely", "worst", "best")] = Field("likely", description="The model of the queue.")


class Rung(Table):
    """One step of a trail."""

    such_as: ClassVar[str] = '{ arm = "5pt", behind = "2pt" }'

    arm: Level | None = Field(None, description="The gain from which on it counts.", examples=["5pt"])
    behind: Behind | None = Field(
        None, description="How far it stays behind the best gain, or of a leg's best price.", examples=["2pt"]
    )
    at: PriceText | None = Field(None, description="A price of the leg's that it follows.", examples=["ema(21s)"])
    lock: SignedLevel | None = Field(None, description="The gain that it keeps.", examples=["1pt", "0pt"])
    every: Level | None = Field(None, description="For every such further gain …", examples=["1pt"])
    move: Level | None = Field(None, description="… it moves up by so much.", examples=["0.5pt"])


class Spot(Table):
    """How far the index may move from where it stood at the decision."""

    such_as: ClassVar[str] = '{ away = "0.3%" }'

    up: LegLevel | None = Field(None, description="Closed once the index is up by so much.", examples=["0.5%"])
    down: LegLevel | None = Field(None, description="Closed once the index is down by so much.", examples=["100pt"])
    away: LegLevel | None = Field(None, description="Either way.", examples=["0.3%"])
    beyond: Annotated[str, _words("strike")] | None = Field(None, description="Closed beyond a sold leg's strike.")


_None = Annotated[Literal["none"], Tag("text")]
Trail = Annotated[_None | Annotated[Rung, Tag("table")] | Annotated[list[Rung], Tag("list")], _BY_FORM]
SpotRule = Annotated[_None | Annotated[Spot, Tag("table")], _BY_FORM]


LegTarget = Annotated[Annotated[LegLevel, Tag("text")] | Annotated[Target, Tag("table")], _BY_FORM]
LegStop = Annotated[Annotated[LegLevel, Tag("text")] | Annotated[AtPrice, Tag("table")], _BY_FORM]


class Again(Table):
    """How it is opened again."""

    such_as: ClassVar[str] = '{ on = "stop", times = "2" }'

    on: Annotated[str, _words("stop", "target", "any")] = Field("stop", description="After what.")
    mode: Annotated[str, _words("asap", "cost", "move")] = Field(
        "asap", description="At once with a new strike; the same contract back at its entry price; or once it moved."
    )
    times: CountWord = Field("1", description="How often at most.", examples=["2"])
    after: Length = Field("0s", description="At least so long after the last closing fill.", examples=["60s"])
    until: TimeOfDay = Field("15:15:00", description="No order later than that.", examples=["14:00:00"])
    reversed: YesOrNo = Field("no", description="Whether the opposite side is opened.")
    move: Move | None = Field(None, description='With `mode = "move"`: how far.', examples=["-5pt"])
    opens: CountWord | None = Field(None, description="Another leg, by its number.", examples=["3"])


class Rules(Table):
    """The rules that close a leg."""

    stop: LegStop | None = Field(None, description="A loss: percent of the leg's entry price, points, or a price.")
    target: LegTarget | None = Field(None, description="A gain: percent of the leg's entry price, points, or a price.")
    trail: Trail | None = Field(None, description="A stop that follows the best gain; several tables are rungs.")
    hold: Length | None = Field(None, description="Closed after so long.", examples=["20m"])
    min_hold: Length | None = Field(None, description="Neither trail nor signal before.", examples=["60s"])
    signal: ConditionText | None = Field(None, description="Closed once this condition is true.")
    spot: SpotRule | None = Field(None, description="Closed by where the index goes.")


class Leg(Rules):
    """One leg: what is bought or sold, and when that leg alone is closed."""

    such_as: ClassVar[str] = '{ sell = "CE" }'

    sell: KindOfLeg | None = Field(None, description="What is sold.")
    buy: KindOfLeg | None = Field(None, description="What is bought.")
    strike: str = Field(
        "atm",
        description="The strike's rule.",
        examples=["atm", "atm_pair", "otm 1%", "atm+2", "premium ~ 100rs", "delta ~ 0.30", "max_oi", "leg1+4"],
    )
    when: ConditionText | None = Field(
        None, description="What must be true of the contract found, at the decision; else there is no entry."
    )
    expiry: Expiry = Field("nearest", description="The expiry's rule, or a date.")
    lots: LotsWord = Field("1lots", description="How many lots.", examples=["1lots"])
    order: OrderWord | None = Field(None, description="How the leg is opened, if not by market orders.")
    again: Again | None = Field(None, description="How the leg is opened again.")
    lazy: YesOrNo = Field("no", description="Whether an adjustment or another leg opens it, not the entry.")
    then: ThenWord | None = Field(None, description="What happens to the others after a rule of this leg.")

    @model_validator(mode="after")
    def _one_side(self) -> "Leg":
        if (self.sell is None) == (self.buy is None):
            _broken("must either sell or buy a CE or a PE")
        return self


class Exit(Rules):
    """When the whole is closed; `leg_…` are rules of every leg that has none of its own."""

    such_as: ClassVar[str] = '{ stop = "30%" }'

    stop: Level | None = Field(None, description="A loss of the whole: percent or multiple of the premium, rs or pt.")
    target: Level | None = Field(None, description="A gain of the whole: percent or multiple of the premium, rs or pt.")
    time: TimeOfDay = Field("15:20:00", description="Everything still open is closed; 15:20:00 at the latest.")
    on: Annotated[str, _words("walk", "mid", "last")] = Field("walk", description="The price that rules watch.")
    covers: Annotated[str, _words("all legs", "what is left")] = Field(
        "all legs", description="Whether rules of the whole hold while every leg is open, or as long as anything is."
    )
    again: Again | None = Field(None, description="A new entry after the whole was closed.")
    leg_stop: LegStop | None = Field(None, description="A leg's stop.", examples=["25%"])
    leg_target: LegTarget | None = Field(None, description="A leg's target.", examples=["40%"])
    leg_trail: Trail | None = Field(None, description="A leg's trail.")
    leg_hold: Length | None = Field(None, description="A leg is closed after so long.", examples=["20m"])
    leg_min_hold: Length | None = Field(None, description="Neither a leg's trail nor its signal before.")
    leg_signal: ConditionText | None = Field(None, description="A leg is closed once this is true of it.")
    leg_spot: SpotRule | None = Field(None, description="A leg is closed by where the index goes.")
    leg_then: ThenWord | None = Field(None, description="What happens to the others after a leg's rule.")


class Adjust(Table):
    """What changes the open position, and when."""

    such_as: ClassVar[str] = '{ position = "premium_ratio > 1.8", do = "close loser" }'

    when: ConditionText | None = Field(None, description="A condition on the market.")
    position: str | None = Field(
        None, description="Words about the position, joined by and.", examples=["premium_ratio > 1.8", "held >= 10m"]
    )
    every: Length = Field("1s", description="Looked at so often.", examples=["10s"])
    after: Length = Field("0s", description="So long after the entry or the last adjustment.", examples=["15m"])
    times: CountWord = Field("1", description="At most.", examples=["3"])
    do: Annotated[Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")], _BY_FORM] = Field(
        description="What is done: close or roll a winner, a loser, all or a leg; close half; open a leg; to cost.",
        examples=[
            "close loser",
            "roll winner",
            "open leg 3",
            "open missing",
            "close half of all",
            "whole to cost",
            ["close leg 1", "open leg 3"],
        ],
    )
    strike: str | None = Field(
        None,
        description="Where a roll goes, in place of the leg's own rule.",
        examples=["atm", "held+1", "balances", "max_theta within 5"],
    )
    then: Rules | None = Field(None, description="The rules of what stays open from now on.")
    of: Annotated[str, _words("entry", "value")] = Field("entry", description="Of what their percentages are taken.")

    @model_validator(mode="after")
    def _told(self) -> "Adjust":
        if self.when is None and self.position is None:
            _broken('needs a when or a position, such as position = "premium_ratio > 1.8"')
        return self


class DaysOfTrading(Table):
    """The days on which it trades; on others it does not, and says so."""

    such_as: ClassVar[str] = '{ to_expiry = "0" }'

    to_expiry: str | None = Field(
        None, description="Trading days to the expiry of the first leg; 0 is its day.", examples=["0", "0..2"]
    )
    weekdays: Annotated[Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")], _BY_FORM] | None = Field(
        None, description="Weekdays.", examples=[["Mon", "Tue"]]
    )
    events: Annotated[str, _words("skip", "only")] | None = Field(
        None, description="Days with an RBI decision, a budget, an election's result or a Fed decision, known before."
    )
    without: Annotated[Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")], _BY_FORM] | None = Field(
        None, description="Dates left out.", examples=[["2025-10-21"]]
    )


class DayLimits(Table):
    """Limits over all trades of the day."""

    such_as: ClassVar[str] = '{ stop = "5000rs" }'

    stop: Money | None = Field(None, description="Nothing more after such a loss.", examples=["5000rs"])
    target: Money | None = Field(None, description="Nothing more after such a gain.", examples=["5000rs"])
    trail: Trail | None = Field(None, description="A floor that follows the day's best gain, in rupees.")
    trades: CountWord | None = Field(None, description="Trades at most.", examples=["3"])
    losers: CountWord | None = Field(None, description="So many losers in a row make a pause.", examples=["3"])
    pause: Length | None = Field(None, description="How long that pause is.", examples=["15m"])


class Header(Table):
    """What a strategy says of itself before its rules."""

    title: str = Field(description="One line.", examples=["Short straddle at a time of day"])
    side: Side = Field(description="Whether it buys premium, sells it, or does both.")
    family: Family | None = Field(None, description="The family that it belongs to.")
    underlyings: list[str] = Field([], description="The only underlyings that it is for; all if none is named.")
    needs: list[Need] | None = Field(None, description="What it rests on beyond the quotes of its own contracts.")
    source: list[str] = Field([], description="Where the idea comes from.", examples=[["004:GSS"]])
    assumptions: list[str] = Field([], description="What was assumed where the source says nothing.")
    readings: list[str] = Field([], description="How an ambiguity of the source was read.")
    proxy: str | None = Field(None, description="The named stand-in for a signal that this data does not hold.")
    idea: str | None = Field(None, description="The idea, in a sentence or two.")
    why: str | None = Field(None, description="Why it should work.")
    fails_when: str | None = Field(None, description="When it fails.")
    pays_by: str | None = Field(None, description="How its profit or loss arises.")
    reported: list[str] = Field([], description="What was once claimed of it, each with whether to believe it.")


class RecipeFile(Header):
    """A recipe: when a trade begins, what it holds, how it ends."""

    params: dict[str, Parameter] = Field({}, description="Parameters of your own.")
    enter: Enter = Field(description="When a trade begins.")
    leg: list[Leg] = Field(description="The legs, one table each.", min_length=1)
    exit: Exit = Field(Exit(), description="When the whole is closed.")
    adjust: list[Adjust] = Field([], description="What changes the open position.")
    day: DayLimits = Field(DayLimits(), description="Limits over all trades of the day.")
    days: DaysOfTrading = Field(DaysOfTrading(), description="The days on which it trades.")

    @model_validator(mode="after")
    def _fits(self) -> "RecipeFile":
        if all(leg.lazy == "yes" for leg in self.leg):
            _broken("opens nothing at the entry, as every leg is lazy: let one of them enter")
        told = {"with": ("up", "down"), "against": ("up", "down"), "trigger": ("scan",), "other": ("scan",)}
        for number, leg in enumerate(self.leg, 1):
            kind = str(leg.sell or leg.buy)
            if kind in told and not any(getattr(self.enter, key) for key in told[kind]):
                _broken(f"has a leg {number} that is {kind!r}, so [enter] must say {' or '.join(told[kind])}")
        return self


FAMILIES: tuple[str, ...] = get_args(Family)
NEEDS: tuple[str, ...] = get_args(Need)
