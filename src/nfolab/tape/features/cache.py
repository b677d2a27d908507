"""Features kept on disk beside the lake, so that no run computes twice what another did.

A file holds one feature with its parameters, of one day, for some subjects. Its name is a hash of all it follows from:
the content of the day's options and of its index, every source file that a feature can reach, the versions of the
libraries that compute, the feature and its parameters. What changes any of them makes another name, so that a stale
file is never opened. Files are written whole or not at all, and the least recently used go first when there are too
many. What a past day says to later ones is a number in a file of its own, under a hash of what it follows from.
"""

import hashlib
import json
import mmap
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numba
import numpy as np

from nfolab.base.errors import InputError
from nfolab.base.files import TEMPORARY_SUFFIX, replacing
from nfolab.tape.features.definition import Call, Values
from nfolab.tape.features.subject import Chain, Future, OneContract, Premium, Subject
from nfolab.tape.tape import Day

FOLDER: Final = ".features"
SUFFIX: Final = ".feature"
DEFAULT_BYTES: Final = 4_000_000_000

_MAGIC: Final = "nfolab feature 1"
_HEADER: Final = 8192
_ABANDONED_SECONDS: Final = 3600
_NUMBER: Final = 8
_PACKAGE: Final = Path(__file__).resolve().parents[2]
_ROOMS: Final = ("base", "market", "options", "lake", "tape")


@cache
def definitions_version() -> str:
    """Return 16 hex digits that change with any file of the rooms beneath the features, or with the libraries."""
    digest = hashlib.sha256(f"{_MAGIC} numpy {np.__version__} numba {numba.__version__}".encode())
    for room in _ROOMS:
        for path in sorted((_PACKAGE / room).rglob("*")):
            if path.suffix in (".py", ".csv", ".toml", ".json"):
                digest.update(str(path.relative_to(_PACKAGE)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class FeatureCache:
    """A folder of features on disk.

    Attributes:
        folder: where the files lie.
        limit: how many bytes they may take together.
    """

    folder: Path
    limit: int = DEFAULT_BYTES

    @classmethod
    def beside(cls, lake: Path) -> "FeatureCache":
        """Return the cache of a lake: in NFOLAB_CACHE where that is set, else beside the lake's own files."""
        named = os.environ.get("NFOLAB_CACHE")
        return cls(Path(named) / "features" if named else lake / FOLDER)

    def of_day(self, day: Day) -> "DayCache":
        """Return the part of the cache that belongs to one day as it is now."""
        digest = hashlib.sha256(f"{definitions_version()} {day.underlying} {day.day} {day.file.content}".encode())
        digest.update(np.ascontiguousarray(day.spot).tobytes())
        digest.update(np.ascontiguousarray(day.spot_second).tobytes())
        digest.update("\n".join(day.beside()).encode())
        return DayCache(self, day, digest.hexdigest()[:32])

    def number(self, follows_from: str) -> float | None:
        """Return the number that was kept under all that it follows from, NaN included; None if none was."""
        path, key = self._number(follows_from)
        try:
            found = json.loads(path.read_bytes())
            with suppress(OSError):
                os.utime(path)
            return float(found["number"]) if (found["is"], found["key"]) == (_MAGIC, key) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep_number(self, follows_from: str, number: float) -> None:
        """Keep one number of a past day under all that it follows from, beside the version of the definitions.

        Raises:
            InputError: the folder cannot be written.
        """
        path, key = self._number(follows_from)
        try:
            with replacing(path) as temporary:
                temporary.write_text(json.dumps({"is": _MAGIC, "key": key, "number": repr(float(number))}))
        except OSError as problem:
            raise self.unwritable(problem) from problem

    def _number(self, follows_from: str) -> tuple[Path, str]:
        key = hashlib.sha256(f"{definitions_version()} {follows_from}".encode()).hexdigest()
        return self.folder / "numbers" / f"{key[:32]}{SUFFIX}", key

    def unwritable(self, problem: OSError) -> InputError:
        """Return what to tell of a folder that cannot be written."""
        return InputError(
            f"the feature cache {self.folder} cannot be written ({problem.strerror}): mend its rights, "
            "or set NFOLAB_CACHE to another folder"
        )

    def files(self) -> list[tuple[float, int, Path]]:
        """Return (last used, bytes, path) of every file, least recently used first."""
        found = []
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def evict(self) -> int:
        """Remove the least recently used files until the rest fit the limit; return how many went.

        Readers that hold one open keep what they see. What a process that was killed left half written goes after an
        hour.
        """
        for path in self.folder.glob(f"*/.*{SUFFIX}.*{TEMPORARY_SUFFIX}"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink()
        files = self.files()
        over = sum(size for _, size, _ in files) - self.limit
        gone = 0
        for _, size, path in files:
            if over <= 0:
                break
            path.unlink(missing_ok=True)
            over -= size
            gone += 1
        return gone


@dataclass(frozen=True)
class DayCache:
    """The features of one day as it is now.

    Attributes:
        whole: the cache it belongs to.
        day: the day.
        key: the hash of the day's content and of the definitions.
    """

    whole: FeatureCache
    day: Day
    key: str

    def path(self, call: Call) -> Path:
        """Return the file of one feature."""
        name = hashlib.sha256(f"{self.key} {call}".encode()).hexdigest()[:32]
        return self.whole.folder / self.key[:16] / f"{name}{SUFFIX}"

    def table(self, call: Call, subjects: Sequence[Subject]) -> Values | None:
        """Return the values [subjects, seconds] of a feature if all are there, else None."""
        path = self.path(call)
        opened = self._open(path, call)
        if opened is None:
            return None
        places, values = opened
        try:
            rows = [places[self._name(one)] for one in subjects]
        except KeyError:
            return None
        with suppress(OSError):
            os.utime(path)
        in_order = rows == list(range(rows[0], rows[0] + len(rows)))
        return values[rows[0] : rows[0] + len(rows)] if in_order else values[rows]

    def add(self, found: Mapping[Call, Mapping[Subject, Values]]) -> None:
        """Write features, beside what is there of other subjects, and keep the cache within its limit.

        Raises:
            InputError: the folder cannot be written.
        """
        try:
            wrote = [self._add(call, values) for call, values in found.items()]
        except OSError as problem:
            raise self.whole.unwritable(problem) from problem
        if any(wrote):
            self.whole.evict()

    def _add(self, call: Call, found: Mapping[Subject, Values]) -> bool:
        path = self.path(call)
        opened = self._open(path, call)
        rows = {} if opened is None else {name: opened[1][place] for name, place in opened[0].items()}
        fresh = {self._name(subject): values for subject, values in found.items()}
        if fresh.keys() <= rows.keys():
            return False
        rows |= fresh
        header = json.dumps({"is": _MAGIC, "key": self.key, "call": str(call), "subjects": list(rows)}).encode()
        room = -(-(len(header) + 1) // _HEADER) * _HEADER
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.write(f"{room:>{_NUMBER}}".encode() + header.ljust(room - _NUMBER))
            for values in rows.values():
                file.write(np.ascontiguousarray(values, "<f8").data)
        return True

    def _open(self, path: Path, call: Call) -> tuple[dict[str, int], Values] | None:
        """Return where each subject stands, and the values mapped from the file; None if it is not there whole."""
        try:
            with path.open("rb") as file:
                # Private to this process, so that kernels see an array they may call writable, and no file changes.
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError):
            return None
        try:
            room = int(mapped[:_NUMBER])
            header = json.loads(mapped[_NUMBER:room])
            subjects = header["subjects"]
            whole = (header["is"], header["key"], header["call"]) == (_MAGIC, self.key, str(call))
        except (ValueError, KeyError, TypeError):
            return None
        if not whole or len(mapped) != room + len(subjects) * self.day.seconds * _NUMBER:
            return None
        values = np.frombuffer(mapped, "<f8", offset=room).reshape(len(subjects), self.day.seconds)
        return {name: place for place, name in enumerate(subjects)}, values

    def _name(self, subject: Subject) -> str:
        """Return a subject's name; a number in the chain means one contract, for the day's content is in the key."""
        if isinstance(subject, OneContract):
            return str(subject.number)
        if isinstance(subject, Future):
            return "future"
        if isinstance(subject, Chain):
            return f"chain {subject.expiry} {subject.frozen}"
        return "+".join(map(str, subject.numbers)) if isinstance(subject, Premium) else "spot"
