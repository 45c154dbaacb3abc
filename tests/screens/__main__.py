"""``make screens``: the main pages on the demo's data, as pictures in ``docs/screens``.

Runs the demo itself (27 mails over SMTP, on a free port, in a folder of its own), signs in as the people
of the demo, and takes each page as Chromium shows it. Dates are those of the day: the pictures change at
every run, and are looked at by a person before they are committed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.cli.demo import PASSWORD
from tests.worlds.ports import free_port

HERE = Path(__file__).parents[2]
OUT = HERE / "docs" / "screens"
_READY = "Pages :"
_COLOURS = 128
"""Of the palette a picture is kept in: flat pages lose nothing the eye sees, and weigh a third."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: who looks, at what, on which screen."""

    name: str
    login: str
    reach: Callable[[Page, str], None]
    width: int = 1360
    height: int = 900
    dark: bool = False


def _at(path: str) -> Callable[[Page, str], None]:
    return lambda page, address: _go(page, address + path)


def _form(page: Page, address: str) -> None:
    _go(page, f"{address}/files/cpam-595")
    page.locator("#liste tbody tr", has_text="SE 352-301").first.locator("a").first.click()
    page.wait_for_load_state("networkidle")


def _case(page: Page, address: str) -> None:
    _form(page, address)
    page.locator(".strip a[href^='/dossiers/']").first.click()
    page.wait_for_load_state("networkidle")


def _go(page: Page, address: str) -> None:
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{address} answered {answer.status if answer else 'nothing'}")


SHOTS = (
    Shot("1-files", "superviseur", _at("/files")),
    Shot("2-file", "superviseur", _at("/files/cpam-595")),
    Shot("3-element", "cpam.595", _form, height=1500),
    Shot("4-dossier", "cpam.595", _case, height=1300),
    Shot("5-tableau-de-bord", "superviseur", _at("/tableau")),
    Shot("6-element-sombre", "cpam.595", _form, height=1500, dark=True),
    Shot("7-file-telephone", "superviseur", _at("/files/cpam-595"), width=390, height=844),
)


def main() -> int:
    """Take every picture, or those named on the command line."""
    wanted = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    OUT.mkdir(parents=True, exist_ok=True)
    with _demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--hide-scrollbars"]
        )
        for shot in wanted:
            file = OUT / f"{shot.name}.png"
            file.write_bytes(_small(_taken(browser, shot, address)))
            print(f"{file.relative_to(HERE)}: {file.stat().st_size // 1024} kB")
        browser.close()
    return 0


def _taken(browser: Browser, shot: Shot, address: str) -> bytes:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        locale="fr-FR",
        timezone_id="Europe/Paris",
    )
    page = context.new_page()
    page.goto(address + "/connexion")
    page.get_by_label("Identifiant").fill(shot.login)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(re.compile(re.escape(address) + "/(?!connexion)"))
    shot.reach(page, address)
    taken = page.screenshot()
    context.close()
    return taken


def _small(png: bytes) -> bytes:
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


@contextmanager
def _demo() -> Iterator[str]:
    """The demo, served on a port of its own, from a folder that goes away with it."""
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), free_port()
        shutil.copytree(HERE / "config", root / "config")
        settings = root / "config" / "gateway.toml"
        settings.write_text(settings.read_text("utf-8").replace("port = 8352", f"port = {port}"), "utf-8")
        command = [sys.executable, "-m", "gateway", "--config", str(settings), "demo"]
        with subprocess.Popen(
            command,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(HERE)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as demo:
            said: list[str] = []
            for line in demo.stdout or ():
                said.append(line)
                if _READY in line:
                    break
            else:
                raise SystemExit("The demo did not come to its end:\n" + "".join(said[-20:]))
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                demo.terminate()


if __name__ == "__main__":
    sys.exit(main())
