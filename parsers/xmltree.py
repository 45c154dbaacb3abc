"""XML of strangers to a tree: no DTD, no entity, no external reference, a ceiling on size.

Look-ups ignore namespaces, since prefixes and versions vary from one hospital's software to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from parsers.errors import Hostile, Malformed, TooLarge
from parsers.limits import Limits

__all__ = ["Element", "attribute", "child", "children", "find_all", "local", "read_xml", "text_of"]


def read_xml(data: bytes, limits: Limits) -> Element:
    """The root of the document.

    Raises ``TooLarge`` above ``limits.xml_bytes``, ``Hostile`` for a DTD or an entity, ``Malformed`` else.
    """
    if len(data) > limits.xml_bytes:
        raise TooLarge("Le document XML dépasse la taille permise.")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Hostile("Le document XML déclare des entités, ce qui est interdit ici.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed("Le document XML est abîmé.") from error
    return root


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, *path: str) -> Iterator[Element]:
    """Elements at the end of a path of child names, in document order."""
    if element is None:
        return
    if not path:
        yield element
        return
    for each in element:
        if local(each) == path[0]:
            yield from children(each, *path[1:])


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at the end of a path of child names."""
    return next(children(element, *path), None)


def find_all(element: Element, name: str) -> Iterator[Element]:
    """Every descendant of that name, whatever its depth."""
    return (each for each in element.iter() if local(each) == name)


def attribute(element: Element | None, name: str) -> str:
    """An attribute's value without surrounding blanks, or an empty string."""
    return "" if element is None else (element.get(name) or "").strip()


def text_of(element: Element | None) -> str:
    """All the text below an element, blanks collapsed; empty when there is no element."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
