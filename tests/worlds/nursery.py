"""A gateway that can be killed and born again two hundred times.

``python -m tests.worlds.nursery CONFIG`` is the mother. The gateway she forks is the real one: ``Premises``
with its listener, its engine and its loops. Only the zygote of its parsing children is kept from one life
to the next, because its imports would take most of each life; and the mother has carried two mails in a
house of her own, so that what is compiled or read once in a process is so for every life.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gateway import bootstrap, flow
from gateway.cli.premises import Premises
from gateway.intake.accept import Envelope
from gateway.settings import load
from gateway.triage.sandbox import Sandbox
from storage.deliveries import Via
from tests.builders import mails_forms, mails_others
from tests.builders.desk import CNSE, Desk
from tests.builders.keychain import Keychain
from tests.worlds.lives import Lives, Tell, mother


class Nursery(Lives):
    """The test's side."""

    def __init__(self, config: Path) -> None:
        super().__init__("tests.worlds.nursery", config)

    def birth(self) -> tuple[int, int]:
        """Start a gateway; returns its process id and the port it listens on."""
        pid, port = self.begin()
        return pid, int(port)


def _rehearse(config: Path, sandbox: Sandbox) -> None:
    """The journey of a form and of a question, elsewhere: nothing of it but what was learnt is left."""
    with tempfile.TemporaryDirectory() as folder:
        asked = load(config)
        storage = asked.storage.model_copy(update={"database": f"sqlite:///{folder}/passerelle.sqlite"})
        settings = asked.model_copy(update={"root": Path(folder), "storage": storage})
        house = bootstrap.build(settings, sandbox=sandbox)
        now = datetime.now(UTC)
        desk = Desk(Keychain(now), now)
        for sample in (mails_forms.unsigned_box(desk), mails_others.question(desk)):
            envelope = Envelope(Via.SMTP, CNSE, sample.sender, (CNSE,))
            flow.run_to_rest(house, bootstrap.door(house).accept(sample.raw, envelope).sha256)
        house.reader.recognition.close()
        house.database.close()  # no connection crosses a fork


def main(config: Path) -> None:
    sandbox = Sandbox(bootstrap.limits(load(config)))
    sandbox.warm()
    _rehearse(config, sandbox)

    def live(tell: Tell) -> None:
        """One life: open the gateway, tell the port, wait to be killed."""
        premises = Premises(bootstrap.build(load(config), sandbox=sandbox))
        premises.start()
        tell(str(premises.smtp.port))
        signal.pause()

    mother(live)
    sandbox.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
