"""Bad mails: each ends somewhere a person sees, with a clear French reason, kept byte for byte.

And after each of them the next mail is handled. What is checked is what the issue of the main journey
asks to try at least; ``test_bad_weather.py`` tries what goes wrong around the mails.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.cases import Item
from storage.deliveries import DeliveryState
from storage.documents import Document
from storage.outbox import OutboxEntry
from tests.builders import bad_mails
from tests.builders.desk import ALIZES, COLLINE, DUNES, PDF, Desk
from tests.builders.letters import Attached
from tests.worlds.house import Home

CORPUS = Path(
    os.environ.get("PASSERELLE_CORPUS", Path(__file__).resolve().parents[3] / "shared" / "corpus")
)
SUBJECTS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Bad:
    """``ends``: the queues, or ``set_aside``. ``reason``: what somewhere a person reads (a pattern)."""

    build: Callable[[Desk], bytes]
    ends: tuple[str, ...]
    reason: str
    sender: str = DUNES[2]
    letter: str | None = "accuse-reception"


QUARANTINE = ("quarantaine",)
UNKNOWN = ("a-identifier",)
CPAM = ("cpam-594",)
BAD = (
    Bad(bad_mails.empty, QUARANTINE, "aucune adresse d'expéditeur", letter=None),
    Bad(bad_mails.only_line_ends, QUARANTINE, "aucune adresse d'expéditeur", letter=None),
    Bad(bad_mails.thirty_megabytes, (*CPAM, *UNKNOWN), "format de document n'est pas lu"),
    Bad(bad_mails.two_hundred_attachments, (*CPAM, *UNKNOWN), "n'est pas reconnu"),
    Bad(bad_mails.hundred_levels, UNKNOWN, "imbrique plus de 20 niveaux"),
    Bad(bad_mails.header_of_one_megabyte, ("set_aside",), "en-tête .* dépasse la taille", letter=None),
    Bad(bad_mails.nul_bytes, CPAM, "lieu de soins"),
    Bad(bad_mails.zip_bomb, UNKNOWN, "se déploie au-delà de la taille permise"),
    Bad(bad_mails.path_traversal, UNKNOWN, "chemin dangereux"),
    Bad(bad_mails.encrypted_pdf, UNKNOWN, "protégé par un mot de passe"),
    Bad(bad_mails.pdf_bomb, UNKNOWN, "limites de temps, de calcul ou de mémoire|dépasse"),
    Bad(bad_mails.five_hundred_pages, UNKNOWN, "500 pages, plus que les 200"),
    Bad(bad_mails.wrong_key, QUARANTINE, "aucune de nos clés ne l'ouvre", letter="demande-chiffrement"),
    Bad(bad_mails.expired_certificate, QUARANTINE, "certificat .* expiré", ALIZES[2], None),
    Bad(bad_mails.another_signer, QUARANTINE, "n'est pas celui de l'expéditeur", letter=None),
    Bad(bad_mails.altered_after_signature, QUARANTINE, "modifié après avoir été signé", letter=None),
    Bad(bad_mails.to_nobody, CPAM, "lieu de soins"),
    Bad(bad_mails.two_authors, QUARANTINE, "plusieurs expéditeurs", letter=None),
)


@pytest.fixture(scope="module")
def home(lasting_home: Home) -> Home:
    """The limits of a small machine: a bomb must be stopped, not admired."""
    return lasting_home


def _ends(home: Home, sha256: str) -> tuple[str, ...]:
    delivery = home.delivery(sha256)
    if delivery.state is DeliveryState.SET_ASIDE:
        return ("set_aside",)
    return tuple(route["queue"] for route in (delivery.decision or {})["routes"])


def _told(home: Home, sha256: str) -> str:
    """Everything a person may read about this mail, but the mail itself."""
    delivery = home.delivery(sha256)
    said = [delivery.set_aside_reason or "", *(delivery.decision or {}).get("reasons", [])]
    said += [reason for item in home.rows(Item, delivery=sha256) for reason in item.reasons]
    said += [document.trouble or "" for document in home.rows(Document, delivery=sha256)]
    return "\n".join(said)


def _handle(home: Home, raw: bytes, bad: Bad) -> None:
    sha256 = home.carry_raw(raw, bad.sender).sha256
    assert _ends(home, sha256) == bad.ends
    assert re.search(bad.reason, _told(home, sha256)), _told(home, sha256)
    assert home.house.vault.get(sha256) == raw
    letters = [entry.letter for entry in home.rows(OutboxEntry, delivery=sha256)]
    assert letters == ([bad.letter] if bad.letter else [])
    # the next mail, from another hospital: a day's letters to one correspondent are counted
    sample = home.desk.sample(
        "suivant", "", COLLINE[2], f"Question {next(SUBJECTS)}", "Où envoyer le formulaire ?", expect=""
    )
    assert _ends(home, home.carry(sample).sha256) == ("cnse-administratif",)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.build.__name__)
def test_a_bad_mail_ends_where_a_person_sees_it_and_the_next_goes_on(home: Home, bad: Bad) -> None:
    _handle(home, bad.build(home.desk), bad)


@pytest.mark.corpus
def test_the_giant_page_of_the_corpus(home: Home) -> None:
    file = CORPUS / "pdf" / "bomb_giant.pdf"
    if not file.exists():
        pytest.skip("the shared corpus is not here")
    giant = Attached("geant.pdf", PDF, file.read_bytes())
    bad = Bad(bad_mails.pdf_bomb, UNKNOWN, "dépasse|pixels|trop grande|limites|reconnu")
    _handle(home, bad_mails._with(home.desk, giant), bad)


def test_nothing_a_bad_mail_says_breaks_the_log(home: Home) -> None:
    home.house.recorder.checkpoint(home.house.database)
    verdict = home.house.recorder.verify(home.house.database)
    assert verdict.ok, verdict.reason
