"""What the security of a mail means, in plain words: never a green lock without a reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DECRYPTION: Mapping[str, tuple[str, str]] = {
    "ok": ("good", "Le message était chiffré pour la boîte ; il a été ouvert."),
    "no-key": (
        "bad",
        "Le message est chiffré, mais aucune de nos clés ne l’ouvre : il est conservé tel quel.",
    ),
    "corrupt": ("bad", "Le message est chiffré, mais son contenu est abîmé : il est conservé tel quel."),
    "absent": ("plain", "Le message n’était pas chiffré de bout en bout."),
}

_SIGNATURE: Mapping[str, tuple[str, str]] = {
    "valid": ("good", "Signature valable : l’expéditeur est bien le titulaire du certificat."),
    "invalid": ("bad", "Signature fausse : le contenu a changé depuis qu’il a été signé."),
    "untrusted": ("bad", "Signature d’une autorité que nous ne reconnaissons pas."),
    "expired": ("bad", "Signature faite avec un certificat hors de ses dates de validité."),
    "revoked": ("bad", "Signature faite avec un certificat révoqué."),
    "mismatch": ("bad", "Le certificat du signataire n’est pas celui de l’expéditeur affiché."),
    "weak": ("bad", "Signature faite avec un procédé trop faible pour prouver quoi que ce soit."),
    "absent": ("plain", "Le message n’est pas signé : rien ne prouve son expéditeur."),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``tone``: ``good``, ``plain`` or ``bad``. ``title`` in a few words, ``sentences`` in full."""

    tone: str
    title: str
    sentences: tuple[str, ...]
    signer: str | None
    reasons: tuple[str, ...]
    nested: tuple[str, ...] = ()
    """One sentence for each secure mail found inside this one; their names may be medical and stay out."""


def verdict(security: Mapping[str, Any] | None) -> Verdict:
    """The verdict kept with the delivery (``decryption``, ``signature``, ``signer``, ``reasons``)."""
    if security is None:
        return Verdict("plain", "Pas encore examiné", ("Le message n’a pas encore été ouvert.",), None, ())
    opened = _DECRYPTION.get(str(security.get("decryption")), _DECRYPTION["absent"])
    signed = _SIGNATURE.get(str(security.get("signature")), _SIGNATURE["absent"])
    tones = {opened[0], signed[0]}
    tone = "bad" if "bad" in tones else "good" if signed[0] == "good" else "plain"
    reasons = tuple(str(reason) for reason in security.get("reasons") or ())
    signer = security.get("signer")
    title = _title(tone, opened[0])
    return Verdict(
        tone,
        title,
        (signed[1], opened[1]),
        str(signer) if signer else None,
        reasons,
        tuple(_nested(number, layer) for number, layer in enumerate(security.get("nested") or (), 1)),
    )


def _nested(number: int, layer: Mapping[str, Any]) -> str:
    """The verdict of a secure mail that came inside: it says nothing of the mail around it."""
    opened = _DECRYPTION.get(str(layer.get("decryption")), _DECRYPTION["absent"])[1]
    signed = _SIGNATURE.get(str(layer.get("signature")), _SIGNATURE["absent"])[1]
    signer = f" Signataire : {layer['signer']}." if layer.get("signer") else ""
    return f"Message sécurisé joint n° {number}. {signed}{signer} {opened}"


def _title(tone: str, opened: str) -> str:
    if opened == "bad":
        return "Contenu illisible pour nous"
    if tone == "bad":
        return "Signature à ne pas croire"
    if tone == "good":
        return "Signé et chiffré" if opened == "good" else "Signé, non chiffré"
    return "Chiffré, non signé" if opened == "good" else "Ni signé ni chiffré"
