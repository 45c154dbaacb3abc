"""Which documents of a mail each of its queues holds: a mail may speak of several people; pure.

What one person's forms say is not told to those who work another's (architecture, decision 4). The mail's
own text goes with every part: its sender wrote it to all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gateway.cases.grouping import Group, identity_of
from gateway.circuits.decision import Decision, Route


def by_caisse(groups: Iterable[Group], decision: Decision) -> tuple[Group, ...]:
    """The same groups, each cut where its documents belong to the queues of several caisses.

    A form that names nobody follows the person named in its mail, never into another caisse's case.
    """
    found: list[Group] = []
    for group in groups:
        caisses = [_caisse(document.position, decision) for document in group.documents]
        first = next((caisse for caisse in caisses if caisse is not None), None)
        own = {caisse or first for caisse in caisses}
        if len(own) == 1:
            found.append(group)
            continue
        for caisse in dict.fromkeys(one or first for one in caisses):
            documents = tuple(
                d for d, its in zip(group.documents, caisses, strict=True) if (its or first) == caisse
            )
            identity = group.identity if caisse == first else identity_of(documents[0], None)
            found.append(Group(documents, identity))
    return tuple(found)


def caisse_of(group: Group, decision: Decision) -> str | None:
    """The caisse of a group: that of its own documents' queue, else that of the mail."""
    own = (_caisse(document.position, decision) for document in group.documents)
    return next((caisse for caisse in own if caisse is not None), decision.caisse)


def held(
    route: Route, decision: Decision, groups: Sequence[Group], notes: Collection[int]
) -> list[int] | None:
    """Positions of the documents this route's queue holds; ``None``: all of the mail.

    Its own, those of the people it concerns, and ``notes`` (the mail's own text); never what only speaks of
    somebody else, nor what is in the queue of another caisse.
    """
    every = {position for one in decision.routes for position in one.documents}
    mine = set(route.documents)
    for group in groups:
        positions = {document.position for document in group.documents}
        if positions & mine:
            mine |= positions
    if route.caisse is not None:
        others = (one for one in decision.routes if one.caisse not in {None, route.caisse})
        mine -= {position for one in others for position in one.documents}
    return None if every <= mine else sorted(mine | set(notes))


def _caisse(position: int, decision: Decision) -> str | None:
    return next((route.caisse for route in decision.routes if position in route.documents), None)
