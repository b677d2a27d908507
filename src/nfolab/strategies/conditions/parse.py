"""Reading a condition: Python's parser, a white list of its nodes, and the units of everything."""

import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.strategies.conditions.calls import NONE, CallReader
from nfolab.strategies.conditions.dimension import CLOCK, NUMBER, SHARE
from nfolab.strategies.conditions.literals import read_quantity
from nfolab.strategies.conditions.tokens import SHARE_OF, ConditionError, LeftOut, Tokens, tokens_of
from nfolab.strategies.conditions.tree import (
    NO_CONDITION,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Crossing,
    Either,
    Every,
    Function,
    HeldFor,
    HeldIn,
    Holds,
    Not,
    Time,
    Typed,
    WithinOf,
)
from nfolab.strategies.conditions.vocabulary import Vocabulary

_COMPARISONS: dict[type[ast.cmpop], Literal["<", "<=", ">", ">=", "==", "!="]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_CROSSINGS: dict[type[ast.cmpop], Literal["above", "below"]] = {ast.In: "above", ast.Is: "below"}
_ARITHMETIC: dict[type[ast.operator], Literal["+", "-", "*", "/"]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip
_FUNCTIONS: dict[str, Literal["abs", "min", "max"]] = {"abs": "abs", "min": "min", "max": "max"}
_DEEPEST = 60
_LONGEST_STRETCH = 86_400


def read_condition(text: str, vocabulary: Vocabulary, parameters: Mapping[str, str] | None = None) -> Condition:
    """Read a condition.

    Args:
        text: as written; docs/conditions.md has the grammar.
        vocabulary: the features and subjects it may name.
        parameters: the value as written of each of the recipe's parameters that it may name.

    Returns:
        The condition without the parts that name a parameter which is none; NO_CONDITION if nothing is left.

    Raises:
        InputError: it cannot be read; the message ends with the line and a caret under the character.
    """
    reader, parsed = _parsed(text, vocabulary, parameters or {})
    try:
        return reader.condition(parsed, 0)
    except LeftOut:
        return NO_CONDITION


def read_value(text: str, vocabulary: Vocabulary, parameters: Mapping[str, str] | None = None) -> Typed:
    """Read what has a value, such as `bid + 0.05pt` or `0.8 * atr(60s, 14)`, with what it is measured in.

    Raises:
        InputError: as `read_condition`.
    """
    reader, parsed = _parsed(text, vocabulary, parameters or {})
    try:
        return reader.quantity(parsed, 0)
    except LeftOut:
        raise InputError(f"{text!r} names a parameter that is none, so that it has no value") from None


def _parsed(text: str, vocabulary: Vocabulary, given: Mapping[str, str]) -> tuple["_Reader", ast.expr]:
    tokens = tokens_of(text, given)
    try:
        parsed = ast.parse(tokens.python, mode="eval")
    except SyntaxError as fault:
        raise _misplaced(tokens, fault) from None
    except (RecursionError, MemoryError, ValueError):
        raise tokens.wrong(0, "the condition is too deep: split it") from None
    return _Reader(tokens, vocabulary), parsed.body


def _misplaced(tokens: Tokens, fault: SyntaxError) -> ConditionError:
    column = (fault.offset or len(tokens.python) + 1) - 1
    place = tokens.place(column)
    rest = tokens.python[column:]
    if column >= len(tokens.python):
        return tokens.wrong(len(tokens.text.rstrip()), "the condition ends too early: something is missing here")
    if rest.startswith("not in"):
        return tokens.wrong(place, "for stands behind what must hold: write spread < 2pt for 3s")
    if rest.startswith("="):
        return tokens.wrong(place, "a single = sets nothing here: write == to compare")
    return tokens.wrong(
        place,
        "this does not fit here: an operator, a parenthesis or a value is missing or too many before it "
        "(within … of begins what it is about: write spread > 2pt and within 10s of (…))",
    )


class _Reader:
    """One pass over the parsed condition; each node is visited once."""

    def __init__(self, tokens: Tokens, vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.calls = CallReader(tokens, vocabulary)

    def wrong(self, node: ast.AST, why: str) -> ConditionError:
        return self.tokens.wrong(self.tokens.place(getattr(node, "col_offset", 0)), why)

    def condition(self, node: ast.expr, depth: int) -> Condition:
        """Read what is true or false."""
        if depth > _DEEPEST:
            raise self.wrong(node, "the condition is too deep here: split it")
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                parts = self.joined(values, depth)
                return Every(parts) if len(parts) > 1 else parts[0]
            case ast.BoolOp(values=values):
                parts = self.joined(values, depth)
                return Either(parts) if len(parts) > 1 else parts[0]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand, depth + 1))
            case ast.Compare():
                return self.compared(node, depth)
            case ast.Call(func=ast.Name(id="between")):
                return self.between(node, depth)
            case ast.Name() | ast.Attribute() | ast.Call():
                found = self.calls.taken(node) if self.calls.is_feature(node) else None
                if found is not None and found[1].is_truth:
                    return Holds(found[0])
        raise self.wrong(node, "this is a value, not a condition: compare it, as in spread < 2pt")

    def joined(self, nodes: Sequence[ast.expr], depth: int) -> tuple[Condition, ...]:
        """Read what `and` or `or` joins; raise LeftOut if no part is left."""
        parts = []
        for node in nodes:
            with suppress(LeftOut):
                parts.append(self.condition(node, depth + 1))
        if not parts:
            raise LeftOut
        return tuple(parts)

    def compared(self, node: ast.Compare, depth: int) -> Condition:
        """Read a chain of comparisons with what stands around it: `within … of` before, `for` and `in … of` behind."""
        operands: list[ast.expr] = [node.left, *node.comparators]
        operators: list[ast.cmpop] = list(node.ops)
        within = None
        if isinstance(operators[0], ast.IsNot):
            within = self.stretch(operands.pop(0))
            operators.pop(0)
        held: list[ast.expr] = []
        while operators and isinstance(operators[-1], ast.NotIn):
            held.insert(0, operands.pop())
            operators.pop()
        found = self.chain(operands, operators, depth) if operators else self.condition(operands[0], depth + 1)
        for lasting in held:
            found = self.lasting(found, lasting)
        return found if within is None else WithinOf(found, within)

    def chain(self, operands: Sequence[ast.expr], operators: Sequence[ast.cmpop], depth: int) -> Condition:
        """Read `a < b <= c`, or one crossing."""
        kinds = [type(operator) for operator in operators]
        for place, kind in enumerate(kinds):
            if kind not in _COMPARISONS and kind not in _CROSSINGS:
                raise self.wrong(operands[place + 1], "for and within … of need parentheses around what they are about")
            if kind in _CROSSINGS and len(kinds) > 1:
                raise self.wrong(operands[place], "a crossing stands alone: put parentheses around it")
        sides = [self.quantity(one, depth + 1) for one in operands]
        parts: list[Condition] = []
        for place, kind in enumerate(kinds):
            left, right = self.alike(sides[place], sides[place + 1], operands[place + 1], "compared with")
            if kind in _CROSSINGS:
                parts.append(Crossing(_CROSSINGS[kind], left.quantity, right.quantity))
            else:
                parts.append(Comparison(_COMPARISONS[kind], left.quantity, right.quantity))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def alike(self, left: Typed, right: Typed, node: ast.expr, done: str) -> tuple[Typed, Typed]:
        """Return both sides if they are measured alike; a percentage is a number too, and 0 fits every unit."""
        for one, other in ((left, right), (right, left)):
            if one.is_zero or one.dimension == other.dimension:
                return left, right
            if one.literal and one.dimension == SHARE and other.dimension.is_number:
                return left, right
        raise self.wrong(node, f"{left.dimension} cannot be {done} {right.dimension}{_mend(left, right)}")

    def lasting(self, part: Condition, node: ast.expr) -> Condition:
        """Read what stands behind `for`, or the two lengths of `in 5s of 10s`."""
        written = self.calls.literal(node) or ""
        if SHARE_OF not in written:
            return HeldFor(part, self.stretch(node))
        least, seconds = (self.length(node, one) for one in written.split(SHARE_OF))
        if least > seconds:
            raise self.wrong(node, f"{least}s of {seconds}s can never be: give the longer stretch last")
        return HeldIn(part, least, seconds)

    def stretch(self, node: ast.expr) -> int:
        """Read the length behind `for`, or after `within`."""
        return self.length(node, self.calls.literal(node))

    def length(self, node: ast.expr, written: str | None) -> int:
        """Read a length of time of whole seconds."""
        found = None if written is None else self.number(node, written)
        match found:
            case Typed(Constant(value), dimension) if dimension.seconds == 1 and 1 <= value <= _LONGEST_STRETCH:
                return int(value)
        why = "a length of time from 1s on should stand here, such as 3s"
        if isinstance(node, ast.Name) and node.id in self.tokens.literals:
            raise self.tokens.wrong(self.tokens.literals[node.id][1], why)
        raise self.wrong(node, why)

    def between(self, node: ast.Call, depth: int) -> Condition:
        """Read `between(x, low, high)`, or `between(10:30:00, 13:00:00)` of the time of day."""
        if node.keywords or len(node.args) not in (2, 3):
            raise self.wrong(node, "between is written between(spread, 1pt, 3pt), or between(10:30:00, 13:00:00)")
        sides = [self.quantity(one, depth + 1) for one in node.args]
        if len(sides) == 2:
            if any(one.dimension != CLOCK for one in sides):
                raise self.wrong(node, "between of two is of times of day: write between(spread, 1pt, 3pt) for a value")
            sides.insert(0, Typed(Time(), CLOCK))
        value, low = self.alike(sides[0], sides[1], node.args[-2], "compared with")
        _, high = self.alike(sides[0], sides[2], node.args[-1], "compared with")
        return Every((Comparison(">=", value.quantity, low.quantity), Comparison("<=", value.quantity, high.quantity)))

    def number(self, node: ast.expr, written: str) -> Typed:
        if written == NONE:
            raise LeftOut
        try:
            return read_quantity(written)
        except InputError as mistake:
            raise self.wrong(node, str(mistake)) from None

    def quantity(self, node: ast.expr, depth: int) -> Typed:
        """Read what has a value."""
        if depth > _DEEPEST:
            raise self.wrong(node, "the condition is too deep here: split it")
        written = self.calls.literal(node)
        if written is not None:
            return self.number(node, written)
        match node:
            case ast.Name(id="time"):
                return Typed(Time(), CLOCK)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                return self.arithmetic(
                    _ARITHMETIC[type(operator)], self.quantity(left, depth + 1), self.quantity(right, depth + 1), right
                )
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = self.quantity(operand, depth + 1)
                if found.dimension == CLOCK:
                    raise self.wrong(node, "a time of day has no sign")
                if isinstance(found.quantity, Constant):
                    return Typed(Constant(-found.quantity.value), found.dimension, found.literal)
                return Typed(Arithmetic("*", Constant(-1.0), found.quantity), found.dimension, found.literal)
            case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS:
                return self.function(_FUNCTIONS[name], node, depth)
            case ast.Name() | ast.Attribute() | ast.Call():
                taken, measured = self.calls.taken(node)
                if measured.is_truth:
                    raise self.wrong(node, f"{taken.call.name} is true or false, so it has no value to reckon with")
                return Typed(taken, measured.dimension)
        raise self.wrong(
            node, "this is a condition or a sign that has no value: write a feature, a number or arithmetic"
        )

    def arithmetic(self, operator: Literal["+", "-", "*", "/"], left: Typed, right: Typed, node: ast.expr) -> Typed:
        if CLOCK in (left.dimension, right.dimension):
            raise self.wrong(node, "times of day are compared, not reckoned with: write time >= 10:30:00")
        literal = left.literal and right.literal
        if operator in ("+", "-"):
            left, right = self.alike(left, right, node, "added to" if operator == "+" else "reduced by")
            yields = left.is_zero or (left.dimension == SHARE and right.dimension.is_number)
            dimension = right.dimension if yields else left.dimension
        elif operator == "*":
            dimension = left.dimension.times(right.dimension)
        else:
            dimension = left.dimension.over(right.dimension)
        return Typed(Arithmetic(operator, left.quantity, right.quantity), dimension, literal)

    def function(self, name: Literal["abs", "min", "max"], node: ast.Call, depth: int) -> Typed:
        least, most = (1, 1) if name == "abs" else (2, 8)
        if node.keywords or not least <= len(node.args) <= most:
            raise self.wrong(node, f"{name} takes {'one value' if name == 'abs' else 'two to eight values'}")
        sides = [self.quantity(one, depth + 1) for one in node.args]
        for side, argument in zip(sides[1:], node.args[1:], strict=True):
            self.alike(sides[0], side, argument, "put beside")
        dimension = next((one.dimension for one in sides if not one.is_zero), NUMBER)
        return Typed(Function(name, tuple(one.quantity for one in sides)), dimension)


def _mend(left: Typed, right: Typed) -> str:
    """Return how a number without its unit would be written."""
    for one, other in ((left, right), (right, left)):
        if one.literal and one.dimension.is_number and isinstance(one.quantity, Constant):
            unit = {"points": "pt", "percent": "%", "seconds": "s", "units": "units"}.get(str(other.dimension))
            if unit is not None:
                return f": write {one.quantity.value:g}{unit}"
    return ""
