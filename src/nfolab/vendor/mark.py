"""The mark by which synthetic data is known."""

import re
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SOURCE_KEY, SourceKind

MARK = re.compile(re.escape(SOURCE_KEY) + rb"=(\w*)")
"""The mark as it stands in the text of a dump: in a comment, or as the comment of a table."""


def marked_kind(mark: bytes | None, path: Path | str) -> SourceKind:
    """Return the source kind that a file's mark stands for: without a mark it is a vendor's.

    Raises:
        InputError: The mark is unknown.
    """
    if mark is None:
        return SourceKind.VENDOR
    word = mark.decode("ascii", "replace")
    if word not in list(SourceKind):
        raise InputError(
            f"{path} is marked {SOURCE_KEY.decode()}={word}, which is neither vendor nor synthetic: "
            "get the file again from where it was made"
        )
    return SourceKind(word)
