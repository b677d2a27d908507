"""The market's state told slowly: plain loops over the seconds of a day, from docs/state.md and nothing else.

Values are numbers or None, series are lists by second. Nothing here looks at how the package does it.
"""

import bisect
import math
import statistics
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nfolab

RULES = tomllib.loads((Path(nfolab.__file__).parent / "tape" / "state" / "thresholds.toml").read_text())
CARRIED = 5
NORMAL = statistics.NormalDist()
SIDES = ("CE", "PE")


def cell(table: dict, days: int) -> dict:
    return table["0" if days == 0 else "1-2" if days <= 2 else "3-4" if days <= 4 else "5+"]


def nearest_rank(ordered: list[float], percent: int) -> float:
    """The value whose rank from below is percent of their number, rounded up."""
    return ordered[-(-percent * len(ordered) // 100) - 1]


def trailing(today: list, earlier: list[list], percent: int, least: int) -> list:
    held = sorted(value for day in earlier for value in day if value is not None)
    found = []
    for value in today:
        found.append(nearest_rank(held, percent) if len(held) >= max(1, least) else None)
        if value is not None:
            bisect.insort(held, value)
    return found


@dataclass
class Contract:
    """One option: its rows in order of time, each a dict with `second` and the lake's columns."""

    kind: str
    strike: int
    rows: list[dict]

    def as_of(self, seconds: int) -> list[dict | None]:
        found, place = [], 0
        for t in range(seconds):
            while place < len(self.rows) and self.rows[place]["second"] <= t:
                place += 1
            found.append(self.rows[place - 1] if place else None)
        return found


class Book:
    """What one contract shows at each second."""

    def __init__(self, contract: Contract, seconds: int, lot: int) -> None:
        newest = contract.as_of(seconds)
        rules = RULES["liquidity"]
        self.seen = [one is not None and one["second"] == t for t, one in enumerate(newest)]
        self.quote: list[tuple | None] = []
        for t, one in enumerate(newest):
            good = (
                one is not None
                and t - one["second"] <= CARRIED
                and 0 < (one["bp0_paise"] or 0) < (one["sp0_paise"] or 0)
                and (one["bq0"] or 0) > 0
                and (one["sq0"] or 0) > 0
            )
            self.quote.append(
                (one["bp0_paise"], one["sp0_paise"], self.levels(one, "b"), self.levels(one, "s")) if good else None
            )
        self.mid = [None if q is None else (q[0] + q[1]) / 2 for q in self.quote]
        self.spread = [None if q is None else q[1] - q[0] for q in self.quote]
        self.depth = [None if q is None else q[2] + q[3] for q in self.quote]
        totals, highest, place = [], 0, 0
        for t in range(seconds):
            while place < len(contract.rows) and contract.rows[place]["second"] <= t:
                highest = max(highest, contract.rows[place]["volume"] or 0)
                place += 1
            totals.append(highest)
        self.traded: list[int | None] = [None] * seconds
        self.marks: list[dict | None] = [None] * seconds
        for t in range(1, seconds):
            if not (self.seen[t] and self.seen[t - 1]):
                continue
            units = totals[t] - totals[t - 1]
            if totals[t - 1] > 0 and not units > totals[t] / 2:
                self.traded[t] = units
            now, before = self.quote[t], self.quote[t - 1]
            if now is None or before is None:
                continue
            wider = (now[1] - now[0]) - (before[1] - before[0])
            small = self.traded[t] is not None and self.traded[t] <= rules["small_lots"] * lot
            self.marks[t] = {
                "bid pull": small and now[2] <= rules["pulled"] * before[2] and (now[0] <= before[0] or wider > 0),
                "ask pull": small and now[3] <= rules["pulled"] * before[3] and (now[1] >= before[1] or wider > 0),
                "bid refill": now[2] >= rules["replenished"] * before[2] and wider <= 0,
                "ask refill": now[3] >= rules["replenished"] * before[3] and wider <= 0,
                "spread": wider != 0,
            }

    @staticmethod
    def levels(row: dict, side: str) -> int:
        levels = [(row[f"{side}p{n}_paise"] or 0, row[f"{side}q{n}"] or 0) for n in range(5)]
        return sum(size for price, size in levels if price > 0 and size > 0)


class SlowState:
    """The state of one day.

    Args:
        underlying, days, lot: whose day, days to the nearest expiry, units in a lot.
        index: (second, paise) of the index in order of time, None on a day without its feed.
        contracts: those of the nearest expiry.
        minutes: minutes from second 0 to the expiry's end.
        past: earlier days, oldest first.
        last: the session's last second; `seconds` how many are told, from the open on.
        opened: the second of the day at which the session opens.
    """

    def __init__(
        self, underlying: str, days: int, lot: int, index: list | None, contracts: list[Contract], minutes: float,
        past: list["SlowState"], last: int, seconds: int, opened: int = 33_300,
    ) -> None:  # fmt: skip
        self.underlying, self.days, self.lot, self.opened = underlying, days, lot, opened
        self.index, self.minutes, self.past = index, minutes, past
        self.last, self.n = last, seconds
        self.contracts = {(one.kind, one.strike): one for one in contracts}
        strikes = {strike for _, strike in self.contracts}
        self.strikes = sorted(k for k in strikes if all((side, k) in self.contracts for side in SIDES))
        self._books: dict = {}

    # --- the level

    def book(self, side: str, strike: int) -> Book:
        key = side, strike
        if key not in self._books:
            self._books[key] = Book(self.contracts[key], self.n, self.lot)
        return self._books[key]

    @cached_property
    def seen(self) -> dict[int, float]:
        """The level in the seconds in which it was seen."""
        if self.index is not None:
            return {second: paise for second, paise in self.index if 0 <= second < self.n and paise > 0}
        found = {}
        for t in range(self.n):
            pairs = []
            for strike in self.strikes:
                books = [self.book(side, strike) for side in SIDES]
                if all(one.seen[t] and one.quote[t] is not None for one in books):
                    difference = books[0].mid[t] - books[1].mid[t]
                    pairs.append((abs(difference), strike, 100 * strike + difference))
            if pairs:
                found[t] = min(pairs)[2]
        return found

    @cached_property
    def newest(self) -> list[int | None]:
        found, last = [], None
        for t in range(self.n):
            last = t if t in self.seen else last
            found.append(last)
        return found

    @cached_property
    def level(self) -> list[float | None]:
        return [None if s is None or t - s > CARRIED else self.seen[s] for t, s in enumerate(self.newest)]

    def moved(self, t: int, w: int) -> float | None:
        if t < w or self.level[t] is None or self.level[t - w] is None:
            return None
        return self.level[t] - self.level[t - w]

    @cached_property
    def returns(self) -> list[float | None]:
        both = [t in self.seen and t - 1 in self.seen for t in range(self.n)]
        return [math.log(self.seen[t] / self.seen[t - 1]) if both[t] else None for t in range(self.n)]

    def rv(self, w: int) -> list[float | None]:
        found, begin, silent = [], None, 0
        for t in range(self.n):
            silent = silent + 1 if self.returns[t] is None else 0
            if silent >= w:
                begin = None
            if silent == 0 and begin is None:
                begin = t
            told = [one for one in self.returns[max(0, t - w + 1) : t + 1] if one is not None]
            full = begin is not None and t - begin + 1 >= w and len(told) >= 0.6 * w - 1e-9
            found.append(math.sqrt(math.fsum(one * one for one in told) / len(told)) if full else None)
        return found

    @cached_property
    def rv_10(self) -> list[float | None]:
        return self.rv(10)

    @cached_property
    def rv_120(self) -> list[float | None]:
        return self.rv(120)

    # --- bursts

    @property
    def unit_name(self) -> str:
        return RULES["burst"]["unit"]

    @cached_property
    def unit(self) -> list[float | None]:
        """What a unit of distance is in paise."""
        if self.unit_name == "pt":
            return [100.0] * self.n
        if self.unit_name == "bp":
            return [None if one is None else one * 1e-4 for one in self.level]
        found, medians = [], {}
        for t in range(self.n):
            half_hour = (self.opened + t) // 1800
            if half_hour not in medians:
                medians[half_hour] = self.median_move(half_hour)
            found.append(medians[half_hour])
        return found

    def median_move(self, half_hour: int) -> float | None:
        days = []
        for day in self.past[-RULES["burst"]["sigma_days"] :]:
            of_then = [t for t in range(day.n) if (day.opened + t) // 1800 == half_hour]
            told = [abs(day.moved(t, 10)) for t in of_then if day.moved(t, 10) is not None]
            if told:
                days.append(told)
        if len(days) < RULES["burst"]["sigma_least_days"]:
            return None
        return statistics.median([one for day in days for one in day])

    @cached_property
    def distances(self) -> dict:
        return cell(RULES["distances"][self.underlying][self.unit_name], self.days)

    @cached_property
    def ratios(self) -> dict:
        return cell(RULES["ratios"][self.underlying], self.days)

    def looked(self, t: int) -> bool:
        return None not in (self.moved(t, 10), self.rv_10[t], self.rv_120[t], self.unit[t])

    def signs(self, t: int) -> tuple[bool, bool, bool]:
        """A, B and C."""
        unit = self.unit[t]
        far = None not in (self.moved(t, 10), unit) and abs(self.moved(t, 10)) >= self.distances["move"] * unit
        fast, slow = self.rv_10[t], self.rv_120[t]
        wild = None not in (fast, slow) and fast > self.ratios["start"] * slow
        steps = [
            abs(self.seen[i] - self.seen[i - 1]) for i in (t - 2, t - 1, t) if i in self.seen and i - 1 in self.seen
        ]
        step = bool(steps) and unit is not None and max(steps) >= self.distances["step"] * unit
        return far, wild, step

    @cached_property
    def bursts(self) -> list[dict]:
        found, under_way, free = [], None, 0
        for t in range(self.n):
            if under_way is None and t >= free and all(self.signs(t)):
                under_way = t
            if under_way is None:
                continue
            end, why = None, None
            five = self.moved(t, 5)
            if t - self.newest[t] > CARRIED:
                end, why = max(self.newest[t], under_way), "gap"
            elif (
                t >= under_way + RULES["burst"]["earliest_end"]
                and None not in (five, self.rv_10[t], self.rv_120[t], self.unit[t])
                and abs(five) < self.distances["quiet"] * self.unit[t]
                and self.rv_10[t] < self.ratios["end"] * self.rv_120[t]
            ):
                end, why = t, "quiet"
            elif t == under_way + RULES["burst"]["longest"]:
                end, why = t, "length"
            elif t == self.last:
                end, why = t, "close"
            if why:
                found.append(self.burst(under_way, end, t, why))
                under_way, free = None, end + RULES["burst"]["apart"]
        if under_way is not None:
            found.append({"start": under_way, "known_at": None, "trigger": sign(self.moved(under_way, 10))})
        return found

    def burst(self, start: int, end: int, known_at: int, why: str) -> dict:
        before = self.level[start - 10]
        after = [one for one in self.level[start : end + 1] if one is not None]
        whole = [one for one in self.level[start - 10 : end + 1] if one is not None]
        moved = self.level[end] - before
        return {
            "start": start, "end": end, "known_at": known_at, "ended_by": why, "truncated": why in ("gap", "close"),
            "trigger": sign(self.level[start] - before), "direction": sign(moved), "moved": moved,
            "size_after_trigger": max(after) - min(after), "size": max(whole) - min(whole),
            "seen": sum(t in self.seen for t in range(start - 10, end + 1)) / (end - start + 11),
            "wildest": max(one for one in self.rv_10[start : end + 1] if one is not None), "calm": self.rv_10[end],
        }  # fmt: skip

    @cached_property
    def ended(self) -> list[dict]:
        return [one for one in self.bursts if one["known_at"] is not None]

    def under_way(self, t: int) -> dict | None:
        for one in self.bursts:
            if one["start"] <= t and (one["known_at"] is None or t < one["known_at"]):
                return one
        return None

    def newest_ended(self, t: int) -> dict | None:
        known = [one for one in self.ended if one["known_at"] <= t]
        return known[-1] if known else None

    @cached_property
    def first_looked(self) -> int:
        return next((t for t in range(self.n) if self.looked(t)), self.n)

    @cached_property
    def in_burst(self) -> list[float | None]:
        found = [0.0 if self.looked(t) else None for t in range(self.n)]
        for one in self.bursts:
            for t in range(one["start"], self.n if one["known_at"] is None else one["known_at"]):
                found[t] = 1.0
        return found

    # --- the strike at the money, and what happens there

    @cached_property
    def listed(self) -> dict[int, int]:
        return {k: max(self.contracts[side, k].rows[0]["second"] for side in SIDES) for k in self.strikes}

    @cached_property
    def atm(self) -> list[int | None]:
        found = []
        for t in range(self.n):
            there = [k for k in self.strikes if self.listed[k] <= t]
            known = self.level[t] is not None and there
            found.append(min(there, key=lambda k: (abs(100 * k - self.level[t]), k)) if known else None)
        return found

    def frozen(self, t: int, w: int) -> int | None:
        return self.atm[t - w] if t >= w else None

    @staticmethod
    def enough(known: int, w: int) -> bool:
        return known >= RULES["liquidity"]["known_share"] * w - 1e-9

    def count(self, names: tuple[str, ...], w: int, sides: tuple[str, ...] = SIDES) -> list[int | None]:
        found = []
        for t in range(self.n):
            strike = self.frozen(t, w)
            found.append(None if strike is None else self.happened(names, strike, t - w + 1, t, sides))
        return found

    def happened(self, names: tuple[str, ...], strike: int, first: int, last: int, sides: tuple) -> int | None:
        total = 0
        for side in sides:
            told = [one for one in self.book(side, strike).marks[first : last + 1] if one is not None]
            if not self.enough(len(told), last - first + 1):
                return None
            total += sum(one[name] for one in told for name in names)
        return total

    def pulls(self, w: int) -> list[int | None]:
        return self.count(("bid pull", "ask pull"), w)

    def refills(self, w: int) -> list[int | None]:
        return self.count(("bid refill", "ask refill"), w)

    def spread_changes(self, w: int) -> list[int | None]:
        return self.count(("spread",), w)

    def put_bid_pulls(self, w: int) -> list[int | None]:
        return self.count(("bid pull",), w, ("PE",))

    def mean(self, of: str, w: int) -> list[float | None]:
        found: list[float | None] = []
        for t in range(self.n):
            strike, total = self.frozen(t, w), 0.0
            for side in SIDES if strike is not None else ():
                told = [one for one in getattr(self.book(side, strike), of)[t - w + 1 : t + 1] if one is not None]
                total = total + sum(told) / len(told) if total is not None and self.enough(len(told), w) else None
            found.append(None if strike is None else total)
        return found

    def trade_rate(self, w: int) -> list[float | None]:
        return [None if one is None else one / self.lot for one in self.mean("traded", w)]

    # --- vacuum

    @cached_property
    def vacuum(self) -> list[dict]:
        rates, weights = self.trade_rate(10), RULES["vacuum"]
        found = []
        for t in range(self.n):
            strike = self.frozen(t, 10)
            spread = self.against(t, strike, "spread", max)
            depth = self.against(t, strike, "depth", min)
            price = None
            if None not in (self.moved(t, 10), rates[t]):
                price = 1e4 * abs(self.moved(t, 10)) / self.level[t - 10] / (1 + 10 * rates[t])
            parts = (spread, depth, price)
            told = zip((weights["spread"], weights["depth"], weights["price"]), parts, strict=True)
            score = None if None in parts else sum(weight * part for weight, part in told)
            found.append({"spread": spread, "depth": depth, "score": score, "rate": rates[t]})
        return found

    def against(self, t: int, strike: int | None, of: str, extreme: object) -> float | None:
        if strike is None or t < 40:
            return None
        call, put = (getattr(self.book(side, strike), of) for side in SIDES)
        both = [None if None in (call[s], put[s]) else call[s] + put[s] for s in range(t - 40, t + 1)]
        before = [one for one in both[:30] if one is not None]
        now = [one for one in both[30:] if one is not None]
        if not (self.enough(len(before), 30) and self.enough(len(now), 11)):
            return None
        mean = sum(before) / len(before)
        return max(0.0, (extreme(now) - mean) / mean if extreme is max else (mean - extreme(now)) / mean)

    def scores(self, burst: dict) -> dict:
        inside = self.vacuum[burst["start"] : burst["end"] + 1]
        found = {}
        for name in ("rate", "score"):
            told = [one[name] for one in inside if one[name] is not None]
            found[name] = math.fsum(told) / len(told) if told else None
            found[f"highest {name}"] = max(told) if told else None
        return found

    @cached_property
    def burst_scores(self) -> list[dict]:
        return [self.scores(one) for one in self.ended]

    @cached_property
    def classes(self) -> list[str]:
        rules = RULES["vacuum"]
        earlier = [one for day in self.past for one in day.burst_scores if None not in (one["rate"], one["score"])]
        if len(earlier) < rules["least_events"]:
            return ["unclassified"] * len(self.ended)
        rates, scores = (sorted(one[name] for one in earlier) for name in ("rate", "score"))
        found = []
        for one in self.burst_scores:
            if None in (one["rate"], one["score"]):
                found.append("unclassified")
                continue
            many = one["rate"] >= nearest_rank(rates, rules["high"])
            empty = one["score"] >= nearest_rank(scores, rules["high"])
            low = one["rate"] < nearest_rank(rates, rules["low"]) and one["score"] < nearest_rank(scores, rules["low"])
            found.append(
                "mixed" if many and empty else "trade" if many else "vacuum" if empty else "quiet" if low else "neutral"
            )
        return found

    # --- fear

    def forward(self, t: int) -> float | None:
        pairs = []
        guide = None if self.index is None or self.newest_index(t) is None else self.newest_index(t)
        for strike in self.strikes:
            call, put = (self.book(side, strike).mid[t] for side in SIDES)
            near = self.index is None or (guide is not None and 0.99 * guide <= 100 * strike <= 1.01 * guide)
            if near and call is not None and put is not None:
                pairs.append((abs(call - put), strike, 100 * strike + call - put))
        return min(pairs)[2] if pairs else None

    def newest_index(self, t: int) -> float | None:
        return None if self.newest[t] is None else self.seen[self.newest[t]]

    def put_delta(self, t: int, strike: int) -> float | None:
        """The delta of Black-76 on the parity forward, without rate, at the volatility found by halving."""
        forward, mid = self.forward(t), self.book("PE", strike).mid[t]
        years = (self.minutes - t / 60) / 525_600
        if forward is None or mid is None or years <= 0:
            return None
        k = 100.0 * strike

        def d1(deviation: float) -> float:
            return math.log(forward / k) / deviation + deviation / 2

        def price(deviation: float) -> float:
            return k * NORMAL.cdf(deviation - d1(deviation)) - forward * NORMAL.cdf(-d1(deviation))

        if not max(0.0, k - forward) < mid < k:
            return None
        low, high = 1e-9, 10.0
        for _ in range(70):
            middle = (low + high) / 2
            low, high = (middle, high) if price(middle) < mid else (low, middle)
        return -NORMAL.cdf(-d1(high))

    def put_excess(self, w: int) -> list[float | None]:
        return [self.excess(t - w, t, self.frozen(t, w)) for t in range(self.n)]

    def excess(self, first: int, last: int, strike: int | None) -> float | None:
        if strike is None or self.level[first] is None or self.level[last] is None:
            return None
        mid = self.book("PE", strike).mid
        delta = self.put_delta(first, strike)
        if None in (mid[first], mid[last], delta):
            return None
        return mid[last] - mid[first] - delta * (self.level[last] - self.level[first])

    @cached_property
    def left_behind(self) -> dict[str, list]:
        return {
            "rv": self.rv(30), "rate": self.trade_rate(30), "spread": self.mean("spread", 30),
            "changes": self.spread_changes(30), "pulls": self.put_bid_pulls(10), "excess": self.put_excess(10),
        }  # fmt: skip

    def quantiles(self, name: str, percent: int) -> list[float | None]:
        rules = RULES["trailing"]
        earlier = [day.left_behind[name] for day in self.past[-rules["days"] :]]
        return trailing(self.left_behind[name], earlier, percent, rules["least"])

    @cached_property
    def fears(self) -> list[dict]:
        rules = RULES["fear"]
        if not self.ended:
            return []
        pulls_bar = self.quantiles("pulls", rules["pulls_quantile"])
        excess_bar = self.quantiles("excess", rules["excess_quantile"])
        found = []
        for one in self.ended:
            first, start, end = one["start"] - 10, one["start"], one["end"]
            strike = self.atm[first]
            share = excess = spread = refills = pulls = None
            pulled = self.left_behind["pulls"][start]
            if strike is not None:
                mid = self.book("PE", strike).mid
                if None not in (mid[first], mid[end]) and one["moved"] != 0:
                    share = (mid[end] - mid[first]) / one["moved"]
                excess, spread = self.excess(first, end, strike), self.book("PE", strike).spread[first]
                if end + rules["wait"] <= self.last:
                    after = end + 1, end + rules["wait"]
                    refills = self.happened(("bid refill", "ask refill"), strike, *after, SIDES)
                    pulls = self.happened(("bid pull", "ask pull"), strike, *after, SIDES)
            if abs(one["moved"]) < 100 * RULES["least_move"][self.underlying]:
                share = None
            bars = pulls_bar[start], excess_bar[start]
            conditions = {
                "down": one["direction"] == -1,
                "share": share is not None and abs(share) >= rules["share_of_move"],
                "pulled": None not in (pulled, bars[0]) and pulled >= max(bars[0], rules["pulls"]),
                "excess": None not in (excess, bars[1], spread) and excess >= max(bars[1], spread),
                "refilled": None not in (refills, pulls) and refills > pulls,
                "calmed": one["calm"] is not None and one["calm"] < rules["calmed"] * one["wildest"],
            }
            found.append({
                "put_share": share, "put_excess": excess, "put_pulls": pulled, "refills": refills, "pulls": pulls,
                **conditions, "fear": all(conditions.values()) and not one["truncated"],
                "known_at": end + rules["wait"], "until": end + rules["active"],
            })  # fmt: skip
        return found

    # --- states by second

    @cached_property
    def in_fear(self) -> list[float | None]:
        fears = [one for one in self.fears if one["fear"]]
        return [
            None if t < self.first_looked else float(any(one["known_at"] <= t <= one["until"] for one in fears))
            for t in range(self.n)
        ]

    @cached_property
    def fear_started(self) -> list[float | None]:
        known = {one["known_at"] for one in self.fears if one["fear"]}
        return [None if t < self.first_looked else float(t in known) for t in range(self.n)]

    @cached_property
    def in_chop(self) -> list[float | None]:
        rules = RULES["chop"]
        if len(self.past) < rules["least_days"]:
            return [None] * self.n
        found: list[float | None] = []
        parts = [
            (self.left_behind[name], self.quantiles(name, rules[rule]))
            for name, rule in (("rv", "realised_volatility"), ("rate", "volume"), ("spread", "spread"))
        ]
        for t in range(self.n):
            told = [(values[t], bar[t]) for values, bar in parts]
            unknown = any(None in one for one in told)
            found.append(None if unknown else float(all(value <= bar for value, bar in told)))
        return found

    @cached_property
    def in_flicker(self) -> list[float | None]:
        rules = RULES["flicker"]
        pulls, refills, changes = self.pulls(30), self.refills(30), self.left_behind["changes"]
        bar = self.quantiles("changes", rules["spread_changes"])
        found: list[float | None] = []
        for t in range(self.n):
            if changes[t] is None:
                found.append(None)
            elif pulls[t] < rules["pulls"] or refills[t] < rules["replenishes"]:
                found.append(0.0)
            else:
                found.append(None if bar[t] is None else float(changes[t] >= bar[t]))
        return found

    @cached_property
    def regime(self) -> list[float | None]:
        found: list[float | None] = []
        for t in range(self.n):
            regime: float | None = 0.0
            for number, states in ((3, self.in_burst), (4, self.in_fear), (2, self.in_flicker), (1, self.in_chop)):
                if states[t] is None:
                    regime = None
                    break
                if states[t]:
                    regime = float(number)
                    break
            found.append(regime)
        return found


def sign(value: float) -> int:
    return (value > 0) - (value < 0)
