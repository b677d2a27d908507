"""Reading a feature, its subject and its arguments in a parsed condition."""

import ast

from nfolab.base.errors import InputError, did_you_mean
from nfolab.strategies.conditions.literals import read_argument
from nfolab.strategies.conditions.tokens import ConditionError, LeftOut, Tokens
from nfolab.strategies.conditions.tree import Taken
from nfolab.strategies.conditions.vocabulary import (
    Argument,
    FeatureCall,
    FeatureParameter,
    Measured,
    ParameterKind,
    Signature,
    Vocabulary,
)

_BUILT_IN = ("abs", "min", "max", "between", "time")
_DEEPEST = 8
NONE = "none"


class CallReader:
    """Reads features against a vocabulary."""

    def __init__(self, tokens: Tokens, vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary

    def wrong(self, node: ast.AST, why: str) -> ConditionError:
        """Return the error for the character of a node."""
        return self.tokens.wrong(self.tokens.place(getattr(node, "col_offset", 0)), why)

    def literal(self, node: ast.expr) -> str | None:
        """Return what was written for a number, None for another node."""
        if isinstance(node, ast.Name) and node.id in self.tokens.literals:
            return self.tokens.literals[node.id][0]
        return None

    def is_feature(self, node: ast.expr) -> bool:
        """Whether a name, call or attribute is meant as a feature."""
        head = node.func if isinstance(node, ast.Call) else node
        return self.literal(node) is None and not (isinstance(head, ast.Name) and head.id in _BUILT_IN)

    def taken(self, node: ast.expr) -> tuple[Taken, Measured]:
        """Read `ema(5s)` or `spot.ema(5s)`; return it with how it is measured."""
        head = node.func if isinstance(node, ast.Call) else node
        subjects = self.vocabulary.subjects
        if isinstance(head, ast.Attribute):
            if not isinstance(head.value, ast.Name) or self.literal(head.value) is not None:
                raise self.wrong(node, f"before the dot stands what the feature is taken of: {', '.join(subjects)}")
            subject = head.value.id
            if subject not in subjects:
                raise self.wrong(
                    node, f"there is nothing called {subject!r} to take a feature of{did_you_mean(subject, subjects)}"
                )
        else:
            subject = next(iter(subjects))
        call, measured = self.call(node, 0)
        kinds = self.known_of(call)
        if subjects[subject] not in kinds:
            known = [name for name, kind in subjects.items() if kind in kinds]
            if isinstance(head, ast.Attribute) or len(known) != 1:
                nested = next((one for one in nested_calls(call) if subjects[subject] not in self.known_of(one)), call)
                mend = f": write {known[0]}.{call.name}" if known else ""
                raise self.wrong(node, f"{nested.name} is not known of {subject}{mend}")
            subject = known[0]
        return Taken(call, subject, measured.scale), measured

    def known_of(self, call: FeatureCall) -> frozenset[str]:
        """Return the kinds of subject that a feature and all it is taken of are known of."""
        return self.vocabulary.features[call.name].subjects.intersection(*map(self.known_of, nested_calls(call)))

    def call(self, node: ast.expr, depth: int) -> tuple[FeatureCall, Measured]:
        """Read a feature with its arguments."""
        if depth > _DEEPEST:
            raise self.wrong(node, f"features stand within each other more than {_DEEPEST} deep")
        head = node.func if isinstance(node, ast.Call) else node
        match head:
            case ast.Name(id=name) if self.literal(head) is None:
                pass
            case ast.Attribute(attr=name):
                pass
            case _:
                raise self.wrong(node, "the name of a feature should stand here, such as ema(5s)")
        features = self.vocabulary.features
        if name not in features:
            near = did_you_mean(name, [*features, *_BUILT_IN])
            raise self.wrong(
                node, f"there is no feature {name!r}{near if 'mean' in near else ': `nfolab features` lists them'}"
            )
        signature = features[name]
        given = self.arguments(node, signature, depth) if isinstance(node, ast.Call) else {}
        values: list[Argument] = []
        measured = signature.measured
        for parameter in signature.parameters:
            found = given.get(parameter.name)
            value = found[0] if found else parameter.default
            if value is None:
                raise self.wrong(node, f"{written(signature)} needs {parameter.name}, {parameter.kind}")
            values.append(value)
            if measured is None and isinstance(value, FeatureCall):
                measured = found[1] if found and found[1] else self.of_default(value)
        if measured is None:
            raise RuntimeError(f"{name} says of no feature how it is measured")
        call = FeatureCall(name, tuple(values))
        unfit = self.vocabulary.unfit(call)
        if unfit is not None:
            raise self.wrong(node, unfit)
        return call, measured

    def of_default(self, call: FeatureCall) -> Measured:
        """Return how a default is measured."""
        measured = self.vocabulary.features[call.name].measured
        if measured is not None:
            return measured
        return next(self.of_default(one) for one in call.arguments if isinstance(one, FeatureCall))

    def arguments(
        self, node: ast.Call, signature: Signature, depth: int
    ) -> dict[str, tuple[Argument, Measured | None]]:
        """Read the arguments of a call by name of their parameter; of a feature, how it is measured too."""
        names = [one.name for one in signature.parameters]
        if len(node.args) > len(names):
            raise self.wrong(node.args[len(names)], f"{written(signature)} takes no more parameters")
        pairs: list[tuple[str, ast.expr]] = list(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in names:
                asked = keyword.arg or "**"
                raise self.wrong(
                    keyword, f"{signature.name} has no parameter {asked}{did_you_mean(asked, names) if names else ''}"
                )
            pairs.append((keyword.arg, keyword.value))
        given: dict[str, tuple[Argument, Measured | None]] = {}
        for name, value in pairs:
            if name in given:
                raise self.wrong(value, f"{name} is given twice")
            given[name] = self.argument(signature.parameters[names.index(name)], value, depth)
        return given

    def argument(self, parameter: FeatureParameter, node: ast.expr, depth: int) -> tuple[Argument, Measured | None]:
        """Read one argument."""
        text = self.literal(node)
        if parameter.kind is ParameterKind.FEATURE and text is None and isinstance(node, ast.Name | ast.Call):
            return self.call(node, depth + 1)
        if text is None:
            raise self.wrong(node, f"{parameter.name} should be {parameter.kind}")
        if text == NONE:
            raise LeftOut
        try:
            return read_argument(parameter.kind, text), None
        except InputError:
            raise self.wrong(node, f"{parameter.name} should be {parameter.kind}") from None


def nested_calls(call: FeatureCall) -> list[FeatureCall]:
    """Return the features that a call is given."""
    return [one for one in call.arguments if isinstance(one, FeatureCall)]


def written(signature: Signature) -> str:
    """Return how a feature is written, such as `mean_volume(window, before = 0s)`."""
    parts = [one.name if one.default is None else f"{one.name} = {one.default}" for one in signature.parameters]
    return f"{signature.name}({', '.join(parts)})"
