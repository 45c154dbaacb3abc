"""Opened: cryptographic layers removed, signature judged at the time of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.triage.sandbox import Sandbox
from parsers.smime.model import Identity, Opened, Security, Trust


def unseal(
    raw: bytes, identities: Sequence[Identity], trust: Trust, at: datetime, sandbox: Sandbox
) -> Opened:
    """Open every layer of ``raw`` with the mailbox's keys, in a limited child.

    Raises ``ParseError`` when the message cannot even be read; a missing key is no error: the verdict
    says ``no-key`` and the bytes stay as received.
    """
    opened: Opened = sandbox.run("open", raw, tuple(identities), trust, at)
    return opened


def security_columns(security: Security) -> dict[str, Any]:
    """The verdict as stored and shown: the ``security`` object of ``mail explain --json``."""
    return {
        "encrypted": security.encrypted,
        "decryption": str(security.decryption),
        "signature": str(security.signature),
        "signer": security.signer,
        "reasons": list(security.reasons),
    }
