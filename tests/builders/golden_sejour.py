"""What ``mail explain`` says of samples of residence documents: ``tests/golden/documents-sejour``.

``python -m tests.builders.golden_sejour`` rewrites every file from what the code says now; the difference
is then read by a person before it is committed. Days and hashes are left out: they change at every run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.explain import explain
from gateway.settings import Settings, load
from tests.builders import mails_sejour
from tests.builders.desk import Desk, Sample
from tests.builders.keychain import Keychain
from tests.builders.office import AT

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "golden" / "documents-sejour"


def settings() -> Settings:
    """The shipped settings with both circuits in force, without OCR: no sample is an image."""
    shipped = load(ROOT / "config" / "gateway.toml")
    both = (*shipped.circuits, mails_sejour.CIRCUIT)
    return shipped.model_copy(
        update={"circuits": both, "ocr": shipped.ocr.model_copy(update={"engine": "off"})}
    )


def describe(sample: Sample) -> dict[str, Any]:
    """What a person reads of one mail: its documents, where it goes, why, what leaves, what is watched."""
    told = explain(sample.raw, settings())
    decision = told["decision"]
    return {
        "documents": [
            {key: one[key] for key in ("name", "kind", "score", "confidentiality", "reasons")}
            for one in told["documents"]
        ],
        "decision": {key: decision[key] for key in ("circuit", "queue", "letter", "reasons")},
        "routes": [
            {key: one[key] for key in ("queue", "documents", "reasons")} for one in decision["routes"]
        ],
        "deadlines": [{key: one[key] for key in ("kind", "basis", "status")} for one in told["deadlines"]],
    }


def path_of(sample: Sample) -> Path:
    return FOLDER / f"{sample.name}.json"


def text_of(sample: Sample) -> str:
    return json.dumps(describe(sample), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    desk = Desk(Keychain(AT), AT)
    for build in mails_sejour.SAMPLES:
        made = build(desk)
        path_of(made).write_text(text_of(made), "utf-8")
    print(f"{len(mails_sejour.SAMPLES)} golden files rewritten: read the difference before committing it")
