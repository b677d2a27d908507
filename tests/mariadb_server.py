"""A MariaDB server of the tests' own: no system service, a private socket, a free port, data in a temporary folder."""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

USER = "packer"
PASSWORD = "p@ss:w/rd %#1"
_SERVERS = ("mariadbd", "mysqld")
_INSTALLERS = ("mariadb-install-db", "mysql_install_db")
_CLIENTS = ("mariadb", "mysql")
_MORE_PLACES = "/usr/sbin:/usr/libexec:/opt/homebrew/bin:/opt/homebrew/opt/mariadb/bin:/usr/local/opt/mariadb/bin"
_PATIENCE = 60


def program(names: tuple[str, ...]) -> str | None:
    """The path of the first of several programs that is there."""
    places = os.environ.get("PATH", "") + os.pathsep + _MORE_PLACES
    return next((path for name in names if (path := shutil.which(name, path=places))), None)


def is_installed() -> bool:
    return all(program(names) for names in (_SERVERS, _INSTALLERS, _CLIENTS))


@dataclass(frozen=True)
class MariadbServer:
    """A server that runs, and what its user may do there: read every database."""

    port: int
    socket: Path
    client: str

    def address(self, database: str) -> str:
        return f"mysql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str | bytes, database: str = "") -> str:
        """Run statements as root; return what they print, tabs between values."""
        command = [
            self.client,
            "--no-defaults",
            f"--socket={self.socket}",
            "--user=root",
            "--batch",
            "--skip-column-names",
        ]
        told = subprocess.run(
            [*command, *([database] if database else [])],
            input=sql.encode() if isinstance(sql, str) else sql,
            capture_output=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr.decode()
        return told.stdout.decode()

    def restore(self, dump: Path, database: str, engine: str | None = None) -> str:
        """Restore a dump into a new database, if asked with another engine for its tables; return its address."""
        text = gzip.decompress(dump.read_bytes()) if dump.suffix == ".gz" else dump.read_bytes()
        if engine:
            text = text.replace(b"ENGINE=MyISAM", f"ENGINE={engine}".encode())
        self.run(f"CREATE DATABASE `{database}`")
        self.run(text, database)
        return self.address(database)


@contextmanager
def mariadb_server(folder: Path) -> Iterator[MariadbServer]:
    """Start a server with its data in `folder` and stop it on leaving, however that comes."""
    server, installer, client = program(_SERVERS), program(_INSTALLERS), program(_CLIENTS)
    assert server is not None
    assert installer is not None
    assert client is not None
    user = ["--user=root"] if os.geteuid() == 0 else []
    data, log = folder / "data", folder / "server.log"
    # A socket's path may have about a hundred bytes, and a temporary folder of pytest may have more.
    address = Path(f"/tmp/nfolab-{os.getpid()}.sock")
    subprocess.run(
        [
            installer,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *user,
        ],
        check=True,
        capture_output=True,
    )
    port = _free_port()
    options = [
        f"--datadir={data}",
        f"--socket={address}",
        f"--pid-file={folder / 'server.pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
    ]
    with log.open("wb") as told:
        process = subprocess.Popen([server, "--no-defaults", *options, *user], stdout=told, stderr=told)
    try:
        running = MariadbServer(port, address, client)
        _wait_for(process, address, log)
        running.run(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON *.* TO '{USER}'@'%'")
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        address.unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], address: Path, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if address.exists() and probe.connect_ex(str(address)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")
