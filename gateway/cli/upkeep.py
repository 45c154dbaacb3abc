"""What keeps the proofs while the gateway is open: ledger closed, checkpoints mailed and time-stamped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.evidence.stamper import Stamper
from gateway.evidence.stamping import Web
from gateway.house import House
from gateway.intake.daybook import Daybook, Event
from gateway.intake.tally import Tally
from gateway.outbound.deposits import Deposits
from gateway.outbound.housemail import HouseMail, HousePost
from storage.balances import Balance
from storage.db import Session

Chores = dict[str, tuple[float, Callable[[], object]]]

_LEDGER_SECONDS = 60.0
_DEPOSIT_SECONDS = 300.0
ALERT = "alerte-registre"


def evidence_chores(house: House, tally: Callable[[], Tally]) -> Chores:
    """The chores, each with its period in seconds. ``tally``: of the door, once there is one."""
    settings = house.settings.evidence
    post = house_post(house)
    chores: Chores = {"ledger": (_LEDGER_SECONDS, lambda: daybook(house, tally()).once())}
    if settings.witness is not None:
        witness = settings.witness
        public_pem = house.ring.public_pem.decode("ascii")
        deposits = Deposits(house.database, house.recorder, house.clock, post, witness, public_pem)
        chores["witness"] = (_DEPOSIT_SECONDS, deposits.once)
    if settings.stamp_url is not None and settings.stamp_ca is not None:
        stamper = Stamper(
            house.database,
            house.recorder,
            house.clock,
            Web(settings.stamp_url, settings.stamp_seconds),
            settings.stamp_url,
            house.settings.path(settings.stamp_ca),
        )
        chores["stamps"] = (_DEPOSIT_SECONDS, stamper.once)
    return chores


def house_post(house: House) -> HousePost:
    """How mails of the house leave."""
    return HousePost(house.vault, house.circuits.by_name, house.seal(), house.settings.evidence.sender)


def daybook(house: House, tally: Tally) -> Daybook:
    """The ledger of every mailbox of every circuit, and of those read by IMAP."""
    mailboxes = {box.address for circuit in house.circuits.by_name.values() for box in circuit.mailboxes}
    mailboxes |= {box.mailbox for box in house.settings.imap}
    recipient = house.settings.evidence.alerts
    post = house_post(house)

    def alert(session: Session, found: Balance) -> Sequence[Event]:
        if recipient is None:
            return []
        mail = _alert(found, recipient)
        return [
            (kind, subject, dict(fields))
            for kind, subject, fields in post(session, mail, house.clock.now())
        ]

    return Daybook(house.database, house.recorder, house.clock, mailboxes, tally, alert)


def _alert(found: Balance, recipient: str) -> HouseMail:
    text = (
        f"Le registre de la boîte {found.mailbox} ne tombe pas juste le {found.day:%d/%m/%Y} :\n"
        f"{found.difference} message(s) vus sur le serveur, ou annoncés comme pris, n’ont pas de suite.\n\n"
        f"sur le serveur : {found.on_server}\n"
        f"acceptés : {found.accepted}\n"
        f"déjà connus : {found.duplicates}\n"
        f"refusés avec leur raison : {found.refused}\n"
        f"encore là : {found.still_there}\n"
        f"différence : {found.difference}\n\n"
        "Ce qui a été accepté est gardé. Cherchez dans les autres dossiers de la boîte et dans sa\n"
        "corbeille un message déplacé ou supprimé avant d’être pris, et remettez-le dans le dossier\n"
        "relevé : la différence disparaîtra.\n\n"
        f"Le détail : passerelle ledger --mailbox {found.mailbox} --day {found.day}\n"
    )
    subject = f"Registre : {found.difference} message(s) sans suite le {found.day:%d/%m/%Y}"
    return HouseMail(ALERT, f"{found.mailbox} {found.day} {found.difference}", recipient, subject, text)
