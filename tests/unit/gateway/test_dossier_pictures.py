"""Pictures of forms in an evidence file: forms alone, given alone, never a page of something medical."""

from __future__ import annotations

import io

from PIL import Image

from gateway.clock import paris_date
from gateway.evidence.dossier_gather import Gathered, gather
from gateway.evidence.dossier_life import life
from gateway.evidence.dossier_pictures import pictures
from parsers.errors import Malformed
from storage import dossier
from storage.cases import Case
from storage.documents import Document
from tests.builders import mails_forms, mails_medical
from tests.worlds.house import Home


def _gathered(home: Home, *, medical: bool = False) -> Gathered:
    home.house.recorder.checkpoint(home.house.database)
    with home.house.database.reading() as session:
        case = dossier.find(session, home.rows(Case)[0].reference)
        assert case is not None
        found = gather(session, case, medical=medical)
    assert found is not None
    return found


class Pages:
    """Renders nothing: notes which page of what was asked, and gives a small picture."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def render(self, content: bytes, media_type: str, page: int) -> bytes:
        assert content.startswith(b"%PDF")
        assert media_type == "application/pdf"
        self.asked.append(page)
        made = io.BytesIO()
        Image.new("L", (20, 30), 200).save(made, "PNG")
        return made.getvalue()


def test_the_form_of_a_mixed_file_is_pictured_for_the_medical_pole_alone(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_medical.mixed_pdf(home.desk))
    circuit = home.house.circuits.by_name["soins-programmes-algerie"]
    forms = [d for d in home.rows(Document) if d.kind in circuit.authorises]
    reports = [d for d in home.rows(Document) if d.confidentiality == "medical"]
    assert {d.sha256 for d in forms} & {d.sha256 for d in reports}
    pages = Pages()
    assert pictures(_gathered(home), circuit, home.house.vault.get, pages.render) == ()
    assert pages.asked == []
    found = pictures(_gathered(home, medical=True), circuit, home.house.vault.get, pages.render)
    own = [form.first_page + n for form in forms for n in range(form.pages or 0)]
    assert pages.asked == own
    assert len(found) == len(own)
    beside = {d.first_page for d in reports if d.sha256 == forms[0].sha256}
    assert beside
    assert not beside & set(pages.asked)
    assert found[0].title.startswith(circuit.title_of(forms[0].kind or ""))
    with Image.open(io.BytesIO(found[0].jpeg or b"")) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")


def test_a_page_that_cannot_be_shown_says_so_and_without_rules_nothing_is(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_forms.acroform(home.desk))
    circuit = home.house.circuits.by_name["soins-programmes-algerie"]
    found = _gathered(home)

    def broken(*_: object) -> bytes:
        raise Malformed("Illisible.")

    (only,) = pictures(found, circuit, home.house.vault.get, broken)
    assert only.jpeg is None
    assert pictures(found, None, home.house.vault.get, broken) == ()
    assert pictures(found, circuit, home.house.vault.get, None) == ()


def test_the_life_line_is_as_of_the_day_the_log_was_sealed(sqlite_home: Home) -> None:
    home = sqlite_home
    for write in (mails_forms.acroform, mails_forms.extension_request, mails_forms.extension_answer):
        home.carry(write(home.desk))
    found = _gathered(home)
    line = life(found)
    assert line is not None
    assert [bar.span.status for bar in line.bars].count("granted") == 2
    assert "requested" in {bar.span.status for bar in line.bars}
    assert all(bar.span.label.count("/") == 4 for bar in line.bars)
    sealed = paris_date(found.last.at)
    assert {point.mark.kind for point in line.points} == {"deadline"}
    assert all(point.mark.on >= sealed for point in line.points)
    assert line.today is not None
