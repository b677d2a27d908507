"""Questions to one row of the book, and the memory of what we took from it."""

from nfolab.base.compiled import compiled
from nfolab.tape.book import Int32Array, Int64Array

BIDS = 0
ASKS = 1


@compiled
def is_good(row: int, bid_price: Int32Array, bid_size: Int32Array, ask_price: Int32Array, ask_size: Int32Array) -> bool:
    """Tell whether a row is a good quote: both best prices and sizes above zero, and bid below ask."""
    good: bool = (
        bid_price[0, row] > 0
        and ask_price[0, row] > bid_price[0, row]
        and bid_size[0, row] > 0
        and ask_size[0, row] > 0
    )
    return good


@compiled
def walk(row: int, quantity: int, price: Int32Array, size: Int32Array) -> tuple[int, int, int]:
    """Walk the displayed levels of one side of a row for `quantity` units.

    Args:
        row: the row.
        quantity: units wanted.
        price: int32 [levels, rows] of the side that is taken from, paise.
        size: int32 [levels, rows], units.

    Returns:
        What the units found cost or bring (paise), the units not found, and the price of the last level there is.
    """
    value = 0
    left = quantity
    last_price = 0
    for level in range(price.shape[0]):
        if price[level, row] > 0 and size[level, row] > 0:
            units = min(left, size[level, row])
            value += units * price[level, row]
            left -= units
            last_price = price[level, row]
    return value, left, last_price


@compiled
def one_side_shown(
    row: int, bid_price: Int32Array, bid_size: Int32Array, ask_price: Int32Array, ask_size: Int32Array
) -> int:
    """Return BIDS or ASKS for a row with a best price and size there and no price at all on the other side, else −1."""
    bids = False
    asks = False
    for level in range(bid_price.shape[0]):
        bids = bids or bid_price[level, row] > 0
        asks = asks or ask_price[level, row] > 0
    if not asks and bid_price[0, row] > 0 and bid_size[0, row] > 0:
        return BIDS
    if not bids and ask_price[0, row] > 0 and ask_size[0, row] > 0:
        return ASKS
    return -1


@compiled
def gives(
    side: int,
    one_sided: bool,
    row: int,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
) -> bool:
    """Tell whether a side of a row may be taken from: of a good quote, or by the policy where it stands alone."""
    if is_good(row, bid_price, bid_size, ask_price, ask_size):
        return True
    return one_sided and one_side_shown(row, bid_price, bid_size, ask_price, ask_size) == side


@compiled
def recall(
    memory: int,
    row: int,
    second: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    price: Int32Array,
    size: Int32Array,
    seen_row: Int64Array,
    taken: Int64Array,
    scratch: Int64Array,
    one_sided: bool = False,
) -> bool:
    """Bring the memory of what we took from one side of one contract's book forward to a good `row`.

    `taken[memory, level]` are the units we took at that level of row `seen_row[memory]`. Over the later good rows, each
    the last of its second, they stay gone while their price shows the same size; the rest is forgotten.

    Args:
        memory: the line of `seen_row` and `taken` that belongs to the contract and side; odd for the asks.
        row: the row to come to; a good quote.
        second: int32 [rows], and the four arrays of the book, as in `Book`.
        bid_price: see `second`.
        bid_size: see `second`.
        ask_price: see `second`.
        ask_size: see `second`.
        price: the side taken from: `bid_price` or `ask_price`.
        size: its sizes.
        seen_row: int64 [memories], updated.
        taken: int64 [memories, 5], updated.
        scratch: int64 [5], overwritten.
        one_sided: whether rows that show this side alone count as well.

    Returns:
        Whether anything we took is still gone at `row`.
    """
    levels = price.shape[0]
    live = False
    for level in range(levels):
        live = live or taken[memory, level] > 0
    seen = seen_row[memory]
    for later in range(seen + 1, row + 1):
        if not live:
            break
        if later < row and second[later + 1] == second[later]:
            continue
        if not is_good(later, bid_price, bid_size, ask_price, ask_size) and not (
            one_sided and one_side_shown(later, bid_price, bid_size, ask_price, ask_size) == memory % 2
        ):
            continue
        for level in range(levels):
            scratch[level] = taken[memory, level]
        live = False
        for level in range(levels):
            taken[memory, level] = 0
            for old in range(levels):
                if price[old, seen] == price[level, later] and size[old, seen] == size[level, later]:
                    taken[memory, level] = scratch[old]
                    live = live or scratch[old] > 0
                    break
        seen = later
    seen_row[memory] = row
    return live
