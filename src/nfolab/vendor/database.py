"""A running MariaDB or MySQL server: its address, and sessions on it that read and never write.

The driver is PyMySQL. It is one pure-Python wheel for every system and every Python from 3.11 on; it hands rows on
while the server still makes them, and leaves the session to us, so that counting and reading share one snapshot.
ConnectorX and ADBC were not taken: the first opens connections of its own and holds a whole result, the second has no
MySQL driver among its wheels. What pure Python costs, 20 to 30 µs a row of 46 values, is avoided: the server writes
each row as one text, in the form it has in a dump, and the dump's own kernel reads it; then a row costs 4 µs.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from nfolab.base.errors import InputError

SCHEME = "mysql:"
FORM = "mysql://user:password@host:port/database"

_USUAL_PORT = 3306
_SECONDS_TO_CONNECT = 10
_ROWS_AT_ONCE = 10_000
_SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION sql_mode = ''",
    "SET SESSION time_zone = '+05:30'",  # what TIMESTAMP columns are shown in; DATETIME stays as it is
)
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_NO_SUCH_USER = (1045, 1698)
_NO_RIGHT_TO_DATABASE = 1044
_NO_SUCH_DATABASE = 1049
_GONE = (1053, 1927, 2003, 2006, 2013)

Row = tuple[bytes | None, ...]


@dataclass(frozen=True)
class Address:
    """Where a database is and who asks. The password is never part of what is shown."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def __str__(self) -> str:
        """Return the place, without user and password."""
        return f"mysql://{self.host}:{self.port}/{self.database}"


def read_address(text: str) -> Address:
    """Read `mysql://user:password@host:port/database`; user, password and database may be percent-encoded.

    Raises:
        InputError: It is not of that form. The text is not repeated, for it may hold a password.
    """
    mend = f"write {FORM}, and any of @ / : # ? % in the password percent-encoded (%40 for @)"
    try:
        parts = urlsplit(text)
        port = parts.port or _USUAL_PORT
    except ValueError:
        raise InputError(f"the address of the database has a port that is no number: {mend}") from None
    database = unquote(parts.path.removeprefix("/"))
    missing = [
        what
        for what, there in (("user", parts.username), ("host", parts.hostname), ("database", database))
        if not there
    ]
    if missing:
        raise InputError(f"the address of the database names no {' and no '.join(missing)}: {mend}")
    if parts.scheme != "mysql" or parts.query or parts.fragment or "/" in parts.path.removeprefix("/"):
        raise InputError(f"the address of the database cannot be read: {mend}")
    return Address(parts.hostname or "", port, unquote(parts.username or ""), unquote(parts.password or ""), database)


class ServerError(Exception):
    """What the server answered to a question, without the question."""


class Session:
    """One connection, in one consistent snapshot from its beginning on for tables whose engine knows snapshots."""

    def __init__(self, connection: pymysql.Connection, address: Address) -> None:
        self._connection = connection
        self._address = address

    def all(self, question: str) -> list[Row]:
        """Return all rows of an answer that is short.

        Raises:
            ServerError: The server refused the question.
            InputError: The connection is lost.
        """
        return [row for rows in self.stream(question) for row in rows]

    def stream(self, question: str) -> Iterator[list[Row]]:
        """Yield an answer's rows, 10,000 at a time, while the server still makes them; as bytes, None for NULL.

        Raises:
            ServerError: The server refused the question.
            InputError: The connection is lost.
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute(question)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield list(rows)
        except pymysql.err.MySQLError as problem:
            code, message = _told(problem)
            if code in _GONE or not self._connection.open:
                raise InputError(
                    f"the connection to {self._address} was lost: pack again when the server is up"
                ) from None
            raise ServerError(message) from None
        finally:
            if self._connection.open:
                cursor.close()


_idle: dict[Address, list[pymysql.Connection]] = defaultdict(list)


@contextmanager
def session(address: Address) -> Iterator[Session]:
    """Give a session that begins now. This process keeps its connection for the next one, unless something went wrong.

    Raises:
        InputError: There is no server, it does not let the user in, or it has no such database.
    """
    connection = _begun(address)
    with ExitStack() as after:
        after.callback(_dropped, connection)
        yield Session(connection, address)
        if _is_free_again(connection):
            after.pop_all()
            _idle[address].append(connection)


def _dropped(connection: pymysql.Connection) -> None:
    if connection.open:
        connection.close()


def _is_free_again(connection: pymysql.Connection) -> bool:
    """End the session's snapshot, which the server would keep; say whether the connection still serves."""
    try:
        connection.rollback()
    except pymysql.err.MySQLError:
        return False
    return True


def _begun(address: Address) -> pymysql.Connection:
    """Return a connection at the beginning of a snapshot: one kept from before if the server still knows it."""
    while _idle[address]:
        kept = _idle[address].pop()
        try:
            kept.query(_SNAPSHOT)
        except pymysql.err.MySQLError:
            continue
        return kept
    connection = _connected(address)
    for statement in (*_SETTINGS, _SNAPSHOT):
        connection.query(statement)
    return connection


def literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return the name of a table or column as SQL has it."""
    return "`" + name.replace("`", "``") + "`"


def _connected(address: Address) -> pymysql.Connection:
    server = f"{address.host}:{address.port}"
    try:
        return pymysql.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            database=address.database,
            charset="utf8mb4",
            use_unicode=False,
            conv=encoders,
            connect_timeout=_SECONDS_TO_CONNECT,
            cursorclass=SSCursor,
        )
    except pymysql.err.MySQLError as problem:
        code, message = _told(problem)
        if code in _NO_SUCH_USER:
            raise InputError(
                f"the server {server} refuses user {address.user}: check the user and the password in the address"
            ) from None
        if code == _NO_RIGHT_TO_DATABASE:
            raise InputError(
                f"user {address.user} may not read database {address.database} on {server}: "
                "grant SELECT on it, or name another user"
            ) from None
        if code == _NO_SUCH_DATABASE:
            raise InputError(
                f"the server {server} has no database {address.database}: check the last part of the address"
            ) from None
        if code in _GONE:
            raise InputError(
                f"no database server answers at {server}: check host and port, and that the server is up"
            ) from None
        raise InputError(f"the server {server} refuses the connection ({message}): check the address") from None
    except RuntimeError as problem:  # how PyMySQL asks for a package that a way to log in needs
        raise InputError(
            f"the server {server} asks user {address.user} to log in in a way that is not supported ({problem}): "
            "name a user that logs in by mysql_native_password"
        ) from None


def _told(problem: pymysql.err.MySQLError) -> tuple[int, str]:
    """Return the number and the words of what went wrong."""
    told: tuple[object, ...] = problem.args
    code = told[0] if told else 0
    return (code if isinstance(code, int) else 0), str(told[-1] if told else problem)
