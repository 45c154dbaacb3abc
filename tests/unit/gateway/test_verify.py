"""The verifier shipped in evidence files: its arithmetic, and every altered copy refused for its reason."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.circuits.folder import rules_hash
from gateway.clock import TurnableClock
from gateway.evidence import verify
from gateway.evidence.record import Recorder
from gateway.evidence.verify import Check
from storage import merkle
from storage.db import Database
from storage.keys import KeyRing
from storage.vault import Vault
from tests.builders import proof

Files = dict[str, bytes]
Alter = Callable[[Files, random.Random], str]

# RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.fixture
def evidence(
    sqlite_database: Database, vault: Vault, ring: KeyRing, recorder: Recorder, clock: TurnableClock
) -> bytes:
    made = proof.world(sqlite_database, vault, ring, recorder, clock, rules_hash(proof.FOLDER))
    return made.exporter().export(proof.OURS, "essai").content


def _holds(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        verify.verify_signature(key, message, signature)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_rfc_8032(key: str, message: str, signature: str) -> None:
    raw = bytes.fromhex(signature)
    assert _holds(bytes.fromhex(key), bytes.fromhex(message), raw)
    assert not _holds(bytes.fromhex(key), bytes.fromhex(message) + b"x", raw)
    # a signature made malleable by adding the order of the group (RFC 8032, 8.4)
    scalar = int.from_bytes(raw[32:], "little") + verify.ORDER
    assert not _holds(bytes.fromhex(key), bytes.fromhex(message), raw[:32] + scalar.to_bytes(32, "little"))


def test_ed25519_agrees_with_cryptography() -> None:
    rng = random.Random(8032)
    agreed = {True: 0, False: 0}
    for number in range(150):
        private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        key, message = private.public_key().public_bytes_raw(), rng.randbytes(number)
        forged = bytearray(private.sign(message))
        if number % 2:
            forged[rng.randrange(64)] ^= 1 << rng.randrange(8)
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(bytes(forged), message)
            theirs = True
        except InvalidSignature:
            theirs = False
        assert _holds(key, message, bytes(forged)) is theirs
        agreed[theirs] += 1
    assert agreed == {True: 75, False: 75}


def test_odd_signatures_are_refused() -> None:
    private = Ed25519PrivateKey.generate()
    key, good = private.public_key().public_bytes_raw(), private.sign(b"m")
    for signature in (b"", good[:-1], good + b"\0", b"\xff" * 64, good[:32] + b"\xff" * 32):
        assert not _holds(key, b"m", signature)
    assert not _holds(b"", b"m", good)
    assert not _holds(b"\xff" * 32, b"m", good)


def test_proofs_agree_with_the_tree_of_the_log() -> None:
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(33)]

    def root(start: int, end: int) -> bytes:
        return merkle.root_of(leaves[start:end])

    for size in range(1, 34):
        for index in range(size):
            path = merkle.inclusion_proof(index, size, root)
            assert verify.root_of(index, size, leaves[index], path) == root(0, size)
        for old in range(1, size + 1):
            path = merkle.consistency_proof(old, size, root)
            assert verify.both_roots(old, size, path, root(0, old)) == (root(0, old), root(0, size))


@pytest.mark.parametrize(
    ("index", "size", "length"), [(0, 1, 1), (3, 4, 1), (3, 4, 3), (4, 4, 2), (9, 4, 2)]
)
def test_a_proof_of_the_wrong_length_is_refused(index: int, size: int, length: int) -> None:
    with pytest.raises((ValueError, IndexError)):
        verify.root_of(index, size, b"l" * 32, [b"s" * 32] * length)


def test_an_unaltered_file_is_accepted(evidence: bytes) -> None:
    check = Check(evidence)
    assert check.faults == []
    assert "VERDICT : dossier conforme." in check.text()
    assert Check(evidence, check.fingerprint).faults == []
    assert Check(evidence, "0" * 64).faults == [
        "La clé publique n'est pas celle dont vous avez donné l'empreinte."
    ]


def test_the_verifier_is_short_plain_and_alone(evidence: bytes, tmp_path: Path) -> None:
    files = unpacked(evidence)
    source = files["verify.py"].decode()
    assert len(source.splitlines()) < 300
    assert "import socket" not in source
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    (tmp_path / "dossier.zip").write_bytes(evidence)
    command = [sys.executable, "-I", "-S", "verify.py", "dossier.zip"]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == Check(evidence).text()
    (tmp_path / "dossier.zip").write_bytes(evidence[:-1] + b"x")
    assert subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, check=False).returncode == 1
    lost = subprocess.run(
        [*command[:-1], "absent.zip"], cwd=tmp_path, env={}, capture_output=True, check=False
    )
    assert (lost.returncode, lost.stdout) == (1, b"")
    assert "rien n'a été vérifié" in lost.stderr.decode()


# --- Altered copies. Each change is made, then the ZIP written again as an export writes it; ``signed``
# --- changes also rewrite the manifest, as a forger who does not hold the key would.


def unpacked(raw: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _relist(files: Files) -> None:
    manifest = json.loads(files[verify.MANIFEST])
    kept = {name: data for name, data in files.items() if name not in {verify.MANIFEST, verify.SEAL}}
    manifest["files"] = {name: verify.sha256(data) for name, data in sorted(kept.items())}
    files[verify.MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()


def _one(files: Files, prefix: str, rng: random.Random, suffix: str = "") -> str:
    return rng.choice(sorted(n for n in files if n.startswith(prefix) and n.endswith(suffix)))


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _flipped(folder: str, what: str) -> Alter:
    def alter(files: Files, rng: random.Random) -> str:
        name = _one(files, folder, rng)
        files[name] = _flip(files[name], rng)
        return f"Le fichier {name} n'est pas {what}."

    return alter


def _renamed_mail(files: Files, rng: random.Random) -> str:
    """Another mail under its own hash: only the log knows that it never arrived."""
    forged = f"Subject: faux {rng.random()}\r\n\r\n".encode()
    del files[_one(files, "messages/", rng)]
    name = f"messages/{verify.sha256(forged)}.eml"
    files[name] = forged
    return f"Le fichier {name} n'est pas celui que le journal a enregistré à l'arrivée."


def _told(files: Files, rng: random.Random, count: int = 1) -> list[str]:
    """Events whose record is given, not sealed ones."""
    given = sorted(n for n, data in files.items() if n.startswith("evenements/") and data[:1] == b"{")
    return rng.sample(given, count)


def _event(files: Files, rng: random.Random) -> str:
    (name,) = _told(files, rng)
    body, rest = files[name].split(b"\n", 1)
    files[name] = body.replace(b'"at":"2026', b'"at":"2025') + b"\n" + rest
    return f"La preuve de l'événement {name} ne mène pas au journal signé."


def _content(files: Files, rng: random.Random) -> str:
    (name,) = _told(files, rng)
    lines = files[name].split(b"\n")
    place = rng.choice([n for n, line in enumerate(lines) if line.startswith(b"valeur ")])
    lines[place] = lines[place][: lines[place].index(b" ", 8) + 33] + b' "autre"'
    files[name] = b"\n".join(lines)
    return f"Le contenu de l'événement {name} n'est pas celui qui a été scellé."


def _salt(files: Files, rng: random.Random) -> str:
    (name,) = _told(files, rng)
    head, mark, rest = files[name].partition(b"valeur @ ")
    files[name] = head + mark + (b"0" if rest[:1] != b"0" else b"1") + rest[1:]
    return f"Le contenu de l'événement {name} n'est pas celui qui a été scellé."


def _proof(files: Files, rng: random.Random) -> str:
    name = _one(files, "evenements/", rng)
    lines = files[name].decode().split("\n")
    place = rng.choice([n for n, line in enumerate(lines) if line.startswith("preuve ")])
    lines[place] = "preuve " + _flip(bytes.fromhex(lines[place][7:]), rng).hex()
    files[name] = "\n".join(lines).encode()
    return f"La preuve de l'événement {name} ne mène pas au journal signé."


def _short_proof(files: Files, rng: random.Random) -> str:
    name = _one(files, "evenements/", rng)
    lines = files[name].decode().split("\n")
    del lines[rng.choice([n for n, line in enumerate(lines) if line.startswith("preuve ")])]
    files[name] = "\n".join(lines).encode()
    return f"L'événement {name} est illisible, ou sa preuve incomplète."


def _order(files: Files, rng: random.Random) -> str:
    """Two events that change places."""
    first, second = _told(files, rng, 2)
    files[first], files[second] = files[second], files[first]
    return f"L'événement {first} n'est pas à sa place dans le journal."


def _checkpoint(files: Files, rng: random.Random) -> str:
    name = _one(files, "points-de-controle/", rng, ".note")
    files[name] = files[name].replace(b"2026-11", b"2026-10")
    return f"Le point de contrôle {name} a été modifié : sa signature ne tient pas."


def _signature(files: Files, rng: random.Random) -> str:
    name = _one(files, "points-de-controle/", rng, ".note")
    text, _, signature = files[name].rpartition(b" ")
    files[name] = text + b" " + signature[:20] + bytes(reversed(signature[20:60])) + signature[60:]
    return f"Le point de contrôle {name} a été modifié : sa signature ne tient pas."


def _consistency(files: Files, rng: random.Random) -> str:
    name = _one(files, "points-de-controle/", rng, ".coherence")
    files[name] = files[name][:-65] + b"0" * 64 + b"\n"
    return f"Rien ne prouve que le journal a prolongé {name.replace('.coherence', '.note')}."


def _rules(files: Files, rng: random.Random) -> str:
    name = _one(files, "regles/", rng)
    files[name] += b"\n"
    return f"Le jeu de règles {name.split('/')[1]} n'est pas celui que nomme son empreinte."


def _missing(files: Files, rng: random.Random) -> str:
    name = rng.choice(sorted(set(files) - {verify.MANIFEST, verify.SEAL, verify.KEY}))
    del files[name]
    return f"Le fichier {name} manque."


def _missing_mail(files: Files, rng: random.Random) -> str:
    name = _one(files, "messages/", rng)
    del files[name]
    return f"Le fichier {name} manque : un événement l'annonce."


def _extra(files: Files, rng: random.Random) -> str:
    name = f"documents/{rng.randrange(10**9)}.pdf"
    files[name] = b"%PDF"
    return f"Le fichier {name} est en trop."


def _extra_event(files: Files, rng: random.Random) -> str:
    """An event of another log, well formed and in no tree of ours."""
    (name,) = _told(files, rng)
    number = rng.randrange(900, 999)
    added = verify.EVENT.format(number)
    body = json.loads(files[name].split(b"\n")[0])
    sealed = json.dumps(body | {"n": number}, sort_keys=True, separators=(",", ":"))
    files[added] = b"\n".join([sealed.encode(), *files[name].split(b"\n")[1:]])
    return f"L'événement {added} est illisible, ou sa preuve incomplète."


def _manifest(files: Files, rng: random.Random) -> str:
    manifest = json.loads(files[verify.MANIFEST])
    manifest["withheld"] = manifest["withheld"][: rng.randrange(len(manifest["withheld"]))]
    files[verify.MANIFEST] = json.dumps(manifest).encode()
    return "Le manifeste a été modifié : la signature de manifest.note ne tient pas."


def _date(files: Files, rng: random.Random) -> str:
    files[verify.SEAL] = files[verify.SEAL].replace(b"2026-", b"%d-" % rng.randrange(2000, 2026))
    return "Le manifeste a été modifié : la signature de manifest.note ne tient pas."


def _key(files: Files, rng: random.Random) -> str:
    files[verify.KEY] = files[verify.KEY].replace(b"MCow", b"MCox")
    return f"La clé publique {verify.KEY} manque ou est illisible."


ALTERATIONS: tuple[Alter, ...] = (
    _flipped("messages/", "celui que le journal a enregistré à l'arrivée"),
    _flipped("lettres/", "celui que le journal a enregistré au départ"),
    _flipped("documents/", "un de ceux que le journal dit avoir lus"), _renamed_mail, _event, _content, _salt, _proof, _short_proof, _order,
    _checkpoint, _signature, _consistency, _rules, _missing, _missing_mail, _extra, _extra_event,
    _manifest, _date, _key,
)  # fmt: skip
LISTED = {_missing, _extra, _manifest, _date}
"""What only the manifest knows: a forger who rewrites it is met at its signature."""


def test_altered_copies_are_refused_with_their_reason(evidence: bytes) -> None:
    refused = 0
    for number in range(120):
        alter = ALTERATIONS[number % len(ALTERATIONS)]
        rng = random.Random(number)
        files = unpacked(evidence)
        reason = alter(files, rng)
        forged = number // len(ALTERATIONS) % 2 == 1 and alter not in LISTED
        if forged:
            _relist(files)
        faults = Check(verify.pack(files)).faults
        assert reason in faults, (alter.__name__, number, faults)
        if forged:
            assert any("manifeste" in fault or "clé" in fault for fault in faults)
        refused += 1
    assert refused == 120


def test_any_flipped_bit_of_the_container_is_refused(evidence: bytes) -> None:
    rng = random.Random(7)
    for _ in range(150):
        assert Check(_flip(evidence, rng)).faults
    for raw in (b"", b"PK", evidence[: len(evidence) // 2], evidence + b"\0", b"x" + evidence):
        check = Check(raw)
        assert check.faults
        assert "REFUSÉ" in check.text()


def test_a_zip_written_otherwise_is_refused(evidence: bytes) -> None:
    files = unpacked(evidence)
    for names, way, reason in (
        (sorted(files), zipfile.ZIP_DEFLATED, "Ce fichier n'est pas un dossier de preuve lisible."),
        (
            sorted(files, reverse=True),
            zipfile.ZIP_STORED,
            "Les fichiers du ZIP sont doublés ou ne sont plus",
        ),
        (sorted(files), zipfile.ZIP_STORED, "Le conteneur ZIP a été retouché"),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", way) as archive:
            for name in names:
                archive.writestr(name, files[name])
        faults = Check(out.getvalue()).faults
        assert len(faults) == 1
        assert faults[0].startswith(reason)


@pytest.mark.parametrize("manifest", [b"[]", b"{}", b"null", b"\xff", b'{"files": 3}', b"[" * 100_000])
def test_a_hostile_manifest_never_crashes(evidence: bytes, manifest: bytes) -> None:
    files = unpacked(evidence)
    files[verify.MANIFEST] = manifest
    check = Check(verify.pack(files))
    assert "Le manifeste manifest.json manque ou est illisible." in check.faults
    assert "REFUSÉ" in check.text()
