"""Which caisse a place of care depends on, who writes, and which hospital a name means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.circuits.directory import (
    Correspondent,
    Directory,
    Establishment,
    caisse_for,
    correspondent_of,
    departement_of,
    establishment_named,
    fold,
    luhn,
)
from gateway.circuits.people import Findings, read_directory

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def directory() -> Directory:
    findings = Findings()
    read = read_directory(CONFIG / "directory", "directory", findings)
    assert findings.faults == []
    return read


def test_the_shipped_directory_has_the_107_current_caisses_and_no_departement_without(
    directory: Directory,
) -> None:
    departements = {f"{n:02d}" for n in range(1, 96)} - {"20"} | {"2A", "2B"}
    departements |= {"971", "972", "973", "974", "976"}
    assert len(directory.caisses) == 107
    assert {c.departement for c in directory.caisses.values()} == departements


def test_only_four_departements_have_several_caisses(directory: Directory) -> None:
    several = [c.departement for c in directory.caisses.values()]
    assert {d for d in several if several.count(d) > 1} == {"59", "62", "64", "76"}


def test_the_codes_that_contradict_snds_are_not_there(directory: Directory) -> None:
    assert not {"591", "592", "593", "621", "622", "761"} & set(directory.caisses)


def test_every_made_up_establishment_has_a_right_key_and_a_caisse(directory: Directory) -> None:
    for finess in directory.establishments:
        assert luhn(finess), finess
        assert caisse_for(directory, finess).caisse is not None, finess


@pytest.mark.parametrize(
    ("case", "finess", "commune", "caisse"),
    [
        ("the commune decides in the Nord: Dunkerque", "599000015", None, "594"),
        ("the commune decides in the Nord: Lille", "599000023", None, "595"),
        ("the directory's own word wins over the commune", "599000031", None, "599"),
        ("a commune given beside an unknown number of the Nord", "590780193", "59512", "597"),
        ("a commune given beside an unknown number of the Pas-de-Calais", "620000000", "62041", "624"),
        ("Bayonne and Pau are two caisses", "649000015", None, "641"),
        ("Le Havre and Rouen are two caisses", "769000019", None, "763"),
        ("Corse-du-Sud is 2A", "2A9000015", None, "201"),
        ("Haute-Corse is 2B", "2B9000013", None, "202"),
        ("an unknown number of Corsica", "2A0000014", None, "201"),
        ("Guadeloupe by the fourth character", "970190013", None, "971"),
        ("Martinique by the fourth character", "970211207", None, "972"),
        ("Guyane by the fourth character", "970302022", None, "973"),
        ("La Réunion by the fourth character", "970400000", None, "974"),
        ("Mayotte begins with 98", "980500003", None, "976"),
        ("Paris has one caisse", "750712184", None, "751"),
        ("Rhône has one caisse since the merger", "690781810", None, "691"),
        ("Bouches-du-Rhône has one caisse", "130786049", None, "131"),
        ("Haute-Garonne has one caisse", "319000014", None, "311"),
        ("Bas-Rhin has one caisse", "679000018", None, "673"),
    ],
)
def test_caisse_of_a_place_of_care(
    directory: Directory, case: str, finess: str, commune: str | None, caisse: str
) -> None:
    answer = caisse_for(directory, finess, commune)
    assert answer.caisse is not None, case
    assert answer.caisse.code == caisse, case
    assert caisse in answer.reason


@pytest.mark.parametrize(
    ("case", "finess", "commune", "words"),
    [
        ("several caisses and no commune", "590780193", None, "plusieurs caisses"),
        ("several caisses and a commune the table lacks", "590780193", "59999", "59999"),
        ("Saint-Pierre-et-Miquelon has no such caisse", "970500000", None, "975"),
        ("a number that begins like no département", "200000001", None, "sans caisse connue"),
    ],
)
def test_a_caisse_that_cannot_be_said_is_explained(
    directory: Directory, case: str, finess: str, commune: str | None, words: str
) -> None:
    answer = caisse_for(directory, finess, commune)
    assert answer.caisse is None, case
    assert words in answer.reason, case
    assert answer.reason.endswith(".")


def test_a_commune_to_be_confirmed_says_so(directory: Directory) -> None:
    assert "à confirmer" in caisse_for(directory, "599000015").reason
    sure = replace(directory, unconfirmed=frozenset())
    assert "à confirmer" not in caisse_for(sure, "599000015").reason


@pytest.mark.parametrize(
    ("finess", "departement"),
    [("970211207", "972"), ("980500003", "976"), ("2A0000014", "2A"), ("010000000", "01")],
)
def test_departement_of_a_number(finess: str, departement: str) -> None:
    assert departement_of(finess) == departement


@pytest.mark.parametrize(
    ("finess", "good"),
    [
        ("750712184", True),
        ("690781810", True),
        ("970211207", True),
        ("2A0000014", True),
        ("2B0000020", True),
        ("750712185", False),
        ("75071218", False),
        ("7507121840", False),
        ("ABCDEFGHI", False),
        ("", False),
    ],
)
def test_the_check_digit_counts_a_as_one_and_b_as_two(finess: str, good: bool) -> None:
    assert luhn(finess) is good


HOSPITAL = Establishment("599000015", "CH des Dunes", "59183", None, ("dunes.example",))


def people(*correspondents: Correspondent) -> Directory:
    other = Establishment("599000023", "HU du Beffroi", "59350", None, ("commun.example",))
    third = Establishment("599000031", "CH de la Scarpe", "59606", None, ("commun.example",))
    known = {e.finess: e for e in (HOSPITAL, other, third)}
    return Directory({}, known, correspondents, {})


ADDRESS = Correspondent("bureau@dunes.example", "refused", "Bureau", None)
DOMAIN = Correspondent("@dunes.example", "hospital", "Domaine", "599000015")


@pytest.mark.parametrize(
    ("case", "address", "name"),
    [
        ("the address wins over its domain", "bureau@dunes.example", "Bureau"),
        ("case is nothing", "Bureau@DUNES.example", "Bureau"),
        ("the domain speaks for the other addresses", "ri@dunes.example", "Domaine"),
        ("a subdomain is another domain", "ri@mail.dunes.example", None),
        ("a longer domain is another domain", "ri@notdunes.example", None),
        ("a stranger", "x@ailleurs.example", None),
        ("no domain at all", "bureau", None),
        ("an empty domain", "bureau@", None),
    ],
)
def test_who_writes(case: str, address: str, name: str | None) -> None:
    found = correspondent_of(people(ADDRESS, DOMAIN), address)
    assert (found.name if found else None) == name, case


def test_an_establishment_s_own_mail_domain_makes_it_known() -> None:
    found = correspondent_of(people(), "ri@dunes.example")
    assert found == Correspondent("@dunes.example", "hospital", "CH des Dunes", "599000015")


def test_a_domain_shared_by_two_establishments_names_neither() -> None:
    found = correspondent_of(people(), "ri@commun.example")
    assert found is not None
    assert found.finess is None


@pytest.mark.parametrize(
    ("written", "finess"),
    [
        ("CENTRE HOSPITALIER DES DUNES", "599000015"),
        ("Centre hospitalier des Dunes.", "599000015"),
        ("Dunes (centre hospitalier des)", "599000015"),
        ("Centre hospitalir des Dunes", "599000015"),
        ("Hopital de l’Estuaire", "449000017"),
        ("Centre hospitalier", None),
        ("Hôpital de la Plaine", None),
        ("", None),
        ("…", None),
    ],
)
def test_which_hospital_a_written_name_means(
    directory: Directory, written: str, finess: str | None
) -> None:
    found = establishment_named(directory, written)
    assert (found.finess if found else None) == finess


def test_two_hospitals_of_one_name_are_neither() -> None:
    twin = Establishment("139000012", "CH des Dunes", "13055", None)
    known = {e.finess: e for e in (HOSPITAL, twin)}
    assert establishment_named(Directory({}, known, (), {}), "CH des Dunes") is None


def test_folding_keeps_letters_and_digits_only() -> None:
    assert fold("  Hôpital d’Aïn-Naadja n°2 ") == "HOPITAL D AIN NAADJA N 2"
