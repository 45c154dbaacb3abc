"""The verifier shipped in evidence files: its arithmetic, and every altered copy refused for its reason."""

from __future__ import annotations

import ast
import hashlib
import io
import random
import shutil
import subprocess
import sys
import zipfile
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
from tests.builders.altered import ALTERATIONS, LISTED, flip, relist, unpacked

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
    recorder.checkpoint(sqlite_database)
    proof.stamp(made)
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


def test_the_verifier_is_written_in_python_3_9_and_its_standard_library() -> None:
    """An older grammar reads it whole, and every module it asks for is there on a bare machine."""
    source = Path(verify.__file__).read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    newer = (ast.Match, ast.TryStar)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    wanted = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    # every one of them is in the library of Python 3.9; none opens a connection or starts a program
    known = {"__future__", "base64", "collections.abc", "hashlib", "io", "json", "pathlib", "re", "sys"}
    assert wanted == known | {"typing", "zipfile"}
    # types are written, never evaluated: ``X | Y`` outside an annotation would stop Python 3.9
    assert not [n for n in ast.walk(_without_annotations(tree)) if isinstance(n, ast.BinOp) and _types(n)]
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass\n", feature_version=(3, 9))


def _without_annotations(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if hasattr(node, name):
                setattr(node, name, None)
    return tree


def _types(node: ast.BinOp) -> bool:
    names = {"bytes", "str", "int", "dict", "list", "tuple", "None"}
    sides = (node.left, node.right)
    return isinstance(node.op, ast.BitOr) and any(isinstance(s, ast.Name) and s.id in names for s in sides)


def test_the_verifier_runs_on_the_python_of_the_machine(evidence: bytes, tmp_path: Path) -> None:
    """``env -i python3 -I -S``: no variable, no site folder, no virtual environment."""
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    assert python is not None
    (tmp_path / "verify.py").write_bytes(unpacked(evidence)["verify.py"])
    (tmp_path / "dossier.zip").write_bytes(evidence)
    command = ["/usr/bin/env", "-i", python, "-I", "-S"]
    where = "import sys; print(sys.prefix == sys.base_prefix, sys.version_info >= (3, 9))"
    asked = subprocess.run([*command, "-c", where], capture_output=True, text=True, check=True)
    assert asked.stdout == "True True\n"
    done = subprocess.run(
        [*command, "verify.py", "dossier.zip"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == Check(evidence).text()


def test_altered_copies_are_refused_with_their_reason(evidence: bytes) -> None:
    refused = 0
    for number in range(162):
        alter = ALTERATIONS[number % len(ALTERATIONS)]
        rng = random.Random(number)
        files = unpacked(evidence)
        reason = alter(files, rng)
        forged = number // len(ALTERATIONS) % 2 == 1 and alter not in LISTED
        if forged:
            relist(files)
        faults = Check(verify.pack(files)).faults
        assert reason in faults, (alter.__name__, number, faults)
        if forged:
            assert any("manifeste" in fault or "clé" in fault for fault in faults)
        refused += 1
    assert refused == 162


def test_any_flipped_bit_of_the_container_is_refused(evidence: bytes) -> None:
    rng = random.Random(7)
    for _ in range(150):
        assert Check(flip(evidence, rng)).faults
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
