"""Scripts and answers of the slow desk in few words, for the worked examples."""

from reference.by_hand import CALL, DAY, day_of
from reference.desk_script import Action, run_script
from reference.orders import Terms
from reference.rows import Contract, Row


def send(at: int, side: str, lots: int, kind: str = "market", contract: int = 0, **more: object) -> Action:
    order = {"contract": contract, "side": side, "units": 35 * lots, "kind": kind, **more}
    return {"at": at, "do": "send", "order": order}


def group(at: int, *legs: tuple[int, str, int]) -> Action:
    """Legs as (contract, side, lots)."""
    orders = [{"contract": contract, "side": side, "units": 35 * lots} for contract, side, lots in legs]
    return {"at": at, "do": "group", "orders": [{**one, "kind": "market", "fill": "all"} for one in orders]}


def cancel(at: int, order: int) -> Action:
    return {"at": at, "do": "cancel", "order": order}


def change(at: int, order: int, price: int | None = None, units: int | None = None) -> Action:
    return {"at": at, "do": "change", "order": order, "price": price, "units": units}


def desk(
    rows: list[Row] | dict[Contract, list[Row]],
    *script: Action,
    spot: dict[int, int] | None = None,
    date: object = DAY,
    by_rows: bool = False,
    **terms: object,
) -> dict:
    """What became of a script on the rows of one contract, or of several."""
    contracts = rows if isinstance(rows, dict) else {CALL: rows}
    day = day_of(contracts, spot, date)
    return run_script(day, list(contracts), Terms(**terms), list(script), by_rows)


def fills(answer: dict, order: int | None = None) -> list[tuple[int, int, int]]:
    """(second, price, units) of each fill, of one order or of all."""
    return [
        (line["second"], line["price"], line["units"])
        for line in answer["events"]
        if line["event"] == "filled" and order in (None, line["order"])
    ]


def told(answer: dict, *events: str) -> list[tuple[int, str, int, str]]:
    """(second, event, order, reason) of some kinds of events."""
    return [
        (line["second"], line["event"], line["order"], line["reason"])
        for line in answer["events"]
        if line["event"] in events
    ]


def states(answer: dict) -> list[str]:
    return [order["state"] for order in answer["orders"]]


def placed(answer: dict) -> list[tuple[int, int]]:
    """(second, ahead) of each time an order came to rest."""
    return [(line["second"], line["shown"]) for line in answer["events"] if line["event"] == "placed"]
