"""One mail, whom do its documents speak of?"""

from __future__ import annotations

from gateway.cases.grouping import case_columns, group_documents, identity_of_case, quoted_references
from gateway.circuits.decision import DocumentSeen
from tests.builders import rows
from tests.builders.seen import FINESS, authorisation, circuit, document, mail

OTHER = {
    "reference": "DZ2026955",
    "cnas_number": "198812345678",
    "patient_name": "MEZIANE",
    "patient_first_names": "NADIA",
    "patient_birth_date": "1988-07-01",
}


def _positions(*documents: DocumentSeen, subject: str = "") -> list[list[int]]:
    groups = group_documents(circuit(), mail(*documents, subject=subject), FINESS)
    return [[d.position for d in group.documents] for group in groups]


def test_copies_of_one_form_and_its_report_are_one_group() -> None:
    report = {
        "patient_name": "Ben Ali",
        "patient_first_names": "Mohammed",
        "patient_birth_date": "1961-03-14",
    }
    assert _positions(
        authorisation(0),
        authorisation(1, copy="2", patient_first_names=""),
        document(2, "medical-report", report),
    ) == [[0, 1, 2]]


def test_two_people_are_two_groups_and_the_nameless_stays_out() -> None:
    assert _positions(authorisation(0), authorisation(1, **OTHER), document(2, "quote")) == [[0], [1]]


def test_the_nameless_follows_the_only_group_in_the_order_of_the_mail() -> None:
    assert _positions(document(0, "quote"), authorisation(1), document(2, "other")) == [[0, 1, 2]]


def test_two_authorisations_of_one_person_are_two_groups() -> None:
    assert _positions(authorisation(0), authorisation(1, reference="DZ2027001")) == [[0], [1]]


def test_a_shared_reference_with_another_name_and_birth_date_is_not_one_person() -> None:
    stranger = {**OTHER, "reference": "DZ 2026/117"}
    assert _positions(authorisation(0), authorisation(1, **stranger)) == [[0], [1]]


def test_a_mail_that_names_nobody_is_one_group_with_what_its_subject_quotes() -> None:
    (group,) = group_documents(
        circuit(),
        mail(document(0, "question"), subject="Re: dossier psr-2026-00001 (PSR-2026-00001)"),
        None,
    )
    assert group.identity.quoted == ("PSR-2026-00001",)
    assert group_documents(circuit(), mail(), None) == ()


def test_only_our_own_references_are_quotes() -> None:
    assert quoted_references(circuit(), "PSR-2026-1 XPSR-2026-00001 ABC-2026-00001 PSR-26-00001") == ()


def test_columns_are_cut_to_their_width_and_read_back() -> None:
    (group,) = group_documents(circuit(), mail(authorisation(patient_name="B" * 500)), FINESS)
    columns = case_columns(group, "131")
    assert len(columns["patient_name"]) == 120
    assert columns["establishment_name"] == "CHU DE L'EXEMPLE"
    identity = identity_of_case(rows.case("a" * 64, **columns))
    assert (identity.form_reference, identity.birth_date) == ("DZ2026117", group.identity.birth_date)
