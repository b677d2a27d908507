"""Random cases for the desk, the same for both engines: plain data in, plain data out.

`random_case(seed)` is a dictionary of plain values, and nothing in it is of any engine:

- `day` (ISO date), `underlying`, `last_second`;
- `contracts`: a list; each has `name` (the vendor's), `expiry` (ISO date), `kind`, `strike`, `lot`, and `rows`: a list
  of (nanoseconds of the day, cumulative volume or −1 for a missing one, last price, bids, asks), prices in paise, each
  side five (price, size), 0 where a level is missing; in the order of the file, which is that of time. In a second
  there may be several. No two rows of a contract are equal, and no two levels of one side have the same price;
- `spot`: a list of (second, paise), or empty;
- `terms`: what `reference.orders.Terms` takes;
- `by_rows`, and `script`: see `reference.desk_script`.

`slow_answer(case)` is what the slow desk makes of it: `events` (in order), `orders`, `positions`, `trades`. To set a
fast desk beside it: build its tape from `contracts` (or write the case with `tables_of(case)` and pack it: contracts
then have the numbers of the lake, ordered by expiry, kind and strike, which is the order in which they stand here),
run `script` (by seconds: for each second advance, then the actions of that second in their order; by rows: for each
row see, then the actions of that row), and compare. An event's `row` is the place of the row among those of its
contract, `side` is "buy" or "sell" ("" in a line of no order), `reason` a word, "" for none; `trade` −1 where there is
none.
"""

import datetime as dt
import random

import pyarrow as pa

from reference.cases import table_of
from reference.desk_script import Action, run_script
from reference.orders import Terms
from reference.rows import NANOS, OPEN_SECOND_OF_DAY, Contract, Day, SpotRow, contract_of, make_row

TICK = 5
LOT = 35
NAMES = ("banknifty25dec59400ce", "banknifty25dec59500ce", "banknifty25dec59400pe")
ORDINARY_DAY, EXPIRY_DAY = dt.date(2025, 12, 15), dt.date(2025, 12, 30)
STARTS = (0, 0, 0, 0, 0, 4_000, 4_000, 4_000, 21_540, 21_850)
"""Where a tape begins: at the open, anywhere, across 15:15:00, across 15:20:00."""

Levels = list[tuple[int, int]]
RawRow = tuple[int, int, int, Levels, Levels]
Case = dict


def random_case(seed: int) -> Case:
    rng = random.Random(seed)
    date = EXPIRY_DAY if rng.random() < 0.15 else ORDINARY_DAY
    start = rng.choice(STARTS)
    length = rng.randrange(20, 121)
    market = Market(rng, start, length)
    count = rng.choice((1, 1, 2, 2, 3))
    contracts = []
    for name in NAMES[:count]:
        contract = contract_of(name)
        known = {"expiry": str(contract.expiry), "kind": contract.kind, "strike": contract.strike}
        contracts.append({"name": name, **known, "lot": LOT, "rows": market.rows()})
    by_rows = rng.random() < 0.25
    terms = random_terms(rng, by_rows, start)
    last = 22_500
    spot = [(second, 59_400_00 + TICK * rng.randrange(-2_000, 3_000)) for second in range(start, start + length, 2)]
    if date == EXPIRY_DAY and rng.random() < 0.7:
        spot += [(second, 59_300_00 + TICK * rng.randrange(6_000)) for second in range(last - 40, last + 1, 3)]
    case = {
        "seed": seed,
        "day": str(date),
        "underlying": "BANKNIFTY",
        "last_second": last,
        "contracts": contracts,
        "spot": sorted(dict(spot).items()) if rng.random() < 0.8 else [],
        "terms": terms,
        "by_rows": by_rows,
    }
    seconds = (start, start + length)
    case["script"] = RowScript(rng, case).actions() if by_rows else SecondScript(rng, case, seconds).actions()
    return case


class Market:
    """Small books that wander; some rows are damaged, some seconds have none, some have several."""

    def __init__(self, rng: random.Random, start: int, length: int) -> None:
        self.rng, self.start, self.length = rng, start, length
        self.missing = rng.choice((0.0, 0.05, 0.3))
        self.damaged = rng.choice((0.0, 0.0, 0.05, 0.2))
        self.crowded = rng.choice((0.0, 0.1, 0.4))
        self.depth = rng.choice((1, 2, 3, 8))
        self.still = rng.choice((0.0, 0.0, 0.5, 0.95))  # how often no price moves

    def rows(self) -> list[RawRow]:
        rng = self.rng
        mid = rng.randrange(20, 4_000) * TICK
        volume, found = rng.choice((0, 0, 35 * rng.randrange(10_000))), []
        silent_until = -1
        late = rng.randrange(self.length // 2) if rng.random() < 0.15 else 0
        seconds = list(range(self.start + late, self.start + self.length))
        if rng.random() < (0.7 if self.start > 20_000 else 0.3):
            seconds += sorted(rng.sample(range(21_880, 22_500), rng.randrange(1, 30)))
        bids, asks = self.side(mid, -1), self.side(mid + TICK, 1)
        for second in sorted(set(seconds)):
            if second < silent_until or rng.random() < self.missing:
                continue
            if rng.random() < 0.01:
                silent_until = second + rng.choice((5, 6, 7, 20))
            count = rng.choice((2, 2, 3)) if rng.random() < self.crowded else 1
            moments = sorted(rng.sample(range(0, 1000, 50), count)) if count > 1 else [rng.choice((0, 0, 500))]
            if rng.random() < 0.1:
                moments = [moments[0]] * count  # at one time: then by volume
            for moment in moments:
                still = rng.random() < self.still
                if still:
                    pass
                elif rng.random() < 0.03:
                    mid = max(20 * TICK, mid + rng.choice((-1, 1)) * TICK * rng.randrange(5, 200))
                elif rng.random() < 0.5:
                    mid = max(20 * TICK, mid + TICK * rng.choice((-2, -1, 1, 2)))
                bids, asks = self.next_side(bids, mid, -1, still), self.next_side(asks, mid + TICK, 1, still)
                volume += rng.choice((0, 0, 35, 70, 140, 700))
                told = volume
                if rng.random() < 0.02:
                    told = max(0, volume - 35 * rng.randrange(1, 40))  # a step back
                elif rng.random() < 0.01:
                    told = -1
                last = rng.choice((bids[0][0], asks[0][0], bids[0][0], asks[0][0], mid + TICK * rng.randrange(-6, 7)))
                books = self.damage(bids, asks)
                nanos = (OPEN_SECOND_OF_DAY + second) * NANOS + moment * 1_000_000
                found.append((nanos, told, max(0, last), *books))
        return in_time(found)

    def side(self, best: int, away: int) -> Levels:
        """Five levels from near `best`, each further from it than the one before."""
        rng = self.rng
        levels, price = [], best + away * TICK * rng.choice((0, 0, 0, 1, 2))
        for _ in range(5):
            alive = price > 0
            levels.append((price, LOT * rng.randrange(1, 1 + self.depth)) if alive else (0, 0))
            price += away * TICK * rng.choice((1, 1, 2, 3))
        shown = rng.choice((5, 5, 5, 5, 3, 1))
        return levels[:shown] + [(0, 0)] * (5 - shown)

    def next_side(self, levels: Levels, best: int, away: int, still: bool) -> Levels:
        """Often the same book, or the same but for a size, so that what we took is met again."""
        act = self.rng.random() * (0.7 if still else 1)
        same_place = levels[0][0] and (best - levels[0][0]) * away in (0, TICK, -TICK)
        if act < 0.4 and same_place and (levels[0][0] - best) * away >= 0:
            return levels
        if act < 0.7 and same_place and (levels[0][0] - best) * away >= 0:
            place = self.rng.randrange(5)
            other = list(levels)
            if other[place][0]:
                other[place] = (other[place][0], LOT * self.rng.randrange(1, 1 + self.depth))
            return other
        return self.side(best, away)

    def damage(self, bids: Levels, asks: Levels) -> tuple[Levels, Levels]:
        rng, nothing = self.rng, [(0, 0)] * 5
        if rng.random() >= self.damaged:
            return bids, asks
        act = rng.randrange(7)
        if act == 0:
            return bids, nothing
        if act == 1:
            return nothing, asks
        if act == 2:
            return nothing, nothing
        if act == 3:
            return asks_as_bids(asks), asks  # locked or crossed
        if act == 4:
            return [(bids[0][0], 0), *bids[1:]], asks
        if act == 5:
            return bids, [asks[0], *[(price, 0) for price, _ in asks[1:]]]
        return [(0, bids[0][1]), *bids[1:]], asks


def asks_as_bids(asks: Levels) -> Levels:
    best = asks[0][0]
    return [(max(0, best - place * TICK), LOT) if best > place * TICK else (0, 0) for place in range(5)]


def in_time(rows: list[RawRow]) -> list[RawRow]:
    """By timestamp, then volume; repeats dropped, as the lake drops them."""
    kept: list[RawRow] = []
    for row in sorted(rows, key=lambda one: (one[0], one[1])):
        if row not in kept[-4:]:
            kept.append(row)
    return kept


def random_terms(rng: random.Random, by_rows: bool, start: int) -> dict:
    terms = {
        "latencies": tuple(rng.choice((1, 1, 2, 3, 7)) for _ in range(rng.choice((1, 1, 2, 5)))),
        "model": rng.choice(("likely", "likely", "worst", "best")),
        "policy": rng.choice(("strict", "strict", "one_sided")),
        "on_last": rng.random() < 0.15,
        "freeze": rng.choice((600, 600, 80)),
        "max_quote_age": rng.choice((5, 5, 2)),
        "brokerage": rng.choice(("zero", "zero", "flat20", "flat5")),
    }
    if by_rows:
        return terms
    if rng.random() < 0.25:
        terms["most_open"] = rng.choice((1, 2))
    if rng.random() < 0.2:
        terms["most_trades"] = rng.choice((1, 2, 3))
    if rng.random() < 0.2:
        terms["cool_down"] = rng.choice((1, 5, 30))
    if rng.random() < 0.15:
        terms["daily_loss"] = rng.choice((100_00, 1_000_00, 10_000_00))
    if rng.random() < 0.05:
        terms["chosen_at"] = start + rng.randrange(10)
    return terms


class Script:
    """Orders at prices near the books, and changes, cancels and notes between them."""

    def __init__(self, rng: random.Random, case: Case) -> None:
        self.rng, self.case = rng, case
        self.sent = self.trades = 0
        self.lots = rng.choice(((1, 1, 2), (1, 2, 5, 9), (1, 3, 20)))

    def price_near(self, contract: int, nanos: int) -> int:
        """On a tick near the best prices of the newest row that has any."""
        rows = self.case["contracts"][contract]["rows"]
        known = [row for row in rows if row[0] <= nanos and (row[3][0][0] or row[4][0][0])] or rows[:1]
        if not known:
            return 100 * TICK
        row = known[-1]
        base = self.rng.choice((row[3][0][0], row[4][0][0], row[2])) or row[3][0][0] or row[4][0][0] or 100 * TICK
        return max(TICK, base // TICK * TICK + TICK * self.rng.choice((-20, -4, -2, -1, 0, 0, 0, 0, 0, 1, 2, 4, 20)))

    def order(self, contract: int, nanos: int, named: bool) -> dict:
        rng = self.rng
        kinds = ("market", "market", "limit", "limit", "limit", "limit", "stop", "stop_limit", "peg", "peg")
        kind = rng.choice(kinds)
        order = {
            "contract": contract,
            "side": rng.choice(("buy", "sell")),
            "units": LOT * rng.choice(self.lots),
            "kind": kind,
            "fill": rng.choice(("part", "part", "part", "all", "now")),
            "valid": rng.choice((None, None, 0, 3, 10, 40)),
            "tag": rng.randrange(4),
        }
        if kind in ("limit", "stop_limit"):
            order["price"] = self.price_near(contract, nanos)
        if kind in ("stop", "stop_limit"):
            order["trigger"] = self.price_near(contract, nanos)
        if kind == "peg":
            order["peg"] = rng.choice((("own", 0), ("own", 1), ("own", -2), ("own", 3), ("mid", 0)))
        if named and self.trades and rng.random() < 0.5:
            order["trade"] = rng.randrange(self.trades)
        if rng.random() < 0.02:
            order["units"] = rng.choice((0, -35, 36, 10))
        if kind == "limit" and rng.random() < 0.02:
            order["price"] = rng.choice((0, -5, 103))
        self.sent += 1
        return order

    def message(self, contract: int, nanos: int) -> Action:
        """A cancel or a change of some order, mostly a young one."""
        rng = self.rng
        number = (
            max(0, self.sent - 1 - rng.choice((0, 0, 0, 1, 2, 3)))
            if rng.random() < 0.8
            else rng.randrange(self.sent + 3)
        )
        if rng.random() < 0.35:
            return {"do": "cancel", "order": number}
        price = rng.choice((None, self.price_near(contract, nanos), self.price_near(contract, nanos)))
        units = rng.choice((None, None, LOT * rng.choice(self.lots), 0 if rng.random() < 0.2 else LOT))
        if rng.random() < 0.02:
            price = 103
        if price is None and units is None:
            price = self.price_near(contract, nanos)
        return {"do": "change", "order": number, "price": price, "units": units}


class SecondScript(Script):
    def __init__(self, rng: random.Random, case: Case, seconds: tuple[int, int]) -> None:
        super().__init__(rng, case)
        self.seconds = seconds

    def actions(self) -> list[Action]:
        rng = self.rng
        times = sorted(rng.randrange(*self.seconds) for _ in range(rng.choice((1, 3, 8, 20))))
        if self.seconds[0] > 21_800:
            times = sorted([*times, *(21_900 + rng.randrange(-3, 3) for _ in range(3))])
        return [self.action(second) for second in times]

    def action(self, second: int) -> Action:
        rng = self.rng
        contract = rng.randrange(len(self.case["contracts"]))
        nanos = (OPEN_SECOND_OF_DAY + second + 1) * NANOS - 1
        act = rng.random()
        if act < 0.06:
            self.trades += 1
            return {"at": second, "do": "new_trade"}
        if act < 0.08:
            return {"at": second, "do": "note", "code": rng.randrange(9), "number": rng.randrange(-99, 99)}
        if act < 0.09:
            return {"at": second, "do": "stop"}
        if act < 0.17:
            legs = [self.order(rng.randrange(len(self.case["contracts"])), nanos, named=True) for _ in range(2)]
            wanted = ("contract", "side", "units", "trade", "tag")
            market = [{name: leg[name] for name in wanted if name in leg} for leg in legs[: rng.choice((1, 2, 2))]]
            return {"at": second, "do": "group", "orders": [{**leg, "kind": "market", "fill": "all"} for leg in market]}
        if act < 0.4 and self.sent:
            return {"at": second, **self.message(contract, nanos)}
        return {"at": second, "do": "send", "order": self.order(contract, nanos, named=True)}


class RowScript(Script):
    def actions(self) -> list[Action]:
        rng, found = self.rng, []
        for contract, told in enumerate(self.case["contracts"]):
            rows = told["rows"]
            places = sorted(rng.randrange(len(rows)) for _ in range(rng.choice((1, 4, 12)))) if rows else []
            for place in places:
                when = {"contract": contract, "row": place}
                nanos = rows[place][0]
                if rng.random() < 0.3 and self.sent:
                    found.append({**when, **self.own_message(contract, nanos)})
                else:
                    found.append({**when, "do": "send", "order": self.order(contract, nanos, named=False)})
        return found

    def own_message(self, contract: int, nanos: int) -> Action:
        return self.message(contract, nanos)


# the slow engine on a case


def slow_day(case: Case) -> tuple[Day, list[Contract]]:
    date = dt.date.fromisoformat(case["day"])
    day = Day(date, case["underlying"], [SpotRow(0, second, price) for second, price in case["spot"]])
    contracts = []
    for told in case["contracts"]:
        contract = contract_of(told["name"])
        rows = [
            make_row(date, nanos, volume, last, tuple(bids), tuple(asks))
            for nanos, volume, last, bids, asks in told["rows"]
        ]
        day.add(contract, rows)
        contracts.append(contract)
    return day, contracts


def slow_answer(case: Case) -> dict:
    day, contracts = slow_day(case)
    return run_script(day, contracts, Terms(**case["terms"]), case["script"], case["by_rows"])


def tables_of(case: Case) -> tuple[dict[str, pa.Table], pa.Table | None]:
    """The case as raw vendor tables by file name, and its index, to be packed into a lake."""
    midnight = dt.datetime.combine(dt.date.fromisoformat(case["day"]), dt.time())
    tables = {}
    for told in case["contracts"]:
        rows = []
        for nanos, volume, last, bids, asks in told["rows"]:
            time = midnight + dt.timedelta(microseconds=nanos // 1000)
            row = {"timestamp": time, "ts": time, "lastTradeTime": time, "price": last / 100}
            row["volume"] = None if volume < 0 else volume
            for side, levels in (("b", bids), ("s", asks)):
                for place, (price, size) in enumerate(levels):
                    row |= {f"{side}p{place}": price / 100, f"{side}q{place}": size}
            rows.append(row)
        tables[f"{told['name']}.parquet"] = table_of(rows, contract_of(told["name"]))
    if not case["spot"]:
        return tables, None
    opening = midnight + dt.timedelta(seconds=OPEN_SECOND_OF_DAY)
    times = [opening + dt.timedelta(seconds=second) for second, _ in case["spot"]]
    spot = pa.table(
        {
            "symbol": pa.array([case["underlying"]] * len(times), pa.large_string()),
            "timestamp": pa.array(times, pa.timestamp("ms")),
            "price": pa.array([price / 100 for _, price in case["spot"]], pa.float64()),
        }
    )
    return tables, spot
