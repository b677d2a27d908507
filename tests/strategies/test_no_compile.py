"""A recipe that someone else writes runs without a change of code and without a new compile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.hand_market import CALL, DAY, PUT, hand_lake, outcomes, recipe_of, steady

SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path
from nfolab.engine import band
from nfolab.engine.positions import kernel
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.strategies.find import find_recipe
from nfolab.strategies.recipe import Recipe
from nfolab.tape import book, money

kernels = [kernel.walk_programs, band.reprice, book.as_of_index, book.as_of_values]
lake = Lake.open(Path(sys.argv[1]))

def trades(recipe, given):
    tables = run_day(lake, "BANKNIFTY", date(2025, 12, 15), [recipe.variant(given, 0)]).tables
    assert tables["ledger"]["state"].to_list() == ["done"], tables["ledger"]["reason"][0]
    return tables["trades"].height

def compiled():
    return [[str(signature) for signature in one.signatures] for one in kernels]

made = [trades(find_recipe("short_straddle"), {"entry": "09:16:40", "exit": "09:18:20", "stop": "1%"})]
first = compiled()
for path in sys.argv[2:]:
    made.append(trades(Recipe.load(Path(path)), {}))
print(json.dumps({"trades": made, "first": first, "last": compiled()}))
"""

STRIKES = (59_200, 59_300, 59_400, 59_500, 59_600)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    rows = {
        f"banknifty25dec{strike}{kind}": steady(range(95, 300), 10_000, 10_010)
        for strike in STRIKES
        for kind in ("ce", "pe")
    }
    return hand_lake(folder, rows, dict.fromkeys(range(95, 300), 59_401_00))


def users_recipe(path: Path, legs: list[tuple[str, str, str, str]], **exits: str) -> Path:
    lines = ['title = "mine"', 'side = "mixed"', "[params]"]
    lines += [f'{word} = {{ default = "{value}" }}' for word, value in exits.items()]
    lines += ["[enter]", 'at = "09:16:40"']
    for side, kind, strike, lots in legs:
        lines += ["[[leg]]", f'{side} = "{kind}"', f'strike = "{strike}"', f'lots = "{lots}"']
    lines += ["[exit]", 'time = "09:18:20"', *(f'{word} = "{word}"' for word in exits)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_users_recipes_compile_nothing(chain, tmp_path):
    fly = [("sell", "CE", "atm", "1lots"), ("sell", "PE", "atm", "1lots")]
    fly += [("buy", "CE", "atm+2", "1lots"), ("buy", "PE", "atm-2", "1lots")]
    paths = [
        users_recipe(tmp_path / "bought_call.toml", [("buy", "CE", "otm1", "1lots")], target="20%"),
        users_recipe(tmp_path / "fly.toml", fly, stop="40pt", target="1500rs"),
        users_recipe(tmp_path / "ratio.toml", [*fly[:1], ("buy", "CE", "atm+1", "2lots")], leg_stop="50%"),
    ]
    command = [sys.executable, "-c", SCRIPT, str(chain.root), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trades"] == [1, 1, 1, 1]
    assert [len(signatures) for signatures in told["first"][:3]] == [1, 1, 1]
    assert told["last"] == told["first"]


def test_the_fly_trades_its_four_legs(chain, tmp_path):
    legs = [("sell", "CE", "atm", "1lots"), ("sell", "PE", "atm", "1lots")]
    legs += [("buy", "CE", "atm+2", "2lots"), ("buy", "PE", "atm-2", "2lots")]
    recipe = recipe_of(
        tmp_path, "\n".join(f'[[leg]]\n{s} = "{k}"\nstrike = "{w}"\nlots = "{n}"' for s, k, w, n in legs)
    )
    (trade,) = outcomes(chain, DAY, recipe)
    assert [leg[:3] for leg in trade["legs"]] == [
        ("BANKNIFTY 2025-12-30 59400 CE", "sell", 35),
        ("BANKNIFTY 2025-12-30 59400 PE", "sell", 35),
        ("BANKNIFTY 2025-12-30 59600 CE", "buy", 70),
        ("BANKNIFTY 2025-12-30 59200 PE", "buy", 70),
    ]
    assert trade["gross"] == -10 * (35 + 35 + 70 + 70)


def test_grids_make_every_combination_in_order(chain):
    from nfolab.research.plan import make_plan
    from nfolab.strategies.find import find_recipe

    plan = make_plan(
        chain,
        [find_recipe("short_straddle")],
        given={"entry": "09:16:40"},
        grids={"stop": ["none", "10%"], "lots": ["1lots", "2lots", "3lots"]},
    )
    assert [(one.number, one.params["stop"], one.params["lots"]) for one in plan.variants] == [
        (0, "none", "1lots"),
        (1, "none", "2lots"),
        (2, "none", "3lots"),
        (3, "10%", "1lots"),
        (4, "10%", "2lots"),
        (5, "10%", "3lots"),
    ]


@pytest.mark.parametrize(
    ("given", "grids", "sentence"),
    [
        ({}, {"stpo": ["1%"]}, "did you mean stop"),
        ({"stop": "1%"}, {"stop": ["1%", "2%"]}, "stop is given by --set and by --grid: keep one of them"),
        ({}, {"stop": ["1%", "2"]}, "'2' has no unit"),
    ],
)
def test_wrong_grids_have_their_sentence(chain, given, grids, sentence):
    from nfolab.base.errors import InputError
    from nfolab.research.plan import make_plan
    from nfolab.strategies.find import find_recipe

    with pytest.raises(InputError, match=sentence):
        make_plan(chain, [find_recipe("short_straddle")], given=given, grids=grids)


def test_points_are_of_one_set_of_legs(tmp_path):
    # Two calls sold and one put: the divisor of 2 and 1 lots is 1, so 35 units.
    legs = '[[leg]]\nsell = "CE"\nstrike = "59400"\nlots = "2lots"\n[[leg]]\nsell = "PE"\nstrike = "59400"'
    recipe = recipe_of(tmp_path, legs, stop="2pt")
    call = [*steady(range(95, 150), 10_000, 10_010), *steady(range(150, 300), 10_090, 10_100)]
    (trade,) = outcomes(hand_lake(tmp_path, {CALL: call, PUT: steady(range(95, 300), 9_990, 10_000)}), DAY, recipe)
    # Sold the put at 99.90: at 150 the loss is 70 × 100 + 35 × 10 = 7,350; 2pt × 35 units are 7,000.
    assert trade["decisions"] == [(150, "stop", (7_350, 7_000))]
