"""The one error a user is meant to read."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(Exception):
    """A mistake of the user's, told in one sentence: what is wrong, where, and the mend.

    The command line prints the sentence and exits with 2. Everything else that is raised is a fault of ours.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" (did you mean stop?)"` for a near miss, else `" (known: a, b)"`, to end an error's first clause."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (known: {', '.join(names)})"
