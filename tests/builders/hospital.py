"""The demo's other side, in a process of its own: makes keys and mails, sends them, receives letters.

``prepare`` writes the demo certificate authority, identities of mailboxes and correspondents, the sample
mails, and prints one JSON document; ``send`` delivers them over SMTP, keeps the letters that come, answers
each line of its standard input by one of JSON that says what was done, and ends when it closes.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.builders.desk import CNSE, MEDICAL, Desk
from tests.builders.keychain import Keychain
from tests.builders.mails import samples


def prepare(
    keys: Path, trust: Path, out: Path, letters: Path, correspondents: Sequence[str]
) -> dict[str, object]:
    """The authority, both mailboxes' identities, and every sample as an ``.eml`` with its envelope.

    ``letters`` gets for each of ``correspondents`` a certificate to hand over and the key that stays here.
    """
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
    letters.mkdir(parents=True, mode=0o700)
    keychain.authority.write(letters / "keys", [keychain.of(address) for address in correspondents])
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
    """Receives the gateway's letters, as a hospital's server would, and keeps each as a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.count += 1
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        unfinished = self._folder / f"{self.count:04}.part"
        unfinished.write_bytes(raw)
        unfinished.rename(self._folder / f"{self.count:04} {envelope.rcpt_tos[0].replace('/', '_')}.eml")
        return "250 2.0.0 Merci"


def send(mails: Path, gateway: tuple[str, int], listen: tuple[str, int], letters: Path) -> None:
    """Deliver every prepared mail, then keep receiving letters until standard input closes."""
    box = _Letterbox(letters)
    listener = Controller(box, hostname=listen[0], port=listen[1])
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
        for _ in sys.stdin:
            told = {"accepted": accepted, "refused": refused, "letters": box.count}
            print(json.dumps(told), flush=True)
    finally:
        listener.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("prepare")
    for name in ("keys", "trust", "out", "letters"):
        making.add_argument(f"--{name}", type=Path, required=True)
    making.add_argument("--correspondent", action="append", default=[])
    sending = verbs.add_parser("send")
    for name in ("mails", "letters"):
        sending.add_argument(f"--{name}", type=Path, required=True)
    for name in ("to", "listen"):
        sending.add_argument(f"--{name}", type=_address, required=True)
    given = parser.parse_args()
    if given.verb == "prepare":
        told = prepare(given.keys, given.trust, given.out, given.letters, given.correspondent)
        print(json.dumps(told))
    else:
        send(given.mails, given.to, given.listen, given.letters)
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
