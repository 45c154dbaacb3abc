"""Every kind of event is written by the product and looked for by a test: none is only a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.evidence.record import Kind
from gateway.web.access import ROUTES
from gateway.web.items import document, richtext

ROOT = Path(__file__).parents[2]
RESERVED: Mapping[Kind, str] = {}
"""Kinds that nothing writes, and why."""
READERS = frozenset(
    {"story.py", "event_words.py", "contested_words.py", "dossier_words.py", "record.py", "exchanges.py"}
)
"""Modules that only tell events."""

ASKED: Mapping[str, tuple[Kind, str]] = {
    "a read of a medical document": (Kind.ACCESS, "gateway/web/items/document.py"),
    "an export of proofs": (Kind.EXPORT, "gateway/evidence/dossier.py"),
    "an export of a list": (Kind.EXPORT, "gateway/web/files/exports.py"),
    "a correction": (Kind.CORRECTION, "gateway/web/items/correction.py"),
    "a takeover": (Kind.ITEM_TAKEN, "gateway/cases/hold.py"),
    "a change of configuration": (Kind.CONFIG, "gateway/evidence/inforce.py"),
    "a change of keys": (Kind.KEY, "gateway/cli/admin.py"),
    "a login": (Kind.LOGIN, "gateway/web/doorstep/doorstep.py"),
    "a sign-out": (Kind.LOGIN, "gateway/web/doorstep/session.py"),
    "a login by an identity provider": (Kind.LOGIN, "gateway/web/doorstep/signon.py"),
    "an account": (Kind.PERSON, "gateway/web/admin/people.py"),
    "a token": (Kind.TOKEN, "gateway/web/admin/tokens.py"),
    "a refusal at the door": (Kind.REFUSED, "gateway/intake/tally.py"),
    "an erasure": (Kind.ERASURE, "gateway/contestations/erase.py"),
    "a day of the ledger": (Kind.LEDGER, "gateway/intake/daybook.py"),
    "a time stamp": (Kind.STAMP, "gateway/evidence/stamper.py"),
}
"""What the issue asks to be in the log, and the module that writes it."""


def _texts(folder: str) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in sorted((ROOT / folder).rglob("*.py"))}


PRODUCT = _texts("gateway")
TESTS = {path: text for path, text in _texts("tests").items() if path != Path(__file__)}


def _says(kind: Kind, text: str) -> bool:
    return re.search(rf"\bKind\.{kind.name}\b", text) is not None


def writers(kind: Kind) -> list[str]:
    """Modules of the product that write this kind."""
    return [
        path.relative_to(ROOT).as_posix()
        for path, text in PRODUCT.items()
        if path.name not in READERS and _says(kind, text)
    ]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_written_and_looked_for(kind: Kind) -> None:
    if kind in RESERVED:
        assert writers(kind) == [], f"{kind} is written now: take it out of RESERVED"
        return
    assert writers(kind), f"nothing writes {kind}"
    looked_for = [p.name for p, text in TESTS.items() if _says(kind, text) or f'"{kind}"' in text]
    assert looked_for, f"no test looks for {kind}"


@pytest.mark.parametrize("what", list(ASKED))
def test_what_the_log_must_hold_has_its_writer(what: str) -> None:
    kind, module = ASKED[what]
    assert _says(kind, (ROOT / module).read_text("utf-8")), what


def test_every_route_that_opens_a_document_is_traced() -> None:
    """Their modules write ACCESS; a route elsewhere must join them or be looked at here."""
    opening = {path for (method, path) in ROUTES if method == "GET" and path.startswith("/documents/")}
    routes = [*document.router.routes, *richtext.router.routes]
    assert opening == {str(getattr(route, "path", "")) for route in routes if _is_get(route)}


def _is_get(route: object) -> bool:
    return "GET" in getattr(route, "methods", ())
