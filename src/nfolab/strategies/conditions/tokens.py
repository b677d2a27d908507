"""From a condition's text to text that Python's own parser reads, with the way back to each character.

Numbers with units become names (`_0`, `_1` …), the phrases that are no Python become comparisons that are not in the
language otherwise: `crosses_above` is `in`, `crosses_below` is `is`, `for` and `in … of` are `not in`,
`within … of` is `is not`. So they bind as comparisons do: tighter than `not`, `and`, `or`, looser than arithmetic.
"""

import keyword
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from nfolab.base.errors import InputError

LONGEST = 1000
DEEPEST = 30
LONGEST_NUMBER = 24

_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)|(?P<number>\d+(?:\.\d+)?[A-Za-z%]*)|(?P<word>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/()<>,.=])"
)
_PHRASES = {"crosses_above": "in", "crosses_below": "is", "for": "not in"}
_OPERATORS = {"and", "or", "not"}
_RESERVED = frozenset(keyword.kwlist) - _OPERATORS
_NEAR_WORDS = {"&": "and", "|": "or", "!": "not", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!="}


class ConditionError(InputError):
    """A mistake in a condition, with a caret under the character that it is about."""

    def __init__(self, text: str, place: int, why: str) -> None:
        start = text.rfind("\n", 0, place) + 1
        line = text[start:].partition("\n")[0]
        super().__init__(f"{why} (at character {place + 1})\n  {line}\n  {' ' * (place - start)}^")
        self.place = place


class LeftOut(Exception):  # noqa: N818 - no error: a filter that is switched off
    """A part of a condition names a parameter that is none."""


@dataclass
class Tokens:
    """A condition as Python text.

    Attributes:
        text: as it was written.
        python: what Python's parser reads.
        literals: what each placeholder stands for, as written, and where it stands.
    """

    text: str
    python: str = ""
    literals: dict[str, tuple[str, int]] = field(default_factory=dict)
    _columns: list[int] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def place(self, column: int) -> int:
        """Return the character of the text for a column of the Python text."""
        return self._places[max(0, bisect_right(self._columns, column) - 1)] if self._places else 0

    def add(self, python: str, place: int) -> None:
        """Append what Python is to read for the character at `place`."""
        if self.python:
            self.python += " "
        self._columns.append(len(self.python))
        self._places.append(place)
        self.python += python

    def literal(self, written: str, place: int, begins: int | None = None) -> None:
        """Append a number as the name that stands for it; `begins` where its phrase begins before it."""
        if len(written) > LONGEST_NUMBER:
            raise self.wrong(place, f"a number has at most {LONGEST_NUMBER} characters")
        name = f"_{len(self.literals)}"
        self.literals[name] = written, place
        self.add(name, place if begins is None else begins)

    def wrong(self, place: int, why: str) -> ConditionError:
        """Return the error for a character of the text."""
        return ConditionError(self.text, min(place, len(self.text)), why)


def tokens_of(text: str, parameters: Mapping[str, str]) -> Tokens:
    """Cut a condition into Python text.

    Args:
        text: the condition.
        parameters: the value as written of each name that stands for one.

    Raises:
        ConditionError: it is too long or too deep, or has a sign or a word that no condition has.
    """
    tokens = Tokens(text)
    if len(text) > LONGEST:
        raise tokens.wrong(LONGEST, f"a condition has at most {LONGEST} characters: split it")
    place = depth = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TOKEN.match(text, place) if text[place].isascii() else None
        if match is None:
            near = _NEAR_WORDS.get(text[place])
            raise tokens.wrong(place, f"no condition has the sign {text[place]!r}{f': write {near}' if near else ''}")
        word = match[0]
        depth += (word == "(") - (word == ")")
        if depth > DEEPEST:
            raise tokens.wrong(place, f"parentheses stand more than {DEEPEST} deep: split the condition")
        if match.lastgroup in ("clock", "number"):
            tokens.literal(word, place)
        elif match.lastgroup == "word":
            match = _word(tokens, match, parameters)
        else:
            tokens.add(word, place)
        place = match.end()
    if not tokens.python:
        raise tokens.wrong(0, "the condition is empty: write one such as spread < 2pt")
    return tokens


_WITHIN = re.compile(r"within\s+([A-Za-z0-9_.:%]+)\s+of\b", re.ASCII)
_IN = re.compile(r"in\s+(\w+)\s+of\s+(\w+)\b", re.ASCII)
SHARE_OF = " of "
"""What stands between the two lengths of `in 5s of 10s` in its placeholder."""


def _word(tokens: Tokens, match: re.Match[str], parameters: Mapping[str, str]) -> re.Match[str]:
    """Take a word, or the whole phrase that begins with it; return what was taken."""
    word, place = match[0], match.start()
    if word == "within":
        phrase = _WITHIN.match(tokens.text, place)
        if phrase is None:
            raise tokens.wrong(place, "within says how long and of what: write within 10s of (…)")
        length = phrase[1]
        tokens.literal(parameters.get(length, length), phrase.start(1), place)
        tokens.add("is not", place)
        return phrase
    if word == "in":
        phrase = _IN.match(tokens.text, place)
        if phrase is None:
            raise tokens.wrong(place, "in says how many of the last seconds: write (spread > 2pt) in 5s of 10s")
        least, seconds = (parameters.get(one, one) for one in phrase.groups())
        tokens.add("not in", place)
        tokens.literal(f"{least}{SHARE_OF}{seconds}", phrase.start(1))
        return phrase
    if word in _PHRASES:
        tokens.add(_PHRASES[word], place)
    elif word in _OPERATORS:
        tokens.add(word, place)
    elif word in parameters and "." not in (tokens.text[place - 1 : place], tokens.text[match.end() : match.end() + 1]):
        tokens.literal(parameters[word], place)
    elif word in _RESERVED:
        raise tokens.wrong(
            place, f"{word!r} is no word of conditions: they have and, or, not, for, in … of, within … of"
        )
    else:
        tokens.add(word, place)
    return match
