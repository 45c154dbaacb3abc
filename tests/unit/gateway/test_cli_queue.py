"""The lines of ``queue list``: what is late, what is doubtful, what a script reads."""

from __future__ import annotations

from datetime import timedelta

from gateway.cli import queue
from storage.worklist import Work
from tests.builders import mails_forms, mails_others
from tests.worlds.house import Home


def _work(home: Home) -> list[Work]:
    return queue.work(home.house)


def test_the_most_urgent_first_with_its_doubt_and_its_lateness(home: Home) -> None:
    home.carry(mails_others.bounce(home.desk))
    home.carry(mails_forms.unsigned_box(home.desk))
    form, report = _work(home)
    assert (form.queue, report.next_due) == ("cpam-594", None)
    cells = dict(zip(queue.HEADERS, queue.as_cells(home.house, form), strict=True))
    assert cells["prochaine échéance"] == "24/11/2026 ?"
    assert cells["reçu le"] == "23/11/2026 10:00"
    assert cells["type"].startswith("Attestation de droits")
    home.clock.turn(timedelta(days=3))
    assert queue.as_cells(home.house, form)[queue.HEADERS.index("prochaine échéance")].endswith(
        "(dépassée)"
    )
    assert queue.as_cells(home.house, report)[queue.HEADERS.index("prochaine échéance")] == ""


def test_one_queue_alone(home: Home) -> None:
    home.carry(mails_others.question(home.desk))
    home.carry(mails_forms.unsigned_box(home.desk))
    assert [work.queue for work in queue.work(home.house, "cpam-594")] == ["cpam-594"]
    assert queue.work(home.house, "inconnue") == []


def test_what_scripts_read_is_plain(home: Home) -> None:
    home.carry(mails_forms.unsigned_box(home.desk))
    (row,) = [queue.as_json(work) for work in _work(home)]
    assert row["next_due"] == "2026-11-24"
    assert row["received_at"] == "2026-11-23T09:00:00+00:00"
    assert (row["queue"], row["state"], row["kind"]) == ("cpam-594", "new", "se352-301")
    assert row["reasons"]
