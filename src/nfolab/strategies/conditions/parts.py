"""The parts of a condition's text that `and` joins."""

import re


def joined_by_and(text: str) -> list[str]:
    """Part a condition's text at each `and` that stands in no parentheses; one part where an `or` stands there."""
    pieces, depth = [], 0
    for piece in re.split(r"(\(|\)|\band\b|\bor\b)", " ".join(text.split())):
        depth += (piece == "(") - (piece == ")")
        if piece == "or" and depth == 0:
            return [" ".join(text.split())]
        pieces.append("\n" if piece == "and" and depth == 0 else piece)
    return [part.strip() for part in "".join(pieces).split("\n")]
