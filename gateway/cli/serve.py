"""``passerelle serve``: listeners, workers, web, sweeps; a clean stop on SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from gateway import bootstrap, log
from gateway.cli.output import say
from gateway.cli.premises import Premises
from gateway.settings import Settings


def add_to(verbs: Any) -> None:
    """Declare ``serve``."""
    serve = verbs.add_parser("serve", help="tout faire tourner")
    serve.set_defaults(run=_serve)


def _serve(_arguments: argparse.Namespace, settings: Settings) -> int:
    log.configure("INFO")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    premises = Premises(bootstrap.build(settings))
    premises.start()
    say("Passerelle est ouverte. Arrêt propre : Ctrl-C ou SIGTERM.")
    stopping.wait()
    premises.stop()
    say("Passerelle est fermée ; rien n'est perdu.")
    return 0
