"""A tree of small raw files in every layout, with planted defects of every kind and an exact list of them.

Prices come from Black-76 on a walking index, so that books are sound across strikes; what is wrong was planted. Each
contract and day has at most one plant. A file tells how many rows it has and what must become of them; a finding is a
line that the audit must have, and it may have no other about rows (what silence and late ends say of a minute's rows is
true of all of them alike).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from lake.raw_market import Market, listed, markets, snapshots_of
from lake.raw_plants import CLOCKS, PLANTS, TEXT_PLANTS, Frame, Planted, at_row
from nfolab.market.contracts import Contract, vendor_name
from nfolab.market.lots import strike_step

Finding = tuple[str, str, str]
"""Day, contract (or underlying), check."""


@dataclass
class RawFile:
    """One file: what it holds, and what must become of its rows.

    Attributes:
        path: Within the tree.
        rows: How many it has.
        refused: Its rows that must be refused, by reason.
        unreadable: A part of the sentence by which all of it must be refused; empty where it can be read.
        twins: The name of its group, where rows are repeated in other files of that group.
        notes: What must be told of its rows.
    """

    path: str
    rows: int
    refused: Counter[str] = field(default_factory=Counter)
    unreadable: str = ""
    twins: str = ""
    notes: Counter[str] = field(default_factory=Counter)


@dataclass
class RawTree:
    """All files, the rows that must be dropped as repeated (by file or group), and the findings that must be made.

    Attributes:
        mixed: Contracts and days in whose file another contract's rows lie: what the audit must say of them at least.
    """

    root: Path
    files: list[RawFile] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    findings: Counter[Finding] = field(default_factory=Counter)
    mixed: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def put(self, path: str, frame: Frame, **told: object) -> RawFile:
        """Write a file and list it."""
        file = RawFile(path, frame.height, **told)  # type: ignore[arg-type]
        self.files.append(file)
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(place, compression="uncompressed")
        return file


_46 = slice(0, 46)


def _clocks(change: Callable[[pl.Expr], pl.Expr]) -> Callable[[Frame], Frame]:
    return lambda frame: frame.with_columns(change(pl.col(name)) for name in CLOCKS)


def _in_ts(frame: Frame) -> Frame:
    return frame.with_columns(pl.lit(None, dtype=pl.Datetime("us")).alias("timestamp"))


def _as_text(frame: Frame) -> Frame:
    numbers = [name for name in frame.columns[_46] if name not in CLOCKS]
    clocks = [pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S") for name in CLOCKS]
    return frame.with_columns(*clocks, *(pl.col(name).cast(pl.String) for name in numbers))


def _price_in_close(frame: Frame) -> Frame:
    return frame.with_columns(pl.col("price").alias("close"), pl.lit(None, dtype=pl.Float64).alias("price"))


def _with_volactual(frame: Frame) -> Frame:
    return frame.with_columns(volactual=pl.col("volume").cast(pl.Float64))


FORMS: dict[str, Callable[[Frame], Frame]] = {
    "52 columns": lambda frame: frame,
    "53 columns": _with_volactual,
    "46 columns": lambda frame: frame.select(frame.columns[_46]),
    "capitals": lambda frame: frame.rename(str.upper),
    "nanoseconds": _clocks(lambda clock: clock.cast(pl.Datetime("ns"))),
    "seconds": _clocks(lambda clock: clock.dt.epoch("s")),
    "UTC": _clocks(lambda clock: clock.dt.offset_by("-5h30m").dt.replace_time_zone("UTC")),
    "time in ts": _in_ts,
    "text": _as_text,
    "price in close": _price_in_close,
}
"""How a file of one contract is written, whatever its name and folder."""


def _named(market: Market, contract: Contract) -> str:
    return f"{market.day}/{vendor_name(contract)}.parquet"


def _by_contract_in_path(market: Market, contract: Contract) -> str:
    folders = f"{market.underlying}/{market.day}/exp={contract.expiry}/type={contract.kind}"
    return f"{folders}/strike={contract.strike}.parquet"


def _by_token(market: Market, contract: Contract) -> str:
    return f"tokens/{market.day}/{token_of(contract)}.parquet"


def token_of(contract: Contract) -> int:
    """The instrument token that the map of the tree gives to a contract."""
    kind = ("CE", "PE", "FUT").index(contract.kind)
    index = len(contract.underlying)
    return ((contract.expiry.toordinal() % 10_000) * 1_000_000 + (contract.strike or 0)) * 100 + 10 * index + kind


PATHS: tuple[Callable[[Market, Contract], str], ...] = (_named, _named, _named, _by_contract_in_path, _by_token)


_MIXED_PART = 10


def _label(contract: Contract) -> str:
    return str(contract)


def make_tree(root: Path, seed: int = 11, count: int = 2_000) -> RawTree:
    """Write a tree of `count` files below `root`."""
    tree = RawTree(root)
    instruments: list[dict[str, object]] = []
    number = 0
    for market in markets(seed):
        strangers: list[tuple[Contract, Frame]] = []
        before = Frame()
        for contract, fair in listed(market):
            number += 1
            frame = snapshots_of(market, contract, fair, 20 + number % 41)
            if number % 12 == 0:
                strangers.append((contract, frame))
            elif number % 97 == 0:
                _mix(tree, market, contract, frame, before)
            elif number % 53 == 0:
                _halves(tree, market, contract, frame)
            else:
                _one(tree, market, contract, frame, number, instruments)
            before = frame
        _day_parts(tree, market, strangers)
        _future(tree, market, number)
        _chain(tree, market)
    _series(tree, seed)
    _unreadable(tree)
    pl.DataFrame(instruments).write_csv(root / "tokens" / "instruments.csv")
    for place in range(count - len(tree.files)):
        tree.put(
            f"placeholders/nifty25dec{20_000 + 50 * place}ce.parquet", pl.DataFrame(schema={"timestamp": pl.String})
        )
    assert len(tree.files) == count
    return tree


def _one(
    tree: RawTree, market: Market, contract: Contract, frame: Frame, number: int, instruments: list[dict[str, object]]
) -> None:
    """A file of one contract, every third with a plant."""
    plants = list(PLANTS)
    form = list(FORMS)[number % len(FORMS)]
    path = PATHS[number % 7 % len(PATHS)](market, contract)
    planted = Planted(frame)
    name = ""
    if number % 3 == 0:
        name = plants[number // 3 % len(plants)]
        if form in ("price in close", "time in ts") or (form != "52 columns" and name in ("no clock", "row of 1970")):
            form = "52 columns"
        planted = PLANTS[name](frame, contract)
    written = FORMS[form](planted.frame)
    if form == "text" and not name:
        name = list(TEXT_PLANTS)[number // len(FORMS) % len(TEXT_PLANTS)]
        planted = TEXT_PLANTS[name](written, contract)
        written = planted.frame
    if path.startswith("tokens/"):
        instruments.append(
            {"token": token_of(contract), "underlying": contract.underlying, "expiry": contract.expiry.isoformat(),
             "kind": contract.kind, "strike": contract.strike}
        )  # fmt: skip
    file = tree.put(path, written, refused=Counter(planted.refused))
    tree.repeated[path] += planted.repeated
    if form == "price in close":
        file.notes["last price taken from close"] = written.height
    _find(tree, market, contract, planted.findings)
    _find(tree, market, contract, {f"refused: {reason}": count for reason, count in planted.refused.items()})


def _find(tree: RawTree, market: Market, contract: Contract | str, findings: dict[str, int]) -> None:
    for check, count in findings.items():
        tree.findings[market.day.isoformat(), str(contract), check] += count


def _mix(tree: RawTree, market: Market, contract: Contract, frame: Frame, other: Frame) -> None:
    """A file in which another contract's rows lie, as the parser of names once did."""
    part = other[:_MIXED_PART]
    rows = pl.concat([frame, part]).sort("timestamp", maintain_order=True).select(frame.columns[_46])
    tree.put(_named(market, contract), rows)
    must = {"changing close", "changing open", "backward volume", "two rows at one time"}
    tree.mixed[market.day.isoformat(), str(contract)] = must


def _halves(tree: RawTree, market: Market, contract: Contract, frame: Frame) -> None:
    """One contract's day in two files that overlap in five rows."""
    middle = frame.height // 2
    group = f"halves of {contract} {market.day}"
    tree.put(f"first/{_named(market, contract)}", frame[: middle + 5], twins=group)
    tree.put(f"second/{_named(market, contract)}", frame[middle:].select(frame.columns[_46]), twins=group)
    tree.repeated[group] = 5
    _find(tree, market, contract, {"exact duplicate": 5})


def _day_parts(tree: RawTree, market: Market, strangers: list[tuple[Contract, Frame]]) -> None:
    """Day trees of many contracts a file, told by columns or by the contract's name; with rows that are nothing's."""
    for part, start in enumerate(range(0, len(strangers), 3)):
        frames = []
        for contract, frame in strangers[start : start + 3]:
            keyed = frame.select(frame.columns[_46]).with_columns(
                symbol=pl.lit(contract.underlying), expiry=pl.lit(contract.expiry), opt_type=pl.lit(contract.kind),
                strike=pl.lit(contract.strike, dtype=pl.Int64), spot=pl.lit(float(market.spot[0])),
                tradingsymbol=pl.lit(vendor_name(contract).upper()),
            )  # fmt: skip
            frames.append(keyed)
        rows = pl.concat(frames).sort("timestamp", maintain_order=True)
        path = f"days/{market.day}/{market.underlying}/part-{part}.parquet"
        if part % 3 == 0:
            tree.put(path, rows.drop("symbol", "tradingsymbol", "spot"))
        elif part % 3 == 1:
            tree.put(path, rows.drop("symbol", "expiry", "opt_type", "strike"))
        else:
            wrong = rows[:4].with_columns(strike=pl.lit(12_345, dtype=pl.Int64))
            share = rows[:3].with_columns(symbol=pl.lit("RELIANCE"))
            refused = Counter({"no contract that is known": 4, "not an index or an option of one": 3})
            tree.put(path, pl.concat([rows, wrong, share]).drop("tradingsymbol"), refused=refused)


def _future(tree: RawTree, market: Market, number: int) -> None:
    """The future of the second expiry, whose monthly it is, in the user's 49 columns, with a plant."""
    contract = Contract(market.underlying, market.expiries[1].expiry, "FUT", None)
    frame = snapshots_of(market, contract, market.expiries[1].forward, 50, spread=0.00003)
    planted = PLANTS[list(PLANTS)[number % len(PLANTS)]](frame, contract)
    path = f"futures/{_named(market, contract)}"
    tree.put(path, planted.frame.drop("opt_type", "strike", "ts"), refused=Counter(planted.refused))
    tree.repeated[path] += planted.repeated
    _find(tree, market, contract, planted.findings)
    _find(tree, market, contract, {f"refused: {reason}": count for reason, count in planted.refused.items()})
    silences = {check: count for check, count in planted.findings.items() if check in ("gap", "late start")}
    _find(
        tree, market, market.underlying, silences
    )  # The future is alone in its day file, so its silence is the day's.


def _chain(tree: RawTree, market: Market) -> None:
    """Five-minute chains of six strikes: one of them a stale copy, one before the open, one of a Saturday."""
    expiry = market.expiries[0]
    step = strike_step(market.underlying)
    money = round(float(market.spot[0]) / step) * step
    strikes = [money + step * place for place in range(-3, 3)]
    opening = datetime.combine(market.day, datetime.min.time()).replace(hour=9, minute=15)
    saturday = opening + timedelta(days=5 - opening.weekday(), minutes=30)
    moments = [
        *(opening + timedelta(minutes=5 * place) for place in range(8)),
        opening - timedelta(minutes=15),
        saturday,
    ]
    for place, at in enumerate(moments):
        stale = place == 5
        rows = pl.DataFrame(
            {
                "symbol": market.underlying, "collected_at": at,
                "exchange_time": at - (timedelta(days=1) if stale else timedelta(seconds=70)),
                "expiry": expiry.expiry, "strike": [strike for strike in strikes for _ in "CP"],
                "opt_type": ["CE", "PE"] * len(strikes), "net_change": 1.5, "bid_qty": 75, "ask_qty": 150,
                "volume_contracts": 10 + place, "oi_shares": 7_500 + place, "iv_pct": 18.0,
            }
        )  # fmt: skip
        fair = [float(value[1]) for strike in strikes for value in expiry.fair_pair(strike)]
        bid = pl.Series("bid", np.floor(np.array(fair) * 20) / 20 - 0.05 * (place + 1))
        rows = rows.with_columns(
            bid, (bid + 0.5 + 0.1 * place).round(2).alias("ask"), (bid + 0.05).round(2).alias("ltp")
        )
        reason = {5: "stale copy of an earlier day", 8: "outside the session", 9: "no session that day"}.get(place)
        refused = Counter({reason: rows.height}) if reason else Counter()
        if place == 1:
            rows = rows.with_columns(pl.col("volume_contracts").cast(pl.String), pl.lit("-").alias("net_change"))
        tree.put(f"chains/{market.underlying}_{market.day}_{place}.parquet", rows, refused=refused)


_SHARES = ("RELIANCE", "M&M", "BAJAJ-AUTO", "TCS", "INFY", "HDFCBANK", "SBIN", "ITC", "LT", "AXISBANK")
_PART_SECONDS = 20


def _series(tree: RawTree, seed: int) -> None:
    """Index, VIX and shares in parts of 20 seconds, in two or three columns."""
    for market in markets(seed):
        random = np.random.default_rng([seed, market.day.toordinal(), len(market.underlying)])
        folder = f"spot/{market.day}/{market.underlying}"
        _parts(tree, random, market, market.underlying, folder, 180, float(market.spot[0]))
        if market.underlying == "NIFTY":
            _parts(tree, random, market, "INDIAVIX", f"spot/{market.day}/INDIA_VIX", 30, 13.0)
            for name in _SHARES:
                folder = f"shares/{market.day}/symbol={name}"
                _parts(tree, random, market, name, folder, 1, 900.0, volume=True)


def _parts(
    tree: RawTree, random: np.random.Generator, market: Market, name: str, folder: str, parts: int, level: float,
    *, volume: bool = False,
) -> None:  # fmt: skip
    opening = datetime.combine(market.day, datetime.min.time()).replace(hour=9, minute=15)
    for part in range(parts):
        seconds = range(part * _PART_SECONDS, (part + 1) * _PART_SECONDS)
        walk = np.rint(level * 100 + random.integers(1, 40, _PART_SECONDS).cumsum()) / 100
        frame = pl.DataFrame({"timestamp": [opening + timedelta(seconds=n) for n in seconds], "price": walk})
        if volume:
            frame = frame.with_columns(volume=pl.int_range(pl.len()) * 10)
        path = f"{folder}/part-{part}.parquet"
        refused: Counter[str] = Counter()
        if part % 5 == 1:
            frame = at_row(frame, 4, price=0.0)
            _find(tree, market, name, {"zero price": 1})
        elif part % 5 == 2:
            frame = pl.concat([frame, frame[3:4]])
            tree.repeated[path] += 1
            _find(tree, market, name, {"exact duplicate": 1, "backward time": 1})
        elif part % 5 == 3:
            late = frame[:2].with_columns(pl.col("timestamp").dt.offset_by("6h30m"))
            frame, refused = pl.concat([frame, late]), Counter({"outside the session": 2})
            _find(tree, market, name, {"refused: outside the session": 2})
        tree.put(path, frame, refused=refused)


def _unreadable(tree: RawTree) -> None:
    """Files that must be refused as a whole, each with its sentence."""
    market = next(markets(3))
    contract, fair = next(listed(market))
    frame = snapshots_of(market, contract, fair, 20)
    bare = frame.select(frame.columns[_46])
    other = vendor_name(Contract(contract.underlying, contract.expiry, "PE", contract.strike))
    spot = pl.DataFrame({"timestamp": frame["timestamp"], "price": frame["price"]})
    files = {
        f"{other}.parquet": (frame, "by its name but holds opt_type CE"),
        "nasdaq25dec59400ce.parquet": (frame, "unknown contract name"),
        "nifty2510131234ce.parquet": (bare, "means no known contract"),
        "NIFTY-Feb2021-14800-CE.parquet": (bare, "can be read in 4 ways"),
        "exp=2021-02-18/type=CE/strike=14800.parquet": (bare, "not of which index"),
        "NIFTY/exp=2021-02-19/type=CE/strike=14800.parquet": (bare, "no known contract"),
        "NIFTY/exp=2021-02-18/type=PE/strike=14800.parquet": (
            bare.with_columns(strike=pl.lit(14_900)), "but holds strike 14900",
        ),
        "4711.parquet": (bare, "no instrument map"),
        "2021-02-03/part-0.parquet": (spot, "nor index spot"),
        "nifty_bank_1.parquet": (spot, "nor index spot"),
        "BANKNIFTY.parquet": (frame, "unknown contract name"),
        "nifty21feb14850ce.parquet": (bare.drop("bp3"), "lacks the column bp3"),
        "nifty21feb14900ce.parquet": (bare.rename({"sp3": "SQ3x"}), "lacks the column sp3"),
        "nifty21feb14950ce.parquet": (bare.with_columns(pl.concat_list("price")), "not numbers"),
        "chain.parquet": (
            spot.with_columns(expiry=date(2021, 2, 25), strike=15_000, opt_type=pl.lit("CE"), bid=1.0, ask=1.1),
            "does not say whose chain it is",
        ),
    }  # fmt: skip
    for place in range(3):
        for path, (rows, sentence) in files.items():
            tree.put(f"refused{place}/{path}", rows[: 20 - place], unreadable=sentence)
    for place in range(5):
        file = tree.put(
            f"refused/nifty21feb{15_000 + 50 * place}pe.parquet", bare, unreadable="is cut or no Parquet file"
        )
        path = tree.root / file.path
        path.write_bytes(path.read_bytes()[: -100 * (place + 1)])
