"""Keys of a mailbox: those in service first, retired ones still open, a broken file hides nothing."""

from __future__ import annotations

from pathlib import Path

from gateway.identities import mailbox_identities, pem_of, signing_identity
from parsers.certificates import identities_from
from storage.keys import KeyRing
from tests.builders.desk import CNSE, Desk


def test_the_key_in_service_signs_and_the_retired_one_still_opens(desk: Desk, ring: KeyRing) -> None:
    old, new = desk.keys.authority.issue(CNSE), desk.keys.authority.issue(CNSE)
    ring.add_identity(CNSE, "ancienne", old.pem, retired=True)
    ring.add_identity(CNSE, "nouvelle", new.pem)
    assert [(i.certificate, i.retired) for i in mailbox_identities(ring, CNSE)] == [
        (new.der, False),
        (old.der, True),
    ]
    signing = signing_identity(ring, CNSE)
    assert signing is not None
    assert signing.certificate == new.der


def test_a_mailbox_without_keys_signs_nothing(ring: KeyRing) -> None:
    assert mailbox_identities(ring, CNSE) == ()
    assert signing_identity(ring, CNSE) is None


def test_a_broken_key_file_stops_nobody(desk: Desk, ring: KeyRing, tmp_path: Path) -> None:
    good = desk.keys.authority.issue(CNSE)
    ring.add_identity(CNSE, "bonne", good.pem)
    ring.add_identity(CNSE, "abimee", good.pem)
    (file,) = (tmp_path / "keys" / "identities").rglob("abimee*.pem")
    file.write_bytes(b"-----BEGIN PRIVATE KEY-----\nrien\n-----END PRIVATE KEY-----\n")
    assert [i.certificate for i in mailbox_identities(ring, CNSE)] == [good.der]


def test_a_pem_written_is_read_back(desk: Desk) -> None:
    (identity,) = identities_from(desk.keys.of(CNSE).pem)
    assert identities_from(pem_of(identity)) == (identity,)
