"""What each kind of event is called, and the words of what it says; pages and evidence files share them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.evidence.record import Kind

NAMES: Mapping[str, str] = {
    Kind.ARRIVAL: "Message reçu",
    Kind.DUPLICATE: "Même message reçu une nouvelle fois",
    Kind.REFUSED: "Message refusé à l’entrée",
    Kind.STEP: "Étape franchie",
    Kind.SET_ASIDE: "Message mis de côté",
    Kind.RELEASED: "Message relancé",
    Kind.DECISION: "Orientation décidée",
    Kind.CASE_OPENED: "Dossier ouvert",
    Kind.CASE_JOINED: "Document rattaché au dossier",
    Kind.CASE_CLOSED: "Dossier clos",
    Kind.CASE_REOPENED: "Dossier rouvert",
    Kind.CASE_CORRECTED: "Dossier corrigé selon une personne",
    Kind.CASE_LEFT: "Documents détachés du dossier",
    Kind.CANDIDATE_CHOSEN: "Dossier choisi par une personne",
    Kind.PERIOD_ADDED: "Période ajoutée",
    Kind.PERIOD_CORRECTED: "Période corrigée par une personne",
    Kind.PERIOD_STRUCK: "Période écartée",
    Kind.PERIOD_RESTORED: "Période rétablie",
    Kind.ITEM_FILED: "Classé dans une file",
    Kind.ITEM_TAKEN: "Pris en charge",
    Kind.ITEM_ASSIGNED: "Attribué",
    Kind.ITEM_DONE: "Terminé",
    Kind.LETTER_QUEUED: "Lettre préparée",
    Kind.LETTER_SENT: "Lettre envoyée",
    Kind.LETTER_FAILED: "Envoi d’une lettre refusé",
    Kind.RECEIPT: "Retour reçu sur une lettre",
    Kind.DEADLINE_SET: "Échéance posée",
    Kind.DEADLINE_ENDED: "Échéance levée",
    Kind.REMINDER: "Rappel",
    Kind.ACCESS: "Document médical ouvert",
    Kind.CORRECTION: "Lecture corrigée",
    Kind.EXPORT: "Dossier de preuve exporté",
    Kind.ERASURE: "Données effacées en fin de conservation",
    Kind.LOGIN: "Connexion",
    Kind.KEY: "Clés",
    Kind.CONFIG: "Configuration",
    Kind.REBUILD: "Reconstruction depuis le coffre",
    Kind.LETTER_RETRIED: "Envoi d’une lettre repris",
    Kind.LETTER_ESCALATED: "Envoi d’une lettre remonté à une personne",
    Kind.ADDRESS: "Adresse d’un correspondant",
    Kind.CERTIFICATE: "Certificat d’un correspondant",
    Kind.LEDGER: "Registre d’une boîte",
    Kind.STAMP: "Horodatage du journal par un tiers",
    Kind.PERSON: "Compte",
    Kind.TOKEN: "Jeton d’accès",
    Kind.LOCKED: "Connexions bloquées un moment",
    Kind.CONTESTATION: "Contestation",
    Kind.HOLD: "Gel de conservation",
    Kind.DEADLINE_MOVED: "Échéance recalculée",
    Kind.DEADLINE_ESCALATED: "Échéance dépassée, remise à une file",
    Kind.CASE_EVENT: "Événement inscrit",
    Kind.PROPOSAL: "Acceptation tacite",
    Kind.REGISTRATION: "Immatriculation",
    Kind.REVIEW: "Lecture",
    Kind.FORWARDED: "Compte rendu transmis au service médical de la CNAS",
    Kind.ITEM_CHANGED: "Travail modifié",
    Kind.DOCUMENT_SORTED: "Type d’un document donné par une personne",
    Kind.COMMENT: "Note interne",
}
"""The short name of each kind."""

COLUMNS: Mapping[str, str] = {
    "form_reference": "numéro de l’attestation",
    "cnas_number": "numéro CNAS",
    "patient_name": "nom",
    "patient_first_names": "prénoms",
    "patient_birth_date": "date de naissance",
    "establishment_finess": "FINESS de l’établissement",
    "establishment_name": "nom de l’établissement",
}
"""What a case says of its beneficiary and establishment, as people call it."""

PROPOSED: Mapping[str, str] = {
    "proposed": "proposée à une personne",
    "accepted": "confirmée",
    "rejected": "rejetée",
    "superseded": "remplacée par une réponse ou une nouvelle date",
}
"""What became of a tacit acceptance."""

STEPS: Mapping[str, str] = {
    "unseal": "Message ouvert : couches de chiffrement et de signature",
    "judge": "Signature jugée, avec ses certificats et preuves de révocation",
    "unpack": "Message déballé",
    "read": "Document lu et classé",
    "match": "Règles appliquées",
    "file": "Message classé",
    "acknowledge": "Accusé de réception traité",
    "compute": "Échéances calculées",
}
"""What each step of a mail did."""
