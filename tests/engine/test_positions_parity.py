"""The fast engine against the slow reference of docs/positions.md: random recipes, random markets, every holding."""

import datetime as dt
import itertools
import json
import random
import tomllib
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa

from engine.both_engines import _second as second_of
from engine.both_engines import lake_of, life_columns
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe
from reference.by_hand import DAY as ORDINARY_DAY
from reference.by_hand import EXPIRY
from reference.cases import at, contract_table, time_text
from reference.damage import write_tables
from reference.positions import run_positions
from reference.positions_words import words_of
from reference.rows import Day, contract_of, read_spot

MARKETS = 8
RECIPES = 50  # a market; 8 × 50 = 400
SESSIONS = (("09:15:00", "09:36:00"), ("15:10:00", "15:24:00"))
STRIKES = (59300, 59400, 59500, 59600)


def market(rng: random.Random, date: dt.date, folder: Path) -> None:
    """Four strikes of both kinds and an index that wanders by strikes; raw files in the vendor's format."""
    start, end = rng.choice((SESSIONS[0], SESSIONS[0], SESSIONS[1]))
    seconds = list(range(at(start), at(end) + 1))
    index, level, drift = {}, 59_450_00, 0
    for second in seconds:
        if second % 90 == 0:
            drift = rng.choice((-1, 0, 1)) * rng.randrange(0, 90)
        level += 5 * ((drift + rng.choice((-1, 0, 1)) * rng.randrange(0, 60)) // 5)
        index[second] = level
    tables = {}
    for strike in STRIKES:
        for kind in ("ce", "pe"):
            name = f"banknifty25dec{strike}{kind}.parquet"
            tables[name] = contract_table(rng, date, contract_of(name), seconds, index)
    told = [second for second in seconds if rng.random() < 0.95 and not 200 < second % 700 < 210]
    midnight = dt.datetime.combine(date, dt.time())
    spot = pa.table(
        {
            "symbol": pa.array(["BANKNIFTY"] * len(told), pa.large_string()),
            "timestamp": pa.array([midnight + dt.timedelta(seconds=second) for second in told], pa.timestamp("ms")),
            "price": pa.array([index[second] / 100 for second in told], pa.float64()),
        }
    )
    write_tables(tables, folder / "options")
    write_tables({"spot.parquet": spot}, folder)


class Writer:
    """Random recipes in the words of docs/positions.md."""

    def __init__(self, rng: random.Random, first: int) -> None:
        self.rng, self.first = rng, first
        self.resting = True

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def points(self, low: float = 1, high: float = 15) -> str:
        return f"{self.rng.uniform(low, high):.2f}pt"

    def percent(self, low: float = 0.5, high: float = 8) -> str:
        return f"{self.rng.uniform(low, high):.1f}%"

    def level(self, whole: bool = False) -> str:
        words = [self.points, self.percent, self.percent]
        if whole:
            words += [lambda: f"{self.rng.randrange(50, 1500)}rs", lambda: f"{self.rng.uniform(0.005, 0.06):.3f}x"]
        return self.rng.choice(words)()

    def duration(self, low: int, high: int) -> str:
        return f"{self.rng.randrange(low, high)}s"

    def rung(self, whole: bool, arm: float) -> dict[str, str]:
        rung = {"arm": f"{arm:.2f}pt"} if arm else {}
        words = self.rng.choice(("behind", "lock", "steps", "both") if arm else ("behind",))
        if words in ("behind", "both"):
            best = not whole and self.maybe(0.4)
            rung["behind"] = f"{self.rng.uniform(0.5, 4):.1f}% of best" if best else self.points(1, 6)
        if words in ("lock", "both"):
            rung["lock"] = self.points(0, 2)
        if words == "steps":
            rung |= {"lock": self.points(0, 2), "every": self.points(0.5, 3), "move": self.points(0.25, 2)}
        return rung

    def trail(self, whole: bool) -> object:
        arms = sorted(self.rng.uniform(1, 12) for _ in range(self.rng.choice((1, 1, 2, 3))))
        if self.maybe(0.3):
            arms[0] = 0
        rungs = [self.rung(whole, arm) for arm in arms]
        return rungs if len(rungs) > 1 or self.maybe(0.3) else rungs[0]

    def price(self) -> str:
        """A price of a contract, as both engines read it."""
        name = self.rng.choice(("bid", "ask", "mid", "last"))
        return name + self.rng.choice(("", f" + {self.points(0.02, 8)}", f" - {self.points(0.02, 8)}"))

    def order(self) -> object:
        if self.maybe(0.2):
            found = {"peg": self.rng.choice(("own", "own+1", "own-1", "own+3", "mid"))}
        else:
            near = self.rng.choice(("bid", "ask", "mid", "last"))
            found = {"limit": near + self.rng.choice(("", f" + {self.points(0.02, 2)}", f" - {self.points(0.02, 2)}"))}
        found["valid"] = self.rng.choice(("ioc", "day", self.duration(1, 40), self.duration(1, 40)))
        if self.maybe(0.6):
            found["queue"] = self.rng.choice(("likely", "worst", "best"))
        return found

    def resting_target(self) -> dict[str, str]:
        gain = {"at": self.price()} if self.maybe(0.2) else {"gain": self.level()}
        return {**gain, "order": "limit", "queue": self.rng.choice(("likely", "worst", "best"))}

    def spot(self, whole: bool) -> dict[str, str]:
        move = self.rng.choice((f"{self.rng.randrange(20, 120)}pt", f"{self.rng.uniform(0.03, 0.2):.2f}%"))
        words = ["up", "down", "away"] + ([] if whole else ["beyond"])
        word = self.rng.choice(words)
        if word == "beyond":
            return {"beyond": "strike"}
        both = {"down": move} if word == "up" and self.maybe(0.4) else {}
        return {word: move, **both}

    def rules(self, whole: bool, chance: float, prefix: str = "") -> dict[str, object]:
        found: dict[str, object] = {}
        if self.maybe(chance):
            found["stop"] = self.level(whole)
        if self.maybe(chance * 0.7):
            found["target"] = self.level(whole)
        if self.maybe(chance * 0.7):
            found["trail"] = self.trail(whole)
        if self.maybe(chance * 0.3):
            found["hold"] = self.duration(20, 400)
        if self.maybe(chance * 0.2):
            found["min_hold"] = self.duration(5, 90)
        if self.maybe(chance * 0.4):
            found["spot"] = self.spot(whole)
        if not whole and self.resting:
            if self.maybe(chance * 0.2):
                found["stop"] = {"at": self.price()}
            if self.maybe(chance * 0.2):
                found["target"] = {"at": self.price()}
            if self.maybe(chance * 0.3):
                found["target"] = self.resting_target()
            if self.maybe(chance * 0.2):
                found["trail"] = {"at": self.price()} if self.maybe(0.5) else {"behind": self.price_distance()}
        return {prefix + name: words for name, words in found.items()}

    def price_distance(self) -> str:
        return f"bid - {self.rng.randrange(1, 60)}pt"

    def again(self, whole: bool, lazy: int | None) -> dict[str, str]:
        found = {"on": self.rng.choice(("stop", "stop", "target", "any")), "times": str(self.rng.choice((1, 1, 2, 4)))}
        mode = "asap" if whole else self.rng.choice(("asap", "cost", "move"))
        if lazy is not None and self.maybe(0.6):
            mode, found["opens"] = "asap", str(lazy)
        found["mode"] = mode
        if mode == "move":
            found["move"] = self.rng.choice("+-") + self.rng.choice((self.points(1, 6), self.percent(0.5, 4)))
        if self.maybe(0.5):
            found["after"] = self.duration(1, 90)
        if self.maybe(0.3):
            found["until"] = time_text(min(self.first + self.rng.randrange(100, 700), at("15:15:00")))
        if not whole and self.maybe(0.3):
            found["reversed"] = "yes"
        return found

    def leg(self, number: int, lazy: int | None) -> dict[str, object]:
        kind = self.rng.choice(("CE", "PE")) if number > 1 else ("CE", "PE")[number]
        side = self.rng.choice(("sell", "sell", "sell", "buy"))
        found: dict[str, object] = {side: kind}
        found["strike"] = self.rng.choice(("atm", "atm", "otm1", "itm1", "59400", "59500", "atm_pair"))
        found["lots"] = f"{self.rng.choice((1, 1, 1, 1, 2, 2, 5, 20, 20))}lots"
        if self.maybe(0.3):
            found |= self.rules(False, 0.6)
        if self.maybe(0.12):
            found["order"] = self.order()
        if self.maybe(0.4):
            found["again"] = self.again(False, lazy)
        if self.maybe(0.2):
            found["then"] = self.rng.choice(("close all", "others to cost", "stopped to cost"))
        return found

    def comparison(self) -> str:
        word = self.rng.choice(
            (
                *("gain", "gain", "gain", "loss", "loser_gain", "loser_gain", "spot_down", "strike_distance", "legs"),
                "premium_ratio",
                "premium_ratio",
                "imbalance",
                "imbalance",
                "divergence",
                "winner_gain",
                "loser_gain",
                "spot_move",
                "spot_move",
                "divergence",
                "imbalance",
                "spot_up",
                "spot_down",
                "strike_distance",
                *(
                    "move_ratio",
                    "move_ratio",
                    "divergence",
                    "divergence",
                    "divergence",
                    "premium_ratio",
                    "strike_distance",
                ),
                "legs",
                "credit",
                "held",
            )
        )
        text = self.compared(word)
        return f"{text} for {self.duration(2, 20)}" if self.maybe(0.15) else text

    def compared(self, word: str) -> str:
        operator = self.rng.choice((">", ">=", ">", ">=", "<"))
        if word in ("premium_ratio", "move_ratio"):
            return f"{word} {operator} {self.rng.uniform(1.02, 1.5):.2f}"
        if word == "imbalance":
            return f"{word} {operator} {self.percent(1, 30)}"
        if word == "held":
            return f"{word} {operator} {self.duration(10, 300)}"
        if word == "legs":
            return f"{word} {self.rng.choice('<>')} {self.rng.choice((1, 2, 2, 3))}"
        if word == "credit":
            return (
                f"{word} {operator} {self.rng.choice((self.points(-50, 400), f'{self.rng.randrange(100, 20000)}rs'))}"
            )
        if word == "strike_distance":
            share = f"{self.rng.choice((-0.1, 0.05, 0.1, 0.2))}%"
            return f"{word} {operator} {self.rng.choice((self.points(-50, 150), share))}"
        if word in ("spot_move", "spot_up", "spot_down"):
            return f"{word} {operator} {self.rng.choice((self.points(5, 80), f'{self.rng.uniform(0.01, 0.15):.2f}%'))}"
        if word == "divergence":
            return f"{word} {operator} {self.points(2, 30)}"
        return f"{word} {operator} {self.level(word in ('gain', 'loss'))}"

    def adjustment(self, legs: int, lazy: int | None) -> dict[str, object]:
        places = ["winner", "loser", "all", *(f"leg {number}" for number in range(1, legs + 1))]
        do = f"{self.rng.choice(('close', 'roll', 'roll'))} {self.rng.choice(places)}"
        if self.maybe(0.12):
            do = self.rng.choice(("whole", "winner", "loser", "all", "leg 1")) + " to cost"
        elif self.maybe(0.1):
            do = "open missing"
        elif self.halves and self.maybe(0.6):
            do = f"close half of {self.halves}"
        acts: object = do
        if lazy is not None and self.maybe(0.6):
            acts = self.rng.choice((f"open leg {lazy}", [do, f"open leg {lazy}"]))
        found: dict[str, object] = {
            "position": " and ".join(self.comparison() for _ in range(self.rng.choice((1, 1, 2)))),
            "do": acts,
        }
        if do.startswith("roll") and self.maybe(0.5):
            held = self.rng.choice(("held+1", "held-1", "held+2"))
            found["strike"] = self.rng.choice(
                (held, held if self.halves else "balances", held if self.halves else "balances", "atm", "59500")
            )
        if self.maybe(0.4):
            found["every"] = self.duration(2, 30)
        if self.maybe(0.6):
            found["times"] = str(self.rng.choice((1, 2, 3)))
        if self.maybe(0.5):
            found["after"] = self.duration(1, 90)
        if self.maybe(0.4):
            found["then"] = self.rules(False, 0.8) or {"stop": self.percent()}
            found["of"] = self.rng.choice(("value", "entry"))
        return found

    def recipe(self) -> dict[str, object]:
        legs = self.rng.choice((1, 2, 2, 2, 3))
        lazy = legs + 1 if self.maybe(0.35) else None
        self.halves = self.rng.choice(("all", "leg 1")) if self.maybe(0.15) else ""
        self.resting = self.maybe(0.3)
        tables = [self.leg(number, lazy) for number in range(legs)]
        if lazy is not None:
            tables.append({**self.leg(legs, None), "lazy": "yes"})
        entries = sorted(
            {
                min(self.first + self.rng.randrange(10, 900), at("15:15:00"))
                for _ in range(self.rng.choice((1, 2, 3, 6)))
            }
        )
        enter: dict[str, object] = {"at": [time_text(second) for second in entries]}
        if self.maybe(0.2):
            enter["after"] = self.duration(1, 200)
        if self.maybe(0.2):
            enter["times"] = str(self.rng.choice((1, 2, 3)))
        if self.maybe(0.3):
            enter["within"] = self.duration(1, 30)
            for earlier, later in itertools.pairwise(entries):
                if later - earlier <= 30:
                    enter.pop("within", None)
        if self.resting and self.maybe(0.15):
            enter["order"] = self.order()
        if self.maybe(0.15):
            move = self.rng.choice("+-") + self.rng.choice((self.points(0.5, 4), self.percent(0.3, 2)))
            enter["wait"] = {"move": move, "within": self.duration(5, 200)}
        elif self.maybe(0.15):
            enter["legged"] = "yes"
        leave: dict[str, object] = {"time": time_text(min(max(entries) + self.rng.randrange(30, 900), at("15:20:00")))}
        leave |= self.rules(True, 0.45) | self.rules(False, 0.5, "leg_")
        if self.maybe(0.25):
            leave["leg_then"] = self.rng.choice(("close all", "others to cost", "stopped to cost"))
        if self.maybe(0.6):
            leave["covers"] = "what is left"
        if self.maybe(0.3):
            leave["on"] = self.rng.choice(("mid", "last"))
        if self.maybe(0.25):
            leave["again"] = self.again(True, None)
        content: dict[str, object] = {"title": "random", "side": "mixed"}
        content["params"] = {
            "latency": {"default": f"{self.rng.choice((1, 1, 1, 2, 3))}s"},
            "max_quote_age": {"default": f"{self.rng.choice((5, 5, 2, 8))}s"},
            "spot": {"default": self.rng.choice(("index", "index", "parity"))},
        }
        content |= {"enter": enter, "leg": tables, "exit": leave}
        if self.maybe(0.8):
            count = self.rng.choice((1, 1, 2))
            content["adjust"] = [self.adjustment(legs, lazy) for _ in range(count)]
        self.mend(content)
        if self.maybe(0.25):
            content["day"] = self.day()
        return content

    def mend(self, content: dict) -> None:
        """Leave out what a recipe may not say together."""
        legs, rests = content["leg"], "target" in str(content["exit"].get("leg_target", ""))
        acts = str([adjust["do"] for adjust in content.get("adjust", ())])
        halved = [leg for number, leg in enumerate(legs, 1) if f"half of leg {number}" in acts or "half of all" in acts]
        for leg in halved:
            leg["lots"] = f"{self.rng.choice((2, 2, 4, 20))}lots"
            leg.pop("again", None)
            leg.pop("order", None)
            for table in (leg, content["exit"]):
                for name in ("target", "leg_target"):
                    if isinstance(table.get(name), dict) and table[name].get("order") == "limit":
                        del table[name]
        if halved:
            for leg in legs:
                leg.get("again", {}).pop("opens", None)
        rests = any(
            isinstance(table.get(name), dict) and table[name].get("order") == "limit"
            for table in (*legs, content["exit"])
            for name in ("target", "leg_target")
        )
        for adjust in content.get("adjust", ()):
            if "roll" not in str(adjust["do"]):
                adjust.pop("strike", None)
            if rests:
                kept = [part for part in adjust["position"].split(" and ") if not part.startswith(("div", "move_"))]
                adjust["position"] = " and ".join(kept) or "held > 20s"
            for name in ("stop", "target"):
                if isinstance(adjust.get("then", {}).get(name), dict):
                    del adjust["then"][name]
            if adjust.get("then") == {}:
                adjust["then"] = {"stop": self.percent()}

    def day(self) -> dict[str, str]:
        found = {}
        if self.maybe(0.5):
            found["stop"] = f"{self.rng.randrange(100, 3000)}rs"
        if self.maybe(0.5):
            found["target"] = f"{self.rng.randrange(100, 2000)}rs"
        if self.maybe(0.4):
            arm, behind = self.rng.randrange(50, 1500), self.rng.randrange(20, 800)
            found["trail"] = {"arm": f"{arm}rs", "behind": f"{behind}rs"}
        if self.maybe(0.3):
            found["trades"] = str(self.rng.choice((1, 2, 3)))
        if self.maybe(0.4) or not found:
            found |= {"losers": str(self.rng.choice((1, 2))), "pause": self.duration(30, 400)}
        return found


def toml_of(recipe: dict[str, object]) -> str:
    """A recipe as the text of its file."""

    def inline(words: object) -> str:
        if isinstance(words, dict):
            return "{ " + ", ".join(f"{name} = {inline(value)}" for name, value in words.items()) + " }"
        if isinstance(words, list):
            return "[" + ", ".join(inline(value) for value in words) + "]"
        return json.dumps(words)

    lines = [f"{name} = {inline(recipe[name])}" for name in ("title", "side")]
    for name in ("params", "enter", "exit", "day"):
        if name in recipe:
            lines += ["", f"[{name}]", *(f"{word} = {inline(value)}" for word, value in recipe[name].items())]
    for name in ("leg", "adjust"):
        for table in recipe.get(name, ()):
            lines += ["", f"[[{name}]]", *(f"{word} = {inline(value)}" for word, value in table.items())]
    return "\n".join(lines) + "\n"


def fast_trades(lake: Lake, date: dt.date, recipes: list[Recipe]) -> list[list[dict]]:
    """The trades of each recipe, all run in one batch, in the reference's form."""
    variants = [recipe.variant({}, number) for number, recipe in enumerate(recipes)]
    tables = run_day(lake, "BANKNIFTY", date, variants).tables
    failed = tables["ledger"].filter(pl.col("state") != "done")
    assert failed.is_empty(), failed["reason"][0]
    found = []
    for number in range(len(recipes)):
        trades = tables["trades"].filter(pl.col("variant") == number).sort("trade").rows(named=True)
        answers = []
        for trade in trades:
            legs = tables["legs"].filter(pl.col("trade") == trade["trade"]).sort("leg").rows(named=True)
            answers.append(
                {
                    "gross": trade["gross_paise"],
                    "margin": trade["margin_paise"],
                    **life_columns(trade),
                    "legs": [
                        (
                            leg["contract"], leg["side"], leg["units"],
                            second_of(leg["entry_time"]), second_of(leg["exit_time"]),
                            leg["entry_value_paise"], leg["exit_value_paise"], leg["reason"],
                        )
                        for leg in legs
                    ],
                }
            )  # fmt: skip
        found.append(answers)
    return found


FIRED = (
    *("stop", "trail", "target", "spot", "hold", "time", "adjust", "day_stop", "day_target"),
    *("leg_stop", "leg_cost", "leg_trail", "leg_target", "leg_spot", "leg_hold"),
)
"""Every reason for which a holding is closed here."""
HAPPENED = (
    *("waited", "given up", "missed entry", "pause", "again whole"),
    *(f"again {word}" for word in ("asap", "cost", "move", "reversed", "opens")),
    *(f"adjust {word}" for word in ("close", "roll", "open", "then of value", "then of entry", "gain", "loss", "held")),
    *(f"adjust {word}" for word in ("premium_ratio", "imbalance", "divergence", "spot_move")),
    *("adjust winner_gain", "adjust loser_gain"),
    *(f"adjust {word}" for word in ("half", "cost", "lasting", "credit", "strike_distance", "strike held")),
    *("rested", "rested in part", "not filled", "target rested", "target in part"),
)
"""What else must come up a few times, so that no rule stays untried."""


def test_random_recipes_of_positions_on_random_markets(tmp_path):
    counts: Counter[str] = Counter()
    for seed in range(MARKETS):
        for text, expected, answer, happened in both(tmp_path / str(seed), seed):
            assert answer == expected, text
            counts.update(happened)
            counts.update(leg[-1] for trade in expected for leg in trade["legs"])
    assert {what: counts[what] for what in (*FIRED, *HAPPENED) if counts[what] < 2} == {}


def both(folder: Path, seed: int, count: int = RECIPES) -> list[tuple[str, list[dict], list[dict], Counter[str]]]:
    """Text, the reference's trades, the fast engine's, and what happened, of each random recipe on one market."""
    rng = random.Random(seed)
    date = EXPIRY if seed % 3 == 2 else ORDINARY_DAY
    market(rng, date, folder / "raw")
    spot = read_spot(folder / "raw" / "spot.parquet", date, "BANKNIFTY")
    day = Day.of_folder(folder / "raw" / "options", date, spot=spot)
    first = min(row.second for contract in day.contracts() for row in day.rows(contract)[:1]) + at("09:15:00")
    texts, recipes = [], []
    for number in range(count):
        texts.append(toml_of(Writer(rng, first).recipe()))
        path = folder / f"recipe{number}.toml"
        path.write_text(texts[-1])
        recipes.append(Recipe.load(path))
    fast = fast_trades(lake_of(folder / "raw", folder / "lake"), date, recipes)
    slow = [run_positions(day, words_of(tomllib.loads(text))) for text in texts]
    return [
        (text, expected, answer, happened) for text, (expected, happened), answer in zip(texts, slow, fast, strict=True)
    ]
