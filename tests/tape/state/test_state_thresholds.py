"""The one file of thresholds: what it tells, and the sentence that a mistake in it earns."""

from pathlib import Path

import pytest

from nfolab.base.errors import InputError
from nfolab.tape.state.thresholds import DEFAULT, load_thresholds


def changed(folder: Path, old: str, new: str) -> Path:
    text = DEFAULT.read_text()
    assert old in text
    (folder / "thresholds.toml").write_text(text.replace(old, new, 1))
    return folder / "thresholds.toml"


@pytest.mark.parametrize(
    ("underlying", "days", "expected"),
    [
        ("NIFTY", 0, (8, 2, 2, 1.6, 1.2)), ("NIFTY", 2, (10, 3, 2, 1.8, 1.3)), ("NIFTY", 4, (12, 4, 3, 2.0, 1.4)),
        ("NIFTY", 5, (15, 5, 4, 2.2, 1.5)), ("BANKNIFTY", 0, (20, 6, 5, 1.6, 1.2)),
        ("BANKNIFTY", 1, (25, 8, 6, 1.8, 1.3)), ("BANKNIFTY", 3, (35, 10, 8, 2.0, 1.4)),
        ("BANKNIFTY", 24, (45, 12, 10, 2.2, 1.5)),
    ],
)  # fmt: skip
def test_the_table_of_the_manual_is_that_of_the_file(underlying: str, days: int, expected: tuple) -> None:
    one = load_thresholds().of_bursts(underlying, days)
    assert (one.move, one.step, one.quiet, one.start_ratio, one.end_ratio) == expected
    assert one.unit == "pt"


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    mine = load_thresholds(changed(tmp_path, 'unit = "pt"', 'unit = "bp"'))
    assert mine.of_bursts("NIFTY", 0).move == 3.2
    assert mine.of_bursts("NIFTY", 0, "sigma").unit == "sigma"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('unit = "pt"', 'unit = "points"', "choose pt, bp or sigma"),
        ("pulls = 8", "puls = 8", "'puls', which means nothing (did you mean pulls?)"),
        ("pulls = 8", "pulls = 8.5", "flicker.pulls is 8.5: write a whole number"),
        ("pulled = 0.65", "pulled = -1", "liquidity.pulled is -1: write a number above 0"),
        ("least_events = 30", "", "vacuum lacks 'least_events'"),
        ("[chop]", "[chopp]", "'chopp', which means nothing"),
        ("move = 8.0, ", "", "distances.NIFTY.pt.0 lacks 'move'"),
        ("[burst]", "[burst", "are no TOML"),
    ],
)
def test_a_mistake_is_one_sentence(old: str, new: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load_thresholds(changed(tmp_path, old, new))
    assert told in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_an_underlying_without_thresholds_is_refused() -> None:
    with pytest.raises(InputError, match=r"no burst thresholds of FINNIFTY in pt"):
        load_thresholds().of_bursts("FINNIFTY", 3)
    with pytest.raises(InputError, match=r"did you mean NIFTY"):
        load_thresholds().least_move("NIFTI")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_thresholds(tmp_path / "none.toml")
