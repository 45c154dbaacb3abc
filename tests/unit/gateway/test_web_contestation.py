"""Pages of contestations: who sees what, figures, files of the commission, holds."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date

import pytest
from httpx import Client
from openpyxl import load_workbook

from gateway.evidence.record import Kind
from storage import audit, erasures
from storage.cases import Case, Item
from storage.contestations import Contestation, ContestationState
from storage.outbox import OutboxEntry
from storage.retention import LegalHold
from tests.builders import mails_others, seed
from tests.worlds import contest
from tests.worlds.house import Home
from tests.worlds.web import csrf

_VERSION = re.compile(r'name="version" value="(\d+)"')


class Office:
    """A home with two contestations, its pages open, and people who visit them."""

    def __init__(self, home: Home, address: str) -> None:
        self.home, self._address = home, address
        self._clients: dict[str, Client] = {}

    def client(self, login: str) -> Client:
        if login not in self._clients:
            client = Client(base_url=self._address, timeout=60)
            token = csrf(client, "/connexion")
            form = {"csrf": token, "identifiant": login, "mot_de_passe": seed.PASSWORD}
            assert client.post("/connexion", data=form).status_code == 303
            self._clients[login] = client
        return self._clients[login]

    def get(self, login: str, path: str) -> tuple[int, str]:
        answer = self.client(login).get(path)
        return answer.status_code, answer.text

    def post(self, login: str, path: str, page: str = "", **fields: str) -> int:
        """Send a form with the version that ``page`` shows (a later one shows a later version)."""
        client = self.client(login)
        shown = _VERSION.search(client.get(page).text) if page else None
        form = {"csrf": csrf(client, "/contestations"), "version": shown[1] if shown else "1", **fields}
        return client.post(path, data=form).status_code

    def act(self, login: str, action: str, **fields: str) -> int:
        page = f"/contestations/{self.first.reference}"
        return self.post(login, f"{page}/actions/{action}", page, **fields)

    @property
    def first(self) -> Contestation:
        return self.home.rows(Contestation)[0]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture
def office(sqlite_home: Home) -> Iterator[Office]:
    home = sqlite_home
    contest.receive_two(home)
    with contest.opened(home) as address:
        made = Office(home, address)
        yield made
        made.close()


def test_the_list_and_its_filters(office: Office) -> None:
    status, text = office.get("agathe", "/contestations")
    assert status == 200
    assert office.first.reference in text
    _, unmatched = office.get("agathe", "/contestations?etat=a-rattacher")
    assert office.first.reference not in unmatched
    assert "CTN-2026-00002" in unmatched
    _, reports = office.get("agathe", "/contestations?motif=report-missing&etat=inconnu")
    assert ("CTN-2026-00002" in reports, office.first.reference in reports) == (True, False)
    assert office.get("agathe", "/contestations?apres=999999")[0] == 200


@pytest.mark.parametrize(
    ("login", "one", "figures", "envoi"),
    [
        ("agathe", 200, 403, 200),
        ("sylvie", 200, 200, 200),
        ("medard", 404, 403, 404),
        ("marseille", 404, 403, 404),
        ("audrey", 403, 403, 403),
    ],
)
def test_who_sees_what(office: Office, login: str, one: int, figures: int, envoi: int) -> None:
    assert office.get(login, f"/contestations/{office.first.reference}")[0] == one
    assert office.get(login, "/contestations/chiffres")[0] == figures
    assert office.get(login, f"/contestations/envois/{office.first.delivery}")[0] == envoi


@pytest.mark.parametrize(
    ("login", "seen"), [("agathe", True), ("sylvie", True), ("medard", False), ("marseille", False)]
)
def test_contestations_are_found_by_those_who_may_see_them(office: Office, login: str, seen: bool) -> None:
    for words in ("CTN-2026-00002", "F-2", "zzyzx"):
        status, text = office.get(login, f"/recherche?q={words}")
        assert status == 200
        assert ("/contestations/CTN-2026-00002" in text) is seen
    name = office.home.rows(Case)[0].patient_name
    _, by_case = office.get(login, f"/recherche?q={name}")
    assert (f"/contestations/{office.first.reference}" in by_case) is seen


def test_the_list_as_it_came_keeps_what_was_not_read(office: Office) -> None:
    _, text = office.get("agathe", f"/contestations/envois/{office.first.delivery}")
    assert "ligne de total" in text
    assert "ZZYZX" in text


def test_a_caisse_sees_its_recovery_once_accepted_and_writes_the_payment(office: Office) -> None:
    page = f"/contestations/{office.first.reference}"
    assert office.act("agathe", "accepter") == 409
    assert office.act("agathe", "accepter", cause="hospital") == 303
    status, text = office.get("marseille", page)
    assert status == 200
    assert "Ce que le dossier prouve" not in text
    assert office.get("lille", page)[0] == 404
    assert office.post("marseille", f"{page}/indu", page, paiement="31/02/2026") == 409
    assert office.post("marseille", f"{page}/indu", page, paiement="10/03/2026") == 303
    assert office.first.paid_on == date(2026, 3, 10)
    assert "10/03/2029" in office.get("marseille", page)[1]
    assert office.act("marseille", "clore") == 404


def test_a_dispute_up_to_the_commission_and_its_two_files(office: Office) -> None:
    assert office.get("agathe", "/contestations/commission.pdf")[0] == 404
    assert office.act("agathe", "repondre") == 303
    assert office.act("agathe", "litige") == 303
    assert office.act("agathe", "commission") == 409
    page = f"/contestations/{office.first.reference}"
    assert office.post("agathe", f"{page}/argument", page, argument="Le formulaire est au dossier.") == 303
    assert office.act("sylvie", "commission") == 303
    assert office.first.state is ContestationState.COMMISSION
    pdf = office.client("agathe").get("/contestations/commission.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    book = office.client("agathe").get("/contestations/commission.xlsx")
    sheet = load_workbook(io.BytesIO(book.content))["Litiges"]
    assert [row[1] for row in sheet.iter_rows(values_only=True)][1:] == [office.first.reference]
    assert office.get("marseille", "/contestations/commission.pdf")[0] == 404


def test_the_evidence_is_given_as_it_was_and_each_giving_is_in_the_log(office: Office) -> None:
    page = f"/contestations/{office.first.reference}"
    assert office.get("agathe", f"{page}/preuve.zip")[0] == 404
    assert office.act("agathe", "repondre") == 303
    one, other = (office.client("agathe").get(f"{page}/preuve.zip").content for _ in range(2))
    assert one == other
    assert len(one) == office.first.evidence_size
    with office.home.house.database.reading() as session:
        told = audit.events(session, ["case:SPA-2026-00001"])
    given = [
        e for e in told if e.kind == Kind.CONTESTATION and (e.fields or {}).get("action") == "evidence"
    ]
    assert len(given) == 2


def test_a_case_is_chosen_by_its_reference(office: Office) -> None:
    page = "/contestations/CTN-2026-00002"
    assert office.post("agathe", f"{page}/dossier", page, dossier="SPA-1999-00001") == 409
    assert office.post("agathe", f"{page}/dossier", page, dossier="spa-2026-00001") == 303
    found = office.home.rows(Contestation)[1]
    assert (found.case_id, found.state) == (1, ContestationState.TO_COMPLETE)
    assert office.post("agathe", f"{page}/actions/demander", page) == 303
    assert office.home.rows(OutboxEntry, letter="contestation-demande")[0].case_id == 1
    assert office.post("agathe", f"{page}/actions/inconnue", page) == 404


def test_figures_count_everything(office: Office) -> None:
    _, text = office.get("sylvie", "/contestations/chiffres")
    assert "Hôpital des Calanques" in text
    assert "établissement inconnu" in text
    assert "940,00" in text


def test_a_mail_nobody_recognised_is_read_as_a_list_on_demand(office: Office) -> None:
    home = office.home
    mail = home.carry(mails_others.question(home.desk))
    item = next(i for i in _items(home) if i[1] == mail.sha256)[0]
    assert office.post("agathe", f"/elements/{item}/contestations") == 303
    assert len(home.rows(Contestation)) == 3
    assert office.post("agathe", f"/elements/{item}/contestations") == 303
    assert len(home.rows(Contestation)) == 3


def _items(home: Home) -> list[tuple[int, str]]:
    return [(item.id or 0, item.delivery) for item in home.rows(Item)]


def test_a_hold_is_put_from_the_case_and_lifted(office: Office) -> None:
    assert office.post("agathe", "/dossiers/SPA-2026-00001/gel", motif="x") == 403
    assert office.post("sylvie", "/dossiers/SPA-2026-00001/gel", motif="") == 409
    assert office.post("sylvie", "/dossiers/SPA-2026-99999/gel", motif="x") == 404
    assert office.post("sylvie", "/dossiers/SPA-2026-00001/gel", motif="contentieux") == 303
    _, text = office.get("sylvie", "/conservation")
    assert "contentieux" in text
    assert f"contestation {office.first.reference} ouverte" in text
    assert text.count("à confirmer") >= 5
    assert office.post("sylvie", "/conservation/gels/1/lever") == 303
    assert office.home.rows(LegalHold)[0].lifted_by == "sylvie"
    assert office.post("sylvie", "/conservation/gels/1/lever") == 409


def test_the_pages_say_what_was_erased(office: Office) -> None:
    home = office.home
    with home.house.database.transaction() as session:
        for document in erasures.documents_of_mail(session, home.rows(Case)[0].opened_by_delivery):
            erasures.erase_document(session, document)
    for path in ("/documents/2/original", "/documents/2/page/1.png", "/elements/1/message.eml"):
        status, text = office.get("sylvie", path)
        assert (status, "effacée au terme de sa conservation" in text) == (404, True), path
    assert office.get("sylvie", "/elements/1")[0] == 200
    assert office.get("sylvie", "/dossiers/SPA-2026-00001")[0] == 200
