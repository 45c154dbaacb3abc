"""The time left to claim back from a hospital: article L. 133-4 of the social security code. Pure.

Three years run from the payment; the notification of the sum opens the action and interrupts them: three
years run again from it (fraud excepted, which is for a person to say). The number and its status are the
circuit's: what was read of the article was read in commentaries (domain, 1.3 and 6.2).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from gateway.circuits.contested import Delay
from gateway.errors import Refused


@dataclass(frozen=True, slots=True)
class Clock:
    """``since`` is the payment or the notification; ``due`` the last day, included."""

    since: date
    due: date
    interrupted: bool
    explanation: tuple[str, ...]


def clock_of(rule: Delay, paid_on: date | None, notified_on: date | None) -> Clock | None:
    """The time that runs, ``None`` as long as nobody gave the day of the payment."""
    if paid_on is None:
        return None
    first = later(paid_on, rule.delay)
    said = f"payé le {paid_on:%d/%m/%Y} + {rule.delay // 12} ans = {first:%d/%m/%Y}"
    if notified_on is None:
        return Clock(paid_on, first, False, (said,))
    due = later(notified_on, rule.delay)
    again = f"interrompu par la notification du {notified_on:%d/%m/%Y} : nouveau terme {due:%d/%m/%Y}"
    return Clock(notified_on, due, True, (said, again))


def check_days(paid_on: date | None, notified_on: date | None, rule: Delay, today: date) -> None:
    """Raises ``Refused`` for days that cannot be: to come, in the wrong order, or too late."""
    if paid_on is not None and paid_on > today:
        raise Refused("La date de paiement est dans l’avenir ; rien n’a été changé. Vérifiez-la.")
    if notified_on is None:
        return
    if paid_on is None:
        raise Refused(
            "La date de paiement manque ; rien n’a été changé. Inscrivez-la avant celle de la notification."
        )
    if notified_on > today or notified_on < paid_on:
        raise Refused(
            "La notification suit le paiement et n’est pas dans l’avenir ; rien n’a été changé."
            " Vérifiez les deux dates."
        )
    if notified_on > later(paid_on, rule.delay):
        raise Refused(
            "La notification tombe après le terme des trois ans ; rien n’a été changé : l’action paraît"
            " prescrite, demandez l’avis du service juridique."
        )


def later(day: date, months: int) -> date:
    """The same day so many months later, the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
