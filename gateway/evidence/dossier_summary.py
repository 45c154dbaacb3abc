"""The summary of an evidence file: who, what, when, by which rule, as sections that any form can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.circuits.model import Circuit
from gateway.evidence import dossier_seals
from gateway.evidence.dossier_gather import Gathered, documents_of
from gateway.evidence.dossier_words import NOTHING, PARTS, answer, day, moment, state, tell, who
from gateway.evidence.section import Section, Summary
from storage.deliveries import Delivery
from storage.documents import Document

_REPORT_FIRST = "Ce résumé est dérivé du journal et de la base : seules les pièces jointes font foi."


def summarise(found: Gathered, circuit: Circuit | None, fingerprint: str, *, medical: bool) -> Summary:
    """Tell one case. ``fingerprint``: SHA-256 of the log's public key in DER."""
    case = found.holding.case
    with_medical = "avec les pièces médicales" if medical else "sans les pièces médicales"
    sections = (
        _case(found, circuit, fingerprint),
        _periods(found),
        _mails(found),
        dossier_seals.signatures(found),
        dossier_seals.evidence(found),
        _documents(found, circuit),
        _letters(found),
        _receipts(found),
        _deadlines(found),
        _decisions(found),
        dossier_seals.stamps(found),
        _chronicle(found, circuit),
    )
    intro = f"Exporté {with_medical}. {_REPORT_FIRST} Comment vérifier : LISEZMOI.txt."
    return Summary(f"Dossier de preuve {case.reference}", intro, tuple(s for s in sections if s.rows))


def _case(found: Gathered, circuit: Circuit | None, fingerprint: str) -> Section:
    case, last = found.holding.case, found.last
    names = " ".join(filter(None, (case.patient_name, case.patient_first_names)))
    rows = (
        ("Référence", case.reference),
        ("Circuit", circuit.title if circuit else case.circuit),
        ("Source des règles", circuit.source if circuit else NOTHING),
        ("État", state(case.state.value)),
        ("Ouvert le", moment(case.opened_at)),
        ("Attestation", case.form_reference or NOTHING),
        ("Bénéficiaire", names or NOTHING),
        ("Né(e) le", day(case.patient_birth_date)),
        ("N° CNAS", case.cnas_number or NOTHING),
        ("Établissement", f"{case.establishment_name or NOTHING} ({case.establishment_finess or NOTHING})"),
        ("Caisse", case.caisse or NOTHING),
        ("Journal scellé le", f"{moment(last.at)}, {last.size} entrées"),
        ("Racine du journal", last.root.hex()),
        ("Empreinte de la clé", fingerprint),
    )
    return Section("Le dossier", "", (), rows)


def _periods(found: Gathered) -> Section:
    rows = tuple(
        (state(p.origin.value), answer(p), day(p.starts), day(p.ends), p.amount or NOTHING)
        for p in found.holding.periods
    )
    headers = ("Origine", "Réponse", "Du", "Au", "Montant")
    note = "Les dates sont celles des formulaires."
    if any(not p.stands for p in found.holding.periods):
        note += " Une période écartée ne couvre plus : formulaire rejeté, d'un autre type, ou en double."
    return Section("Périodes de soins", note, headers, rows)


def _mails(found: Gathered) -> Section:
    rows = tuple(_mail(found, mail) for mail in found.holding.deliveries)
    headers = ("Reçu le", "Expéditeur", "Boîte", "Objet", "Signature", "Fichier")
    return Section(
        "Messages reçus", "Le nom de chaque fichier est le SHA-256 de ses octets.", headers, rows
    )


def _mail(found: Gathered, mail: Delivery) -> tuple[str, ...]:
    kept = found.mails[mail.sha256]
    return (
        moment(mail.received_at),
        mail.sender or mail.envelope_from or NOTHING,
        mail.mailbox,
        # the subject of a withheld mail may tell what its documents tell
        (mail.subject or NOTHING) if kept is None else NOTHING,
        state((mail.security or {}).get("signature")),
        f"messages/{mail.sha256}.eml" if kept is None else f"retenu ({kept}) : {mail.sha256}",
    )


def _documents(found: Gathered, circuit: Circuit | None) -> Section:
    received = {mail.sha256: mail.received_at for mail in found.holding.deliveries}
    rows = tuple(
        (
            title_of(circuit, document.kind),
            moment(received.get(document.delivery)),
            "médical" if document.sha256 in found.holding.medical else state(document.confidentiality),
            str(document.pages or NOTHING),
            "au dossier" if document.id in found.holding.filed else "dans le même message",
            _where(found, document),
        )
        for document in documents_of(found.holding, list(received))
    )
    headers = ("Type", "Reçu le", "Classe", "Pages", "Place", "Fichier")
    return Section("Pièces", "", headers, rows)


def _where(found: Gathered, document: Document) -> str:
    kept = found.documents[document.sha256]
    return found.file_of(document.sha256) if kept is None else f"retenue ({kept}) : {document.sha256}"


def title_of(circuit: Circuit | None, kind: str | None) -> str:
    """How people call a kind of document."""
    name = kind or "other"
    return PARTS.get(name) or (circuit.title_of(name) if circuit else name)


def _letters(found: Gathered) -> Section:
    rows = tuple(
        (
            letter.letter,
            letter.recipient,
            moment(letter.created_at),
            moment(letter.sent_at),
            state(letter.state.value),
            _letter(found, letter.raw_sha256),
        )
        for letter in found.holding.letters
    )
    headers = ("Lettre", "Destinataire", "Écrite le", "Partie le", "État", "Fichier")
    return Section("Lettres", "Octet pour octet comme elles partent.", headers, rows)


def _letter(found: Gathered, sha256: str) -> str:
    kept = found.letters[sha256]
    return f"lettres/{sha256}.eml" if kept is None else f"retenue ({kept}) : {sha256}"


def _receipts(found: Gathered) -> Section:
    names = {letter.id: letter for letter in found.holding.letters}
    rows = tuple(
        (
            names[receipt.outbox_id].letter,
            names[receipt.outbox_id].recipient,
            moment(receipt.at),
            state(receipt.action),
            receipt.status or NOTHING,
            receipt.delivery,
        )
        for receipt in found.holding.receipts
    )
    headers = ("Lettre", "Destinataire", "Reçu le", "Retour", "Code", "Message du retour")
    return Section("Retours sur les lettres", "", headers, rows)


def _deadlines(found: Gathered) -> Section:
    rows = tuple(
        (
            deadline.title or deadline.kind,
            day(deadline.due),
            deadline.basis,
            state(deadline.status),
            state(deadline.state.value),
            moment(deadline.ended_at),
        )
        for deadline in found.holding.deadlines
    )
    headers = ("Échéance", "Date", "Fondement", "Statut de la règle", "État", "Terminée le")
    return Section("Échéances", "Le statut dit si le délai est confirmé.", headers, rows)


def _decisions(found: Gathered) -> Section:
    rows = tuple(
        (moment(mail.received_at), reason)
        for mail in found.holding.deliveries
        if found.mails[mail.sha256] is None
        for reason in _reasons(mail.decision or {})
    )
    return Section("Motifs des orientations", "", ("Message reçu le", "Motif"), rows)


def _reasons(decision: dict[str, Any]) -> Sequence[str]:
    routes = [reason for route in decision.get("routes", []) for reason in route.get("reasons", [])]
    return list(dict.fromkeys([*routes, *decision.get("reasons", [])]))


def _chronicle(found: Gathered, circuit: Circuit | None) -> Section:
    names = _names(found, circuit)
    rows = tuple(
        (
            str(event.position),
            moment(event.at),
            tell(event, names, silent=event.position in found.silent),
            who(event, silent=event.position in found.silent),
            f"evenements/{event.position:012d}.txt",
        )
        for event in found.events
    )
    headers = ("Entrée", "Date", "Ce qui s'est passé", "Par", "Preuve")
    intro = "Chaque entrée est prouvée dans le journal signé. Les exports de ce dossier n'y figurent pas."
    return Section("Chronologie", intro, headers, rows)


def _names(found: Gathered, circuit: Circuit | None) -> dict[str, str]:
    """French names of the codes that events bear, as the circuit and the due dates say them."""
    due = {deadline.kind: deadline.title for deadline in found.holding.deadlines if deadline.title}
    if circuit is None:
        return due
    events = {event.name: event.title for event in circuit.events}
    kinds = {f"kind:{name}": title for name, title in circuit.kind_titles.items()}
    return {**kinds, **circuit.kind_titles, **events, **due}
