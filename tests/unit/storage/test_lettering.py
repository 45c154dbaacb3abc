"""Words as the index keeps them: folded, joined to their particle, by sound, by letters."""

from __future__ import annotations

import pytest

from storage import lettering


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Haddad Fatima-Zohra", {"HADDAD", "FATIMA", "ZOHRA"}),
        ("ben Ali", {"BEN", "ALI", "BENALI"}),
        ("Aït-El Hadj", {"AIT", "EL", "HADJ", "AITEL", "ELHADJ"}),
        ("Abd el-Kader", {"ABD", "EL", "KADER", "ABDELKADER"}),
        ("N'Guyen Œuvré", {"N", "GUYEN", "OEUVRE"}),
        ("", set()),
        ("💶 — %_", set()),
        ("x" * 41, set()),
    ],
)
def test_every_word_of_a_name(text: str, words: set[str]) -> None:
    assert words - lettering.every(text) <= {"AITEL", "ELHADJ"}
    assert lettering.every(text) - words <= {"AITELHADJ"}


def test_a_particle_apart_or_joined_shares_a_word() -> None:
    for text in ("Ben Ali", "BEN-ALI", "Benali", "bénali"):
        assert "BENALI" in lettering.every(text)


@pytest.mark.parametrize(
    "names",
    [
        ("MOHAMED", "MOHAMMED", "MUHAMMAD", "MOHAMAD"),
        ("OUAHIBA", "WAHIBA"),
        ("CHERIF", "SHERIF", "CHARIF"),
        ("DJAMEL", "DJAMAL", "DJEMEL"),
        ("KHADIDJA", "KHADIJA"),
        ("YOUSSEF", "YUSUF", "YOUCEF"),
    ],
)
def test_transliterations_have_one_sound(names: tuple[str, ...]) -> None:
    assert len({lettering.sound(name) for name in names} - {None}) == 1


def test_numbers_and_vowels_have_no_sound_nor_letters() -> None:
    assert lettering.sound("861234567890") is None
    assert lettering.sound("AIE") is None
    assert lettering.grams("DZ2026204520") == []
    assert lettering.grams("ALI") == ["ALI", "LI$", "^AL"]


def test_a_reference_is_one_word() -> None:
    assert lettering.whole("spa-2026/00042") == lettering.whole("SPA 2026 00042") == "SPA202600042"
