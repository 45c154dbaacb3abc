"""The key ring: created once, private, rotated without losing the old keys."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.errors import KeyRefused, UnknownKey
from storage.keys import KeyRing


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first = KeyRing(tmp_path / "keys")
    second = KeyRing(tmp_path / "keys")
    assert first.active_id == second.active_id
    assert first.public_key == second.public_key
    for path in (tmp_path / "keys").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(KeyRing, [tmp_path / "keys"] * 8))
    assert len({ring.active_id for ring in rings}) == 1
    assert len({ring.public_key for ring in rings}) == 1
    assert len(rings[0].ids()) == 1


def test_rotation_is_seen_by_the_others_and_keeps_the_old_key(tmp_path: Path) -> None:
    one, other = KeyRing(tmp_path / "keys"), KeyRing(tmp_path / "keys")
    old = other.active_id
    new = one.rotate()
    assert other.active_id == new
    assert set(one.ids()) == {old, new}
    sealed = one.cipher(old).encrypt(b"n" * 12, b"data", None)
    assert other.cipher(old).decrypt(b"n" * 12, sealed, None) == b"data"


def test_an_unknown_key_is_named(ring: KeyRing) -> None:
    with pytest.raises(UnknownKey, match="0123456789abcdef"):
        ring.cipher("0123456789abcdef")


def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    (tmp_path / "keys" / "encryption" / f"{ring.active_id}.key").chmod(0o640)
    with pytest.raises(KeyRefused, match="ouvert à d'autres comptes"):
        ring.cipher(ring.active_id)


@pytest.mark.parametrize("content", ["", "abcd", "zz" * 32])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    ring = KeyRing(tmp_path / "keys")
    (tmp_path / "keys" / "encryption" / f"{ring.active_id}.key").write_text(content)
    with pytest.raises(KeyRefused, match="abîmé"):
        ring.cipher(ring.active_id)


def test_a_lost_active_mark_stops_writing(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    (tmp_path / "keys" / "encryption" / "active").unlink()
    with pytest.raises(KeyRefused, match="rien n'a été écrit"):
        _ = ring.active_id


def test_a_damaged_checkpoint_key_is_refused(tmp_path: Path) -> None:
    KeyRing(tmp_path / "keys")
    (tmp_path / "keys" / "checkpoint.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\nAA==\n")
    with pytest.raises(KeyRefused, match="points de contrôle"):
        KeyRing(tmp_path / "keys")


def test_the_checkpoint_key_signs(ring: KeyRing) -> None:
    Ed25519PublicKey.from_public_bytes(ring.public_key).verify(ring.sign(b"texte"), b"texte")
    assert ring.public_pem.startswith(b"-----BEGIN PUBLIC KEY-----")


def test_identities_in_service_come_first_and_retired_ones_stay(ring: KeyRing) -> None:
    ring.add_identity("Soins@Exemple.fr", "2024", b"ancienne", retired=True)
    ring.add_identity("soins@exemple.fr", "2026", b"nouvelle")
    found = ring.identities("SOINS@exemple.fr")
    assert [(identity.pem, identity.retired) for identity in found] == [
        (b"nouvelle", False),
        (b"ancienne", True),
    ]
    assert ring.mailboxes() == ("soins@exemple.fr",)
    assert ring.identities("autre@exemple.fr") == []


@pytest.mark.parametrize("name", ["../../etc", ".", "", "a/b", "a\0b"])
def test_a_mailbox_name_never_leaves_the_folder(ring: KeyRing, name: str) -> None:
    with pytest.raises(KeyRefused, match="pas permis"):
        ring.identities(name)
    with pytest.raises(KeyRefused, match="pas permis"):
        ring.add_identity("soins@exemple.fr", name, b"pem")
