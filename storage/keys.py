"""Keys at rest: one folder readable by its owner alone.

```
encryption/<id>.key   32 random bytes, in hexadecimal: encrypts the data key of each blob
encryption/active     the id of the key that new blobs use
checkpoint.pem        Ed25519 key that signs the checkpoints of the log
identities/<mailbox>/*.pem, *.retired.pem   S/MIME certificates and private keys of a mailbox
```
A replaced key stays in the folder: what it encrypted must remain readable from old backups.
"""

from __future__ import annotations

import secrets
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import KeyRefused, UnknownKey
from storage.files import locked, make_folder, sync_folder, write_durably

KEY_BYTES = 32
ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """One PEM file (certificate and private key). Retired: still decrypts, no longer signs."""

    name: str
    pem: bytes
    retired: bool


class KeyRing:
    """The keys of one installation, created at first use.

    Several processes may share the folder: a rotation made by one is seen by the others at their next
    write. Raises ``KeyRefused`` for a file that is missing, malformed or open to other accounts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._encryption = folder / "encryption"
        self._active_file = self._encryption / "active"
        self._identities = folder / "identities"
        self._guard = threading.Lock()
        self._ciphers: dict[str, AESGCM] = {}
        self._active: tuple[tuple[int, int], str] | None = None
        try:
            self._prepare()
        except OSError as error:
            raise KeyRefused(
                "Le dossier des clés ne peut être lu ou créé ; rien n'a été modifié, vérifiez ses droits."
            ) from error
        self._signer = _load_signer(folder / "checkpoint.pem")

    def _prepare(self) -> None:
        for folder in (self.folder, self._encryption, self._identities):
            make_folder(folder)
            sync_folder(folder.parent)  # another process may have made it an instant ago
        with locked(self.folder / ".lock"):
            if not self._active_file.exists():
                self._create()
            if not (self.folder / "checkpoint.pem").exists():
                pem = Ed25519PrivateKey.generate().private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                write_durably(self.folder / "checkpoint.pem", pem)

    def _create(self) -> str:
        """A new active key: the key is durable before anything names it."""
        key_id = secrets.token_hex(ID_BYTES)
        write_durably(self._encryption / f"{key_id}.key", secrets.token_hex(KEY_BYTES).encode())
        write_durably(self._active_file, key_id.encode())
        return key_id

    @property
    def active_id(self) -> str:
        """Id (16 hexadecimal digits) of the key that encrypts new blobs."""
        try:
            seen = self._active_file.stat()
            version = (seen.st_mtime_ns, seen.st_ino)
            if self._active is None or self._active[0] != version:
                self._active = (version, self._active_file.read_text("ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRefused(
                "La clé de chiffrement en service est illisible ; rien n'a été écrit, "
                "rétablissez le dossier des clés."
            ) from error
        return self._active[1]

    def cipher(self, key_id: str) -> AESGCM:
        """The cipher of a key. Raises ``UnknownKey`` when the ring does not hold it."""
        with self._guard:
            if key_id not in self._ciphers:
                self._ciphers[key_id] = AESGCM(self._load(key_id))
            return self._ciphers[key_id]

    def _load(self, key_id: str) -> bytes:
        path = self._encryption / f"{key_id}.key"
        if not path.exists():
            raise UnknownKey(
                f"La clé de chiffrement {key_id} est absente du trousseau ; le contenu est conservé "
                "chiffré, rétablissez cette clé depuis sa sauvegarde."
            )
        try:
            key = bytes.fromhex(_read_private(path).decode("ascii"))
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyRefused(
                f"Le fichier de la clé {key_id} est abîmé ; rétablissez-le depuis sa sauvegarde."
            )
        return key

    def ids(self) -> tuple[str, ...]:
        """Every key of the ring, the replaced ones included."""
        return tuple(sorted(path.stem for path in self._encryption.glob("*.key")))

    def rotate(self) -> str:
        """Put a new key into service and return its id; ``Vault.rewrap`` then moves the old blobs to it."""
        with locked(self.folder / ".lock"):
            return self._create()

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature (64 bytes) by the checkpoint key."""
        return self._signer.sign(message)

    @property
    def public_key(self) -> bytes:
        """The checkpoint key's public half, 32 raw bytes."""
        return self._signer.public_key().public_bytes_raw()

    @property
    def public_pem(self) -> bytes:
        return self._signer.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def identities(self, mailbox: str) -> list[StoredIdentity]:
        """The S/MIME identities of a mailbox: those in service first, then the retired ones."""
        folder = self._identity_folder(mailbox)
        found = [
            StoredIdentity(path.name, _read_private(path), path.name.endswith(".retired.pem"))
            for path in sorted(folder.glob("*.pem"))
        ]
        return sorted(found, key=lambda identity: identity.retired)

    def mailboxes(self) -> tuple[str, ...]:
        """Mailboxes that have an identity."""
        return tuple(sorted(path.name for path in self._identities.iterdir() if path.is_dir()))

    def add_identity(self, mailbox: str, name: str, pem: bytes, *, retired: bool = False) -> Path:
        """Keep a certificate with its private key (PEM) under ``name``; replaces one of the same name."""
        folder = self._identity_folder(mailbox)
        suffix = ".retired.pem" if retired else ".pem"
        make_folder(folder)
        path = folder / f"{_safe(name)}{suffix}"
        write_durably(path, pem)
        return path

    def _identity_folder(self, mailbox: str) -> Path:
        return self._identities / _safe(mailbox.lower())


def _safe(name: str) -> str:
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise KeyRefused("Ce nom de boîte ou de clé n'est pas permis ; rien n'a été écrit.")
    return name


def _read_private(path: Path) -> bytes:
    """Read a secret, refusing one that other accounts of the machine may read."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyRefused(
                f"Le fichier de clé {path.name} est ouvert à d'autres comptes de la machine ; "
                "il n'a pas été lu, limitez ses droits à 600."
            )
        return path.read_bytes()
    except OSError as error:
        raise KeyRefused(
            f"Le fichier de clé {path.name} ne peut pas être lu ; vérifiez sa présence et ses droits."
        ) from error


def _load_signer(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(_read_private(path), None)
    except (ValueError, TypeError) as error:
        raise KeyRefused(
            "La clé qui signe les points de contrôle est abîmée ; rétablissez-la depuis sa sauvegarde."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(
            "La clé qui signe les points de contrôle n'est pas une clé Ed25519 ; remplacez-la."
        )
    return key
