"""What a circuit says of the work of people: letters by hand, registration, forwarding of reports.

The parts ``[desk]``, ``[registration]`` and ``[forwarding]`` of ``circuit.toml``, all optional: without
one, its page says so and does nothing. Everything that was not read in a text carries its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from gateway.circuits.model import Status

Text = Annotated[str, StringConstraints(min_length=1)]
CheckName = Literal["shape", "caisse", "sex", "key"]
Tacit = Literal["never", "with-reason"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ByHandTable(_Table):
    letter: Text
    title: Text


class DeskTable(_Table):
    """``[desk]``: the letters people write from an item or a case."""

    letters: list[ByHandTable]
    answer: str | None = None
    missing: str | None = None
    rejected: str | None = None
    rerouted: str | None = None
    institutions: list[Text] = []


class CheckTable(_Table):
    """One check of the provisional number; ``pattern`` or ``digits`` as its name needs."""

    name: CheckName
    title: Text
    pattern: str | None = None
    digits: list[int] = []
    basis: Text
    status: Status


class BillingTable(_Table):
    label: Text
    value: Text
    basis: Text
    status: Status


class RegistrationTable(_Table):
    """``[registration]`` of ``circuit.toml``."""

    letter: Text
    update_letter: Text
    basis: Text
    status: Status
    tacit: Tacit
    tacit_basis: Text
    tacit_status: Status
    checks: list[CheckTable] = []
    billing: list[BillingTable] = []


class ForwardingTable(_Table):
    """``[forwarding]`` of ``circuit.toml``."""

    kinds: list[Text]
    queue: Text
    role: Text
    letter: Text
    basis: Text
    status: Status


@dataclass(frozen=True, slots=True)
class ByHand:
    """A letter people may write, as the page calls it."""

    letter: str
    title: str


@dataclass(frozen=True, slots=True)
class DeskRules:
    """Letters by hand; ``missing`` asks for what lacks, ``rejected`` tells that a document is no use,
    ``rerouted`` tells a sender which address to use, ``answer`` is what a person starts from otherwise."""

    letters: tuple[ByHand, ...]
    missing: str | None
    rejected: str | None
    rerouted: str | None = None
    institutions: tuple[str, ...] = ()
    """Roles of the directory that letters and work of this circuit may be sent to."""
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """A check of the provisional number. One that is confirmed refuses; another asks for a reason."""

    name: CheckName
    title: str
    pattern: re.Pattern[str] | None
    digits: tuple[int, int] | None
    """First and last digit, counted from 1, both included."""
    basis: str
    status: Status


@dataclass(frozen=True, slots=True)
class BillingLine:
    """One thing a hospital needs to bill, with where it was read."""

    label: str
    value: str
    basis: str
    status: Status


@dataclass(frozen=True, slots=True)
class Registration:
    """How a caisse registers a beneficiary and answers the hospital."""

    letter: str
    update_letter: str
    basis: str
    status: Status
    tacit: Tacit
    """What a tacit acceptance may do to rights: nothing, or something with a person's written reason."""
    tacit_basis: str
    tacit_status: Status
    checks: tuple[NumberCheck, ...]
    billing: tuple[BillingLine, ...]


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Which documents leave for the other institution's medical service, and by which letter."""

    kinds: tuple[str, ...]
    queue: str
    role: str
    """Role of the addresses in the directory."""
    letter: str
    basis: str
    status: Status


def desk_rules(table: DeskTable | None) -> DeskRules | None:
    """The frozen value of a checked table."""
    if table is None:
        return None
    letters = tuple(ByHand(one.letter, one.title) for one in table.letters)
    roles = tuple(table.institutions)
    return DeskRules(letters, table.missing, table.rejected, table.rerouted, roles, table.answer)


def registration(table: RegistrationTable | None) -> Registration | None:
    """The frozen value of a checked table."""
    if table is None:
        return None
    return Registration(
        letter=table.letter,
        update_letter=table.update_letter,
        basis=table.basis,
        status=table.status,
        tacit=table.tacit,
        tacit_basis=table.tacit_basis,
        tacit_status=table.tacit_status,
        checks=tuple(_check(one) for one in table.checks),
        billing=tuple(BillingLine(b.label, b.value, b.basis, b.status) for b in table.billing),
    )


def forwarding(table: ForwardingTable | None) -> Forwarding | None:
    """The frozen value of a checked table."""
    if table is None:
        return None
    return Forwarding(tuple(table.kinds), table.queue, table.role, table.letter, table.basis, table.status)


def _check(table: CheckTable) -> NumberCheck:
    pattern = re.compile(table.pattern) if table.pattern else None
    digits = (table.digits[0], table.digits[1]) if len(table.digits) == 2 else None
    return NumberCheck(table.name, table.title, pattern, digits, table.basis, table.status)


_KEYS = ("answer", "missing", "rejected", "rerouted")
Complain = Callable[[tuple[str | int, ...], str], None]


def check_desk(
    desk: DeskTable | None,
    registering: RegistrationTable | None,
    forward: ForwardingTable | None,
    *,
    kinds: Collection[str],
    queues: Collection[str],
    letters: Collection[str],
    roles: Collection[str],
    complain: Complain,
) -> None:
    """Every name of the three parts exists, every check can be made."""
    for where, letter in letters_named(desk, registering, forward):
        if letter not in letters:
            complain(where, f"la lettre « {letter} » manque : letters/{letter}.txt n'existe pas")
    written = [one.letter for one in desk.letters] if desk is not None else []
    if desk is not None and desk.answer in letters and desk.answer not in written:
        said = f"la réponse « {desk.answer} » n'est pas de celles que l'on écrit ([desk] letters)"
        complain(("desk", "answer"), said)
    if registering is not None:
        for index, check in enumerate(registering.checks):
            fault = _fault(check)
            if fault:
                complain(("registration", "checks", index), fault)
    if forward is not None:
        for index, kind in enumerate(forward.kinds):
            if kind not in kinds:
                complain(("forwarding", "kinds", index), f"le type de document « {kind} » n'existe pas")
        if forward.queue not in queues:
            complain(("forwarding", "queue"), f"la file « {forward.queue} » n'existe pas")
        if forward.role not in roles:
            complain(("forwarding", "role"), f"le rôle « {forward.role} » n'existe pas dans l'annuaire")


def letters_named(
    desk: DeskTable | None, registering: RegistrationTable | None, forward: ForwardingTable | None
) -> Sequence[tuple[tuple[str | int, ...], str]]:
    """Each letter these parts name, with its place."""
    named: list[tuple[tuple[str | int, ...], str]] = []
    if desk is not None:
        named += [(("desk", "letters", i, "letter"), one.letter) for i, one in enumerate(desk.letters)]
        named += [(("desk", key), one) for key in _KEYS if (one := getattr(desk, key))]
    if registering is not None:
        keys = ("letter", "update_letter")
        named += [(("registration", key), getattr(registering, key)) for key in keys]
    if forward is not None:
        named.append((("forwarding", "letter"), forward.letter))
    return named


def _fault(check: CheckTable) -> str | None:
    if check.name == "shape":
        try:
            re.compile(check.pattern or "(")
        except re.error:
            return "la vérification « shape » attend une expression dans pattern"
        return None
    first_last = len(check.digits) == 2 and 1 <= check.digits[0] <= check.digits[1] <= 13
    if check.name == "caisse" and not first_last:
        return "la vérification « caisse » attend le premier et le dernier chiffre dans digits"
    return None
