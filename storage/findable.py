"""The words each item is found by, written as items change: an index of words, never a scan of rows.

An item is found by the words of its title and sender, of its case (names, numbers, references,
establishment), of its mail's subject and of the text of its administrative documents, less what their
form prints on every copy. Only words of names are found by their sound. The subject is
taken only when every document of the mail is administrative, and nothing of a medical document is ever
written here: whoever may not open a document cannot find it by one of its words.

Tables are only named: every table that feeds the index writes through this file or above it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import IntFlag
from typing import Any

from sqlalchemy import JSON, Index, Table, column, delete, exists, insert, select, table, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

from storage import lettering, tallies
from storage.db import insert_new, table_of

ADMINISTRATIVE = "administrative"
_TEXT_WORDS = 400
"""Different words of one document that are kept, in the order of the text."""
_CHUNK = 400
_SAYING_NOTHING = (
    "AUX AVEC CES CETTE DANS DES EST LES LEUR MADAME MONSIEUR NOUS PAR PAS POUR QUE QUI SES SON SUR UNE"
    " VOS VOTRE VOUS"
)
"""Words of a text that are not kept; nor are those of one or two letters."""
_EMPTY = frozenset(_SAYING_NOTHING.split(" "))


class Where(IntFlag):
    """Where a word of an item comes from."""

    CASE = 1
    ITEM = 2
    TEXT = 4
    FIELD = 8
    """A value read in a field of a form."""
    NAME = 16
    """Of a name: what may be found by its sound."""


class FoundWord(SQLModel, table=True):
    """One word that at least one item is found by."""

    __tablename__ = "find_words"

    id: int | None = Field(default=None, primary_key=True)
    word: str = Field(unique=True, max_length=lettering.LONGEST)
    sound: str | None = Field(default=None, index=True, max_length=lettering.LONGEST)


class FoundGram(SQLModel, table=True):
    """Three letters of a word."""

    __tablename__ = "find_grams"

    gram: str = Field(primary_key=True, max_length=3)
    word_id: int = Field(primary_key=True, foreign_key="find_words.id", index=True)


class FoundItem(SQLModel, table=True):
    """An item that has a word, with its queue: what a person may not read is never walked through."""

    __tablename__ = "find_items"
    __table_args__ = (Index("ix_find_items_by_place", "word_id", "circuit", "queue", "item_id"),)

    word_id: int = Field(primary_key=True, foreign_key="find_words.id")
    item_id: int = Field(primary_key=True, index=True)
    circuit: str = Field(max_length=80)
    queue: str = Field(max_length=40)
    place: int
    """A sum of ``Where``."""


class DocumentWords(SQLModel, table=True):
    """The words of an administrative document, kept until and while its mail is in a queue."""

    __tablename__ = "document_words"

    document_id: int = Field(primary_key=True, foreign_key="documents.id")
    words: str
    fields: str = ""
    """Words of the values read in the fields of its form."""
    names: str = ""
    """Those of the fields that hold a name."""


_ITEMS = table(
    "items",
    *(column(n) for n in ("id", "delivery", "circuit", "queue", "title", "sender", "case_id")),
    column("positions", JSON),
)
_CASE_NAMES = ("patient_name", "patient_first_names")
_CASE_WORDS = (*_CASE_NAMES, "establishment_name")
_CASE_NUMBERS = ("reference", "form_reference", "cnas_number", "establishment_finess")
_CASES = table("cases", column("id"), *(column(n) for n in (*_CASE_WORDS, *_CASE_NUMBERS)))
_DELIVERIES = table("deliveries", column("sha256"), column("subject"))
_DOCUMENTS = table("documents", *(column(n) for n in ("id", "delivery", "position", "confidentiality")))


def keep_text(
    session: Session,
    document_id: int,
    confidentiality: str,
    text: str,
    *,
    printed: Collection[str] = (),
    values: Iterable[str] = (),
    names: Iterable[str] = (),
) -> None:
    """Keep the words of a document's text when it is administrative; anything else leaves no trace.

    ``printed``: words of its blank form, left out; ``values``: words read in its fields, ``names`` in
    those that hold a name (all folded).
    """
    session.connection().execute(
        delete(table_of(DocumentWords)).where(table_of(DocumentWords).c.document_id == document_id)
    )
    if confidentiality != ADMINISTRATIVE:
        return
    kept = {
        "words": _saying(word for word in lettering.apart(text) if word not in printed),
        "fields": _saying(values),
        "names": _saying(names),
    }
    if any(kept.values()):
        insert_new(session, table_of(DocumentWords), {"document_id": document_id, **kept})


def _saying(words: Iterable[str]) -> str:
    """The first different words that say something, as one text."""
    saying = dict.fromkeys(w for w in words if len(w) > 2 and w not in _EMPTY)
    return " ".join(list(saying)[:_TEXT_WORDS])


def item(session: Session, item_id: int) -> None:
    """Write again the words of one item."""
    items(session, [item_id])


def items(session: Session, item_ids: Collection[int]) -> None:
    """Write again the words of these items."""
    session.flush()
    wanted = sorted(set(item_ids))
    if wanted:
        tallies.hold(session)  # two who index the same words would wait for each other
    for at in range(0, len(wanted), _CHUNK):
        _write(session, wanted[at : at + _CHUNK])


def of_case(session: Session, case_id: int) -> None:
    """Write again the words of every item of a case: its names or numbers changed."""
    _those(session, _ITEMS.c.case_id == case_id)


def of_delivery(session: Session, sha256: str) -> None:
    """Write again the words of every item of a mail."""
    _those(session, _ITEMS.c.delivery == sha256)


def everything(session: Session) -> None:
    """Write the whole index again: after rows were written by other means than our verbs."""
    session.flush()
    for model in (FoundItem, FoundGram, FoundWord):
        session.connection().execute(delete(table_of(model)))
    items(session, [row.id for row in session.connection().execute(select(_ITEMS.c.id))])


def forget_document(session: Session, document_id: int) -> None:
    """Drop the words of a document that is erased, or that turned out to be medical."""
    words = table_of(DocumentWords)
    connection = session.connection()
    connection.execute(delete(words).where(words.c.document_id == document_id))
    mail = select(_DOCUMENTS.c.delivery).where(_DOCUMENTS.c.id == document_id)
    found = connection.execute(mail).scalar_one_or_none()
    if found is not None:
        of_delivery(session, found)


def _those(session: Session, which: Any) -> None:
    session.flush()
    items(session, [row.id for row in session.connection().execute(select(_ITEMS.c.id).where(which))])


def _write(session: Session, item_ids: list[int]) -> None:
    connection = session.connection()
    rows = connection.execute(select(*_ITEMS.c).where(_ITEMS.c.id.in_(item_ids))).all()
    wanted = _words_of(session, rows)
    named: dict[str, bool] = {}
    for words in wanted.values():
        for word, place in words.items():
            named[word] = named.get(word, False) or bool(place & Where.NAME)
    numbers = _numbered(session, named)
    postings = table_of(FoundItem)
    there = connection.execute(select(*postings.c).where(postings.c.item_id.in_(item_ids))).all()
    now = {
        (numbers[word], row.id): {"circuit": row.circuit, "queue": row.queue, "place": int(place)}
        for row in rows
        for word, place in wanted[row.id].items()
    }
    before = {
        (r.word_id, r.item_id): {"circuit": r.circuit, "queue": r.queue, "place": r.place} for r in there
    }
    gone = [key for key, value in before.items() if now.get(key) != value]
    for word_id, item_id in gone:
        connection.execute(
            delete(postings).where(postings.c.word_id == word_id, postings.c.item_id == item_id)
        )
    fresh = [
        {"word_id": key[0], "item_id": key[1], **value}
        for key, value in now.items()
        if before.get(key) != value
    ]
    if fresh:
        connection.execute(insert(postings), fresh)
    _tidy(session, {word_id for word_id, _ in gone} - {word_id for word_id, _ in now})


def _words_of(session: Session, rows: Iterable[Any]) -> dict[int, dict[str, Where]]:
    """Words of each of these items, with where they come from."""
    items_ = list(rows)
    cases = _rows(session, _CASES, _CASES.c.id, {row.case_id for row in items_ if row.case_id is not None})
    mails = {row.delivery for row in items_}
    subjects = _rows(session, _DELIVERIES, _DELIVERIES.c.sha256, mails)
    papers = _papers(session, mails)
    found: dict[int, dict[str, Where]] = {}
    for row in items_:
        words: dict[str, Where] = {}
        case = cases.get(row.case_id)
        if case is not None:
            _add(words, Where.CASE, _of_case(case))
            for name in _CASE_NAMES:
                _add(words, Where.NAME, lettering.every(getattr(case, name) or ""))
        _add(words, Where.ITEM, lettering.every(f"{row.title} {row.sender}"))
        documents = papers.get(row.delivery, [])
        subject = subjects[row.delivery].subject if row.delivery in subjects else None
        whole = row.positions is None  # the subject of a shared mail may name somebody else
        if whole and subject and documents and all(d.confidentiality == ADMINISTRATIVE for d in documents):
            _add(words, Where.ITEM, lettering.every(subject))
        for paper in documents:
            mine = whole or paper.position in row.positions
            if mine and paper.confidentiality == ADMINISTRATIVE:
                _add(words, Where.TEXT, (paper.words or "").split(" "))
                _add(words, Where.FIELD, (paper.fields or "").split(" "))
                _add(words, Where.FIELD | Where.NAME, (paper.names or "").split(" "))
        found[row.id] = words
    return found


def _of_case(case: Any) -> set[str]:
    words: set[str] = set()
    for name in _CASE_WORDS:
        words |= lettering.every(getattr(case, name) or "")
    for name in _CASE_NUMBERS:
        number = getattr(case, name) or ""
        words |= {lettering.whole(number), *lettering.apart(number)}
    return words


def _add(words: dict[str, Where], place: Where, new: Iterable[str]) -> None:
    for word in new:
        if word:
            words[word] = words.get(word, Where(0)) | place


def _rows(session: Session, source: Any, key: Any, values: Collection[Any]) -> dict[Any, Any]:
    found = session.connection().execute(select(*source.c).where(key.in_(values)))
    return {getattr(row, key.name): row for row in found}


def _papers(session: Session, mails: Collection[str]) -> dict[str, list[Any]]:
    """Class and kept words of every document of these mails."""
    words = table_of(DocumentWords)
    kept = (words.c.words, words.c.fields, words.c.names)
    statement = (
        select(_DOCUMENTS.c.delivery, _DOCUMENTS.c.position, _DOCUMENTS.c.confidentiality, *kept)
        .select_from(_DOCUMENTS.outerjoin(words, words.c.document_id == _DOCUMENTS.c.id))
        .where(_DOCUMENTS.c.delivery.in_(mails))
    )
    found: dict[str, list[Any]] = {}
    for row in session.connection().execute(statement):
        found.setdefault(row.delivery, []).append(row)
    return found


def _numbered(session: Session, words: Mapping[str, bool]) -> Mapping[str, int]:
    """The number of each word; unknown ones are added with their letters, names with their sound too."""
    known = _known(session, words)
    missing = sorted(set(words) - set(known))
    _sounded(session, [word for word in known if words[word]])
    if not missing:
        return known
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = [{"word": word, "sound": lettering.sound(word) if words[word] else None} for word in missing]
    connection.execute(dialect.insert(table_of(FoundWord)).on_conflict_do_nothing(), fresh)
    added = _known(session, missing)
    rows = [{"gram": g, "word_id": number} for word, number in added.items() for g in lettering.grams(word)]
    if rows:
        session.connection().execute(insert(table_of(FoundGram)), rows)
    return {**known, **added}


def _sounded(session: Session, names: Collection[str]) -> None:
    """Give their sound to words that were known otherwise, and are now those of a name."""
    table_: Table = table_of(FoundWord)
    wanted = sorted(name for name in names if lettering.sound(name) is not None)
    for at in range(0, len(wanted), _CHUNK):
        mute = select(table_.c.word).where(
            table_.c.sound.is_(None), table_.c.word.in_(wanted[at : at + _CHUNK])
        )
        for (word,) in session.connection().execute(mute).all():
            heard = update(table_).where(table_.c.word == word).values(sound=lettering.sound(word))
            session.connection().execute(heard)


def _known(session: Session, words: Collection[str]) -> dict[str, int]:
    table_: Table = table_of(FoundWord)
    wanted = sorted(words)
    found: dict[str, int] = {}
    for at in range(0, len(wanted), _CHUNK):
        some = select(table_.c.word, table_.c.id).where(table_.c.word.in_(wanted[at : at + _CHUNK]))
        found |= {row.word: row.id for row in session.connection().execute(some)}
    return found


def _tidy(session: Session, word_ids: Collection[int]) -> None:
    """Remove the words among these that no item is found by any more: an erased name leaves no word."""
    words, gram, postings = table_of(FoundWord), table_of(FoundGram), table_of(FoundItem)
    connection = session.connection()
    for word_id in sorted(word_ids):
        used = select(exists().where(postings.c.word_id == word_id))
        if not connection.execute(used).scalar_one():
            connection.execute(delete(gram).where(gram.c.word_id == word_id))
            connection.execute(delete(words).where(words.c.id == word_id))
