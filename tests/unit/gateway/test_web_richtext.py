"""The HTML of a mail in its frame: cleaned, for those who may read it, never active."""

from __future__ import annotations

from gateway.evidence.record import Kind
from storage import sheets
from storage.documents import Document
from tests.builders import seed
from tests.worlds.web import World

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
MARKUP = (
    b"<p>Bonjour <script>alert(1)</script><a href='https://ailleurs.example/'>ici</a></p>"
    b"<img src='cid:logo@x'><img src='cid:scan@x'><img src='https://ailleurs.example/p.gif'>"
)


def _put(
    world: World, content: bytes, media: str, position: int, confidentiality: str, cid: str = ""
) -> int:
    vault = world.house.vault
    with world.house.database.transaction() as session:
        row = Document(
            delivery=world.office.deliveries["question"],
            position=position,
            path=str(position),
            name="message",
            media_type=media,
            sha256=vault.put(content, kind="document"),
            size=len(content),
            kind="question",
            confidentiality=confidentiality,
            meta={"content_id": cid} if cid else {},
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def test_it_is_shown_cleaned_with_the_pictures_of_the_mail_one_may_open(world: World) -> None:
    number = _put(world, MARKUP, "text/html", 50, "administrative")
    _put(world, PNG, "image/png", 51, "administrative", "logo@x")
    _put(world, PNG, "image/png", 52, "medical", "scan@x")
    answer = world.signed_in("agathe").get(f"/documents/{number}/mise-en-forme")
    assert answer.status_code == 200
    assert "<p>Bonjour" in answer.text
    assert answer.text.count("data:image/png") == 1
    for word in ("script", "href", "ailleurs"):
        assert word not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"


def test_the_item_offers_it_in_a_frame_that_runs_nothing(world: World) -> None:
    number = _put(world, MARKUP, "text/html", 50, "administrative")
    shown = world.signed_in("agathe").get(f"/elements/{world.office.items['question']}").text
    assert f'<iframe sandbox src="/documents/{number}/mise-en-forme"' in shown


def test_a_medical_one_is_sealed_for_others_and_its_opening_is_told(world: World) -> None:
    number = _put(world, MARKUP, "text/html", 50, "medical")
    refused = world.signed_in("agathe").get(f"/documents/{number}/mise-en-forme")
    assert refused.status_code == 403
    assert "Bonjour" not in refused.text
    with world.house.database.reading() as session:
        event = sheets.journal(session, None, 1)[0]
    assert (event.kind, (event.fields or {})["outcome"]) == (Kind.ACCESS, "refused")


def test_what_is_no_html_or_not_theirs_does_not_exist(world: World) -> None:
    number = _put(world, MARKUP, "text/html", 50, "administrative")
    assert world.signed_in("marseille").get(f"/documents/{number}/mise-en-forme").status_code == 404
    other = world.office.documents["request"]
    assert world.signed_in("agathe").get(f"/documents/{other}/mise-en-forme").status_code == 404


def test_the_policy_of_pages_lets_no_other_site_be_framed(world: World) -> None:
    policy = world.signed_in("agathe").get("/files").headers["content-security-policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert seed.SECRET not in policy
