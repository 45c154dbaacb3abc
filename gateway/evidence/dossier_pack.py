"""From what was gathered to one ZIP: the same case in the same state always gives the same bytes.

Only ``manifest.note`` tells the date of the export (and signs it): two exports of one state differ there
alone. Nothing is compressed in the container, because compressors differ from one machine to the next.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.circuits.model import Circuit
from gateway.evidence import container, dossier_seals, verify
from gateway.evidence.container import Member
from gateway.evidence.dossier_gather import Gathered
from gateway.evidence.dossier_life import life
from gateway.evidence.dossier_pdf import as_pdf
from gateway.evidence.dossier_pictures import Picture
from gateway.evidence.dossier_render import as_html, as_text
from gateway.evidence.dossier_summary import summarise, title_of
from gateway.evidence.dossier_words import moment
from storage.audit import CheckpointRow
from storage.columns import instant_text
from storage.merkle import leaf_hash
from storage.notes import key_hash

README, VERIFIER = "LISEZMOI.txt", "verify.py"
FORMAT = "passerelle-dossier-2"
_README = """Dossier de preuve {case}

Pour vérifier, sur toute machine qui a Python 3.9 ou plus, sans réseau ni installation :

    python3 -I -S verify.py DOSSIER.zip EMPREINTE

EMPREINTE est celle de la clé publique du journal. Demandez-la à l'organisme par un autre chemin que ce
dossier : ici elle vaut {fingerprint}
Prenez de préférence verify.py chez l'organisme : celui-ci vient du même endroit que ce qu'il vérifie.

resume.pdf                le résumé à lire et à garder (PDF/A) : qui, quoi, quand, selon quelle règle, la
                          ligne de vie, les pages des formulaires
resume.html, resume.txt   le même, pour un navigateur ou un lecteur d'écran, et en texte seul
messages/                 les messages reçus, octet pour octet ; leur nom est leur SHA-256
documents/                les documents trouvés dans ces messages ; leur nom est leur SHA-256
lettres/                  les lettres, octet pour octet comme elles partent ; leur nom est leur SHA-256
evenements/               une entrée du journal par fichier. Ligne 1 : ce qui est scellé, ou « scelle » et
                          la feuille. « valeur » : champ, sel, valeur. « preuve » : inclusion (RFC 6962)
points-de-controle/       la racine signée du journal. .coherence : la preuve (RFC 6962) que le dernier
                          point de contrôle prolonge celui-là
horodatages/              les horodatages d'un tiers (RFC 3161) sur ces points de contrôle, quand il y en a
signatures/               les certificats, listes de révocation et réponses OCSP sur lesquels les
                          signatures des messages ont été jugées ; leur nom est leur SHA-256
signatures.json           le verdict de chaque signature, tel que jugé à l'arrivée
retours.json              chaque lettre, ce que le serveur a répondu, et chaque retour reçu
regles/                   les jeux de règles sous lesquels les décisions ont été prises, nommés par leur
                          empreinte
cle-publique.pem          la clé Ed25519 qui signe le journal
manifest.json             l'empreinte SHA-256 de chaque fichier, et les pièces retenues avec leur motif
manifest.note             la date de l'export et la signature de manifest.json

À la main : SHA-256(octet 00 + ligne 1) est la feuille ; SHA-256(octet 01 + gauche + droite) est un nœud ;
SHA-256(sel + valeur) est l'engagement que la ligne 1 porte pour ce champ. sha256sum et openssl suffisent.
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """The log's key: its public half (PEM and 32 raw bytes), and what signs."""

    public_pem: bytes
    public_key: bytes
    sign: Callable[[bytes], bytes]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key in DER: what a third party compares."""
        return hashlib.sha256(verify.SPKI + self.public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that the members are made from, beside what was gathered."""

    circuit: Circuit | None
    rules: Mapping[str, Mapping[str, bytes]]
    """The files of each rule set that a decision quotes, by its hash."""
    pictures: Sequence[Picture]
    medical: bool
    """Whether the file gives the content of medical documents."""


def members(found: Gathered, contents: Contents, seal: Seal, at: datetime) -> dict[str, Member]:
    """Every member of the evidence file; those of the vault are named by their SHA-256."""
    case = found.holding.case
    summary = summarise(found, contents.circuit, seal.fingerprint, medical=contents.medical)
    foot = f"Journal scellé le {moment(found.last.at)}, racine {found.last.root.hex()[:32]}"
    readme = _README.format(case=case.reference, fingerprint=seal.fingerprint)
    files: dict[str, Member] = {
        README: readme.encode(),
        VERIFIER: Path(verify.__file__).read_bytes(),
        "resume.html": as_html(summary),
        "resume.pdf": as_pdf(
            summary, life(found, contents.circuit), contents.pictures, found.last.at, foot
        ),
        "resume.txt": as_text(summary),
        verify.KEY: seal.public_pem,
        **_events(found),
        **_checkpoints(found),
        **_blobs(found),
        **dossier_seals.files(found),
        **{
            f"regles/{digest}/{path}": data
            for digest, kept in contents.rules.items()
            for path, data in kept.items()
        },
    }
    manifest = {
        "format": FORMAT,
        "case": case.reference,
        "circuit": case.circuit,
        "origin": found.last.note.partition("\n")[0],
        "checkpoint": found.last.size,
        "medical": contents.medical,
        "withheld": _withheld(found, contents.circuit),
        "files": container.digests(files),
    }
    listed = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    return files | {verify.MANIFEST: listed, verify.SEAL: _note(verify.sha256(listed), seal, at)}


def _events(found: Gathered) -> dict[str, bytes]:
    files = {}
    for event in found.events:
        lines = [event.body]
        if event.position in found.silent:
            lines = [b"scelle " + leaf_hash(event.body).hex().encode()]
        else:
            lines += [
                b"valeur %s %s %s" % (one.field.encode(), one.salt.hex().encode(), one.value)
                for one in event.beside
            ]
        lines += [b"preuve " + sibling.hex().encode() for sibling in found.proofs[event.position].path]
        files[verify.EVENT.format(event.position)] = b"".join(line + b"\n" for line in lines)
    return files


def _checkpoints(found: Gathered) -> dict[str, bytes]:
    files = {_name(row): row.note.encode() for row in found.checkpoints}
    for row in found.checkpoints[:-1]:
        path = "".join(f"{sibling.hex()}\n" for sibling in found.consistency[row.size])
        files[_name(row).removesuffix(".note") + ".coherence"] = path.encode()
    return files


def _name(row: CheckpointRow) -> str:
    return verify.CHECKPOINT.format(row.size)


def _blobs(found: Gathered) -> dict[str, str]:
    """Mails, letters, documents and evidence of signatures that are given, by name: their SHA-256."""
    files = {f"messages/{sha}.eml": sha for sha, kept in found.mails.items() if kept is None}
    files |= {f"lettres/{sha}.eml": sha for sha, kept in found.letters.items() if kept is None}
    given = [sha for sha, kept in found.documents.items() if kept is None]
    return files | {found.file_of(sha): sha for sha in given} | dossier_seals.blobs(found)


def _withheld(found: Gathered, circuit: Circuit | None) -> list[dict[str, object]]:
    """What is not given: type, date, pages and hash, as anyone of the case may see them."""
    received = {mail.sha256: instant_text(mail.received_at) for mail in found.holding.deliveries}
    mails: list[dict[str, object]] = [
        {"what": "message", "sha256": sha256, "received": received[sha256], "reason": reason}
        for sha256, reason in found.mails.items()
        if reason is not None
    ]
    documents: list[dict[str, object]] = [
        {
            "what": "document",
            "sha256": document.sha256,
            "received": received[document.delivery],
            "reason": found.documents[document.sha256],
            "type": title_of(circuit, document.kind),
            "pages": document.pages,
        }
        for document in found.holding.documents
        if document.id not in found.holding.elsewhere and found.documents[document.sha256] is not None
    ]
    letters: list[dict[str, object]] = [
        {"what": "letter", "sha256": sha256, "reason": reason}
        for sha256, reason in found.letters.items()
        if reason is not None
    ]
    return [*mails, *documents, *letters]


def _note(digest: str, seal: Seal, at: datetime) -> bytes:
    text = f"{verify.SEALER}\n{digest}\n{instant_text(at)}\n"
    signature = key_hash(verify.SEALER, seal.public_key) + seal.sign(text.encode())
    return f"{text}\n— {verify.SEALER} {base64.b64encode(signature).decode()}\n".encode()
