"""The log: one method an event, fixed sentence, context as fields, never a word of a document.

Lines are JSON on standard error. What identifies a mail here is its SHA-256 (12 first digits), so
that a line can be given to anybody.
"""

from __future__ import annotations

import json
import logging
import sys

LOGGER = logging.getLogger("passerelle")
_ROOMS = logging.getLogger("gateway")
"""Rooms log through the standard module, by their own names; the same handler writes them."""
_ORDINARY = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _ORDINARY},
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def _where(record: logging.LogRecord) -> str:
    """File and line of the innermost frame: enough to find it, without any value."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def configure(level: str = "INFO") -> None:
    """Send our log to standard error; called once, by the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    for logger in (LOGGER, _ROOMS):
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False


def _say(level: int, event: str, *, exc: bool = False, **fields: object) -> None:
    LOGGER.log(level, event, exc_info=exc, extra=fields)


def moved(sha256: str, step: str, after: str, seconds: float) -> None:
    _say(
        logging.INFO, "step done", delivery=sha256[:12], step=step, after=after, ms=round(seconds * 1000, 1)
    )


def set_aside(sha256: str, step: str, code: str) -> None:
    _say(logging.WARNING, "delivery set aside", delivery=sha256[:12], step=step, code=code)


def surprise(sha256: str, step: str) -> None:
    _say(logging.ERROR, "surprise in a step", exc=True, delivery=sha256[:12], step=step)


def started(what: str, **fields: str | int) -> None:
    _say(logging.INFO, f"{what} started", exc=False, **fields)


def stopped(what: str) -> None:
    _say(logging.INFO, f"{what} stopped")


def access_refused(person: str, method: str, route: str) -> None:
    """A person asked for a route their roles do not open; the route is its template, never an address."""
    _say(logging.WARNING, "access refused", person=person, method=method, route=route)


def object_refused(person: str, method: str, route: str, what: str, status: int) -> None:
    """A person asked for an object that is not theirs, or is not: its number, or the hash of its name."""
    _say(
        logging.WARNING,
        "object refused",
        person=person,
        method=method,
        route=route,
        what=what,
        status=status,
    )


def password_refused(person: str, document: int) -> None:
    """A password given for a locked document did not open it."""
    _say(logging.WARNING, "document password refused", person=person, document=document)


def loop_failed(what: str) -> None:
    _say(logging.ERROR, f"{what} failed, will be tried again", exc=True)


def taken_over(executor: str, count: int) -> None:
    _say(logging.WARNING, "pending work taken over", executor=executor, count=count)
