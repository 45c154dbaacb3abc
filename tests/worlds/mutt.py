"""A mail reader that is not ours: mutt on a terminal nobody sees, with keys and roots of its own.

Mutt reads the MIME structure by itself and asks ``openssl cms`` to verify and to decrypt; what it shows a
person, its own lines about the signature included, goes to a file.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
from pathlib import Path

_SECONDS = 10.0
"""Longest silence on the terminal."""
_ANSWERS = (b"Msgs:1", b"passphrase:")
"""What the screen says when the return key is pressed: open the message, no passphrase."""
_RC = """
set crypt_use_gpgme = no
set smime_is_default = yes
set smime_ask_cert_label = no
set smime_timeout = 300
set crypt_verify_sig = yes
set smime_verify_command = "{verify} -content %f -out /dev/null"
set smime_verify_opaque_command = "{verify}"
set smime_decrypt_command = "openssl cms -decrypt -inform DER -in %f -inkey {key} -recip {key}"
set smime_pk7out_command = "openssl smime -verify -in %f -noverify -pk7out"
set smime_get_signer_cert_command = "openssl cms -verify -in %f -noverify -signer %c -out /dev/null"
set smime_get_cert_command = "openssl pkcs7 -print_certs -in %f"
set smime_get_cert_email_command = "openssl x509 -in %f -noout -email"
set smime_default_key = "reader.0"
set smime_decrypt_use_default_key = yes
set smime_keys = {folder}
set smime_certificates = {folder}
set mbox_type = mbox
set spoolfile = {folder}/mbox
set folder = {folder}
set pager = "{folder}/keep"
set prompt_after = no
set wait_key = no
set quit = yes
set mark_old = no
set charset = utf-8
set send_charset = utf-8
alternative_order text/plain text/html
auto_view text/html
"""


def missing() -> str | None:
    """Why there is no mutt here, or ``None``."""
    return None if shutil.which("mutt") and shutil.which("openssl") else "mutt is not installed: skipped"


class Mutt:
    """``Mutt(folder, roots, key, when).shows(raw)``: what a person sees of one message.

    ``roots`` and ``key`` are PEM (the key with its certificate); ``when``: seconds since 1970.
    """

    def __init__(self, folder: Path, roots: bytes, key: bytes, when: int) -> None:
        self._folder = folder
        (folder / "roots.pem").write_bytes(roots)
        (folder / "reader.0").write_bytes(key)
        (folder / ".index").write_text("reader@example reader.0 lecteur ? t\n")
        keep = folder / "keep"
        keep.write_text(f'#!/bin/sh\ncp "$1" {folder}/shown\n')
        keep.chmod(0o700)
        verify = f"openssl cms -verify -inform DER -in %s -CAfile {folder / 'roots.pem'} -attime {when}"
        rc = _RC.format(folder=folder, verify=verify, key=folder / "reader.0")
        (folder / "muttrc").write_text(rc)

    def shows(self, raw: bytes) -> str:
        """Open the only message of a mailbox; the text, headers first, as the pager is given it."""
        shown = self._folder / "shown"
        shown.unlink(missing_ok=True)
        box = b"From expediteur@example Mon Nov 23 10:00:00 2026\n" + raw.replace(b"\r\n", b"\n") + b"\n"
        (self._folder / "mbox").write_bytes(box)
        said = self._run(shown)
        if not shown.exists():
            raise AssertionError(said.decode(errors="replace")[-2000:])
        return shown.read_text("utf-8", errors="replace")

    def _run(self, shown: Path) -> bytes:
        """Open the message on a terminal, with an empty passphrase when it is asked for, then leave."""
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "TERM": "vt100",
            "LC_ALL": "C.UTF-8",
        }
        process = subprocess.Popen(
            ["mutt", "-n", "-F", str(self._folder / "muttrc")],
            stdin=child,
            stdout=child,
            stderr=child,
            env=environment,
            start_new_session=True,
        )
        os.close(child)
        said, given = b"", dict.fromkeys(_ANSWERS, 0)
        try:
            while select.select([parent], [], [], _SECONDS)[0]:
                try:
                    said += os.read(parent, 65536)
                except OSError:  # the other end is closed: mutt has left
                    break
                for asked in _ANSWERS:
                    if said.count(asked) > given[asked]:
                        given[asked] += 1
                        os.write(parent, b"\r")
                if shown.exists():
                    os.write(parent, b"q")
        finally:
            process.kill()
            process.wait()
            os.close(parent)
        return said
