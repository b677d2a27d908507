"""What holds of the slow desk on any day and for any script: drawn cases, no arithmetic by hand."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from reference.desk_cases import Market, random_case, slow_answer, slow_day
from reference.desk_script import run_script
from reference.orders import Terms, moments
from reference.rows import OPEN_SECOND_OF_DAY

SEEDS = st.integers(0, 2**32)
MODELS = ("worst", "likely", "best")
FINAL = {"rejected", "filled", "cancelled", "expired"}
BOOK = ("taken", "opposite")
HEAD = 10_000_00  # paise: what a price and the same price on its head add up to

few = settings(max_examples=50)


def sign(line: dict) -> int:
    return 1 if line["side"] == "buy" else -1


def fills_of(answer: dict) -> list[dict]:
    return [line for line in answer["events"] if line["event"] == "filled"]


def second_of(case: dict, line: dict) -> int:
    """The stamp of the row that a line names."""
    nanos = case["contracts"][line["contract"]]["rows"][line["row"]][0]
    return nanos // 10**9 - OPEN_SECOND_OF_DAY


@few
@given(SEEDS)
def test_every_order_ends_in_one_state_and_fills_no_more_than_its_units(seed):
    answer = slow_answer(random_case(seed))
    filled: dict[int, int] = {}
    for line in fills_of(answer):
        assert line["units"] > 0
        filled[line["order"]] = filled.get(line["order"], 0) + line["units"]
    endings = [line["order"] for line in answer["events"] if line["event"] in ("rejected", "cancelled", "expired")]
    for order in answer["orders"]:
        assert order["state"] in FINAL
        assert order["filled"] == filled.get(order["order"], 0)
        if order["state"] == "filled":
            assert order["filled"] == order["units"]
        elif order["state"] != "rejected":
            assert endings.count(order["order"]) >= 1
            assert order["filled"] <= max(order["units"], order["filled"] if order["state"] == "cancelled" else 0)


@few
@given(SEEDS)
def test_nothing_fills_before_its_arrival_nor_by_a_row_from_before_it(seed):
    case = random_case(seed)
    answer = slow_answer(case)
    draws, messages = case["terms"]["latencies"], 0
    arrival = {}
    for line in answer["events"]:
        if line["event"] in ("sent", "change sent", "cancel sent"):
            latency = draws[messages % len(draws)]
            messages += 1
            if line["event"] == "sent":
                arrival[line["order"]] = line["second"] + latency
        if line["event"] == "triggered":
            arrival[line["order"]] = line["second"] + 1
        if line["event"] == "filled":
            assert second_of(case, line) >= arrival[line["order"]]
            assert line["second"] >= second_of(case, line)


@few
@given(SEEDS)
def test_a_row_fills_at_most_what_it_shows_and_what_traded_in_it(seed):
    case = random_case(seed)
    day, contracts = slow_day(case)
    taken: dict[tuple, int] = {}
    traded: dict[tuple, int] = {}
    for line in fills_of(slow_answer(case)):
        row = (line["contract"], line["row"])
        if line["reason"] in BOOK:
            key = (*row, line["side"], line["level"])
            taken[key] = taken.get(key, 0) + line["units"]
        else:
            traded[row] = traded.get(row, 0) + line["units"]
    for (contract, index, side, level), units in taken.items():
        row = day.rows(contracts[contract])[index]
        assert units <= (row.asks if side == "buy" else row.bids)[level][1]
    for (contract, index), units in traded.items():
        assert units <= moments(day.rows(contracts[contract]))[index].volume


@few
@given(SEEDS)
def test_prices_are_those_of_the_row_or_of_the_order(seed):
    case = random_case(seed)
    day, contracts = slow_day(case)
    answer = slow_answer(case)
    price: dict[int, int] = {}  # of orders at rest
    limit: dict[int, int] = {}
    kinds = {}
    for line in answer["events"]:
        if line["event"] == "placed":
            price[line["order"]] = line["price"]
        if line["event"] in ("sent", "changed"):
            limit[line["order"]] = line["price"]
            kinds.setdefault(line["order"], line)
        if line["event"] != "filled":
            continue
        row = day.rows(contracts[line["contract"]])[line["row"]]
        if line["reason"] == "taken":
            side = row.asks if line["side"] == "buy" else row.bids
            assert line["price"] == side[line["level"]][0]
            if line["order"] in price:  # it stood before at a price, and a change let it take
                assert sign(line) * (limit[line["order"]] - line["price"]) >= 0
        else:
            assert line["price"] == price[line["order"]]


@few
@given(SEEDS)
def test_cash_and_positions_add_up(seed):
    answer = slow_answer(random_case(seed))
    held: dict[tuple[int, int], int] = {}
    cash: dict[int, int] = {}
    for line in fills_of(answer):
        key = (line["trade"], line["contract"])
        held[key] = held.get(key, 0) + sign(line) * line["units"]
        cash[line["trade"]] = cash.get(line["trade"], 0) - sign(line) * line["units"] * line["price"]
    assert {key: units for key, units in held.items() if units} == answer["positions"]
    assert set(cash) == {trade["trade"] for trade in answer["trades"]}
    for trade in answer["trades"]:
        leftover = sum(leg["leftover"] for leg in trade["legs"])
        assert trade["gross"] == cash[trade["trade"]] + leftover == sum(leg["gross"] for leg in trade["legs"])
        assert trade["net"] == trade["gross"] - trade["charges"]
        assert trade["net_worst"] <= trade["net"] <= trade["net_best"]
        assert trade["margin"] > 0


@few
@given(SEEDS)
def test_a_contracts_own_trade_never_changes_its_side(seed):
    case = random_case(seed)
    named = {line["trade"] for line in slow_answer(case)["events"] if line["event"] == "sent"} - {-1}
    sides: dict[int, int] = {}
    held: dict[int, int] = {}
    for line in fills_of(slow_answer(case)):
        trade = line["trade"]
        if trade in named:
            continue
        held[trade] = held.get(trade, 0) + sign(line) * line["units"]
        assert held[trade] * sides.setdefault(trade, sign(line)) >= 0


@few
@given(SEEDS)
def test_nothing_opens_after_a_quarter_past_three_and_nothing_but_the_desk_acts_after_the_end(seed):
    answer = slow_answer(random_case(seed))
    held: dict[tuple, int] = {}
    for line in answer["events"]:
        key = (line["contract"], line["trade"])
        if line["event"] == "sent" and line["second"] > 21_600:
            own = (line["contract"], "own") if line["trade"] == -1 else key
            assert sign(line) * held.get(own, 0) < 0
            assert line["tag"] == -1 or line["second"] < 21_900
        if line["event"] == "filled":
            order = next(one for one in answer["events"] if one["order"] == line["order"] and one["event"] == "sent")
            own = (line["contract"], "own") if order["trade"] == -1 else key
            held[own] = held.get(own, 0) + sign(line) * line["units"]
            assert line["second"] <= 21_900 or order["tag"] == -1


@few
@given(SEEDS, st.integers(1, 100))
def test_what_comes_later_changes_nothing_earlier(seed, cut):
    case = random_case(seed)
    if case["by_rows"]:
        return  # there, the next contract's first second comes after this one's last
    first = min((row[0] for told in case["contracts"] for row in told["rows"]), default=0) // 10**9
    until = first + cut
    other = random_case(seed)
    rng = random.Random(seed)
    for told in other["contracts"]:
        early = [row for row in told["rows"] if row[0] // 10**9 <= until]
        later = [(row[0], row[1], 5 * rng.randrange(1, 99), row[4], row[3]) for row in told["rows"][len(early) :]]
        told["rows"] = early + (later if seed % 2 else [])
    until -= OPEN_SECOND_OF_DAY

    def early_lines(one: dict) -> list[dict]:
        return [line for line in slow_answer(one)["events"] if line["second"] <= until]

    assert early_lines(case) == early_lines(other)


def mirrored(case: dict) -> dict:
    """Prices stand on their heads and sides are swapped."""

    def turned(price: int) -> int:
        return HEAD - price if price else 0

    def of_order(order: dict) -> dict:
        side = {"buy": "sell", "sell": "buy"}[order["side"]]
        prices = {name: HEAD - order[name] for name in ("price", "trigger") if order.get(name, 0) > 0}
        return {**order, **prices, "side": side}

    other = {**case, "contracts": [], "script": []}
    for told in case["contracts"]:
        rows = []
        for nanos, volume, last, bids, asks in told["rows"]:
            sides = [[(turned(price), size) for price, size in side] for side in (asks, bids)]
            rows.append((nanos, volume, turned(last), *sides))
        other["contracts"].append({**told, "rows": rows})
    for action in case["script"]:
        if action["do"] == "send":
            other["script"].append({**action, "order": of_order(action["order"])})
        elif action["do"] == "group":
            other["script"].append({**action, "orders": [of_order(order) for order in action["orders"]]})
        elif action["do"] == "change" and (action["price"] or 0) > 0:
            other["script"].append({**action, "price": HEAD - action["price"]})
        else:
            other["script"].append(action)
    return other


@few
@given(SEEDS)
def test_a_sale_is_a_purchase_on_its_head(seed):
    case = random_case(seed)
    case["terms"] = {**case["terms"], "daily_loss": None}  # a price on its head costs more money

    def steps(answer: dict, top: int, way: int) -> list[tuple]:
        names = ("second", "event", "order", "trade", "row", "level", "units", "shown", "reason")
        return [
            (*(line[name] for name in names), top + way * line["price"] if line["event"] == "filled" else None)
            for line in answer["events"]
        ]

    assert steps(slow_answer(case), 0, 1) == steps(slow_answer(mirrored(case)), HEAD, -1)


# one order on a day of its own


def one_order(seed: int) -> tuple[dict, dict]:
    """A day of one contract and a limit order near its book, that rests as long as it is not filled."""
    rng = random.Random(seed)
    market = Market(rng, 0, 60)
    name = "banknifty25dec59400ce"
    case = random_case(seed)
    rows = market.rows()
    case |= {"contracts": [{"name": name, "rows": rows}], "by_rows": False, "spot": []}
    book = rng.choice([row for row in rows if row[3][0][0] and row[4][0][0]] or rows)
    side = rng.choice(("buy", "sell"))
    best = book[3][0][0] if side == "buy" else book[4][0][0]
    order = {"contract": 0, "side": side, "units": 35 * rng.choice((1, 2, 5, 20)), "kind": "limit"}
    order |= {"price": max(5, (best or 500) // 5 * 5 + 5 * rng.choice((-2, -1, 0, 0, 0, 1))), "fill": "part"}
    return case, order


def filled_by(case: dict, order: dict, model: str) -> list[int]:
    """Units filled up to the second of each row."""
    day, contracts = slow_day(case)
    answer = run_script(day, contracts, Terms(model=model), [{"at": 3, "do": "send", "order": order}])
    lines = [line for line in fills_of(answer) if line["order"] == 0]
    seconds = sorted({row.second for row in day.rows(contracts[0])})
    return [sum(line["units"] for line in lines if line["second"] <= second) for second in seconds]


@settings(max_examples=80)
@given(SEEDS)
def test_at_every_second_worst_has_no_more_than_likely_and_likely_no_more_than_best(seed):
    case, order = one_order(seed)
    worst, likely, best = (filled_by(case, order, model) for model in MODELS)
    assert all(a <= b <= c for a, b, c in zip(worst, likely, best, strict=True))


@few
@given(SEEDS, st.sampled_from(["part", "all"]))
def test_a_stricter_policy_fills_no_row_that_the_other_does_not(seed, fill):
    """At one row: the order arrives there, and nothing was taken before."""
    case, order = one_order(seed)
    rows = case["contracts"][0]["rows"]
    row = random.Random(seed).choice(rows)
    case["contracts"][0]["rows"] = [row]
    order = {**order, "fill": fill, "kind": random.Random(seed).choice(("limit", "market"))}
    day, contracts = slow_day(case)
    at = max(0, row[0] // 10**9 - OPEN_SECOND_OF_DAY - 1)
    taken = []
    for policy in ("strict", "one_sided"):
        answer = run_script(day, contracts, Terms(policy=policy), [{"at": at, "do": "send", "order": order}])
        taken.append([(line["level"], line["price"], line["units"]) for line in fills_of(answer) if not line["order"]])
    strict, loose = taken
    assert strict in ([], loose)


@few
@given(SEEDS, st.sampled_from(MODELS))
def test_by_rows_one_contract_has_the_same_day_as_by_seconds(seed, model):
    case, order = one_order(seed)
    rng = random.Random(seed)
    rows = case["contracts"][0]["rows"]
    seconds = [row[0] // 10**9 - OPEN_SECOND_OF_DAY for row in rows]
    last = [index for index, second in enumerate(seconds) if second not in seconds[index + 1 :]]
    script = []
    for index in sorted(rng.sample(last, min(5, len(last)))):
        own = {**order, "kind": rng.choice(("market", "limit", "peg", "stop")), "trigger": order["price"]}
        own |= {"peg": ("own", 1), "side": rng.choice(("buy", "sell")), "fill": rng.choice(("part", "all", "now"))}
        number = rng.randrange(4)
        action = rng.choice(({"do": "send", "order": own}, {"do": "send", "order": own}, {"do": "cancel", "order": 0}))
        if rng.random() < 0.2:
            action = {"do": "change", "order": number, "price": None, "units": 70}
        script.append({**action, "at": seconds[index], "contract": 0, "row": index})
    day, contracts = slow_day(case)
    terms = Terms(model=model, latencies=(1, 3))
    assert run_script(day, contracts, terms, script) == run_script(day, contracts, terms, script, by_rows=True)
