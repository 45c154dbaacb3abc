"""Results cross a process boundary and come back equal; nobody changes them on the way."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from pydantic import TypeAdapter

from parsers.smime.model import Opened, Security, Signature
from tests.builders import smime
from tests.builders.secure import AT, ENTITY, authority, mail, mailbox, read, sender


def _opened() -> Opened:
    signed = smime.sign(ENTITY, sender().identity, chain=authority().chain, at=AT)
    return read(mail(smime.encrypt(signed, [mailbox().der])), [mailbox().identity])


def test_a_result_survives_the_boundary() -> None:
    opened = _opened()
    adapter = TypeAdapter(Opened)
    assert opened.security.signature is Signature.VALID
    assert adapter.validate_python(adapter.dump_python(opened)) == opened
    assert pickle.loads(pickle.dumps(opened)) == opened


def test_results_are_frozen() -> None:
    for value in (_opened(), Security(), _opened().security.layers[0]):
        field = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, None)


def test_nothing_is_claimed_by_default() -> None:
    assert Security().signature is Signature.ABSENT
    assert not Security().encrypted
