"""The OCR process computes on one thread (lessons, row 15), and ends with its parent's channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.triage.recognition import Recognition
from parsers.facts import Bitmap, Page, Source

pytestmark = pytest.mark.ocr

_IDLE_TICKS = 2
"""Hundredths of a second that a thread which computes nothing may cost."""


def _busy(pid: int) -> list[str]:
    """Threads of a process that have used the processor."""
    busy = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text("ascii").rpartition(")")[2].split()
        if int(fields[11]) + int(fields[12]) > _IDLE_TICKS:
            busy.append(task.name)
    return busy


def test_every_engine_runs_one_thread() -> None:
    recognition = Recognition("rapidocr", 1)
    striped = bytes(255 if (x // 20) % 2 else 0 for x in range(1200)) * 600
    try:
        recognition.read(Bitmap(1200, 600, 200.0, striped), Page(1, 432.0, 216.0, (), Source.OCR))
        (worker,) = recognition._all
        pid = worker._process.pid
        assert _busy(pid) == [str(pid)]
    finally:
        recognition.close()
    assert not Path(f"/proc/{pid}").exists()
