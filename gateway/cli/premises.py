"""Everything that runs while the gateway is open: listeners, workers, web; started and stopped in order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import uvicorn

from gateway import bootstrap, log
from gateway.cli.upkeep import evidence_chores
from gateway.contestations.schedule import load_retention
from gateway.contesting.rooms import contesting_of
from gateway.deadlines.calendar import FRANCE
from gateway.deadlines.sweep import Sweeper
from gateway.errors import Unavailable
from gateway.evidence import inforce
from gateway.house import House
from gateway.intake.imap import ImapWatcher
from gateway.intake.orphans import sweep_orphans
from gateway.intake.smtp import SmtpListener
from gateway.opening import opened_letter
from gateway.outbound.chase import ChasePost
from gateway.outbound.dispatch import Dispatcher, Limits, Patience
from gateway.outbound.follow import Follower
from gateway.outbound.reminders import ReminderPost
from gateway.outbound.send import Smarthost
from gateway.reopening import Locks
from gateway.unlocking import unlock
from gateway.waking import wake_up
from gateway.web.app import create_app
from gateway.web.doorstep.oidc import SignOn
from gateway.web.house import WebHouse
from gateway.worker import Worker
from storage.errors import StorageError

_SWEEP_SECONDS = 60.0
_DISPATCH_SECONDS = 1.0
_ORPHAN_SECONDS = 900.0
_LEFTOVER_AGE = timedelta(days=1)
"""No message takes a day to arrive: a temporary file that old is what a crash left."""
_WEB_START_SECONDS = 20.0
_WEB_STOP_SECONDS = 5
"""Pages kept up to date hold their connection; they come back by themselves."""
PAGE_DPI = 110.0


class Premises:
    """One open gateway. ``start`` returns when every listener listens."""

    def __init__(self, house: House) -> None:
        self.house = house
        settings = house.settings
        self.worker = Worker(house, self._chores())
        self.door = bootstrap.door(house, self.worker.wake)
        mailboxes = [b.address for c in house.circuits.by_name.values() for b in c.mailboxes]
        self.smtp = SmtpListener(settings.smtp, self.door, mailboxes, settings.root)
        self.watchers = [ImapWatcher(box, self.door, settings.root) for box in settings.imap]
        self._web: uvicorn.Server | None = None
        self._web_thread: threading.Thread | None = None
        self._close_pages: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Workers first (they may have work from before), then the doors, then the pages."""
        house = self.house
        circuits = bootstrap.circuit_folders(house.settings)
        inforce.tell(house.database, house.recorder, inforce.parts(house.settings, circuits))
        self.worker.start()
        if self.house.settings.smtp.enabled:
            self.smtp.start()
        for watcher in self.watchers:
            watcher.start()
        if self.house.settings.web.enabled:
            self._start_web()

    def stop(self) -> None:
        """The reverse: doors close first, what is under way reaches its commit."""
        if self._web is not None and self._web_thread is not None:
            self._close_pages()
            self._web.should_exit = True
            self._web_thread.join(timeout=10)
        for watcher in self.watchers:
            watcher.stop()
        if self.house.settings.smtp.enabled:
            self.smtp.stop()
        self.worker.stop()
        with suppress(StorageError):  # a database that is away loses figures of the last minute, no mail
            self.door.tally.flush(self.house.database, self.house.recorder)
        self.house.close()

    def _chores(self) -> dict[str, tuple[float, Callable[[], object]]]:
        house = self.house
        settings = house.settings
        chores: dict[str, tuple[float, Callable[[], object]]] = {
            "orphans": (_ORPHAN_SECONDS, lambda: sweep_orphans(self.door, house.clock.now())),
            "leftovers": (_ORPHAN_SECONDS, lambda: house.vault.sweep(house.clock.now() - _LEFTOVER_AGE)),
            "sweep": (_SWEEP_SECONDS, self._sweeper().once),
            "waking": (_SWEEP_SECONDS, lambda: wake_up(house)),
            "follow": (_SWEEP_SECONDS, self._follower().once),
            "keys": (_SWEEP_SECONDS, Locks(house).once),
        }
        chores |= evidence_chores(house, lambda: self.door.tally)
        if settings.outgoing.enabled:
            for lane in range(settings.outgoing.lanes):
                chores[f"dispatch-{lane + 1}"] = (_DISPATCH_SECONDS, self._dispatcher().once)
        return chores

    def _sweeper(self) -> Sweeper:
        house = self.house
        circuits, directory = house.circuits.by_name, house.circuits.directory
        post = ReminderPost(
            house.vault,
            circuits,
            directory,
            house.seal(),
            house.settings.outgoing.per_correspondent_per_day,
            choose=house.chooser(),
        )
        return Sweeper(
            house.database, house.recorder, house.clock, circuits, directory, house.calendars, post=post
        )

    def _follower(self) -> Follower:
        house = self.house
        chase = ChasePost(
            house.vault,
            house.circuits.by_name,
            house.seal(),
            house.settings.outgoing.per_correspondent_per_day,
            choose=house.chooser(),
        )
        return Follower(
            house.database,
            house.recorder,
            house.clock,
            chase,
            house.circuits.directory.phone_of,
            lambda day: house.calendars.named(FRANCE).off(day) is None,
        )

    def _dispatcher(self) -> Dispatcher:
        house = self.house
        asked = house.settings.outgoing
        return Dispatcher(
            house.database,
            house.vault,
            house.recorder,
            house.clock,
            Smarthost(
                asked,
                house.settings.root,
                [d.domain.lower() for d in house.settings.destinations if d.tls == "required"],
            ).send,
            random=random.SystemRandom().random,
            patience=Patience(
                first=timedelta(seconds=asked.first_retry_seconds),
                ceiling=timedelta(seconds=asked.ceiling_seconds),
                give_up_after=timedelta(hours=asked.give_up_after_hours),
                lease=timedelta(seconds=1.5 * asked.attempt_seconds),
                unanswered=timedelta(seconds=asked.unanswered_seconds),
            ),
            phone_of=house.circuits.directory.phone_of,
            owner=house.settings.engine.executor,
            limits=Limits(
                asked.per_domain_per_minute,
                asked.per_domain_at_once,
                {
                    d.domain.lower(): (
                        asked.per_domain_per_minute if d.per_minute is None else d.per_minute,
                        asked.per_domain_at_once if d.at_once is None else d.at_once,
                    )
                    for d in house.settings.destinations
                },
            ),
        )

    def _start_web(self) -> None:
        house = self.house
        settings, oidc = house.settings.web, house.settings.oidc
        app = create_app(
            WebHouse(
                database=house.database,
                vault=house.vault,
                recorder=house.recorder,
                clock=house.clock,
                circuits=house.circuits,
                settings=settings,
                render_page=lambda content, kind, page: house.reader.page_image(
                    content, kind, page, PAGE_DPI
                ),
                read_text=house.reader.plain_text,
                cut_pages=house.reader.cut,
                read_html=house.reader.safe_html,
                open_letter=partial(opened_letter, house),
                unlock=partial(unlock, house),
                page_dpi=PAGE_DPI,
                wake=self.worker.wake,
                calendars=house.calendars,
                contesting=contesting_of(house),
                exporter=bootstrap.exporter(house),
                retention=load_retention(house.settings.config),
                sign_on=SignOn(oidc, house.settings.root) if oidc.enabled else None,
                installation=house.settings,
            )
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=_WEB_STOP_SECONDS,
            )
        )
        self._close_pages = app.state.live.close
        self._web = server
        self._web_thread = threading.Thread(target=server.run, name="web", daemon=True)
        self._web_thread.start()
        limit = time.monotonic() + _WEB_START_SECONDS
        while not server.started:
            if not self._web_thread.is_alive() or time.monotonic() > limit:
                raise Unavailable(
                    f"Les pages web n'ont pas pu s'ouvrir sur {settings.host}:{settings.port} ; "
                    "vérifiez que l'adresse est libre."
                )
            self._web_thread.join(0.05)
        log.started("web", port=settings.port)
