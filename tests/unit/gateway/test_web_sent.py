"""A letter as it left: read by those of its case, unless its words may be medical."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from storage.outbox import OutboxEntry
from tests.worlds.web import World


def _answer(world: World, mail: str, protection: str) -> int:
    """The acknowledgement of the form, made the one of ``mail``."""
    with world.house.database.transaction() as session:
        form = world.office.deliveries["form"]
        entry = session.exec(select(OutboxEntry).where(col(OutboxEntry.delivery) == form)).one()
        entry.letter, entry.protection = "accuse-reception", protection
        entry.delivery = world.office.deliveries[mail]
        entry.raw_sha256 = world.house.vault.put(
            b"Subject: Accuse\r\n\r\nCR confidentiel.pdf\r\n", "letter"
        )
        session.add(entry)
        session.flush()
        return entry.id or 0


def _status(world: World, login: str, letter: int, more: str = "") -> int:
    path = f"/elements/{world.office.items['form']}/lettres/{letter}{more}"
    return world.signed_in(login).get(path).status_code


@pytest.mark.parametrize("more", ["", "?octets=oui", "/page"])
def test_an_encrypted_answer_to_a_medical_mail_is_as_secret_as_it(world: World, more: str) -> None:
    letter = _answer(world, "report", "encrypted")
    assert _status(world, "lille", letter, more) == 403
    assert _status(world, "sylvie", letter, more) == 403


@pytest.mark.parametrize(("mail", "protection"), [("report", "clear"), ("form", "encrypted")])
def test_what_names_no_medical_file_is_read_by_whoever_reads_the_case(
    world: World, mail: str, protection: str
) -> None:
    letter = _answer(world, mail, protection)
    assert [_status(world, "lille", letter, more) for more in ("", "?octets=oui", "/page")] == [
        200,
        200,
        200,
    ]
    assert _status(world, "marseille", letter) == 404


def test_a_letter_of_another_case_does_not_exist(world: World) -> None:
    letter = _answer(world, "question", "clear")
    with world.house.database.transaction() as session:
        entry = session.get_one(OutboxEntry, letter)
        entry.case_id = None
        session.add(entry)
    assert _status(world, "lille", letter) == 404
