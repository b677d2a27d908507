"""The manual's table of what the catalogue's blocks need: every name in it is a feature, every block is there."""

import re
from pathlib import Path

from nfolab.tape.features import features

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "features.md"
BLOCKS = ("CLOCK", "BREAK", "VOL", "MOM", "EMA", "BOOK", "LEVEL", "IV", "OI", "CALM", "EVENT", "MODEL")


def rows() -> dict[str, list[str]]:
    part = MANUAL.read_text().split("## What strategies of the catalogue need")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ", 1) for line in part.splitlines() if line.startswith("| ")][2:]
    return {block: re.findall(r"`(\w+)`", needed) for block, needed in lines}


def test_every_block_is_there_and_every_name_is_a_feature() -> None:
    told = rows()
    assert told.keys() == {"shared indicators", *(f"T_{block}" for block in BLOCKS)}
    wrong = {block: [name for name in names if name not in features()] for block, names in told.items()}
    assert {block: names for block, names in wrong.items() if names} == {}
    assert all(names for block, names in told.items() if block != "T_MODEL")


def test_every_feature_of_a_chain_or_of_liquidity_serves_some_block() -> None:
    named = {name for names in rows().values() for name in names}
    beside = {"forward", "minutes_to_expiry", "atm_strike"}
    of_chains = {name for name, one in features().items() if one.subjects == {"chain"} or str(one.unit) == "events"}
    assert of_chains - named - beside == set()
