"""One IMAP folder (RFC 3501, 6851, 4315, 2177) in the words the watcher needs: list, read, move, wait.

Nothing here looks at ``\\Seen``: people open mails in Outlook, and that must not hide them from us.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from imapclient import IMAPClient, SocketTimeout

from gateway.settings import Imap

PIECE = 1024 * 1024
_CONNECT_SECONDS = 20.0
_READ_SECONDS = 120.0
_HEADERS = b"BODY[HEADER.FIELDS (RETURN-PATH FROM)]"
_IDENTITY = b"BODY[HEADER.FIELDS (MESSAGE-ID)]"
_MARKED = 500
"""Messages asked about at once."""
_RETURN_PATH = re.compile(rb"(?im)^return-path:[ \t]*<([^<>\r\n]{0,320})>")
_FROM = re.compile(rb"(?im)^from:(?:[^\r\n]|\r?\n[ \t])*?([^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,255})")


class FolderSeen(NamedTuple):
    """What a folder says when it is selected."""

    validity: int
    uidnext: int
    """More than every UID given so far; 0 when the server does not say."""
    uids: list[int]
    """Every message in it, oldest first."""


class Gone(Exception):
    """The message is no longer in the folder: somebody else moved it."""


class ImapBox:
    """An authenticated connection. Errors are those of imapclient, ``OSError`` and ``Gone``."""

    def __init__(self, settings: Imap, root: Path = Path()) -> None:
        self._settings = settings
        timeout = SocketTimeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._client = IMAPClient(settings.host, settings.port, ssl=settings.tls, timeout=timeout)
        self._client.normalise_times = False
        self._target: str | None = None
        try:
            self._log_in((root / settings.secret_file).read_text("utf-8").strip())
        except BaseException:
            self.close()
            raise

    def _log_in(self, secret: str) -> None:
        client, settings = self._client, self._settings
        if not settings.tls and client.has_capability("STARTTLS"):
            client.starttls()
        if settings.auth == "xoauth2":
            client.oauth2_login(settings.username, secret)
        else:
            client.login(settings.username, secret)
        # capabilities differ after login; ask again rather than trust what came before TLS
        client.capabilities()

    def refresh(self) -> FolderSeen:
        """The folder as it is now.

        Selected anew each time: the only moment a server tells that UIDVALIDITY has changed.
        """
        answer = self._client.select_folder(self._settings.folder)
        uids = sorted(self._client.search("ALL"))
        uidnext = int(answer.get(b"UIDNEXT", 0))
        if uidnext and uids:
            uidnext = max(uidnext, uids[-1] + 1)  # a mail may come between the two answers
        return FolderSeen(int(answer[b"UIDVALIDITY"]), uidnext, uids)

    def envelope_sender(self, uid: int) -> str:
        """Return-Path when the server kept one (empty: null), else the address of From, else empty."""
        fields = self._fetched(uid, "BODY.PEEK[HEADER.FIELDS (RETURN-PATH FROM)]", _HEADERS)
        found = _RETURN_PATH.search(fields) or _FROM.search(fields)
        return found[1].decode("utf-8", "replace") if found else ""

    def pieces(self, uid: int) -> Iterator[bytes]:
        """The raw message by pieces of 1 MiB at most. Raises ``Gone``."""
        offset = 0
        while True:
            piece = self._fetched(uid, f"BODY.PEEK[]<{offset}.{PIECE}>", b"BODY[]<%d>" % offset)
            if piece:
                yield piece
            if len(piece) < PIECE:
                return
            offset += len(piece)

    def marks(self, uids: Sequence[int]) -> dict[int, str]:
        """For each of these messages still there, 32 characters that follow it from folder to folder.

        Size, date of arrival on the server and Message-ID, hashed: what a server keeps when somebody moves
        a message, or when it numbers them anew (RFC 3501, 2.3.3 and 6.4.7).
        """
        found: dict[int, str] = {}
        for start in range(0, len(uids), _MARKED):
            asked = ["RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
            for uid, told in self._client.fetch(uids[start : start + _MARKED], asked).items():
                came = told.get(b"INTERNALDATE")
                instant = came.timestamp() if came is not None else 0
                whole = f"{told.get(b'RFC822.SIZE')} {instant:.0f} ".encode()
                whole += b"".join((told.get(_IDENTITY) or b"").split())
                found[uid] = hashlib.sha256(whole).hexdigest()[:32]
        return found

    def digest(self, uid: int) -> str:
        """SHA-256 of the raw message, in hexadecimal. Raises ``Gone``."""
        whole = hashlib.sha256()
        for piece in self.pieces(uid):
            whole.update(piece)
        return whole.hexdigest()

    def _fetched(self, uid: int, asked: str, key: bytes) -> bytes:
        fields: dict[bytes, Any] = self._client.fetch([uid], [asked]).get(uid, {})
        if key not in fields:
            raise Gone
        return fields[key] or b""

    @property
    def can_move(self) -> bool:
        """Whether the server lets one message be moved, and no other."""
        return any(self._client.has_capability(name) for name in ("MOVE", "UIDPLUS"))

    def move(self, uid: int) -> bool:
        """Put an accepted message in the folder of processed mail; False when the server cannot."""
        client = self._client
        target = self._processed()
        if client.has_capability("MOVE"):
            client.move([uid], target)
        elif client.has_capability("UIDPLUS"):
            client.copy([uid], target)
            client.add_flags([uid], [b"\\Deleted"], silent=True)
            client.uid_expunge([uid])
        else:
            # a plain EXPUNGE would also remove what people marked: better to leave ours where it is
            return False
        return True

    def _processed(self) -> str:
        """The folder of processed mail in the server's own writing, made when it is not there."""
        if self._target is None:
            folders = self._client.list_folders("", "")
            delimiter = (folders[0][1] if folders else None) or b"/"
            name = self._settings.processed_folder.replace("/", delimiter.decode())
            if not self._client.folder_exists(name):
                self._client.create_folder(name)
            self._target = name
        return self._target

    def wait(self, seconds: float) -> None:
        """Until the server announces something, ``seconds`` at most; a hint, never a proof."""
        client = self._client
        client.idle()
        if not self._already_told():
            client.idle_check(timeout=seconds)
        client.idle_done()

    def _already_told(self) -> bool:
        """Whether an announcement came in the same packet as the answer to IDLE.

        It then sits in the reader's buffer, where the poll of ``idle_check`` does not look: a mail
        that came between scan and IDLE would stay unheard until the wait ends.
        """
        connection = self._client.socket()
        connection.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))  # noqa: SLF001 (imapclient offers no other way)
        except OSError:
            return False
        finally:
            connection.settimeout(_READ_SECONDS)

    @property
    def can_wait(self) -> bool:
        return bool(self._client.has_capability("IDLE"))

    def interrupt(self) -> None:
        """Break off whatever another thread is waiting for here."""
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.logout()
        with contextlib.suppress(Exception):
            self._client.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
