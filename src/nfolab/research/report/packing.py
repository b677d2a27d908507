"""Data inside a page: JSON, deflated and in base64, which the page inflates when a reader opens it."""

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import datetime

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]


def pack(value: Json) -> str:
    """Return `value` as base64 text (letters, digits, `+/=`), safe anywhere in HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpack(text: str) -> Json:
    """Return what `pack` was given; the page does the same with `DecompressionStream`."""
    value: Json = json.loads(zlib.decompress(base64.b64decode(text)))
    return value


def differences(values: Sequence[int | None]) -> list[int | None]:
    """Return the first known value and then each one's step from the last known; nothing stays nothing."""
    last = 0
    steps: list[int | None] = []
    for value in values:
        if value is None:
            steps.append(None)
        else:
            steps.append(value - last)
            last = value
    return steps


def second_of_day(time: datetime) -> int:
    """Return the whole seconds since midnight, IST."""
    return time.hour * 3600 + time.minute * 60 + time.second
