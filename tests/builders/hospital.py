"""The demo's other side, in a process of its own: makes keys and mails, sends them, receives letters.

``prepare`` writes the demo certificate authority, the mailboxes' identities and the sample mails;
``send`` delivers them over SMTP and listens for letters until its standard input closes. Each prints one
JSON document on standard output.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.builders.desk import CNSE, MEDICAL, Desk
from tests.builders.keychain import Keychain
from tests.builders.mails import samples


def prepare(keys: Path, trust: Path, out: Path) -> dict[str, object]:
    """The authority, both mailboxes' identities, and every sample as an ``.eml`` with its envelope."""
    at = datetime.now(UTC).replace(microsecond=0)
    keychain = Keychain(at)
    keychain.write_trust(trust)
    for mailbox in (CNSE, MEDICAL):
        folder = keys / "identities" / mailbox
        folder.mkdir(parents=True, mode=0o700)
        file = folder / "demo.pem"
        file.touch(mode=0o600)
        file.write_bytes(keychain.of(mailbox).pem)
    for folder in (keys, keys / "identities"):
        folder.chmod(0o700)
    out.mkdir(parents=True)
    made = samples(Desk(keychain, at))
    for number, sample in enumerate(made):
        (out / f"{number:02}-{sample.name}.eml").write_bytes(sample.raw)
        (out / f"{number:02}-{sample.name}.json").write_text(
            json.dumps({"sender": sample.sender, "recipients": sample.recipients, "expect": sample.expect})
        )
    return {
        "count": sum(s.expect not in {"duplicate", "refused"} for s in made),
        "samples": len(made),
    }


class _Letterbox:
    """Receives the gateway's letters, as a hospital's server would."""

    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.count += 1
        return "250 2.0.0 Merci"


def send(mails: Path, gateway: tuple[str, int], letters: tuple[str, int]) -> dict[str, object]:
    """Deliver every prepared mail, then keep receiving letters until standard input closes."""
    box = _Letterbox()
    listener = Controller(box, hostname=letters[0], port=letters[1])
    listener.start()
    accepted = refused = 0
    try:
        with smtplib.SMTP(*gateway, timeout=60) as client:
            for file in sorted(mails.glob("*.eml")):
                envelope = json.loads(file.with_suffix(".json").read_text())
                try:
                    client.sendmail(
                        envelope["sender"], envelope["recipients"], file.read_bytes(), ["BODY=8BITMIME"]
                    )
                    accepted += 1
                except smtplib.SMTPResponseException:
                    refused += 1
                except smtplib.SMTPRecipientsRefused:
                    refused += 1
        sys.stdin.read()
    finally:
        listener.stop()
    return {"accepted": accepted, "refused": refused, "letters": box.count}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("prepare")
    for name in ("keys", "trust", "out"):
        making.add_argument(f"--{name}", type=Path, required=True)
    sending = verbs.add_parser("send")
    sending.add_argument("--mails", type=Path, required=True)
    for name in ("to", "letters"):
        sending.add_argument(f"--{name}", type=_address, required=True)
    arguments = parser.parse_args()
    if arguments.verb == "prepare":
        told = prepare(arguments.keys, arguments.trust, arguments.out)
    else:
        told = send(arguments.mails, arguments.to, arguments.letters)
    print(json.dumps(told))
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
