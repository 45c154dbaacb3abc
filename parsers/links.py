"""What an XDM submission says of documents sent before: replaced, withdrawn (ITI TF-3 4.2.2.2, 4.2.2.4).

A replacement is an association ``RPLC`` (or ``XFRM_RPLC``) from the new entry to the old one. A withdrawal
is an entry whose status is deleted, an association that says so, or an update of availability whose new
status is deprecated or deleted. The old entry may have come in another mail: it is then only named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.xmltree import Element, attribute, children, find_all, text_of

_REPLACES = frozenset({"rplc", "xfrm_rplc"})
_UPDATES = frozenset({"updateavailabilitystatus"})
_MAX = 200
"""Associations that are read: no archive of a few documents has more."""


@dataclass(frozen=True, slots=True)
class Links:
    """By entry: what it replaces; and the entries that are withdrawn, in order."""

    replaces: dict[str, list[str]] = field(default_factory=dict)
    withdrawn: dict[str, None] = field(default_factory=dict)

    def action_of(self, entry: str) -> str:
        """``deletion``, ``replacement`` or ``""``."""
        if entry in self.withdrawn:
            return "deletion"
        return "replacement" if entry in self.replaces else ""


def read_links(root: Element) -> Links:
    """What the associations and the statuses of a submission say."""
    links = Links()
    for number, each in enumerate(find_all(root, "Association")):
        if number >= _MAX:
            break
        kind = attribute(each, "associationType").lower().rpartition(":")[2]
        source, target = attribute(each, "sourceObject"), attribute(each, "targetObject")
        if kind in _REPLACES and target:
            links.replaces.setdefault(source, []).append(target)
        elif target and ("delet" in kind or (kind in _UPDATES and _ends(slot(each, "NewStatus")))):
            links.withdrawn[target] = None
    for each in find_all(root, "ExtrinsicObject"):
        if _ends([attribute(each, "status")]):
            links.withdrawn[attribute(each, "id")] = None
    return links


def slot(entry: Element, name: str) -> list[str]:
    """The values of a slot of this very object."""
    for each in children(entry, "Slot"):
        if attribute(each, "name").lower() == name.lower():
            return [text_of(value) for value in children(each, "ValueList", "Value")]
    return []


def _ends(statuses: list[str]) -> bool:
    """A status that takes a document out of use."""
    return any("delet" in each.lower() or "deprecat" in each.lower() for each in statuses)
