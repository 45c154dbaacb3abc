"""Each step may be run again without harm: the same rows, the same blobs, one letter, one case."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

import pytest

from gateway.evidence.record import Kind
from gateway.flow import FLOW, Step
from gateway.steps import Carried
from storage import deliveries, documents, outbox
from storage.cases import Case, Item
from storage.deadlines import Deadline
from storage.documents import Document, FactRow, IssueRow
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import forms, mails_forms, mails_others, oddities
from tests.builders.desk import CNSE, DUNES, PDF
from tests.builders.letters import Attached
from tests.worlds.house import Home

TABLES = (Document, FactRow, IssueRow, Case, Item, OutboxEntry, Deadline)


def _rows(home: Home) -> list[list[dict[str, Any]]]:
    """Every row without the numbers a second run may change."""
    numbers = {"id", "document_id", "at"}
    return [[row.model_dump(exclude=numbers) for row in home.rows(table)] for table in TABLES]


@pytest.mark.parametrize("step", FLOW, ids=lambda step: step.name)
def test_an_interrupted_step_is_run_again_without_harm(sqlite_home: Home, step: Step) -> None:
    """Interrupted after its work and before its commit, then run whole: as if it ran once."""
    home = sqlite_home
    sha256 = home.send(mails_forms.unsigned_box(home.desk)).sha256
    if step is not FLOW[0]:
        home.carry_until(sha256, step.before)
    blobs = set(home.house.vault.list())
    first = step.run(home.house, home.delivery(sha256), Carried())
    made = set(home.house.vault.list()) - blobs
    second = step.run(home.house, home.delivery(sha256), Carried())
    assert first.columns == second.columns
    if step.name != "acknowledge":  # a signature is never twice the same: its letter is, by Message-ID
        assert set(home.house.vault.list()) - blobs == made
    home.run(sha256)
    rows = _rows(home)
    with home.house.database.transaction() as session:
        events = second.write(session)
    if step.name in {"file", "acknowledge", "compute"}:
        # those tell only what is new: written twice, nothing is
        assert [kind for kind, _, _ in events if kind is not Kind.STEP] == []
        assert _rows(home) == rows


def test_a_bounce_finds_its_letter_once(home: Home) -> None:
    home.carry(mails_others.question(home.desk))
    (letter,) = home.rows(OutboxEntry)
    with home.house.database.transaction() as session:
        assert outbox.move(session, letter.id or 0, OutboxState.QUEUED, OutboxState.SENT)
    report = oddities.bounce(CNSE, home.desk.at, letter.message_id)
    report = report.replace(b"ancien@ch-dunes.example", letter.recipient.encode())
    for raw in (report, report.replace(b"rebond.", b"second.")):
        assert home.carry_raw(raw, "").kind == "delivery-report"
        assert [entry.state for entry in home.rows(OutboxEntry)] == [OutboxState.FAILED]
    with home.house.database.reading() as session:
        told = home.house.recorder.events(session, [f"outbox:{letter.message_id}"])
    assert [event.kind for event in told].count(Kind.RECEIPT) == 2


def test_a_bounce_of_a_letter_that_never_left_is_a_forgery(home: Home) -> None:
    home.carry(mails_others.question(home.desk))
    (letter,) = home.rows(OutboxEntry)
    report = oddities.bounce(CNSE, home.desk.at, letter.message_id)
    home.carry_raw(report.replace(b"ancien@ch-dunes.example", letter.recipient.encode()), "")
    assert home.rows(OutboxEntry)[0].state is OutboxState.QUEUED


def test_a_bounce_about_somebody_elses_letter_changes_nothing(home: Home) -> None:
    home.carry(mails_others.question(home.desk))
    home.carry(mails_others.bounce(home.desk))
    assert [entry.state for entry in home.rows(OutboxEntry)] == [OutboxState.QUEUED]


def test_a_wrong_value_has_its_picture_on_the_page_and_never_in_the_letter(sqlite_home: Home) -> None:
    """What the sender must complete is shown to it; a number it wrote wrong is not sent back in clear."""
    form = sqlite_home.desk.form_301(7, DUNES, amount="douze mille", reference=None)
    paper = Attached("301.pdf", PDF, forms.build_301(form, "table"))
    wrong = sqlite_home.desk.sample(
        "301-montant-en-lettres", "", DUNES[2], "301", "Ci-joint.", (paper,), expect="cpam-594"
    )
    delivery = sqlite_home.carry(wrong)
    ids = {d.id for d in sqlite_home.rows(Document, delivery=delivery.sha256)}
    shown = {i.code: i for i in sqlite_home.rows(IssueRow) if i.document_id in ids}
    assert set(shown) == {"amount-not-a-number", "missing"}
    pictures = {code: sqlite_home.house.vault.get(i.picture_sha256 or "") for code, i in shown.items()}
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())
    (entry,) = sqlite_home.rows(OutboxEntry, delivery=delivery.sha256)
    letter = message_from_bytes(sqlite_home.house.vault.get(entry.raw_sha256))
    sent = [p.get_payload(decode=True) for p in letter.walk() if p.get_content_type() == "image/png"]
    assert sent == [pictures["missing"]]
    (case,) = sqlite_home.rows(Case)
    assert case.patient_name == form.patient_name, "a form with errors opens its case all the same"


def test_a_mail_read_again_marks_its_items_by_what_lacks_now(sqlite_home: Home) -> None:
    home = sqlite_home
    sha256 = home.carry(mails_forms.unsigned_box(home.desk)).sha256
    (item,) = home.rows(Item)
    with home.house.database.transaction() as session:
        found = documents.issues_of(session, [row.id or 0 for row in home.rows(Document)])
        missing = any(issue.severity == "error" for issue in found)
        assert item.lacking is missing
        session.add(item)
        item.lacking = not missing  # as another reading had left it
        assert deliveries.reopen(session, sha256, home.clock.now())
    home.run(sha256)
    assert [one.lacking for one in home.rows(Item)] == [missing]
