"""A program searches as a page does: what only looks like it is told apart, what is left out is said."""

from __future__ import annotations

import pytest

from storage import search
from tests.builders import seed
from tests.worlds.programs import program
from tests.worlds.web import World


def test_what_only_looks_like_it_is_told_apart(world: World) -> None:
    agathe = program(world, "agathe")
    exact = agathe.get("/api/v1/search", params={"q": "haddad"}).json()
    near = agathe.get("/api/v1/search", params={"q": "hadadd"}).json()
    assert [case["reference"] for case in exact["cases"]] == [seed.CASE]
    assert (exact["near_items"], exact["more"]) == ([], False)
    assert near["near_items"] == [one["id"] for one in near["items"]] != []


def test_what_is_left_out_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.find, "__kwdefaults__", {"limit": 1, "case_limit": 1, "text": True})
    found = program(world, "sylvie").get("/api/v1/search", params={"q": "haddad"}).json()
    assert len(found["items"]) == 1
    assert found["more"]
