"""The fast desk and the slow one agree: event for event, and on packed lakes to the paisa, on random tapes and scripts.

A case has gaps, crossed, one-sided and empty books, silences, several rows a second, thin depth; its script sends all
kinds of orders, groups, changes, cancels, notes and stops, under random models, latencies and limits.
"""

import datetime as dt
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from engine.both_engines import LIFE, lake_of
from engine.desk_play import events_of, play, played, rules_of, script_as_numbers
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.outcome import BY_SETTLEMENT, CLOSED_BY, DeskOutcome, desk_outcome
from nfolab.engine.desk.run import DeskDay, run_on_desk
from nfolab.tape.money import Money
from nfolab.tape.tape import Day
from reference.desk_cases import random_case, slow_answer, tables_of

CASES = int(os.environ.get("NFOLAB_DESK_CASES", "500"))
FIRST = int(os.environ.get("NFOLAB_DESK_FIRST", "0"))
PACKED = 15
STATES = {
    code.SENT: "sent", code.WORKING: "working", code.FILLED: "filled", code.CANCELLED: "cancelled",
    code.EXPIRED: "expired", code.REJECTED: "rejected",
}  # fmt: skip


def orders_of(done: DeskDay) -> list[dict]:
    return [
        {
            "order": number,
            "state": STATES[order[code.STATE]],
            "units": order[code.UNITS],
            "filled": order[code.UNITS] - order[code.LEFT],
        }
        for number, order in enumerate(done.orders.tolist())
    ]


def test_the_two_desks_agree_event_for_event():
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(FIRST, FIRST + CASES):
        case = random_case(seed)
        slow, done = slow_answer(case), played(case)
        fast = events_of(done)
        for place, (one, other) in enumerate(zip(slow["events"], fast, strict=False)):
            assert one == other, f"case {seed}, event {place}"
        assert len(fast) == len(slow["events"]), f"case {seed}"
        assert orders_of(done) == slow["orders"], f"case {seed}"
        seen.update((event["event"], event["reason"]) for event in fast)
    # Whatever the rule book can tell was told, or the cases would prove little.
    if CASES < 500:
        return
    events = {event for event, _ in seen}
    assert events == {name.replace("_", " ") for name in code.EVENT_NAMES}
    missing = set(code.REASON_NAMES) - {reason for _, reason in seen}
    assert not missing, f"no case met {missing}"


def packed_outcome(case: dict, folder: Path) -> DeskOutcome:
    """A case written as vendor files, packed, loaded as any day is, and worked out to its trades."""
    tables, spot = tables_of(case)
    (folder / "raw").mkdir(parents=True)
    for name, table in tables.items():
        pq.write_table(table, folder / "raw" / name)
    if spot is not None:
        pq.write_table(spot, folder / "raw" / "index_spot_banknifty.parquet")
    lake = lake_of(folder / "raw", folder / "lake")
    day = Day(lake, case["underlying"], dt.date.fromisoformat(case["day"]))
    numbers = list(range(day.strike.size))
    assert len(numbers) == len(case["contracts"])
    tape = day.load(numbers)
    actions = script_as_numbers(case["script"], case["by_rows"])
    lot = np.array([told["lot"] for told in case["contracts"]], np.int32)
    rules = rules_of(case["terms"], case["last_second"])
    done = run_on_desk(
        lambda desk: play(desk, actions, case["by_rows"], case["last_second"]),
        tape.book, day.traded(numbers), lot, rules,
    )  # fmt: skip
    return desk_outcome(day, tape, done, Money(day), case["terms"]["brokerage"])


def trades_of(outcome: DeskOutcome) -> list[dict]:
    trades, legs, closed = outcome.trades, outcome.legs, outcome.legs_closed.by
    told = []
    for at, number in enumerate(trades.number.tolist()):
        own = np.flatnonzero(legs.trade == at).tolist()
        told.append(
            {
                "trade": number,
                "gross": int(trades.gross[at]),
                "charges": int(trades.charges[at]),
                "net": int(trades.net[at]),
                "net_flat5": int(trades.net_flat5[at]),
                "net_best": int(trades.net_best[at]),
                "net_worst": int(trades.net_worst[at]),
                "margin": int(trades.margin[at]),
                "most_gain": int(trades.most_gain[at]),
                "most_loss": int(trades.most_loss[at]),
                "seconds_held": int(trades.seconds_held[at]),
                "minute_close": int(trades.minute_close[at]) if trades.has_minute_close[at] else None,
                "legs": [
                    {
                        "contract": int(legs.contract[leg]),
                        "side": "buy" if legs.sign[leg] > 0 else "sell",
                        "units": int(legs.units[leg]),
                        "gross": int(legs.gross[leg]),
                        "end": CLOSED_BY[closed[leg]] if closed[leg] >= BY_SETTLEMENT else "flat",
                    }
                    for leg in own
                ],
            }
        )
    return told


def slow_trades(case: dict) -> list[dict]:
    told = []
    for trade in slow_answer(case)["trades"]:
        legs = [{name: leg[name] for name in ("contract", "side", "units", "gross", "end")} for leg in trade["legs"]]
        names = ("trade", "gross", "charges", "net", "net_flat5", "net_best", "net_worst", "margin", *LIFE)
        told.append({**{name: trade[name] for name in names}, "legs": legs})
    return told


def test_the_two_desks_agree_to_the_paisa_on_packed_lakes(tmp_path):
    met: Counter[str] = Counter()
    seed = FIRST
    while sum(met.values()) < 4 * PACKED:
        case = random_case(seed)
        slow = slow_trades(case)
        if len(slow) > 1:
            outcome = packed_outcome(case, tmp_path / str(seed))
            assert trades_of(outcome) == slow, f"case {seed}"
            met.update(leg["end"] for trade in slow for leg in trade["legs"])
        seed += 1
    assert set(met) == {"flat", "settled", "unclosed"}
