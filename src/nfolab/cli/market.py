"""The commands `contract`, `calendar` and `charges`: the market facts by hand."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from nfolab.base.errors import InputError
from nfolab.base.units import PAISE_PER_RUPEE, Clock
from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, print_json, read_day, read_optional_day

Document = dict[str, Any]

_FOUR_DECIMALS = Decimal("0.0001")

calendar_app = typer.Typer(help="Expiries, sessions, and a check of an expiry calendar.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("contract", cls=Command)(contract)
    app.command("charges", cls=Command)(charges)
    app.add_typer(calendar_app, name="calendar")


def _print_table(documents: Sequence[Document], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in documents[0] if documents else ():
        table.add_column(name)
    for document in documents:
        table.add_row(*("" if value is None else str(value) for value in document.values()))
    Console().print(table)


def _remark(text: str) -> None:
    typer.echo(text, err=True)


def _remark_unverified(underlying: str) -> None:
    from nfolab.market.expiries import expiries_verified

    if not expiries_verified(underlying):
        _remark(f"unverified: expiries of {underlying} come from its rules alone")


def contract(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A vendor's name, as banknifty25dec59400ce.")],
    trade_date: Annotated[str | None, typer.Option(help="A day it traded on; its expiry day by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a vendor's contract name."""
    from nfolab.market.contracts import read_name
    from nfolab.market.expiries import expiry_kind
    from nfolab.market.lots import lot_size
    from nfolab.market.moves import expiry_as_known

    given = read_optional_day(trade_date)
    found, note = read_name(name, given)
    day = given or found.expiry
    document = {
        "underlying": found.underlying,
        "expiry": found.expiry.isoformat(),
        "expiry_as_known": expiry_as_known(found.underlying, found.expiry, day).isoformat(),
        "kind": found.kind,
        "strike": found.strike,
        "weekly_or_monthly": expiry_kind(found.underlying, found.expiry),
        "lot": lot_size(found.underlying, found.expiry, day),
        "note": note,
    }
    if as_json:
        print_json(document)
    else:
        _print_table([document], str(found))
    _remark_unverified(found.underlying)


@calendar_app.command("expiries", cls=Command)
def expiries(
    underlying: Annotated[str, typer.Argument(metavar="UNDERLYING", help="NIFTY, BANKNIFTY …")],
    as_of: Annotated[str | None, typer.Option(metavar="DAY", help="Show expiry and lot as this day knew them.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, inclusive.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the expiries of an underlying; with --as-of those on or after that day, as it knew them."""
    from nfolab.market.expiries import expiries as listed
    from nfolab.market.lots import lot_size
    from nfolab.market.moves import expiry_as_known
    from nfolab.market.tables import FIRST_DAY, LAST_DAY

    known = read_optional_day(as_of)
    documents = []
    for one in listed(
        underlying.upper(), read_optional_day(first) or known or FIRST_DAY, read_optional_day(last) or LAST_DAY
    ):
        alive = known is not None and known <= one.expiry
        expiry = expiry_as_known(one.underlying, one.expiry, known) if known and alive else one.expiry
        lot = lot_size(one.underlying, one.expiry, known) if known and alive else one.lot
        documents.append(
            {
                "underlying": one.underlying,
                "kind": one.kind,
                "scheduled": (one.scheduled if expiry == one.expiry else expiry).isoformat(),
                "expiry": expiry.isoformat(),
                "lot": lot,
            }
        )
    if as_json:
        print_json(documents)
    else:
        _print_table(documents, f"Expiries of {underlying.upper()}")
    _remark_unverified(underlying.upper())


@calendar_app.command("check", cls=Command)
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An expiry calendar as CSV.")],
    as_json: JsonOption = False,
) -> None:
    """Hold an expiry calendar against the rules, and name each wrong row."""
    from nfolab.market.calendar_check import check_calendar

    found = check_calendar(file)
    documents = [
        {
            "line": row.line,
            "underlying": row.underlying,
            "kind": row.kind,
            "in_file": row.in_file.isoformat(),
            "right": row.right.isoformat() if row.right else None,
            "why": row.why,
        }
        for row in found.wrong
    ]
    if as_json:
        print_json(documents)
    else:
        _print_table(documents, f"{len(documents)} wrong of {found.rows} rows")
    if found.monthly_labelled_weekly:
        lines = ", ".join(str(line) for line in found.monthly_labelled_weekly)
        _remark(f"{len(found.monthly_labelled_weekly)} rows give a monthly's date the label weekly (no error): {lines}")


def _moment(day: date, clock: Clock) -> str:
    return f"{day}T{clock}+05:30"


@calendar_app.command("session", cls=Command)
def session(
    day: Annotated[str, typer.Argument(help="The day, as 2025-12-15.")],
    as_json: JsonOption = False,
) -> None:
    """Say whether a day is traded, in which windows, and why not."""
    from nfolab.market.sessions import session as session_of
    from nfolab.market.sessions import special_name, why_closed

    wanted = read_day(day)
    reason = why_closed(wanted)
    windows = () if reason else session_of(wanted).windows
    document = {
        "day": wanted.isoformat(),
        "open": reason is None,
        "windows": [[_moment(wanted, opening), _moment(wanted, closing)] for opening, closing in windows],
        "name": special_name(wanted),
        "reason": reason,
    }
    if as_json:
        print_json(document)
    else:
        document["windows"] = ", ".join(f"{opening}-{closing}" for opening, closing in windows)
        _print_table([document], f"{wanted:%A} {wanted}")


def _price(text: str) -> int:
    """Read a price in rupees as paise."""
    try:
        paise = Decimal(text) * PAISE_PER_RUPEE
    except InvalidOperation:
        raise InputError(f"{text!r} is not a price in rupees: write it as 300 or 250.05") from None
    if not paise.is_finite() or paise < 0 or paise != paise.to_integral_value():
        raise InputError(f"{text!r} cannot be a price: give rupees from 0 up, in whole paise")
    return int(paise)


def charges(
    underlying: Annotated[str, typer.Option(help="NIFTY, BANKNIFTY …")],
    expiry: Annotated[str, typer.Option(metavar="DAY", help="The contract's expiry.")],
    day: Annotated[str, typer.Option(metavar="DAY", help="The trading day.")],
    sell: Annotated[str, typer.Option(metavar="PRICE", help="Price sold at, in rupees.")],
    buy: Annotated[str, typer.Option(metavar="PRICE", help="Price bought at, in rupees.")],
    lots: Annotated[int, typer.Option(help="Lots, bought and sold in one order each.")] = 1,
    plan: Annotated[str, typer.Option(help="Brokerage plan: flat20, zero or flat5.")] = "zero",
    as_json: JsonOption = False,
) -> None:
    """Tell the charges of one option bought and sold, line by line."""
    from nfolab.market.charges import UNITS_PER_PAISA, option_rates
    from nfolab.market.charges import charges as charges_of
    from nfolab.market.charges import plan as plan_named
    from nfolab.market.lots import lot_size

    if lots < 1:
        raise InputError(f"{lots} lots cannot be traded: give 1 or more")
    traded, name = read_day(day), underlying.upper()
    lot = lot_size(name, read_day(expiry), traded)
    sell_value, buy_value = _price(sell) * lot * lots, _price(buy) * lot * lots
    rates = option_rates(traded, name)
    found = charges_of(rates, plan_named(plan), sell_value=sell_value, buy_value=buy_value, orders=2)

    def in_rupees(amount: int, units: int = UNITS_PER_PAISA) -> float:
        exact = Decimal(amount) / (units * PAISE_PER_RUPEE)
        return float(exact.quantize(_FOUR_DECIMALS, rounding=ROUND_HALF_UP))

    gross = sell_value - buy_value
    document: Document = {"lot": lot, "units": lot * lots}
    document |= {"sell_value": in_rupees(sell_value, 1), "buy_value": in_rupees(buy_value, 1)}
    for component in ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst", "total"):
        document[component] = in_rupees(getattr(found, component))
    document |= {"gross": in_rupees(gross, 1), "net": in_rupees(gross * UNITS_PER_PAISA - found.total)}
    if as_json:
        print_json(document)
    else:
        lines = [{"line": line, "rupees": value} for line, value in document.items()]
        _print_table(lines, f"{name} {expiry} on {traded}, plan {plan}")
    if rates.approximate:
        _remark(f"approximate: {', '.join(rates.approximate)} taken from NSE")
