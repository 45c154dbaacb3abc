"""Vérifie un dossier de preuve de Passerelle, sans Passerelle : Python 3.9 ou plus, aucun réseau.

    python3 -I verify.py DOSSIER.zip [EMPREINTE]

EMPREINTE : SHA-256 de la clé publique du journal (forme DER), obtenu de l'organisme par un autre chemin que
ce dossier. Réponse 0 : tout ce qui peut être vérifié l'a été. Réponse 1 : refusé, avec chaque raison.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MANIFEST, SEAL, SEALER = "manifest.json", "manifest.note", "passerelle/dossier-2"
KEY, CHECKPOINT, EVENT = "cle-publique.pem", "points-de-controle/{:012d}.note", "evenements/{:012d}.txt"
LIMITS = "le résumé, l'absence d'autres événements, les signatures S/MIME et RFC 3161, l'heure de l'horloge"
SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what comes before an Ed25519 key in DER
NOTE = re.compile(r"((?:[^\n]+\n)+)\n— (\S+) ([A-Za-z0-9+/]+={0,2})\n")

# --- Ed25519, RFC 8032 section 5.1. Points are (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, BASE = -121665 * pow(121666, -1, P) % P, (4 * pow(5, -1, P) % P).to_bytes(32, "little")


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def multiply(factor: int, p: tuple[int, ...]) -> tuple[int, ...]:
    rest = multiply(factor // 2, add(p, p)) if factor else (0, 1, 1, 0)
    return add(rest, p) if factor % 2 else rest


def point(raw: bytes) -> tuple[int, ...]:
    """Decode a point (section 5.1.3); ``ValueError`` when the 32 bytes are not one."""
    sign, y = divmod(int.from_bytes(raw, "little"), 1 << 255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if len(raw) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return (x, y, 1, x * y % P) if x % 2 == sign else (P - x, y, 1, (P - x) * y % P)


def verify_signature(key: bytes, message: bytes, signature: bytes) -> None:
    """Verify a signature (section 5.1.7); ``ValueError`` when it does not hold."""
    scalar = int.from_bytes(signature[32:], "little")
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little")
    left = multiply(scalar, point(BASE))
    right = add(point(signature[:32]), multiply(digest % ORDER, point(key)))
    equal = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    if len(signature) != 64 or scalar >= ORDER or not equal:
        raise ValueError("signature")


# --- The log is a Merkle tree, RFC 6962 section 2.1.
def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """The root that this audit path gives (section 2.1.1); a wrong length raises."""
    if (index, size, path) == (0, 1, []):
        return leaf
    middle = 1 << (size - 1).bit_length() - 1  # the largest power of two below; a leaf has none: ValueError
    if index < middle:
        return node(root_of(index, middle, leaf, path[:-1]), path[-1])
    return node(path[-1], root_of(index - middle, size - middle, leaf, path[:-1]))


def both_roots(old: int, new: int, path: list[bytes], known: bytes) -> tuple[bytes, bytes]:
    """The two roots that this consistency proof gives (section 2.1.2); ``known``: the old one, if asked."""
    if old == new:
        (root,) = [known, *path] if known else path
        return root, root
    middle = 1 << (new - 1).bit_length() - 1
    if old <= middle:
        first, second = both_roots(old, middle, path[:-1], known)
        return first, node(second, path[-1])
    first, second = both_roots(old - middle, new - middle, path[:-1], b"")
    return node(path[-1], first), node(path[-1], second)


def open_note(raw: bytes, name: str, key: bytes) -> list[str]:
    """The lines of a signed note (C2SP signed-note); ``ValueError`` when its signature does not hold."""
    match = NOTE.fullmatch(raw.decode())
    if match is None or match[2] != name:
        raise ValueError("not a note of this signer")
    signature = base64.b64decode(match[3], validate=True)
    if signature[:4] != hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]:
        raise ValueError("another key")
    verify_signature(key, match[1].encode(), signature[4:])
    return match[1].split("\n")[:-1]


def pack(files: dict[str, bytes]) -> bytes:
    """The one way these files are written as a ZIP: in order, not compressed, dated 1 January 1980."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Check:
    """One verification: what was checked, what was not, and the ``faults`` for which it is refused."""

    def __init__(self, raw: bytes, fingerprint: str = "") -> None:
        self.raw, self.wanted, self.fingerprint = raw, fingerprint.replace(":", "").lower(), ""
        self.title, self.key, self.root = "Dossier de preuve", b"", b""
        self.checked, self.unchecked, self.faults = list[str](), list[str](), list[str]()
        self.files, self.manifest = dict[str, bytes](), dict[str, Any]()
        self.said: list[tuple[str, str, dict[str, Any]]] = []
        self._try("Ce fichier n'est pas un dossier de preuve lisible.", self._contents)
        if self.files:
            self._try(f"La clé publique {KEY} manque ou est illisible.", self._key)
            self._try(f"Le manifeste {MANIFEST} manque ou est illisible.", self._manifest)
            self._try(f"Le manifeste a été modifié : la signature de {SEAL} ne tient pas.", self._seal)
            for step in (self._checkpoints, self._events, self._bytes, self._receipts, self._rules):
                self._try("Le dossier est incomplet : une vérification n'a pu se faire.", step)

    def _try(self, fault: str, step: Callable[..., object], *arguments: object) -> None:
        try:
            step(*arguments)
        except Exception:  # noqa: BLE001 - what cannot be read is a fault, never a crash
            self.faults.append(fault)

    def _contents(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.raw)) as archive:
            entries = archive.infolist()
            if any(e.compress_type for e in entries) or sum(e.file_size for e in entries) > len(self.raw):
                raise ValueError("compressed: never written by us, and might not fit in memory")
            for entry in entries:
                self.files[entry.filename] = b""
                broken = f"Le fichier {entry.filename} est abîmé : son contrôle CRC est faux."
                self._try(broken, lambda e: self.files.update({e.filename: archive.read(e)}), entry)
        if [entry.filename for entry in entries] != sorted(self.files):
            self.faults.append("Les fichiers du ZIP sont doublés ou ne sont plus dans leur ordre.")
        if not self.faults and pack(self.files) != self.raw:
            self.faults.append("Le conteneur ZIP a été retouché : il diffère de celui de l'export.")

    def _key(self) -> None:
        der = base64.b64decode("".join(self.files[KEY].decode("ascii").splitlines()[1:-1]))
        if der[: len(SPKI)] != SPKI:
            raise ValueError("not an Ed25519 key")
        self.key, self.fingerprint = der[len(SPKI) :], sha256(der)
        if self.wanted not in ("", self.fingerprint):
            self.faults.append("La clé publique n'est pas celle dont vous avez donné l'empreinte.")

    def _manifest(self) -> None:
        manifest = json.loads(self.files[MANIFEST])
        listed, there = manifest["files"], set(self.files) - {MANIFEST, SEAL}
        self.manifest, self.title = manifest, f"Dossier de preuve {manifest['case']}"
        self.faults += [f"Le fichier {name} manque." for name in sorted(set(listed) - there)]
        self.faults += [f"Le fichier {name} est en trop." for name in sorted(there - set(listed))]
        changed = [n for n in sorted(there & set(listed)) if sha256(self.files[n]) != listed[n]]
        self.faults += [f"Le fichier {n} a été modifié : ce n'est plus son empreinte." for n in changed]
        self.checked.append(f"l'empreinte de {len(listed)} fichiers, sans manque ni ajout ; liste signée")

    def _seal(self) -> None:
        signer, digest, date = open_note(self.files[SEAL], SEALER, self.key)
        if (signer, digest) != (SEALER, sha256(self.files[MANIFEST])):
            raise ValueError
        self.title += f", exporté le {date}"

    def _note(self, name: str) -> tuple[int, bytes]:
        origin, size, root, _at = open_note(self.files[name], self.manifest["origin"], self.key)
        if origin != self.manifest["origin"] or name != CHECKPOINT.format(int(size)):
            raise ValueError("another log, or another size")
        return int(size), base64.b64decode(root)

    def _checkpoints(self) -> None:
        last = CHECKPOINT.format(self.manifest["checkpoint"])
        broken = "Le point de contrôle {} a été modifié : sa signature ne tient pas."
        self._try(broken.format(last), lambda: setattr(self, "root", self._note(last)[1]))
        notes = [n for n in self.files if n.startswith(CHECKPOINT[:19]) and n.endswith(".note")]
        for name in sorted(set(notes) - {last}):
            self._try(broken.format(name), self._note, name)
            self._try(f"Rien ne prouve que le journal a prolongé {name}.", self._consistent, name)
        for name in (name for name in self.files if name.startswith("horodatages/")):
            note = self.files.get(CHECKPOINT.format(int(name[12:-4])), b"")
            if hashlib.sha256(note).digest() not in self.files[name]:
                self.faults.append(f"L'horodatage {name} ne porte pas sur son point de contrôle.")
        self.checked.append(f"la signature de {len(notes)} point(s) de contrôle, qui se prolongent")

    def _consistent(self, name: str) -> None:
        size, root = self._note(name)
        path = [bytes.fromhex(line) for line in self.files[name[:-5] + ".coherence"].decode().split()]
        if both_roots(size, self.manifest["checkpoint"], path, root) != (root, self.root):
            raise ValueError("another history")

    def _events(self) -> None:
        names = sorted(name for name in self.files if name.startswith("evenements/"))
        for name in names:
            self._try(f"L'événement {name} est illisible, ou sa preuve incomplète.", self._event, name)
        self.checked.append(f"la place de {len(names)} événements, et le contenu de {len(self.said)}")

    def _event(self, name: str) -> None:
        first, *lines = self.files[name].decode().split("\n")
        values = [line.split(" ", 3) for line in lines if line.startswith("valeur ")]
        proof = [bytes.fromhex(line[7:]) for line in lines if line.startswith("preuve ")]
        if lines.pop() != "" or len(values) + len(proof) != len(lines):
            raise ValueError("a line that is neither a value nor a proof")
        sealed: dict[str, Any] = {} if first.startswith("scelle ") else json.loads(first)
        if name != EVENT.format(sealed.get("n", number := int(name[11:-4]))):
            self.faults.append(f"L'événement {name} n'est pas à sa place dans le journal.")
        leaf = sha256(b"\x00" + first.encode()) if sealed else first[7:]
        if root_of(number, self.manifest["checkpoint"], bytes.fromhex(leaf), proof) != self.root:
            self.faults.append(f"La preuve de l'événement {name} ne mène pas au journal signé.")
        told = {field: json.loads(value) for _, field, _, value in values}
        for _, field, salt, value in values:
            owed = sealed["subject"] if field == "@" else sealed["hidden"][field]
            if len(salt) != 32 or sha256(bytes.fromhex(salt) + value.encode()) != owed:
                self.faults.append(f"Le contenu de l'événement {name} n'est pas celui qui a été scellé.")
        if "@" in told:
            self.said.append((sealed["kind"], told.pop("@"), {**sealed["fields"], **told}))

    def _bytes(self) -> None:
        """Each mail, letter, document and certificate is, byte for byte, what an event of the log names."""
        arrived = {subject[9:] for kind, subject, _ in self.said if kind in ("arrival", "rebuild")}
        written = {fields["bytes"] for kind, _, fields in self.said if kind == "letter-queued"}
        steps = [fields for kind, _, fields in self.said if kind == "step"]
        read, judged = {f.get("document") for f in steps}, {h for f in steps for h in f.get("evidence", ())}
        kept = {one["sha256"] for one in self.manifest["withheld"]}
        for folder, known, owed, what in (
            ("messages/", arrived, arrived - kept, "celui que le journal a enregistré à l'arrivée"),
            ("lettres/", written, written - kept, "celui que le journal a enregistré au départ"),
            ("documents/", read, set(), "un de ceux que le journal dit avoir lus"),
            ("signatures/", judged, set(), "un de ceux sur lesquels le journal dit avoir jugé"),
        ):
            given = {n: sha256(data) for n, data in self.files.items() if n.startswith(folder)}
            for name, digest in sorted(given.items()):
                if digest not in known or not name.startswith(folder + digest):
                    self.faults.append(f"Le fichier {name} n'est pas {what}.")
            for digest in sorted(owed - set(given.values())):
                self.faults.append(f"Le fichier {folder}{digest}.eml manque : un événement l'annonce.")
            self.checked.append(f"{folder[:-1]} : {len(given)} fichier(s), identiques à ceux du journal")
        self.unchecked += [f"{len(kept)} pièce(s) retenues, avec leur seule empreinte"] if kept else []

    def _receipts(self) -> None:
        came = [(f["delivery"], f["action"]) for kind, _, f in self.said if kind == "receipt"]
        letters = json.loads(self.files.get("retours.json", b"[]"))
        for one in (one for letter in letters for one in letter["receipts"]):
            if (one["message"], one["action"]) not in came:
                self.faults.append("La liste retours.json annonce un retour que le journal ne connaît pas.")

    def _rules(self) -> None:
        """Each rule set is named by its hash, and each decision names the one it was taken under."""
        sets: dict[str, bytes] = {}
        for name in sorted(name for name in self.files if name.startswith("regles/")):
            _, folder, path = name.split("/", 2)
            line = path.encode() + b"\0" + bytes.fromhex(sha256(self.files[name]))
            sets[folder] = sets.get(folder, b"") + line
        for folder in (folder for folder, lines in sets.items() if sha256(lines) != folder):
            self.faults.append(f"Le jeu de règles {folder} n'est pas celui que nomme son empreinte.")
        quoted = [fields["rules"] for kind, _, fields in self.said if kind == "decision"]
        total, lost = len(quoted), sum(rules not in sets for rules in quoted)
        self.checked.append(f"que {total - lost} décision(s) sur {total} citent un jeu de règles joint")
        self.unchecked += [f"{lost} décision(s) dont le jeu de règles n'est pas joint"] if lost else []

    def text(self) -> str:
        """The answer, in French."""
        owner = f"à qui est la clé : comparez {self.fingerprint} à l'empreinte publiée"
        limits = [*self.unchecked, LIMITS] if self.wanted else [*self.unchecked, owner, LIMITS]
        lines, done = [self.title], [] if self.faults else self.checked
        for title, found in (("Vérifié", done), ("Non vérifié", limits), ("Refusé", self.faults)):
            lines += ["", f"{title} :", *(f"  - {line}" for line in found)] if found else []
        verdict = f"REFUSÉ, {len(self.faults)} raison(s)." if self.faults else "conforme."
        text = "\n".join([*lines, "", f"VERDICT : dossier {verdict}", ""])
        return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def main(arguments: list[str]) -> int:
    try:
        check = Check(Path(arguments[0]).read_bytes(), *arguments[1:2])
    except (IndexError, OSError):
        return bool(sys.stderr.write(f"Donnez un fichier qui se lit ; rien n'a été vérifié.\n\n{__doc__}"))
    sys.stdout.write(check.text())
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
