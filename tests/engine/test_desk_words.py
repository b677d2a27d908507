"""Every word that a strategy says to the desk, in a script: what it answers, and what it refuses to be asked.

Seconds count from the open, prices are paise; a lot is 35 units.
"""

import numpy as np
import pytest
from numba import njit

from engine.desk_play import rows_as_arrays, rules_of
from engine.test_desk_by_hand import quiet, row
from nfolab.base.errors import InputError
from nfolab.engine import desk as words
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.clock import finish
from nfolab.engine.desk.codes import FAULT_SENTENCES, LogField
from nfolab.engine.desk.run import DeskDay, run_on_desk
from nfolab.engine.desk.tables import Room, new_desk, room_needed
from reference.rows import NANOS, OPEN_SECOND_OF_DAY

(
    ADVANCE, SEE, BUY, SELL, LIMIT, STOP, STOP_LIMIT, PEG, MID_PEG, NEW_TRADE, IS_LIVE, IS_CANCELLING, IS_FILLED,
    FILLED, POSITION, OF_TRADE, VALUE, GAIN_OF_TRADE, GAIN_OF_DAY, CANCEL, CHANGE, BEGIN, END, STOP_DAY, NOTE,
) = range(25)  # fmt: skip
TRADELESS = (-1, 0, 0)


@njit(cache=True)
def say(desk, script, answers):
    for at in range(script.shape[0]):
        word, a, b, c, d, e, f = script[at]
        told = 0
        if word == ADVANCE:
            words.advance(desk, a)
        elif word == SEE:
            words.see(desk, a, b)
        elif word == BUY:
            told = words.buy(desk, a, b, c, d, e)
        elif word == SELL:
            told = words.sell(desk, a, b, c, d, e)
        elif word == LIMIT:
            told = words.send_limit(desk, a, b, c, d, e, words.PART, f)
        elif word == STOP:
            told = words.send_stop(desk, a, b, c, d, e, f)
        elif word == STOP_LIMIT:
            told = words.send_stop_limit(desk, a, b, c, d, e, words.DAY, f)
        elif word == PEG:
            told = words.send_peg(desk, a, b, c, d, e, f)
        elif word == MID_PEG:
            told = words.send_mid_peg(desk, a, b, c, d, e, f)
        elif word == NEW_TRADE:
            told = words.new_trade(desk)
        elif word == IS_LIVE:
            told = int(words.is_live(desk, a))
        elif word == IS_CANCELLING:
            told = int(words.is_cancelling(desk, a))
        elif word == IS_FILLED:
            told = int(words.is_filled(desk, a))
        elif word == FILLED:
            told = words.filled_units(desk, a)
        elif word == POSITION:
            told = words.position(desk, a)
        elif word == OF_TRADE:
            told = words.position_of_trade(desk, a, b)
        elif word == VALUE:
            told = words.value_to_close(desk, a, b)
        elif word == GAIN_OF_TRADE:
            told = words.gain_of_trade(desk, a)
        elif word == GAIN_OF_DAY:
            told = words.gain_of_day(desk)
        elif word == CANCEL:
            words.cancel(desk, a)
        elif word == CHANGE:
            words.change(desk, a, b, c)
        elif word == BEGIN:
            words.begin_group(desk)
        elif word == END:
            told = int(words.send_group(desk))
        elif word == STOP_DAY:
            words.stop_for_the_day(desk)
        else:
            words.note(desk, a, b)
        answers[at] = told


def numbers_of(script: list[tuple]) -> np.ndarray:
    return np.array([[*line, *[0] * (7 - len(line))] for line in script], np.int64).reshape(len(script), 7)


def said(script: list[tuple], *contracts: list[tuple], **terms) -> tuple[list, DeskDay]:
    """What each word answered, and the day that it left."""
    book, traded = rows_as_arrays(list(contracts), 22_500)
    lot = np.full(len(contracts), 35, np.int32)
    lines = numbers_of(script)
    answers = np.zeros(len(script), np.int64)
    done = run_on_desk(lambda desk: say(desk, lines, answers), book, traded, lot, rules_of(terms, 22_500))
    return answers.tolist(), done


def told_of(done: DeskDay, *fields: LogField, event: int) -> list[tuple]:
    return [tuple(line[field] for field in fields) for line in done.log.tolist() if line[LogField.EVENT] == event]


def test_what_is_held_and_what_it_is_worth():
    rows = quiet(100, 101)
    script = [
        (ADVANCE, 100),
        (BUY, 0, 35, *TRADELESS),
        (IS_LIVE, 0), (IS_FILLED, 0), (FILLED, 0), (POSITION, 0),
        (ADVANCE, 101),
        (IS_LIVE, 0), (IS_FILLED, 0), (FILLED, 0), (POSITION, 0),
        (VALUE, 0, 35), (VALUE, 0, -35), (VALUE, 0, 0), (VALUE, 0, 350), (VALUE, 0, 351), (GAIN_OF_DAY,),
        (ADVANCE, 106), (VALUE, 0, 35), (GAIN_OF_DAY,),
        (ADVANCE, 107), (VALUE, 0, 35), (GAIN_OF_DAY,),
    ]  # fmt: skip
    answers, _ = said(script, rows)
    assert answers[1:6] == [0, 1, 0, 0, 0]
    assert answers[7:11] == [0, 1, 35, 35]
    # Bids of 100.00, asks of 100.10, 350 units each; bought at 100.10. A quote is good for 5 s.
    unknown = words.NO_VALUE
    assert answers[11:17] == [350_000, -350_350, 0, 3_500_000, unknown, -350]
    assert answers[18:20] == [350_000, -350]
    assert answers[21:] == [unknown, unknown]


def test_a_contract_without_a_row_or_with_a_bad_one_has_no_value():
    crossed = [row(100, [(10_020, 350)], [(10_010, 350)])]
    answers, _ = said([(ADVANCE, 99), (VALUE, 0, 35), (ADVANCE, 100), (VALUE, 0, 35)], crossed)
    assert answers == [0, words.NO_VALUE, 0, words.NO_VALUE]


def test_an_order_in_slices_is_asked_about_as_one():
    # 175 units in slices of 70, 70 and 35 where the asks hold 140 once; the last slice waits and is cancelled.
    rows = [*quiet(100), *(row(second, [(10_000, 350)], [(10_010, 140)]) for second in (101, 102, 103))]
    script = [
        (ADVANCE, 100), (BUY, 0, 175, *TRADELESS), (IS_LIVE, 0), (FILLED, 0),
        (ADVANCE, 101), (IS_LIVE, 0), (IS_FILLED, 0), (IS_FILLED, 1), (FILLED, 0), (IS_CANCELLING, 0),
        (LIMIT, 0, 1, 35, 9_000, 100, -1),
        (CANCEL, 0), (IS_CANCELLING, 0), (IS_CANCELLING, 2), (IS_CANCELLING, 1),
        (ADVANCE, 102), (IS_LIVE, 0), (IS_CANCELLING, 0), (FILLED, 0),
    ]  # fmt: skip
    answers, done = said(script, rows, freeze=100)
    assert told_of(done, LogField.UNITS, event=code.ON_SENT)[:3] == [(70,), (70,), (35,)]
    assert answers[1:4] == [0, 1, 0]
    assert answers[5:10] == [1, 0, 1, 140, 0]
    assert answers[12:15] == [1, 1, 0]
    assert answers[16:] == [0, 0, 140]
    assert told_of(done, LogField.ORDER, event=code.ON_CANCEL_SENT) == [(2,)]


def test_a_cancel_of_what_is_over_is_refused():
    script = [(ADVANCE, 100), (BUY, 0, 35, *TRADELESS), (ADVANCE, 101), (CANCEL, 0)]
    _, done = said(script, quiet(100, 101))
    fields = (LogField.ORDER, LogField.UNITS, LogField.REASON)
    assert told_of(done, *fields, event=code.ON_REJECTED) == [(0, 0, code.NOT_LIVE)]


def test_each_kind_of_order_goes_out_as_it_was_asked_for():
    rows = quiet(*range(100, 120), bid=10_000, ask=10_040)
    buys, sells = words.BUY, words.SELL
    script = [
        (ADVANCE, 100), (NEW_TRADE,),
        (LIMIT, 0, buys, 35, 9_990, 3, -1),
        (STOP, 0, sells, 35, 9_980, 4, -1),
        (STOP_LIMIT, 0, buys, 35, 10_050, 10_060, 0),
        (PEG, 0, buys, 35, 2, 5, 0),
        (MID_PEG, 0, sells, 35, 6, -1),
        (BUY, 0, 35, 0, 7, words.PART),
        (SELL, 0, 700, -1, 8, words.ALL),
        (SELL, 0, 700, -1, 9, words.NOW),
    ]  # fmt: skip
    answers, done = said(script, rows)
    assert answers[1:] == [0, 0, 1, 2, 3, 4, 5, 6, 7]
    fields = (LogField.SIDE, LogField.TRADE, LogField.PRICE, LogField.TAG)
    # The peg of two ticks stands at 100.00 + 0.10, the mid of 100.00 and 100.40 is 100.20.
    assert told_of(done, *fields, event=code.ON_SENT) == [
        (1, -1, 9_990, 0), (-1, -1, 9_980, 0), (1, 0, 10_050, 0), (1, 0, 10_010, 0), (-1, -1, 10_020, 0),
        (1, 0, 0, 7), (-1, -1, 0, 8), (-1, -1, 0, 9),
        (-1, 0, 0, -1), (1, -1, 0, -1),
    ]  # fmt: skip
    kinds = (code.LIMIT, code.STOP, code.STOP_LIMIT, code.PEG, code.PEG_MID, code.MARKET, code.MARKET, code.MARKET)
    assert tuple(done.orders[:8, code.KIND]) == kinds
    assert tuple(done.orders[5:8, code.FILL]) == (code.PART, code.ALL, code.NOW)
    over = told_of(done, LogField.ORDER, LogField.SECOND, event=code.ON_EXPIRED)
    # Valid for 3, 4, 5 and 6 seconds after 101: the next row shows that it is over.
    assert over[:4] == [(0, 105), (1, 106), (3, 107), (4, 108)]
    assert done.orders[2, code.PRICE] == 10_060


def test_the_gain_of_a_trade_over_two_contracts():
    rows = [*quiet(*range(100, 104)), *quiet(104, bid=10_100, ask=10_110)]
    silent = [*quiet(100, 101), row(103, [], [(10_010, 350)])]
    script = [
        (ADVANCE, 100), (NEW_TRADE,), (NEW_TRADE,), (OF_TRADE, 1, 0), (GAIN_OF_TRADE, 1),
        (BUY, 0, 35, 1, 0, 0), (SELL, 1, 70, 1, 0, 0),
        (ADVANCE, 101), (OF_TRADE, 1, 0), (OF_TRADE, 1, 1), (OF_TRADE, 0, 1), (POSITION, 0), (GAIN_OF_TRADE, 1),
        (BUY, 1, 35, 1, 0, 0),
        (ADVANCE, 103), (GAIN_OF_TRADE, 1), (GAIN_OF_DAY,),
    ]  # fmt: skip
    answers, done = said(script, rows, silent)
    assert answers[1:5] == [0, 1, 0, 0]
    # Each unit pays the spread of 10 paise: 35 bought and 70 sold.
    assert answers[8:13] == [35, -70, 0, 0, -1_050]
    assert answers[15:] == [words.NO_VALUE, words.NO_VALUE]
    assert told_of(done, LogField.TRADE, event=code.ON_FILLED)[:2] == [(1,), (1,)]


def test_a_group_of_orders_goes_out_together():
    script = [
        (ADVANCE, 100), (BEGIN,), (BUY, 0, 35, *TRADELESS), (SELL, 1, 35, *TRADELESS), (END,),
        (BEGIN,), (END,), (BEGIN,), (BUY, 0, 36, *TRADELESS), (END,),
    ]  # fmt: skip
    answers, done = said(script, quiet(100, 101), quiet(100, 102))
    assert (answers[4], answers[6], answers[9]) == (1, 0, 0)
    assert told_of(done, LogField.SECOND, LogField.CONTRACT, event=code.ON_FILLED)[:2] == [(102, 0), (102, 1)]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ([(ADVANCE, 100), (SEE, 0, 0)], code.TWO_CLOCKS),
        ([(SEE, 0, 0), (ADVANCE, 100)], code.TWO_CLOCKS),
        ([(ADVANCE, 101), (ADVANCE, 100)], code.BACKWARD),
        ([(ADVANCE, 22_501)], code.BACKWARD),
        ([(SEE, 0, 1), (SEE, 0, 1)], code.BACKWARD),
        ([(SEE, 0, 2)], code.BACKWARD),
        ([(SEE, 0, 0), (SEE, 0, 1), (SEE, 0, 2)], code.BACKWARD),  # the next row is another contract's
        ([(SEE, 1, 2), (SEE, 1, 3), (SEE, 1, 4)], code.BACKWARD),  # and there is none after it
        ([(SEE, 0, 0), (BUY, 1, 35, *TRADELESS)], code.OTHER_CONTRACT),
        ([(SEE, 0, 0), (BEGIN,)], code.SECONDS_ONLY),
        ([(SEE, 0, 0), (NEW_TRADE,)], code.SECONDS_ONLY),
        ([(SEE, 0, 0), (STOP_DAY,)], code.SECONDS_ONLY),
        ([(ADVANCE, 100), (CANCEL, 0)], code.UNKNOWN_ORDER),
        ([(ADVANCE, 100), (CANCEL, -1)], code.UNKNOWN_ORDER),
        ([(ADVANCE, 100), (CHANGE, 0, 10_000, 35)], code.UNKNOWN_ORDER),
        ([(ADVANCE, 100), (FILLED, 0)], code.UNKNOWN_ORDER),
        ([(ADVANCE, 100), (FILLED, -1)], code.UNKNOWN_ORDER),
        ([(ADVANCE, 100), (BUY, 0, 35, 0, 0, 0)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (BUY, 0, 35, -2, 0, 0)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (OF_TRADE, 0, 0)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (OF_TRADE, -1, 0)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (GAIN_OF_TRADE, 0)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (GAIN_OF_TRADE, -1)], code.UNKNOWN_TRADE),
        ([(ADVANCE, 100), (BUY, 2, 35, *TRADELESS)], code.UNKNOWN_CONTRACT),
        ([(ADVANCE, 100), (BUY, -1, 35, *TRADELESS)], code.UNKNOWN_CONTRACT),
        ([(ADVANCE, 100), (BEGIN,), (LIMIT, 0, 1, 35, 10_000, 5, -1)], code.GROUP_KINDS),
        ([(ADVANCE, 100), (BEGIN,), (BEGIN,)], code.GROUP_TWICE),
        ([(ADVANCE, 100), (END,)], code.GROUP_TWICE),
        ([(ADVANCE, 100), (BEGIN,), (ADVANCE, 101)], code.GROUP_TWICE),
        ([(BUY, 0, 35, *TRADELESS)], code.NO_LOOK_YET),
    ],
)
def test_what_no_market_could_answer_ends_the_run_with_a_sentence(script, fault):
    with pytest.raises(InputError) as told:
        said(script, quiet(100, 101), quiet(100, 101))
    assert FAULT_SENTENCES[fault] in str(told.value)


def test_the_first_thing_that_went_wrong_is_told_with_its_second():
    with pytest.raises(InputError, match=r"second 101 of the session: it changed, cancelled or asked"):
        said([(ADVANCE, 101), (CANCEL, 0), (ADVANCE, 102), (OF_TRADE, 0, 0)], quiet(100, 101))
    with pytest.raises(InputError, match="at the start: it sent an order before it looked"):
        said([(BUY, 0, 35, *TRADELESS)], quiet(100, 101))


@pytest.mark.parametrize("limit", [{"most_open": 1}, {"most_trades": 1}, {"daily_loss": 1}])
def test_limits_of_the_day_are_not_to_be_had_by_rows(limit):
    with pytest.raises(InputError, match="by rows what is for a strategy by seconds"):
        said([(SEE, 0, 0)], quiet(100, 101), **limit)


def test_by_rows_a_contract_that_is_not_there_is_told():
    for contract in (-1, 1):
        with pytest.raises(InputError, match="named a contract that its tape does not hold"):
            said([(SEE, contract, 0)], quiet(100, 101))


def test_an_order_that_was_never_sent_is_not_live():
    answers, _ = said([(ADVANCE, 100), *((word, -1) for word in (IS_LIVE, IS_CANCELLING, IS_FILLED))], quiet(100))
    assert answers == [0, 0, 0, 0]
    answers, _ = said([(ADVANCE, 100), *((word, 0) for word in (IS_LIVE, IS_CANCELLING, IS_FILLED))], quiet(100))
    assert answers == [0, 0, 0, 0]


def test_a_day_that_needs_more_room_is_run_again_with_it_and_then_tells_the_same():
    rows = quiet(*range(100, 160))
    script: list[tuple] = [(ADVANCE, 100)]
    for number in range(12):
        script += [(ADVANCE, 101 + 2 * number), (NEW_TRADE,), (BEGIN,), (BUY, 0, 70, number, 0, 0), (END,)]
        script += [(IS_LIVE, 3 * number), (IS_FILLED, 3 * number), (SELL, 1, 105, number, 0, 0)]
        script += [(LIMIT, 0, 1, 35, 9_000, 100, -1), (NOTE, number, number), (VALUE, 0, 35)]
    whole, done = said(script, rows, rows, freeze=70)
    book, traded = rows_as_arrays([rows, rows], 22_500)
    lines, lot = numbers_of(script), np.full(2, 35, np.int32)
    room, tries = Room(orders=2, legs=1, trades=1, log=3), 0
    while True:
        answers = np.zeros(len(script), np.int64)
        desk = new_desk(book, traded, lot, rules_of({"freeze": 70}, 22_500), room)
        say(desk, lines, answers)
        finish(desk)
        tries += 1
        needed = room_needed(desk, room)
        if needed == room:
            break
        assert all(getattr(needed, name) >= getattr(room, name) for name in Room.__slots__)
        room = needed
    assert tries > 2
    assert answers.tolist() == whole
    assert desk.log[: desk.scalars[code.LOGGED]].tolist() == done.log.tolist()


def test_by_rows_a_decision_sees_the_row_that_was_seen_and_not_a_later_one_of_its_second():
    stamp = int((OPEN_SECOND_OF_DAY + 100) * NANOS)
    rows = [(stamp + part, *quiet(100, bid=bid)[0][1:]) for part, bid in ((0, 9_950), (500, 9_980))]
    script = [(SEE, 0, 0), (PEG, 0, 1, 35, 0, 100, -1), (SEE, 0, 1), (PEG, 0, 1, 35, 0, 100, -1)]
    _, done = said(script, rows)
    fields = (LogField.ROW, LogField.PRICE)
    assert told_of(done, *fields, event=code.ON_SENT) == [(0, 9_950), (1, 9_980)]


def test_a_stop_limit_is_of_the_contract_that_was_named():
    script = [(ADVANCE, 100), (STOP_LIMIT, 1, words.BUY, 35, 10_010, 10_020, -1), (CANCEL, 0)]
    _, done = said(script, quiet(100, 101, 102), quiet(100, 101, 102))
    assert set(told_of(done, LogField.CONTRACT, event=code.ON_SENT)) == {(1,)}


def test_changes_and_cancels_that_are_refused_at_once():
    keep, late = words.KEEP, 21_601
    rows = quiet(100, 101, 102, late, late + 1)
    script = [
        (ADVANCE, 100),
        (LIMIT, 0, words.BUY, 70, 9_000, words.DAY, -1),
        (CHANGE, 0, keep, 36), (CHANGE, 0, keep, 105), (CHANGE, 0, 9_001, keep), (CHANGE, 0, -5, keep),
        (CHANGE, 0, 9_010, keep), (CHANGE, 0, 9_020, keep),
        (CANCEL, 0), (CANCEL, 0),
        (BUY, 0, 35, *TRADELESS), (CHANGE, 1, 10_000, keep),
        (LIMIT, 0, words.BUY, 35, 9_000, words.DAY, -1),
        (LIMIT, 0, words.SELL, 35, 11_000, words.DAY, -1),
        (BEGIN,), (BUY, 0, 35, *TRADELESS), (END,), (CHANGE, 4, keep, 70),
        (ADVANCE, late),
        (CHANGE, 2, 9_050, keep), (CHANGE, 3, 10_900, keep),
    ]  # fmt: skip
    _, done = said(script, rows, freeze=100)
    assert told_of(done, LogField.ORDER, LogField.REASON, event=code.ON_REJECTED) == [
        (0, code.BAD_UNITS), (0, code.BAD_UNITS), (0, code.BAD_PRICE), (0, code.BAD_PRICE),
        (0, code.ON_ITS_WAY), (0, code.ON_ITS_WAY), (1, code.BAD_PRICE), (4, code.NOT_LIVE), (2, code.TOO_LATE),
    ]  # fmt: skip
    # What is refused takes no message and changes nothing; what only reduces is changed until the end.
    sent = told_of(done, LogField.ORDER, LogField.PRICE, event=code.ON_CHANGE_SENT)
    assert sent == [(0, 9_010), (3, 10_900)]
    assert told_of(done, LogField.ORDER, event=code.ON_CANCEL_SENT) == [(0,)]
