"""A recipe's rules as sentences, in the order of a trade's life, with the values of its parameters in their places."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nfolab.strategies.conditions.parts import joined_by_and
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.words import LAST_EXIT, NONE, SETTINGS

_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*(?![.\w])")
_WATCHED = {"walk": "", "mid": ", watched on mids", "last": ", watched on last prices"}
_SETTINGS = {
    "spot": "The money is told by the {}.",
    "latency": "An order reaches the market {} after its decision.",
    "max_quote_age": "No decision rests on a quote older than {}.",
    "plan": "Brokerage by the plan {}.",
}
_THEN = {
    "close all": "and all other legs with it",
    "others to cost": "and the stops of the others move to their cost",
    "stopped to cost": "and the stops of the others that have one move to their cost",
}


def rules_in_words(recipe: Recipe, given: Mapping[str, str] | None = None) -> list[str]:
    """Return what a recipe does, a sentence a rule.

    Args:
        recipe: of one underlying where its parameters differ by underlying (`Recipe.of`).
        given: values in place of defaults, as written.
    """
    values = recipe.values(given or {})
    told = _Told(values)
    places = recipe.places
    sentences = [*told.days(places.get("days", {})), *told.enter(places["enter"])]
    for number, leg in enumerate(places["leg"], 1):
        sentences += told.leg(number, leg)
    sentences += told.exits(places["exit"])
    for rule in places["adjust"]:
        sentences += told.adjust(rule)
    sentences += told.day(places["day"])
    sentences.append(f"Whatever is still open is closed at {told.word(places['exit'].get('time', str(LAST_EXIT)))}.")
    sentences += [
        form.format(values[name])
        for name, form in _SETTINGS.items()
        if values.get(name, SETTINGS[name]) != SETTINGS[name]
    ]
    return sentences


def conditions_to_enter(recipe: Recipe) -> list[str]:
    """Return each condition that an entry asks for, with defaults in place of names, without what is off."""
    told = _Told(recipe.values({}))
    enter = recipe.places["enter"]
    texts = [told.given(enter, key) for key in ("when", "up", "down")]
    parts = [part for text in texts if text for part in joined_by_and(with_values(text, told.settings))]
    return list(dict.fromkeys(part for part in parts if NONE not in _WORD.findall(part)))


def entry_in_words(recipe: Recipe) -> list[str]:
    """Return when a trade begins, a sentence a rule, by the defaults of its parameters."""
    return list(_Told(recipe.values({})).enter(recipe.places["enter"]))


def exits_in_words(recipe: Recipe) -> list[str]:
    """Return what closes the whole or a leg but for the last time of day, a sentence a rule, by the defaults."""
    told = _Told(recipe.values({}))
    return [
        *told.exits(recipe.places["exit"]),
        *(said for number, leg in enumerate(recipe.places["leg"], 1) for said in told.closing(f"Leg {number}", leg)),
    ]


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return a condition's text on one line, with the values of parameters in place of their names."""
    return _WORD.sub(lambda word: values.get(word[0], word[0]), " ".join(text.split()))


class _Told:
    """Tells tables of a recipe with the values of its parameters."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = {name: value for name, value in values.items() if name not in SETTINGS or value != SETTINGS[name]}
        self.settings = values

    def word(self, text: str) -> str:
        """Return a word, or the value of the parameter that it names."""
        return self.settings.get(text, text)

    def given(self, table: Mapping[str, Any], key: str) -> str | None:
        """Return the word under a key; None where there is none, or it is `none`."""
        found = table.get(key)
        found = self.word(found) if isinstance(found, str) else found
        return None if found in (None, NONE) else found

    def condition(self, text: str) -> str:
        """Return a condition on one line in quotes of code, with values in place of names, without what is off."""
        told = with_values(text, self.settings)
        left = [part for part in joined_by_and(told) if NONE not in _WORD.findall(part)]
        return f"`{' and '.join(left)}`" if left else ""

    def days(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell the days on which it trades."""
        if to_expiry := self.given(table, "to_expiry"):
            yield "Only on the day of expiry." if to_expiry == "0" else f"Only with {to_expiry} days to expiry."
        if "weekdays" in table:
            yield f"Only on {', '.join(map(self.word, table['weekdays']))}."
        if self.given(table, "events") == "skip":
            yield "Not on days of known events."

    def enter(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell when a trade begins."""
        if "at" in table:
            listed = table["at"] if isinstance(table["at"], list) else [table["at"]]
            within = f", or within {self.word(table['within'])} after it" if "within" in table else ""
            yield f"Enters at {', '.join(map(self.word, listed))}{within}."
        else:
            first, last = map(self.word, table.get("between", ("09:15:00", "15:15:00")))
            yield f"Enters from {first} to {last}."
        around = self.given(table, "around") or "atm"
        if scan := table.get("scan"):
            fixed = f", as it was at {self.word(scan['fixed'])}" if "fixed" in scan else ""
            kinds = " and ".join(scan.get("kinds", ["CE", "PE"]))
            strip = scan.get("strikes", "atm..atm")
            yield f"Looks at {kinds} of {strip} by {around}{fixed}; the first that fires is the trigger."
        elif "around" in table:
            yield f"`ce`, `pe` and `pair` are those of {around}."
        for key, begins in (("when", "When"), ("up", "Upwards when"), ("down", "Downwards when")):
            if (text := self.given(table, key)) and (told := self.condition(text)):
                yield f"{begins} {told}."
        if wait := table.get("wait"):
            yield f"Waits up to {self.word(wait['within'])} for a move of {self.word(wait['move'])}."
        if (after := self.given(table, "after")) and after != "0s":
            yield f"Not within {after} of the last trade's end."
        if times := self.given(table, "times"):
            yield f"At most {times} a day." if times != "1" else "Once a day."
        if self.given(table, "legged") == "yes":
            yield "Each leg enters for itself."

    def leg(self, number: int, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell a leg and the rules of its own."""
        side = "sell" if "sell" in table else "buy"
        kind = self.word(table[side])
        lots = self.word(table.get("lots", "1lots")).removesuffix("lots").removesuffix("lot")
        strike = (
            ""
            if kind in ("trigger", "other") and "strike" not in table
            else f" at {self.word(table.get('strike', 'atm'))}"
        )
        expiry = self.word(table.get("expiry", "nearest"))
        of = "" if expiry == "nearest" else f", expiry {expiry}"
        late = ", when it is opened later" if self.given(table, "lazy") == "yes" else ""
        order = f", {self.order(table['order'])}" if "order" in table else ""
        yield f"Leg {number}: {side} {lots} lot{'s' if lots != '1' else ''} {kind}{strike}{of}{order}{late}."
        if text := self.given(table, "when"):
            yield f"Leg {number} only when {self.condition(text)}."
        yield from self.closing(f"Leg {number}", table)

    def order(self, table: Mapping[str, str]) -> str:
        """Tell how an order is sent."""
        return ", ".join(
            f"{key} {self.condition(value) if key == 'limit' else self.word(value)}" for key, value in table.items()
        )

    def exits(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell the rules that close the whole, then those of every leg that has none of its own."""
        yield from self.closing("All", table)
        each = {key.removeprefix("leg_"): value for key, value in table.items() if key.startswith("leg_")}
        yield from self.closing("Each leg", each)

    def closing(self, whom: str, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell the rules that close a leg or the whole."""
        closes = f"{whom} {'close' if whom == 'All' else 'closes'}"
        on = _WATCHED.get(self.word(table.get("on", "walk")), "")
        then = f", {_THEN[self.word(table['then'])]}" if "then" in table else ""
        for key, what in (("stop", "a loss"), ("target", "a gain")):
            if level := self.level(table, key):
                yield f"{closes} at {what} of {level}{on}{then}."
        yield from (f"{closes} {told}{on}{then}." for told in self.trail(table))
        if hold := self.given(table, "hold"):
            yield f"{closes} after {hold}{then}."
        if (min_hold := self.given(table, "min_hold")) and min_hold != "1s":
            yield f"Before {min_hold} neither trail nor signal of {whom.lower()} is looked at."
        if text := self.given(table, "signal"):
            yield f"{closes} when {self.condition(text)}{then}."
        if isinstance(spot := table.get("spot"), dict):
            yield from (f"{closes} {told}{then}." for told in self.spot(spot))
        if self.given(table, "covers") == "what is left":
            yield "These hold as long as anything is open."
        if again := table.get("again"):
            rest = ", ".join(f"{key} {self.word(value)}" for key, value in again.items() if key != "on")
            after = self.word(again.get("on", "stop"))
            yield f"{whom} may be opened again after a {after}{f': {rest}' if rest else ''}."

    def level(self, table: Mapping[str, Any], key: str) -> str | None:
        """Return a stop's or target's level in words; None where there is none."""
        found = table.get(key)
        if isinstance(found, dict):
            return f"the price {self.condition(found['at'])} of the decision"
        return self.given(table, key)

    def trail(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell each rung of a trail."""
        rungs = table.get("trail", [])
        for rung in rungs if isinstance(rungs, list) else [rungs]:
            if not isinstance(rung, dict):
                continue
            parts = []
            if behind := self.given(rung, "behind"):
                parts.append(f"{self.distance(behind)} behind its best")
            if price := self.given(rung, "at"):
                parts.append(f"at {self.condition(price)}")
            if (lock := self.given(rung, "lock")) is not None:
                step = (
                    f", moved by {self.word(rung['move'])} for every {self.word(rung['every'])}"
                    if "every" in rung
                    else ""
                )
                parts.append(f"{'but not below' if parts else 'at'} a gain of {lock}{step}")
            if parts:
                armed = self.given(rung, "arm")
                yield f"{', '.join(parts)}{f', once {armed} were gained' if armed else ''}"

    def distance(self, text: str) -> str:
        """Return how far a trail stays behind: an amount as it stands, a feature in quotes of code."""
        return (
            text.removesuffix(" of best")
            if re.match(r"-?\d[\d.]*(%|pt|rs|x)( of best)?$", text)
            else self.condition(text)
        )

    def spot(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell how far the index may move."""
        for key, told in (("away", "either way"), ("up", "upwards"), ("down", "downwards")):
            if far := self.given(table, key):
                yield f"when the index has moved {far} {told} from the decision"
        if self.given(table, "beyond"):
            yield "when the index has passed a sold strike"

    def adjust(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell one adjustment."""
        if (position := self.given(table, "position")) and not self.condition(position):
            return
        asked = [
            told for key in ("position", "when") if (text := self.given(table, key)) and (told := self.condition(text))
        ]
        if not asked:
            return
        done = table["do"] if isinstance(table["do"], list) else [table["do"]]
        every = self.given(table, "every")
        looked = f", looked at every {every}" if every and every != "1s" else ""
        after = self.given(table, "after")
        since = f", {after} after the entry or the last adjustment at the earliest" if after and after != "0s" else ""
        times = self.given(table, "times") or "1"
        most = "once" if times == "1" else f"up to {times} times"
        strike = f" to {self.word(table['strike'])}" if "strike" in table else ""
        what = " and ".join(map(self.word, done))
        yield f"Adjusts {most}{looked}{since}: when {' and '.join(asked)}, {what}{strike}."
        if then := table.get("then"):
            of = ", percentages of its value then" if self.given(table, "of") == "value" else ""
            yield from (
                f"From then on: {told[0].lower()}{told[1:-1]}{of}." for told in self.closing("What stays open", then)
            )

    def day(self, table: Mapping[str, Any]) -> Iterator[str]:
        """Tell the limits of the day."""
        for key, told in (("stop", "a loss"), ("target", "a gain")):
            if level := self.given(table, key):
                yield f"The day ends at {told} of {level}."
        yield from (f"The day ends {told}." for told in self.trail(table))
        if trades := self.given(table, "trades"):
            yield f"At most {trades} trades a day."
        if losers := self.given(table, "losers"):
            yield f"After {losers} losers in a row it pauses for {self.given(table, 'pause')}."
