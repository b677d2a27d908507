"""A run names the data it was made from by the contents that the catalogue lists."""

from pathlib import Path

from engine.hand_market import CALL, DAY, PUT, hand_lake, steady
from nfolab.research.plan import Plan
from nfolab.research.run import run_plan
from nfolab.strategies.find import find_recipe


def test_the_header_tells_the_content_of_options_and_index(tmp_path: Path) -> None:
    quiet = steady(range(90, 220), 10_000, 10_010)
    lake = hand_lake(tmp_path, {CALL: quiet, PUT: quiet}, dict.fromkeys(range(90, 220), 59_400_00))
    recipe = find_recipe("short_straddle")
    variant = recipe.variant({"strike": "59400", "entry": "09:16:40", "exit": "09:18:00"}, 0)
    run = run_plan(Plan(lake, "BANKNIFTY", (DAY,), (recipe,), (variant,)), tmp_path / "runs")
    contents = {entry.kind: entry.content for entry in lake.days()}
    assert run.header["data"] == {str(DAY): contents["options"], f"{DAY} spot": contents["spot"]}
    assert contents["options"] == lake.options("BANKNIFTY", DAY).content
