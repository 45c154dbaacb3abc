"""A list of contested claims, back to one value a claim: reference, beneficiary, stay, amount, reason.

Columns are recognised by their titles, with the synonyms of the configuration; a text without a table is
read by its labels (« Référence : … »). A row that says of whom and of what it speaks becomes a claim, with
its doubts; any other row is given back with the reason why: no row disappears.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from parsers.claimvalues import ReasonWords, amount_in, days_in, names_in, reason_in
from parsers.errors import TooLarge, Unsupported
from parsers.folding import fold
from parsers.layout import Recognised
from parsers.limits import DEFAULT, Limits
from parsers.rows import Row, Rows, rows_of

OTHER = "other"
ROUND_SUM = "montant lu sans centimes : la virgule a pu se perdre"
SCANNED = "lue sur une image : comparez chaque valeur à la page"
FIELDS = (
    "reference", "beneficiary", "last_name", "first_names", "birth_date", "cnas_number", "form_reference",
    "establishment", "stay", "starts", "ends", "amount", "reason",
)  # fmt: skip
"""What a column may be. ``reference`` is the claim's own (an invoice), ``form_reference`` the 301's."""
_NAMING = ("reference", "form_reference", "beneficiary", "last_name", "cnas_number")
_TITLES = 3
_LABEL = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])?\s*([^:]{2,60}?)\s*:\s*(\S.*)\Z")
_CODE = re.compile(r"(?<![\w-])(?=[\w/-]*\d)(?=[\w/-]*[A-Z])[A-Z0-9]+(?:[-/][A-Z0-9]+)+(?![\w-])")
_CELL = 300


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """How a list speaks: titles of columns by field, phrases by reason (configuration of the circuit)."""

    columns: Mapping[str, tuple[str, ...]]
    reasons: tuple[ReasonWords, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One contested claim. Amounts are euros with a point; ``doubts`` are French sentences."""

    place: str
    reference: str | None = None
    last_name: str | None = None
    first_names: str | None = None
    birth_date: date | None = None
    cnas_number: str | None = None
    form_reference: str | None = None
    establishment: str | None = None
    starts: date | None = None
    ends: date | None = None
    amount: str | None = None
    reason: str = OTHER
    reason_text: str = ""
    """The reason as the list writes it: shown to those who work on it, quoted nowhere else."""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row that is no claim, kept as it was with the reason why (French)."""

    place: str
    cells: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ClaimsRead:
    claims: tuple[Claim, ...]
    unread: tuple[UnreadRow, ...]


def read_claims(
    content: bytes,
    media_type: str,
    name: str,
    context: str,
    words: ClaimWords,
    limits: Limits = DEFAULT,
    ocr: Mapping[int, Recognised] | None = None,
) -> ClaimsRead:
    """The claims of one document. ``context``: subject and text of the mail, for a list without reasons.

    ``ocr``: what was recognised on the pages that are images; each claim then says to look at the page.
    Raises ``ParseError`` and its children only.
    """
    rows = rows_of(content, media_type, name, limits, ocr)
    read = claims_of(rows, context, words)
    if rows.scanned:
        read = _looked_at(read)
    if len(read.claims) > limits.table_rows:
        raise TooLarge(f"Cette liste a plus de {limits.table_rows} créances.")
    return read


def _looked_at(read: ClaimsRead) -> ClaimsRead:
    """Values recognised on an image may be misread: a person compares each with the page."""
    if not read.claims and not read.unread:
        raise Unsupported(
            "Cette liste est une image où aucun tableau ne se lit ; elle est gardée telle que reçue : "
            "lisez-la, puis saisissez les créances ou demandez-la sous forme de tableau."
        )
    return ClaimsRead(tuple(map(_compared, read.claims)), read.unread)


def _compared(claim: Claim) -> Claim:
    """A decimal mark lost on the image makes an amount a hundred times too large: that is said too."""
    round_sum = claim.amount is not None and claim.amount.endswith(".00")
    return replace(claim, doubts=(*claim.doubts, SCANNED, *((ROUND_SUM,) if round_sum else ())))


def claims_of(found: Rows, context: str, words: ClaimWords) -> ClaimsRead:
    """The claims among these rows; when no row has titles of columns, those of the labels of the text."""
    claims: list[Claim] = []
    unread: list[UnreadRow] = []
    titles: dict[int, dict[int, str]] = {}
    for row in found.rows:
        headings = _headings(row.cells, words.columns)
        if len(set(headings.values())) >= _TITLES and not any(map(days_in, row.cells)):
            titles[row.table] = headings
            continue
        if row.table not in titles:
            continue
        made = _claim(row, titles[row.table], context, words)
        if isinstance(made, Claim):
            claims.append(made)
        elif made is not None:
            unread.append(made)
    for row in found.rows if titles else ():
        if row.table not in titles and sum(map(bool, row.cells)) >= _TITLES:
            why = "aucun titre de colonne n'est reconnu dans ce tableau"
            unread.append(UnreadRow(row.place, row.cells, why))
    if titles:
        return ClaimsRead(tuple(claims), tuple(unread))
    if found.text:
        return _labelled(found.text, context, words)
    why = "aucun titre de colonne n'est reconnu : lisez la liste et saisissez la créance"
    return ClaimsRead((), tuple(UnreadRow(row.place, row.cells, why) for row in found.rows))


def _headings(cells: Sequence[str], columns: Mapping[str, tuple[str, ...]]) -> dict[int, str]:
    """Field of each column whose title is known: exact first, then the longest synonym it begins with."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        title = fold(cell)
        if not title or len(title) > 60:
            continue
        field = _field(title, columns)
        if field is not None and field not in found.values():
            found[place] = field
    return found


def _field(title: str, columns: Mapping[str, tuple[str, ...]]) -> str | None:
    best: tuple[int, str] | None = None
    for field, synonyms in columns.items():
        for synonym in map(fold, synonyms):
            whole = title == synonym
            if whole or title.startswith(synonym + " "):
                rank = 1000 if whole else len(synonym)
                if best is None or rank > best[0]:
                    best = (rank, field)
    return best[1] if best else None


def _claim(
    row: Row, headings: Mapping[int, str], context: str, words: ClaimWords
) -> Claim | UnreadRow | None:
    if not any(row.cells):
        return None
    cells = {field: row.cells[n] for n, field in headings.items() if n < len(row.cells) and row.cells[n]}
    if fold(next(filter(None, row.cells))).startswith(("total", "sous total")):
        return UnreadRow(row.place, row.cells, "ligne de total : ce n'est pas une créance")
    if not any(cells.get(field) for field in _NAMING):
        return UnreadRow(row.place, row.cells, "ni référence ni bénéficiaire sur cette ligne")
    return _typed(row.place, cells, context, words)


def _typed(place: str, cells: Mapping[str, str], context: str, words: ClaimWords) -> Claim:
    doubts: list[str] = []
    starts, ends = _stay(cells, doubts)
    last, first = cells.get("last_name"), cells.get("first_names")
    if last is None and "beneficiary" in cells:
        last, first = names_in(cells["beneficiary"])
    amount = amount_in(cells["amount"]) if "amount" in cells else None
    if "amount" in cells and amount is None:
        doubts.append("le montant n'est pas un nombre en euros")
    born = days_in(cells["birth_date"]) if "birth_date" in cells else ()
    if "birth_date" in cells and not born:
        doubts.append("la date de naissance ne se lit pas")
    reason = reason_in(cells.get("reason", ""), words.reasons)
    if reason is None and not cells.get("reason"):
        reason = reason_in(context, words.reasons)
        if reason is not None:
            doubts.append("motif lu dans le texte du message, non sur la ligne")
    if reason is None:
        doubts.append("motif non reconnu")
    return Claim(
        place=place,
        reference=_cut(cells.get("reference"), 80),
        last_name=_cut(last, 120),
        first_names=_cut(first, 120),
        birth_date=born[0] if born else None,
        cnas_number=_cut(cells.get("cnas_number"), 40),
        form_reference=_cut(cells.get("form_reference"), 80),
        establishment=_cut(cells.get("establishment"), 200),
        starts=starts,
        ends=ends,
        amount=_cut(amount, 20),
        reason=reason or OTHER,
        reason_text=(cells.get("reason") or "")[:_CELL],
        doubts=tuple(doubts),
    )


def _stay(cells: Mapping[str, str], doubts: list[str]) -> tuple[date | None, date | None]:
    written = [cells[field] for field in ("starts", "ends", "stay") if field in cells]
    first = days_in(cells.get("starts", ""))
    last = days_in(cells.get("ends", ""))
    both = days_in(cells.get("stay", "")) or (first if len(first) > 1 and not last else ())
    starts = first[0] if first else both[0] if both else None
    ends = last[-1] if last else both[-1] if both else None
    if written and (starts is None or ends is None):
        doubts.append("les dates de séjour ne se lisent pas toutes")
    if starts is not None and ends is not None and starts > ends:
        doubts.append("la fin du séjour précède son début")
    return starts, ends


def _labelled(text: str, context: str, words: ClaimWords) -> ClaimsRead:
    """Claims written as labelled lines; a label that comes back begins the next claim."""
    claims: list[Claim] = []
    unread: list[UnreadRow] = []
    for place, cells in _blocks(text, words.columns):
        if any(cells.get(field) for field in _NAMING):
            claims.append(_typed(place, cells, f"{context}\n{text}", words))
        else:
            unread.append(UnreadRow(place, tuple(cells.values()), "ni référence ni bénéficiaire"))
    if not claims:
        claims.append(_told(text, context, words))
    return ClaimsRead(tuple(claims), tuple(unread))


def _blocks(text: str, columns: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, dict[str, str]]]:
    block: dict[str, str] = {}
    place = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LABEL.match(line[:_CELL])
        field = _field(fold(match[1]), columns) if match else None
        if match is None or field is None:
            continue
        if field in block:
            yield place, block
            block = {}
        place = place if block else f"ligne {number} du texte"
        block[field] = " ".join(match[2].split())
    if block:
        yield place, block


def _told(text: str, context: str, words: ClaimWords) -> Claim:
    """A contestation told in sentences: one claim to complete by a person, never nothing."""
    whole = f"{context}\n{text}"
    quoted = _CODE.findall(whole)
    made = _typed("texte du message", {"reference": quoted[0]} if quoted else {}, whole, words)
    days = days_in(text)
    if len(days) == 2 and days[0] <= days[1]:
        made = replace(made, starts=days[0], ends=days[1])
    doubt = "contestation écrite en phrases : vérifiez chaque mention sur le message"
    return replace(made, doubts=(doubt, *made.doubts))


def _cut(text: str | None, length: int) -> str | None:
    plain = " ".join(text.split())[:length] if text else ""
    return plain or None
