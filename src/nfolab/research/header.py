"""The header of a run: what it was made of, what must be said first, and what it comes to."""

from typing import Any

import polars as pl

from nfolab import __version__
from nfolab.base.snapshot import SourceKind
from nfolab.engine.codes import Watch
from nfolab.engine.positions.program import ENTRY_WAIT
from nfolab.market.charges import option_rates
from nfolab.market.sessions import trading_days
from nfolab.research.plan import Plan
from nfolab.research.results import PROXY_SIGNAL
from nfolab.strategies.python import PythonVariant
from nfolab.strategies.recipe import Variant

_LIMITS = "a limit order rests behind the size displayed at its price; traded volume moves it; rules in docs/desk.md"
_MONEY = ("gross", "charges", "net", "net_flat5", "net_best", "net_worst")


def header_of(
    plan: Plan, name: str, code: str, data: dict[str, str], tables: dict[str, pl.DataFrame], seconds: float
) -> dict[str, Any]:
    """Return the header that `run.json` holds; money in paise."""
    trades, ledger = tables["trades"], tables["ledger"]
    flags = sorted(set(trades["flags"].explode().drop_nulls()))
    if any(recipe.header.proxy for recipe in plan.recipes):
        flags = [PROXY_SIGNAL, *flags]
    return {
        "run": name,
        "source": str(plan.lake.source),
        "version": __version__,
        "code": code,
        "data": data,
        "strategies": [recipe.id for recipe in plan.recipes],
        "titles": {recipe.id: recipe.title for recipe in plan.recipes},
        "proxies": {recipe.id: recipe.header.proxy for recipe in plan.recipes if recipe.header.proxy},
        "underlying": plan.underlying,
        "from": str(plan.days[0]),
        "to": str(plan.days[-1]),
        "days": len(trading_days(plan.days[0], plan.days[-1])),
        "days_with_data": len(plan.days),
        "remarks": remarks(plan, tables),
        "models": {
            "fills": "market orders walk five levels of a row stamped at or after their arrival",
            "entry_wait": f"{ENTRY_WAIT}s",
            "stops": "watched on the walked cost to close, sent as market orders",
            **({"limits": _LIMITS} if any(isinstance(one, PythonVariant) for one in plan.variants) else {}),
            "band": "best: best quote without depth; worst: the poorer of two rows, less a slip",
            "flat_margin": "2.5 lakh rupees BANKNIFTY, 1.75 lakh NIFTY a short pair and lot",
        },
        "totals": {
            "tasks": ledger.height,
            "failed": ledger.filter(pl.col("state") == "failed").height,
            "refused": ledger.filter(pl.col("state") == "refused").height,
            "trades": trades.height,
            "flagged": trades.filter(pl.col("flags").list.len() > 0).height,
            "unclosed": trades.filter(pl.col("flags").list.contains("unclosed")).height,
            "flags": flags,
            "days_with_trades": trades["day"].n_unique(),
            **{f"{name}_paise": int(trades[f"{name}_paise"].sum()) for name in _MONEY},
        },
        "seconds": round(seconds, 3),
    }


def remarks(plan: Plan, tables: dict[str, pl.DataFrame]) -> list[str]:
    """Return the sentences that every report must show before any number."""
    trades, ledger = tables["trades"], tables["ledger"]
    said = []
    if plan.lake.source == SourceKind.SYNTHETIC:
        said.append(
            "SYNTHETIC data, made by a generator: nothing here was ever traded, "
            "and no result says anything of a market."
        )
    said += [f"{PROXY_SIGNAL}: {one.id}: {one.header.proxy}" for one in plan.recipes if one.header.proxy]
    said += plan.refused
    recipes = [variant for variant in plan.variants if isinstance(variant, Variant)]
    asks_for_money = [variant for variant in recipes if variant.asks_for_money]
    if any(variant.spot == "parity" for variant in asks_for_money):
        said.append(
            "The strike is chosen from the put-call-parity forward of the options themselves (spot=parity), "
            "not from an index feed."
        )
    watched = sorted({variant.watch.name.lower() for variant in recipes if variant.watch != Watch.WALK})
    if watched:
        prices = " and the ".join(watched)
        said.append(f"Stops and targets watch the {prices} price, not the walked cost to close; fills are walks.")
    scripts = [variant for variant in plan.variants if isinstance(variant, PythonVariant)]
    said += dict.fromkeys(remark for variant in scripts for remark in variant.settings.remarks(variant.params))
    for flag, sentence in (
        (
            "unclosed",
            "were still open when the session ended: marked at their last cost to close plus two slips, and counted.",
        ),
        (
            "settled",
            "were settled at the mean of the index over the last half hour, in place of the exchange's own value.",
        ),
    ):
        count = trades.filter(pl.col("flags").list.contains(flag)).height
        if count:
            said.append(f"{count} trade{'s' * (count > 1)} {sentence}")
    approximate = sorted({name for day in plan.days for name in option_rates(day, plan.underlying).approximate})
    if approximate:
        said.append(f"Charges are approximate in: {', '.join(approximate)}.")
    for state in ("refused", "failed"):
        count = ledger.filter(pl.col("state") == state).height
        if count:
            first = str(ledger.filter(pl.col("state") == state)["reason"][0]).strip().splitlines()[-1]
            said.append(f"{count} of {ledger.height} tasks {state}, the first because: {first}")
    return said
