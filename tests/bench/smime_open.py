"""What opening secure mail costs, beside the bare primitives it cannot do without, in the same run.

``python -m tests.bench.smime_open`` prints one line a case: milliseconds (median) and the ratio to the
bare sum (base64, key, cipher, digest, signature) for a signed and encrypted mail.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.builders import smime
from tests.builders.secure import AT, authority, mail, mailbox, read, sender

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def median_ms(work: Callable[[], object], rounds: int = 15) -> float:
    """Median of ``rounds`` after one for warming up."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def entity(size: int) -> bytes:
    """A mail's content with one attachment of ``size`` bytes."""
    encoded = base64.encodebytes(os.urandom(size)).replace(b"\n", b"\r\n")
    header = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return header + encoded


def bare(body: bytes) -> Callable[[], None]:
    """The primitives of one signed and encrypted mail whose encoded body is ``body``, and nothing else."""
    box, signer = mailbox("rsa").key, sender("rsa").key
    assert isinstance(box, rsa.RSAPrivateKey)
    assert isinstance(signer, rsa.RSAPrivateKey)
    key, nonce = os.urandom(32), os.urandom(12)
    wrapped = box.public_key().encrypt(key, _OAEP)
    sealed = AESGCM(key).encrypt(nonce, binascii.a2b_base64(body), None)
    signature = signer.sign(b"attributes", padding.PKCS1v15(), hashes.SHA256())

    def work() -> None:
        binascii.a2b_base64(body)
        content = AESGCM(box.decrypt(wrapped, _OAEP)).decrypt(nonce, sealed, None)
        hashlib.sha256(content).digest()
        signer.public_key().verify(signature, b"attributes", padding.PKCS1v15(), hashes.SHA256())

    return work


def measure(size: int = 1_000_000) -> dict[str, float]:
    """Milliseconds by case; ``bare`` is the floor of ``signed, encrypted``."""
    content = entity(size)
    identity, box, chain = sender("rsa").identity, mailbox("rsa"), authority().chain
    signed = smime.sign(content, identity, chain=chain)
    encrypted = smime.encrypt(signed, [box.der])
    cases = {
        "no cryptography": mail(content),
        "signed": mail(signed),
        "signed, opaque": mail(smime.sign(content, identity, chain=chain, opaque=True)),
        "encrypted": mail(smime.encrypt(content, [box.der])),
        "encrypted, CBC": mail(smime.encrypt(content, [box.der], aead=False, oaep=None)),
        "signed, encrypted": mail(encrypted),
        "triple wrapped": mail(smime.sign(encrypted, identity, chain=chain)),
    }
    trust = authority().trust(crls=[authority().crl(AT)])
    body = cases["signed, encrypted"].partition(b"\r\n\r\n")[2]
    times = {"bare": median_ms(bare(body))}
    for name, raw in cases.items():
        times[name] = median_ms(lambda raw=raw: read(raw, [box.identity], trust))  # type: ignore[misc]
    return times


def main() -> None:
    times = measure()
    for name, value in times.items():
        sys.stdout.write(f"{name:20} {value:7.2f} ms  {value / times['bare']:5.2f}\n")


if __name__ == "__main__":
    main()
