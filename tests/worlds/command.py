"""The command line as scripts meet it: a process, its exit status, its two outputs."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import log
from gateway.cli.main import main
from tests.worlds.house import Home, copied_config

ROOT = Path(__file__).resolve().parents[2]


def settings_of(home: Home) -> Path:
    """A settings file for the command line, on the folder and the database of ``home``."""
    config = home.root / "config"
    if not config.exists():
        copied_config(home.root)
    file = config / "gateway.toml"
    url = f'database = "{home.house.settings.storage.database}"'
    file.write_text(re.sub(r"(?m)^database = .*$", url, file.read_text("utf-8"), count=1), "utf-8")
    return file


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """Standard error as the one sentence a refusal must be."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """``passerelle`` on a copy of the configuration; ``var`` appears beside it at first use."""

    folder: Path

    @classmethod
    def on(cls, folder: Path, **replaced: str) -> CommandLine:
        """A fresh copy under ``folder``, without OCR; ``replaced`` maps lines of gateway.toml."""
        settings = copied_config(folder) / "gateway.toml"
        text = settings.read_text("utf-8")
        for old, new in {'engine = "rapidocr"': 'engine = "off"', **replaced}.items():
            assert old in text
            text = text.replace(old, new)
        settings.write_text(text, "utf-8")
        return cls(folder)

    def words(self, *words: object) -> list[str]:
        settings = self.folder / "config" / "gateway.toml"
        return [sys.executable, "-m", "gateway", "--config", str(settings), *(str(w) for w in words)]

    def run(self, *words: object, given: str = "") -> Said:
        done = subprocess.run(
            self.words(*words), cwd=ROOT, input=given, capture_output=True, text=True, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def call(self, *words: object, given: str = "") -> Said:
        """The same without a process of its own: for what a process would add nothing to."""
        out, err = io.StringIO(), io.StringIO()
        loggers = [log.LOGGER, logging.getLogger("gateway")]
        kept = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
        before, sys.stdin = sys.stdin, io.StringIO(given)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = main(self.words(*words)[3:])
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            sys.stdin = before
            for logger, handlers, level, propagate in kept:
                logger.handlers[:], logger.propagate = handlers, propagate
                logger.setLevel(level)
        return Said(status, out.getvalue(), err.getvalue())

    def tree(self) -> dict[str, str]:
        """Every file under the folder with the hash of its bytes; folders end with a slash."""
        return {
            str(path.relative_to(self.folder)) + ("/" if path.is_dir() else ""): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            )
            for path in sorted(self.folder.rglob("*"))
        }
