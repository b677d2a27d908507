"""Books as the seconds pass, and what we ourselves took from them."""

from dataclasses import dataclass, field

from reference.rows import Contract, Day, Row


@dataclass
class Memory:
    """What we took from one side of one contract's book: price to (units taken, units displayed then)."""

    taken: dict[int, tuple[int, int]] = field(default_factory=dict)

    def see(self, levels: tuple[tuple[int, int], ...]) -> None:
        shown = displayed(levels)
        self.taken = {price: entry for price, entry in self.taken.items() if shown.get(price) == entry[1]}

    def left_in(self, levels: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        gone = {price: entry[0] for price, entry in self.taken.items()}
        left = []
        for price, size in levels:
            part = min(size, gone.get(price, 0))
            if part:
                gone[price] -= part
            left.append((price, size - part))
        return left

    def take(self, levels: tuple[tuple[int, int], ...], quantity: int) -> list[tuple[int, int, int]]:
        """Take up to `quantity`: (level, price, units) of each level touched."""
        shown = displayed(levels)
        touched = []
        for level, (price, size) in enumerate(self.left_in(levels)):
            part = min(size, quantity)
            if price > 0 and part > 0:
                touched.append((level, price, part))
                quantity -= part
                self.taken[price] = (self.taken.get(price, (0, 0))[0] + part, shown[price])
        return touched


def displayed(levels: tuple[tuple[int, int], ...]) -> dict[int, int]:
    shown: dict[int, int] = {}
    for price, size in levels:
        if price > 0 and size > 0:
            shown[price] = shown.get(price, 0) + size
    return shown


class Books:
    """The newest row of each contract as the seconds pass, and what we took from it."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.memories: dict[tuple[Contract, str], Memory] = {}

    def row(self, contract: Contract, second: int) -> Row | None:
        return self.day.newest(contract)[second]

    def pass_to(self, second: int) -> None:
        """Let every remembered book see the row of this second, if one came and is good."""
        for (contract, side), memory in self.memories.items():
            row = self.row(contract, second)
            if memory.taken and row is not None and row.second == second and row.good:
                memory.see(levels_for(row, side))

    def memory(self, contract: Contract, side: str) -> Memory:
        return self.memories.setdefault((contract, side), Memory())


def levels_for(row: Row, side: str) -> tuple[tuple[int, int], ...]:
    """A sale meets the bids, a purchase the asks."""
    return row.bids if side == "sell" else row.asks
