"""Reading one feature call as people write it: `ema(5s)`, `mean_volume(300s, before = 30s)`, `change(2s, of = iv())`.

Grammar: `call = name [ "(" [ argument { "," argument } ] ")" ]`, `argument = [ name "=" ] value`, and a value is what
the parameter's kind asks for: a quantity with its unit, a whole number, or another call.
"""

import re
from typing import NoReturn

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Points, Seconds
from nfolab.tape.features.definition import KINDS, Argument, Call, Count, Feature, Levels, Parameter, Strikes, Window
from nfolab.tape.features.registry import find_feature

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[-\d][\w.:%]*|[(),=])")
_MOST_LEVELS = 5
_DEEPEST = 8
_LONGEST_WORD = 12
"""A longer number is no length of time and no price of any day."""


def read_call(text: str) -> Call:
    """Read one feature call; defaults are filled in, so that two spellings of the same call are equal.

    Raises:
        InputError: it is none: the sentence says at which character, and what is known there.
    """
    reader = _Reader(text)
    call = reader.call(0)
    if reader.word:
        reader.wrong("the call should end here")
    return call


class _Reader:
    """One pass over a text, a token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self.word = ""
        self.start = 0
        self.step()

    def step(self) -> str:
        """Return the token at hand and go to the next; an empty one is the end."""
        taken = self.word
        match = _TOKEN.match(self.text, self.end)
        if match:
            self.start, self.end, self.word = match.start(1), match.end(), match[1]
        else:
            rest = self.text[self.end :]
            self.start, self.word = self.end + len(rest) - len(rest.lstrip()), ""
            if rest.strip():
                self.wrong("no feature call has such a sign")
        return taken

    def wrong(self, why: str) -> NoReturn:
        """Raise with the place."""
        raise InputError(f"{self.text!r} is no feature call at character {self.start + 1}: {why}")

    def expect(self, sign: str) -> None:
        """Go past a sign that must stand here."""
        if self.word != sign:
            self.wrong(f"a {sign} is missing")
        self.step()

    def call(self, depth: int) -> Call:
        """Read a call."""
        if depth > _DEEPEST:
            self.wrong(f"features stand within each other more than {_DEEPEST} deep")
        if not self.word.isidentifier():
            self.wrong("the name of a feature should stand here, such as ema(5s)")
        declared = find_feature(self.step())
        given: dict[str, Argument] = {}
        if self.word == "(":
            self.step()
            while self.word != ")":
                self.argument(declared, given, depth)
                if self.word != ")":
                    self.expect(",")
            self.step()
        values = {one.name: self.value_of(declared, one, given) for one in declared.parameters}
        unfit = declared.check(**values)
        if unfit is not None:
            self.wrong(unfit)
        return Call(declared.name, tuple(values.values()))

    def argument(self, declared: Feature, given: dict[str, Argument], depth: int) -> None:
        """Read one argument into `given`."""
        names = [one.name for one in declared.parameters]
        named = self.word.isidentifier() and self.text[self.end :].lstrip().startswith("=")
        if named:
            if self.word not in names:
                self.wrong(f"{declared.name} has no parameter {self.word}{did_you_mean(self.word, names)}")
            name = self.step()
            self.step()
        elif len(given) == len(names):
            self.wrong(f"{declared.signature} takes no more parameters")
        else:
            name = next(one for one in names if one not in given)
        if name in given:
            self.wrong(f"{name} is given twice")
        given[name] = self.value(declared.parameters[names.index(name)], depth)

    def value_of(self, declared: Feature, parameter: Parameter, given: dict[str, Argument]) -> Argument:
        """Return what was given for a parameter, or its default."""
        found = given.get(parameter.name, parameter.default)
        if found is None:
            kind = KINDS[parameter.kind]
            self.wrong(f"{declared.signature} needs {parameter.name}, {kind.words} such as {kind.written}")
        return found

    def value(self, parameter: Parameter, depth: int) -> Argument:
        """Read a value of a parameter's kind."""
        kind = KINDS[parameter.kind]
        if parameter.kind is Call:
            return self.call(depth + 1)
        word, place = self.word, self.start
        try:
            read = _quantity(parameter.kind, word)
        except InputError:
            self.start = place
            self.wrong(f"{parameter.name} should be {kind.words} such as {kind.written}")
        self.step()
        return read


def _quantity(kind: object, word: str) -> Argument:
    if len(word) > _LONGEST_WORD:
        raise InputError(f"{word!r} is out of range")
    if kind in (Count, Levels, Strikes):
        number = int(word) if re.fullmatch(r"\d{1,6}", word) else -1
        if number < (kind is not Strikes) or (kind is Levels and number > _MOST_LEVELS):
            raise InputError(f"{word!r} is out of range")
        return number
    if kind is Clock:
        return Clock.parse(word)
    if kind is Points:
        return Points.parse(word)
    length = Seconds.parse(word)
    if kind is Window and length.count < 1:
        raise InputError(f"{word!r} is no window")
    return length
