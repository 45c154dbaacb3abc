"""The roles a circuit brings with it: ``[[roles]]``, each with the set of rights it reuses.

Some roles are everybody's (``BUILT_IN``; their rights are the matrix of ``gateway.web.access``). A circuit
names its own and says which known set of staff rights each one has. What a role may read stays what the
queues of its circuit say: nothing here opens the queue of another circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from gateway.circuits.model import CAISSE

Text = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=40)]
Secrecy = Literal["administrative", "medical"]

OF_CAISSE = "cpam"
"""The role of one caisse: always written with its code, ``cpam:594``."""
LIKES: dict[str, Secrecy] = {"cnse-admin": "administrative", "cnse-medical": "medical"}
"""Sets of rights a circuit may reuse, and the class of document each one opens.

Those that reach beyond one circuit (a supervisor reads every queue, an administrator makes accounts, an
auditor reads the whole log) or that need a caisse are not among them.
"""
READERS = (*LIKES, "supervisor")
"""Built-in roles that may read a queue which names them; with them, ``cpam:<caisse>``."""
BUILT_IN = (*READERS, OF_CAISSE, "auditor", "admin")


@dataclass(frozen=True, slots=True)
class Role:
    """One role of a circuit: who holds it has the rights of ``like``, in the queues that name it."""

    name: str
    title: str
    like: str
    confidentiality: Secrecy


class RoleTable(BaseModel):
    """``[[roles]]`` of ``circuit.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Name
    title: Text
    like: Text
    confidentiality: Secrecy


Complain = Callable[[tuple[str | int, ...], str], None]


def check_roles(
    roles: Sequence[RoleTable], written: Sequence[str], queues: Sequence[Sequence[str]], complain: Complain
) -> None:
    """Each role is new, reuses a known set of rights, is read by a queue; each queue's role is known.

    ``written``: every name of ``[[roles]]``, those of badly shaped tables included.
    """
    names = [role.name for role in roles]
    for index, role in enumerate(roles):
        where = ("roles", index)
        if role.name in BUILT_IN:
            complain((*where, "name"), f"« {role.name} » est un rôle du programme : changez ce nom")
        if role.name in names[:index]:
            complain((*where, "name"), f"« {role.name} » est écrit deux fois")
        if role.like not in LIKES:
            complain(
                (*where, "like"),
                f"« {role.like} » n'est pas un jeu de droits qu'un circuit reprend : {', '.join(LIKES)}",
            )
        elif role.confidentiality != LIKES[role.like]:
            complain(
                (*where, "confidentiality"),
                f"le jeu de droits « {role.like} » est {LIKES[role.like]} : écrivez-le, ou changez like",
            )
        if not any(role.name in asked for asked in queues):
            complain((*where, "name"), f"aucune file ne nomme le rôle « {role.name} » : il ne lirait rien")
    for index, asked in enumerate(queues):
        for position, name in enumerate(asked):
            if not _reads(name, written):
                complain(
                    ("queues", index, "roles", position),
                    f"personne n'a le rôle « {name} » : écrivez-le dans [[roles]], ou prenez"
                    f" {', '.join(READERS)} ou {OF_CAISSE}:{CAISSE}",
                )


def _reads(name: str, written: Sequence[str]) -> bool:
    role, mark, code = name.partition(":")
    if mark:
        return role == OF_CAISSE and (code == CAISSE or (len(code) == 3 and code.isdigit()))
    return name in READERS or name in written
