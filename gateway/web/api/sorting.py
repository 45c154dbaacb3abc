"""Sorting an item anew, answering it, noting, vouching for a reading: the longer verbs of the pages."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from gateway.cases import notes
from gateway.errors import NotFound
from gateway.outbound.handwritten import Words
from gateway.web.access import Viewer
from gateway.web.api import bodies, models
from gateway.web.api.calls import Call, Called, body_of, once
from gateway.web.api.verbs import item_version, told
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import doctype, moves, opened, reading, remarks
from gateway.web.items.actions import desk_of_item
from gateway.web.letters import letter
from storage import documents

router = APIRouter(prefix="/api/v1/items/{item_id}", tags=["Actions"])

_JUDGED = {"confirm": "confirmer", "reject": "rejeter", "withdraw": "retirer"}


@router.post(
    "/reclassify",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Reclassified),
    summary="Donner à un élément son vrai type",
)
def reclassify(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The item is of another type; it follows the rule of that type when asked."""

    def act(version: int) -> None:
        asked = call.read(bodies.Reclassified)
        follow = "oui" if asked.follow else ""
        moves.reclassify(rooms, seen, item_id, version=version, genre=asked.kind, suivre=follow)

    return _done(rooms, seen, call, item_id, "reclassify", act)


@router.post(
    "/reroute",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Rerouted),
    summary="Réorienter un élément vers la bonne porte",
)
def reroute(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Send the item to its right door; its sender is told when asked."""

    def act(version: int) -> None:
        asked = call.read(bodies.Rerouted)
        tell = "oui" if asked.tell else ""
        moves.reroute(rooms, seen, item_id, version=version, porte=asked.door, prevenir=tell)

    return _done(rooms, seen, call, item_id, "reroute", act)


@router.post(
    "/split",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Split),
    summary="Séparer des documents d’un élément",
)
def split(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The documents named become an item of their own: ``other`` of the answer."""

    def work() -> tuple[models.Done, str | None]:
        wanted = call.read(bodies.Split).documents
        version = item_version(rooms, seen, call, item_id)
        with rooms.database.reading() as session:
            item, _ = desk_of_item(rooms, seen, session, item_id)
            places = {d.id: d.position for d in documents.of_delivery(session, item.delivery)}
        if not places.keys() >= set(wanted):
            raise NotFound(
                "Un de ces documents n’est pas dans l’élément ; rien n’a été changé. Relisez-le."
            )
        pieces = [places[number] for number in wanted]
        made = moves.split(rooms, seen, item_id, version=version, pieces=pieces)
        other = urlsplit(made.headers["location"]).path.rpartition("/")[2]
        done, tag = told(rooms, item_id, "split")
        return done.model_copy(update={"other": int(other)}), tag

    return once(rooms, seen, call, work)


@router.post(
    "/merge",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Merged),
    summary="Réunir un autre élément à celui-ci",
)
def merge(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The work of the other item goes on here."""

    def act(version: int) -> None:
        other = call.read(bodies.Merged).item
        moves.merge(rooms, seen, item_id, version=version, autre=other)

    return _done(rooms, seen, call, item_id, "merge", act)


@router.post(
    "/undo",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Undone),
    summary="Défaire une séparation ou une réunion",
)
def undo(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The split or the merge never was; both items are as before."""

    def act(version: int) -> None:
        moves.undo(rooms, seen, item_id, call.read(bodies.Undone).joining, version=version)

    return _done(rooms, seen, call, item_id, "undo", act)


@router.post(
    "/notes",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Noted),
    summary="Écrire une note interne",
)
def note(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """A note for colleagues; whoever it names sees it on their first page."""

    def act(_version: int) -> None:
        remarks.add(rooms, seen, item_id, call.read(bodies.Noted).text)

    return _done(rooms, seen, call, item_id, "note", act)


@router.post(
    "/notes/seen",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Dire que l’on a lu les notes d’un élément",
)
def notes_seen(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The notes that name the person wait no longer on their first page."""

    def act(_version: int) -> None:
        call.read(bodies.Nothing)
        remarks.see(rooms, seen, item_id)

    return _done(rooms, seen, call, item_id, "notes-seen", act)


@router.get("/notes", summary="Les notes internes d’un élément")
def every_note(rooms: InHouse, seen: Seen, item_id: RowId) -> models.Notes:
    """Notes of the item, the oldest first; their words when the class of their queue allows."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        medical = remarks.may_read_medical(seen)
        found = notes.read(session, rooms.vault.ring, [item_id], medical=medical)
    opened.item(rooms, seen, item, [], noted=any(n.medical and n.text is not None for n in found))
    return models.Notes(
        notes=[models.NoteSeen(by=n.by, at=n.at, text=n.text, named=list(n.named)) for n in found]
    )


@router.post(
    "/documents/{document_id}/reading",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Judged),
    summary="Confirmer, rejeter, ou retirer son jugement sur une lecture",
)
def judge(rooms: InHouse, seen: Seen, call: Called, item_id: RowId, document_id: RowId) -> Response:
    """A person vouches for the whole reading of a document, or says that it is no use."""

    def act(_version: int) -> None:
        asked = call.read(bodies.Judged)
        verb = _JUDGED[asked.verb]
        reading.judge(rooms, seen, item_id, document_id, verbe=verb, motif=asked.reason)

    return _done(rooms, seen, call, item_id, "judge", act)


@router.post(
    "/documents/{document_id}/type",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Typed),
    summary="Dire le vrai type d’un document, ou rendre celui qui avait été lu",
)
def give_type(rooms: InHouse, seen: Seen, call: Called, item_id: RowId, document_id: RowId) -> Response:
    """The document takes the class of its type; only who may open a medical one may say it is not."""

    def act(version: int) -> None:
        kind = call.read(bodies.Typed).kind
        genre = doctype.READ if kind is None else kind
        doctype.give_type(rooms, seen, item_id, document_id, version=version, genre=genre)

    return _done(rooms, seen, call, item_id, "type", act)


@router.post(
    "/answer",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Answered),
    summary="Répondre par une lettre, depuis la boîte générique",
)
def answer(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Send a letter of the models about this item; what would not leave from the page is refused."""

    def act(_version: int) -> None:
        asked = call.read(bodies.Answered)
        words = Words(asked.subject, asked.text) if asked.subject and asked.text else None
        # one key, one letter: the same call again has the same Message-ID
        token = sha256(f"{seen.login}|{call.key}".encode()).hexdigest()[:32]
        letter.answer(rooms, seen, item_id, asked.letter, asked.to, token, words)

    return _done(rooms, seen, call, item_id, "answer", act)


def _done(
    rooms: WebHouse, seen: Viewer, call: Call, item_id: int, name: str, act: Callable[[int], None]
) -> Response:
    def work() -> tuple[models.Done, str | None]:
        act(item_version(rooms, seen, call, item_id))
        return told(rooms, item_id, name)

    return once(rooms, seen, call, work)
