"""Random questions to put to both engines: parameters of short_straddle, recipes of one to four legs, small markets."""

import datetime as dt
import random

import pyarrow as pa

from reference.plans import LegPlan, Limit, Plan, clock, limit_of
from reference.rows import Contract, contract_of

TICK = 5


def time_text(second_of_day: int) -> str:
    return str(dt.timedelta(seconds=second_of_day)).zfill(8)


def at(text: str) -> int:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def random_parameters(rng: random.Random, strikes: tuple[str, ...] = ("59400", "59900")) -> dict[str, str]:
    """Values for `--set` of short_straddle.

    Mostly large, so that exits are partial; some with leg stops alone, so that a leg stop closes last.
    """
    lots = rng.choice((1, 2, 4, 6, 7, 8, 8, 9, 10, 11, 12))
    entry = rng.randrange(at("09:33:00"), at("15:10:00"))
    if rng.random() < 0.06:
        entry = rng.choice((at("09:20:00"), at("09:32:48"), at("10:56:20"), at("15:14:58"), at("15:15:00")))
    length = rng.choice((rng.randrange(1, 30), rng.randrange(30, 600), rng.randrange(600, 8000), 20_000))
    legs_only = rng.random() < 0.3
    pair_rules = 0 if legs_only else 0.55
    leg_stops = (0.2, 0.4, 0.75, 1, 1.25, 2, 3) if legs_only else (1, 2, 3, 5, 7.5, 10, 12.25, 20, 33.3)
    parameters = {
        "strike": rng.choice(strikes),
        "entry": time_text(entry),
        "exit": time_text(min(entry + length, at("15:20:00"))),
        "lots": f"{lots}lots",
        "latency": f"{rng.choice((1, 1, 1, 2, 3, 4))}s",
        "max_quote_age": f"{rng.choice((5, 5, 5, rng.randrange(1, 9)))}s",
        "stop": random_limit(rng, lots) if rng.random() < pair_rules else "none",
        "target": random_limit(rng, lots) if rng.random() < 1.2 * pair_rules else "none",
        "leg_stop": f"{rng.choice(leg_stops)}%" if legs_only or rng.random() < 0.4 else "none",
    }
    if rng.random() < 0.15:
        parameters |= {"strike": rng.choice(("atm", "atm_pair")), "spot": "parity"}
    if rng.random() < 0.3:
        parameters["plan"] = rng.choice(("zero", "flat20", "flat5"))
    if rng.random() < 0.1:
        del parameters[rng.choice(("latency", "max_quote_age", "stop", "target", "leg_stop"))]
    return parameters


def random_limit(rng: random.Random, lots: int) -> str:
    """A loss or a gain that a straddle of 1,000 points may well reach."""
    unit = rng.choice(("%", "pt", "rs"))
    points = rng.choice((1, 2, 4, 8, 15, 30, 60)) * rng.uniform(0.5, 1.5)
    if unit == "%":
        return f"{points / 10:.2f}%"
    if unit == "pt":
        return f"{points:.2f}pt"
    return f"{points * 35 * lots:.2f}rs"


Recipe = dict


def random_recipe(rng: random.Random) -> Recipe:
    """One to four legs, sold or bought, in words.

    Keys: legs, enter, exit, lots, stop, target, leg_stop, spot, latency, max_quote_age.
    A limit is `{"amount": "30%" | "40pt" | "1500rs", "on": "walked" | "mid" | "last"}` or None.
    """
    lots = rng.choice((1, 2, 5, 8))
    words = ["atm", "atm", "atm_pair", "atm+1", "atm-1", "otm1", "otm2", "itm1", "atm_pair", 59400, 59500]
    legs = [
        {
            "side": rng.choice(("sell", "buy")),
            "kind": rng.choice(("CE", "PE")),
            "strike": rng.choice(words),
            "lots": rng.choice((1, 1, 1, 2)),
        }
        for _ in range(rng.choice((1, 2, 2, 3, 4)))
    ]
    start = rng.choice((at("09:15:20"), at("11:00:20"))) + rng.randrange(600)
    entries = sorted({start, *(start + rng.randrange(20, 500) for _ in range(rng.choice((0, 0, 1, 3))))})
    exit_at = rng.choice((entries[-1] + rng.randrange(1, 300), at("15:15:00"), at("15:20:00"), at("15:20:00")))

    def limit(units: tuple[str, ...]) -> dict[str, str] | None:
        if rng.random() < 0.5:
            return None
        text = random_limit(rng, lots)
        while not text.endswith(units):
            text = random_limit(rng, lots)
        return {"amount": text, "on": rng.choice(("walked", "walked", "mid", "last"))}

    return {
        "legs": legs,
        "enter": [time_text(second) for second in entries],
        "exit": time_text(exit_at),
        "lots": lots,
        "stop": limit(("%", "pt", "rs")),
        "target": limit(("%", "pt", "rs")),
        "leg_stop": limit(("%", "pt")),
        "spot": rng.choice(("index", "parity")),
        "latency": rng.choice((1, 1, 2, 3)),
        "max_quote_age": rng.choice((5, 5, rng.randrange(1, 9))),
    }


def plan_of(recipe: Recipe) -> Plan:
    """The plan that a recipe of words stands for."""

    def limit(words: dict[str, str] | None) -> Limit | None:
        if words is None:
            return None
        plain = limit_of(words["amount"])
        return None if plain is None else Limit(plain.amount, plain.unit, words["on"])

    return Plan(
        legs=tuple(LegPlan(**leg) for leg in recipe["legs"]),
        entries=tuple(clock(text) for text in recipe["enter"]),
        exit=clock(recipe["exit"]),
        lots=recipe["lots"],
        stop=limit(recipe["stop"]),
        target=limit(recipe["target"]),
        leg_stop=limit(recipe["leg_stop"]),
        spot=recipe["spot"],
        latency=recipe["latency"],
        max_quote_age=recipe["max_quote_age"],
    )


WINDOWS = (("09:15:00", "09:32:00"), ("11:00:00", "11:20:00"), ("15:08:00", "15:30:00"))
"""When a random market trades; the hours between are one long gap."""


def random_market(
    rng: random.Random,
    day: dt.date,
    strikes: tuple[int, ...] = (59100, 59200, 59300, 59400, 59500, 59600, 59700, 59800),
) -> tuple[dict[str, pa.Table], pa.Table]:
    """Vendor-format tables of BANKNIFTY options of 2025-12-30 by file name, and their index: only moving numbers.

    Some contracts start late or fall silent before the close, some strikes have one kind only; a premium is intrinsic
    plus a wandering time value.
    """
    seconds = [second for start, end in WINDOWS for second in range(at(start), at(end) + 1)]
    index, level = {}, 59_450_00
    for second in seconds:
        level += rng.choice((-5, 0, 5)) * rng.randrange(0, 60)
        if second % 400 == 0:
            level += rng.choice((-1, 1)) * rng.randrange(0, 8000, 5)
        index[second] = level
    tables = {}
    for strike in strikes:
        for kind in ("CE", "PE"):
            if rng.random() < 0.08:
                continue
            name = f"banknifty25dec{strike}{kind.lower()}.parquet"
            tables[name] = contract_table(rng, day, contract_of(name), seconds, index)
    spot_seconds = [second for second in seconds if rng.random() < 0.95 and not 200 < second % 700 < 210]
    midnight = dt.datetime.combine(day, dt.time())
    spot = pa.table(
        {
            "symbol": pa.array(["BANKNIFTY"] * len(spot_seconds), pa.large_string()),
            "timestamp": pa.array([midnight + dt.timedelta(seconds=s) for s in spot_seconds], pa.timestamp("ms")),
            "price": pa.array([index[second] / 100 for second in spot_seconds], pa.float64()),
            "source": pa.array(["random"] * len(spot_seconds), pa.large_string()),
        }
    )
    return tables, spot


def contract_table(
    rng: random.Random, day: dt.date, contract: Contract, seconds: list[int], index: dict[int, int]
) -> pa.Table:
    midnight = dt.datetime.combine(day, dt.time())
    start = rng.choice((0, 0, 0, rng.randrange(60)))
    silent_from = at("15:14:00") + rng.randrange(360) if rng.random() < 0.25 else at("15:30:01")
    rows: list[dict] = []
    time_value, volume = rng.randrange(100_00, 400_00, TICK), 0
    for second in seconds[start:]:
        if second >= silent_from or (rows and rng.random() < 0.12):
            continue
        time_value = max(5_00, time_value + rng.choice((-1, 0, 1)) * TICK * rng.randrange(0, 20))
        away = index[second] - contract.strike * 100
        fair = max(away if contract.kind == "CE" else -away, 0) // TICK * TICK + time_value
        volume += rng.choice((0, 35, 70, 350))
        time = midnight + dt.timedelta(seconds=second)
        row = {"timestamp": time, "ts": time, "lastTradeTime": time, "volume": volume, "price": fair / 100, "qty": 35}
        for side, away_by in (("b", -TICK), ("s", TICK)):
            price = fair
            for place in range(5):
                price += away_by * rng.randrange(1, 6)
                alive = price > 0
                row[f"{side}p{place}"] = price / 100 if alive else 0.0
                row[f"{side}q{place}"] = 35 * rng.randrange(1, 7) if alive else 0
        rows.append(row)
    return table_of(rows, contract)


def table_of(rows: list[dict], contract: Contract) -> pa.Table:
    """Rows of some vendor columns as a table of all 52, in the vendor's order and types; what is not given is null."""
    schema = vendor_schema()
    fixed = {
        "symbol": contract.underlying,
        "opt_type": contract.kind,
        "strike": contract.strike,
        "year": contract.expiry.year,
        "month": contract.expiry.month,
    }
    columns = [pa.array([fixed.get(field.name, row.get(field.name)) for row in rows], field.type) for field in schema]
    return pa.table(columns, schema=schema)


def vendor_schema() -> pa.Schema:
    clock_type, price, whole, text = pa.timestamp("us"), pa.float64(), pa.int64(), pa.large_string()
    fields = [("timestamp", clock_type), ("price", price), ("qty", whole), ("avgPrice", price), ("volume", whole)]
    fields += [
        ("bQty", whole),
        ("sQty", whole),
        *((name, price) for name in ("open", "high", "low", "close", "changeper")),
    ]
    fields += [("lastTradeTime", clock_type), ("oi", whole), ("oiHigh", whole), ("oiLow", whole)]
    for side in "bs":
        for level in range(5):
            fields += [(f"{side}q{level}", whole), (f"{side}p{level}", price), (f"{side}o{level}", whole)]
    fields += [
        ("symbol", text),
        ("opt_type", text),
        ("strike", whole),
        ("year", whole),
        ("month", whole),
        ("ts", clock_type),
    ]
    return pa.schema(fields)


def tally(outcomes: list[dict]) -> dict[str, int]:
    """How often each thing happened: reasons, partial exits, misses by cause, refusals."""
    counts: dict[str, int] = {}

    def count(what: str) -> None:
        counts[what] = counts.get(what, 0) + 1

    for outcome in outcomes:
        trade = outcome["trade"]
        if trade is None:
            kind = next(key for key in ("miss", "refused", "skipped") if key in outcome)
            detail = outcome[kind]
            count(f"{kind} {detail['cause']}" if isinstance(detail, dict) else kind)
            continue
        count("trades")
        count(f"reason {trade['reason']}")
        for number, leg in enumerate(trade["legs"]):
            count(f"leg {leg['reason']}")
            exits = [fill for fill in trade["fills"] if fill["leg"] == number and fill["side"] != leg["side"]]
            if len(exits) > 1:
                count("legs closed in parts")
        if any(
            len([f for f in trade["fills"] if f["leg"] == number and f["side"] != leg["side"]]) > 1
            for number, leg in enumerate(trade["legs"])
        ):
            count("partial exits")
    return counts
