"""A strategy that plays a script: plain actions at seconds or rows, compiled once for every test of the desk.

`played` takes the cases of `reference.desk_cases` and answers in their form.
"""

import datetime as dt

import numpy as np
from numba import njit

from nfolab.engine.desk import (
    KEEP,
    NOTHING,
    advance,
    begin_group,
    change,
    new_trade,
    note,
    position,
    see,
    send_group,
    stop_for_the_day,
)
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.codes import LogField
from nfolab.engine.desk.messages import cancel_one
from nfolab.engine.desk.run import DeskDay, run_on_desk
from nfolab.engine.desk.sending import send
from nfolab.engine.desk.tables import DeskRules
from nfolab.tape.book import Book, as_of_index
from reference.orders import moments
from reference.rows import NANOS, OPEN_SECOND_OF_DAY, make_row

WHEN, PLACE, DO, ORDER, CONTRACT, SIDE, UNITS, KIND, FILL, PRICE, TRIGGER, TICKS, VALID, TRADE, TAG = range(15)
SEND, CANCEL, CHANGE, NEW_TRADE, BEGIN, END, STOP, NOTE, LOOK = range(9)
CASH_NOTE = 100
"""A look notes the position of each contract under its number, and the day's cash in paise under this one."""


@njit(cache=True)
def act(desk, one, named, by_rows, contract):
    do = one[DO]
    if do == NEW_TRADE:
        named[named[0] + 1] = new_trade(desk)
        named[0] += 1
    elif do == STOP:
        stop_for_the_day(desk)
    elif do == NOTE:
        note(desk, one[PRICE], one[UNITS])
    elif do == LOOK:
        for place in range(desk.first_order.size):
            note(desk, place, position(desk, place))
        note(desk, CASH_NOTE, desk.scalars[code.CASH])
    elif do == BEGIN:
        begin_group(desk)
    elif do == END:
        send_group(desk)
    elif do == SEND:
        trade = NOTHING if one[TRADE] < 0 else named[one[TRADE] + 1]
        send(
            desk, one[CONTRACT], one[SIDE], one[UNITS], one[KIND], one[FILL], one[PRICE], one[TRIGGER], one[TICKS],
            one[VALID], trade, one[TAG],
        )  # fmt: skip
    elif one[ORDER] < desk.scalars[code.ORDERS]:
        if by_rows and desk.orders[one[ORDER], code.CONTRACT] != contract:
            return
        if do == CANCEL:
            cancel_one(desk, one[ORDER])
        else:
            change(desk, one[ORDER], one[PRICE], one[UNITS])


@njit(cache=True)
def play(desk, actions, by_rows, last):
    """Carry out actions in order of time: by seconds WHEN is a second, by rows a contract and PLACE a row."""
    named = np.zeros(actions.shape[0] + 1, np.int64)
    at = 0
    if by_rows:
        for contract in range(desk.first_order.size):
            for row in range(desk.book.first_row[contract], desk.book.first_row[contract + 1]):
                see(desk, contract, row)
                place = row - desk.book.first_row[contract]
                while at < actions.shape[0] and actions[at, WHEN] == contract and actions[at, PLACE] == place:
                    act(desk, actions[at], named, True, contract)
                    at += 1
    else:
        for second in range(last + 1):
            advance(desk, second)
            while at < actions.shape[0] and actions[at, WHEN] == second:
                act(desk, actions[at], named, False, 0)
                at += 1


def rows_as_arrays(contracts: list[list[tuple]], last: int) -> tuple[Book, np.ndarray]:
    """A book of rows (nanoseconds of the day, volume or −1, last price, bids, asks), and what traded before each."""
    counts = [len(rows) for rows in contracts]
    every = [row for rows in contracts for row in rows]
    sides = []
    for side in (3, 4):
        for part in (0, 1):
            levels = [[row[side][level][part] if level < len(row[side]) else 0 for row in every] for level in range(5)]
            sides.append(np.array(levels, np.int32).reshape(5, len(every)))
    second = np.array([row[0] // NANOS - OPEN_SECOND_OF_DAY for row in every], np.int32)
    first_row = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    prices = np.array([row[2] for row in every], np.int32)
    defects = np.zeros(len(every), np.int32)
    book = Book(second, first_row, as_of_index(second, first_row, last + 1), *sides, prices, defects)
    date = dt.date(2025, 12, 15)
    made = [[make_row(date, *row) for row in rows] for rows in contracts]
    traded = [moment.volume for rows in made for moment in moments(rows)]
    return book, np.array(traded, np.int32)


def rules_of(terms: dict, last: int) -> DeskRules:
    return DeskRules(
        latency=np.array(terms.get("latencies", (1,)), np.int32),
        freeze=terms.get("freeze") or 10**9,
        last_second=last,
        last_opening=terms.get("last_entry", 21_600),
        square_off=terms.get("square_off", 21_900),
        first_second=terms.get("chosen_at", 0),
        max_quote_age=terms.get("max_quote_age", 5),
        queue=code.QUEUE_NAMES.index(terms.get("model", "likely")),
        one_sided=terms.get("policy", "strict") == "one_sided",
        on_last=terms.get("on_last", False),
        most_open=terms.get("most_open") or 0,
        most_trades=terms.get("most_trades") or 0,
        cool_down=terms.get("cool_down", 0),
        daily_loss=terms.get("daily_loss") or 0,
    )


def _order(order: dict) -> list[int]:
    kind, ticks = order["kind"], 0
    if kind == "peg":
        what, ticks = order["peg"]
        kind = "peg" if what == "own" else "peg_mid"
    valid = order.get("valid")
    trade = order.get("trade")
    return [
        order["contract"], 1 if order["side"] == "buy" else -1, order["units"], code.KIND_NAMES.index(kind),
        code.FILL_NAMES.index(order.get("fill", "part")), order.get("price", 0), order.get("trigger", 0), ticks,
        code.DAY if valid is None else valid, -1 if trade is None else trade, order.get("tag", 0),
    ]  # fmt: skip


def script_as_numbers(script: list[dict], by_rows: bool) -> np.ndarray:
    """A script as numbers; what names a trade that was not opened by then is left out."""
    lines = []
    opened = 0
    for action in script:
        when = [action["contract"], action["row"]] if by_rows else [action["at"], 0]
        do = action["do"]

        def line(do: int, order: int = 0, fields: list[int] = (), when: list[int] = when) -> None:
            lines.append([*when, do, order, *fields, *[0] * (11 - len(fields))])

        orders = [action["order"]] if do == "send" else action.get("orders", [])
        if any(
            (order.get("trade") or 0) >= max(opened, 1) or (order.get("trade") == 0 and not opened) for order in orders
        ):
            continue
        if do == "send":
            line(SEND, 0, _order(orders[0]))
        elif do == "group":
            line(BEGIN)
            for order in orders:
                line(SEND, 0, _order(order))
            line(END)
        elif do == "new_trade":
            opened += 1
            line(NEW_TRADE)
        elif do == "stop":
            line(STOP)
        elif do == "look":
            line(LOOK)
        elif do == "note":
            line(NOTE, 0, [0, 0, action["number"], 0, 0, action["code"]])
        elif do == "cancel":
            line(CANCEL, action["order"])
        else:
            price = KEEP if action["price"] is None else action["price"]
            units = KEEP if action["units"] is None else action["units"]
            line(CHANGE, action["order"], [0, 0, units, 0, 0, price])
    return np.array(lines, np.int64).reshape(len(lines), 15)


def events_of(done: DeskDay) -> list[dict]:
    """The log in words, rows by their place among their contract's."""
    told = []
    for line in done.log.tolist():
        one = dict(zip((field.name.lower() for field in LogField), line, strict=True))
        if one["row"] >= 0:
            one["row"] -= int(done.book.first_row[one["contract"]])
        one["event"] = code.EVENT_NAMES[one["event"]].replace("_", " ")
        one["side"] = {1: "buy", -1: "sell", 0: ""}[one["side"]]
        one["reason"] = "" if one["reason"] < 0 else code.REASON_NAMES[one["reason"]]
        told.append(one)
    return told


def played(case: dict) -> DeskDay:
    """What the fast desk makes of a case."""
    last = case["last_second"]
    book, traded = rows_as_arrays([told["rows"] for told in case["contracts"]], last)
    lot = np.array([told["lot"] for told in case["contracts"]], np.int32)
    actions = script_as_numbers(case["script"], case["by_rows"])

    def strategy(desk):
        play(desk, actions, case["by_rows"], last)

    return run_on_desk(strategy, book, traded, lot, rules_of(case["terms"], last))
