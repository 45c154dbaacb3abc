"""Every setting, read once from one TOML file and handed down; nobody else reads a file or a variable.

``config/gateway.toml`` shows each setting with its default and what it means; a test keeps the two in
step. The file is named by ``--config``, else by the environment variable ``PASSERELLE_CONFIG``, else
it is ``config/gateway.toml`` under the current folder. Relative paths start at the folder that holds
``config``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import ConfigError, Fault
from parsers.limits import DEFAULT, MIB

ENVIRONMENT = "PASSERELLE_CONFIG"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Storage(_Section):
    database: str = "sqlite:///var/passerelle.sqlite"
    vault: Path = Path("var/vault")
    keys: Path = Path("var/keys")
    checkpoints: Path = Path("var/checkpoints")


class Trust(_Section):
    """Folders of PEM or DER files: whom we believe when a signature is judged."""

    anchors: Path = Path("var/trust/anchors")
    intermediates: Path = Path("var/trust/intermediates")
    crls: Path = Path("var/trust/crls")
    ocsp: Path = Path("var/trust/ocsp")


class Revocation(_Section):
    """Where the proofs come from that a certificate was not revoked."""

    policy: Literal["supplied", "fetch"] = "supplied"
    hosts: tuple[str, ...] = ()
    private_addresses: bool = False
    seconds: float = Field(default=5.0, gt=0, le=60)
    mail_seconds: float = Field(default=20.0, gt=0, le=300)
    max_bytes: int = Field(default=20 * MIB, gt=0)
    retry_seconds: int = Field(default=300, ge=0)


class Smtp(_Section):
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 10025
    protocol: Literal["smtp", "lmtp"] = "smtp"
    hostname: str = "passerelle.localhost"
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    require_starttls: bool = False
    max_bytes: int = 40 * MIB
    idle_seconds: int = 300
    data_seconds: int = 600
    max_sessions: int = 100


class Imap(_Section):
    name: str
    host: str
    port: int = 993
    tls: bool = True
    username: str
    auth: Literal["password", "xoauth2"] = "password"
    secret_file: Path
    mailbox: str
    folder: str = "INBOX"
    processed_folder: str = "Passerelle/Traités"
    scan_seconds: int = 60


class Destination(_Section):
    """What one destination asks, or bears: a domain as letters are addressed."""

    domain: str
    tls: Literal["required", "settings"] = "settings"
    per_minute: int | None = None
    at_once: int | None = None


class Outgoing(_Section):
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 10026
    starttls: Literal["never", "opportunistic", "required"] = "opportunistic"
    username: str | None = None
    secret_file: Path | None = None
    first_retry_seconds: int = 60
    ceiling_seconds: int = 4 * 3600
    give_up_after_hours: int = 72
    reply_seconds: float = Field(default=60.0, gt=0, le=600)
    final_seconds: float = Field(default=600.0, gt=0, le=3600)
    attempt_seconds: float = Field(default=1200.0, gt=0, le=7200)
    unanswered_seconds: float = Field(default=300.0, ge=0, le=86400)
    lanes: int = Field(default=2, ge=1, le=16)
    notify: tuple[Literal["success", "failure", "delay"], ...] = ("success", "failure", "delay")
    report_content: Literal["headers", "full"] = "headers"
    per_correspondent_per_day: int = 20
    per_domain_per_minute: int = Field(default=0, ge=0)
    per_domain_at_once: int = Field(default=0, ge=0)
    encryption: Literal["aes256-cbc", "aes256-gcm"] = "aes256-cbc"
    key_transport: Literal["oaep", "pkcs1v15"] = "oaep"


class Web(_Section):
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8352
    session_hours: int = Field(default=10, ge=1, le=24)
    idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    secure_cookies: bool = True
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    totp: Literal["optional", "required"] = "required"
    totp_roles: tuple[str, ...] = ("admin", "supervisor", "cnse-medical")
    link_hours: int = Field(default=24, ge=1, le=14 * 24)
    token_days: int = Field(default=365, ge=1, le=3 * 366)
    lease_minutes: int = Field(default=240, ge=5, le=24 * 60)
    streams: int = Field(default=400, ge=1, le=10_000)
    streams_per_person: int = Field(default=6, ge=1, le=50)
    api_per_minute: int = Field(default=600, ge=10, le=100_000)


class Ldap(_Section):
    """A directory of certificates of correspondents (RFC 4523), asked over TLS."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=636, ge=1, le=65535)
    tls: Literal["ldaps", "starttls", "never"] = "ldaps"
    ca_file: Path | None = None
    bind_dn: str | None = None
    secret_file: Path | None = None
    base: str = ""
    filter: str = Field(default="(mail={address})", pattern=r"^\(.*\{address\}.*\)$")
    timeout_seconds: int = Field(default=5, ge=1, le=30)
    remember_seconds: int = Field(default=3600, ge=0)
    retry_seconds: int = Field(default=300, ge=0)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.tls == "never" and self.secret_file is not None:
            raise ValueError("un mot de passe ne part jamais en clair : tls = ldaps ou starttls")
        return self


class Oidc(_Section):
    """Single sign-on by an OpenID Connect provider (ProConnect, a hospital's own): who, never what."""

    enabled: bool = False
    title: str = "ProConnect"
    issuer: str | None = None
    client_id: str | None = None
    client_secret_file: Path | None = None
    scope: str = "openid email"
    claim: str = "email"
    match: Literal["email", "login"] = "email"
    trust_email: bool = False
    acr_values: str | None = None
    strong_acr: tuple[str, ...] = ()
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=10, ge=1, le=60)


class Evidence(_Section):
    """Who keeps our checkpoints beside us, who dates them, who is told when the ledger does not add up."""

    witness: str | None = None
    alerts: str | None = None
    sender: str | None = None
    stamp_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    stamp_ca: Path | None = None
    stamp_seconds: int = Field(default=10, ge=1, le=60)


class Engine(_Section):
    database: str | None = None
    """System database of the job engine; ``None``: beside the main one."""
    executor: str = "passerelle-1"
    workers: int = Field(default=2, ge=1, le=64)
    heartbeat_seconds: int = 5
    takeover_seconds: int = 30


class ParsingLimits(_Section):
    message_bytes: int = DEFAULT.message_bytes
    pages: int = DEFAULT.pages
    cpu_seconds: int = DEFAULT.cpu_seconds
    wall_seconds: int = DEFAULT.wall_seconds
    memory_bytes: int = DEFAULT.memory_bytes


class Ocr(_Section):
    engine: Literal["rapidocr", "tesseract", "off"] = "rapidocr"
    workers: int = 1


class Settings(_Section):
    root: Path = Path()
    """Folder that relative paths start from; set by ``load``, not written in the file."""
    config: Path = Path("config")
    """Folder of ``circuits``, ``directory`` and ``calendars``; set by ``load``."""
    circuits: tuple[str, ...] = ("soins-programmes-algerie",)
    extra_circuits: tuple[Path, ...] = ()
    storage: Storage = Storage()
    trust: Trust = Trust()
    revocation: Revocation = Revocation()
    smtp: Smtp = Smtp()
    imap: tuple[Imap, ...] = ()
    outgoing: Outgoing = Outgoing()
    destinations: tuple[Destination, ...] = ()
    web: Web = Web()
    ldap: Ldap = Ldap()
    oidc: Oidc = Oidc()
    evidence: Evidence = Evidence()
    engine: Engine = Engine()
    limits: ParsingLimits = ParsingLimits()
    ocr: Ocr = Ocr()

    def path(self, path: Path) -> Path:
        """A configured path, made absolute from ``root``."""
        return path if path.is_absolute() else self.root / path

    @property
    def database_url(self) -> str:
        """The main database; a relative SQLite file starts at ``root``."""
        return self._url(self.storage.database)

    @property
    def engine_url(self) -> str:
        """The job engine's own database: beside SQLite's file, inside PostgreSQL's database."""
        if self.engine.database:
            return self._url(self.engine.database)
        url = self.database_url
        return url.removesuffix(".sqlite") + "-jobs.sqlite" if url.startswith("sqlite") else url

    def _url(self, url: str) -> str:
        prefix = "sqlite:///"
        if not url.startswith(prefix):
            return url
        return prefix + str(self.path(Path(url.removeprefix(prefix))).resolve())


def load(path: Path | None = None) -> Settings:
    """Read the settings file. Raises ``ConfigError`` with every fault at once."""
    chosen = path or Path(os.environ.get(ENVIRONMENT, "config/gateway.toml"))
    try:
        data = tomllib.loads(chosen.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError((Fault(str(chosen), 0, "le fichier de réglages n'existe pas"),)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError((Fault(str(chosen), 0, f"TOML illisible : {error}"),)) from None
    config = chosen.resolve().parent
    try:
        return Settings.model_validate({"root": config.parent, "config": config, **data})
    except ValidationError as error:
        faults = tuple(
            Fault(str(chosen), 0, f"{'.'.join(map(str, e['loc']))} : {e['msg']}") for e in error.errors()
        )
        raise ConfigError(faults) from None
