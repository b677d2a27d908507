"""Whatever is typed, the reader answers with a condition or a sentence, builds only what it knows, and stays quick."""

import ast
import sys
from dataclasses import fields, is_dataclass
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.strategies.conditions import tree
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.tokens import LONGEST, tokens_of
from strategies.small_vocabulary import VOCABULARY

PIECES = [
    "spread", "last", "rising", "ema", "ce", "spot", "volume", "abs", "min", "between", "time", "and", "or", "not",
    "for", "within", "of", "crosses_above", "crosses_below", "(", ")", ",", ".", "=", "==", "<", ">=", "+", "-", "*",
    "/", "3s", "2pt", "1%", "0", "10:30:00", "2lots", "1.5", "wide", "x", "is", "in", "if", "lambda", "__",
    "[", "{", ":=",
    "\n", "\\", "#", "'", '"', "é", "\x00", "\t", "1e9", "0x1", "5_0", "..", "**", "@", ";",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
)
KNOWN = {one for one in vars(tree).values() if isinstance(one, type) and is_dataclass(one)}
DANGEROUS = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.Subscript, ast.JoinedStr, ast.Constant, ast.NamedExpr)


def read_or_told(text: str) -> object:
    try:
        return read_condition(text, VOCABULARY, {"wide": "2pt", "x": "none"})
    except InputError as mistake:
        return mistake


def nodes_of(node: object) -> list[object]:
    if isinstance(node, tuple):
        return [one for part in node for one in nodes_of(part)]
    if type(node) not in KNOWN:
        return []
    return [node, *(one for part in fields(node) for one in nodes_of(getattr(node, part.name)))]


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example("__import__('os').system('true')")
@example("().__class__.__bases__[0]")
@example("(lambda: 1)()")
@example("ce.last.__class__ > 0")
@example("(" * 999)
@example(")" * 999)
@example("not " * 249)
@example("-" * 990 + "1 > 0")
@example("1" * 990 + " > 0")
@example("last" + ".last" * 199 + " > 0")
@example("ema(5s, " * 30 + ")" * 30)
@example("abs(" * 30 + "1" + ")" * 30 + " > 0")
@example("1 < " * 240 + "1")
@example("within 1s of " * 70 + "rising")
@example("rising" + " for 1s" * 130)
@example("9" * 400 + "s > 0s")
@example("rising for 99999999999999999s")
def test_any_text_gives_a_condition_or_a_sentence_with_its_character(text):
    found = read_or_told(text)
    if isinstance(found, InputError):
        assert "(at character " in str(found)
        assert str(found).endswith("^")
    else:
        assert type(found) in KNOWN
        assert len(nodes_of(found)) <= len(text)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_what_pythons_parser_sees_holds_nothing_that_could_run(text):
    try:
        python = tokens_of(text, {}).python
    except InputError:
        python = "refused"
    assert not any(word.startswith("__") for word in python.split())
    assert set(python) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ()<>=!+-*/,.")
    try:
        parsed = ast.parse(python, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        parsed = ast.parse("refused", mode="eval")
    assert not any(isinstance(node, DANGEROUS) for node in ast.walk(parsed))


def calls_made(text: str) -> int:
    """How many Python functions of ours were entered: a measure of work that no busy machine changes."""
    entered = count()

    def profile(frame, event, _):
        if event == "call" and "conditions" in frame.f_code.co_filename:
            next(entered)

    sys.setprofile(profile)
    try:
        read_or_told(text)
    finally:
        sys.setprofile(None)
    return next(entered)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("rising and " * 90 + "rising")
@example("1 + " * 55 + "1 > 0")
@example("max(" * 8 + "1" + ", 1)" * 8 + " > 0")
@example("(" * 30 + "rising" + ")" * 30)
def test_the_work_grows_with_the_length_alone(text):
    assert calls_made(text) <= 40 + 30 * len(text)


def test_twice_the_text_is_about_twice_the_work():
    part = "abs(ema(5s) - ema(21s)) > 2% * last for 3s"
    once, eight = (calls_made(" and ".join([part] * times)) for times in (1, 8))
    assert eight <= 10 * once
    assert len(" and ".join([part] * 8)) < LONGEST
