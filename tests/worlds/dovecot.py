"""A real Dovecot on loopback with one Maildir account, in a temporary folder. Needs root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from imapclient import IMAPClient

from tests.worlds.daemon import Daemon
from tests.worlds.ports import free_port, listens

USER = "cnse"
PASSWORD = "mot-de-passe-de-test"
TOKEN = "jeton-de-test"

_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_username_format = %n
auth_mechanisms = plain login
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
{more}
"""
_DELIVERY = """
service auth {
  unix_listener auth-userdb {
    mode = 0666
  }
}
"""


def missing() -> str | None:
    """Why there is no Dovecot here, or ``None``."""
    if shutil.which("dovecot") is None:
        return "Dovecot is not installed: its tests are skipped"
    if os.geteuid() != 0:
        return "Dovecot starts as root only: its tests are skipped"
    return None


class Dovecot(Daemon):
    """``with Dovecot() as server``; ``client()`` logs in as a person would, beside the watcher.

    ``people``: accounts beside ``USER``, with the same password.
    """

    def __init__(self, people: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="passerelle-dovecot-", dir="/tmp"))
        self.folder.chmod(0o755)
        account = pwd.getpwnam("nobody")
        mail = self.folder / "mail"
        mail.mkdir()
        shutil.chown(mail, account.pw_uid, account.pw_gid)
        accounts = "".join(f"{name}:{{PLAIN}}{PASSWORD}\n" for name in (USER, *people))
        (self.folder / "users").write_text(accounts)
        conf = _CONF.format(
            folder=self.folder,
            uid=account.pw_uid,
            gid=account.pw_gid,
            port=self.port,
            more=_DELIVERY,
        )
        (self.folder / "dovecot.conf").write_text(conf)

    def start(self) -> None:
        self._process = subprocess.Popen(["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")])
        self._await(lambda: listens(self.port))

    @property
    def deliver(self) -> str:
        """The command of a ``pipe`` of Postfix that delivers to an account; an unknown one is refused."""
        conf, log = self.folder / "dovecot.conf", self.folder / "mail" / "delivery.log"
        return f"/usr/lib/dovecot/dovecot-lda -c {conf} -o log_path={log} -f ${{sender}} -d ${{user}}"

    def copied(self) -> Path:
        """A copy of every mail and index as they are now, as a backup makes one."""
        copy = Path(tempfile.mkdtemp(prefix="copy-", dir=self.folder)) / "mail"
        subprocess.run(["cp", "-a", str(self.folder / "mail"), str(copy)], check=True)
        return copy

    def restore(self, copy: Path) -> None:
        """Start again from that copy: same UIDVALIDITY, and UIDs given since are given again."""
        self.stop()
        shutil.rmtree(self.folder / "mail")
        subprocess.run(["cp", "-a", str(copy), str(self.folder / "mail")], check=True)
        self.start()

    def client(self, user: str = USER) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login(user, PASSWORD)
        return client

    def append(self, raw: bytes, folder: str = "INBOX", flags: tuple[bytes, ...] = ()) -> None:
        client = self.client()
        client.append(folder, raw, flags)
        client.logout()

    def messages(self, folder: str = "INBOX", user: str = USER) -> list[bytes]:
        """Raw messages of a folder, by UID."""
        client = self.client(user)
        if not client.folder_exists(folder):
            client.logout()
            return []
        client.select_folder(folder, readonly=True)
        found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
        client.logout()
        return [found[uid][b"BODY[]"] for uid in sorted(found)]
