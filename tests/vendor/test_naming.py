"""What a name means: a contract of an index, an index, India VIX, a share, or nothing that is read."""

import pytest

from nfolab.base.snapshot import DataKind
from nfolab.vendor.naming import kind_named, series_named


@pytest.mark.parametrize(
    ("name", "kind", "underlying"),
    [
        *((name, "spot", "NIFTY") for name in ("NIFTY", "nifty", "NIFTY 50", "Nifty50")),
        *((name, "spot", "BANKNIFTY") for name in ("BANKNIFTY", "NIFTY BANK", "bank nifty")),
        *((name, "vix", "INDIAVIX") for name in ("INDIAVIX", "INDIA VIX", "INDIA_VIX", "India Vix", "VIX")),
        *((name, "equity", name) for name in ("RELIANCE", "M&M", "BAJAJ-AUTO", "20MICRONS", "3MINDIA", "SALZERELEC")),
        ("reliance", "equity", "RELIANCE"),
    ],
)
def test_names_of_series(name: str, kind: str, underlying: str) -> None:
    assert kind_named(name) == kind
    assert series_named(name) == (DataKind(kind), underlying)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("banknifty25dec59400ce", "options"),
        ("NIFTY2520623950CE", "options"),
        ("BANKNIFTY25DECFUT", "futures"),
        ("FUTIDXNIFTY30-12-2025XX0.00", "futures"),
        ("banknifty99xyz1ce", "options"),  # begins and ends like an option's: refused later, as unreadable
    ],
)
def test_names_of_contracts(name: str, kind: str) -> None:
    assert kind_named(name) == kind
    assert series_named(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("RELIANCE25DEC1500CE", "RELIANCE25DECFUT", "M&M25DEC3000PE"),  # of shares
        *("BANKNIFTY-I", "NIFTYNXT50", "NIFTY 500", "NIFTY_FUT", "CNXIT"),  # some index, or something made of one
        *("256265", "", "part-0.x", "index_spot", "A B"),
    ],
)
def test_names_that_mean_nothing_we_read(name: str) -> None:
    assert kind_named(name) is None
