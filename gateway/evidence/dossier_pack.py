"""From what was gathered to one ZIP: the same case in the same state always gives the same bytes.

Only ``manifest.note`` tells the date of the export (and signs it): two exports of one state differ there
alone. Nothing is compressed, because compressors differ from one machine to the next.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.circuits.model import Circuit
from gateway.evidence import verify
from gateway.evidence.dossier_gather import Gathered
from gateway.evidence.dossier_render import as_html, as_text
from gateway.evidence.dossier_summary import summarise, title_of
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

resume.html, resume.txt   le résumé : qui, quoi, quand, selon quelle règle
messages/                 les messages reçus, octet pour octet ; leur nom est leur SHA-256
documents/                les documents trouvés dans ces messages ; leur nom est leur SHA-256
lettres/                  les lettres, octet pour octet comme elles partent ; leur nom est leur SHA-256
evenements/               une entrée du journal par fichier. Ligne 1 : ce qui est scellé, ou « scelle » et
                          la feuille. « valeur » : champ, sel, valeur. « preuve » : inclusion (RFC 6962)
points-de-controle/       la racine signée du journal. .coherence : la preuve (RFC 6962) que le dernier
                          point de contrôle prolonge celui-là
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


def pack(
    found: Gathered,
    read: Callable[[str], bytes],
    circuit: Circuit | None,
    rules: Mapping[str, Mapping[str, bytes]],
    seal: Seal,
    at: datetime,
    *,
    medical: bool,
) -> bytes:
    """The evidence file. ``read`` gives the bytes of a SHA-256.

    ``rules``: the files of each rule set that a decision quotes, by its hash. Raises what ``read`` raises.
    """
    case = found.holding.case
    summary = summarise(found, circuit, seal.fingerprint, medical=medical)
    readme = _README.format(case=case.reference, fingerprint=seal.fingerprint)
    files = {
        README: readme.encode(),
        VERIFIER: Path(verify.__file__).read_bytes(),
        "resume.html": as_html(summary),
        "resume.txt": as_text(summary),
        verify.KEY: seal.public_pem,
        **_events(found),
        **_checkpoints(found),
        **_blobs(found, read),
        **{
            f"regles/{digest}/{path}": data for digest, kept in rules.items() for path, data in kept.items()
        },
    }
    manifest = {
        "format": FORMAT,
        "case": case.reference,
        "circuit": case.circuit,
        "origin": found.last.note.partition("\n")[0],
        "checkpoint": found.last.size,
        "medical": medical,
        "withheld": _withheld(found, circuit),
        "files": {name: verify.sha256(data) for name, data in sorted(files.items())},
    }
    files[verify.MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    files[verify.SEAL] = _note(verify.sha256(files[verify.MANIFEST]), seal, at)
    return verify.pack(files)


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


def _blobs(found: Gathered, read: Callable[[str], bytes]) -> dict[str, bytes]:
    files = {f"messages/{sha}.eml": read(sha) for sha, kept in found.mails.items() if kept is None}
    for letter in found.holding.letters:
        files[f"lettres/{letter.raw_sha256}.eml"] = read(letter.raw_sha256)
    given = [sha256 for sha256, kept in found.documents.items() if kept is None]
    return files | {found.file_of(sha256): read(sha256) for sha256 in given}


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
    return [*mails, *documents]


def _note(digest: str, seal: Seal, at: datetime) -> bytes:
    text = f"{verify.SEALER}\n{digest}\n{instant_text(at)}\n"
    signature = key_hash(verify.SEALER, seal.public_key) + seal.sign(text.encode())
    return f"{text}\n— {verify.SEALER} {base64.b64encode(signature).decode()}\n".encode()
