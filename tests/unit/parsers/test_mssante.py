"""What MSSanté adds to a mail: its header fields against the CDA, archives that contradict themselves."""

from __future__ import annotations

import pytest

from parsers.unpack import Unpacked, unpack
from tests.builders import cda, mime, xdm
from tests.builders.mime import Attachment

PDF = b"%PDF-1.4\n%%EOF\n"


def opened(raw: bytes) -> Unpacked:
    return unpack(raw, raw)


@pytest.mark.parametrize(
    ("headers", "codes", "ins", "words"),
    [
        (("X-MSS-CODECDA: 34112-3",), ["34112-3"], True, ""),
        (("X-MSS-CODECDA: 34112-3, 11490-0",), ["34112-3", "11490-0"], True, ""),
        (("X-MSS-CODECDA: 34112-3",), ["34112-3", "11490-0"], True, "ne dit pas le code"),
        (("X-MSS-INS: O", "X-MSS-NIL: 123456"), ["34112-3"], True, ""),
        (("X-MSS-INS: O",), ["34112-3"], False, "X-MSS-INS annonce un INS"),
        (("X-MSS-INS: N",), ["34112-3"], False, ""),
    ],
)
def test_what_the_headers_say_is_compared_with_the_cda(
    headers: tuple[str, ...], codes: list[str], ins: bool, words: str
) -> None:
    given = [cda.document(pdf=PDF, code=code, title=code) for code in codes]
    if not ins:
        given = [each.replace(b"1.2.250.1.213.1.4.10", b"1.2.250.1.999.1") for each in given]
    attachments = [Attachment(f"{n}.xml", each) for n, each in enumerate(given)]
    message = opened(mime.message(attachments, headers=headers)).message
    assert words in " ".join(message.troubles)
    assert bool(message.troubles) is bool(words)
    assert message.claims.get("x-mss-nil", "") == ("123456" if len(headers) == 2 else "")


def test_an_archive_that_contradicts_itself_names_no_patient() -> None:
    """Nothing it says may put a document in somebody's case: a person decides."""
    other = cda.Patient(birth_name="PETIT", used_name="PETIT", birth_date="19600101", identifier="26001")
    two = [cda.document(pdf=PDF), cda.document(pdf=PDF + b"2", patient=other)]
    archive = xdm.archive(documents=two, patients=(cda.PATIENT, other))
    files = opened(mime.message([Attachment("IHE_XDM.ZIP", archive)])).found
    assert [each.facts for each in files if each.media_type != "text/plain"] == [()] * 4
    sound = opened(mime.message([Attachment("IHE_XDM.ZIP", xdm.archive(pdf=PDF))])).found
    assert all(each.facts for each in sound if each.media_type != "text/plain")


def test_an_archive_that_only_withdraws_goes_to_a_person() -> None:
    update = ("urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus", "s", "urn:uuid:ancien")
    archive = xdm.archive(documents=[], links=[update])
    found = opened(mime.message([Attachment("IHE_XDM.ZIP", archive)])).found[-1]
    assert found.meta["withdraws"] == "urn:uuid:ancien"
    assert "retire un document" in (found.trouble or "")
