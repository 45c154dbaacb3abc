"""Fuzz targets of the verifier of evidence files: a spoilt copy is refused, never with a trace.

One target spoils the whole ZIP; the others spoil one member and write the ZIP and the manifest again around
it, as a forger without the key would: every check of the verifier meets the spoilt bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.evidence import verify
from gateway.evidence.verify import Check
from parsers.errors import Malformed
from tests.builders import proof
from tests.builders.altered import relist, unpacked
from tests.fuzz.target import Target

_MEMBERS = {
    "evidence-event": "evenements/",
    "evidence-checkpoint": "points-de-controle/",
    "evidence-stamp": "horodatages/",
    "evidence-receipts": "retours.json",
    "evidence-key": verify.KEY,
    "evidence-manifest": verify.MANIFEST,
    "evidence-seal": verify.SEAL,
}
"""What each target spoils."""


def refused(data: bytes) -> None:
    """Read one copy: the sound one is accepted, any other is refused and says so."""
    check = Check(data)
    text = check.text()
    if data == proof.sample():
        assert check.faults == []
        return
    assert check.faults, "a spoilt copy was accepted"
    assert f"REFUSÉ, {len(check.faults)} raison(s)." in text
    assert "conforme" not in text.split("VERDICT")[1]
    raise Malformed("refusé")


def _names(prefix: str) -> list[str]:
    return sorted(name for name in unpacked(proof.sample()) if name.startswith(prefix))


def _seeds(prefix: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [unpacked(proof.sample())[name] for name in _names(prefix)[:4]]


def _around(prefix: str) -> Callable[[bytes], None]:
    def attempt(data: bytes) -> None:
        files = unpacked(proof.sample())
        name = _names(prefix)[0]
        if files[name] == data:
            return
        files[name] = data
        if name not in {verify.MANIFEST, verify.SEAL}:
            relist(files)
        refused(verify.pack(files))

    return attempt


TARGETS = (
    Target("evidence", (), lambda: [proof.sample()], refused, 120, 0.0),
    *(Target(name, (), _seeds(prefix), _around(prefix), 40, 0.0) for name, prefix in _MEMBERS.items()),
)
