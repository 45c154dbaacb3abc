"""Altered copies of an evidence file: each change, and the reason for which the copy must be refused.

Each change is made, then the ZIP written again as an export writes it. A forger who does not hold the key
may also rewrite the manifest (``relist``); ``LISTED`` names the changes that only the manifest knows.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable

from gateway.evidence import verify

Files = dict[str, bytes]
Alter = Callable[[Files, random.Random], str]


def unpacked(raw: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def relist(files: Files) -> None:
    manifest = json.loads(files[verify.MANIFEST])
    kept = {name: data for name, data in files.items() if name not in {verify.MANIFEST, verify.SEAL}}
    manifest["files"] = {name: verify.sha256(data) for name, data in sorted(kept.items())}
    files[verify.MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()


def _one(files: Files, prefix: str, rng: random.Random, suffix: str = "") -> str:
    return rng.choice(sorted(n for n in files if n.startswith(prefix) and n.endswith(suffix)))


def flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _flipped(folder: str, what: str) -> Alter:
    def alter(files: Files, rng: random.Random) -> str:
        name = _one(files, folder, rng)
        files[name] = flip(files[name], rng)
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
    lines[place] = "preuve " + flip(bytes.fromhex(lines[place][7:]), rng).hex()
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


def _stamp(files: Files, rng: random.Random) -> str:
    """A time stamp about something else."""
    name = _one(files, "horodatages/", rng)
    files[name] = files[name][::-1]
    return f"L'horodatage {name} ne porte pas sur son point de contrôle."


def _stamp_moved(files: Files, rng: random.Random) -> str:
    """A sound time stamp said to be about another checkpoint, to date it later or earlier."""
    name = _one(files, "horodatages/", rng)
    moved = f"horodatages/{rng.randrange(10**6):012d}.tsr"
    files[moved] = files.pop(name)
    return f"L'horodatage {moved} ne porte pas sur son point de contrôle."


def _certificate(files: Files, rng: random.Random) -> str:
    """Another certificate under its own hash: only the log knows that it judged nothing."""
    forged = f"certificat {rng.random()}".encode()
    del files[_one(files, "signatures/", rng)]
    name = f"signatures/{verify.sha256(forged)}.cer"
    files[name] = forged
    return f"Le fichier {name} n'est pas un de ceux sur lesquels le journal dit avoir jugé."


def _receipt(files: Files, rng: random.Random) -> str:
    """A letter said to be read, which no report says."""
    letters = json.loads(files["retours.json"])
    one = rng.choice([one for letter in letters for one in letter["receipts"]])
    one["action"] = rng.choice(["displayed", "processed", "failed"])
    files["retours.json"] = json.dumps(letters).encode()
    return "La liste retours.json annonce un retour que le journal ne connaît pas."


def _summary(files: Files, rng: random.Random) -> str:
    """Another summary: it proves nothing, but is the one that was exported."""
    name = rng.choice(["resume.pdf", "resume.html", "resume.txt", "signatures.json", "LISEZMOI.txt"])
    files[name] += b" "
    return f"Le fichier {name} a été modifié : ce n'est plus son empreinte."


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
    _flipped("documents/", "un de ceux que le journal dit avoir lus"),
    _flipped("signatures/", "un de ceux sur lesquels le journal dit avoir jugé"),
    _renamed_mail, _event, _content, _salt, _proof, _short_proof, _order,
    _checkpoint, _signature, _consistency,
    _stamp, _stamp_moved, _certificate, _receipt, _summary, _rules,
    _missing, _missing_mail, _extra, _extra_event,
    _manifest, _date, _key,
)  # fmt: skip
LISTED = {_missing, _extra, _manifest, _date, _summary}
"""What only the manifest knows: a forger who rewrites it is met at its signature."""
