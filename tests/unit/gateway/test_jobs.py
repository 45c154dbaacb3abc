"""What a file makes worth telling reaches the explanation, never the letter; a split is told with why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gateway import explain
from gateway.outbound.compose import Draft
from tests.bench.estate import settings_in
from tests.builders import forms, pdfs, reports
from tests.builders.desk import DUNES, PDF, Desk
from tests.builders.keychain import Keychain
from tests.builders.letters import Attached, entity, mail

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _explained(tmp_path: Path, content: bytes, name: str = "301.pdf") -> explain.Explained:
    raw = mail(DUNES[2], ("a@b.fr",), "Pièces", AT, entity("Ci-joint.\n", (Attached(name, PDF, content),)))
    return explain.examine(raw, settings_in(tmp_path))


def _form() -> bytes:
    return forms.build_301(Desk(Keychain(AT), AT).form_301(40, DUNES), "flat")


def test_active_content_and_repair_are_told_inside_and_never_in_the_letter(tmp_path: Path) -> None:
    live = pdfs.with_action(_form(), "Launch", F="cmd.exe")
    explained = _explained(tmp_path, live)
    (form,) = [d for d in explained.told["documents"] if d["kind"] == "se352-301"]
    (told,) = [i for i in form["issues"] if i["code"] == "active-content"]
    assert "lance un programme" in told["message"]
    assert told["message"] in explain.in_french(explained.told)
    assert isinstance(explained.draft, Draft)
    assert "actif" not in explained.draft.text


def test_a_mended_file_says_so(tmp_path: Path) -> None:
    report = reports.medical_report(pages=3)
    explained = _explained(tmp_path, report[: int(len(report) * 0.9)], "CRH.pdf")
    (read,) = [d for d in explained.told["documents"] if d["name"] == "CRH.pdf"]
    assert read["kind"] == "medical-report"
    assert [i["code"] for i in read["issues"]] == ["file-note"]
    assert "réparé pour la lecture, l'original est gardé" in read["issues"][0]["message"]


def test_a_split_says_which_pages_are_what_and_why(tmp_path: Path) -> None:
    joined = reports.joined(_form(), reports.medical_report(pages=2))
    explained = _explained(tmp_path, joined)
    told = {d["kind"]: d for d in explained.told["documents"] if d["name"] == "301.pdf"}
    assert {kind: d["pages"] for kind, d in told.items()} == {"se352-301": 1, "medical-report": 2}
    pages = {"se352-301": "page 1", "medical-report": "pages 2 à 3"}
    for kind, document in told.items():
        (split,) = [i["message"] for i in document["issues"] if i["code"] == "split"]
        assert split == f"Ce fichier contient 2 documents : celui-ci est lu {pages[kind]}."
        assert len(document["reasons"]) > 1
        assert split in explain.in_french(explained.told)
