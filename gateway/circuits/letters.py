"""Letters to people: models in ``letters/*.txt``, plain text, filled by Jinja2 from a closed vocabulary.

A model starts with ``Objet : …`` and an empty line, then the text, with the marks of ``letter_page``.
``LETTER_VARIABLES`` is the whole vocabulary; the circuit loader refuses any other name, and refuses a model
that breaks when an optional variable is empty. No variable carries medical text: a document is named by its
kind, and the patient and the names of files are given only to a letter that leaves encrypted (see
``LetterContext``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache, lru_cache
from types import TracebackType

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.circuits.letter_page import plain
from gateway.circuits.model import Letter, Mailbox

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

STATUSES = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}
"""How the status of a delay is written in a letter or on a page."""


@dataclass(frozen=True, slots=True)
class LetterDocument:
    """A document received. ``name`` is the file name, ``None`` when the letter leaves in clear and
    the document is medical (file names often carry a patient's name)."""

    title: str
    name: str | None = None
    pages: int | None = None
    rule: str | None = None
    """What the rules of the circuit say of this kind, with their source, where they name one."""


@dataclass(frozen=True, slots=True)
class LetterCaisse:
    """The competent caisse; ``mailbox`` is ``None`` when the directory does not know it."""

    label: str
    mailbox: str | None = None


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter may say. Documents of ``LETTER_VARIABLES`` apply; dates are days in France.

    ``patient`` and ``original_subject`` stay ``None`` unless the letter leaves encrypted: in clear,
    the form's reference alone names the file.
    """

    mailbox: Mailbox
    received_on: date
    today: date
    circuit_title: str
    queue_title: str
    sender: str | None = None
    original_subject: str | None = None
    case_reference: str | None = None
    form_reference: str | None = None
    patient: str | None = None
    documents: tuple[LetterDocument, ...] = ()
    missing: tuple[str, ...] = ()
    pictures: int = 0
    caisse: LetterCaisse | None = None
    medical_in_clear: bool = False
    deadline: str | None = None
    due: date | None = None
    days_left: int | None = None
    basis: str | None = None
    status: str | None = None
    attached_form: str | None = None
    about: str | None = None
    about_date: date | None = None
    reason: str | None = None
    provisional_nir: str | None = None
    rights_start: date | None = None
    rights_end: date | None = None
    billing: tuple[str, ...] = ()
    door: str | None = None
    door_address: str | None = None
    resend: bool = False


LETTER_VARIABLES: dict[str, str] = {
    "mailbox": "the mailbox that answers: .label, .service, .address, .phone",
    "received_on": "day the mail was received (date)",
    "today": "day the letter is written (date)",
    "circuit_title": "title of the circuit",
    "queue_title": "title of the queue that has the file now",
    "sender": "address of the sender, or nothing",
    "original_subject": "subject of the mail answered; nothing when the letter leaves in clear",
    "case_reference": "our case reference, or nothing",
    "form_reference": "reference written on the form, or nothing",
    "patient": "name of the patient as the form states it; nothing when the letter leaves in clear",
    "documents": "documents received: each has .title, and .name, .pages, .rule (or nothing)",
    "missing": "what is missing or unreadable: French sentences",
    "pictures": "number of pictures of incomplete boxes attached to the letter",
    "caisse": "competent caisse, or nothing: .label, .mailbox (or nothing)",
    "medical_in_clear": "true when a medical document came without encryption",
    "deadline": "title of the deadline the letter is about, or nothing",
    "due": "due date (date), or nothing",
    "days_left": "days from today to the due date, or nothing",
    "basis": "legal basis of the deadline, or nothing",
    "status": "« confirmé » or « à confirmer », or nothing",
    "attached_form": "« filled » or « blank » when a form is joined to the letter, or nothing",
    "about": "subject of the earlier letter this one is about, or nothing",
    "about_date": "day that earlier letter left (date), or nothing",
    "reason": "why a document is no use, as a person wrote it, or nothing",
    "provisional_nir": "number of the registration with its key; nothing when the letter leaves in clear",
    "rights_start": "first day of rights (date); nothing when the letter leaves in clear",
    "rights_end": "last day of rights (date); nothing when the letter leaves in clear",
    "billing": "what the hospital needs to bill: French lines",
    "door": "service that a mail sent to the wrong place goes to, or nothing",
    "door_address": "address to write to from now on, or nothing",
    "resend": "true when the sender must send the mail again to that address",
}


def date_fr(day: date | None) -> str:
    """``1er février 2026``. Raises ``ValueError`` on nothing, so that a model must test first."""
    if day is None:
        raise ValueError("date vide")
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def required(value: object) -> object:
    """The filter every printed value passes through: an empty optional is an error, not ``None``."""
    if value is None:
        raise ValueError("valeur vide")
    return value


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The one Jinja2 environment of letters: sandboxed, strict, plain text (hence no HTML escape)."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        finalize=required,
    )
    made.filters["date_fr"] = date_fr
    return made


TAG_LINE = re.compile(r"^[ \t]*((?:\{%[^\n]*?%\}[ \t]*)+)\n", re.MULTILINE)


def lines_closed(source: str) -> str:
    """A line that holds only tags prints nothing, not even its end. The end moves into a comment, so
    that Jinja2 still counts the lines as the person who wrote the model does."""
    return TAG_LINE.sub(r"\1{#\n#}", source)


@lru_cache(maxsize=256)
def _model(source: str) -> Template:
    """A model, compiled once."""
    return environment().from_string(source)


def render(letter: Letter, context: LetterContext) -> tuple[str, str]:
    """Subject (one line) and plain text of ``letter``. Raises as ``marked``."""
    subject, text = marked(letter, context)
    return subject, plain(text)


def marked(letter: Letter, context: LetterContext) -> tuple[str, str]:
    """Subject (one line) and text with the marks of ``letter_page``. Raises ``jinja2.TemplateError`` or
    ``ValueError`` only for a model the loader did not check."""
    values = {name: getattr(context, name) for name in LETTER_VARIABLES}
    if context.status is not None:
        values["status"] = STATUSES.get(context.status, context.status)
    subject = _model(letter.subject).render(values)
    text = _model(lines_closed(letter.body)).render(values)
    return " ".join(subject.split()), text.strip("\n") + "\n"


def split(name: str, source: str) -> Letter:
    """The letter of one file. Raises ``ValueError`` (French) when the subject line is missing."""
    first, _, rest = source.partition("\n")
    label, colon, subject = first.partition(":")
    if not colon or label.strip() != "Objet" or not subject.strip() or rest[:1] not in {"", "\n"}:
        raise ValueError("la lettre doit commencer par « Objet : … » puis une ligne vide")
    return Letter(name, subject.strip(), rest.lstrip("\n"))


_BARE = LetterContext(
    mailbox=Mailbox("boite@caisse.example", "Boîte", "Service", "00 00 00 00 00", "file"),
    received_on=date(2026, 11, 23),
    today=date(2026, 11, 24),
    circuit_title="Circuit",
    queue_title="File",
)
SAMPLES: tuple[LetterContext, ...] = (
    _BARE,
    replace(
        _BARE,
        sender="bureau@hopital.example",
        original_subject="Objet reçu",
        case_reference="SPA-2026-000001",
        form_reference="REF-1",
        patient="NOM Prénom",
        documents=(
            LetterDocument("Formulaire", "form.pdf", 2, "Règle citée."),
            LetterDocument("Compte rendu"),
        ),
        missing=("La date de fin est illisible.",),
        pictures=1,
        caisse=LetterCaisse("CPAM", "ri@cpam.example"),
        medical_in_clear=True,
        deadline="Fin de prise en charge",
        due=date(2026, 12, 1),
        days_left=7,
        basis="Article",
        status="to be confirmed",
        attached_form="filled",
        about="Objet de la lettre",
        about_date=date(2026, 11, 20),
        reason="La page est illisible.",
        door="Service compétent",
        door_address="service@caisse.example",
        resend=True,
        provisional_nir="6159500000001 23",
        rights_start=date(2026, 12, 1),
        rights_end=date(2026, 12, 31),
        billing=("Taux : 100 %",),
    ),
)
"""An empty and a full context: the loader renders every model with both."""


def faults_of(source: str) -> list[tuple[int, str]]:
    """Every fault of a model's source, as (line, French sentence); empty when it can be used."""
    return list(_faults(source))


@lru_cache(maxsize=256)
def _faults(source: str) -> tuple[tuple[int, str], ...]:
    """The faults of a source, looked for once: a circuit is loaded many times in the life of a process."""
    try:
        split("", source)
        tree = environment().parse(lines_closed(source))
    except TemplateSyntaxError as error:
        return ((error.lineno, f"la lettre n'est pas un modèle lisible ({error.message})"),)
    except ValueError as error:
        return ((1, str(error)),)
    known = {*LETTER_VARIABLES, *_assigned(tree)}
    unknown = sorted(
        {
            (node.lineno, node.name)
            for node in tree.find_all(nodes.Name)
            if node.ctx == "load" and node.name not in known
        }
    )
    if unknown:
        names = ", ".join(LETTER_VARIABLES)
        return tuple(
            (line, f"variable inconnue « {name} » ; les variables sont : {names}") for line, name in unknown
        )
    found = (_rendering_fault(source, sample) for sample in SAMPLES)
    return tuple(fault for fault in found if fault is not None)[:1]


def _assigned(tree: nodes.Template) -> set[str]:
    stored = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    return {*stored, "loop"}


def _rendering_fault(source: str, sample: LetterContext) -> tuple[int, str] | None:
    values = {field.name: getattr(sample, field.name) for field in fields(sample)}
    try:
        _model(lines_closed(source)).render(values)
    except TemplateError as error:
        return _line(error.__traceback__), f"la lettre ne peut pas être remplie ({error.message})"
    except (ValueError, TypeError) as error:
        return (
            _line(error.__traceback__),
            "une variable facultative est écrite sans être testée : entourez-la de {% if … %}",
        )
    return None


def _line(trace: TracebackType | None) -> int:
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
