from __future__ import annotations

import pytest

from parsers.archive import Entry, open_zip
from parsers.errors import Hostile, Malformed, PasswordNeeded
from parsers.facts import Source
from parsers.xdm import is_xdm, read_xdm
from tests.builders import cda, xdm

OTHER = cda.Patient(birth_name="PETIT", used_name="PETIT", birth_date="19600101", identifier="260010099")


def test_sound_archive() -> None:
    entries = open_zip(xdm.archive())
    assert is_xdm(entries)
    read = read_xdm(entries)
    (document,) = read.documents
    assert (document.type_code, document.type_display, document.media_type) == (
        "34112-3",
        "CR hospitalier",
        "text/xml",
    )
    assert (document.trouble, read.trouble, read.others, document.action) == (None, None, (), "")
    facts = {fact.name: fact.normalised for fact in document.facts("0" * 64)}
    assert facts["patient_name"] == "MARTINEAU"
    assert facts["patient_first_names"] == "ANNE MARIE"
    assert facts["patient_birth_date"] == "1954-03-12"
    assert facts["establishment_finess"] == "590780193"
    assert facts["document_date"] == "2026-11-20"
    assert {fact.source for fact in document.facts("0" * 64)} == {Source.XDM}


@pytest.mark.parametrize(
    ("folder", "metadata", "separator"),
    [
        ("IHE_XDM/SUBSET01", "METADATA.XML", "/"),
        ("ihe_xdm/subset01", "metadata.xml", "/"),
        ("IHE_XDM/SUBSET01", "Metadata.xml", "\\"),
        ("envoi/IHE_XDM/lot", "METADATA.XML", "\\"),
    ],
)
def test_any_case_and_separator(folder: str, metadata: str, separator: str) -> None:
    entries = open_zip(xdm.archive(folder=folder, metadata_name=metadata, separator=separator))
    (document,) = read_xdm(entries).documents
    assert document.path is not None
    assert document.trouble is None


def test_a_plain_archive_is_no_xdm() -> None:
    assert not is_xdm(open_zip(xdm.zipped([("METADATA.XML", b"<a/>"), ("a.pdf", b"x")])))


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"wrong_hash": True}, "empreinte"),
        ({"wrong_size": True}, "taille"),
        ({"missing": True}, "n'y est pas"),
    ],
)
def test_what_was_announced_is_checked(spoilt: dict[str, bool], words: str) -> None:
    archive = xdm.archive(
        wrong_hash=spoilt.get("wrong_hash", False),
        wrong_size=spoilt.get("wrong_size", False),
        missing=spoilt.get("missing", False),
    )
    (document,) = read_xdm(open_zip(archive)).documents
    assert document.trouble is not None
    assert words in document.trouble


@pytest.mark.parametrize("action", ["replacement", "deletion"])
def test_replacement_and_deletion(action: str) -> None:
    (document,) = read_xdm(open_zip(xdm.archive(action=action))).documents
    assert document.action == action


def test_two_patients_go_to_a_person() -> None:
    documents = [cda.document(pdf=b"%PDF-1"), cda.document(pdf=b"%PDF-2", patient=OTHER)]
    read = read_xdm(open_zip(xdm.archive(documents=documents, patients=(cda.PATIENT, OTHER))))
    assert read.trouble is not None
    assert "plusieurs patients" in read.trouble
    assert read_xdm(open_zip(xdm.archive(documents=documents))).trouble is None


def test_files_nobody_announced() -> None:
    assert read_xdm(open_zip(xdm.archive(extra=[("IHE_XDM/SUBSET01/AUTRE.PDF", b"%PDF")]))).others == (
        "IHE_XDM/SUBSET01/AUTRE.PDF",
    )


def test_unreadable_metadata() -> None:
    path = "IHE_XDM/S/METADATA.XML"
    with pytest.raises(Malformed):
        read_xdm((Entry(path, b"<a>"),))
    with pytest.raises(Hostile):
        read_xdm((Entry(path, b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),))
    with pytest.raises(PasswordNeeded):
        read_xdm((Entry(path, b"", PasswordNeeded("Le fichier est protégé.")),))


_RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
_UPDATE = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"


def test_what_a_document_replaces_is_named() -> None:
    archive = xdm.archive(entry="urn:uuid:{}", links=[(_RPLC, "urn:uuid:1", "urn:uuid:ancien")])
    (document,) = read_xdm(open_zip(archive)).documents
    assert (document.action, document.replaces) == ("replacement", ("urn:uuid:ancien",))
    assert document.entry_id == "urn:uuid:1"
    (plain,) = read_xdm(open_zip(xdm.archive())).documents
    assert (plain.entry_id, plain.replaces) == ("", ())  # «Document01» is good for that archive alone


def test_a_deprecated_entry_of_another_mail_is_withdrawn() -> None:
    archive = xdm.archive(documents=[], links=[(_UPDATE, "SubmissionSet01", "urn:uuid:ancien")])
    read = read_xdm(open_zip(archive))
    assert (read.documents, read.withdrawn) == ((), ("urn:uuid:ancien",))
    (here,) = read_xdm(open_zip(xdm.archive(links=[(_UPDATE, "s", "Document01")]))).documents
    assert here.action == "deletion"


def test_other_associations_change_nothing() -> None:
    links = [
        ("urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember", "s", "Document01"),
        ("urn:ihe:iti:2007:AssociationType:APND", "Document01", "urn:uuid:ancien"),
        (_RPLC, "Document01", ""),
    ]
    read = read_xdm(open_zip(xdm.archive(links=links)))
    assert [document.action for document in read.documents] == [""]
    assert read.withdrawn == ()
