"""``passerelle demo`` as a visitor meets it: its medical pole forwards, encrypted, to the demo's CNAS."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

from httpx import Client

from gateway.cli.demo import PASSWORD
from gateway.clock import SystemClock
from parsers.certificates import identities_from
from parsers.documents import PDF, inspect
from parsers.smime.model import Decryption, Identity, Trust
from parsers.smime.open import open_mail
from tests.worlds.command import ROOT, CommandLine
from tests.worlds.kept import MEDICAL_SERVICE as SERVICE
from tests.worlds.ports import free_port
from tests.worlds.web import csrf

_READY = "Pages : http"


@contextmanager
def _demo(cli: CommandLine) -> Iterator[list[str]]:
    """The demo, serving; what it said. It ends as by Ctrl-C in a terminal."""
    said: list[str] = []
    with subprocess.Popen(
        cli.words("demo"),
        cwd=cli.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        for line in demo.stdout or ():
            said.append(line)
            if _READY in line:
                break
        assert demo.poll() is None, "".join(said[-20:])
        try:
            yield said
        finally:
            demo.terminate()
            rest, _ = demo.communicate(timeout=60)
            said.append(rest)
    assert demo.returncode == 0, "".join(said[-20:])


def test_the_medical_pole_of_the_demo_forwards_a_report_encrypted(tmp_path: Path) -> None:
    """The report of a mixed file leaves alone; the other side opens it with its key; what ships stays."""
    port = free_port()
    cli = CommandLine.on(tmp_path, **{"port = 8352": f"port = {port}"})
    shipped = (tmp_path / "config" / "directory" / "correspondents.csv").read_bytes()
    letters = tmp_path / "var" / "demo" / "letters"
    with _demo(cli) as said, Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        form = {"csrf": csrf(client, "/connexion"), "identifiant": "medical.cnse", "mot_de_passe": PASSWORD}
        assert client.post("/connexion", data=form).status_code == 303
        path, page = _mixed(client)
        assert "Chiffré pour ce service" in page
        pieces = re.findall(r'name="pieces" value="(\d+)"', page)
        answer = client.post(path, data={"csrf": csrf(client, "/files"), "a": SERVICE, "pieces": pieces})
        assert answer.headers["location"].endswith("?fait=transmis#lettres")
        raw = _received(letters)
    assert any("refusé(s) à la porte" in line for line in said)
    identity: Identity = identities_from((letters / "keys" / f"{SERVICE}.pem").read_bytes())[0]
    opened = open_mail(raw, [identity], Trust(), SystemClock().now())
    assert (opened.security.encrypted, opened.security.decryption) == (True, Decryption.OK)
    (sent,) = (tmp_path / "var" / "demo" / "mails").glob("*301-et-cr.eml")
    whole, report = _words(sent.read_bytes()), _words(opened.entity)
    assert len(whole) == 3
    assert report == whole[1:], "the pages of the report, and nothing of the form"
    assert (tmp_path / "config" / "directory" / "correspondents.csv").read_bytes() == shipped


def _words(raw: bytes) -> list[list[str]]:
    """The words of each page of the one PDF of a message."""
    parts = message_from_bytes(raw, policy=policy.default).walk()
    (content,) = [part.get_content() for part in parts if part.get_content_type() == PDF]
    return [[word.text for word in page.words] for page in inspect(content, PDF).pages]


def _mixed(client: Client) -> tuple[str, str]:
    """The forwarding of the item whose file mixes a form and a report: its address and its page."""
    queue = client.get("/files/cnse-medical").text
    for item in dict.fromkeys(re.findall(r'href="(/elements/\d+)"', queue)):
        page = client.get(f"{item}/transmission").text
        if "pages 2 à 3 de dossier.pdf" in page:
            return f"{item}/transmission", page
    raise AssertionError("no item of the demo mixes a form and a report")


def _received(letters: Path) -> bytes:
    """The letter to the medical service, once it has come."""
    pause = threading.Event()
    for _ in range(600):
        found = sorted(letters.glob(f"* {SERVICE}.eml"))
        if found:
            return found[0].read_bytes()
        pause.wait(0.1)
    raise TimeoutError("nothing came to the medical service")
