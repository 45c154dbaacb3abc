"""``passerelle demo``: the whole journey on the sample mails, then the web queue.

A separate process plays the hospitals and the CNAS (``tests/builders/hospital.py``): it makes the demo
certificate authority, sends the samples over SMTP and receives the letters as long as the demo lasts.
Everything lives under ``var/demo``, made anew at each run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway import bootstrap, flow
from gateway.cli import queue
from gateway.cli.demo_people import ACCOUNTS, PASSWORD, furnish, medical_services
from gateway.cli.output import print_table, say
from gateway.cli.premises import Premises
from gateway.errors import Unavailable
from gateway.settings import Settings
from storage import deliveries, traffic
from storage.deliveries import DeliveryState

__all__ = ["PASSWORD", "add_to"]

_PATIENCE_SECONDS = 240.0
_TURN_SECONDS = 0.2


def add_to(verbs: Any) -> None:
    """Declare ``demo``."""
    demo = verbs.add_parser("demo", help="tout le voyage sur des messages d'exemple, puis les pages web")
    demo.add_argument("--once", action="store_true", help="s'arrêter après le tableau")
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = settings.path(Path("var/demo"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    here = _demo_settings(settings, folder, pages=not arguments.once)
    services = medical_services(here)
    say("Autorité de certification et messages d'exemple…")
    samples = _prepared(here, folder, services)
    house = bootstrap.build(here)
    furnish(house, folder / "letters" / "keys", services)
    premises = Premises(house)
    premises.start()
    try:
        with _hospital_at_work(premises, folder) as hospital:
            _follow(premises, int(samples["count"]), hospital)
            _tell(hospital)
            _show(premises)
            if not arguments.once:
                _serve_until_stopped(here, folder, services)
    finally:
        premises.stop()
    return 0


def _prepared(here: Settings, folder: Path, services: list[str]) -> dict[str, Any]:
    """What the other side makes: authority, keys, mails, and how many mails there are."""
    told = (word for address in services for word in ("--correspondent", address))
    places = {
        "--keys": here.path(here.storage.keys),
        "--trust": folder / "trust",
        "--out": folder / "mails",
        "--letters": folder / "letters",
    }
    done = subprocess.run(
        _command("prepare", *(word for pair in places.items() for word in pair), *told),
        cwd=here.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"Les messages d'exemple n'ont pas pu être faits : {done.stderr.strip()[-300:]}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def _demo_settings(settings: Settings, folder: Path, *, pages: bool) -> Settings:
    """The embedded default, under ``var/demo``, on ports that are free now."""
    return settings.model_copy(
        update={
            "storage": settings.storage.model_copy(
                update={
                    "database": f"sqlite:///{folder / 'passerelle.sqlite'}",
                    "vault": folder / "vault",
                    "keys": folder / "keys",
                    "checkpoints": folder / "checkpoints",
                }
            ),
            "trust": settings.trust.model_copy(
                update={
                    "anchors": folder / "trust" / "anchors",
                    "intermediates": folder / "trust" / "intermediates",
                    "crls": folder / "trust" / "crls",
                }
            ),
            "smtp": settings.smtp.model_copy(update={"port": 0, "host": "127.0.0.1"}),
            "imap": (),
            "outgoing": settings.outgoing.model_copy(
                update={
                    "host": "127.0.0.1",
                    "port": _free_port(),
                    "starttls": "never",
                    "first_retry_seconds": 1,
                }
            ),
            "web": settings.web.model_copy(
                update={"enabled": pages, "secure_cookies": False, "totp": "optional"}
            ),
        }
    )


@contextmanager
def _hospital_at_work(premises: Premises, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The other process: sends, then receives letters as long as the demo lasts."""
    house = premises.house
    arguments = (
        "send",
        "--mails",
        folder / "mails",
        "--letters",
        folder / "letters",
        "--to",
        f"127.0.0.1:{premises.smtp.port}",
        "--listen",
        f"127.0.0.1:{house.settings.outgoing.port}",
    )
    with subprocess.Popen(
        _command(*arguments),
        cwd=house.settings.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the demo: it closes this one itself
    ) as hospital:
        try:
            yield hospital
        finally:
            hospital.communicate()  # its standard input closes: it stops listening for letters


def _tell(hospital: subprocess.Popen[str]) -> None:
    if hospital.stdin is None or hospital.stdout is None:
        return
    hospital.stdin.write("\n")
    hospital.stdin.flush()
    sent = json.loads(hospital.stdout.readline() or "{}")
    say(
        f"{sent.get('accepted', 0)} messages acceptés, {sent.get('refused', 0)} refusé(s) à la porte, "
        f"{sent.get('letters', 0)} lettres reçues par les hôpitaux."
    )


def _follow(premises: Premises, count: int, hospital: subprocess.Popen[str]) -> None:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    pause = threading.Event()
    with bar:
        arrived = bar.add_task("reçus", total=count)
        ended = bar.add_task("au bout du voyage", total=count)
        letters = bar.add_task("lettres parties", total=None)
        waited = 0.0
        while waited < _PATIENCE_SECONDS:
            received, resting, sent, waiting = _progress(premises)
            bar.update(arrived, completed=received)
            bar.update(ended, completed=resting)
            bar.update(letters, completed=sent, total=sent + waiting)
            if hospital.poll() is not None:
                raise Unavailable("L'hôpital de la démonstration s'est arrêté ; relancez make demo.")
            if received >= count and resting >= received and not waiting:
                return
            pause.wait(_TURN_SECONDS)
            waited += _TURN_SECONDS
    raise Unavailable(
        "Le voyage de la démonstration n'aboutit pas ; le journal (--verbose) dit où il s'arrête."
    )


def _progress(premises: Premises) -> tuple[int, int, int, int]:
    with premises.house.database.reading() as session:
        states = deliveries.counts(session)
        sent, waiting = traffic.letters(session)
    resting = sum(states[DeliveryState(state)] for state in flow.REST)
    return sum(states.values()), resting, sent, waiting


def _show(premises: Premises) -> None:
    house = premises.house
    print_table(
        "Files de travail", queue.HEADERS, [queue.as_cells(house, row) for row in queue.work(house)]
    )
    with house.database.reading() as session:
        aside = deliveries.list_state(session, [DeliveryState.SET_ASIDE])
    if aside:
        print_table(
            "Mis de côté",
            ("message", "étape", "raison"),
            [(d.sha256[:12], d.set_aside_step or "", d.set_aside_reason or "") for d in aside],
        )
    house.recorder.checkpoint(house.database)
    print(house.recorder.verify(house.database).reason)


def _serve_until_stopped(settings: Settings, folder: Path, services: list[str]) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    say(f"Pages : http://{settings.web.host}:{settings.web.port}/ (Ctrl-C pour arrêter)")
    say(f"Comptes : {', '.join(login for login, _, _ in ACCOUNTS)} ; mot de passe : {PASSWORD}")
    for address in services:
        say(f"Transmission : depuis la file cnse-medical, chiffrée pour {address} (certificat d'essai).")
    say(f"Lettres reçues par l'autre côté, et ses clés : {folder / 'letters'}")
    stopping.wait()


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tests.builders.hospital", *(str(a) for a in arguments)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
