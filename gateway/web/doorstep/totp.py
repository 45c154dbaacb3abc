"""Codes of six digits that change every 30 seconds (RFC 6238), their QR code, and recovery codes."""

from __future__ import annotations

import base64
import hmac
import io
import re
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp
import segno

STEP_SECONDS = 30
WINDOW = 1
"""Steps accepted before and after the present one: a telephone's clock is rarely exact (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
ISSUER = "Passerelle"

_RECOVERY_BYTES = 10


def new_secret() -> str:
    """160 random bits in base32, the length RFC 4226 (4, R6) recommends."""
    return pyotp.random_base32(32)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The 30-second step whose code was given, ``None`` when it is no code of now. Constant time a step."""
    typed = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    totp, now = pyotp.TOTP(secret, interval=STEP_SECONDS), int(at.timestamp()) // STEP_SECONDS
    right = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    return right[0] if right else None


def address(secret: str, login: str) -> str:
    """The ``otpauth`` address an authenticator application reads."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=login, issuer_name=ISSUER)


def picture(secret: str, login: str) -> bytes:
    """The address as a QR code (SVG), black on white whatever the theme: cameras want it so."""
    drawn = io.BytesIO()
    segno.make(address(secret, login), error="m").save(
        drawn, kind="svg", scale=5, border=3, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return drawn.getvalue()


def spaced(secret: str) -> str:
    """The secret in groups of four, to be typed by hand."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits each, ``ABCD-EFGH-IJKL-MNOP``."""
    found = []
    for _ in range(RECOVERY_CODES):
        letters = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
        found.append("-".join(letters[i : i + 4] for i in range(0, len(letters), 4)))
    return found


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code; blanks, dashes and case do not count."""
    return sha256(re.sub(r"[\s-]", "", code).upper().encode()).hexdigest()


def looks_like_recovery(code: str) -> bool:
    return re.fullmatch(r"[A-Z2-7]{16}", re.sub(r"[\s-]", "", code).upper()) is not None
