"""The verification by hand given spoilt folders: its own refusal, no trace, and nobody's text ever run.

The forger of these folders holds a key of their own and signs everything anew, so that the script meets
what they wrote: numbers that the shell would work out, formats that printf would obey, files that lead out.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.evidence import verify
from storage.notes import key_hash
from tests.builders import proof
from tests.builders.altered import Files, relist, unpacked
from tests.builders.recipes import recipe
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(16)
BAIT = "$(touch ../../proie)"
Spoil = Callable[[Files], None]


def _signed(files: Files, *, stamps: bool = False) -> None:
    """The manifest and the notes signed by a key of the forger's, put in the place of the log's."""
    key = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
    public = key.public_key()
    files[verify.KEY] = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name in [
        name for name in files if name.startswith("points-de-controle/") and name.endswith(".note")
    ]:
        files[name] = _note(key, files[name].decode("utf-8", "replace").partition("\n\n")[0] + "\n")
    for name in [name for name in files if name.startswith("horodatages/") and not stamps]:
        del files[name]  # no third party stamps what the forger signs
    if verify.MANIFEST in files:
        relist(files)
        at = "2026-11-23T09:10:00.000000Z"
        text = f"{verify.SEALER}\n{verify.sha256(files[verify.MANIFEST])}\n{at}\n"
        files[verify.SEAL] = _note(key, text)


def _note(key: Ed25519PrivateKey, text: str) -> bytes:
    name = text.partition("\n")[0]
    raw = key_hash(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(raw).decode()}\n".encode()


def _first(files: Files, prefix: str) -> str:
    return min(name for name in files if name.startswith(prefix))


def _renamed(prefix: str, new: str) -> Spoil:
    def spoil(files: Files) -> None:
        files[new] = files.pop(_first(files, prefix))

    return spoil


def _replaced(prefix: str, before: bytes, after: bytes) -> Spoil:
    def spoil(files: Files) -> None:
        name = _first(files, prefix)
        assert before in files[name]
        files[name] = files[name].replace(before, after, 1)

    return spoil


def _without(prefix: str) -> Spoil:
    def spoil(files: Files) -> None:
        for name in [name for name in files if name.startswith(prefix)]:
            del files[name]

    return spoil


def _size(text: str) -> Spoil:
    """A checkpoint whose size is an arithmetic expression that the shell would work out."""

    def spoil(files: Files) -> None:
        name = _first(files, "points-de-controle/")
        lines = files[name].decode().split("\n")
        lines[1] = text
        files[name] = "\n".join(lines).encode()

    return spoil


FORGED: dict[str, Spoil] = {
    "event that is an expression": _renamed("evenements/", f"evenements/a[{BAIT}].txt"),
    "event with spaces": _renamed("evenements/", "evenements/0 0.txt"),
    "size that is an expression": _size(f"a[{BAIT}]"),
    "size in octal": _size("010"),
    "huge size": _size("9" * 40),
    "negative size": _size("-1"),
    "salt that is a format": _replaced("evenements/", b"valeur @ ", b"valeur @ %s%n%(date)T"),
    "field that is an option": _replaced("evenements/", b"valeur @ ", b"valeur --file=/etc/passwd "),
    "proof that is a command": _replaced("evenements/", b"preuve ", f"preuve {BAIT} ".encode()),
    "proof that is a glob": _replaced("evenements/", b"preuve ", b"preuve * "),
    "mail whose name is an expression": _renamed("messages/", "messages/.*.eml"),
    "letter under another name": _renamed("lettres/", "lettres/-x.eml"),
    "way out": _renamed("regles/", "regles/../../../proie"),
    "absent events": _without("evenements/"),
    "absent checkpoints": _without("points-de-controle/"),
    "absent manifest": _without(verify.MANIFEST),
    "empty manifest": lambda files: files.update({verify.MANIFEST: b'{"files": {}}'}),
}


def _unzipped(files: Files, folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        path = folder / name
        if ".." in name.split("/"):
            continue  # unzip leaves such a member out
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def _by_hand(folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder.parent / "by-hand.sh"
    script.write_text(recipe("by-hand.sh"), "utf-8")
    command = ["bash", str(script), str(folder)]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, timeout=120
    )


def _refused(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.count("REFUSÉ : ") == 1
    assert "CONFORME" not in done.stdout
    assert not list(folder.parent.parent.rglob("proie*"))


def test_the_sound_folder_is_accepted_and_a_forger_is_known_by_the_key_alone(tmp_path: Path) -> None:
    files = unpacked(proof.sample())
    good = _by_hand(_unzipped(files, tmp_path / "bon"))
    assert (good.returncode, good.stderr) == (0, "")
    assert "CONFORME" in good.stdout
    _signed(files)
    forged = _by_hand(_unzipped(files, tmp_path / "faux"))
    assert "CONFORME" in forged.stdout  # every byte holds: only the fingerprint of the key tells
    assert forged.stdout.splitlines()[0] != good.stdout.splitlines()[0]


def test_a_time_stamp_keeps_a_forger_from_signing_the_log_anew(tmp_path: Path) -> None:
    """Whoever keeps the stamp cannot make it be about another root."""
    files = unpacked(proof.sample())
    _signed(files, stamps=True)
    done = _by_hand(_unzipped(files, tmp_path / "dossier"))
    _refused(done, tmp_path / "dossier")
    assert "ne porte pas sur" in done.stdout


@pytest.mark.parametrize("what", list(FORGED))
def test_a_forged_folder_is_refused_and_runs_nothing(tmp_path: Path, what: str) -> None:
    files = unpacked(proof.sample())
    FORGED[what](files)
    _signed(files)
    folder = _unzipped(files, tmp_path / "dossier")
    _refused(_by_hand(folder), folder)


def test_spoilt_folders_are_refused(tmp_path: Path) -> None:
    """Any member spoilt, the manifest left as it was or signed anew by the forger."""
    sound = unpacked(proof.sample())
    chance = random.Random(16)
    names = sorted(set(sound) - {verify.KEY, "verify.py", "LISEZMOI.txt"})
    for number in range(COUNT):
        name = chance.choice(names)
        (spoilt,) = mutations([sound[name]], 1, seed=number)
        if spoilt == sound[name]:
            continue
        folder = _unzipped(sound | {name: spoilt}, tmp_path / str(number))
        _refused(_by_hand(folder), folder)


def test_what_no_zip_of_ours_holds_is_refused(tmp_path: Path) -> None:
    """A link in the place of a file, and a member that the ZIP has twice."""
    folder = _unzipped(unpacked(proof.sample()), tmp_path / "lien")
    mail = min((folder / "messages").iterdir())
    mail.rename(tmp_path / "ailleurs.eml")
    mail.symlink_to(tmp_path / "ailleurs.eml")
    _refused(_by_hand(folder), folder)
    with zipfile.ZipFile(BytesIO(proof.sample())) as archive:
        assert json.loads(archive.read(verify.MANIFEST))["format"] == "passerelle-dossier-2"
