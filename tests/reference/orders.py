"""Orders of the slow desk, and the plain questions one asks of an order and a row. Rules: docs/desk.md."""

from dataclasses import dataclass, field

from reference.books import displayed
from reference.money import TICK
from reference.rows import Row

FIVE_SECONDS = 5
NANOS_OF_SILENCE = FIVE_SECONDS * 1_000_000_000
LIVE = ("sent", "working")


@dataclass(frozen=True)
class Terms:
    """How a desk works: what a run settles once for all its orders. Seconds count from the open."""

    latencies: tuple[int, ...] = (1,)
    model: str = "likely"  # worst, likely, best
    policy: str = "strict"  # strict, one_sided
    on_last: bool = False
    freeze: int | None = None  # units; None: no order is too large
    most_open: int | None = None
    most_trades: int | None = None
    cool_down: int = 0
    daily_loss: int | None = None  # paise
    chosen_at: int = 0
    last_entry: int = 21_600
    square_off: int = 21_900
    max_quote_age: int = 5
    brokerage: str = "zero"

    def __post_init__(self) -> None:
        if not self.latencies or min(self.latencies) < 1 or max(self.latencies) > 60:
            raise ValueError("a latency is from 1 to 60 seconds")


@dataclass
class Change:
    arrival: int
    price: int | None
    units: int | None
    of_trigger: bool


@dataclass
class Order:
    """One order. `price` is its limit, `trigger` what a stop waits for; `filled` counts units."""

    number: int
    contract: int
    side: str
    units: int
    kind: str
    price: int = 0
    trigger: int = 0
    peg: tuple[str, int] | None = None  # ("own", ticks) or ("mid", 0)
    fill: str = "part"
    valid: int | None = None
    trade: int | None = None
    tag: int = 0
    arrival: int = -1
    expires: int | None = None
    group: "Group | None" = None
    of_desk: bool = False
    state: str = "sent"
    filled: int = 0
    placed: bool = False
    ahead: int | None = None  # units before us; None: not known
    shown: int | None = None  # displayed at our price in the last good row this order saw; None: not known
    change: Change | None = None
    cancel: int | None = None  # when the cancel arrives

    @property
    def left(self) -> int:
        return self.units - self.filled

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def fixed_price(self) -> int:
        """What the log tells as the price of the order: its trigger while it waits for that."""
        return self.trigger if self.kind in ("stop", "stop_limit") else self.price

    def at_or_better(self, price: int) -> bool:
        """Whether taking at a price is as good for us as our limit, or better."""
        return price <= self.price if self.side == "buy" else price >= self.price


@dataclass
class Group:
    orders: list[Order] = field(default_factory=list)

    @property
    def arrival(self) -> int:
        return max(order.arrival for order in self.orders)

    @property
    def live(self) -> bool:
        return self.orders[0].live


@dataclass
class Moment:
    """A row as it is shown: what traded in it, as far as we have not used it up, and whether silence came before."""

    row: Row
    index: int
    volume: int
    silent: bool


def moments(rows: list[Row]) -> list[Moment]:
    """Each row of a contract with the volume that traded since the row before it."""
    found = []
    highest: int | None = None
    for index, row in enumerate(rows):
        before = rows[index - 1] if index else None
        volume = 0
        known = before is not None and row.nanos - before.nanos <= NANOS_OF_SILENCE and row.volume >= 0
        if known and highest is not None:
            volume = max(highest, row.volume) - highest
        if row.volume >= 0:
            highest = row.volume if highest is None else max(highest, row.volume)
        silent = before is not None and row.second - before.second > FIVE_SECONDS
        found.append(Moment(row, index, volume, silent))
    return found


def own_side(row: Row, side: str) -> tuple[tuple[int, int], ...]:
    return row.bids if side == "buy" else row.asks


def other_side(row: Row, side: str) -> tuple[tuple[int, int], ...]:
    return row.asks if side == "buy" else row.bids


def one_sided(row: Row) -> str | None:
    """The side of an order that a frozen book serves: its other side has no price at all."""
    for side in ("buy", "sell"):
        price, size = other_side(row, side)[0]
        if price > 0 and size > 0 and all(level[0] <= 0 for level in own_side(row, side)):
            return side
    return None


def displayed_at(row: Row, side: str, price: int) -> int | None:
    """What the row displays on our own side at a price; None if the price is worse than the worst level shown."""
    shown = displayed(own_side(row, side))
    if price in shown:
        return shown[price]
    worst = min(shown) if side == "buy" else max(shown)
    hidden = price < worst if side == "buy" else price > worst
    return None if hidden else 0


def peg_price(row: Row, side: str, peg: tuple[str, int]) -> int:
    """The price a pegged order wishes for at a good row, on a tick and short of the other side."""
    what, ticks = peg
    bid, ask = row.bids[0][0], row.asks[0][0]
    doubled = bid + ask
    if side == "buy":
        if what == "own":
            doubled = 2 * (bid + ticks * TICK)
        price = doubled // (2 * TICK) * TICK
        if price >= ask:
            price = (ask - TICK) // TICK * TICK
    else:
        if what == "own":
            doubled = 2 * (ask - ticks * TICK)
        price = -(-doubled // (2 * TICK)) * TICK
        if price <= bid:
            price = -(-(bid + TICK) // TICK) * TICK
    return max(price, TICK)


def sliced(units: int, lot: int, freeze: int | None) -> list[int]:
    """Orders of whole lots none of which is above the freeze quantity, as large as they can be."""
    if freeze is None:
        return [units]
    largest = freeze - freeze % lot
    pieces = []
    while units > 0:
        pieces.append(min(units, largest))
        units -= pieces[-1]
    return pieces
