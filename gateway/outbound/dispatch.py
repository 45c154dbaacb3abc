"""Letters leave: one attempt at a time an entry, the exact bytes of the vault, until a ceiling.

At least once, never silently: the lease is committed before the attempt and its outcome after. When the
answer to the end of the content is lost (connection dropped, time-out, our own death), SMTP tells nobody
whether the letter left (RFC 1047; RFC 5321, 4.5.3.2.6): sending it again may double it, not sending it may
lose it. We choose to send it again, the same bytes under the same Message-ID and ENVID, by which a receiver
knows one letter from two; after a pause, during which a delivery report may say that it need not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from gateway.clock import Clock
from gateway.evidence.record import Kind, Recorder
from gateway.outbound.badaddress import flag_failed
from gateway.outbound.handing import PhoneOf, hand_over, no_phone
from gateway.outbound.send import Permanent, Sent, Temporary, Unanswered
from storage import outbox
from storage.calls import CallReason
from storage.db import Database, Session
from storage.errors import BlobDamaged, BlobNotFound, UnknownKey, VaultError
from storage.outbox import OutboxEntry, OutboxState
from storage.vault import Vault

Event = tuple[Kind, str, Mapping[str, Any]]

_ENVID_MAX = 100
"""RFC 3461, 4.4."""
_REPLY_MAX = 300
_MINUTE = timedelta(minutes=1)
_CALLS = {OutboxState.FAILED: CallReason.FAILED, OutboxState.GIVEN_UP: CallReason.GIVEN_UP}
_DOUBLINGS = 20
"""Past it any ceiling is reached; the number must not grow for ever."""


class Send(Protocol):
    """One SMTP attempt. Raises ``Temporary`` or ``Permanent``."""

    def __call__(self, raw: bytes, sender: str, recipient: str, envid: str) -> Sent: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between attempts, and when to stop."""

    first: timedelta = timedelta(seconds=60)
    ceiling: timedelta = timedelta(hours=4)
    give_up_after: timedelta = timedelta(hours=72)
    lease: timedelta = timedelta(minutes=30)
    """Longer than any attempt of ours may last (``Smarthost`` cuts it): a live one is never doubled."""
    unanswered: timedelta = timedelta(minutes=5)
    """At least this before sending again what may have left: a delivery report may come first."""

    def wait(self, attempts: int, chance: float) -> timedelta:
        """Time before the next attempt: doubled after each of ``attempts``, up to the ceiling.

        ``chance`` (0 to 1) spreads it over its second half: a thousand letters do not knock together.
        """
        whole = self.ceiling
        if attempts <= _DOUBLINGS:
            whole = min(self.first * (1 << (attempts - 1)), self.ceiling)
        return whole * (0.5 + 0.5 * chance)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a destination bears: attempts begun in a minute, and under way at once; 0 sets no limit."""

    per_minute: int = 0
    at_once: int = 0
    of_domain: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """(per minute, at once) of the domains that have their own."""

    @property
    def any(self) -> bool:
        return bool(self.per_minute or self.at_once or self.of_domain)

    def full(self, busy: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
        """Domains of ``busy`` (attempts begun, attempts under way) whose letters wait."""
        found = []
        for domain, (begun, live) in busy.items():
            minute, once = self.of_domain.get(domain, (self.per_minute, self.at_once))
            if (minute and begun >= minute) or (once and live >= once):
                found.append(domain)
        return tuple(found)


class Dispatcher:
    """Sends what is due. Several may run at once on one database; ``owner`` names this one."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        recorder: Recorder,
        clock: Clock,
        send: Send,
        *,
        random: Callable[[], float],
        patience: Patience | None = None,
        owner: str = "passerelle-1",
        limits: Limits | None = None,
        phone_of: PhoneOf = no_phone,
    ) -> None:
        self._database = database
        self._vault = vault
        self._recorder = recorder
        self._clock = clock
        self._send = send
        self._random = random
        self._patience = patience or Patience()
        self._owner = owner
        self._limits = limits or Limits()
        self._phone_of = phone_of

    def once(self, limit: int = 100) -> int:
        """Try every letter that is due now, at most ``limit``; how many were tried.

        A letter that cannot leave never stops the next one. Raises ``DatabaseUnavailable`` only.
        """
        tried = 0
        while tried < limit and (entry := self._claim()) is not None:
            self._try(entry)
            tried += 1
        return tried

    def _claim(self) -> OutboxEntry | None:
        at = self._clock.now()
        with self._database.transaction() as session:
            # The attempt's own name: a lease that ran out cannot be finished by its former holder.
            owner = f"{self._owner}#{uuid4().hex}"
            full = self._limits.full(outbox.busy(session, at, at - _MINUTE)) if self._limits.any else ()
            return outbox.claim(session, owner, at, at + self._patience.lease, full)

    def _try(self, entry: OutboxEntry) -> None:
        try:
            raw = self._vault.get(entry.raw_sha256)
            sender = "" if entry.null_return_path else entry.mailbox
            sent = self._send(raw, sender, entry.recipient, envid_of(entry.message_id))
        except Permanent as error:
            self._record(entry, OutboxState.FAILED, error.reply, about=error.about)
        except Temporary as error:
            least = self._patience.unanswered if isinstance(error, Unanswered) else timedelta()
            self._again(entry, error.reply, least)
        except (BlobDamaged, BlobNotFound, UnknownKey) as error:
            self._record(entry, OutboxState.FAILED, error.public)
        except VaultError as error:
            self._again(entry, error.public)
        else:
            self._record(entry, OutboxState.SENT, sent.reply)

    def _again(self, entry: OutboxEntry, reply: str, least: timedelta = timedelta()) -> None:
        at = self._clock.now()
        if at - (entry.retried_at or entry.created_at) >= self._patience.give_up_after:
            self._record(entry, OutboxState.GIVEN_UP, reply)
            return
        pause = max(self._patience.wait(entry.attempts, self._random()), least)
        with self._database.transaction() as session:
            outbox.finish(
                session,
                _number(entry),
                entry.lease_owner or "",
                OutboxState.QUEUED,
                _clean(reply),
                next_attempt_at=at + pause,
            )

    def _record(self, entry: OutboxEntry, after: OutboxState, reply: str, about: str = "") -> None:
        """The end of the attempts: state, evidence and call to make in one commit."""
        at = self._clock.now()
        sent_at: datetime | None = at if after is OutboxState.SENT else None
        with self._database.transaction() as session:
            held = outbox.finish(
                session, _number(entry), entry.lease_owner or "", after, _clean(reply), sent_at=sent_at
            )
            if not held:
                return  # the lease ran out and someone else holds the letter: their outcome counts
            trouble = self._trouble(session, entry, after, _clean(reply), at, about)
            self._recorder.add_all(session, [_event(entry, after, _clean(reply)), *trouble])

    def _trouble(
        self, session: Session, entry: OutboxEntry, after: OutboxState, reply: str, at: datetime, about: str
    ) -> tuple[Event, ...]:
        """What a letter that will not leave asks: its address flagged when it is refused, a person to
        call."""
        reason = _CALLS.get(after)
        if reason is None:
            return ()
        flagged = flag_failed(session, entry, at, "", reply) if about == "recipient" else ()
        return (*flagged, *hand_over(session, entry, reason, reply, at, self._phone_of))


def envid_of(message_id: str) -> str:
    """The envelope identifier asked back in delivery reports (RFC 3461): the Message-ID itself."""
    return message_id.strip("<>")[:_ENVID_MAX]


def _event(entry: OutboxEntry, after: OutboxState, reply: str) -> Event:
    kind = Kind.LETTER_SENT if after is OutboxState.SENT else Kind.LETTER_FAILED
    fields = {
        "letter": entry.letter,
        "recipient": entry.recipient,
        "delivery": entry.delivery,
        "bytes": entry.raw_sha256,
        "state": str(after),
        "attempts": entry.attempts,
        "reply": reply,
    }
    return kind, f"outbox:{entry.message_id}", fields


def _clean(reply: str) -> str:
    """A stranger's text on one bounded line."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", reply).strip()[:_REPLY_MAX]


def _number(entry: OutboxEntry) -> int:
    if entry.id is None:
        raise ValueError("a letter read from the database has a number")
    return entry.id
