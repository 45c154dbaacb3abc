"""One page of a PDF with what it draws and nothing else: shelves of resources are often shared by a file.

A page names fonts, pictures and patterns on its shelves; what it does not name may be the picture of
another page. Forms drawn inside a page have shelves of their own, which are pruned in turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from parsers.errors import Malformed, TooLarge
from parsers.limits import Limits

LEAKS = "Ce PDF lie ces pages aux autres : elles ne peuvent pas partir seules."
_SHEET = ("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/UserUnit", "/Group")
_INHERITED = frozenset({"/MediaBox", "/CropBox", "/Rotate", "/Resources"})
_SHELVES = {
    "Do": "/XObject",
    "Tf": "/Font",
    "gs": "/ExtGState",
    "scn": "/Pattern",
    "SCN": "/Pattern",
    "sh": "/Shading",
}
"""Operators that name a resource, last but for ``Tf``, and the shelf it lies on."""
_OPERATORS = " ".join(_SHELVES)
_ASIDE = (
    "/PieceInfo", "/Metadata", "/AF", "/Ref", "/OPI", "/Alternates", "/OC", "/StructParent",
    "/StructParents", "/Thumb", "/LastModified", "/Measure", "/PtData", "/AA", "/A", "/Annots",
)  # fmt: skip
"""Keys of streams and typed dictionaries that draw nothing and may lead anywhere."""
_FOREIGN = frozenset({
    "/Annot", "/Filespec", "/EmbeddedFile", "/StructElem", "/StructTreeRoot", "/Action", "/Outlines",
    "/OCG", "/Metadata", "/Sig",
})  # fmt: skip
_LARGEST = 200_000
"""Objects of a few pages: more is a bomb."""


def bare(source: pikepdf.Pdf, page: pikepdf.Page, limits: Limits) -> Object:
    """A new page in ``source`` that draws the same. Raises ``TooLarge``, or what qpdf raises."""
    sheet = Dictionary(Type=Name.Page)
    for key in _SHEET:
        value = _own(page.obj, key)
        if value is not None:
            sheet[key] = value
    shelves = _own(page.obj, "/Resources")
    pruner = _Pruner(limits)
    sheet["/Resources"] = pruner.shelves([page], shelves if isinstance(shelves, Dictionary) else None, 0)
    contents = page.obj.get("/Contents")
    if contents is not None:
        sheet["/Contents"] = contents
    return source.make_indirect(sheet)


def _own(page: Object, key: str) -> Object | None:
    """The value of a page, or that of the tree it hangs from."""
    node: Object | None = page
    for _ in range(64):
        if not isinstance(node, Dictionary):
            return None
        if key in node:
            return node[key]
        if key not in _INHERITED:
            return None
        node = node.get("/Parent")
    return None


class _Pruner:
    """Prunes the shelves of one page and of everything it draws, each once."""

    def __init__(self, limits: Limits) -> None:
        self._depth = limits.depth
        self._done: set[tuple[int, int]] = set()

    def shelves(
        self, owners: Iterable[pikepdf.Page | Object], shelves: Object | None, depth: int
    ) -> Dictionary:
        """What ``owners`` name among ``shelves``; colour spaces as they are: they show nothing."""
        if depth > self._depth:
            raise TooLarge("Les pages de ce PDF imbriquent plus de dessins que la limite permise.")
        kept = Dictionary()
        if shelves is None:
            return kept
        colours = shelves.get("/ColorSpace")
        if isinstance(colours, Dictionary):
            kept["/ColorSpace"] = colours
        for shelf, names in _named(owners).items():
            there = shelves.get(shelf)
            if not isinstance(there, Dictionary):
                continue
            found = Dictionary()
            for name in sorted(names):
                if name in there:
                    self._inside(there[name], shelves, depth)
                    found[name] = there[name]
            kept[shelf] = found
        return kept

    def _inside(self, thing: Object, outer: Object, depth: int) -> None:
        """Prune what ``thing`` draws by itself. A form without shelves uses those of whoever draws it."""
        if not isinstance(thing, Dictionary | Stream) or self._seen(thing):
            return
        if isinstance(thing, Stream) and _draws(thing):
            own = thing.get("/Resources")
            thing["/Resources"] = self.shelves(
                [thing], own if isinstance(own, Dictionary) else outer, depth + 1
            )
            return
        glyphs = thing.get("/CharProcs")
        if isinstance(glyphs, Dictionary):
            own = thing.get("/Resources")
            drawn = [one for one in glyphs.values() if isinstance(one, Stream)]
            thing["/Resources"] = self.shelves(
                drawn, own if isinstance(own, Dictionary) else outer, depth + 1
            )
        mask = thing.get("/SMask")
        if isinstance(mask, Dictionary) and isinstance(mask.get("/G"), Stream):
            self._inside(mask["/G"], outer, depth + 1)
        font = thing.get("/Font")
        if isinstance(font, Array) and len(font):
            self._inside(font[0], outer, depth + 1)

    def _seen(self, thing: Object) -> bool:
        if not thing.is_indirect:
            return False
        known = thing.objgen in self._done
        self._done.add(thing.objgen)
        return known


def _draws(thing: Object) -> bool:
    """A form, or a pattern of tiles: a stream with content and shelves."""
    return thing.get("/Subtype") == Name.Form or thing.get("/PatternType") == 1


def _named(owners: Iterable[pikepdf.Page | Object]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for owner in owners:
        for instruction in pikepdf.parse_content_stream(owner, _OPERATORS):
            operator = str(instruction.operator)
            operands = list(instruction.operands)
            wanted = operands[:1] if operator == "Tf" else operands[-1:]
            found[_SHELVES[operator]].update(str(one) for one in wanted if isinstance(one, Name))
    return found


def swept(made: pikepdf.Pdf, pages: int, limits: Limits) -> None:
    """Take away what draws nothing, then make sure that nothing of another page is left.

    Raises ``Malformed`` when it is, ``TooLarge``.
    """
    for thing in _everything(made):
        if isinstance(thing, Stream) or "/Type" in thing:
            for key in _ASIDE:
                if key in thing:
                    del thing[key]
    sheets = 0
    for thing in _everything(made):
        kind = thing.get("/Type")
        sheets += kind == Name.Page
        if str(kind) in _FOREIGN or thing.get("/Subtype") == Name.Widget:
            raise Malformed(LEAKS)
    if sheets != pages:
        raise Malformed(LEAKS)
    if pages > limits.pages:
        raise TooLarge("Ces pages sont plus nombreuses que le plafond accepté.")


def _everything(made: pikepdf.Pdf) -> Iterator[Object]:
    """Every dictionary and stream that can be reached, each once. Raises ``TooLarge``."""
    waiting: list[Object] = [made.Root, made.trailer]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        thing = waiting.pop()
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
        count += 1
        if count > _LARGEST:
            raise TooLarge("Ces pages comptent plus d'objets que le plafond accepté.")
        if isinstance(thing, Array):
            waiting.extend(one for one in thing if isinstance(one, Array | Dictionary | Stream))
        else:
            waiting.extend(one for _, one in thing.items() if isinstance(one, Array | Dictionary | Stream))
            yield thing
