"""Plays ``tests/dialogues/*.txt`` against the real listener.

One instruction a line. First ``: lmtp``, ``: max_bytes 1000``, ``: starttls`` or ``: starttls required``.
``-> text`` says a line; ``=> text`` says exactly that (escapes ``\\r \\n \\0 \\x00``); ``{A*9}`` stands for
nine A in both; ``<- 250 text`` expects one whole reply that starts with ``250`` and holds ``text``;
``<- hangs up`` expects the end; ``! tls`` shakes hands; ``! ends`` stops saying (half close);
``= messages 1``, ``= arrivals 2``, ``= holds text`` tell what was taken in the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.clock import SystemClock, TurnableClock
from gateway.evidence.record import Recorder
from gateway.settings import Smtp
from storage.db import Database
from storage.vault import Vault
from tests.worlds.reception import RawClient, Reception, write_tls

FOLDER = Path(__file__).parents[2] / "dialogues"
_REPEAT = re.compile(r"\{(.+?)\*(\d+)\}")


@dataclass
class Dialogue:
    settings: dict[str, str | int | bool] = field(default_factory=dict)
    turns: list[tuple[int, str, str]] = field(default_factory=list)
    outcome: list[tuple[str, str]] = field(default_factory=list)


def read(path: Path) -> Dialogue:
    dialogue = Dialogue()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        mark, _, text = line.partition(" ")
        if not line.strip() or mark == "#":
            continue
        if mark == ":":
            name, _, value = text.partition(" ")
            match name:
                case "lmtp":
                    dialogue.settings["protocol"] = "lmtp"
                case "starttls":
                    dialogue.settings |= {"certificate": "server.pem", "require_starttls": bool(value)}
                case _:
                    dialogue.settings[name] = int(value)
        elif mark == "=":
            verb, _, rest = text.partition(" ")
            dialogue.outcome.append((verb, rest))
        else:
            assert mark in {"->", "=>", "<-", "!"}, f"{path.name}:{number}: {line}"
            dialogue.turns.append((number, mark, text))
    return dialogue


def expanded(text: str, *, escapes: bool) -> bytes:
    whole = _REPEAT.sub(lambda found: found[1] * int(found[2]), text)
    if escapes:
        return whole.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")
    return whole.encode()


def play(client: RawClient, dialogue: Dialogue, name: str) -> None:
    for number, mark, text in dialogue.turns:
        place = f"{name}:{number}"
        match mark, text:
            case "->", _:
                client.say(expanded(text, escapes=False) + b"\r\n")
            case "=>", _:
                client.say(expanded(text, escapes=True))
            case "!", "tls":
                client.secure()
            case "!", "ends":
                client.finish_saying()
            case "<-", "hangs up":
                assert client.reply() == "", place
            case "<-", _:
                code, _, holds = text.partition(" ")
                reply = client.reply()
                assert reply.startswith(code), f"{place}: {reply!r}"
                assert holds in reply, f"{place}: {reply!r}"
            case _:
                pytest.fail(f"{place}: {mark} {text}")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_dialogue(
    path: Path,
    tmp_path: Path,
    sqlite_database: Database,
    vault: Vault,
    recorder: Recorder,
    clock: TurnableClock,
) -> None:
    dialogue = read(path)
    reception = Reception(sqlite_database, vault, recorder, clock)
    if "certificate" in dialogue.settings:
        write_tls(tmp_path, SystemClock().now())
    settings = Smtp.model_validate({"port": 0, **dialogue.settings})
    with reception.listening(settings, tmp_path) as listener, RawClient(listener.port) as client:
        play(client, dialogue, path.name)
    assert dialogue.outcome, f"{path.name} says nothing of what was taken"
    for verb, text in dialogue.outcome:
        match verb:
            case "messages":
                assert len(reception.deliveries()) == int(text)
            case "arrivals":
                assert len(reception.arrivals()) == int(text)
            case "holds":
                assert any(expanded(text, escapes=True) in raw for raw in reception.raws())
            case _:
                pytest.fail(f"{path.name}: {verb}")


def test_every_dialogue_is_played() -> None:
    assert len(list(FOLDER.glob("*.txt"))) >= 20
