"""Every fuzz target, in one table: for the tests at their usual number, for ``python -m tests.fuzz``."""

from __future__ import annotations

from tests.fuzz import targets_claims, targets_documents, targets_evidence, targets_files, targets_mail
from tests.fuzz.target import Target

TARGETS: tuple[Target, ...] = (
    *targets_mail.TARGETS,
    *targets_files.TARGETS,
    *targets_documents.TARGETS,
    *targets_claims.TARGETS,
    *targets_evidence.TARGETS,
)
BY_NAME = {target.name: target for target in TARGETS}
