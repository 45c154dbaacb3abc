"""A real Postfix on loopback, its own configuration and queue in a temporary folder.

Needs root (its master changes identity). ``hold=True`` stops after the queue file is written, so that
a benchmark measures reception alone; otherwise everything is relayed to ``relay_port``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.worlds.ports import free_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = /tmp
myhostname = relais.hopital.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_restrictions = {client}
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
relayhost = {relay}
message_size_limit = 60000000
mailbox_size_limit = 0
in_flow_delay = 0
smtp_tls_security_level = {tls}
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
"""


def missing() -> str | None:
    """Why there is no Postfix here, or ``None``."""
    if shutil.which("postfix") is None:
        return "Postfix is not installed: its tests are skipped"
    if os.geteuid() != 0:
        return "Postfix starts as root only: its tests are skipped"
    return None


class Postfix:
    """``with Postfix(relay_port=...) as relay: relay.port``."""

    def __init__(
        self,
        relay_port: int | None = None,
        *,
        hold: bool = False,
        lmtp: bool = False,
        routes: Mapping[str, int] | None = None,
        deliver: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``routes``: domains that go to a port of their own instead of ``relay_port``; ``deliver``:
        domains whose mail is given to a command (run as nobody); ``settings``: lines of ``main.cf``."""
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="passerelle-postfix-", dir="/tmp"))
        self.folder.chmod(0o755)
        target = f"[127.0.0.1]:{relay_port}" if relay_port else ""
        main = _MAIN.format(
            folder=self.folder,
            client="check_client_access static:HOLD, permit" if hold else "",
            relay="" if lmtp else target,
            tls="may",
        )
        if lmtp:
            main += f"default_transport = lmtp:inet:127.0.0.1:{relay_port}\n"
        config = self.folder / "etc"
        config.mkdir()
        table = {d: f"smtp:[127.0.0.1]:{port}" for d, port in (routes or {}).items()}
        pipes = {d: f"pipe{n}" for n, d in enumerate(deliver or {})}
        table |= {d: f"{name}:" for d, name in pipes.items()}
        if table:
            pairs = ", ".join(f"{{ {domain} = {next_hop} }}" for domain, next_hop in table.items())
            main += f"transport_maps = inline:{{ {pairs} }}\n"
        main += "".join(f"{name} = {value}\n" for name, value in (settings or {}).items())
        (config / "main.cf").write_text(main)
        master = _MASTER.format(port=self.port)
        for domain, command in (deliver or {}).items():
            master += f"{pipes[domain]} unix - n n - 4 pipe flags=DRXhu user=nobody argv={command}\n"
        (config / "master.cf").write_text(master)
        (self.folder / "queue").mkdir()
        (self.folder / "data").mkdir()
        shutil.chown(self.folder / "data", "postfix")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}{self.log()}")
        return done.stdout

    def start(self) -> None:
        config = str(self.folder / "etc")
        self._run("postfix", "-c", config, "check")
        self._run("postfix", "-c", config, "start")

    def stop(self) -> None:
        self._run("postfix", "-c", str(self.folder / "etc"), "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        path = self.folder / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, text: str, times: int, seconds: float = 30.0) -> None:
        """Until the log holds ``text`` that often. Raises ``TimeoutError`` with the log."""
        pause = threading.Event()
        for _ in range(int(seconds / 0.05)):
            if self.log().count(text) >= times:
                return
            pause.wait(0.05)
        raise TimeoutError(self.log())

    def wait_for_empty(self, seconds: float = 60.0) -> None:
        """Until nothing is left to relay. Raises ``TimeoutError`` with the log."""
        pause = threading.Event()
        folders, quiet = ("maildrop", "incoming", "active", "deferred"), 0
        for _ in range(int(seconds / 0.1)):
            busy = any(path.is_file() for f in folders for path in (self.folder / "queue" / f).rglob("*"))
            quiet = 0 if busy else quiet + 1  # a file on its way from one folder to the next is in neither
            if quiet == 5:
                return
            pause.wait(0.1)
        raise TimeoutError(self.log()[-2000:])

    def held(self) -> int:
        """Messages written in the hold queue so far."""
        hold = self.folder / "queue" / "hold"
        return sum(1 for path in hold.rglob("*") if path.is_file()) if hold.exists() else 0

    def drop_held(self) -> None:
        self._run("postsuper", "-c", str(self.folder / "etc"), "-d", "ALL")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
