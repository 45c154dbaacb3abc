"""Active content is found wherever it hides, told in French, and files inside a PDF come out once."""

from __future__ import annotations

import pytest

from parsers import acroform, active, documents
from parsers.attached import embedded
from parsers.facts import Severity
from parsers.limits import Limits
from tests.builders import pdfs, reports

PLAIN = reports.text_pdf([["Premier titre", "fin"]])


@pytest.mark.parametrize(
    ("kind", "entries", "named", "words"),
    [
        ("JavaScript", {"JS": "app.alert(1)"}, "JavaScript", "JavaScript"),
        ("Launch", {"F": "cmd.exe"}, "Launch", "lance un programme"),
        ("SubmitForm", {"F": "https://exemple.invalid/x"}, "SubmitForm", "envoie les champs"),
        ("ImportData", {"F": "a.fdf"}, "ImportData", "importe"),
        ("GoToR", {"F": "autre.pdf"}, "GoToR", "autre fichier"),
        ("Rendition", {}, "Rendition", "multimédia"),
    ],
)
def test_an_action_behind_a_link_is_named_and_told(
    kind: str, entries: dict[str, str], named: str, words: str
) -> None:
    seen = documents.inspect(pdfs.with_action(PLAIN, kind, **entries), documents.PDF)
    assert seen.active == (named,)
    (issue,) = documents.issues(seen)
    assert words in issue.message
    assert issue.code == "active-content"
    assert issue.severity is Severity.INFO, "staff are told; the sender's letter is not"
    assert issue.message.endswith(".")


def test_a_link_to_a_page_of_the_web_is_no_active_content() -> None:
    seen = documents.inspect(pdfs.with_action(PLAIN, "URI", URI="https://exemple.invalid"), documents.PDF)
    assert seen.active == ()
    assert documents.issues(seen) == ()


def test_a_script_in_an_xfa_form_is_told() -> None:
    seen = documents.inspect(pdfs.with_xfa_script(PLAIN), documents.PDF)
    assert active.XFA_SCRIPT in seen.active
    assert any("XFA" in issue.message for issue in documents.issues(seen))


def test_a_file_under_a_paper_clip_is_found_once() -> None:
    content = pdfs.with_attachment_note(PLAIN, "courrier é.txt", b"contenu")
    assert [(a.name, a.content) for a in embedded(content)] == [("courrier é.txt", b"contenu")]
    assert acroform.contents(content).active == ("EmbeddedFile",)


def test_a_portfolio_gives_its_files_and_says_what_it_is() -> None:
    content = pdfs.portfolio(PLAIN, {"a.pdf": PLAIN, "b.txt": b"bonjour"})
    assert sorted(a.name for a in embedded(content)) == ["a.pdf", "b.txt"]
    told = documents.issues(documents.inspect(content, documents.PDF))
    assert [issue.message.startswith("Ce PDF est un porte-documents") for issue in told] == [True]


def test_embedded_files_stop_at_the_ceilings() -> None:
    content = pdfs.portfolio(PLAIN, {f"{n}.txt": bytes([n]) * 1000 for n in range(9)})
    assert len(embedded(content, Limits(archive_entries=3))) == 3
    assert len(embedded(content, Limits(archive_bytes=2500))) == 2


def test_a_plain_file_has_nothing_to_tell() -> None:
    assert not active.may_be_active(PLAIN)
    assert embedded(PLAIN) == ()
    assert embedded(b"%PDF-1.4 /EmbeddedFile broken") == ()
