"""Addresses of databases: what is read out of them, and what is never told again."""

import pytest

from nfolab.base.errors import InputError
from nfolab.vendor.database import Address, literal, quoted, read_address


def test_an_address_is_taken_apart() -> None:
    assert read_address("mysql://me:p%40ss%2F%3A%25@db.example:3307/my%20data") == Address(
        "db.example", 3307, "me", "p@ss/:%", "my data"
    )
    assert read_address("mysql://me@localhost/x") == Address("localhost", 3306, "me", "", "x")


def test_an_address_shows_no_password_and_no_user() -> None:
    address = read_address("mysql://me:secret@localhost/x")
    assert str(address) == "mysql://localhost:3306/x"
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://me:secret@localhost", "names no database: write mysql://user:password@host:port/database"),
        ("mysql://localhost/x", "names no user"),
        ("mysql:///x", "names no user and no host"),
        ("mysql:me", "names no user and no host"),
        ("mysql://me:secret@localhost:port/x", "has a port that is no number"),
        ("mysql://me:sec#secret@localhost/x", "names no|has a port"),
        ("mysql://me:secret/s@localhost/x", "names no|has a port|cannot be read"),
        ("mysql://me:secret@localhost/x?ssl=1", "cannot be read: write mysql://"),
        ("mysql://me:secret@localhost/x/y", "cannot be read: write mysql://"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_address(text)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_names_and_texts_stay_within_their_quotes() -> None:
    assert quoted("a`b") == "`a``b`"
    assert literal("it's \\ so") == r"'it''s \\ so'"
