"""The turn that brings back work on hold on its day: rows and entries of the log in one transaction."""

from __future__ import annotations

from datetime import timedelta

from gateway.cases.hold import wake
from gateway.house import House
from storage import people


def wake_up(house: House) -> int:
    """Bring back what is due; how many pieces of work came back."""
    lease = timedelta(minutes=house.settings.web.lease_minutes)
    with house.database.transaction() as session:
        present = {person.login for person in people.everyone(session) if person.active}
        events = wake(session, house.clock.now(), present, lease)
        if events:
            house.recorder.add_all(session, events)
    return len(events)
