"""How far the recorder's clock runs behind the exchange's, minute by minute."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import TIMEZONE
from nfolab.lake.auditing.checks import FEED_DELAY
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.schema import GAP_SECONDS, NANOSECONDS
from nfolab.vendor.block import Block

MINUTE = 60 * NANOSECONDS


@dataclass(frozen=True)
class FeedDelay:
    """The feed's delay on one day.

    Attributes:
        usual: Seconds, the median of the minutes; None where no row told a delay.
        minutes: int64, each minute's start, nanoseconds since 1970 UTC.
        seconds: float64, each minute's delay: the median of `timestamp` − `lastTradeTime` over its rows that traded.
    """

    usual: float | None
    minutes: NDArray[np.int64]
    seconds: NDArray[np.float64]

    def findings(self) -> list[Finding]:
        """Return a finding a stretch of minutes that are later than usual by more than 5 s."""
        if self.usual is None:
            return []
        late = np.flatnonzero(self.seconds - self.usual > GAP_SECONDS)
        stretches = np.split(late, np.flatnonzero(np.diff(self.minutes[late]) > MINUTE) + 1) if len(late) else []
        return [
            Finding(
                "",
                FEED_DELAY,
                len(stretch),
                int(self.minutes[stretch[0]]),
                int(self.minutes[stretch[-1]]) + MINUTE,
                float(self.seconds[stretch].max()),
                f"seconds behind lastTradeTime in the worst of these minutes; usual that day {self.usual:g}",
            )
            for stretch in stretches
        ]

    def to_json(self) -> dict[str, float | list[int] | list[float] | None]:
        """Return plain values; minutes are counted in seconds since 1970 UTC."""
        return {
            "usual": self.usual,
            "minutes": (self.minutes // NANOSECONDS).tolist(),
            "seconds": self.seconds.tolist(),
        }

    def frame(self) -> pl.DataFrame:
        """Return a table `minute` (its start), `delay_seconds`, `usual_seconds`."""
        minute = pl.Series("minute", self.minutes).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(TIMEZONE)
        return pl.DataFrame({"minute": minute, "delay_seconds": self.seconds}).with_columns(
            pl.lit(self.usual, dtype=pl.Float64).alias("usual_seconds")
        )

    @classmethod
    def from_json(cls, values: dict[str, object]) -> "FeedDelay":
        """Read what `to_json` wrote."""
        usual = values["usual"]
        return cls(
            None if usual is None else float(str(usual)),
            np.array(values["minutes"], dtype=np.int64) * NANOSECONDS,
            np.array(values["seconds"], dtype=np.float64),
        )


class FeedDelayMeter:
    """Gathers the delays of traded rows contract by contract, then gives the day's medians."""

    def __init__(self) -> None:
        self._minutes: list[NDArray[np.int32]] = []
        self._delays: list[NDArray[np.float32]] = []

    def add(self, rows: Block, traded: NDArray[np.bool_]) -> None:
        """Take one contract's ordered rows; `traded` (bool [rows]) tells at which of them there was a trade."""
        missing = rows.missing.get("lastTradeTime")
        places = np.flatnonzero(traded if missing is None else traded & ~missing)
        stamps = rows["timestamp"][places]
        self._minutes.append((stamps // MINUTE).astype(np.int32))
        self._delays.append(((stamps - rows["lastTradeTime"][places]) / NANOSECONDS).astype(np.float32))

    def add_all(self, other: "FeedDelayMeter") -> None:
        """Take what another one gathered."""
        self._minutes += other._minutes
        self._delays += other._delays

    def result(self) -> FeedDelay:
        """Return the medians."""
        if not any(len(part) for part in self._minutes):
            return FeedDelay(None, np.empty(0, np.int64), np.empty(0, np.float64))
        told = pl.DataFrame({"minute": np.concatenate(self._minutes), "delay": np.concatenate(self._delays)})
        by_minute = told.group_by("minute").agg(pl.col("delay").median().cast(pl.Float64)).sort("minute")
        seconds = by_minute["delay"].to_numpy()
        return FeedDelay(float(np.median(seconds)), by_minute["minute"].cast(pl.Int64).to_numpy() * MINUTE, seconds)
