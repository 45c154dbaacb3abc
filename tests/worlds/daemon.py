"""A real server of a test: one process, its files in a temporary folder, gone at the end."""

from __future__ import annotations

import shutil
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Self


class Daemon(ABC):
    """``with`` starts it, ends it and removes its folder."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Return when it listens."""

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _await(self, listening: Callable[[], bool]) -> None:
        """Until it listens. Raises ``RuntimeError`` with its log when it ends or takes too long."""
        ready = threading.Event()
        for _attempt in range(300):
            if listening():
                return
            if self._process is None or self._process.poll() is not None:
                break
            ready.wait(0.02)
        raise RuntimeError(f"{type(self).__name__} did not start: {self.log()}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
