"""Tokens of a real authority (`openssl ts`): kept when they prove, refused with the reason."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.evidence.stamping import Authority, StampRefused, Web, check, check_all, stamp
from tests.worlds.tsa import TimeStampAuthority

NOTE = "passerelle\n3\nAAAA\n2026-11-23T09:00:00.000000Z\n\n— passerelle AAAA\n"
NOW = SystemClock().now()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    with TimeStampAuthority(tmp_path_factory.mktemp("tsa"), NOW) as authority:
        yield authority


@pytest.fixture
def honest(tsa: TimeStampAuthority) -> TimeStampAuthority:
    tsa.other_request = tsa.answer = None
    return tsa


def asked(tsa: TimeStampAuthority, seconds: float = 10) -> Web:
    return Web(tsa.url, seconds)


def test_a_token_is_kept_and_says_the_time(honest: TimeStampAuthority, tmp_path: Path) -> None:
    authority = Authority.of(honest.ca)
    row = stamp(3, NOTE, asked(honest), authority, honest.url)
    assert abs(row.at - NOW) < timedelta(hours=1)
    assert check(row, NOTE, authority) == row.at
    assert (row.size, row.authority) == (3, honest.url)
    (tmp_path / "note").write_text(NOTE, "utf-8")
    (tmp_path / "token").write_bytes(row.token)
    words = ["openssl", "ts", "-verify", "-in", "token", "-data", "note", "-CAfile", str(honest.ca)]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in said.stdout + said.stderr


def test_a_token_about_something_else_is_refused(honest: TimeStampAuthority) -> None:
    authority = Authority.of(honest.ca)
    first = stamp(3, NOTE, asked(honest), authority, "")
    with pytest.raises(StampRefused, match="autre chose"):
        check(first, NOTE.replace("3", "4", 1), authority)
    honest.other_request = honest.asked[-1]
    with pytest.raises(StampRefused, match="autre chose"):
        stamp(4, NOTE + "x", asked(honest), authority, "")
    with pytest.raises(StampRefused, match="autre demande"):
        stamp(3, NOTE, asked(honest), authority, "")


def test_a_token_of_another_authority_is_refused(honest: TimeStampAuthority, tmp_path: Path) -> None:
    stranger = TimeStampAuthority(tmp_path / "other", NOW)
    honest_one = stamp(3, NOTE, asked(honest), Authority.of(honest.ca), "")
    with pytest.raises(StampRefused, match="signataire inconnu"):
        check(honest_one, NOTE, Authority.of(stranger.ca))


def test_a_token_signed_after_the_end_of_the_certificate_is_refused(tmp_path: Path) -> None:
    expired = TimeStampAuthority(tmp_path / "expired", NOW, lifetime=(-10, -5))
    with pytest.raises(StampRefused, match="hors de sa période"):
        stamp(3, NOTE, expired.reply, Authority.of(expired.ca), "")


def test_an_altered_token_is_refused(honest: TimeStampAuthority) -> None:
    authority = Authority.of(honest.ca)
    row = stamp(3, NOTE, asked(honest), authority, "")
    whole = row.token
    refused = 0
    for place in range(5, len(whole), max(1, len(whole) // 40)):
        row.token = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        try:
            check(row, NOTE, authority)
        except StampRefused:
            refused += 1
    assert refused > 20  # some bytes (of the copy of the authority's certificate, say) prove nothing
    row.token = whole[: len(whole) // 2]
    with pytest.raises(StampRefused):
        check(row, NOTE, authority)


@pytest.mark.parametrize(
    "answer",
    [(200, b"\x30\x05\x30\x03\x02\x01\x02"), (200, b""), (200, b"<html>"), (200, b"\x30\x80" * 50)],
)
def test_answers_that_are_no_token(honest: TimeStampAuthority, answer: tuple[int, bytes]) -> None:
    honest.answer = answer
    with pytest.raises(StampRefused):
        stamp(3, NOTE, asked(honest), Authority.of(honest.ca), "")


@pytest.mark.parametrize("answer", [(500, b""), (404, b"no"), (200, b"x" * 70_000)])
def test_an_authority_that_does_not_serve_is_away(
    honest: TimeStampAuthority, answer: tuple[int, bytes]
) -> None:
    honest.answer = answer
    with pytest.raises(Unavailable):
        stamp(3, NOTE, asked(honest), Authority.of(honest.ca), "")


def test_an_authority_that_is_down_is_away(honest: TimeStampAuthority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        stamp(3, NOTE, Web(f"http://127.0.0.1:{port}/", 2), Authority.of(honest.ca), "")


def test_a_file_without_root_believes_nobody(honest: TimeStampAuthority, tmp_path: Path) -> None:
    with pytest.raises(StampRefused, match="aucune autorité racine"):
        Authority.of(honest.folder / "tsa.pem")
    with pytest.raises(StampRefused, match="ne se lit pas"):
        Authority.of(tmp_path / "absent.pem")


def test_all_the_tokens_kept_are_judged(honest: TimeStampAuthority) -> None:
    authority = Authority.of(honest.ca)
    good = stamp(3, NOTE, asked(honest), authority, "")
    late = stamp(5, NOTE, asked(honest), authority, "")
    late.at += timedelta(days=1)
    told = check_all([(good, NOTE), (late, NOTE), (good, "other\n")], authority)
    assert told[0] == (3, None)
    assert told[1][1] is not None
    assert "heure" in told[1][1]
    assert told[2][1] is not None
