"""Fictitious persons, hospitals and amounts from a seeded generator. Nobody here exists."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

_NAMES = (
    "BENALI", "AÏT KACI", "HADDAD", "BOUDIAF", "MEZIANE", "CHERIF", "OULD AMAR", "ZERROUKI", "SAÏDI",
    "BEN YAHIA", "LOUNÈS", "TALEB", "FERHAT", "GUENDOUZ", "KHELIFI", "BRAHIMI", "MANSOURI", "HAMIDOU",
    "BELKACEM", "DJEBBAR", "RAHMOUNI", "TOUATI", "YAHIAOUI", "SLIMANI", "BOUZID",
)  # fmt: skip
_FIRST = {
    "M": ("Karim", "Mohamed Amine", "Yacine", "Rachid", "Éloïc", "Hocine", "Abdelkader", "Samir", "Noël"),
    "F": ("Nadia", "Fatima Zohra", "Éloïse", "Leïla", "Yasmina", "Inès", "Kheïra", "Amel", "Danièle"),
}
_TOWNS = ("Alger", "Oran", "Constantine", "Annaba", "Tizi Ouzou", "Béjaïa", "Sétif", "Tlemcen", "Blida")
_STREETS = (
    "rue des Frères Bouadou",
    "boulevard Zighoud Youcef",
    "cité 5 Juillet, bâtiment C",
    "rue Didouche",
)
_CARE = (
    "Chirurgie cardiaque", "Radiothérapie externe", "Greffe de cornée", "Oncologie pédiatrique",
    "Chirurgie orthopédique du rachis", "Hématologie, bilan et traitement",
)  # fmt: skip
_HOSPITALS = (
    ("Hôpital de la Timone", "130783293"), ("CHU de Lille", "590796975"),
    ("Institut Gustave Roussy", "940000664"),
    ("Hospices civils de Lyon", "690781810"), ("CHU de Montpellier", "340780477"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    first_names: str
    sex: str
    birth: date


def person(rng: random.Random, sex: str | None = None) -> Person:
    sex = sex or rng.choice("MF")
    return Person(
        rng.choice(_NAMES),
        rng.choice(_FIRST[sex]),
        sex,
        date(1935, 1, 1) + timedelta(days=rng.randrange(30_000)),
    )


def address(rng: random.Random) -> str:
    return f"{rng.randrange(1, 120)}, {rng.choice(_STREETS)}, {town(rng)}"


def town(rng: random.Random) -> str:
    return rng.choice(_TOWNS)


def care(rng: random.Random) -> str:
    return rng.choice(_CARE)


def hospital(rng: random.Random) -> tuple[str, str]:
    """Name and FINESS; the key digit is made right (Luhn), whatever the list says."""
    name, finess = rng.choice(_HOSPITALS)
    return name, with_key(finess[:8])


def with_key(eight: str) -> str:
    """Eight FINESS digits followed by their Luhn key."""
    total = 0
    for place, char in enumerate(reversed(eight)):
        digit = int(char) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return eight + str(-total % 10)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def nir(rng: random.Random, caisse: str = "561") -> str:
    """A provisional NIR: 5 or 6, the caisse, an order number, then the key."""
    body = rng.choice("56") + caisse + digits(rng, 9)
    return body + f"{97 - int(body) % 97:02d}"
