"""The right that each address of the API asks for: the part of the matrix that is about programs.

Words of ``access.Right``; read by ``access.ROUTES``, which denies whatever is not named.
"""

from __future__ import annotations

from collections.abc import Mapping

_V1 = "/api/v1"
_ITEM = f"{_V1}/items/{{item_id}}"
_CASE = f"{_V1}/cases/{{reference}}"
_QUEUE = f"{_V1}/queues/{{circuit}}/{{queue}}"
_CONTESTATION = f"{_V1}/contestations/{{reference}}"

API_ROUTES: Mapping[tuple[str, str], str] = {
    ("GET", "/documentation/api"): "signed-in",
    ("GET", f"{_V1}/openapi.json"): "signed-in",
    ("GET", f"{_V1}/queues"): "work",
    ("GET", f"{_V1}/queues/{{circuit}}/{{queue}}/items"): "work",
    ("GET", f"{_V1}/queues/{{circuit}}/{{queue}}/deadlines"): "work",
    ("GET", _ITEM): "work",
    ("GET", f"{_ITEM}/letters"): "work",
    ("GET", f"{_ITEM}/message"): "content",
    ("GET", f"{_V1}/documents/{{document_id}}/original"): "content",
    ("GET", f"{_V1}/search"): "work",
    ("GET", f"{_V1}/cases"): "work",
    ("GET", f"{_V1}/cases/{{reference}}"): "work",
    ("GET", f"{_V1}/cases/{{reference}}/letters"): "work",
    ("GET", f"{_CASE}/registration"): "register",
    ("POST", f"{_CASE}/registration"): "register",
    ("POST", f"{_CASE}/registration/check"): "register",
    ("GET", f"{_ITEM}/forwarding"): "medical-content",
    ("POST", f"{_ITEM}/forwarding"): "medical-content",
    ("GET", f"{_V1}/contestations"): "work",
    ("GET", f"{_V1}/contestations/{{reference}}"): "work",
    ("POST", f"{_ITEM}/take"): "act",
    ("POST", f"{_ITEM}/put-back"): "act",
    ("POST", f"{_ITEM}/close"): "act",
    ("POST", f"{_ITEM}/reopen"): "act",
    ("POST", f"{_ITEM}/wait"): "act",
    ("POST", f"{_ITEM}/resume"): "act",
    ("POST", f"{_ITEM}/take-over"): "act",
    ("POST", f"{_ITEM}/assign"): "act",
    ("POST", f"{_ITEM}/reclassify"): "act",
    ("POST", f"{_ITEM}/reroute"): "act",
    ("POST", f"{_ITEM}/split"): "act",
    ("POST", f"{_ITEM}/merge"): "act",
    ("POST", f"{_ITEM}/undo"): "act",
    ("POST", f"{_ITEM}/answer"): "act",
    ("GET", f"{_ITEM}/notes"): "work",
    ("POST", f"{_ITEM}/notes"): "act",
    ("POST", f"{_ITEM}/notes/seen"): "work",
    ("POST", f"{_ITEM}/documents/{{document_id}}/reading"): "act",
    ("POST", f"{_ITEM}/documents/{{document_id}}/type"): "act",
    ("POST", f"{_ITEM}/link"): "act",
    ("POST", f"{_ITEM}/unlink"): "act",
    ("POST", f"{_ITEM}/documents/{{document_id}}/fields/{{name}}"): "act",
    ("POST", f"{_ITEM}/documents/{{document_id}}/fields/{{name}}/choose"): "act",
    ("POST", f"{_CONTESTATION}/act"): "act",
    ("POST", f"{_CONTESTATION}/case"): "act",
    ("POST", f"{_CONTESTATION}/argument"): "act",
    ("POST", f"{_CONTESTATION}/recovery"): "act",
    ("POST", f"{_ITEM}/contestations"): "act",
    ("POST", f"{_QUEUE}/bulk"): "act",
    ("GET", f"{_QUEUE}/views"): "work",
    ("POST", f"{_QUEUE}/views"): "work",
    ("POST", f"{_QUEUE}/views/{{view_id}}/remove"): "work",
    ("GET", f"{_CASE}/proposals"): "work",
    ("POST", f"{_CASE}/proposals/{{proposal_id}}"): "act",
    ("POST", f"{_CASE}/events"): "act",
    ("POST", f"{_CASE}/close"): "act",
    ("POST", f"{_CASE}/reopen"): "act",
    ("GET", f"{_V1}/calls"): "work",
    ("POST", f"{_V1}/calls/{{call_id}}/done"): "act",
    ("GET", f"{_V1}/holds"): "supervise",
    ("POST", f"{_CASE}/hold"): "supervise",
    ("POST", f"{_V1}/holds/{{hold_id}}/lift"): "supervise",
    ("GET", f"{_V1}/set-aside"): "supervise",
    ("POST", f"{_V1}/set-aside/{{sha256}}/release"): "supervise",
    ("GET", f"{_V1}/journal"): "journal",
}
