"""The sample mails of the demo and of the scenarios: the same at each run for a given day and keychain.

Everything is made up; hospitals, addresses and numbers are those of ``config/directory``, which do not
exist. ``expect`` says where a mail ends: its queue, ``set_aside``, or ``duplicate``.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.builders import mails_forms, mails_medical, mails_others
from tests.builders.desk import Desk, Sample

SAMPLES: tuple[Callable[[Desk], Sample], ...] = (
    mails_forms.scanned_sealed,
    mails_forms.acroform,
    mails_forms.unsigned_box,
    mails_forms.photo,
    mails_forms.second_copy,
    mails_forms.zipped,
    mails_forms.forwarded,
    mails_forms.overseas,
    mails_forms.extension_request,
    mails_forms.extension_answer,
    mails_medical.report_pdf,
    mails_medical.report_xdm,
    mails_medical.mixed_pdf,
    mails_medical.wrong_mailbox,
    mails_others.quote,
    mails_others.question,
    mails_others.contestation,
    mails_others.duplicate,
    mails_others.unknown_document,
    mails_others.out_of_office,
    mails_others.bounce,
    mails_others.stranger,
    mails_others.impostor,
    mails_others.wrong_key,
    mails_others.expired,
    mails_others.poison,
    mails_others.traversal,
)
"""In the order they are sent."""


def samples(desk: Desk) -> list[Sample]:
    """Every sample, in the order they are sent."""
    return [build(desk) for build in SAMPLES]
