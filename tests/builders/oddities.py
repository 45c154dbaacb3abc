"""Documents and reports that no form describes: a note nobody recognises, a bounce."""

from __future__ import annotations

import io
import random
from datetime import datetime
from email.utils import format_datetime

from reportlab.pdfgen.canvas import Canvas

_WORDS = [
    "table",
    "lampe",
    "rivière",
    "carton",
    "bleu",
    "fenêtre",
    "marche",
    "papier",
    "étagère",
    "matin",
    "route",
    "clef",
]


def note(seed: int) -> bytes:
    """One page of words that mean nothing together: no rule recognises it."""
    rng = random.Random(f"note-{seed}")
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for line in range(12):
        canvas.drawString(60, 760 - 24 * line, " ".join(rng.choice(_WORDS) for _ in range(8)))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def bounce(mailbox: str, at: datetime, original: str = "<inconnu@assurance-maladie.fr>") -> bytes:
    """A delivery report (RFC 3464) about a letter of ``mailbox`` that an unknown address refused."""
    return f"""From: MAILER-DAEMON@relais.ch-dunes.example\r
To: {mailbox}\r
Subject: Undelivered Mail Returned to Sender\r
Date: {format_datetime(at)}\r
Message-ID: <rebond.{at:%Y%m%d%H%M%S}@relais.ch-dunes.example>\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="rebond"\r
\r
--rebond\r
Content-Type: text/plain; charset=us-ascii\r
\r
The mail system could not deliver your message.\r
--rebond\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; relais.ch-dunes.example\r
\r
Final-Recipient: rfc822; ancien@ch-dunes.example\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 unknown user\r
\r
--rebond\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {original}\r
From: {mailbox}\r
\r
--rebond--\r
""".encode()
