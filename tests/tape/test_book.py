"""The as-of index and the backward joins against plain Python: no second knows a later row."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nfolab.tape.book import NO_ROW, as_of_index, as_of_values

SECONDS = 40
contract_rows = st.lists(st.integers(0, SECONDS - 1), max_size=25).map(sorted)


@settings(max_examples=80, deadline=None)
@given(st.lists(contract_rows, min_size=1, max_size=4))
def test_the_index_is_the_newest_row_at_or_before_each_second(contracts):
    second = np.array([at for rows in contracts for at in rows], np.int32)
    first_row = np.concatenate(([0], np.cumsum([len(rows) for rows in contracts]))).astype(np.int32)
    last = as_of_index(second, first_row, SECONDS)
    assert (last.shape, last.dtype) == ((len(contracts), SECONDS), np.int32)
    for contract, rows in enumerate(contracts):
        for now in range(SECONDS):
            known = [place for place, stamp in enumerate(rows) if stamp <= now]
            expected = first_row[contract] + known[-1] if known else NO_ROW
            assert last[contract, now] == expected


@settings(max_examples=80, deadline=None)
@given(contract_rows, st.integers(0, SECONDS - 1))
def test_rows_after_a_second_do_not_change_the_index_until_it(rows, cut):
    def index(stamps):
        return as_of_index(np.array(stamps, np.int32), np.array([0, len(stamps)], np.int32), SECONDS)

    whole, known = index(rows), index([stamp for stamp in rows if stamp <= cut])
    assert whole[0, : cut + 1].tolist() == known[0, : cut + 1].tolist()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, SECONDS - 1), st.integers(1, 9_999)), max_size=25), st.integers(0, 6))
def test_values_are_joined_backward_and_grow_too_old(rows, max_age):
    rows = sorted(rows, key=lambda row: row[0])
    second = np.array([stamp for stamp, _ in rows], np.int32)
    values = np.array([value for _, value in rows], np.int32)
    joined = as_of_values(second, values, SECONDS, max_age, -1)
    for now in range(SECONDS):
        known = [(stamp, value) for stamp, value in rows if stamp <= now]
        fresh = known and now - known[-1][0] <= max_age
        assert joined[now] == (known[-1][1] if fresh else -1)


def test_of_several_rows_in_one_second_the_last_in_the_array_counts():
    last = as_of_index(np.array([3, 3, 3, 5], np.int32), np.array([0, 4], np.int32), 7)
    assert last.tolist() == [[-1, -1, -1, 2, 2, 3, 3]]
