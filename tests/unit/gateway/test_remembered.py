"""Recognised pages outlive the process, stay bounded, and say nothing to whoever lacks the page."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.triage.recognition import Recognition
from gateway.triage.remembered import Remembered, version_of
from parsers.facts import Bitmap, Page, Source
from storage.db import Database
from storage.vault import Vault

RESULT = "Antécédents : aucun".encode()


def _page(number: int) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


@pytest.fixture
def memory(sqlite_database: Database, vault: Vault, clock: TurnableClock) -> Remembered:
    return Remembered(sqlite_database, vault, clock, "engine 1", most=3)


def test_a_result_is_found_by_another_process(
    memory: Remembered, sqlite_database: Database, vault: Vault, clock: TurnableClock
) -> None:
    assert memory.get(_page(1)) is None
    memory.put(_page(1), RESULT)
    memory.put(_page(1), RESULT)
    again = Remembered(sqlite_database, vault, clock, "engine 1")
    assert again.get(_page(1)) == RESULT
    assert again.get(_page(2)) is None
    assert Remembered(sqlite_database, vault, clock, "engine 2").get(_page(1)) is None
    assert len(list(vault.list())) == 1


def test_without_the_page_the_blob_says_nothing(memory: Remembered, vault: Vault) -> None:
    memory.put(_page(1), RESULT)
    (blob,) = vault.list()
    assert vault.kind(blob) == "ocr"
    assert RESULT not in vault.get(blob)


def test_the_oldest_go_and_all_can_be_forgotten(
    memory: Remembered, vault: Vault, clock: TurnableClock
) -> None:
    for number in range(5):
        clock.turn(timedelta(minutes=1))
        memory.put(_page(number), RESULT)
    assert [memory.get(_page(n)) is not None for n in range(5)] == [False, False, True, True, True]
    assert len(list(vault.list())) == 3
    assert memory.forget_all() == 3
    assert list(vault.list()) == []
    assert memory.get(_page(4)) is None


def test_a_damaged_or_missing_blob_is_recognised_again(memory: Remembered, vault: Vault) -> None:
    memory.put(_page(1), RESULT)
    (blob,) = vault.list()
    vault.delete(blob)
    assert memory.get(_page(1)) is None
    memory.put(_page(1), RESULT)
    assert memory.get(_page(1)) == RESULT


def test_the_version_names_the_engine_and_our_code() -> None:
    assert version_of("rapidocr").startswith("rapidocr ")
    assert version_of("rapidocr") != version_of("tesseract")


@pytest.mark.ocr
def test_a_page_is_paid_once_across_restarts(memory: Remembered) -> None:
    bitmap = Bitmap(300, 100, 72.0, bytes([255]) * 30_000)
    page = Page(1, 300.0, 100.0, (), Source.OCR)
    paid, answers = [], []
    for _ in range(2):
        recognition = Recognition("rapidocr", 1, memory=memory)
        answers.append(recognition.read(bitmap, page))
        paid.append(recognition.paid)
        recognition.close()
    assert paid == [1, 0]
    assert answers[0] == answers[1]
