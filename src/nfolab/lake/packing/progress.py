"""What a pack shows while it works: how far it is, how fast, how long it will take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import Progress, TaskID

from nfolab.base.progress import progress_bar

_MEGABYTE: Final = 1_000_000


class PackProgress:
    """Two lines: megabytes of sources read, and days written in the round under way."""

    def __init__(self, progress: Progress, total_bytes: int) -> None:
        self._progress = progress
        self._reading = progress.add_task("reading sources, MB", total=-(-total_bytes // _MEGABYTE), rate="")
        self._writing: TaskID | None = None
        self._started = time.perf_counter()
        self._bytes = 0
        self._rows = 0
        self._files = 0
        self._failed = 0
        self._writing_started = 0.0
        self._rows_written = 0

    def source_passed(self, size: int) -> None:
        """A source was passed over as packed already."""
        self._progress.update(self._reading, advance=size / _MEGABYTE)

    def source_read(self, size: int, rows: int) -> None:
        """A source was read."""
        self._files += 1
        self._rows += rows
        self._show(size)

    def source_failed(self, size: int) -> None:
        """A source could not be read."""
        self._failed += 1
        self._show(size)

    def _show(self, size: int) -> None:
        self._bytes += size
        seconds = max(time.perf_counter() - self._started, 1e-9)
        rate = (
            f"{self._rows / seconds:,.0f} rows/s, {self._bytes / seconds / _MEGABYTE:,.1f} MB/s, {self._files:,} read"
        )
        failed = f", {self._failed:,} failed" if self._failed else ""
        self._progress.update(self._reading, advance=size / _MEGABYTE, rate=rate + failed)

    def writing(self, days: int) -> None:
        """Days begin to be written."""
        if self._writing is not None:
            self._progress.remove_task(self._writing)
        self._writing = self._progress.add_task("writing days", total=days, rate="")
        self._writing_started, self._rows_written = time.perf_counter(), 0

    def day_written(self, rows: int) -> None:
        """A day was written."""
        if self._writing is None:
            return
        self._rows_written += rows
        seconds = max(time.perf_counter() - self._writing_started, 1e-9)
        self._progress.update(self._writing, advance=1, rate=f"{self._rows_written / seconds:,.0f} rows/s")


@contextmanager
def pack_progress(total_bytes: int) -> Iterator[PackProgress]:
    """Show the progress of a pack of so many bytes of sources."""
    with progress_bar() as progress:
        yield PackProgress(progress, total_bytes)
