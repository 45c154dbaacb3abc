"""A program that a test needs: where it is missing the test is skipped, in CI it fails."""

from __future__ import annotations

import os

import pytest


def needed(*reasons: str | None) -> None:
    """Go on when every reason is ``None``; each is why a program is not here."""
    for reason in filter(None, reasons):
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
