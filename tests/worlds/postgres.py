"""A real PostgreSQL in a temporary folder, started and stopped at will."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.worlds.needed import needed
from tests.worlds.ports import free_port

_CONF = """
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = {durable}
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 120
shared_buffers = 32MB
log_min_messages = error
"""


def binaries() -> Path | None:
    """Folder of the newest installed PostgreSQL, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def require() -> None:
    """Skip where PostgreSQL is not installed; in CI, where it must be, fail."""
    needed(None if binaries() is not None else "PostgreSQL is not installed")


def _version(initdb: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in initdb.parts[-3].split(".") if part.isdigit())


class PostgresServer:
    """``durable=False`` turns fsync off: faster, for tests that do not pull the plug."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        bin_folder = binaries()
        if bin_folder is None:
            raise FileNotFoundError("initdb")
        self._bin = bin_folder
        self.folder = folder
        self.port = free_port()
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(folder, *self._user)
        self._run("initdb", "-D", self._data, "-U", "passerelle", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        conf = _CONF.format(durable="on" if durable else "off", port=self.port, folder=folder)
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(conf)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://passerelle@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> None:
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop_database(self, name: str) -> None:
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        address = f"host=127.0.0.1 port={self.port} user=passerelle dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Returns when the server accepts connections."""
        self._run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is a crash: connections break, recovery runs at the next start."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        user, group = self._user or (None, None)
        # a file, not a pipe: the server inherits it and would keep a pipe open for ever
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(self._bin / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program}: {output.read().decode(errors='replace')}")


def _unprivileged() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise RuntimeError("no unprivileged account to run PostgreSQL")
