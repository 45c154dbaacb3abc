"""Everything that runs while the gateway is open: listeners, workers, web; started and stopped in order."""

from __future__ import annotations

import random
import threading

import uvicorn

from gateway import bootstrap, log
from gateway.deadlines.sweep import Sweeper
from gateway.errors import Unavailable
from gateway.house import House
from gateway.intake.imap import ImapWatcher
from gateway.intake.orphans import sweep_orphans
from gateway.intake.smtp import SmtpListener
from gateway.outbound.dispatch import Dispatcher
from gateway.outbound.send import Smarthost
from gateway.web.app import WebHouse, create_app
from gateway.worker import Worker

_SWEEP_SECONDS = 60.0
_DISPATCH_SECONDS = 1.0
_ORPHAN_SECONDS = 900.0
