"""The command `price`."""

import json

import pytest
from typer.testing import CliRunner

from nfolab.base.errors import InputError
from nfolab.cli.app import app

OPTION = ["--kind", "CE", "--forward", "100", "--strike", "100", "--years", "1", "--rate", "0.05"]


def ask(*words):
    done = CliRunner().invoke(app, ["price", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_price_from_a_volatility():
    # 100 x (2 N(0.1) - 1) exp(-0.05) = 7.5770821..., d1 = 0.1.
    told = ask(*OPTION, "--vol", "0.2")
    assert told["price"] == pytest.approx(7.9655674554058 * 0.951229424500714, rel=1e-12)
    assert told["vol"] == 0.2
    assert told["delta"] == pytest.approx(0.539827837277029 * 0.951229424500714, rel=1e-12)
    assert told["gamma"] == pytest.approx(0.396952547477012 * 0.951229424500714 / 20, rel=1e-12)
    assert told["vega"] == pytest.approx(39.6952547477012 * 0.951229424500714, rel=1e-12)
    decay = 3.96952547477012 * 0.951229424500714
    assert told["theta"] == pytest.approx((0.05 * told["price"] - decay) / 365, rel=1e-12)
    assert told["units"]["theta"] == "a calendar day"


def test_volatility_from_a_premium():
    told = ask(*OPTION, "--premium", "7.577082146427")
    assert told["price"] == 7.577082146427
    assert told["vol"] == pytest.approx(0.2, rel=1e-11)


def test_the_table_says_its_units():
    done = CliRunner().invoke(app, ["price", *OPTION, "--vol", "0.2"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "0.2" in done.stdout
    assert "calendar day" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*OPTION], "either a volatility or a premium"),
        ([*OPTION, "--vol", "0.2", "--premium", "5"], "not both"),
        ([*OPTION, "--premium", "-1"], "below the option's discounted intrinsic value"),
        ([*OPTION, "--premium", "100"], "not below the discounted forward"),
        ([*OPTION, "--vol", "0"], "volatility must be above 0"),
        ([*OPTION, "--vol", "nan"], "must be finite"),
        ([*OPTION, "--kind", "FUT", "--vol", "0.2"], "'FUT' is no kind of option"),
        ([*OPTION, "--years", "0", "--vol", "0.2"], "years to expiry must be above 0"),
    ],
)
def test_mistakes_are_told_in_a_sentence(words, said):
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(app, ["price", *words], catch_exceptions=False)
