"""Sources taken in rounds: as many at a time as the scratch has room for, the same contract's never parted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nfolab.base.errors import InputError
from nfolab.lake.packing.given import Refused, size_of, unreadable
from nfolab.lake.packing.reading_order import ReadingPlace, in_reading_order
from nfolab.lake.packing.shards import SourceShards
from nfolab.lake.packing.workers import Run
from nfolab.vendor.source import Source

PIECES_IN_ROUND: Final = 50_000
"""What is known of a source of one piece while it lies aside takes about 7 kilobytes of the packing process."""

_SCRATCH_A_BYTE: Final = 2.0
"""How much scratch a byte of a source is thought to need before one was read."""


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source that is not packed yet.

    Attributes:
        room: How many bytes its rows may take where they lie aside.
        memory: How many of them in memory.
    """

    source: Source
    sha256: str
    room: int
    memory: int


class Rounds:
    """Gives the sources that are to be read, round by round.

    Attributes:
        skipped: How many were passed over, packed already or equal to an earlier one.
        failed: Those of which the content could not be read.
        passed_bytes: Bytes of the sources that were passed over or failed.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        scratch_bytes: int,
        memory_bytes: int,
        is_packed: Callable[[str], bool],
        look: Run,
    ) -> None:
        """Begin.

        Args:
            sources: What is given.
            scratch_bytes: How much may lie aside in a round.
            memory_bytes: How much of it in memory.
            is_packed: Whether a source of that identity is packed already.
            look: How identities are asked for, ahead.
        """
        self.skipped = 0
        self.failed: list[Refused] = []
        self.passed_bytes = 0
        self._room = scratch_bytes
        self._memory = memory_bytes
        self._held = 0
        self._is_packed = is_packed
        self._taken: set[bytes] = set()
        self._identified = self._all_identified(in_reading_order(sources), look)
        self._next: tuple[ReadingPlace, Source, str] | None = None
        self._used = 0
        self._pieces = 0
        self._expected: dict[str, float] = {}
        self._scratch_a_byte = _SCRATCH_A_BYTE
        self._known = (0, 0)

    def more(self) -> bool:
        """Say whether there is a source left to read."""
        return self._peek() is not None

    def round(self) -> Iterator[NewSource]:
        """Yield the sources of one round; `laid_aside` must be told what each has used."""
        self._used, self._pieces, self._held = 0, 0, 0
        self._expected = {}
        last: ReadingPlace | None = None
        while (following := self._peek()) is not None:
            place, source, sha256 = following
            size = size_of(source) * self._scratch_a_byte
            full = self._used + sum(self._expected.values()) + size > self._room or self._pieces >= PIECES_IN_ROUND
            if full and last is not None and place != last:
                return
            self._next, last = None, place
            self._expected[sha256] = size
            yield NewSource(source, sha256, self._room, self._memory - self._held)

    def laid_aside(self, sha256: str, size: int, shards: SourceShards | None) -> None:
        """Take note of what a source of `size` bytes has used; None where it could not be read."""
        self._expected.pop(sha256, None)
        if shards is None:
            return
        self._used += shards.scratch_bytes
        self._pieces += shards.pieces
        self._held += shards.held_bytes
        self._known = (self._known[0] + size, self._known[1] + shards.scratch_bytes)
        if self._known[0]:
            self._scratch_a_byte = self._known[1] / self._known[0]

    def _peek(self) -> tuple[ReadingPlace, Source, str] | None:
        if self._next is None:
            self._next = next(self._identified, None)
        return self._next

    def _all_identified(
        self, ordered: Sequence[tuple[ReadingPlace, Source]], look: Run
    ) -> Iterator[tuple[ReadingPlace, Source, str]]:
        for (place, source), found in zip(ordered, look(_identified, (one for _, one in ordered)), strict=True):
            if isinstance(found, Refused):
                self.failed.append(found)
            elif bytes.fromhex(found) in self._taken or self._is_packed(found):
                self.skipped += 1
            else:
                self._taken.add(bytes.fromhex(found))
                yield place, source, found
                continue
            self.passed_bytes += size_of(source)


def _identified(source: Source) -> str | Refused:
    try:
        return source.identity()
    except (InputError, OSError) as problem:
        return unreadable(source, problem)
